/* belt-go-json.c - request bodies, refused in the words of Go's encoding/json
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A walk over the text finds the first byte that does not fit and what was
 * expected there; json-glib then reads the checked text.
 */
#include "config.h"

#include "belt-go-json.h"

#include <string.h>

#define DEPTH_MAX 200   /* json-glib recurses; Go stops at 10,000 */

typedef struct
{
  const char *p;
  const char *end;
  gboolean    whole;
  char       *error;
} Walk;

static gboolean
fail_end (Walk *self)
{
  self->error = g_strdup (self->whole ? "unexpected end of JSON input" : "unexpected EOF");
  return FALSE;
}

static gboolean
fail_at (Walk       *self,
         const char *context)
{
  guchar c = (guchar) *self->p;

  if (c == '\'')
    self->error = g_strdup_printf ("invalid character '\\'' %s", context);
  else if (c == '"')
    self->error = g_strdup_printf ("invalid character '\"' %s", context);
  else if (c >= 0x20 && c < 0x7f)
    self->error = g_strdup_printf ("invalid character '%c' %s", c, context);
  else if (c >= 0xa0)
    {
      /* Go prints the byte as the character of that code. */
      char utf8[8] = "";

      utf8[g_unichar_to_utf8 (c, utf8)] = '\0';
      self->error = g_strdup_printf ("invalid character '%s' %s", utf8, context);
    }
  else
    self->error = g_strdup_printf ("invalid character '\\x%02x' %s", c, context);
  return FALSE;
}

static void
skip_blanks (Walk *self)
{
  while (self->p < self->end && strchr (" \t\r\n", *self->p) != NULL && *self->p != '\0')
    self->p++;
}

static gboolean
walk_string (Walk *self)
{
  for (self->p++; self->p < self->end; self->p++)
    {
      if (*self->p == '"')
        {
          self->p++;
          return TRUE;
        }
      if ((guchar) *self->p < 0x20)
        return fail_at (self, "in string literal");
      if (*self->p == '\\')
        {
          if (++self->p >= self->end)
            break;
          if (strchr ("\"\\/bfnrtu", *self->p) == NULL || *self->p == '\0')
            return fail_at (self, "in string escape code");
        }
    }
  return fail_end (self);
}

static gboolean
walk_literal (Walk       *self,
              const char *word)
{
  for (guint i = 0; word[i] != '\0'; i++, self->p++)
    {
      if (self->p >= self->end)
        return fail_end (self);
      if (*self->p != word[i])
        {
          g_autofree char *context = g_strdup_printf ("in literal %s (expecting '%c')", word, word[i]);

          return fail_at (self, context);
        }
    }
  return TRUE;
}

static gboolean
walk_number (Walk *self)
{
  if (*self->p == '-')
    self->p++;
  if (self->p >= self->end)
    return fail_end (self);
  if (!g_ascii_isdigit (*self->p))
    return fail_at (self, "in numeric literal");
  while (self->p < self->end && (g_ascii_isdigit (*self->p) || strchr (".eE+-", *self->p) != NULL) && *self->p != '\0')
    self->p++;
  return TRUE;
}

static gboolean walk_value (Walk *self,
                            guint depth);

static gboolean
walk_object (Walk *self,
             guint depth)
{
  self->p++;
  skip_blanks (self);
  if (self->p < self->end && *self->p == '}')
    {
      self->p++;
      return TRUE;
    }
  for (;;)
    {
      skip_blanks (self);
      if (self->p >= self->end)
        return fail_end (self);
      if (*self->p != '"')
        return fail_at (self, "looking for beginning of object key string");
      if (!walk_string (self))
        return FALSE;
      skip_blanks (self);
      if (self->p >= self->end)
        return fail_end (self);
      if (*self->p != ':')
        return fail_at (self, "after object key");
      self->p++;
      if (!walk_value (self, depth + 1))
        return FALSE;
      skip_blanks (self);
      if (self->p >= self->end)
        return fail_end (self);
      if (*self->p == '}')
        break;
      if (*self->p != ',')
        return fail_at (self, "after object key:value pair");
      self->p++;
    }
  self->p++;
  return TRUE;
}

static gboolean
walk_array (Walk *self,
            guint depth)
{
  self->p++;
  skip_blanks (self);
  if (self->p < self->end && *self->p == ']')
    {
      self->p++;
      return TRUE;
    }
  for (;;)
    {
      if (!walk_value (self, depth + 1))
        return FALSE;
      skip_blanks (self);
      if (self->p >= self->end)
        return fail_end (self);
      if (*self->p == ']')
        break;
      if (*self->p != ',')
        return fail_at (self, "after array element");
      self->p++;
    }
  self->p++;
  return TRUE;
}

static gboolean
walk_value (Walk *self,
            guint depth)
{
  skip_blanks (self);
  if (self->p >= self->end)
    return fail_end (self);
  if (depth > DEPTH_MAX)
    {
      self->error = g_strdup ("exceeded max depth");
      return FALSE;
    }
  switch (*self->p)
    {
    case '{':
      return walk_object (self, depth);

    case '[':
      return walk_array (self, depth);

    case '"':
      return walk_string (self);

    case 't':
      return walk_literal (self, "true");

    case 'f':
      return walk_literal (self, "false");

    case 'n':
      return walk_literal (self, "null");

    default:
      if (*self->p == '-' || g_ascii_isdigit (*self->p))
        return walk_number (self);
      return fail_at (self, "looking for beginning of value");
    }
}

static const char *
kind_of_node (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return "object";
  if (JSON_NODE_HOLDS_ARRAY (node))
    return "array";
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return "string";
  if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return "bool";
  return "number";
}

static const char *
type_of_field (const BeltGoField *field)
{
  switch (field->kind)
    {
    case BELT_GO_STRING:
      return "string";

    case BELT_GO_BOOL:
      return "bool";

    case BELT_GO_INT:
      return "int";

    case BELT_GO_STRINGS:
      return "[]string";

    case BELT_GO_MAP:
      return "map[string]interface {}";

    case BELT_GO_MAPS:
      return "[]map[string]interface {}";

    case BELT_GO_STRUCT:
      return field->type;

    default:
      return "interface {}";
    }
}

static const char *
after_dot (const char *type)
{
  const char *dot = strrchr (type, '.');

  return dot != NULL ? dot + 1 : type;
}

static char *
mismatch (JsonNode   *node,
          const char *structure,
          const char *path,
          const char *wanted)
{
  return g_strdup_printf ("json: cannot unmarshal %s into Go struct field %s.%s of type %s", kind_of_node (node),
                          structure, path, wanted);
}

static char *check_fields (JsonObject        *object,
                           const char        *type,
                           const char        *prefix,
                           const BeltGoField *fields);

/* NULL, or why the items of a list do not fit. */
static char *
check_items (JsonNode   *node,
             BeltGoKind  kind,
             const char *structure,
             const char *path)
{
  JsonArray *array = json_node_get_array (node);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);
      gboolean fits = JSON_NODE_HOLDS_NULL (item) ||
                      (kind == BELT_GO_MAPS ? JSON_NODE_HOLDS_OBJECT (item)
                                             : g_str_equal (kind_of_node (item), "string"));

      if (!fits)
        return mismatch (item, structure, path, kind == BELT_GO_MAPS ? "map[string]interface {}" : "string");
    }
  return NULL;
}

static char *
check_field (JsonNode          *node,
             const BeltGoField *field,
             const char        *structure,
             const char        *path)
{
  const char *kind = kind_of_node (node);

  switch (field->kind)
    {
    case BELT_GO_STRING:
      return g_str_equal (kind, "string") ? NULL : mismatch (node, structure, path, "string");

    case BELT_GO_BOOL:
      return g_str_equal (kind, "bool") ? NULL : mismatch (node, structure, path, "bool");

    case BELT_GO_INT:
      return g_str_equal (kind, "number") ? NULL : mismatch (node, structure, path, "int");

    case BELT_GO_DURATION:
      if (g_str_equal (kind, "string") && !belt_go_parse_duration (json_node_get_string (node), NULL))
        return g_strdup_printf ("time: invalid duration \"%s\"", json_node_get_string (node));
      return g_str_equal (kind, "string") || g_str_equal (kind, "number") ? NULL : g_strdup ("invalid duration");

    case BELT_GO_STRINGS:
    case BELT_GO_MAPS:
      if (!JSON_NODE_HOLDS_ARRAY (node))
        return mismatch (node, structure, path, type_of_field (field));
      return check_items (node, field->kind, structure, path);

    case BELT_GO_MAP:
      return JSON_NODE_HOLDS_OBJECT (node) ? NULL : mismatch (node, structure, path, type_of_field (field));

    case BELT_GO_STRUCT:
      if (!JSON_NODE_HOLDS_OBJECT (node))
        return mismatch (node, structure, path, type_of_field (field));
      return check_fields (json_node_get_object (node), field->type, path, field->fields);

    default:
      return NULL;
    }
}

static char *
check_fields (JsonObject        *object,
              const char        *type,
              const char        *prefix,
              const BeltGoField *fields)
{
  for (guint i = 0; fields[i].name != NULL; i++)
    {
      JsonNode *node = belt_go_get (object, fields[i].name);
      g_autofree char *path = NULL;
      char *error;

      if (node == NULL)
        continue;
      path = prefix != NULL ? g_strdup_printf ("%s.%s", prefix, fields[i].name) : g_strdup (fields[i].name);
      if ((error = check_field (node, &fields[i], after_dot (type), path)) != NULL)
        return error;
    }
  return NULL;
}

static char *
find_syntax_error (const char  *text,
                   gsize        len,
                   gboolean     whole,
                   gsize       *ret_len)
{
  Walk walk = { .p = text, .end = text + len, .whole = whole };

  skip_blanks (&walk);
  if (walk.p == walk.end)
    return g_strdup (whole ? "unexpected end of JSON input" : "EOF");
  if (!walk_value (&walk, 0))
    return walk.error;
  *ret_len = (gsize) (walk.p - text);
  skip_blanks (&walk);
  if (whole && walk.p < walk.end)
    {
      fail_at (&walk, "after top-level value");
      return walk.error;
    }
  return NULL;
}

JsonObject *
belt_go_decode (const char          *text,
                gsize                len,
                gboolean             whole,
                const BeltGoStruct  *type,
                char               **ret_error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) failure = NULL;
  gsize value_len = 0;
  JsonNode *root;

  if ((*ret_error = find_syntax_error (text, len, whole, &value_len)) != NULL)
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize) value_len, &failure))
    {
      *ret_error = g_strdup (failure->message);
      return NULL;
    }

  root = json_parser_get_root (parser);
  if (root == NULL || JSON_NODE_HOLDS_NULL (root))
    return json_object_new ();
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      *ret_error = g_strdup_printf ("json: cannot unmarshal %s into Go value of type %s", kind_of_node (root),
                                    type->type);
      return NULL;
    }
  if ((*ret_error = check_fields (json_node_get_object (root), type->type, NULL, type->fields)) != NULL)
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

JsonNode *
belt_go_get (JsonObject *object,
             const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    {
      g_autoptr(GList) members = json_object_get_members (object);

      for (GList *l = members; l != NULL && node == NULL; l = l->next)
        if (g_ascii_strcasecmp (l->data, name) == 0)
          node = json_object_get_member (object, l->data);
    }
  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

const char *
belt_go_get_string (JsonObject *object,
                    const char *name)
{
  JsonNode *node = belt_go_get (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

gboolean
belt_go_parse_duration (const char *text,
                        gint64     *ret_ms)
{
  static const struct { const char *name; double ms; } units[] =
  {
    { "ms", 1 }, { "us", 0.001 }, { "µs", 0.001 }, { "ns", 0.000001 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
  };
  double total = 0;
  double sign = 1;

  if (*text == '-' || *text == '+')
    sign = *text++ == '-' ? -1 : 1;
  if (g_str_equal (text, "0"))
    {
      if (ret_ms != NULL)
        *ret_ms = 0;
      return TRUE;
    }
  if (*text == '\0')
    return FALSE;

  while (*text != '\0')
    {
      char *end = NULL;
      double number;
      guint i;

      if (!g_ascii_isdigit (*text) && *text != '.')
        return FALSE;
      number = g_ascii_strtod (text, &end);
      for (i = 0; i < G_N_ELEMENTS (units); i++)
        if (g_str_has_prefix (end, units[i].name))
          break;
      if (end == text || i == G_N_ELEMENTS (units))
        return FALSE;
      total += number * units[i].ms;
      text = end + strlen (units[i].name);
    }
  if (ret_ms != NULL)
    *ret_ms = (gint64) (sign * total);
  return TRUE;
}
