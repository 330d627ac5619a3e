/* belt-template-text.c - what a template makes of texts, and texts of anything
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Go's print, printf, html, js and urlquery, eKuiper's json and base64, and of the
 * sprig set what has to do with texts.  Where Go declares an argument a string,
 * anything else fails.
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-json.h"
#include "belt-template-private.h"

#include <string.h>

#define TEXT_MAX (1024u * 1024u)

static BeltValue
take_text (BeltArena  *arena,
           const char *text,
           gsize       len)
{
  return belt_value_str (belt_arena_memdup (arena, text, len), len);
}

/* fmt.Sprint: nothing is "<nil>". */
static BeltValue
sprint (BeltArena       *arena,
        const BeltValue *value)
{
  return belt_value_is_null (value) ? belt_value_str ("<nil>", 5) : belt_value_to_text (arena, value);
}

static gboolean
are_texts (const BeltValue *args,
           guint            n_args,
           const char     **ret_text)
{
  for (guint i = 0; i < n_args; i++)
    if (args[i].tag != BELT_TAG_STR)
      {
        *ret_text = belt_value_is_null (&args[i]) ? "invalid value; expected string"
                                                  : "wrong type for value; expected string";
        return FALSE;
      }
  return TRUE;
}

/* Go's Print puts a space between two values of which neither is a text, Println between all. */
static void
print_all (GString         *out,
           BeltArena       *arena,
           const BeltValue *args,
           guint            n_args,
           gboolean         is_line)
{
  for (guint i = 0; i < n_args; i++)
    {
      BeltValue text = sprint (arena, &args[i]);

      if (i > 0 && (is_line || (args[i].tag != BELT_TAG_STR && args[i - 1].tag != BELT_TAG_STR)))
        g_string_append_c (out, ' ');
      g_string_append_len (out, text.u.s, text.len);
    }
  if (is_line)
    g_string_append_c (out, '\n');
}

BELT_TEMPLATE_FUNCTION (print)
{
  g_autoptr(GString) out = g_string_new (NULL);

  print_all (out, arena, args, n_args, self->op == 'n');
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* As strconv.Quote writes it. */
static void
write_quoted (GString    *out,
              const char *text,
              gsize       len)
{
  static const char letters[] = "abtnvfr";   /* of the codes 7 to 13 */
  const char *end = text + len;

  g_string_append_c (out, '"');
  for (const char *at = text; at < end;)
    {
      gunichar c = g_utf8_get_char_validated (at, end - at);
      guint8 byte = (guint8) *at;

      if (c == (gunichar) - 1 || c == (gunichar) - 2)
        {
          g_string_append_printf (out, "\\x%02x", byte);
          at++;
          continue;
        }
      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", (char)c);
      else if (c >= 7 && c <= 13)
        g_string_append_printf (out, "\\%c", letters[c - 7]);
      else if (c < ' ' || c == 0x7f)
        g_string_append_printf (out, "\\x%02x", c);
      else if (c != ' ' && (!g_unichar_isprint (c) || g_unichar_isspace (c)))
        g_string_append_printf (out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
      else
        g_string_append_unichar (out, c);
      at = g_utf8_next_char (at);
    }
  g_string_append_c (out, '"');
}

/* With the width and the zeros of a number. */
static void
print_padded (GString    *out,
              const char *flags,
              const char *text,
              gboolean    is_number)
{
  g_autofree char *plain = NULL;
  g_autofree char *format = NULL;

  if (is_number && flags[1] == '0')
    {
      guint64 width = g_ascii_strtoull (flags + 1, NULL, 10);
      gboolean is_negative = *text == '-';

      if (is_negative)
        g_string_append_c (out, '-');
      for (gsize n = strlen (text); n < width; n++)
        g_string_append_c (out, '0');
      g_string_append (out, text + is_negative);
      return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  format = g_strconcat (flags, "s", NULL);
  plain = g_strdup_printf (format, text);
#pragma GCC diagnostic pop
  g_string_append (out, plain);
}

/* One verb of printf; `spec` is terminated and starts with %. */
static void
print_verb (GString         *out,
            BeltArena       *arena,
            const char      *spec,
            char             verb,
            const BeltValue *value)
{
  BeltValue text = sprint (arena, value);
  g_autofree char *flags = g_strndup (spec, strlen (spec) - 1);
  g_autofree char *terminated = g_strndup (text.u.s, text.len);
  g_autofree char *format = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  if (verb == 'd' && value->tag == BELT_TAG_I64)
    {
      format = g_strconcat (flags, G_GINT64_FORMAT, NULL);
      g_string_append_printf (out, format, value->u.i);
    }
  else if (strchr ("feEgG", verb) != NULL && value->tag == BELT_TAG_F64)
    g_string_append_printf (out, spec, value->u.f);
  else if ((verb == 'x' || verb == 'X') && value->tag == BELT_TAG_I64)
    {
      format = g_strconcat (flags, verb == 'x' ? G_GINT64_MODIFIER "x" : G_GINT64_MODIFIER "X", NULL);
      g_string_append_printf (out, format, value->u.i);
    }
  else if (verb == 'v' || (verb == 's' && value->tag == BELT_TAG_STR) || (verb == 't' && value->tag == BELT_TAG_BOOL))
    print_padded (out, flags, terminated, belt_value_is_number (value));
  else if (verb == 'q' && value->tag == BELT_TAG_STR)
    write_quoted (out, text.u.s, text.len);
  else if (belt_value_is_null (value))
    g_string_append_printf (out, "%%!%c(<nil>)", verb);
  else
    {
      g_string_append_printf (out, "%%!%c(%s=", verb, belt_value_get_go_type (value));
      print_padded (out, flags, terminated, belt_value_is_number (value));
      g_string_append_c (out, ')');
    }
#pragma GCC diagnostic pop
}

BELT_TEMPLATE_FUNCTION (printf)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *format = g_strndup (args[0].u.s, args[0].tag == BELT_TAG_STR ? args[0].len : 0);
  guint next = 1;

  if (!are_texts (args, 1, ret_text))
    return FALSE;
  for (const char *at = format; *at != '\0';)
    {
      const char *verb = at + 1 + strspn (at + 1, "+-# 0123456789.");
      g_autofree char *spec = NULL;

      if (*at != '%' || at[1] == '%' || *verb == '\0')
        {
          g_string_append_c (out, *at);
          at += *at == '%' && at[1] == '%' ? 2 : 1;
          continue;
        }
      spec = g_strndup (at, (gsize)(verb + 1 - at));
      *ret_text = "a width of more than three digits";
      if (strspn (spec + 1, "+-# 0123456789.") > 8)
        return FALSE;
      if (next < n_args)
        print_verb (out, arena, spec, *verb, &args[next++]);
      else
        g_string_append_printf (out, "%%!%c(MISSING)", *verb);
      at = verb + 1;
    }
  for (guint i = next; i < n_args; i++)
    {
      BeltValue text = sprint (arena, &args[i]);

      g_string_append (out, i == next ? "%!(EXTRA " : ", ");
      if (!belt_value_is_null (&args[i]))
        g_string_append_printf (out, "%s=", belt_value_get_go_type (&args[i]));
      g_string_append_len (out, text.u.s, text.len);
    }
  if (next < n_args)
    g_string_append_c (out, ')');
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (json)
{
  g_autoptr(GString) out = g_string_new (NULL);

  belt_json_write (out, &args[0]);
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (from_json)
{
  char *padded;
  BeltJsonError error;

  if (!are_texts (args, 1, ret_text))
    return FALSE;
  padded = belt_arena_alloc0 (arena, args[0].len + BELT_JSON_PADDING);
  memcpy (padded, args[0].u.s, args[0].len);
  if (!belt_json_parse (padded, args[0].len, 0, arena, ret_value, &error))
    *ret_value = belt_value_null ();
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (base64)
{
  BeltValue text = belt_value_to_text (arena, &args[0]);
  BeltValue object = belt_value_expand (&args[0], arena);
  g_autofree char *encoded = NULL;
  char buffer[400];

  if (self->op != 'e' && !are_texts (args, 1, ret_text))
    return FALSE;
  /* eKuiper's takes an object as JSON and a float without an exponent. */
  if (self->op == 'e' && object.tag == BELT_TAG_MAP)
    {
      g_autoptr(GString) out = g_string_new (NULL);

      belt_json_write (out, &object);
      text = take_text (arena, out->str, out->len);
    }
  else if (self->op == 'e' && object.tag == BELT_TAG_F64)
    text = take_text (arena, buffer, belt_number_write_plain (buffer, object.u.f));
  *ret_text = "Unsupported data type for base64 function.";
  if (self->op == 'e' && (object.tag == BELT_TAG_LIST || object.tag == BELT_TAG_BYTES || belt_value_is_null (&object)))
    return FALSE;
  encoded = g_base64_encode ((const guchar *)text.u.s, text.len);
  *ret_value = take_text (arena, encoded, strlen (encoded));
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (base64_decode)
{
  g_autofree char *terminated = NULL;
  g_autofree guchar *decoded = NULL;
  gsize len;

  if (!are_texts (args, 1, ret_text))
    return FALSE;
  terminated = g_strndup (args[0].u.s, args[0].len);
  decoded = g_base64_decode (terminated, &len);
  *ret_value = take_text (arena, (const char *)decoded, len);
  return TRUE;
}

/* One text in, one text out. */
BELT_TEMPLATE_FUNCTION (text)
{
  BeltValue text = belt_value_is_null (&args[0]) ? belt_value_str ("", 0) : belt_value_to_text (arena, &args[0]);
  g_autofree char *terminated = g_strndup (text.u.s, text.len);
  g_autofree char *changed = NULL;

  if (strchr ("ult", self->op) != NULL && !are_texts (args, 1, ret_text))
    return FALSE;
  switch (self->op)
    {
    case 'u':
      changed = g_utf8_strup (terminated, -1);
      break;
    case 'l':
      changed = g_utf8_strdown (terminated, -1);
      break;
    case 't':
      changed = g_strdup (g_strstrip (terminated));
      break;
    case 'q':
      changed = g_strdup_printf ("'%s'", terminated);
      break;
    default:
      changed = g_strdup (terminated);
      break;
    }
  *ret_value = take_text (arena, changed, strlen (changed));
  return TRUE;
}

static void
write_html (GString *out,
            char     c)
{
  switch (c)
    {
    case '"':
      g_string_append (out, "&#34;");
      break;
    case '\'':
      g_string_append (out, "&#39;");
      break;
    case '&':
      g_string_append (out, "&amp;");
      break;
    case '<':
      g_string_append (out, "&lt;");
      break;
    case '>':
      g_string_append (out, "&gt;");
      break;
    case '\0':
      g_string_append (out, "\xef\xbf\xbd");
      break;
    default:
      g_string_append_c (out, c);
      break;
    }
}

static void
write_query (GString *out,
             char     c)
{
  if (g_ascii_isalnum (c) || (c != '\0' && strchr ("-_.~", c) != NULL))
    g_string_append_c (out, c);
  else if (c == ' ')
    g_string_append_c (out, '+');
  else
    g_string_append_printf (out, "%%%02X", (guint8)c);
}

static void
write_script (GString  *out,
              gunichar  c)
{
  if (c == '\\' || c == '\'' || c == '"')
    g_string_append_printf (out, "\\%c", (char)c);
  else if (c < ' ' || strchr ("<>&=", (int)MIN (c, 0x7f)) != NULL ||
           (c >= 0x7f && (!g_unichar_isprint (c) || g_unichar_isspace (c))))
    g_string_append_printf (out, "\\u%04X", c);
  else
    g_string_append_unichar (out, c);
}

/* html, js and urlquery of what print would write; nothing is "<no value>". */
BELT_TEMPLATE_FUNCTION (escape)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GString) out = g_string_new (NULL);

  if (n_args == 1 && belt_value_is_null (&args[0]))
    g_string_append (text, "<no value>");
  else
    print_all (text, arena, args, n_args, FALSE);

  if (self->op == 'j')
    for (const char *at = text->str; *at != '\0'; at = g_utf8_next_char (at))
      write_script (out, g_utf8_get_char_validated (at, -1) == (gunichar) - 1 ? 0xfffd : g_utf8_get_char (at));
  for (gsize i = 0; self->op != 'j' && i < text->len; i++)
    {
      if (self->op == 'h')
        write_html (out, text->str[i]);
      else
        write_query (out, text->str[i]);
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* What is nothing is left out. */
BELT_TEMPLATE_FUNCTION (quote)
{
  g_autoptr(GString) out = g_string_new (NULL);

  for (guint i = 0; i < n_args; i++)
    {
      BeltValue text;

      if (belt_value_is_null (&args[i]))
        continue;
      text = belt_value_to_text (arena, &args[i]);
      if (out->len > 0)
        g_string_append_c (out, ' ');
      write_quoted (out, text.u.s, text.len);
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* sprig puts the text last, so that it can be piped. */
BELT_TEMPLATE_FUNCTION (search)
{
  BeltValue part = args[0];
  BeltValue text = args[1];

  if (!are_texts (args, 2, ret_text))
    return FALSE;
  if (self->op == 'c')
    *ret_value = belt_value_bool (part.len == 0 || memmem (text.u.s, text.len, part.u.s, part.len) != NULL);
  else if (part.len > text.len)
    *ret_value = belt_value_bool (FALSE);
  else
    *ret_value = belt_value_bool (memcmp (self->op == 'p' ? text.u.s : text.u.s + text.len - part.len, part.u.s,
                                          part.len) == 0);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (replace)
{
  BeltValue from = args[0];
  BeltValue to = args[1];
  BeltValue text = args[2];
  g_autoptr(GString) out = g_string_new (NULL);
  const char *at = text.u.s;
  const char *end = text.u.s + text.len;
  const char *found;

  if (!are_texts (args, 3, ret_text))
    return FALSE;
  while (from.len > 0 && (found = memmem (at, (gsize)(end - at), from.u.s, from.len)) != NULL)
    {
      g_string_append_len (out, at, found - at);
      g_string_append_len (out, to.u.s, to.len);
      at = found + from.len;
      *ret_text = "the result is too long";
      if (out->len > TEXT_MAX)
        return FALSE;
    }
  g_string_append_len (out, at, end - at);
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* Of a list, without what is nothing in it; anything else is a list of itself. */
BELT_TEMPLATE_FUNCTION (join)
{
  BeltValue list = belt_value_expand (&args[1], arena);
  g_autoptr(GString) out = g_string_new (NULL);
  gboolean is_first = TRUE;

  if (!are_texts (args, 1, ret_text))
    return FALSE;
  if (list.tag != BELT_TAG_LIST && !belt_value_is_null (&list))
    list = belt_value_list (belt_arena_memdup (arena, &list, sizeof list), 1);
  for (guint32 i = 0; list.tag == BELT_TAG_LIST && i < list.len; i++)
    {
      BeltValue text;

      if (belt_value_is_null (&list.u.items[i]))
        continue;
      text = belt_value_to_text (arena, &list.u.items[i]);
      if (!is_first)
        g_string_append_len (out, args[0].u.s, args[0].len);
      is_first = FALSE;
      g_string_append_len (out, text.u.s, text.len);
      *ret_text = "the result is too long";
      if (out->len > TEXT_MAX)
        return FALSE;
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (split_list)
{
  g_autofree char *separator = NULL;
  g_autofree char *text = NULL;
  g_auto(GStrv) parts = NULL;
  BeltValue *items;
  guint n;

  if (!are_texts (args, 2, ret_text))
    return FALSE;
  separator = g_strndup (args[0].u.s, args[0].len);
  text = g_strndup (args[1].u.s, args[1].len);
  *ret_text = "an empty separator";
  if (*separator == '\0')
    return FALSE;
  parts = g_strsplit (text, separator, -1);
  n = *text == '\0' ? 1 : g_strv_length (parts);
  items = belt_arena_new_array (arena, BeltValue, n);
  for (guint i = 0; i < n; i++)
    items[i] = *text == '\0' ? belt_value_str ("", 0) : take_text (arena, parts[i], strlen (parts[i]));
  *ret_value = belt_value_list (items, n);
  return TRUE;
}

/* trimPrefix, trimSuffix and trimAll, which takes a set of ASCII characters. */
BELT_TEMPLATE_FUNCTION (trim)
{
  const char *part;
  const char *text;
  gsize n;
  gsize len;

  if (!are_texts (args, 2, ret_text))
    return FALSE;
  part = args[0].u.s;
  text = args[1].u.s;
  n = args[0].len;
  len = args[1].len;
  if (self->op == 'p' && len >= n && memcmp (text, part, n) == 0)
    text += n, len -= n;
  else if (self->op == 's' && len >= n && memcmp (text + len - n, part, n) == 0)
    len -= n;
  else if (self->op == 'a')
    {
      for (; len > 0 && memchr (part, *text, n) != NULL; len--)
        text++;
      while (len > 0 && memchr (part, text[len - 1], n) != NULL)
        len--;
    }
  *ret_value = belt_value_str (text, len);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (substr)
{
  gint64 from = belt_template_to_int (&args[0]);
  gint64 to = belt_template_to_int (&args[1]);
  gint64 len;

  if (!are_texts (args + 2, 1, ret_text))
    return FALSE;
  len = args[2].len;
  from = MAX (from, 0);
  if (to < 0 || to > len)
    to = len;
  *ret_text = "slice bounds out of range";
  if (from > to)
    return FALSE;
  *ret_value = belt_value_str (args[2].u.s + from, (gsize)(to - from));
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (repeat)
{
  gint64 n = belt_template_to_int (&args[0]);
  g_autoptr(GString) out = g_string_new (NULL);

  if (!are_texts (args + 1, 1, ret_text))
    return FALSE;
  *ret_text = "the result is too long, or a negative count";
  if (n < 0 || (guint64)n * MAX (args[1].len, 1) > TEXT_MAX)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    g_string_append_len (out, args[1].u.s, args[1].len);
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (trunc)
{
  BeltValue text = args[1];
  gint64 n = belt_template_to_int (&args[0]);

  if (!are_texts (args + 1, 1, ret_text))
    return FALSE;
  *ret_value = n >= 0 ? belt_value_str (text.u.s, (gsize)MIN (n, text.len))
                      : belt_value_str (text.u.s + text.len - MIN (-n, text.len), (gsize)MIN (-n, text.len));
  return TRUE;
}

#define MANY BELT_TEMPLATE_ARGS_MAX

static const BeltTemplateFunction functions[] = {
  { "b64dec", 1, 1, call_base64_decode, 0 }, { "b64enc", 1, 1, call_base64, 0 }, { "base64", 1, 1, call_base64, 'e' },
  { "contains", 2, 2, call_search, 'c' }, { "fromJson", 1, 1, call_from_json, 0 },
  { "hasPrefix", 2, 2, call_search, 'p' }, { "hasSuffix", 2, 2, call_search, 's' },
  { "html", 0, MANY, call_escape, 'h' }, { "join", 2, 2, call_join, 0 }, { "js", 0, MANY, call_escape, 'j' },
  { "json", 1, 1, call_json, 0 }, { "lower", 1, 1, call_text, 'l' }, { "mustToJson", 1, 1, call_json, 0 },
  { "print", 0, MANY, call_print, 0 },
  { "printf", 1, MANY, call_printf, 0 }, { "println", 0, MANY, call_print, 'n' },
  { "quote", 0, MANY, call_quote, 0 }, { "repeat", 2, 2, call_repeat, 0 }, { "replace", 3, 3, call_replace, 0 },
  { "splitList", 2, 2, call_split_list, 0 }, { "squote", 1, 1, call_text, 'q' }, { "substr", 3, 3, call_substr, 0 },
  { "toJson", 1, 1, call_json, 0 }, { "toString", 1, 1, call_text, ' ' }, { "trim", 1, 1, call_text, 't' },
  { "trimAll", 2, 2, call_trim, 'a' }, { "trimPrefix", 2, 2, call_trim, 'p' },
  { "trimSuffix", 2, 2, call_trim, 's' }, { "trunc", 2, 2, call_trunc, 0 }, { "upper", 1, 1, call_text, 'u' },
  { "urlquery", 0, MANY, call_escape, '%' },
};

const BeltTemplateFunction *
belt_template_text_lookup (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      if (strcmp (functions[i].name, name) == 0)
        return &functions[i];
    }
  return NULL;
}
