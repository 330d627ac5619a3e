/* belt-parse-ddl.c - CREATE STREAM and CREATE TABLE
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything about a definition that can be known from its text is checked here:
 * types, defaults, names of options and the form of their values.
 */
#include "config.h"

#include <errno.h>
#include "belt-json.h"
#include "belt-parser-private.h"

static const char *const type_names[] = {
  [BELT_AST_TYPE_BIGINT] = "bigint",
  [BELT_AST_TYPE_FLOAT] = "float",
  [BELT_AST_TYPE_STRING] = "string",
  [BELT_AST_TYPE_BYTEA] = "bytea",
  [BELT_AST_TYPE_DATETIME] = "datetime",
  [BELT_AST_TYPE_BOOLEAN] = "boolean",
  [BELT_AST_TYPE_ARRAY] = "array",
  [BELT_AST_TYPE_STRUCT] = "struct",
};

/* In the order of eKuiper's message about unknown ones. */
static const char *const option_names[] = {
  "DATASOURCE", "FORMAT", "KEY", "CONF_KEY", "SHARED", "STRICT_VALIDATION", "TYPE", "TIMESTAMP", "TIMESTAMP_FORMAT",
  "RETAIN_SIZE", "SCHEMAID", "EXTRA", "VERSION", "TEMP", "KIND", "DELIMITER",
};

const char *
belt_ast_type_get_name (BeltAstTypeKind kind)
{
  return type_names[kind];
}

static BeltAstColumn *parse_columns (BeltParser *self,
                                     gboolean    nested,
                                     guint      *ret_n);

/* ------------------------------------------------------------------ types */

static int
find_type (BeltParser      *self,
           const BeltToken *token)
{
  for (guint i = 0; i < G_N_ELEMENTS (type_names); i++)
    if (belt_parser_is_word (self, token, type_names[i]))
      return (int)i;
  return -1;
}

/* A common name of a type in other databases. */
static const char *
suggest_type (BeltParser      *self,
              const BeltToken *token)
{
  static const char *const pairs[][2] = {
    { "INT", "BIGINT" }, { "INTEGER", "BIGINT" }, { "LONG", "BIGINT" }, { "SMALLINT", "BIGINT" },
    { "DOUBLE", "FLOAT" }, { "REAL", "FLOAT" }, { "NUMERIC", "FLOAT" }, { "DECIMAL", "FLOAT" },
    { "TEXT", "STRING" }, { "VARCHAR", "STRING" }, { "CHAR", "STRING" }, { "BOOL", "BOOLEAN" },
    { "BLOB", "BYTEA" }, { "BYTES", "BYTEA" }, { "BINARY", "BYTEA" }, { "TIMESTAMP", "DATETIME" },
    { "DATE", "DATETIME" }, { "TIME", "DATETIME" }, { "OBJECT", "STRUCT" }, { "MAP", "STRUCT" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (belt_parser_is_word (self, token, pairs[i][0]))
      return pairs[i][1];
  return NULL;
}

static BeltAstType *
parse_type (BeltParser *self,
            gboolean    in_array);

static void
parse_element (BeltParser  *self,
               BeltAstType *type)
{
  const char *ekuiper;

  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(” and the type of the elements", "found %s, expect stream data types.",
                              "write ARRAY(FLOAT)");
      return;
    }
  type->element = parse_type (self, TRUE);
  ekuiper = type->element->kind == BELT_AST_TYPE_STRUCT ? "found %s, expect rparen in struct of array type definition."
            : type->element->kind == BELT_AST_TYPE_ARRAY ? "found %s, expect rparen in array of array type definition."
                                                         : "found %s, expect rparen in array type definition.";
  if (!belt_parser_accept (self, BELT_TOKEN_RPAREN))
    belt_parser_unexpected (self, "“)”", ekuiper, NULL);
}

static void
complain_of_type (BeltParser      *self,
                  const BeltToken *token,
                  gboolean         in_array)
{
  const char *suggestion = suggest_type (self, token);
  g_autofree char *quoted = belt_parser_quote (self, token);
  g_autofree char *label = suggestion != NULL ? g_strdup_printf ("Change to %s", suggestion) : NULL;
  const char *format = in_array ? "found %s, expect stream data types."
                       : "found %s, expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN"
                       " | BYTEA | ARRAY | STRUCT).";
  g_auto(GStrv) parts = g_strsplit (format, "%s", 2);

  if (self->error_at == self->at)
    return;
  self->error_at = self->at;
  belt_parser_complain (self, token->span, "unknown-type",
                        (BeltComplaint) { .hint = "types are BIGINT, FLOAT, STRING, BYTEA, DATETIME, BOOLEAN, ARRAY(…)"
                                                  " and STRUCT(…)",
                                          .fix = suggestion, .fix_label = label,
                                          .ekuiper = g_strconcat (parts[0], quoted, parts[1], NULL) },
                        "%s is not a type", quoted);
}

static BeltAstType *
parse_type (BeltParser *self,
            gboolean    in_array)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);
  BeltAstType *type = belt_arena_alloc0 (self->arena, sizeof *type);
  int kind = find_type (self, token);

  type->kind = BELT_AST_TYPE_STRING;
  if (kind < 0)
    {
      complain_of_type (self, token, in_array);
      if (token->kind == BELT_TOKEN_IDENT)
        belt_parser_next (self);
      return type;
    }

  type->kind = kind;
  belt_parser_next (self);
  if (!belt_parser_enter (self))
    return type;
  if (kind == BELT_AST_TYPE_ARRAY)
    parse_element (self, type);
  else if (kind == BELT_AST_TYPE_STRUCT)
    type->columns = parse_columns (self, TRUE, &type->n_columns);
  belt_parser_leave (self);
  type->span = belt_parser_span_from (self, token->span.start);
  return type;
}

/* ------------------------------------------------------------------ DEFAULT */

static void
complain_of_default (BeltParser *self,
                     BeltSpan    span,
                     char       *ekuiper,
                     const char *type)
{
  belt_parser_complain (self, span, "default", (BeltComplaint) { .ekuiper = ekuiper },
                        "this value cannot be the default of a column of type %s", type);
}

/* Text to a whole number, by Go's rules of base 0: 0x1f, 0b1, 017, 1_000. */
static gboolean
read_integer_text (const char *text,
                   gint64     *ret_value)
{
  gboolean negative = *text == '-';
  const char *at = text + (negative || *text == '+');
  guint base = 10;
  g_autofree char *digits = NULL;
  char *end;
  guint64 value;

  if (at[0] == '0' && at[1] != 0)
    {
      base = strchr ("xX", at[1]) ? 16 : strchr ("bB", at[1]) ? 2 : 8;
      at += base != 8 || strchr ("oO", at[1]) ? 2 : 1;
    }
  digits = g_strdup (at);
  g_strdelimit (digits, "_", '\x01');
  for (char *from = digits, *to = digits; ; from++)
    {
      if (*from != '\x01')
        *to++ = *from;
      if (*from == 0)
        break;
    }
  if (!g_ascii_isxdigit (digits[0]))
    return FALSE;
  errno = 0;
  value = g_ascii_strtoull (digits, &end, base);
  if (*end != 0 || errno != 0 || value > (guint64)G_MAXINT64 + negative)
    return FALSE;
  *ret_value = negative ? (gint64)(0 - value) : (gint64)value;
  return TRUE;
}

static gboolean
read_float_text (const char *text,
                 double     *ret_value)
{
  char *end;

  if (*text == 0 || g_ascii_isspace (*text))
    return FALSE;
  *ret_value = g_ascii_strtod (text, &end);
  return *end == 0;
}

static gboolean
read_boolean_text (const char *text,
                   gboolean   *ret_value)
{
  static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True", NULL };
  static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False", NULL };

  *ret_value = g_strv_contains (yes, text);
  return *ret_value || g_strv_contains (no, text);
}

static void
set_default (BeltParser    *self,
             BeltAstColumn *column,
             const char    *text)
{
  BeltSpan span = column->default_span;
  const char *type = type_names[column->type->kind];
  gint64 whole = 0;
  double number = 0;
  gboolean truth = FALSE;
  const char *target = NULL;

  column->has_default = TRUE;
  switch (column->type->kind)
    {
    case BELT_AST_TYPE_BIGINT:
      target = read_integer_text (text, &whole) ? NULL : "int64";
      column->default_value = belt_value_i64 (whole);
      break;
    case BELT_AST_TYPE_FLOAT:
      target = read_float_text (text, &number) ? NULL : "float64";
      column->default_value = belt_value_f64 (number);
      break;
    case BELT_AST_TYPE_STRING:
      column->default_value = belt_value_str (text, strlen (text));
      break;
    case BELT_AST_TYPE_BOOLEAN:
      target = read_boolean_text (text, &truth) ? NULL : "bool";
      column->default_value = belt_value_bool (truth);
      break;
    case BELT_AST_TYPE_ARRAY:
      complain_of_default (self, span, g_strdup ("DEFAULT clause is not supported for *ast.ArrayType"), type);
      return;
    case BELT_AST_TYPE_STRUCT:
      complain_of_default (self, span, g_strdup ("DEFAULT clause is not supported for *ast.RecType"), type);
      return;
    case BELT_AST_TYPE_BYTEA:
    case BELT_AST_TYPE_DATETIME:
      complain_of_default (self, span, g_strdup_printf ("DEFAULT clause is not supported for %s", type), type);
      return;
    }
  if (target != NULL)
    complain_of_default (self, span, g_strdup_printf ("cannot convert string(%s) to %s", text, target), type);
}

static void
parse_default (BeltParser    *self,
               BeltAstColumn *column)
{
  const BeltToken *first = belt_parser_peek_at (self, 0);
  const BeltToken *token = first;
  const char *text;

  if (first->kind == BELT_TOKEN_SUB)
    {
      belt_parser_next (self);
      token = belt_parser_peek_at (self, 0);
    }
  if (token->kind < BELT_TOKEN_INTEGER || token->kind > BELT_TOKEN_QUOTE)
    if (token->kind != BELT_TOKEN_TRUE && token->kind != BELT_TOKEN_FALSE)
      {
        belt_parser_unexpected (self, "the default value", "found %s, expect default constraint value.", NULL);
        return;
      }

  text = belt_parser_get_literal (self, token);
  if (token != first)
    text = belt_arena_printf (self->arena, "-%s", text);
  belt_parser_next (self);
  column->default_span = belt_parser_span_from (self, first->span.start);
  set_default (self, column, text);
}

/* ------------------------------------------------------------------ columns */

static gboolean
parse_column (BeltParser    *self,
              BeltAstColumn *column)
{
  const BeltToken *name = belt_parser_peek_at (self, 0);

  if (!belt_parser_is_ident (name))
    {
      belt_parser_unexpected (self, "a column's name", "found %s, expect stream field name.", NULL);
      return FALSE;
    }
  belt_parser_next (self);
  column->name = belt_parser_get_name (self, name);
  column->name_span = name->span;
  column->type = parse_type (self, FALSE);
  if (belt_parser_accept (self, BELT_TOKEN_DEFAULT))
    parse_default (self, column);
  column->span = belt_parser_span_from (self, name->span.start);
  return TRUE;
}

/* Skips what did not parse of a column, up to the next comma or the closing bracket. */
static void
skip_column (BeltParser *self)
{
  guint depth = 0;

  for (;;)
    {
      BeltTokenKind kind = belt_parser_peek (self);

      if (kind == BELT_TOKEN_END || kind == BELT_TOKEN_SEMICOLON)
        return;
      if (depth == 0 && (kind == BELT_TOKEN_COMMA || kind == BELT_TOKEN_RPAREN))
        return;
      if (belt_parser_is_word (self, belt_parser_peek_at (self, 0), "WITH"))
        return;
      depth += kind == BELT_TOKEN_LPAREN;
      depth -= kind == BELT_TOKEN_RPAREN;
      belt_parser_next (self);
    }
}

/* ( column, … ): those of a statement are followed by WITH. */
static BeltAstColumn *
parse_columns (BeltParser *self,
               gboolean    nested,
               guint      *ret_n)
{
  g_autoptr(GArray) columns = g_array_new (FALSE, TRUE, sizeof (BeltAstColumn));

  *ret_n = 0;
  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(” and the columns", "found %s, expected lparen after stream name.",
                              "brackets are needed, even around no columns: ()");
      return NULL;
    }
  while (belt_parser_peek (self) != BELT_TOKEN_RPAREN && belt_parser_peek (self) != BELT_TOKEN_END)
    {
      BeltAstColumn column = { 0 };
      guint before = self->at;
      gboolean ok = parse_column (self, &column);

      if (ok)
        g_array_append_val (columns, column);
      if (belt_parser_accept (self, BELT_TOKEN_COMMA))
        continue;
      if (belt_parser_peek (self) == BELT_TOKEN_RPAREN)
        break;
      belt_parser_unexpected (self, "“,” or “)”", "found %s, expect comma or rparen.", NULL);
      skip_column (self);
      if (!belt_parser_accept (self, BELT_TOKEN_COMMA) && before == self->at)
        break;
      if (belt_parser_is_word (self, belt_parser_peek_at (self, 0), "WITH"))
        break;
    }
  if (belt_parser_peek (self) == BELT_TOKEN_END)
    belt_parser_unexpected (self, "“)”", "found %s, expect stream field name.", NULL);
  belt_parser_accept (self, BELT_TOKEN_RPAREN);
  if (nested && columns->len == 0)
    belt_parser_unexpected (self, "a column inside STRUCT", "found %s, expected is with.", "a STRUCT has columns");
  *ret_n = columns->len;
  return belt_arena_memdup (self->arena, columns->data, columns->len * sizeof (BeltAstColumn));
}

/* ------------------------------------------------------------------ options */

static const char *
find_option (BeltParser      *self,
             const BeltToken *token)
{
  for (guint i = 0; i < G_N_ELEMENTS (option_names); i++)
    if (belt_parser_is_word (self, token, option_names[i]))
      return option_names[i];
  return NULL;
}

/* The known option that shares most of its beginning with the word. */
static const char *
suggest_option (const char *word)
{
  const char *best = NULL;
  gsize best_n = 2;

  for (guint i = 0; i < G_N_ELEMENTS (option_names); i++)
    {
      gsize n = 0;

      while (word[n] != 0 && g_ascii_toupper (word[n]) == option_names[i][n])
        n++;
      if (n > best_n)
        {
          best_n = n;
          best = option_names[i];
        }
    }
  return best;
}

static void
complain_of_option (BeltParser *self)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);
  g_autofree char *upper = g_ascii_strup (belt_parser_get_literal (self, token), -1);
  g_autofree char *quoted = belt_go_quote (upper);
  g_autofree char *ekuiper = NULL;
  const char *suggestion = suggest_option (upper);
  g_autofree char *label = suggestion != NULL ? g_strdup_printf ("Change to %s", suggestion) : NULL;

  ekuiper = g_strdup_printf ("found %s, unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION"
                             "|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND"
                             "|DELIMITER).",
                             quoted);
  if (token->kind != BELT_TOKEN_IDENT)
    {
      belt_parser_unexpected (self, "an option or “)”", ekuiper, NULL);
      return;
    }
  if (self->error_at == self->at)
    return;
  self->error_at = self->at;
  belt_parser_complain (self, token->span, "unknown-option",
                        (BeltComplaint) { .hint = "options are DATASOURCE, FORMAT, TYPE, KIND, KEY, CONF_KEY, SHARED,"
                                                  " TIMESTAMP, TIMESTAMP_FORMAT, STRICT_VALIDATION, RETAIN_SIZE,"
                                                  " SCHEMAID, DELIMITER, EXTRA, VERSION and TEMP",
                                          .fix = suggestion, .fix_label = label,
                                          .ekuiper = g_steal_pointer (&ekuiper) },
                        "there is no option %s", upper);
}

static gboolean
is_json (BeltParser *self,
         const char *text)
{
  gsize n = strlen (text);
  char *padded = belt_arena_alloc0 (self->arena, n + BELT_JSON_PADDING);
  BeltJsonError error;
  BeltValue value;

  memcpy (padded, text, n);
  return belt_json_parse (padded, n, 0, self->arena, &value, &error);
}

/* Checks the value of an option by its key. */
static void
check_option (BeltParser          *self,
              const BeltAstOption *option)
{
  static const char *const booleans[] = { "STRICT_VALIDATION", "SHARED", "TEMP", NULL };
  g_autofree char *quoted = belt_go_quote (option->value);
  char *ekuiper = NULL;
  const char *message = NULL;

  if (g_strv_contains (booleans, option->key))
    {
      if (g_ascii_strcasecmp (option->value, "TRUE") != 0 && g_ascii_strcasecmp (option->value, "FALSE") != 0)
        {
          ekuiper = g_strdup_printf ("found %s, expect TRUE/FALSE value in %s option.", quoted, option->key);
          message = "this option takes TRUE or FALSE";
        }
    }
  else if (strcmp (option->key, "RETAIN_SIZE") == 0)
    {
      if (!g_ascii_string_to_signed (option->value, 10, G_MININT64, G_MAXINT64, NULL, NULL))
        {
          ekuiper = g_strdup_printf ("found %s, expect number value in %s option.", quoted, option->key);
          message = "this option takes a whole number between quotes";
        }
    }
  else if (strcmp (option->key, "EXTRA") == 0 && !is_json (self, option->value))
    {
      ekuiper = g_strdup ("invalid extra option, expect JSON string");
      message = "EXTRA takes a text with JSON in it";
    }

  if (message != NULL)
    belt_parser_complain (self, option->value_span, "option-value", (BeltComplaint) { .ekuiper = ekuiper }, "%s",
                          message);
}

static void
parse_option_value (BeltParser    *self,
                    BeltAstOption *option)
{
  const BeltToken *value = belt_parser_peek_at (self, 0);
  BeltSpan bad;
  gsize n;

  option->is_boolean = value->kind == BELT_TOKEN_TRUE || value->kind == BELT_TOKEN_FALSE;
  if (value->kind != BELT_TOKEN_STRING && !option->is_boolean)
    {
      belt_parser_unexpected (self, "the option's value", "found %s, expect string or boolean value in option.",
                              "values stand between double quotes; TRUE and FALSE may stand alone");
      if (value->kind != BELT_TOKEN_COMMA && value->kind != BELT_TOKEN_RPAREN)
        belt_parser_next (self);
      return;
    }
  if (value->kind == BELT_TOKEN_STRING && belt_token_decode (value, self->text, self->arena, &n, &bad) == NULL)
    {
      belt_parser_unexpected (self, "a text without wrong escapes",
                              "found %s, expect string or boolean value in option.", NULL);
      belt_parser_next (self);
      return;
    }
  belt_parser_next (self);
  option->value = belt_parser_get_literal (self, value);
  option->value_span = value->span;
  if (option->key != NULL)
    check_option (self, option);
}

static void
parse_options (BeltParser    *self,
               BeltAstCreate *create)
{
  g_autoptr(GArray) options = g_array_new (FALSE, TRUE, sizeof (BeltAstOption));

  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(” and the options", "found %s, expect stream options.",
                              "brackets are needed, even around no options: WITH ()");
      return;
    }
  while (belt_parser_peek (self) != BELT_TOKEN_RPAREN && belt_parser_peek (self) != BELT_TOKEN_END)
    {
      const BeltToken *token = belt_parser_peek_at (self, 0);
      BeltAstOption option = { .key = find_option (self, token), .key_span = token->span };

      if (belt_parser_accept (self, BELT_TOKEN_COMMA))
        continue;
      if (option.key == NULL)
        complain_of_option (self);
      belt_parser_next (self);
      if (belt_parser_accept (self, BELT_TOKEN_EQ))
        parse_option_value (self, &option);
      else if (option.key != NULL)
        belt_parser_unexpected (self, "“=”", "found %s, expect equals(=) in options.", NULL);
      if (option.key != NULL && option.value != NULL)
        g_array_append_val (options, option);
    }
  if (!belt_parser_accept (self, BELT_TOKEN_RPAREN))
    complain_of_option (self);
  create->n_options = options->len;
  create->options = belt_arena_memdup (self->arena, options->data, options->len * sizeof (BeltAstOption));
}

const char *
belt_ast_create_get_option (const BeltAstCreate *self,
                            const char          *key)
{
  for (guint i = self->n_options; i > 0; i--)
    if (strcmp (self->options[i - 1].key, key) == 0)
      return self->options[i - 1].value;
  return NULL;
}

/* ------------------------------------------------------------------ the statement */

static gboolean
knows_format (BeltParser *self,
              const char *lower)
{
  static const char *const known[] = { "json", "binary", "delimited", "urlencoded", "protobuf", "custom", NULL };

  if (self->hooks->format != NULL)
    return self->hooks->format (self->hooks->data, lower);
  return g_strv_contains (known, lower);
}

static void
check_format (BeltParser *self)
{
  const BeltAstCreate *create = self->ast->create;
  const char *format = belt_ast_create_get_option (create, "FORMAT");
  g_autofree char *lower = g_ascii_strdown (format != NULL && *format != 0 ? format : "json", -1);
  BeltSpan span = self->ast->name_span;
  const char *problem = NULL;

  for (guint i = 0; i < create->n_options; i++)
    if (strcmp (create->options[i].key, "FORMAT") == 0)
      span = create->options[i].value_span;

  if (strcmp (lower, "binary") != 0)
    {
      if (!knows_format (self, lower))
        belt_parser_complain (self, span, "unknown-format",
                              (BeltComplaint) { .hint = "formats are JSON, BINARY, DELIMITED, URLENCODED and PROTOBUF",
                                                .ekuiper = g_strdup_printf ("option 'format=%s' is invalid", format) },
                              "there is no format “%s”", format);
      return;
    }

  if (self->ast->is_table)
    problem = "'binary' format is not supported for table";
  else if (create->n_columns > 1)
    problem = "'binary' format stream can have only one field";
  else if (create->n_columns == 1 && create->columns[0].type->kind != BELT_AST_TYPE_BYTEA)
    problem = "'binary' format stream can have only 'bytea' type field";
  if (problem != NULL)
    belt_parser_complain (self, span, "binary-format",
                          (BeltComplaint) { .hint = "BINARY is for streams with no column or one of type BYTEA",
                                            .ekuiper = g_strdup (problem) }, "%s", problem);
}

static void
check_lookup (BeltParser *self)
{
  const BeltAstCreate *create = self->ast->create;
  const char *kind = belt_ast_create_get_option (create, "KIND");
  const char *key = belt_ast_create_get_option (create, "KEY");

  if (kind == NULL || g_ascii_strcasecmp (kind, "lookup") != 0)
    return;
  if (g_strcmp0 (belt_ast_create_get_option (create, "TYPE"), "memory") != 0 || (key != NULL && *key != 0))
    return;
  belt_parser_complain (self, self->ast->name_span, "lookup-key",
                        (BeltComplaint) { .hint = "add KEY=\"column\" to the options",
                                          .ekuiper = g_strdup ("Option \"key\" is required for memory lookup table.") },
                        "a lookup table in memory needs the option KEY");
}

static gboolean
parse_kind (BeltParser *self)
{
  const BeltToken *what = belt_parser_peek_at (self, 0);
  g_autofree char *upper = g_ascii_strup (belt_parser_get_literal (self, what), -1);
  g_autofree char *quoted = belt_go_quote (upper);
  g_autofree char *ekuiper = g_strdup_printf ("found %s, expected keyword stream or table.", quoted);

  self->ast->is_table = belt_parser_is_word (self, what, "TABLE");
  if (!self->ast->is_table && !belt_parser_is_word (self, what, "STREAM"))
    {
      belt_parser_unexpected (self, "STREAM or TABLE", ekuiper, NULL);
      return FALSE;
    }
  belt_parser_next (self);
  return TRUE;
}

static void
parse_with (BeltParser *self,
            gboolean    has_columns)
{
  g_autofree char *literal = g_strdup (belt_parser_get_literal (self, belt_parser_peek_at (self, 0)));
  g_autofree char *upper = has_columns ? g_ascii_strup (literal, -1) : g_strdup (literal);
  g_autofree char *quoted = belt_go_quote (upper);
  g_autofree char *ekuiper = g_strdup_printf ("found %s, expected is with.", quoted);

  if (belt_parser_is_word (self, belt_parser_peek_at (self, 0), "WITH"))
    belt_parser_next (self);
  else
    belt_parser_unexpected (self, "WITH and the options", ekuiper,
                            "write WITH (DATASOURCE=\"topic\", FORMAT=\"JSON\")");
}

void
belt_parse_create (BeltParser *self)
{
  BeltAst *ast = self->ast;
  BeltAstCreate *create = belt_arena_alloc0 (self->arena, sizeof *create);
  const BeltToken *name;

  ast->kind = BELT_AST_CREATE;
  ast->create = create;
  if (!parse_kind (self))
    return;
  name = belt_parser_peek_at (self, 0);
  if (!belt_parser_is_ident (name))
    {
      belt_parser_unexpected (self, ast->is_table ? "the table's name" : "the stream's name",
                              "found %s, expected stream name.", NULL);
      return;
    }
  belt_parser_next (self);
  ast->name = belt_parser_get_name (self, name);
  ast->name_span = name->span;
  create->columns = parse_columns (self, FALSE, &create->n_columns);
  parse_with (self, create->n_columns > 0);
  parse_options (self, create);
  check_lookup (self);
  if (belt_parser_peek (self) != BELT_TOKEN_END && belt_parser_peek (self) != BELT_TOKEN_SEMICOLON)
    belt_parser_unexpected (self, "the end", "found %s, expected semicolon or EOF.", NULL);
  check_format (self);
}
