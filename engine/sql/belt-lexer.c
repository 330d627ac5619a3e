/* belt-lexer.c - text to tokens, without loss
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One step a byte, no look behind; strings are decoded later, when somebody
 * wants their value.
 */
#include "config.h"

#include "belt-lexer.h"

static const char *const token_texts[BELT_N_TOKENS] = {
  [BELT_TOKEN_ADD] = "+",
  [BELT_TOKEN_SUB] = "-",
  [BELT_TOKEN_STAR] = "*",
  [BELT_TOKEN_DIV] = "/",
  [BELT_TOKEN_MOD] = "%",
  [BELT_TOKEN_BIT_AND] = "&",
  [BELT_TOKEN_BIT_OR] = "|",
  [BELT_TOKEN_BIT_XOR] = "^",
  [BELT_TOKEN_EQ] = "=",
  [BELT_TOKEN_NEQ] = "!=",
  [BELT_TOKEN_LT] = "<",
  [BELT_TOKEN_LTE] = "<=",
  [BELT_TOKEN_GT] = ">",
  [BELT_TOKEN_GTE] = ">=",
  [BELT_TOKEN_ARROW] = "->",
  [BELT_TOKEN_CONCAT] = "||",
  [BELT_TOKEN_COMMA] = ",",
  [BELT_TOKEN_LPAREN] = "(",
  [BELT_TOKEN_RPAREN] = ")",
  [BELT_TOKEN_LBRACKET] = "[",
  [BELT_TOKEN_RBRACKET] = "]",
  [BELT_TOKEN_COLON] = ":",
  [BELT_TOKEN_SEMICOLON] = ";",
  [BELT_TOKEN_HASH] = "#",
  [BELT_TOKEN_DOT] = ".",
  [BELT_TOKEN_SELECT] = "SELECT",
  [BELT_TOKEN_AS] = "AS",
  [BELT_TOKEN_FROM] = "FROM",
  [BELT_TOKEN_WHERE] = "WHERE",
  [BELT_TOKEN_AND] = "AND",
  [BELT_TOKEN_OR] = "OR",
  [BELT_TOKEN_GROUP] = "GROUP",
  [BELT_TOKEN_HAVING] = "HAVING",
  [BELT_TOKEN_ORDER] = "ORDER",
  [BELT_TOKEN_BY] = "BY",
  [BELT_TOKEN_DESC] = "DESC",
  [BELT_TOKEN_ASC] = "ASC",
  [BELT_TOKEN_FILTER] = "FILTER",
  [BELT_TOKEN_INNER] = "INNER",
  [BELT_TOKEN_LEFT] = "LEFT",
  [BELT_TOKEN_RIGHT] = "RIGHT",
  [BELT_TOKEN_FULL] = "FULL",
  [BELT_TOKEN_CROSS] = "CROSS",
  [BELT_TOKEN_JOIN] = "JOIN",
  [BELT_TOKEN_ON] = "ON",
  [BELT_TOKEN_CASE] = "CASE",
  [BELT_TOKEN_WHEN] = "WHEN",
  [BELT_TOKEN_THEN] = "THEN",
  [BELT_TOKEN_DEFAULT] = "DEFAULT",
  [BELT_TOKEN_ELSE] = "ELSE",
  [BELT_TOKEN_END_WORD] = "END",
  [BELT_TOKEN_IN] = "IN",
  [BELT_TOKEN_NOT] = "NOT",
  [BELT_TOKEN_BETWEEN] = "BETWEEN",
  [BELT_TOKEN_LIKE] = "LIKE",
  [BELT_TOKEN_OVER] = "OVER",
  [BELT_TOKEN_PARTITION] = "PARTITION",
  [BELT_TOKEN_REPLACE] = "REPLACE",
  [BELT_TOKEN_EXCEPT] = "EXCEPT",
  [BELT_TOKEN_INVISIBLE] = "INVISIBLE",
  [BELT_TOKEN_TRUE] = "TRUE",
  [BELT_TOKEN_FALSE] = "FALSE",
  [BELT_TOKEN_LIMIT] = "LIMIT",
  [BELT_TOKEN_DD] = "DD",
  [BELT_TOKEN_HH] = "HH",
  [BELT_TOKEN_MI] = "MI",
  [BELT_TOKEN_SS] = "SS",
  [BELT_TOKEN_MS] = "MS",
};

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gboolean
is_name_byte (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

void
belt_lexer_init (BeltLexer  *self,
                 const char *text,
                 gsize       len,
                 gboolean    extensions)
{
  const char *nul = len == 0 ? NULL : memchr (text, 0, len);

  self->text = text;
  self->len = nul != NULL ? (gsize)(nul - text) : len;
  self->at = 0;
  self->extensions = extensions;
}

/* The byte `ahead` of the one to read next; 0 past the end. */
static char
peek (const BeltLexer *self,
      gsize            ahead)
{
  return self->at + ahead < self->len ? self->text[self->at + ahead] : 0;
}

/* How many blanks stand `ahead` bytes from here. */
static gsize
count_blanks (const BeltLexer *self,
              gsize            ahead)
{
  gsize n = 0;

  while (is_blank (peek (self, ahead + n)))
    n++;
  return n;
}

static void
skip_line (BeltLexer *self)
{
  const char *end = memchr (self->text + self->at, '\n', self->len - self->at);

  self->at = end != NULL ? (gsize)(end - self->text) + 1 : self->len;
}

/* Stands behind the opening of a block comment. */
static BeltTokenKind
skip_block_comment (BeltLexer *self,
                    guint16   *flags)
{
  for (; self->at < self->len; self->at++)
    if (self->text[self->at] == '*' && peek (self, 1) == '/')
      {
        self->at += 2;
        return BELT_TOKEN_COMMENT;
      }

  *flags |= BELT_TOKEN_UNTERMINATED;
  return BELT_TOKEN_ILLEGAL;
}

static BeltTokenKind
scan_string (BeltLexer *self)
{
  char quote = self->text[self->at++];

  while (self->at < self->len)
    {
      char c = self->text[self->at];

      if (c == '\n')
        return BELT_TOKEN_BAD_STRING;
      self->at++;
      if (c == quote)
        return quote == '"' ? BELT_TOKEN_STRING : BELT_TOKEN_QUOTE;
      if (c != '\\' || self->at >= self->len || self->text[self->at] == '\n')
        continue;
      self->at++;
      /* Behind \' eKuiper takes a second quote for a part of the text. */
      if (quote == '\'' && self->text[self->at - 1] == '\'' && peek (self, 0) == '\'')
        self->at++;
    }

  return BELT_TOKEN_BAD_STRING;
}

static BeltTokenKind
scan_quoted_ident (BeltLexer *self,
                   guint16   *flags)
{
  const char *from = self->text + self->at + 1;
  const char *end = memchr (from, '`', self->len - self->at - 1);

  if (end == NULL)
    {
      *flags |= BELT_TOKEN_UNTERMINATED;
      self->at = self->len;
    }
  else
    {
      self->at = (gsize)(end - self->text) + 1;
    }
  return BELT_TOKEN_QUOTED_IDENT;
}

/* Digits and dots; whether the dots make sense is seen when the number is read. */
static BeltTokenKind
scan_number (BeltLexer *self,
             guint16   *flags)
{
  BeltTokenKind kind = BELT_TOKEN_INTEGER;
  gsize sign;

  while (g_ascii_isdigit (peek (self, 0)) || peek (self, 0) == '.')
    if (self->text[self->at++] == '.')
      kind = BELT_TOKEN_NUMBER;

  if (!self->extensions || g_ascii_tolower (peek (self, 0)) != 'e')
    return kind;
  sign = peek (self, 1) == '-' || peek (self, 1) == '+';
  if (!g_ascii_isdigit (peek (self, 1 + sign)))
    return kind;
  for (self->at += 1 + sign; g_ascii_isdigit (peek (self, 0));)
    self->at++;
  *flags |= BELT_TOKEN_EXTENSION;
  return BELT_TOKEN_NUMBER;
}

static BeltTokenKind
scan_word (BeltLexer *self)
{
  gsize start = self->at;

  while (is_name_byte (peek (self, 0)))
    self->at++;
  return belt_token_lookup_word (self->text + start, self->at - start);
}

/* A name that may not stand without back quotes is one token, so it can be quoted as one. */
static BeltTokenKind
scan_illegal (BeltLexer *self)
{
  gboolean name = peek (self, 0) == '_' || (guchar)peek (self, 0) >= 0x80;

  self->at++;
  while (name && (is_name_byte (peek (self, 0)) || (guchar)peek (self, 0) >= 0x80))
    self->at++;
  return BELT_TOKEN_ILLEGAL;
}

/* "=" may follow after blanks. */
static BeltTokenKind
scan_comparison (BeltLexer    *self,
                 BeltTokenKind with,
                 BeltTokenKind without)
{
  gsize n = count_blanks (self, 1);

  if (peek (self, 1 + n) == '=')
    {
      self->at += 2 + n;
      return with;
    }
  self->at++;
  return without;
}

static BeltTokenKind
scan_minus (BeltLexer *self,
            guint16   *flags)
{
  gsize n = count_blanks (self, 1);
  char next = peek (self, 1 + n);

  if (next == '-')
    {
      self->at += 2 + n;
      skip_line (self);
      return BELT_TOKEN_COMMENT;
    }
  if (next == '>')
    {
      self->at += 2 + n;
      return BELT_TOKEN_ARROW;
    }
  if (next == '.' && n == 0 && g_ascii_isdigit (peek (self, 2)))
    {
      self->at += 1;
      return scan_number (self, flags);
    }
  self->at++;
  return BELT_TOKEN_SUB;
}

static BeltTokenKind
scan_less (BeltLexer *self,
           guint16   *flags)
{
  if (self->extensions && peek (self, 1) == '>')
    {
      self->at += 2;
      *flags |= BELT_TOKEN_EXTENSION;
      return BELT_TOKEN_NEQ;
    }
  return scan_comparison (self, BELT_TOKEN_LTE, BELT_TOKEN_LT);
}

static BeltTokenKind
scan_bar (BeltLexer *self,
          guint16   *flags)
{
  if (self->extensions && peek (self, 1) == '|')
    {
      self->at += 2;
      *flags |= BELT_TOKEN_EXTENSION;
      return BELT_TOKEN_CONCAT;
    }
  self->at++;
  return BELT_TOKEN_BIT_OR;
}

static BeltTokenKind
scan_slash (BeltLexer *self,
            guint16   *flags)
{
  gsize n = count_blanks (self, 1);

  if (peek (self, 1 + n) == '*')
    {
      self->at += 2 + n;
      return skip_block_comment (self, flags);
    }
  self->at++;
  return BELT_TOKEN_DIV;
}

static BeltTokenKind
scan_bang (BeltLexer *self,
           guint16   *flags)
{
  BeltTokenKind kind = scan_comparison (self, BELT_TOKEN_NEQ, BELT_TOKEN_EQ);

  if (kind == BELT_TOKEN_EQ)
    *flags |= BELT_TOKEN_LONE_BANG;
  return kind;
}

static BeltTokenKind
scan_single (BeltLexer *self)
{
  static const BeltTokenKind singles[128] = {
    ['='] = BELT_TOKEN_EQ, ['+'] = BELT_TOKEN_ADD, ['.'] = BELT_TOKEN_DOT,
    ['%'] = BELT_TOKEN_MOD, ['&'] = BELT_TOKEN_BIT_AND, ['^'] = BELT_TOKEN_BIT_XOR,
    ['*'] = BELT_TOKEN_STAR, [','] = BELT_TOKEN_COMMA, ['('] = BELT_TOKEN_LPAREN,
    [')'] = BELT_TOKEN_RPAREN, ['['] = BELT_TOKEN_LBRACKET, [']'] = BELT_TOKEN_RBRACKET,
    [':'] = BELT_TOKEN_COLON, ['#'] = BELT_TOKEN_HASH, [';'] = BELT_TOKEN_SEMICOLON,
  };
  guchar c = (guchar)self->text[self->at];

  if (c >= 128 || singles[c] == 0)
    return scan_illegal (self);
  self->at++;
  return singles[c];
}

static BeltTokenKind
scan (BeltLexer *self,
      guint16   *flags)
{
  char c = self->text[self->at];

  if (is_blank (c))
    {
      self->at += count_blanks (self, 0);
      return BELT_TOKEN_BLANK;
    }
  if (g_ascii_isalpha (c))
    return scan_word (self);
  if (g_ascii_isdigit (c) || (c == '.' && g_ascii_isdigit (peek (self, 1))))
    return scan_number (self, flags);

  switch (c)
    {
    case '"':
    case '\'':
      return scan_string (self);
    case '`':
      return scan_quoted_ident (self, flags);
    case '!':
      return scan_bang (self, flags);
    case '<':
      return scan_less (self, flags);
    case '>':
      return scan_comparison (self, BELT_TOKEN_GTE, BELT_TOKEN_GT);
    case '-':
      return scan_minus (self, flags);
    case '/':
      return scan_slash (self, flags);
    case '|':
      return scan_bar (self, flags);
    default:
      return scan_single (self);
    }
}

BeltToken
belt_lexer_next (BeltLexer *self)
{
  BeltToken token = { .kind = BELT_TOKEN_END, .span = { (guint32)self->at, (guint32)self->at } };
  guint16 flags = 0;

  if (self->at >= self->len)
    return token;

  token.kind = scan (self, &flags);
  token.flags = flags;
  token.span.end = (guint32)self->at;
  return token;
}

gboolean
belt_token_is_keyword (BeltTokenKind kind)
{
  return kind >= BELT_TOKEN_SELECT && kind < BELT_N_TOKENS;
}

const char *
belt_token_get_text (BeltTokenKind kind)
{
  return kind < BELT_N_TOKENS ? token_texts[kind] : NULL;
}

BeltTokenKind
belt_token_lookup_word (const char *word,
                        gsize       len)
{
  if (len < 2 || len > 9)
    return BELT_TOKEN_IDENT;
  for (guint kind = BELT_TOKEN_SELECT; kind < BELT_N_TOKENS; kind++)
    if (g_ascii_toupper (word[0]) == token_texts[kind][0] && strlen (token_texts[kind]) == len &&
        g_ascii_strncasecmp (word, token_texts[kind], len) == 0)
      return kind;
  return BELT_TOKEN_IDENT;
}

/* Reads n digits of the base; -1 when there are fewer. */
static gint64
read_digits (const char *at,
             const char *end,
             guint       n,
             guint       base)
{
  gint64 value = 0;

  if ((gsize)(end - at) < n)
    return -1;
  for (guint i = 0; i < n; i++)
    {
      int digit = g_ascii_xdigit_value (at[i]);

      if (digit < 0 || digit >= (int)base)
        return -1;
      value = value * base + digit;
    }
  return value;
}

/* \u, \U: writes UTF-8. */
static guint
decode_code_point (gint64  code,
                   char   *out)
{
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return 0;
  return (guint)g_unichar_to_utf8 ((gunichar)code, out);
}

static char
decode_simple (char c)
{
  static const char from[] = "abfnrtv\\";
  static const char to[] = "\a\b\f\n\r\t\v\\";
  const char *found = c != 0 ? strchr (from, c) : NULL;

  return found != NULL ? to[found - from] : 0;
}

/* Decodes the escape behind a backslash.  Returns: bytes read, 0 when it is none. */
static gsize
decode_escape (const char *at,
               const char *end,
               char        quote,
               char       *out,
               guint      *ret_n_out)
{
  gint64 code;

  *ret_n_out = 1;
  if (at == end)
    return 0;
  if ((out[0] = decode_simple (*at)) != 0)
    return 1;
  if (*at == '"' || (*at == '\'' && quote == '\''))
    {
      out[0] = *at;
      return 1;
    }
  if (*at == 'x' || (*at >= '0' && *at <= '7'))
    {
      code = *at == 'x' ? read_digits (at + 1, end, 2, 16) : read_digits (at, end, 3, 8);
      if (code < 0 || code > 255)
        return 0;
      out[0] = (char)code;
      return 3;
    }
  if (*at != 'u' && *at != 'U')
    return 0;
  code = read_digits (at + 1, end, *at == 'u' ? 4 : 8, 16);
  *ret_n_out = decode_code_point (code, out);
  return *ret_n_out == 0 ? 0 : *at == 'u' ? 5 : 9;
}

static const char *
decode_string (const BeltToken *self,
               const char      *text,
               BeltArena       *arena,
               gsize           *ret_len,
               BeltSpan        *ret_error)
{
  const char *at = text + self->span.start + 1;
  const char *end = text + self->span.end - 1;
  char quote = text[self->span.start];
  char *out = belt_arena_alloc (arena, (gsize)(end - at) + 8);
  gsize n = 0;

  while (at < end)
    {
      guint n_out;
      gsize n_read;

      if (*at != '\\')
        {
          out[n++] = *at++;
          continue;
        }
      n_read = decode_escape (at + 1, end, quote, out + n, &n_out);
      if (n_read == 0)
        {
          ret_error->start = (guint32)(at - text);
          ret_error->end = (guint32)MIN (at - text + 2, end - text);
          return NULL;
        }
      n += n_out;
      at += 1 + n_read;
    }

  out[n] = 0;
  *ret_len = n;
  return out;
}

const char *
belt_token_decode (const BeltToken *self,
                   const char      *text,
                   BeltArena       *arena,
                   gsize           *ret_len,
                   BeltSpan        *ret_error)
{
  gsize n;
  char *out;

  if (self->kind != BELT_TOKEN_QUOTED_IDENT)
    return decode_string (self, text, arena, ret_len, ret_error);

  n = self->span.end - self->span.start - 1;
  if (!(self->flags & BELT_TOKEN_UNTERMINATED))
    n--;
  out = belt_arena_alloc (arena, n + 1);
  memcpy (out, text + self->span.start + 1, n);
  out[n] = 0;
  *ret_len = n;
  return out;
}
