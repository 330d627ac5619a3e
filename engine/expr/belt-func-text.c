/* belt-func-text.c - strings
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of any kind are turned into text first.  As in eKuiper, positions
 * and lengths given or returned are bytes, except for length(), which counts
 * code points; so substring() may cut a character in two.
 */
#include "config.h"

#include "belt-func-private.h"

/* White space as Go's unicode.IsSpace() has it. */
static gboolean
is_space (gunichar c)
{
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Reads a code point; a byte that starts none is one by itself, U+FFFD. */
static gunichar
read_char (const char  *text,
           const char  *end,
           const char **ret_next)
{
  gunichar c;

  if ((guchar) *text < 0x80)
    {
      *ret_next = text + 1;
      return (guchar) *text;
    }
  c = g_utf8_get_char_validated (text, end - text);
  if ((gint32)c < 0)
    {
      *ret_next = text + 1;
      return 0xfffd;
    }
  *ret_next = g_utf8_next_char (text);
  return c;
}

static BeltValue
call_concat (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  g_autofree BeltValue *on_heap = n_args > 16 ? g_new (BeltValue, n_args) : NULL;
  BeltValue on_stack[16];
  BeltValue *texts = on_heap != NULL ? on_heap : on_stack;
  gsize len = 0;
  char *out;
  char *at;

  for (guint i = 0; i < n_args; i++)
    {
      texts[i] = belt_value_to_text (call->arena, &args[i]);
      len += texts[i].len;
    }
  if (len > BELT_FUNC_TEXT_MAX)
    return belt_call_fail (call, "the result is longer than %u bytes", BELT_FUNC_TEXT_MAX);

  out = at = belt_arena_alloc (call->arena, len + 1);
  for (guint i = 0; i < n_args; i++)
    {
      memcpy (at, texts[i].u.s, texts[i].len);
      at += texts[i].len;
    }
  return belt_value_str (out, len);
}

static BeltValue
call_endswith (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue tail = belt_value_to_text (call->arena, &args[1]);

  return belt_value_bool (tail.len <= text.len &&
                          memcmp (text.u.s + text.len - tail.len, tail.u.s, tail.len) == 0);
}

static BeltValue
call_startswith (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue head = belt_value_to_text (call->arena, &args[1]);

  return belt_value_bool (head.len <= text.len && memcmp (text.u.s, head.u.s, head.len) == 0);
}

static BeltValue
call_indexof (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  BeltValue text;
  BeltValue part;
  const char *found;

  if (belt_value_is_null (&args[0]) || belt_value_is_null (&args[1]))
    return belt_func_int (-1);

  text = belt_value_to_text (call->arena, &args[0]);
  part = belt_value_to_text (call->arena, &args[1]);
  found = part.len == 0 ? text.u.s : memmem (text.u.s, text.len, part.u.s, part.len);
  return belt_func_int (found != NULL ? found - text.u.s : -1);
}

static gint64
count_chars (const BeltValue *text)
{
  const char *end = text->u.s + text->len;
  gint64 n_chars = 0;

  for (const char *at = text->u.s; at < end; n_chars++)
    read_char (at, end, &at);
  return n_chars;
}

static BeltValue
call_length (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  BeltValue value = belt_func_expand (call, &args[0]);

  /* Of keys() eKuiper counts the characters of the list's text. */
  if ((value.tag == BELT_TAG_LIST && (value.flags & BELT_VALUE_STRINGS) == 0) || value.tag == BELT_TAG_MAP)
    return belt_func_int (value.len);
  if (belt_value_is_error (&value))
    return value;
  value = belt_value_to_text (call->arena, &value);
  return belt_func_int (count_chars (&value));
}

static BeltValue
call_numbytes (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);

  return belt_func_int (text.len);
}

static gboolean
is_ascii (const BeltValue *text)
{
  for (guint32 i = 0; i < text->len; i++)
    {
      if ((guchar)text->u.s[i] >= 0x80)
        return FALSE;
    }
  return TRUE;
}

static BeltValue
change_case (BeltCall        *call,
             const BeltValue *args,
             gchar (         *change_ascii ) (gchar),
             gunichar (      *change ) (gunichar))
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  const char *end = text.u.s + text.len;
  /* A code point of two bytes may become one of three. */
  char *out = belt_arena_alloc (call->arena, (gsize)text.len * 3 + 1);
  char *at = out;

  if (is_ascii (&text))
    {
      for (guint32 i = 0; i < text.len; i++)
        out[i] = change_ascii (text.u.s[i]);
      return belt_value_str (out, text.len);
    }
  for (const char *from = text.u.s; from < end;)
    at += g_unichar_to_utf8 (change (read_char (from, end, &from)), at);
  return belt_value_str (out, (gsize)(at - out));
}

static BeltValue
call_lower (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return change_case (call, args, g_ascii_tolower, g_unichar_tolower);
}

static BeltValue
call_upper (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return change_case (call, args, g_ascii_toupper, g_unichar_toupper);
}

static BeltValue
trim (BeltCall        *call,
      const BeltValue *args,
      gboolean         front,
      gboolean         back)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  const char *end = text.u.s + text.len;
  const char *start = text.u.s;
  const char *next;

  while (front && start < end && is_space (read_char (start, end, &next)))
    start = next;
  while (back && end > start)
    {
      const char *previous = end - 1;

      while (previous > start && ((guchar) *previous & 0xc0) == 0x80)
        previous--;
      if (!is_space (read_char (previous, end, &next)) || next != end)
        break;
      end = previous;
    }
  return belt_value_str (start, (gsize)(end - start));
}

static BeltValue
call_ltrim (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return trim (call, args, TRUE, FALSE);
}

static BeltValue
call_rtrim (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return trim (call, args, FALSE, TRUE);
}

static BeltValue
call_trim (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return trim (call, args, TRUE, TRUE);
}

static BeltValue
pad (BeltCall        *call,
     const BeltValue *args,
     gboolean         front)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  gint64 n_spaces;
  char *out;

  if (!belt_func_get_int (&args[1], &n_spaces))
    return belt_func_fail_convert (call, &args[1], "int");
  if (n_spaces < 0)
    return belt_call_fail (call, "the number of spaces must not be negative");
  if (n_spaces > BELT_FUNC_TEXT_MAX)
    return belt_call_fail (call, "the result is longer than %u bytes", BELT_FUNC_TEXT_MAX);

  out = belt_arena_alloc (call->arena, text.len + (gsize)n_spaces + 1);
  memset (front ? out : out + text.len, ' ', (gsize)n_spaces);
  memcpy (front ? out + n_spaces : out, text.u.s, text.len);
  return belt_value_str (out, text.len + (gsize)n_spaces);
}

static BeltValue
call_lpad (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return pad (call, args, TRUE);
}

static BeltValue
call_rpad (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return pad (call, args, FALSE);
}

static BeltValue
call_reverse (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  const char *end = text.u.s + text.len;
  gsize size = (gsize)text.len * 3 + 1;
  char *out = belt_arena_alloc (call->arena, size);
  char *at = out + size;
  char buffer[6];

  for (const char *from = text.u.s; from < end;)
    {
      int len = g_unichar_to_utf8 (read_char (from, end, &from), buffer);

      at -= len;
      memcpy (at, buffer, (gsize)len);
    }
  return belt_value_str (at, (gsize)(out + size - at));
}

static BeltValue
call_substring (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  gint64 start;
  gint64 end = text.len;

  if (!belt_func_get_int (&args[1], &start))
    return belt_func_fail_convert (call, &args[1], "int");
  if (start < 0)
    return belt_call_fail (call, "start index must be a positive number");
  if (n_args > 2)
    {
      if (!belt_func_get_int (&args[2], &end))
        return belt_func_fail_convert (call, &args[2], "int");
      if (end < 0)
        return belt_call_fail (call, "end index must be a positive number");
      if (start > end)
        return belt_call_fail (call, "start index must be smaller than end index");
    }
  if (start > text.len)
    return belt_value_str ("", 0);
  end = MIN (end, text.len);
  return belt_value_str (text.u.s + start, (gsize)(end - start));
}

static char *
check_substring (const BeltFunction *self,
                 const BeltLiteral  *args,
                 guint               n_args)
{
  if (!args[1].is_literal || args[1].value.tag != BELT_TAG_I64)
    return NULL;
  if (args[1].value.u.i < 0)
    return g_strdup ("The start index should not be a nagtive integer.");
  if (n_args == 3 && args[2].is_literal && args[2].value.tag == BELT_TAG_I64 &&
      args[2].value.u.i < args[1].value.u.i)
    return g_strdup ("The end index should be larger than start index.");
  return NULL;
}

/* Finds where the piece at `text` ends: before the next separator, or, with an empty one, after a character. */
static const char *
find_piece_end (const char      *text,
                const char      *end,
                const BeltValue *separator)
{
  const char *next;

  if (separator->len > 0)
    {
      next = memmem (text, (gsize)(end - text), separator->u.s, separator->len);
      return next != NULL ? next : end;
    }
  if (text == end)
    return end;
  read_char (text, end, &next);
  return next;
}

static gint64
count_pieces (const BeltValue *text,
              const BeltValue *separator)
{
  const char *end = text->u.s + text->len;
  const char *at = text->u.s;
  gint64 n_pieces = 1;

  if (separator->len == 0)
    return count_chars (text);
  while ((at = memmem (at, (gsize)(end - at), separator->u.s, separator->len)) != NULL)
    {
      at += separator->len;
      n_pieces++;
    }
  return n_pieces;
}

static BeltValue
call_split_value (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue separator = belt_value_to_text (call->arena, &args[1]);
  const char *end = text.u.s + text.len;
  const char *at = text.u.s;
  const char *piece_end;
  gint64 n_pieces = count_pieces (&text, &separator);
  gint64 index = 0;

  belt_func_get_int (&args[2], &index);
  if (index >= n_pieces || index < -n_pieces)
    {
      BeltValue error = belt_value_error (call->arena, BELT_FAULT_INDEX_OUT_OF_RANGE,
                                          "call func split_value error: %" G_GINT64_FORMAT
                                          " out of index array (size = %" G_GINT64_FORMAT ")", index, n_pieces);

      return error;
    }
  if (index < 0)
    index += n_pieces;
  piece_end = find_piece_end (at, end, &separator);
  for (; index > 0; index--)
    {
      at = piece_end + separator.len;
      piece_end = find_piece_end (at, end, &separator);
    }
  return belt_value_str (at, (gsize)(piece_end - at));
}

static char *
check_split_value (const BeltFunction *self,
                   const BeltLiteral  *args,
                   guint               n_args)
{
  if (args[2].is_literal && args[2].value.tag == BELT_TAG_I64 && args[2].value.u.i < 0)
    return g_strdup ("The index should not be a nagtive integer.");
  return NULL;
}

static BeltValue
call_chr (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  gint64 number;
  const char *next;

  if (belt_func_get_i64 (&args[0], &number))
    return belt_value_i64 ((gint32)number);
  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "Only bigint, float and string type can be convert to char type.");
  if (args[0].len > 1)
    return belt_call_fail (call, "Parameter length cannot larger than 1.");
  if (args[0].len == 0)
    return belt_call_fail (call, "Parameter must not be empty.");
  return belt_value_i64 (read_char (args[0].u.s, args[0].u.s + 1, &next));
}

#define TEXT(NAME, MIN, MAX, FLAGS, KINDS, CALL, SIGNATURE, DOC, EXAMPLE)                           \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "text",                \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .literal_kinds = KINDS }
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_text_table[] = {
  TEXT ("chr", 1, 1, NULLS, "j", call_chr, "int chr(any x)",
        "The code point number of a number or of a text of one byte.", "chr(\"a\") = 97"),
  TEXT ("concat", 1, -1, 0, "s", call_concat, "string concat(any x, …)",
        "Texts one after the other; null counts as empty.", "concat(\"a\", null, \"b\") = \"ab\""),
  TEXT ("endswith", 2, 2, BELT_FUNCTION_NULL_TO_FALSE, "ss", call_endswith, "bool endswith(string s, string tail)",
        "Whether the text ends with another.", "endswith(\"belt\", \"lt\") = true"),
  TEXT ("indexof", 2, 2, 0, "ss", call_indexof, "int indexof(string s, string part)",
        "Byte position of a text in another, -1 if it is not there.", "indexof(\"hello\", \"l\") = 2"),
  TEXT ("length", 1, 1, BELT_FUNCTION_NULL_TO_ZERO, NULL, call_length, "int length(any x)",
        "Characters of a text, items of an array or object; null has none.", "length(\"héllo\") = 5"),
  TEXT ("lower", 1, 1, NULLS, "s", call_lower, "string lower(string s)",
        "In lower case.", "lower(\"HÉLLO\") = \"héllo\""),
  TEXT ("lpad", 2, 2, NULLS, "si", call_lpad, "string lpad(string s, int n)",
        "Puts n spaces in front.", "lpad(\"a\", 2) = \"  a\""),
  TEXT ("ltrim", 1, 1, NULLS, "s", call_ltrim, "string ltrim(string s)",
        "Without white space in front.", "ltrim(\"  a \") = \"a \""),
  TEXT ("numbytes", 1, 1, BELT_FUNCTION_NULL_TO_ZERO, "s", call_numbytes, "int numbytes(string s)",
        "Bytes of a text in UTF-8.", "numbytes(\"héllo\") = 6"),
  TEXT ("reverse", 1, 1, NULLS, "s", call_reverse, "string reverse(string s)",
        "Characters in reverse order.", "reverse(\"abc\") = \"cba\""),
  TEXT ("rpad", 2, 2, NULLS, "si", call_rpad, "string rpad(string s, int n)",
        "Puts n spaces behind.", "rpad(\"a\", 2) = \"a  \""),
  TEXT ("rtrim", 1, 1, NULLS, "s", call_rtrim, "string rtrim(string s)",
        "Without white space behind.", "rtrim(\" a  \") = \" a\""),
  { .name = "split_value", .args_min = 3, .args_max = 3, .flags = NULLS, .group = "text",
    .signature = "string split_value(string s, string separator, int index)",
    .doc = "One piece of a text cut at a separator, counted from 0, or from the end if negative.",
    .example = "split_value(\"a,b,c\", \",\", 2) = \"c\"", .call = call_split_value, .check = check_split_value,
    .literal_kinds = "ssi" },
  TEXT ("startswith", 2, 2, BELT_FUNCTION_NULL_TO_FALSE, "ss", call_startswith,
        "bool startswith(string s, string head)",
        "Whether the text starts with another.", "startswith(\"belt\", \"be\") = true"),
  { .name = "substring", .args_min = 2, .args_max = 3, .flags = NULLS, .group = "text",
    .signature = "string substring(string s, int start, int end?)",
    .doc = "The bytes from start up to but not end; positions beyond the text are its end.",
    .example = "substring(\"hello\", 1, 3) = \"el\"", .call = call_substring, .check = check_substring,
    .literal_kinds = "sii" },
  TEXT ("trim", 1, 1, NULLS, "s", call_trim, "string trim(string s)",
        "Without white space in front and behind.", "trim(\"  a \") = \"a\""),
  TEXT ("upper", 1, 1, NULLS, "s", call_upper, "string upper(string s)",
        "In upper case.", "upper(\"héllo\") = \"HÉLLO\""),
  { NULL },
};
