/* diff-case.c - a statement, rows and what runs them: one case of the differential test
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "diff-case.h"

#include "belt-parser-hooks.h"
#include "belt-stream.h"
#include "belt-test-private.h"

#include <string.h>

static void
free_event (gpointer data)
{
  DiffEvent *event = data;

  diff_tree_free (event->row);
  g_free (event);
}

DiffCase *
diff_case_new (void)
{
  DiffCase *self = g_new0 (DiffCase, 1);

  self->events = g_ptr_array_new_with_free_func (free_event);
  self->streams = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
diff_case_free (DiffCase *self)
{
  if (self == NULL)
    return;

  diff_tree_free (self->statement);
  diff_tree_free (self->options);
  g_ptr_array_unref (self->events);
  g_ptr_array_unref (self->streams);
  g_free (self);
}

void
diff_case_add_event (DiffCase   *self,
                     const char *stream,
                     gint64      at_ms,
                     DiffTree   *row)
{
  DiffEvent *event = g_new0 (DiffEvent, 1);

  event->stream = stream;
  event->at_ms = at_ms;
  event->row = row;
  g_ptr_array_add (self->events, event);
}

DiffCase *
diff_case_copy (const DiffCase *self)
{
  DiffCase *copy = diff_case_new ();

  copy->statement = diff_tree_copy (self->statement);
  copy->options = diff_tree_copy (self->options);
  copy->extensions = self->extensions;
  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (copy->streams, g_strdup (self->streams->pdata[i]));
  for (guint i = 0; i < self->events->len; i++)
    {
      const DiffEvent *event = self->events->pdata[i];

      diff_case_add_event (copy, event->stream, event->at_ms, event->row != NULL ? diff_tree_copy (event->row) : NULL);
    }

  return copy;
}

static char *
write_tree (const DiffTree *tree)
{
  GString *text = g_string_new (NULL);

  diff_tree_write (tree, text);
  return g_string_free (text, FALSE);
}

char *
diff_case_dup_sql (const DiffCase *self)
{
  return write_tree (self->statement);
}

BeltCatalog *
diff_case_get_catalog (const DiffCase *self)
{
  static GHashTable *cache;
  g_autofree char *key = NULL;
  BeltCatalog *catalog;

  if (cache == NULL)
    cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)belt_catalog_unref);

  g_ptr_array_add (self->streams, NULL);
  key = g_strjoinv ("\n", (char **)self->streams->pdata);
  g_ptr_array_set_size (self->streams, (int)self->streams->len - 1);

  catalog = g_hash_table_lookup (cache, key);
  if (catalog != NULL)
    return catalog;

  catalog = belt_catalog_new ();
  for (guint i = 0; i < self->streams->len; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltStream) stream = belt_stream_new_from_sql (self->streams->pdata[i], &error);
      BeltCatalog *with;

      g_assert_no_error (error);
      with = belt_catalog_with (catalog, stream);
      belt_catalog_unref (catalog);
      catalog = with;
    }
  g_hash_table_insert (cache, g_steal_pointer (&key), catalog);

  return catalog;
}

/* --- .test files --- */

char *
diff_case_to_test (const DiffCase *self)
{
  GString *text = g_string_new (NULL);
  g_autofree char *options = write_tree (self->options);
  g_autofree char *sql = diff_case_dup_sql (self);
  gint64 now_ms = 0;

  for (guint i = 0; i < self->streams->len; i++)
    {
      const char *stream = self->streams->pdata[i];

      g_string_append_printf (text, "%s %s\n", g_str_has_prefix (stream, "CREATE TABLE") ? "table" : "stream", stream);
    }
  g_string_append_printf (text, "options %s\nrule\n%s\n", options, sql);
  for (guint i = 0; i < self->events->len; i++)
    {
      const DiffEvent *event = self->events->pdata[i];
      g_autofree char *row = event->row != NULL ? write_tree (event->row) : NULL;

      if (event->at_ms != now_ms)
        g_string_append_printf (text, "clock %" G_GINT64_FORMAT "\n", event->at_ms);
      now_ms = event->at_ms;
      if (row != NULL)
        g_string_append_printf (text, "feed %s\n%s\n", event->stream, row);
    }

  return g_string_free (text, FALSE);
}

static char *
join_lines (const BeltTestSection *section)
{
  GString *text = g_string_new (section->rest);

  for (guint i = 0; i < section->lines->len; i++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (const char *)section->lines->pdata[i]);

  return g_string_free (text, FALSE);
}

/* A text that is to be found in the tree as it stands. */
static DiffTree *
take_text (char *text)
{
  DiffTree *tree = diff_tree_new ("", NULL);

  g_free (tree->text);
  tree->text = text;
  return tree;
}

static void
read_section (DiffCase              *self,
              const BeltTestSection *section,
              gint64                *now_ms)
{
  switch (section->word)
    {
    case BELT_TEST_STREAM:
    case BELT_TEST_TABLE:
      g_ptr_array_add (self->streams, join_lines (section));
      break;
    case BELT_TEST_OPTIONS:
      g_clear_pointer (&self->options, diff_tree_free);
      self->options = take_text (join_lines (section));
      break;
    case BELT_TEST_RULE:
      self->statement = take_text (join_lines (section));
      break;
    case BELT_TEST_CLOCK:
      *now_ms = g_ascii_strtoll (section->rest, NULL, 10);
      diff_case_add_event (self, NULL, *now_ms, NULL);
      break;
    case BELT_TEST_FEED:
      for (guint i = 0; i < section->lines->len; i++)
        diff_case_add_event (self, g_intern_string (section->rest), *now_ms,
                             take_text (g_strdup (section->lines->pdata[i])));
      break;
    default:
      break;
    }
}

DiffCase *
diff_case_from_test (const char *text)
{
  g_autoptr(DiffCase) self = diff_case_new ();
  g_autofree char *why = NULL;
  g_autoptr(GPtrArray) sections = belt_test_read_sections (text, &why, NULL);
  gint64 now_ms = 0;

  if (sections == NULL)
    return NULL;

  self->extensions = TRUE;
  self->options = diff_tree_new ("{}", NULL);
  for (guint i = 0; i < sections->len; i++)
    read_section (self, sections->pdata[i], &now_ms);
  if (self->statement == NULL)
    return NULL;
  for (guint i = 0; i < self->streams->len; i++)
    {
      if (!g_str_has_prefix (self->streams->pdata[i], "CREATE"))
        return NULL;
    }

  return g_steal_pointer (&self);
}
