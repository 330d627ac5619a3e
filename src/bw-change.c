/* bw-change.c - another name, or the end, of a thing of the project, off the main thread
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One step at a time: a step is asked for when the one before has ended, so the
 * plan is one thread's at any moment.
 */
#include "config.h"

#include "bw-change.h"

#include <glib/gi18n.h>
#include <string.h>

#define FILES_SHOWN 4u  /* by name; more do not fit a dialog */

struct _BwChange
{
  GObject            parent_instance;

  BwProject         *project;
  BwItem            *item;
  gboolean           is_deletion;
  char              *name;
  BeltProjectChange *plan;     /* NULL: not planned yet */
  GPtrArray         *typed;    /* of GFile */
  GPtrArray         *nothing;  /* what an unplanned change does */
};

G_DEFINE_FINAL_TYPE (BwChange, bw_change, G_TYPE_OBJECT)

typedef struct
{
  char              *folder;
  BwJournal         *journal;
  BeltThing          thing;
  char              *from;
  char              *to;
  gboolean           is_deletion;
  BeltProjectChange *plan;      /* results */
  GPtrArray         *typed;
} PlanJob;

static void
plan_job_free (gpointer data)
{
  PlanJob *job = data;

  g_free (job->folder);
  g_object_unref (job->journal);
  g_free (job->from);
  g_free (job->to);
  belt_project_change_free (job->plan);
  g_clear_pointer (&job->typed, g_ptr_array_unref);
  g_free (job);
}

static void
bw_change_finalize (GObject *object)
{
  BwChange *self = BW_CHANGE (object);

  g_clear_object (&self->project);
  g_clear_object (&self->item);
  g_clear_pointer (&self->plan, belt_project_change_free);
  g_clear_pointer (&self->typed, g_ptr_array_unref);
  g_clear_pointer (&self->nothing, g_ptr_array_unref);
  g_free (self->name);

  G_OBJECT_CLASS (bw_change_parent_class)->finalize (object);
}

static void
bw_change_class_init (BwChangeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_change_finalize;
}

static void
bw_change_init (BwChange *self)
{
  self->typed = g_ptr_array_new_with_free_func (g_object_unref);
  self->nothing = g_ptr_array_new ();
}

BwChange *
bw_change_new (BwProject *project,
               BwItem    *item,
               gboolean   is_deletion)
{
  BwChange *self = g_object_new (BW_TYPE_CHANGE, NULL);

  self->project = g_object_ref (project);
  self->item = g_object_ref (item);
  self->is_deletion = is_deletion;
  self->name = g_strdup (bw_item_get_name (item));
  return self;
}

BwItem *
bw_change_get_item (BwChange *self)
{
  return self->item;
}

gboolean
bw_change_is_deletion (BwChange *self)
{
  return self->is_deletion;
}

const char *
bw_change_get_name (BwChange *self)
{
  return self->name;
}

GPtrArray *
bw_change_get_files (BwChange *self)
{
  return self->plan != NULL ? belt_project_change_get_files (self->plan) : self->nothing;
}

GPtrArray *
bw_change_get_typed (BwChange *self)
{
  return self->typed;
}

/* ------------------------------------------------------------------ the steps */

/* A file that went keeps its entry in the journal, for a day it comes back. */
static GPtrArray *
list_typed (BwJournal *journal)
{
  GPtrArray *typed = bw_journal_list (journal);

  for (guint i = typed->len; i > 0; i--)
    if (!g_file_query_exists (g_ptr_array_index (typed, i - 1), NULL))
      g_ptr_array_remove_index (typed, i - 1);

  return typed;
}

static void
plan_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  PlanJob *job = task_data;
  GError *error = NULL;

  job->typed = list_typed (job->journal);
  job->plan = job->is_deletion ? belt_project_plan_delete (job->folder, job->thing, job->from, &error)
                               : belt_project_plan_rename (job->folder, job->thing, job->from, job->to, &error);
  if (job->plan == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* A sample is one file of those that may have the stream's name. */
static char *
dup_thing_name (BwChange *self)
{
  return bw_item_get_kind (self->item) == BW_KIND_SAMPLE ? g_file_get_basename (bw_item_get_file (self->item))
                                                         : g_strdup (bw_item_get_name (self->item));
}

void
bw_change_plan_async (BwChange            *self,
                      const char          *name,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  static const BeltThing things[BW_N_KINDS] = {
    [BW_KIND_STREAM] = BELT_THING_STREAM, [BW_KIND_RULE] = BELT_THING_RULE, [BW_KIND_PLUGIN] = BELT_THING_PLUGIN,
    [BW_KIND_SAMPLE] = BELT_THING_SAMPLE, [BW_KIND_TEST] = BELT_THING_TEST, [BW_KIND_ENGINE] = BELT_THING_ENGINE,
  };
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);
  PlanJob *job = g_new0 (PlanJob, 1);

  job->folder = g_file_get_path (bw_project_get_folder (self->project));
  job->journal = g_object_ref (bw_project_get_journal (self->project));
  job->thing = things[bw_item_get_kind (self->item)];
  job->from = dup_thing_name (self);
  job->to = g_strdup (g_str_equal (name, bw_item_get_name (self->item)) ? job->from : name);
  job->is_deletion = self->is_deletion;
  g_free (self->name);
  self->name = g_strdup (name);
  g_task_set_task_data (task, job, plan_job_free);
  g_task_run_in_thread (task, plan_thread);
}

gboolean
bw_change_plan_finish (BwChange      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  PlanJob *job = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;

  g_clear_pointer (&self->plan, belt_project_change_free);
  g_clear_pointer (&self->typed, g_ptr_array_unref);
  self->plan = g_steal_pointer (&job->plan);
  self->typed = g_steal_pointer (&job->typed);
  return TRUE;
}

static void
step_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  gboolean undo = g_task_get_source_tag (task) == bw_change_undo_async;
  GError *error = NULL;

  if (undo ? belt_project_change_undo (task_data, &error) : belt_project_change_apply (task_data, TRUE, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
bw_change_apply_async (BwChange            *self,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, bw_change_apply_async);
  g_task_set_task_data (task, self->plan, NULL);
  g_task_run_in_thread (task, step_thread);
}

void
bw_change_undo_async (BwChange            *self,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, bw_change_undo_async);
  g_task_set_task_data (task, self->plan, NULL);
  g_task_run_in_thread (task, step_thread);
}

gboolean
bw_change_finish (BwChange      *self,
                  GAsyncResult  *result,
                  GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ------------------------------------------------------------------ the words */

/* The thing's own files say nothing about who uses it. */
static gboolean
is_own_file (BwChange              *self,
             const BeltChangedFile *file)
{
  const char *directory = bw_item_get_kind (self->item) == BW_KIND_RULE ? "rules" : "tests";
  g_autofree char *own = g_strdup_printf ("%s/%s.", directory, bw_item_get_name (self->item));

  if (!g_str_has_prefix (file->from, "rules/") && !g_str_has_prefix (file->from, "tests/"))
    return !g_str_has_prefix (file->from, "streams/") || bw_item_get_kind (self->item) != BW_KIND_PLUGIN;

  return (bw_item_get_kind (self->item) == BW_KIND_RULE || bw_item_get_kind (self->item) == BW_KIND_TEST) &&
         g_str_has_prefix (file->from, own);
}

/* "2 rules and 1 test"; NULL: nobody. */
static char *
describe_users (BwChange  *self,
                GPtrArray *files,
                guint     *ret_n_places)
{
  guint n_tests = 0;
  guint n_streams = 0;
  guint n_rules = 0;
  g_autofree char *rules = NULL;
  g_autofree char *tests = NULL;

  *ret_n_places = 0;
  for (guint i = 0; i < files->len; i++)
    {
      const BeltChangedFile *file = g_ptr_array_index (files, i);

      if (is_own_file (self, file) || file->n_places == 0)
        continue;
      if (g_str_has_prefix (file->from, "tests/"))
        n_tests++;
      else if (g_str_has_prefix (file->from, "streams/"))
        n_streams++;
      else
        n_rules++;
      *ret_n_places += file->n_places;
    }
  /* A source has streams and nothing else. */
  if (n_streams > 0)
    return g_strdup_printf (ngettext ("%u stream", "%u streams", n_streams), n_streams);
  rules = g_strdup_printf (ngettext ("%u rule", "%u rules", n_rules), n_rules);
  tests = g_strdup_printf (ngettext ("%u test", "%u tests", n_tests), n_tests);
  if (n_rules > 0 && n_tests > 0)
    return g_strdup_printf (_("%s and %s"), rules, tests);

  return n_rules > 0 ? g_steal_pointer (&rules) : n_tests > 0 ? g_steal_pointer (&tests) : NULL;
}

/* One a line, "… and 3 more" in the last: a path is not broken at its slash then. */
static char *
list_files (GPtrArray *files,
            gboolean   only_gone)
{
  g_autoptr(GString) text = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < files->len; i++)
    {
      const BeltChangedFile *file = g_ptr_array_index (files, i);

      if (only_gone && file->to != NULL)
        continue;
      if (n < FILES_SHOWN)
        g_string_append_printf (text, "%s%s", n > 0 ? "\n" : "", file->from);
      n++;
    }
  if (n <= FILES_SHOWN)
    return g_strdup (text->str);

  n -= FILES_SHOWN;
  return g_strdup_printf (ngettext ("%s and %u more", "%s and %u more", n), text->str, n);
}

static char *
describe_rename (BwChange *self)
{
  GPtrArray *files = bw_change_get_files (self);
  g_autofree char *names = list_files (files, FALSE);
  guint n_places;
  g_autofree char *users = describe_users (self, files, &n_places);
  g_autofree char *first = users == NULL ? g_strdup (_("Nothing else names it."))
                           : g_strdup_printf (ngettext ("%s: %u place changes with it.",
                                                        "%s: %u places change with it.", n_places), users, n_places);

  return g_strdup_printf ("%s\n%s", first, names);
}

static char *
describe_deletion (BwChange *self)
{
  GPtrArray *users = belt_project_change_get_users (self->plan);
  g_autofree char *gone = list_files (bw_change_get_files (self), TRUE);
  g_autofree char *names = list_files (users, FALSE);
  guint n_places;
  g_autofree char *who = describe_users (self, users, &n_places);
  g_autofree char *what = bw_item_get_kind (self->item) == BW_KIND_ENGINE
                          ? g_strdup (_("It is taken from this project; what runs on it goes on running."))
                          : g_strdup_printf (_("This deletes:\n%s"), gone);

  if (who == NULL)
    return g_steal_pointer (&what);

  return g_strdup_printf (_("%s\n\n%s will not work without it:\n%s"), what, who, names);
}

char *
bw_change_dup_effect (BwChange *self)
{
  if (self->plan == NULL)
    return g_strdup ("");

  return self->is_deletion ? describe_deletion (self) : describe_rename (self);
}
