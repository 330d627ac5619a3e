/* bw-new-dialog.c - makes a rule, a stream, a plugin, sample rows, a test or an engine
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signal "created" (folder, path): path is what to open, from the folder; empty
 * when there is nothing to open.
 */
#include "config.h"

#include "bw-new-dialog.h"

#include "belt.h"
#include "bw-names.h"
#include "bw-places.h"

#include <glib/gi18n.h>
#include <string.h>

typedef enum
{
  NEW_RULE,
  NEW_STREAM,
  NEW_FUNCTION,
  NEW_AGGREGATE,
  NEW_SOURCE,
  NEW_SINK,
  NEW_SAMPLE,
  NEW_TEST,
  NEW_ENGINE,
  N_NEW
} NewKind;

static const struct
{
  const char *id;
  const char *title;
  const char *name;         /* proposed */
  const char *description;
} kinds[N_NEW] = {
  [NEW_RULE] = { "rule", N_("Rule"), "rule1", N_("A statement over streams, and where its rows go.") },
  [NEW_STREAM] = { "stream", N_("Stream"), "stream1", N_("Where rows come from, and their columns.") },
  [NEW_FUNCTION] = { "function", N_("C function"), "my_function",
                     N_("A function for statements, in C. It compiles and answers as created.") },
  [NEW_AGGREGATE] = { "aggregate", N_("C aggregate"), "my_aggregate",
                      N_("A function over the rows of a group, in C. It compiles and answers as created.") },
  [NEW_SOURCE] = { "source", N_("C source"), "my_source",
                   N_("Brings rows into streams, in C. It compiles and runs as created.") },
  [NEW_SINK] = { "sink", N_("C sink"), "my_sink",
                 N_("Takes rows of rules somewhere, in C. It compiles and runs as created.") },
  [NEW_SAMPLE] = { "sample", N_("Sample rows"), "stream1",
                   N_("Rows that stand in for a stream while you work: name the stream.") },
  [NEW_TEST] = { "test", N_("Test"), "test1", N_("Rows in, rows that must come out.") },
  [NEW_ENGINE] = { "engine", N_("Engine"), "gateway", N_("A beltd or an eKuiper to which rules can be deployed.") },
};

struct _BwNewDialog
{
  AdwWindow     parent_instance;

  AdwComboRow  *kind;
  AdwEntryRow  *name;
  AdwEntryRow  *url;
  GtkLabel     *description;
  GtkLabel     *problem;
  GtkWidget    *create_button;

  BwProject    *project;
  gboolean      name_typed;
  gboolean      proposing;
};

enum
{
  CREATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwNewDialog, bw_new_dialog, ADW_TYPE_WINDOW)

typedef struct
{
  NewKind kind;
  char   *folder;     /* NULL: make one */
  char   *name;
  char   *url;
  char   *path;       /* result */
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_free (self->folder);
  g_free (self->name);
  g_free (self->url);
  g_free (self->path);
  g_free (self);
}

static gboolean
write_new_file (Job         *job,
                const char  *directory,
                const char  *suffix,
                const char  *text,
                GError     **error)
{
  g_autofree char *relative = g_strdup_printf ("%s/%s%s", directory, job->name, suffix);
  g_autofree char *path = g_build_filename (job->folder, relative, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("There is already a “%s”."), relative);
      return FALSE;
    }
  g_mkdir_with_parents (parent, 0755);
  if (!g_file_set_contents (path, text, -1, error))
    return FALSE;

  job->path = g_steal_pointer (&relative);
  return TRUE;
}

static gboolean
create_thing (Job     *job,
              GError **error)
{
  static const BeltProjectNewKind engine_kinds[] = {
    [NEW_RULE] = BELT_PROJECT_NEW_RULE, [NEW_STREAM] = BELT_PROJECT_NEW_STREAM,
    [NEW_FUNCTION] = BELT_PROJECT_NEW_FUNCTION, [NEW_AGGREGATE] = BELT_PROJECT_NEW_AGGREGATE,
    [NEW_SOURCE] = BELT_PROJECT_NEW_SOURCE, [NEW_SINK] = BELT_PROJECT_NEW_SINK,
  };

  if (job->folder == NULL)
    {
      job->folder = bw_places_dup_new_project ("project");
      if (!belt_project_create (job->folder, error))
        return FALSE;
    }

  if (job->kind == NEW_SAMPLE)
    return write_new_file (job, "samples", ".jsonl", "", error);
  if (job->kind == NEW_TEST)
    return write_new_file (job, "tests", ".test",
                           "# why: say in a sentence what this test holds fast\nproject ..\nrule RULE\n"
                           "feed STREAM\n{\"id\": 1}\nexpect\n{\"id\": 1}\n", error);
  if (job->kind == NEW_ENGINE)
    {
      g_autofree char *manifest = g_build_filename (job->folder, BELT_MANIFEST_FILE, NULL);

      return belt_manifest_add_engine (manifest, job->name, job->url, NULL, error);
    }

  job->path = belt_project_add (job->folder, engine_kinds[job->kind], job->name, error);
  return job->path != NULL;
}

static void
create_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  GError *error = NULL;

  if (create_thing (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
create_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  BwNewDialog *self = BW_NEW_DIALOG (object);
  Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr(GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      gtk_label_set_label (self->problem, error->message);
      gtk_widget_set_sensitive (self->create_button, TRUE);
      return;
    }

  g_signal_emit (self, signals[CREATED], 0, job->folder, job->path != NULL ? job->path : "");
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
create_clicked_cb (BwNewDialog *self)
{
  g_autoptr(GTask) task = NULL;
  Job *job;

  if (!gtk_widget_get_sensitive (self->create_button))
    return;
  job = g_new0 (Job, 1);
  job->kind = (NewKind)adw_combo_row_get_selected (self->kind);
  job->folder = self->project != NULL ? g_file_get_path (bw_project_get_folder (self->project)) : NULL;
  job->name = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->name)));
  job->url = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->url)));
  gtk_widget_set_sensitive (self->create_button, FALSE);
  task = g_task_new (self, NULL, create_cb, NULL);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, create_thread);
}

/* Engines and rules have names of their own; the rest must be words that SQL and C know. */
static gboolean
check_name (BwNewDialog *self)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (self->name));
  NewKind kind = (NewKind)adw_combo_row_get_selected (self->kind);
  g_autofree char *identifier = bw_places_dup_identifier (name, "_");
  const char *problem = "";
  gboolean good = *name != '\0';

  if (good && kind != NEW_ENGINE && !g_str_equal (identifier, name))
    {
      problem = _("Letters, digits and underscores only, and no digit first.");
      good = FALSE;
    }
  if (good && kind == NEW_ENGINE &&
      !g_str_has_prefix (gtk_editable_get_text (GTK_EDITABLE (self->url)), "http"))
    {
      problem = _("An address like http://192.168.0.20:9081.");
      good = FALSE;
    }
  gtk_label_set_label (self->problem, problem);
  gtk_widget_set_sensitive (self->create_button, good);

  return good;
}

static void
propose_name (BwNewDialog *self)
{
  NewKind kind = (NewKind)adw_combo_row_get_selected (self->kind);

  gtk_label_set_label (self->description, _(kinds[kind].description));
  gtk_widget_set_visible (GTK_WIDGET (self->url), kind == NEW_ENGINE);
  if (!self->name_typed)
    {
      self->proposing = TRUE;
      gtk_editable_set_text (GTK_EDITABLE (self->name), kinds[kind].name);
      self->proposing = FALSE;
    }
  check_name (self);
}

static void
name_changed_cb (BwNewDialog *self)
{
  if (!self->proposing)
    self->name_typed = TRUE;
  check_name (self);
}

static void
bw_new_dialog_dispose (GObject *object)
{
  g_clear_object (&BW_NEW_DIALOG (object)->project);

  G_OBJECT_CLASS (bw_new_dialog_parent_class)->dispose (object);
}

static void
bw_new_dialog_class_init (BwNewDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_new_dialog_dispose;

  signals[CREATED] = g_signal_new ("created", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-new-dialog.ui");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, kind);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, name);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, url);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, description);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, problem);
  gtk_widget_class_bind_template_child (widget_class, BwNewDialog, create_button);
  gtk_widget_class_bind_template_callback (widget_class, create_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, propose_name);
  gtk_widget_class_bind_template_callback (widget_class, name_changed_cb);
}

static void
bw_new_dialog_init (BwNewDialog *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  bw_names_set_choices (self->kind);
  for (guint i = 0; i < N_NEW; i++)
    gtk_string_list_append (titles, _(kinds[i].title));
  adw_combo_row_set_model (self->kind, G_LIST_MODEL (titles));
  bw_names_set_row (GTK_WIDGET (self->name));
  bw_names_set_row (GTK_WIDGET (self->url));
}

BwNewDialog *
bw_new_dialog_new (GtkWindow  *parent,
                   BwProject  *project,
                   const char *kind)
{
  BwNewDialog *self = g_object_new (BW_TYPE_NEW_DIALOG, "transient-for", parent, "modal", TRUE, NULL);

  g_set_object (&self->project, project);
  for (guint i = 0; i < N_NEW; i++)
    if (g_str_equal (kinds[i].id, kind))
      adw_combo_row_set_selected (self->kind, i);
  propose_name (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->name));
  return self;
}
