/* belt-project-plan.c - plans another name, or the end, of a thing
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Streams and rules are named by others; samples and tests are files, engines
 * entries of the manifest.
 */
#include "config.h"

#include "belt-project-change-private.h"

#include "belt-error.h"
#include "belt-json-place.h"
#include "belt-manifest.h"
#include "belt-project-private.h"

#include <string.h>

#define FILE_NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"

static const char *const sample_endings[] = { ".jsonl", ".csv", ".json" };

const char *
belt_thing_get_name (BeltThing thing)
{
  static const char *const names[BELT_N_THINGS] = { "stream", "rule", "plugin", "sample", "test", "engine" };

  return names[thing];
}

/* Words of SQL and C, or names of files. */
gboolean
belt_thing_check_name (BeltThing    thing,
                       const char  *name,
                       GError     **error)
{
  if (thing != BELT_THING_TEST && thing != BELT_THING_ENGINE)
    return belt_project_check_name (name, belt_thing_get_name (thing), error);

  return g_regex_match_simple (FILE_NAME_PATTERN, name, G_REGEX_DOLLAR_ENDONLY, 0) ||
         belt_refuse (error, BELT_ERROR_INVALID, "“%s” is no name for a %s: letters, digits, _ . and -, at most 64",
                      name, belt_thing_get_name (thing));
}

static gboolean
refuse_unknown (BeltProjectChange  *self,
                GError            **error)
{
  return belt_refuse (error, BELT_ERROR_NOT_FOUND, "project %s has no %s “%s”",
                      belt_project_get_name (self->project), belt_thing_get_name (self->thing), self->from);
}

/* ------------------------------------------------------------------ files that move or go */

/* FALSE when the new path is taken.  The name itself is no taken one: that plan only counts. */
static gboolean
plan_file (BeltProjectChange  *self,
           const char         *directory,
           const char         *ending,
           GError            **error)
{
  g_autofree char *from = g_strdup_printf ("%s/%s%s", directory, self->from, ending);
  g_autofree char *to = g_strdup_printf ("%s/%s%s", directory, self->to, ending);

  if (!g_str_equal (from, to) && belt_project_change_has (self, to))
    return belt_refuse (error, BELT_ERROR_EXISTS, "%s is there already", to);
  if (belt_project_change_has (self, from))
    belt_project_change_add (self->edits, from, self->is_deletion ? NULL : to, NULL, NULL, 0);

  return TRUE;
}

/* The file moves, and names itself in its text. */
static gboolean
set_last_text (BeltProjectChange  *self,
               char             *(*change)(BeltProjectChange *self, const char *text),
               GError            **error)
{
  BeltEdit *edit = g_ptr_array_index (self->edits, self->edits->len - 1);
  g_autofree char *text = NULL;
  gsize len;

  if (!belt_project_change_load (self, edit->file.from, &text, &len, error))
    return FALSE;
  edit->after = change (self, text);
  if (edit->after == NULL)
    return TRUE;
  edit->after_len = strlen (edit->after);
  edit->before = g_steal_pointer (&text);
  edit->before_len = len;
  edit->file.n_places = 1;

  return TRUE;
}

/* A sample of the new name that lies there already would be taken for this stream's. */
static gboolean
plan_samples (BeltProjectChange  *self,
              GError            **error)
{
  guint n_before = self->edits->len;

  for (guint i = 0; i < G_N_ELEMENTS (sample_endings); i++)
    {
      g_autofree char *from = g_strdup_printf ("samples/%s%s", self->from, sample_endings[i]);
      g_autofree char *to = g_strdup_printf ("samples/%s%s", self->to, sample_endings[i]);

      if (belt_project_change_has (self, from))
        belt_project_change_add (self->edits, from, self->is_deletion ? NULL : to, NULL, NULL, 0);
    }
  for (guint i = 0; self->edits->len > n_before && !g_str_equal (self->from, self->to) &&
       i < G_N_ELEMENTS (sample_endings); i++)
    {
      g_autofree char *to = g_strdup_printf ("samples/%s%s", self->to, sample_endings[i]);

      if (belt_project_change_has (self, to))
        return belt_refuse (error, BELT_ERROR_EXISTS, "%s is there already", to);
    }

  return TRUE;
}

/* ------------------------------------------------------------------ streams and rules */

/* The file's name and the statement's are one name, or nobody can say which is meant. */
static gboolean
check_stream_name (BeltProjectChange  *self,
                   const char         *path,
                   GError            **error)
{
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  gsize len;

  if (!belt_project_change_load (self, path, &text, &len, error))
    return FALSE;
  name = belt_project_change_dup_defined (text);

  return name == NULL || g_str_equal (name, self->from) ||
         belt_refuse (error, BELT_ERROR_INVALID, "%s makes “%s”: give the file and the stream one name first", path,
                      name);
}

static gboolean
plan_stream (BeltProjectChange  *self,
             GError            **error)
{
  g_autofree char *path = g_strdup_printf ("streams/%s.sql", self->from);
  GPtrArray *uses = self->is_deletion ? self->users : self->edits;

  if (!belt_project_change_has (self, path))
    return refuse_unknown (self, error);
  if (!self->is_deletion && !check_stream_name (self, path, error))
    return FALSE;
  if (!g_str_equal (self->from, self->to) &&
      belt_catalog_lookup (belt_project_get_catalog (self->project), self->to) != NULL)
    return belt_refuse (error, BELT_ERROR_EXISTS, "there is a stream “%s” already", self->to);
  if (!plan_file (self, "streams", ".sql", error) ||
      (!self->is_deletion && !set_last_text (self, belt_project_change_rename_definition, error)))
    return FALSE;

  return plan_samples (self, error) && belt_project_change_collect_rules (self, uses, error) &&
         belt_project_change_collect_tests (self, uses, error);
}

/* "id": "from" of a rule's object; an id that is another one stays. */
static char *
rename_id (BeltProjectChange *self,
           const char        *json)
{
  g_autofree char *id = g_strdup_printf ("\"%s\"", self->from);
  BeltSpan key;
  BeltSpan value;

  if (!belt_json_place_find (json, strlen (json), "id", &key, &value) || value.end - value.start != strlen (id) ||
      memcmp (json + value.start, id, strlen (id)) != 0)
    return NULL;

  return g_strdup_printf ("%.*s\"%s\"%s", (int)value.start, json, self->to, json + value.end);
}

static gboolean
plan_rule (BeltProjectChange  *self,
           GError            **error)
{
  g_autofree char *path = g_strdup_printf ("rules/%s.sql", self->from);
  guint n_before;

  if (!belt_project_change_has (self, path))
    return refuse_unknown (self, error);
  if (!plan_file (self, "rules", ".sql", error))
    return FALSE;
  n_before = self->edits->len;
  if (!plan_file (self, "rules", ".json", error) ||
      (!self->is_deletion && self->edits->len > n_before && !set_last_text (self, rename_id, error)))
    return FALSE;

  return belt_project_change_collect_tests (self, self->is_deletion ? self->users : self->edits, error);
}

/* ------------------------------------------------------------------ samples and tests */

/* "demo.csv" is that file only. */
static gboolean
plan_loose_file (BeltProjectChange  *self,
                 const char         *directory,
                 const char *const  *endings,
                 guint               n_endings,
                 GError            **error)
{
  const char *only = NULL;
  gboolean is_same = g_str_equal (self->from, self->to);

  for (guint i = 0; i < n_endings && only == NULL; i++)
    if (g_str_has_suffix (self->from, endings[i]))
      {
        only = endings[i];
        self->from[strlen (self->from) - strlen (only)] = '\0';
        if (is_same)
          self->to[strlen (self->from)] = '\0';
      }
  for (guint i = 0; i < n_endings && self->edits->len == 0; i++)
    if ((only == NULL || only == endings[i]) && !plan_file (self, directory, endings[i], error))
      return FALSE;

  return self->edits->len > 0 || refuse_unknown (self, error);
}

/* ------------------------------------------------------------------ the manifest */

/* From the element to the next one, or from the comma before it. */
static char *
remove_element (const char *text,
                const char *list,
                guint       i)
{
  g_autofree char *path = g_strdup_printf ("%s/%u", list, i);
  BeltSpan key;
  BeltSpan value;
  guint32 end;

  if (!belt_json_place_find (text, strlen (text), path, &key, &value))
    return NULL;
  end = value.end + (guint32)strspn (text + value.end, " \t\r\n");
  if (text[end] == ',')
    {
      end += 1 + (guint32)strspn (text + end + 1, " \t\r\n");
      value.end = end;
    }
  else
    {
      while (value.start > 0 && strchr (" \t\r\n", text[value.start - 1]) != NULL)
        value.start--;
      if (i > 0)
        value.start--;
      else
        value.end = end;
    }

  return g_strdup_printf ("%.*s%s", (int)value.start, text, text + value.end);
}

static gboolean
plan_manifest (BeltProjectChange  *self,
               const char         *list,
               guint               i,
               GError            **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%u/name", list, i);
  g_autofree char *text = NULL;
  char *after;
  BeltSpan key;
  BeltSpan value;
  gsize len;

  if (!belt_project_change_load (self, BELT_MANIFEST_FILE, &text, &len, error))
    return FALSE;
  if (self->is_deletion)
    after = remove_element (text, list, i);
  else
    after = belt_json_place_find (text, len, path, &key, &value)
            ? g_strdup_printf ("%.*s\"%s\"%s", (int)value.start, text, self->to, text + value.end) : NULL;
  if (after == NULL)
    return belt_refuse (error, BELT_ERROR_INVALID, "%s has no %s", BELT_MANIFEST_FILE, path);

  belt_project_change_add (self->edits, BELT_MANIFEST_FILE, BELT_MANIFEST_FILE, g_steal_pointer (&text), after, 1);
  return TRUE;
}

static gboolean
plan_engine (BeltProjectChange  *self,
             GError            **error)
{
  BeltManifest *manifest = belt_project_get_manifest (self->project);

  if (!g_str_equal (self->from, self->to) && belt_manifest_get_engine (manifest, self->to) != NULL)
    return belt_refuse (error, BELT_ERROR_EXISTS, "there is an engine “%s” already", self->to);
  for (guint i = 0; i < manifest->engines->len; i++)
    if (g_str_equal (((BeltManifestEngine *)g_ptr_array_index (manifest->engines, i))->name, self->from))
      return plan_manifest (self, "engines", i, error);

  return refuse_unknown (self, error);
}

/* By its name, or by a file of it that has this name. */
static BeltManifestPlugin *
find_plugin (BeltProjectChange *self,
             guint             *ret_at)
{
  GPtrArray *plugins = belt_project_get_manifest (self->project)->plugins;
  g_autofree char *ending = g_strdup_printf ("/%s.c", self->from);

  for (guint by_file = 0; by_file < 2; by_file++)
    for (guint i = 0; i < plugins->len; i++)
      {
        BeltManifestPlugin *plugin = g_ptr_array_index (plugins, i);
        gboolean found = !by_file && g_str_equal (plugin->name, self->from);

        for (guint k = 0; by_file && plugin->files[k] != NULL; k++)
          found |= g_str_has_suffix (plugin->files[k], ending);
        *ret_at = i;
        if (found)
          return plugin;
      }

  return NULL;
}

static gboolean
plan_plugin (BeltProjectChange  *self,
             GError            **error)
{
  guint at;
  BeltManifestPlugin *plugin = find_plugin (self, &at);

  if (plugin == NULL)
    return refuse_unknown (self, error);
  if (!self->is_deletion)
    return belt_refuse (error, BELT_ERROR_UNSUPPORTED,
                        "the name of a plugin is in its C code, too: change it there, in %s and in rules by hand",
                        BELT_MANIFEST_FILE);

  g_free (self->from);
  g_free (self->to);
  self->from = g_strdup (plugin->name);
  self->to = g_strdup (plugin->name);
  if (!plan_manifest (self, "plugins", at, error))
    return FALSE;
  for (guint i = 0; plugin->files[i] != NULL; i++)
    if (belt_project_change_has (self, plugin->files[i]))
      belt_project_change_add (self->edits, plugin->files[i], NULL, NULL, NULL, 0);
  if (plugin->kind != BELT_MANIFEST_FUNCTION)
    {
      belt_project_change_collect_endpoints (self, self->users);
      return TRUE;
    }

  return belt_project_change_collect_rules (self, self->users, error) &&
         belt_project_change_collect_tests (self, self->users, error);
}

/* ------------------------------------------------------------------ plans */

static gboolean
plan (BeltProjectChange  *self,
      GError            **error)
{
  static const char *const test_endings[] = { ".test" };

  switch (self->thing)
    {
    case BELT_THING_STREAM:
      return plan_stream (self, error);
    case BELT_THING_RULE:
      return plan_rule (self, error);
    case BELT_THING_PLUGIN:
      return plan_plugin (self, error);
    case BELT_THING_SAMPLE:
      return plan_loose_file (self, "samples", sample_endings, G_N_ELEMENTS (sample_endings), error);
    case BELT_THING_TEST:
      return plan_loose_file (self, "tests", test_endings, G_N_ELEMENTS (test_endings), error);
    case BELT_THING_ENGINE:
      return plan_engine (self, error);
    default:
      g_assert_not_reached ();
    }
}

static BeltProjectChange *
create_plan (const char  *folder,
             BeltThing    thing,
             const char  *from,
             const char  *to,
             gboolean     is_deletion,
             GError     **error)
{
  g_autoptr(BeltProjectChange) self = g_new0 (BeltProjectChange, 1);

  self->project = belt_project_open (folder, NULL);
  self->thing = thing;
  self->from = g_strdup (from);
  self->to = g_strdup (to);
  self->is_deletion = is_deletion;
  self->edits = g_ptr_array_new ();
  self->users = g_ptr_array_new ();
  if (self->project == NULL)
    {
      belt_refuse (error, BELT_ERROR_INVALID, "“%s” is no project that can be read: see belt check", folder);
      return NULL;
    }
  self->folder = belt_project_get_folder (self->project);
  /* It becomes a path. */
  if (strchr (from, '/') != NULL || *from == '.' || *from == '\0')
    {
      refuse_unknown (self, error);
      return NULL;
    }

  return plan (self, error) ? g_steal_pointer (&self) : NULL;
}

BeltProjectChange *
belt_project_plan_rename (const char  *folder,
                          BeltThing    thing,
                          const char  *from,
                          const char  *to,
                          GError     **error)
{
  if (!g_str_equal (from, to) && !belt_thing_check_name (thing, to, error))
    return NULL;

  return create_plan (folder, thing, from, to, FALSE, error);
}

BeltProjectChange *
belt_project_plan_delete (const char  *folder,
                          BeltThing    thing,
                          const char  *name,
                          GError     **error)
{
  return create_plan (folder, thing, name, name, TRUE, error);
}
