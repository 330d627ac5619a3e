/* bw-project.c - a folder on disk as a model
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The folders are read on a thread and watched; what is the same keeps its item.
 * Signal "scanned" after each look at the folder.
 */
#include "config.h"

#include "bw-project.h"

#include "belt.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define RESCAN_DELAY_MS 150  /* a checkout changes many files at once */

struct _BwProject
{
  GObject       parent_instance;

  GFile        *folder;
  char         *name;
  BwJournal    *journal;
  GListStore   *items;
  GPtrArray    *monitors;
  GCancellable *cancellable;
  guint         rescan_timeout;
  gboolean      scanning;
  gboolean      rescan_again;
  gboolean      content_changed; /* since the last scan: what is tried may be different */
  gboolean      loaded;
};

enum
{
  SCANNED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwProject, bw_project, G_TYPE_OBJECT)

static const struct
{
  BwKind      kind;
  const char *folder;
  const char *suffixes[4];
} places[] = {
  { BW_KIND_STREAM, "streams", { ".sql" } },
  { BW_KIND_RULE, "rules", { ".sql" } },
  { BW_KIND_PLUGIN, "sources", { ".c" } },
  { BW_KIND_PLUGIN, "sinks", { ".c" } },
  { BW_KIND_PLUGIN, "functions", { ".c" } },
  { BW_KIND_SAMPLE, "samples", { ".jsonl", ".json", ".csv" } },
  { BW_KIND_TEST, "tests", { ".test" } },
};

static int
compare_items (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  BwItem *left = (BwItem *)a;
  BwItem *right = (BwItem *)b;

  if (bw_item_get_kind (left) != bw_item_get_kind (right))
    return (int)bw_item_get_kind (left) - (int)bw_item_get_kind (right);

  return g_utf8_collate (bw_item_get_name (left), bw_item_get_name (right));
}

static int
compare_items_in_array (gconstpointer a,
                        gconstpointer b)
{
  return compare_items (*(BwItem **)a, *(BwItem **)b, NULL);
}

static void
scan_place (GFile     *folder,
            guint      place,
            GPtrArray *items)
{
  static const char *const words[] = { NULL, NULL, N_("source"), N_("sink"), N_("function"), NULL, NULL };
  g_autoptr(GFile) child = g_file_get_child (folder, places[place].folder);
  g_autoptr(GFileEnumerator) files = NULL;
  GFileInfo *info;
  GFile *file;

  files = g_file_enumerate_children (child, G_FILE_ATTRIBUTE_STANDARD_NAME, G_FILE_QUERY_INFO_NONE, NULL, NULL);
  while (files != NULL && g_file_enumerator_iterate (files, &info, &file, NULL, NULL) && info != NULL)
    for (guint i = 0; places[place].suffixes[i] != NULL; i++)
      {
        const char *suffix = places[place].suffixes[i];
        const char *name = g_file_info_get_name (info);
        g_autofree char *stem = NULL;

        if (!g_str_has_suffix (name, suffix) || *name == '.')
          continue;
        stem = g_strndup (name, strlen (name) - strlen (suffix));
        g_ptr_array_add (items, bw_item_new (places[place].kind, stem, file,
                                             words[place] != NULL ? _(words[place]) : NULL));
        break;
      }
}

static void
scan_engines (GFile     *folder,
              GPtrArray *items)
{
  g_autofree char *path = g_build_filename (g_file_peek_path (folder), "beltworks.json", NULL);
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;
  JsonArray *engines;

  if (!json_parser_load_from_file (parser, path, NULL) || (root = json_parser_get_root (parser)) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (root) || !json_object_has_member (json_node_get_object (root), "engines") ||
      !JSON_NODE_HOLDS_ARRAY (json_object_get_member (json_node_get_object (root), "engines")))
    return;

  engines = json_object_get_array_member (json_node_get_object (root), "engines");
  for (guint i = 0; i < json_array_get_length (engines); i++)
    {
      JsonNode *node = json_array_get_element (engines, i);

      if (JSON_NODE_HOLDS_OBJECT (node))
        g_ptr_array_add (items,
                         bw_item_new (BW_KIND_ENGINE,
                                      belt_json_get_text (json_node_get_object (node), "name",
                                                                                  "?"),
                                      NULL,
                                      belt_json_get_text (json_node_get_object (node), "url",
                                                                                  "")));
    }
}

static void
scan_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (g_object_unref);
  GFile *folder = task_data;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    scan_place (folder, i, items);
  scan_engines (folder, items);

  for (BwKind kind = 0; kind < BW_N_KINDS; kind++)
    {
      gboolean any = FALSE;

      for (guint i = 0; i < items->len && !any; i++)
        any = bw_item_get_kind (g_ptr_array_index (items, i)) == kind;
      if (!any)
        g_ptr_array_add (items, bw_item_new_empty (kind));
    }

  g_ptr_array_sort (items, compare_items_in_array);
  g_task_return_pointer (task, items, (GDestroyNotify)g_ptr_array_unref);
}

static gboolean
is_same_item (BwItem *a,
              BwItem *b)
{
  return compare_items (a, b, NULL) == 0 && bw_item_is_empty (a) == bw_item_is_empty (b) &&
         (bw_item_get_file (a) == bw_item_get_file (b) ||
          (bw_item_get_file (a) != NULL && bw_item_get_file (b) != NULL &&
           g_file_equal (bw_item_get_file (a), bw_item_get_file (b))));
}

/* Both are sorted: what is the same keeps its object, so that rows and selection stay.
 * TRUE if anything is different. */
static gboolean
merge_items (BwProject *self,
             GPtrArray *found)
{
  gboolean changed = FALSE;
  guint n_items;
  guint at = 0;

  for (guint i = 0; i < found->len; i++)
    {
      BwItem *item = g_ptr_array_index (found, i);
      g_autoptr(BwItem) old = NULL;

      while ((old = g_list_model_get_item (G_LIST_MODEL (self->items), at)) != NULL &&
             compare_items (old, item, NULL) < 0)
        {
          g_list_store_remove (self->items, at);
          g_clear_object (&old);
          changed = TRUE;
        }
      if (old != NULL && is_same_item (old, item))
        {
          if (bw_item_get_kind (item) == BW_KIND_ENGINE)
            bw_item_set_detail (old, bw_item_get_detail (item));
        }
      else
        {
          g_list_store_splice (self->items, at, old != NULL && compare_items (old, item, NULL) == 0 ? 1 : 0,
                               (gpointer *)&item, 1);
          changed = TRUE;
        }
      at++;
    }

  n_items = g_list_model_get_n_items (G_LIST_MODEL (self->items));
  g_list_store_splice (self->items, at, n_items - at, NULL, 0);
  return changed || n_items > at;
}

static void start_scan (BwProject *self);

static void
scan_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  BwProject *self = BW_PROJECT (object);
  g_autoptr(GPtrArray) found = g_task_propagate_pointer (G_TASK (result), NULL);
  gboolean changed;

  self->scanning = FALSE;
  if (found == NULL)
    return;

  changed = merge_items (self, found);
  if (changed || self->content_changed || !self->loaded)
    {
      self->loaded = TRUE;
      self->content_changed = FALSE;
      g_signal_emit (self, signals[SCANNED], 0);
    }
  if (self->rescan_again)
    start_scan (self);
}

static void
start_scan (BwProject *self)
{
  g_autoptr(GTask) task = NULL;

  self->rescan_again = self->scanning;
  if (self->scanning)
    return;

  self->scanning = TRUE;
  task = g_task_new (self, self->cancellable, scan_cb, NULL);
  g_task_set_task_data (task, g_object_ref (self->folder), g_object_unref);
  g_task_run_in_thread (task, scan_thread);
}

static gboolean
rescan_cb (gpointer data)
{
  BwProject *self = data;

  self->rescan_timeout = 0;
  start_scan (self);
  return G_SOURCE_REMOVE;
}

static void
schedule_scan (BwProject *self)
{
  if (self->rescan_timeout == 0)
    self->rescan_timeout = g_timeout_add (RESCAN_DELAY_MS, rescan_cb, self);
}

/* Saving a C file concerns its plugin, not what rules are tried with; the folder itself only by its manifest. */
static void
folder_changed_cb (GFileMonitor      *monitor,
                   GFile             *file,
                   GFile             *other,
                   GFileMonitorEvent  event,
                   gpointer           data)
{
  BwProject *self = data;
  const char *folder = g_object_get_data (G_OBJECT (monitor), "folder");
  g_autofree char *name = g_file_get_basename (other != NULL ? other : file);

  if (event == G_FILE_MONITOR_EVENT_CHANGED || event == G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
    return;
  if (folder == NULL ? g_str_equal (name, "beltworks.json")
      : !g_str_equal (folder, "sources") && !g_str_equal (folder, "sinks") && !g_str_equal (folder, "functions"))
    self->content_changed = TRUE;
  schedule_scan (self);
}

static void
watch (BwProject  *self,
       const char *name)
{
  g_autoptr(GFile) folder = name != NULL ? g_file_get_child (self->folder, name) : g_object_ref (self->folder);
  GFileMonitor *monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_NONE, NULL, NULL);

  if (monitor == NULL)
    return;
  g_object_set_data_full (G_OBJECT (monitor), "folder", g_strdup (name), g_free);
  g_signal_connect_object (monitor, "changed", G_CALLBACK (folder_changed_cb), self, 0);
  g_ptr_array_add (self->monitors, monitor);
}

static void
bw_project_dispose (GObject *object)
{
  BwProject *self = BW_PROJECT (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->rescan_timeout, g_source_remove);
  g_ptr_array_set_size (self->monitors, 0);

  G_OBJECT_CLASS (bw_project_parent_class)->dispose (object);
}

static void
bw_project_finalize (GObject *object)
{
  BwProject *self = BW_PROJECT (object);

  g_clear_pointer (&self->monitors, g_ptr_array_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->items);
  g_clear_object (&self->journal);
  g_clear_object (&self->folder);
  g_clear_pointer (&self->name, g_free);

  G_OBJECT_CLASS (bw_project_parent_class)->finalize (object);
}

static void
bw_project_class_init (BwProjectClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bw_project_dispose;
  object_class->finalize = bw_project_finalize;

  signals[SCANNED] = g_signal_new ("scanned", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bw_project_init (BwProject *self)
{
  self->items = g_list_store_new (BW_TYPE_ITEM);
  self->monitors = g_ptr_array_new_with_free_func (g_object_unref);
  self->cancellable = g_cancellable_new ();
}

/**
 * bw_project_new:
 * @folder: a local folder
 *
 * Returns: (transfer full): its model, filled soon
 */
BwProject *
bw_project_new (GFile *folder)
{
  BwProject *self = g_object_new (BW_TYPE_PROJECT, NULL);

  self->folder = g_object_ref (folder);
  self->name = g_file_get_basename (folder);
  self->journal = bw_journal_new (folder);
  watch (self, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    watch (self, places[i].folder);
  start_scan (self);

  return self;
}

GFile *
bw_project_get_folder (BwProject *self)
{
  return self->folder;
}

const char *
bw_project_get_name (BwProject *self)
{
  return self->name;
}

BwJournal *
bw_project_get_journal (BwProject *self)
{
  return self->journal;
}

GListModel *
bw_project_get_items (BwProject *self)
{
  return G_LIST_MODEL (self->items);
}

gboolean
bw_project_is_loaded (BwProject *self)
{
  return self->loaded;
}

/**
 * bw_project_lookup:
 * @self: a project
 * @kind: what it is, or %BW_N_KINDS for any
 * @name: its name
 *
 * Returns: (transfer none) (nullable): the item
 */
BwItem *
bw_project_lookup (BwProject  *self,
                   BwKind      kind,
                   const char *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->items)); i++)
    {
      g_autoptr(BwItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      if ((kind == BW_N_KINDS || bw_item_get_kind (item) == kind) && !bw_item_is_empty (item) &&
          g_str_equal (bw_item_get_name (item), name))
        return item;
    }

  return NULL;
}

/* Borrowed. */
BwItem *
bw_project_lookup_file (BwProject *self,
                        GFile     *file)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->items)); i++)
    {
      g_autoptr(BwItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      if (bw_item_get_file (item) != NULL && g_file_equal (bw_item_get_file (item), file))
        return item;
    }

  return NULL;
}

/* "rules/overheat.sql"; borrowed. */
BwItem *
bw_project_lookup_path (BwProject  *self,
                        const char *relative)
{
  g_autoptr(GFile) file = bw_project_get_child (self, relative);

  return bw_project_lookup_file (self, file);
}

char *
bw_project_dup_path (BwProject *self,
                     BwItem    *item)
{
  return bw_item_get_file (item) == NULL ? NULL : g_file_get_relative_path (self->folder, bw_item_get_file (item));
}

/* Transfer full. */
GFile *
bw_project_get_child (BwProject  *self,
                      const char *relative)
{
  return g_file_resolve_relative_path (self->folder, relative);
}

void
bw_project_rescan (BwProject *self)
{
  self->content_changed = TRUE;
  schedule_scan (self);
}
