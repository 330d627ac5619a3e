/* belt-plugin-set.c - the plugins an engine has
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-set.h"

#include "belt-error.h"
#include "belt-plugin-elf.h"
#include "belt-plugin-function.h"
#include "belt-plugin-io.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

struct _BeltPluginSet
{
  int                   ref_count;
  GMutex                lock;         /* of all below; never held while something is loaded */
  GHashTable           *entries;      /* name → BeltPluginEntry */
  GMutex                install_lock; /* one install at a time */
  GMutex                mail_lock;
  GQueue                mail;         /* of BeltPluginNotice */
  guint                 n_lost;
  GMainContext         *context;
  GSource              *pending;
  BeltPluginNoticeFunc  func;
  gpointer              user_data;
  GDestroyNotify        notify;
  guint                 generation;   /* atomic */
};

const char *
belt_plugin_notice_kind_get_name (BeltPluginNoticeKind kind)
{
  static const char *const names[] = { "swapped", "kept old", "fault", "fell back", "faulted", "log" };

  return kind < G_N_ELEMENTS (names) ? names[kind] : "?";
}

static gboolean
deliver (gpointer data)
{
  BeltPluginSet *self = data;
  GQueue mail = G_QUEUE_INIT;
  BeltPluginNoticeFunc func;
  gpointer user_data;
  BeltPluginNotice *notice;

  g_mutex_lock (&self->mail_lock);
  g_clear_pointer (&self->pending, g_source_unref);
  mail = self->mail;
  g_queue_init (&self->mail);
  func = self->func;
  user_data = self->user_data;
  g_mutex_unlock (&self->mail_lock);

  while ((notice = g_queue_pop_head (&mail)) != NULL)
    {
      if (func != NULL)
        func (notice, user_data);
      belt_plugin_notice_free (notice);
    }

  return G_SOURCE_REMOVE;
}

/* With mail_lock held. */
static void
schedule (BeltPluginSet *self)
{
  if (self->pending != NULL || self->context == NULL)
    return;

  self->pending = g_idle_source_new ();
  g_source_set_priority (self->pending, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->pending, deliver, belt_plugin_set_ref (self), (GDestroyNotify)belt_plugin_set_unref);
  g_source_attach (self->pending, self->context);
}

static void
post (BeltPluginNotice *notice,
      gpointer          owner)
{
  BeltPluginSet *self = owner;

  if (notice->kind == BELT_NOTICE_FELL_BACK || notice->kind == BELT_NOTICE_FAULTED)
    g_atomic_int_inc (&self->generation);

  g_mutex_lock (&self->mail_lock);
  if (self->mail.length >= BELT_PLUGIN_NOTICES_MAX)
    {
      belt_plugin_notice_free (g_queue_pop_head (&self->mail));
      self->n_lost++;
    }
  g_queue_push_tail (&self->mail, notice);
  schedule (self);
  g_mutex_unlock (&self->mail_lock);
}

static void
free_entry (gpointer data)
{
  g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (data);

  if (version != NULL)
    belt_plugin_io_unregister (data, version, NULL);
  belt_plugin_entry_detach (data);
  belt_plugin_entry_unref (data);
}

BeltPluginSet *
belt_plugin_set_new (void)
{
  BeltPluginSet *self = g_new0 (BeltPluginSet, 1);

  self->ref_count = 1;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_entry);
  g_mutex_init (&self->lock);
  g_mutex_init (&self->install_lock);
  g_mutex_init (&self->mail_lock);

  return self;
}

BeltPluginSet *
belt_plugin_set_ref (BeltPluginSet *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_plugin_set_unref (BeltPluginSet *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  /* Entries tell nobody any more once they are detached. */
  g_hash_table_unref (self->entries);
  g_queue_clear_full (&self->mail, (GDestroyNotify)belt_plugin_notice_free);
  if (self->notify != NULL)
    self->notify (self->user_data);
  g_clear_pointer (&self->pending, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->install_lock);
  g_mutex_clear (&self->mail_lock);
  g_free (self);
}

static BeltPluginEntry *
dup_entry (BeltPluginSet *self,
           const char    *name)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  BeltPluginEntry *entry = g_hash_table_lookup (self->entries, name);

  return entry != NULL ? belt_plugin_entry_ref (entry) : NULL;
}

/* No two plugins may define the same function, source or sink. */
static gboolean
check_names (BeltPluginSet     *self,
             const char        *name,
             BeltPluginVersion *version,
             GError           **error)
{
  GPtrArray *defs = belt_plugin_version_get_defs (version);

  for (guint i = 0; i < defs->len; i++)
    {
      const BeltPluginDef *def = g_ptr_array_index (defs, i);
      const char *kind = belt_plugin_kind_get_name (def->kind);
      g_autofree char *other = belt_plugin_set_find (self, kind, def->name);

      if (other != NULL && strcmp (other, name) != 0)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_EXISTS, "The %s “%s” is already defined by the plugin “%s”",
                       kind,
                       def->name, other);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
belt_plugin_set_install (BeltPluginSet           *self,
                         const char              *name,
                         const char              *path,
                         const BeltPluginOptions *options,
                         GError                 **error)
{
  static const BeltPluginOptions defaults = { BELT_PROCESS_HOST, 0, 0, NULL };
  g_autoptr(GMutexLocker) installing = g_mutex_locker_new (&self->install_lock);
  g_autoptr(BeltPluginElf) elf = belt_plugin_elf_read (path, error);
  g_autoptr(BeltPluginEntry) entry = dup_entry (self, name);
  g_autoptr(BeltPluginVersion) version = NULL;
  g_autoptr(BeltPluginVersion) before = NULL;
  g_autofree char *absolute = NULL;

  if (elf == NULL)
    return FALSE;
  if (options == NULL)
    options = &defaults;
  if (entry == NULL)
    entry = belt_plugin_entry_new (name, post, self);

  absolute = g_canonicalize_filename (path, NULL);
  version = belt_plugin_version_new (absolute, options->isolation, entry, error);
  if (version == NULL)
    {
      g_prefix_error (error, "Loading the plugin “%s”: ", name);
      return FALSE;
    }
  if (!check_names (self, name, version, error))
    return FALSE;

  belt_plugin_entry_set_budgets (entry, options->function_budget_ms, options->io_budget_ms);
  belt_plugin_entry_set_data_dir (entry, options->data_dir);
  before = belt_plugin_entry_dup_version (entry);
  belt_plugin_entry_set_version (entry, version);
  g_mutex_lock (&self->lock);
  if (!g_hash_table_contains (self->entries, name))
    g_hash_table_insert (self->entries, g_strdup (name), belt_plugin_entry_ref (entry));
  g_mutex_unlock (&self->lock);
  if (before != NULL)
    belt_plugin_io_unregister (entry, before, version);
  belt_plugin_io_register (entry, version);
  g_atomic_int_inc (&self->generation);

  return TRUE;
}

gboolean
belt_plugin_set_remove (BeltPluginSet *self,
                        const char    *name)
{
  gpointer key = NULL;
  gpointer entry = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_steal_extended (self->entries, name, &key, &entry);
  g_mutex_unlock (&self->lock);
  if (entry == NULL)
    return FALSE;

  g_free (key);
  free_entry (entry);
  g_atomic_int_inc (&self->generation);

  return TRUE;
}

guint
belt_plugin_set_get_generation (BeltPluginSet *self)
{
  return (guint)g_atomic_int_get (&self->generation);
}

/* Returns: (element-type BeltPluginEntry): owned, by name */
static GPtrArray *
list_entries (BeltPluginSet *self)
{
  g_autoptr(GPtrArray) names = belt_plugin_set_list (self);
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_plugin_entry_unref);

  for (guint i = 0; i < names->len; i++)
    {
      BeltPluginEntry *entry = dup_entry (self, g_ptr_array_index (names, i));

      if (entry != NULL)
        g_ptr_array_add (entries, entry);
    }

  return entries;
}

BeltFunctionTable *
belt_plugin_set_dup_functions (BeltPluginSet *self)
{
  g_autoptr(GPtrArray) entries = list_entries (self);
  g_autoptr(GPtrArray) functions = g_ptr_array_new ();

  for (guint i = 0; i < entries->len; i++)
    {
      BeltPluginEntry *entry = g_ptr_array_index (entries, i);
      g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (entry);
      GPtrArray *defs = version != NULL ? belt_plugin_version_get_defs (version) : NULL;

      for (guint k = 0; defs != NULL && k < defs->len; k++)
        {
          const BeltPluginDef *def = g_ptr_array_index (defs, k);

          if (def->kind == BELT_KIND_SCALAR || def->kind == BELT_KIND_AGGREGATE)
            g_ptr_array_add (functions, belt_plugin_function_new (entry, def));
        }
    }

  if (functions->len == 0)
    return belt_function_table_ref (belt_function_table_get_builtin ());

  return belt_function_table_new_with (belt_function_table_get_builtin (), (BeltFunction *const *)functions->pdata,
                                       functions->len);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
belt_plugin_set_list (BeltPluginSet *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);

  return names;
}

static void
add_json (JsonBuilder *builder,
          const char  *name,
          const char  *text)
{
  g_autoptr(JsonNode) node = text != NULL ? json_from_string (text, NULL) : NULL;

  if (node == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_value (builder, g_steal_pointer (&node));
}

static void
add_text (JsonBuilder *builder,
          const char  *name,
          const char  *text)
{
  if (text == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
describe_defs (JsonBuilder       *builder,
               BeltPluginVersion *version)
{
  GPtrArray *defs = belt_plugin_version_get_defs (version);

  json_builder_set_member_name (builder, "definitions");
  json_builder_begin_array (builder);
  for (guint i = 0; i < defs->len; i++)
    {
      const BeltPluginDef *def = g_ptr_array_index (defs, i);

      json_builder_begin_object (builder);
      add_text (builder, "name", def->name);
      add_text (builder, "kind",
                def->kind == BELT_KIND_AGGREGATE ? "aggregate" : belt_plugin_kind_get_name (def->kind));
      add_text (builder, "signature", def->signature);
      json_builder_set_member_name (builder, "stateful");
      json_builder_add_boolean_value (builder, def->saves);
      add_json (builder, "schema", def->schema);
      add_json (builder, "doc", def->doc);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

JsonNode *
belt_plugin_set_describe (BeltPluginSet *self,
                          const char    *name)
{
  static const char *const isolations[] = { "host", "host", "in-process" };
  g_autoptr(BeltPluginEntry) entry = dup_entry (self, name);
  g_autoptr(BeltPluginVersion) version = entry != NULL ? belt_plugin_entry_dup_version (entry) : NULL;
  g_autoptr(JsonBuilder) builder = NULL;
  g_autofree char *fault = NULL;

  if (version == NULL)
    return NULL;

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_text (builder, "name", name);
  add_text (builder, "id", belt_plugin_version_get_id (version));
  add_text (builder, "version", belt_plugin_version_get_version (version));
  add_text (builder, "path", belt_plugin_version_get_path (version));
  add_text (builder, "isolation", isolations[belt_plugin_version_get_kind (version)]);
  add_text (builder, "state", belt_plugin_entry_get_state (entry, &fault));
  add_text (builder, "fault", fault);
  json_builder_set_member_name (builder, "pid");
  json_builder_add_int_value (builder, belt_plugin_version_get_pid (version));
  describe_defs (builder, version);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}

char *
belt_plugin_set_find (BeltPluginSet *self,
                      const char    *kind,
                      const char    *definition)
{
  g_autoptr(GPtrArray) entries = list_entries (self);

  for (guint i = 0; i < entries->len; i++)
    {
      BeltPluginEntry *entry = g_ptr_array_index (entries, i);
      g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (entry);
      const BeltPluginDef *def = version != NULL ? belt_plugin_version_find_def (version, definition) : NULL;

      if (def != NULL && strcmp (belt_plugin_kind_get_name (def->kind), kind) == 0)
        return g_strdup (belt_plugin_entry_get_name (entry));
    }

  return NULL;
}

void
belt_plugin_set_set_notice_func (BeltPluginSet       *self,
                                 BeltPluginNoticeFunc func,
                                 gpointer             user_data,
                                 GDestroyNotify       notify)
{
  GDestroyNotify old_notify;
  gpointer old_data;

  g_mutex_lock (&self->mail_lock);
  old_notify = self->notify;
  old_data = self->user_data;
  self->func = func;
  self->user_data = user_data;
  self->notify = notify;
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = func != NULL ? g_main_context_ref_thread_default () : NULL;
  if (self->mail.length > 0)
    schedule (self);
  g_mutex_unlock (&self->mail_lock);

  if (old_notify != NULL)
    old_notify (old_data);
}
