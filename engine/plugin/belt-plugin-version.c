/* belt-plugin-version.c - one build of a plugin, and which build answers now
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-version.h"

#include "belt-error.h"

#include <string.h>

struct _BeltPluginVersion
{
  int                ref_count;
  char              *path;
  BeltProcessKind    kind;
  BeltPluginEntry   *entry;     /* who hears what it logs */
  GMutex             lock;
  BeltPluginProcess *process;   /* may be dead or NULL */
  char              *id;
  char              *version;
  GPtrArray         *defs;
  guint              n_deaths;  /* since the last answered batch; atomic */
  guint              n_good;    /* atomic */
};

struct _BeltPluginEntry
{
  int                   ref_count;
  char                 *name;
  GMutex                lock;
  guint                 generation;  /* atomic; of `version` */
  BeltPluginVersion    *version;
  BeltPluginVersion    *last_good;
  gboolean              fell_back;
  gboolean              faulted;
  char                 *fault;       /* the last one's sentence */
  guint                 function_ms;
  guint                 io_ms;
  char                 *data_dir;
  BeltPluginNoticeSink  sink;
  gpointer              owner;
};

void
belt_plugin_notice_free (BeltPluginNotice *self)
{
  if (self == NULL)
    return;

  g_free (self->plugin);
  g_free (self->definition);
  g_free (self->text);
  g_free (self->file);
  g_free (self);
}

static void
free_def (gpointer data)
{
  BeltPluginDef *def = data;

  g_free (def->name);
  g_free (def->schema);
  g_free (def->doc);
  g_free (def->signature);
  g_free (def);
}

static char *
dup_member (const BeltValue *map,
            const char      *name)
{
  const BeltValue *value = belt_value_get_member (map, name, strlen (name));

  return value != NULL && value->tag == BELT_TAG_STR ? g_strndup (value->u.s, value->len) : NULL;
}

static gint64
get_number (const BeltValue *map,
            const char      *name)
{
  const BeltValue *value = belt_value_get_member (map, name, strlen (name));

  return value != NULL && (value->tag == BELT_TAG_I64 || value->tag == BELT_TAG_BOOL) ? value->u.i : 0;
}

static void
read_defs (BeltPluginVersion *self,
           const BeltValue   *info)
{
  const BeltValue *defs = belt_value_get_member (info, "defs", strlen ("defs"));

  self->id = dup_member (info, "id");
  self->version = dup_member (info, "version");
  for (guint i = 0; defs != NULL && defs->tag == BELT_TAG_LIST && i < defs->len; i++)
    {
      const BeltValue *item = &defs->u.items[i];
      BeltPluginDef *def = g_new0 (BeltPluginDef, 1);

      def->name = dup_member (item, "name");
      def->kind = (guint)get_number (item, "kind");
      def->schema = dup_member (item, "schema");
      def->doc = dup_member (item, "doc");
      def->signature = dup_member (item, "signature");
      def->flags = (guint64)get_number (item, "flags");
      def->state_version = (guint32)get_number (item, "stateVersion");
      def->saves = get_number (item, "saves") != 0;
      if (def->name != NULL)
        g_ptr_array_add (self->defs, def);
      else
        free_def (def);
    }
}

static void
on_log (int         level,
        const char *file,
        guint       line,
        const char *text,
        gpointer    user_data)
{
  BeltPluginEntry *entry = user_data;
  BeltPluginNotice *notice = belt_plugin_entry_make_notice (entry, BELT_NOTICE_LOG, NULL, "%s", text);

  notice->level = level;
  notice->file = g_strdup (file);
  notice->line = line;
  belt_plugin_entry_tell (entry, notice);
}

static BeltPluginProcess *
start (BeltPluginVersion *self,
       GError           **error)
{
  return belt_plugin_process_new (self->path, self->kind, on_log, belt_plugin_entry_ref (self->entry),
                                  (GDestroyNotify)belt_plugin_entry_unref, error);
}

BeltPluginVersion *
belt_plugin_version_new (const char       *path,
                         BeltProcessKind   kind,
                         BeltPluginEntry  *entry,
                         GError          **error)
{
  g_autoptr(BeltPluginVersion) self = g_new0 (BeltPluginVersion, 1);

  self->ref_count = 1;
  self->path = g_strdup (path);
  self->kind = kind;
  self->entry = belt_plugin_entry_ref (entry);
  self->defs = g_ptr_array_new_with_free_func (free_def);
  g_mutex_init (&self->lock);
  if ((self->process = start (self, error)) == NULL)
    return NULL;
  read_defs (self, belt_plugin_process_get_info (self->process));

  return g_steal_pointer (&self);
}

BeltPluginVersion *
belt_plugin_version_ref (BeltPluginVersion *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_plugin_version_unref (BeltPluginVersion *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->process, belt_plugin_process_unref);
  g_clear_pointer (&self->entry, belt_plugin_entry_unref);
  g_ptr_array_unref (self->defs);
  g_mutex_clear (&self->lock);
  g_free (self->id);
  g_free (self->version);
  g_free (self->path);
  g_free (self);
}

BeltPluginProcess *
belt_plugin_version_acquire (BeltPluginVersion *self,
                             GError           **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->process != NULL && belt_plugin_process_is_dead (self->process))
    g_clear_pointer (&self->process, belt_plugin_process_unref);
  if (self->process == NULL)
    self->process = start (self, error);

  return self->process != NULL ? belt_plugin_process_ref (self->process) : NULL;
}

/* The version stays known, but nobody needs its host now. */
static void
rest (BeltPluginVersion *self)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->process, belt_plugin_process_unref);
  g_mutex_unlock (&self->lock);
}

const char *
belt_plugin_version_get_path (BeltPluginVersion *self)
{
  return self->path;
}

const char *
belt_plugin_version_get_id (BeltPluginVersion *self)
{
  return self->id != NULL ? self->id : "";
}

const char *
belt_plugin_version_get_version (BeltPluginVersion *self)
{
  return self->version != NULL ? self->version : "";
}

GPid
belt_plugin_version_get_pid (BeltPluginVersion *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->process != NULL && !belt_plugin_process_is_dead (self->process)
         ? belt_plugin_process_get_pid (self->process) : 0;
}

BeltProcessKind
belt_plugin_version_get_kind (BeltPluginVersion *self)
{
  return self->kind;
}

GPtrArray *
belt_plugin_version_get_defs (BeltPluginVersion *self)
{
  return self->defs;
}

const BeltPluginDef *
belt_plugin_version_find_def (BeltPluginVersion *self,
                              const char        *name)
{
  for (guint i = 0; i < self->defs->len; i++)
    {
      const BeltPluginDef *def = g_ptr_array_index (self->defs, i);

      if (strcmp (def->name, name) == 0)
        return def;
    }

  return NULL;
}

BeltPluginEntry *
belt_plugin_entry_new (const char           *name,
                       BeltPluginNoticeSink  sink,
                       gpointer              owner)
{
  BeltPluginEntry *self = g_new0 (BeltPluginEntry, 1);

  self->ref_count = 1;
  self->name = g_strdup (name);
  self->sink = sink;
  self->owner = owner;
  self->function_ms = BELT_BUDGET_FUNCTION_MS;
  self->io_ms = BELT_BUDGET_IO_MS;
  g_mutex_init (&self->lock);

  return self;
}

BeltPluginEntry *
belt_plugin_entry_ref (BeltPluginEntry *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_plugin_entry_unref (BeltPluginEntry *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->version, belt_plugin_version_unref);
  g_clear_pointer (&self->last_good, belt_plugin_version_unref);
  g_mutex_clear (&self->lock);
  g_free (self->fault);
  g_free (self->data_dir);
  g_free (self->name);
  g_free (self);
}

/* Versions refer to their entry: leaving lets go of them, too. */
void
belt_plugin_entry_detach (BeltPluginEntry *self)
{
  g_autoptr(BeltPluginVersion) version = NULL;
  g_autoptr(BeltPluginVersion) last_good = NULL;

  g_mutex_lock (&self->lock);
  self->sink = NULL;
  version = g_steal_pointer (&self->version);
  last_good = g_steal_pointer (&self->last_good);
  g_mutex_unlock (&self->lock);
}

const char *
belt_plugin_entry_get_name (BeltPluginEntry *self)
{
  return self->name;
}

guint
belt_plugin_entry_get_generation (BeltPluginEntry *self)
{
  return (guint)g_atomic_int_get (&self->generation);
}

BeltPluginVersion *
belt_plugin_entry_dup_version (BeltPluginEntry *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->version != NULL ? belt_plugin_version_ref (self->version) : NULL;
}

void
belt_plugin_entry_set_version (BeltPluginEntry   *self,
                               BeltPluginVersion *version)
{
  g_autoptr(BeltPluginVersion) old = NULL;
  g_autoptr(BeltPluginVersion) forgotten = NULL;

  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->version);
  self->version = belt_plugin_version_ref (version);
  if (old != NULL && !self->faulted)
    {
      forgotten = g_steal_pointer (&self->last_good);
      self->last_good = belt_plugin_version_ref (old);
    }
  self->fell_back = FALSE;
  self->faulted = FALSE;
  g_clear_pointer (&self->fault, g_free);
  g_atomic_int_inc (&self->generation);
  g_mutex_unlock (&self->lock);

  /* Call sites still hold its host until they have swapped. */
  if (old != NULL)
    rest (old);
}

void
belt_plugin_entry_set_budgets (BeltPluginEntry *self,
                               guint            function_ms,
                               guint            io_ms)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->function_ms = function_ms != 0 ? function_ms : BELT_BUDGET_FUNCTION_MS;
  self->io_ms = io_ms != 0 ? io_ms : BELT_BUDGET_IO_MS;
}

guint
belt_plugin_entry_get_function_ms (BeltPluginEntry *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->function_ms;
}

guint
belt_plugin_entry_get_io_ms (BeltPluginEntry *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->io_ms;
}

char *
belt_plugin_entry_dup_data_dir (BeltPluginEntry *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->data_dir);
}

void
belt_plugin_entry_set_data_dir (BeltPluginEntry *self,
                                const char      *data_dir)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->data_dir);
  self->data_dir = g_strdup (data_dir);
}

const char *
belt_plugin_entry_get_state (BeltPluginEntry *self,
                             char           **ret_fault)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (ret_fault != NULL)
    *ret_fault = g_strdup (self->fault);

  return self->faulted ? "faulted" : self->fell_back ? "fell back" : "running";
}

void
belt_plugin_entry_note_good (BeltPluginEntry   *self,
                             BeltPluginVersion *version)
{
  if (g_atomic_int_get (&version->n_deaths) != 0)
    g_atomic_int_set (&version->n_deaths, 0);
}

/* With the lock held: what to say when the version has died too often. */
static BeltPluginNotice *
fall_back (BeltPluginEntry   *self,
           BeltPluginVersion *version,
           guint              n_deaths,
           const char        *fault)
{
  if (self->version != version || self->faulted)
    return NULL;

  if (self->last_good != NULL && self->last_good != version && n_deaths >= BELT_PLUGIN_DEATHS_FALL_BACK)
    {
      belt_plugin_version_unref (self->version);
      self->version = g_steal_pointer (&self->last_good);
      g_atomic_int_set (&self->version->n_deaths, 0);
      self->fell_back = TRUE;
      g_atomic_int_inc (&self->generation);
      return belt_plugin_entry_make_notice (self, BELT_NOTICE_FELL_BACK, NULL, "%s; the last good build answers",
                                            fault);
    }
  if (n_deaths >= BELT_PLUGIN_DEATHS_FAULTED)
    {
      self->faulted = TRUE;
      return belt_plugin_entry_make_notice (self, BELT_NOTICE_FAULTED, NULL,
                                            "%s; no good build is left, rows fail until there is one", fault);
    }

  return NULL;
}

void
belt_plugin_entry_note_death (BeltPluginEntry       *self,
                              BeltPluginVersion     *version,
                              const char            *definition,
                              const BeltPluginFault *fault)
{
  guint n_deaths = (guint)g_atomic_int_add (&version->n_deaths, 1) + 1;
  BeltPluginNotice *notice = belt_plugin_entry_make_notice (self, BELT_NOTICE_FAULT, definition, "%s", fault->text);
  BeltPluginNotice *more;

  notice->file = g_strdup (fault->file);
  notice->line = fault->line;
  g_mutex_lock (&self->lock);
  g_free (self->fault);
  self->fault = g_strdup (fault->text);
  belt_plugin_version_ref (version);
  more = fall_back (self, version, n_deaths, fault->text);
  g_mutex_unlock (&self->lock);

  belt_plugin_version_unref (version);
  belt_plugin_entry_tell (self, notice);
  if (more != NULL)
    belt_plugin_entry_tell (self, more);
}

char *
belt_plugin_entry_dup_faulted (BeltPluginEntry   *self,
                               BeltPluginVersion *version)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->faulted &&
      self->version == version ? g_strdup (self->fault != NULL ? self->fault : "faulted") : NULL;
}

void
belt_plugin_entry_tell (BeltPluginEntry  *self,
                        BeltPluginNotice *notice)
{
  g_mutex_lock (&self->lock);
  if (self->sink != NULL)
    self->sink (notice, self->owner);
  else
    belt_plugin_notice_free (notice);
  g_mutex_unlock (&self->lock);
}

BeltPluginNotice *
belt_plugin_entry_make_notice (BeltPluginEntry      *self,
                               BeltPluginNoticeKind  kind,
                               const char           *definition,
                               const char           *format,
                               ...)
{
  BeltPluginNotice *notice = g_new0 (BeltPluginNotice, 1);
  va_list args;

  notice->kind = kind;
  notice->plugin = g_strdup (self->name);
  notice->definition = g_strdup (definition);
  va_start (args, format);
  notice->text = g_strdup_vprintf (format, args);
  va_end (args);

  return notice;
}
