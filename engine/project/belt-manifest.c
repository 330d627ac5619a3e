/* belt-manifest.c - beltworks.json, read strictly
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of keys below is the same as data/beltworks.schema.json; a test
 * compares them.
 */
#include "config.h"

#include "belt-manifest.h"

#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-json-place.h"
#include "belt-suggest.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define MANIFEST_LEN_MAX (1u << 20)

typedef enum
{
  KEY_STRING,
  KEY_STRINGS,
  KEY_INTEGER,
  KEY_ENUM,
  KEY_OBJECTS,
} KeyKind;

typedef struct
{
  const char *name;
  KeyKind     kind;
  gboolean    required;
  const char *allowed;   /* ENUM: "source, sink, function"; else what is wanted, in words; may be NULL */
  const char *pattern;   /* STRING: what it must match */
} Key;

static const Key root_keys[] =
{
  { "format", KEY_INTEGER, TRUE, "1" },
  { "plugins", KEY_OBJECTS, FALSE },
  { "engines", KEY_OBJECTS, FALSE },
  { NULL },
};

static const Key plugin_keys[] =
{
  { "name", KEY_STRING, TRUE, "letters, digits and _, not a digit first, at most 64", "^[A-Za-z_][A-Za-z0-9_]{0,63}$" },
  { "kind", KEY_ENUM, TRUE, "source, sink, function" },
  { "version", KEY_STRING, TRUE, "three numbers, as in 1.0.0", "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
  { "files", KEY_STRINGS, TRUE, "a list of C files" },
  { "pkgConfig", KEY_STRINGS, FALSE, "a list of pkg-config names" },
  { "cflags", KEY_STRINGS, FALSE, "a list of compiler options" },
  { "cc", KEY_STRING, FALSE, "a compiler" },
  { "isolation", KEY_ENUM, FALSE, "host, in-process" },
  { "budget_ms", KEY_INTEGER, FALSE, "1 to 600000" },
  { NULL },
};

static const Key engine_keys[] =
{
  { "name", KEY_STRING, TRUE, "letters, digits, _ . and -, at most 64", "^[A-Za-z0-9_.-]{1,64}$" },
  { "url", KEY_STRING, TRUE, "an address that begins with http:// or https://", "^https?://" },
  { "kind", KEY_ENUM, FALSE, "beltd, ekuiper" },
  { NULL },
};

/* What is being checked, for messages with places. */
typedef struct
{
  const char *text;
  gsize       len;
  const char *file;
  GPtrArray  *diagnostics;   /* may be NULL */
  guint       n_errors;
} Check;

const char *
belt_manifest_kind_get_name (BeltManifestKind kind)
{
  static const char *const names[] = { "source", "sink", "function" };

  return names[kind];
}

const char *
belt_manifest_kind_get_plural (BeltManifestKind kind)
{
  static const char *const names[] = { "sources", "sinks", "functions" };

  return names[kind];
}

static void
complain (Check      *check,
          BeltSpan    span,
          const char *hint,
          const char *format,
          ...) G_GNUC_PRINTF (4, 5);

static void
complain (Check      *check,
          BeltSpan    span,
          const char *hint,
          const char *format,
          ...)
{
  BeltDiagnostic *diagnostic;
  va_list args;

  check->n_errors++;
  if (check->diagnostics == NULL)
    return;
  va_start (args, format);
  diagnostic = belt_diagnostic_new_va (BELT_SEVERITY_ERROR, "manifest", span, hint, format, args);
  va_end (args);
  diagnostic->file = g_strdup (check->file);
  belt_diagnostic_locate (diagnostic, check->text, check->len);
  g_ptr_array_add (check->diagnostics, diagnostic);
}

/* The value's place, or the key's. */
static BeltSpan
place_of (Check      *check,
          const char *path,
          gboolean    key)
{
  BeltSpan key_span = { 0, 0 };
  BeltSpan value_span = { 0, 0 };

  if (!belt_json_place_find (check->text, check->len, path, &key_span, &value_span))
    return (BeltSpan) { 0, 0 }
  ;
  return key && key_span.end > 0 ? key_span : value_span;
}

static gboolean
is_text (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
is_in_list (const char *allowed,
            const char *text)
{
  g_auto(GStrv) list = g_strsplit (allowed, ", ", -1);

  return g_strv_contains ((const char *const *)list, text);
}

static void
check_strings (Check      *check,
               const Key  *key,
               JsonNode   *node,
               const char *path)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      complain (check, place_of (check, path, FALSE), NULL, "“%s” must be %s", key->name, key->allowed);
      return;
    }
  array = json_node_get_array (node);
  if (key->required && json_array_get_length (array) == 0)
    complain (check, place_of (check, path, FALSE), NULL, "“%s” is empty; it must be %s", key->name, key->allowed);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (!is_text (json_array_get_element (array, i)))
        {
          g_autofree char *item = g_strdup_printf ("%s/%u", path, i);

          complain (check, place_of (check, item, FALSE), NULL, "“%s” must be %s", key->name, key->allowed);
        }
    }
}

static void
check_value (Check      *check,
             const Key  *key,
             JsonNode   *node,
             const char *path)
{
  switch (key->kind)
    {
    case KEY_STRING:
      if (!is_text (node) ||
          (key->pattern != NULL && !g_regex_match_simple (key->pattern, json_node_get_string (node), 0, 0)))
        complain (check, place_of (check, path, FALSE), NULL, "“%s” must be %s", key->name, key->allowed);
      break;

    case KEY_ENUM:
      if (!is_text (node) || !is_in_list (key->allowed, json_node_get_string (node)))
        complain (check, place_of (check, path, FALSE), NULL, "“%s” must be one of: %s", key->name, key->allowed);
      break;

    case KEY_INTEGER:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
        complain (check, place_of (check, path, FALSE), NULL, "“%s” must be a whole number: %s", key->name,
                  key->allowed);
      break;

    case KEY_STRINGS:
      check_strings (check, key, node, path);
      break;

    case KEY_OBJECTS:
      if (!JSON_NODE_HOLDS_ARRAY (node))
        complain (check, place_of (check, path, FALSE), NULL, "“%s” must be a list of objects", key->name);
      break;

    default:
      g_assert_not_reached ();
    }
}

static char *
list_names (const Key *keys)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; keys[i].name != NULL; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", keys[i].name);
  return g_string_free (names, FALSE);
}

static void
complain_unknown (Check      *check,
                  const Key  *keys,
                  const char *name,
                  const char *path)
{
  g_autofree char *allowed = list_names (keys);
  g_autofree char *hint = g_strdup_printf ("allowed here: %s", allowed);
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  const char *close;

  for (guint i = 0; keys[i].name != NULL; i++)
    g_ptr_array_add (names, (gpointer)keys[i].name);
  close = belt_suggest (name, (const char *const *)names->pdata, names->len);
  if (close != NULL)
    complain (check, place_of (check, path, TRUE), hint, "unknown key “%s”; did you mean “%s”?", name, close);
  else
    complain (check, place_of (check, path, TRUE), hint, "unknown key “%s”", name);
}

static const Key *
find_key (const Key  *keys,
          const char *name)
{
  for (guint i = 0; keys[i].name != NULL; i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

static void
check_object (Check      *check,
              const Key  *keys,
              JsonNode   *node,
              const char *path,
              const char *what)
{
  JsonObject *object;
  g_autoptr(GList) members = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      complain (check, place_of (check, path, FALSE), NULL, "%s must be an object", what);
      return;
    }
  object = json_node_get_object (node);
  members = json_object_get_members (object);
  for (GList *l = members; l != NULL; l = l->next)
    {
      const char *name = l->data;
      const Key *key = find_key (keys, name);
      g_autofree char *place = path[0] != '\0' ? g_strdup_printf ("%s/%s", path, name) : g_strdup (name);

      if (key == NULL)
        complain_unknown (check, keys, name, place);
      else
        check_value (check, key, json_object_get_member (object, name), place);
    }
  for (guint i = 0; keys[i].name != NULL; i++)
    if (keys[i].required && !json_object_has_member (object, keys[i].name))
      complain (check, place_of (check, path, FALSE), NULL, "%s has no “%s”", what, keys[i].name);
}

static void
check_list (Check      *check,
            JsonObject *root,
            const char *member,
            const Key  *keys,
            const char *what)
{
  JsonNode *node = json_object_get_member (root, member);
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
    {
      JsonNode *item = json_array_get_element (json_node_get_array (node), i);
      g_autofree char *path = g_strdup_printf ("%s/%u", member, i);
      g_autofree char *name_path = g_strdup_printf ("%s/name", path);
      const char *name;

      check_object (check, keys, item, path, what);
      if (!JSON_NODE_HOLDS_OBJECT (item))
        continue;
      name = belt_json_get_text (json_node_get_object (item), "name", NULL);
      if (name != NULL && !g_hash_table_add (seen, (gpointer)name))
        complain (check, place_of (check, name_path, FALSE), NULL, "%s “%s” is there twice", what, name);
    }
}

static void
check_range (Check      *check,
             JsonObject *root)
{
  JsonArray *plugins = json_object_has_member (root, "plugins") ? json_object_get_array_member (root, "plugins") : NULL;

  if (json_object_get_int_member (root, "format") != BELT_MANIFEST_FORMAT)
    complain (check, place_of (check, "format", FALSE), NULL, "“format” is %" G_GINT64_FORMAT "; this version reads 1",
              json_object_get_int_member (root, "format"));
  for (guint i = 0; plugins != NULL && i < json_array_get_length (plugins); i++)
    {
      JsonObject *plugin = json_array_get_object_element (plugins, i);
      gint64 budget = json_object_get_int_member_with_default (plugin, "budget_ms", 1);
      g_autofree char *path = g_strdup_printf ("plugins/%u/budget_ms", i);

      if (budget < 1 || budget > 600000)
        complain (check, place_of (check, path, FALSE), NULL, "“budget_ms” must be from 1 to 600000");
    }
}

static void
plugin_free (gpointer data)
{
  BeltManifestPlugin *self = data;

  g_free (self->name);
  g_free (self->version);
  g_strfreev (self->files);
  g_strfreev (self->pkg_config);
  g_strfreev (self->cflags);
  g_free (self->cc);
  g_free (self);
}

static void
engine_free (gpointer data)
{
  BeltManifestEngine *self = data;

  g_free (self->name);
  g_free (self->url);
  g_free (self->kind);
  g_free (self);
}

static char **
take_strings (JsonObject *object,
              const char *name)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = json_object_has_member (object, name) ? json_object_get_array_member (object, name) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  return g_strv_builder_end (builder);
}

static void
take_plugin (BeltManifest *self,
             JsonObject   *object)
{
  BeltManifestPlugin *plugin = g_new0 (BeltManifestPlugin, 1);
  const char *kind = json_object_get_string_member (object, "kind");

  plugin->name = g_strdup (json_object_get_string_member (object, "name"));
  plugin->kind = g_str_equal (kind, "source") ? BELT_MANIFEST_SOURCE :
                 g_str_equal (kind, "sink") ? BELT_MANIFEST_SINK : BELT_MANIFEST_FUNCTION;
  plugin->version = g_strdup (json_object_get_string_member (object, "version"));
  plugin->files = take_strings (object, "files");
  plugin->pkg_config = take_strings (object, "pkgConfig");
  plugin->cflags = take_strings (object, "cflags");
  plugin->cc = g_strdup (belt_json_get_text (object, "cc", NULL));
  plugin->in_process = g_str_equal (belt_json_get_text (object, "isolation", "host"),
                                    "in-process");
  plugin->budget_ms = (guint)json_object_get_int_member_with_default (object, "budget_ms", 0);
  g_ptr_array_add (self->plugins, plugin);
}

static void
take_engine (BeltManifest *self,
             JsonObject   *object)
{
  BeltManifestEngine *engine = g_new0 (BeltManifestEngine, 1);

  engine->name = g_strdup (json_object_get_string_member (object, "name"));
  engine->url = g_strdup (json_object_get_string_member (object, "url"));
  engine->kind = g_strdup (belt_json_get_text (object, "kind", NULL));
  g_ptr_array_add (self->engines, engine);
}

static BeltManifest *
take_manifest (JsonObject *root)
{
  BeltManifest *self = g_new0 (BeltManifest, 1);
  JsonArray *plugins = json_object_has_member (root, "plugins") ? json_object_get_array_member (root, "plugins") : NULL;
  JsonArray *engines = json_object_has_member (root, "engines") ? json_object_get_array_member (root, "engines") : NULL;

  self->plugins = g_ptr_array_new_with_free_func (plugin_free);
  self->engines = g_ptr_array_new_with_free_func (engine_free);
  for (guint i = 0; plugins != NULL && i < json_array_get_length (plugins); i++)
    take_plugin (self, json_array_get_object_element (plugins, i));
  for (guint i = 0; engines != NULL && i < json_array_get_length (engines); i++)
    take_engine (self, json_array_get_object_element (engines, i));
  return self;
}

/* json-glib says "<data>:7:3: Parse error: …"; the place becomes the diagnostic's. */
static void
complain_syntax (Check        *check,
                 const GError *error)
{
  g_autoptr(GRegex) regex = g_regex_new ("^<data>:(\\d+):(\\d+): (?:Parse error: )?(.*)$", G_REGEX_DOTALL, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;

  complain (check, (BeltSpan) { 0, 0 }, NULL, "not valid JSON: %s", error->message);
  if (check->diagnostics != NULL && g_regex_match (regex, error->message, 0, &match))
    {
      BeltDiagnostic *diagnostic = g_ptr_array_index (check->diagnostics, check->diagnostics->len - 1);
      g_autofree char *line = g_match_info_fetch (match, 1);
      g_autofree char *column = g_match_info_fetch (match, 2);
      g_autofree char *text = g_match_info_fetch (match, 3);

      diagnostic->line = (guint)g_ascii_strtoull (line, NULL, 10);
      diagnostic->column = MAX (1u, (guint)g_ascii_strtoull (column, NULL, 10));
      g_free (diagnostic->message);
      diagnostic->message = g_strdup_printf ("not valid JSON: %s", text);
    }
}

BeltManifest *
belt_manifest_parse (const char *text,
                     gsize       len,
                     const char *file,
                     GPtrArray  *diagnostics)
{
  Check check = { .text = text, .len = len, .file = file, .diagnostics = diagnostics };
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;
  JsonNode *root;

  if (len > MANIFEST_LEN_MAX)
    {
      complain (&check, (BeltSpan) { 0, 0 }, NULL, "larger than %u bytes; this is no manifest", MANIFEST_LEN_MAX);
      return NULL;
    }
  if (!json_parser_load_from_data (parser, text, (gssize)len, &error))
    {
      complain_syntax (&check, error);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL)
    {
      complain (&check, (BeltSpan) { 0, 0 }, NULL, "the file is empty; a manifest is at least {\"format\": 1}");
      return NULL;
    }
  check_object (&check, root_keys, root, "", "the manifest");
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  check_list (&check, json_node_get_object (root), "plugins", plugin_keys, "the plugin");
  check_list (&check, json_node_get_object (root), "engines", engine_keys, "the engine");
  if (check.n_errors == 0)
    check_range (&check, json_node_get_object (root));
  return check.n_errors == 0 ? take_manifest (json_node_get_object (root)) : NULL;
}

BeltManifest *
belt_manifest_load (const char *path,
                    GPtrArray  *diagnostics)
{
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, &error))
    {
      Check check = { .text = "", .file = path, .diagnostics = diagnostics };

      complain (&check, (BeltSpan) { 0, 0 }, "a project is a folder with a " BELT_MANIFEST_FILE, "%s", error->message);
      return NULL;
    }
  return belt_manifest_parse (text, len, path, diagnostics);
}

void
belt_manifest_free (BeltManifest *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->plugins);
  g_ptr_array_unref (self->engines);
  g_free (self);
}

BeltManifest *
belt_manifest_new_of_plugin (const BeltManifestPlugin *plugin)
{
  BeltManifest *self = g_new0 (BeltManifest, 1);
  BeltManifestPlugin *copy = g_memdup2 (plugin, sizeof *plugin);

  copy->name = g_strdup (plugin->name);
  copy->version = g_strdup (plugin->version);
  copy->files = g_strdupv (plugin->files);
  copy->pkg_config = g_strdupv (plugin->pkg_config);
  copy->cflags = g_strdupv (plugin->cflags);
  copy->cc = g_strdup (plugin->cc);
  self->plugins = g_ptr_array_new_with_free_func (plugin_free);
  self->engines = g_ptr_array_new_with_free_func (engine_free);
  g_ptr_array_add (self->plugins, copy);
  return self;
}

BeltManifestPlugin *
belt_manifest_get_plugin (BeltManifest *self,
                          const char   *name)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      BeltManifestPlugin *plugin = g_ptr_array_index (self->plugins, i);

      if (g_str_equal (plugin->name, name))
        return plugin;
    }
  return NULL;
}

BeltManifestEngine *
belt_manifest_get_engine (BeltManifest *self,
                          const char   *name)
{
  for (guint i = 0; i < self->engines->len; i++)
    {
      BeltManifestEngine *engine = g_ptr_array_index (self->engines, i);

      if (g_str_equal (engine->name, name))
        return engine;
    }
  return NULL;
}
