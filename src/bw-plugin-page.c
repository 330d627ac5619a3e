/* bw-plugin-page.c - a plugin: its C, what is wrong with it, and what it does to rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Saving compiles and swaps.  Below the code: one sentence that says the state,
 * the compiler's problems, and rows where the project uses the plugin.
 */
#include "config.h"

#include "bw-plugin-page.h"

#include "bw-plugin-use.h"
#include "bw-source-button.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BwPluginPage
{
  BwPage          parent_instance;

  BwEditor       *editor;
  GtkImage       *state_icon;
  GtkLabel       *state;
  GtkListBox     *problems;
  GtkWidget      *problems_scroller;
  BwRowsView     *rows;
  BwSourceButton *sources;

  BwPlugins      *plugins;
  BwSession      *session;
  BwPlugin       *plugin;      /* NULL: the file is in no plugin of the manifest */
  GStrv           streams;     /* that the rule reads */
  BwPluginUse    *use;         /* what the rows are of */
  GCancellable   *cancellable; /* of the trial under way */
  gboolean        rows_came;   /* while a trial was under way */
  gboolean        stale;       /* something changed while the page was not in sight */
};

G_DEFINE_FINAL_TYPE (BwPluginPage, bw_plugin_page, BW_TYPE_PAGE)

static void
show_state (BwPluginPage *self)
{
  static const struct
  {
    const char *icon;
    const char *css_class;
  } looks[] = {
    [BW_PLUGIN_EDITING] = { "document-edit-symbolic", NULL },
    [BW_PLUGIN_COMPILING] = { "content-loading-symbolic", NULL },
    [BW_PLUGIN_SWAPPED] = { "emblem-ok-symbolic", "success" },
    [BW_PLUGIN_NOT_SWAPPED] = { "dialog-error-symbolic", "error" },
    [BW_PLUGIN_CRASHED] = { "dialog-warning-symbolic", "warning" },
  };
  BwPluginState state = self->plugin != NULL ? bw_plugin_get_state (self->plugin) : BW_PLUGIN_EDITING;
  const char *sentence = self->plugin != NULL ? bw_plugin_get_sentence (self->plugin)
                         : _("No plugin of beltworks.json has this file, so it is not compiled.");

  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    if (looks[i].css_class != NULL)
      gtk_widget_remove_css_class (GTK_WIDGET (self->state_icon), looks[i].css_class);
  if (looks[state].css_class != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->state_icon), looks[state].css_class);
  gtk_image_set_from_icon_name (self->state_icon, looks[state].icon);
  gtk_label_set_label (self->state, sentence);
  bw_page_set_state (BW_PAGE (self), sentence);
}

static GtkWidget *
create_problem_cb (gpointer object,
                   gpointer data)
{
  BwProblem *problem = object;
  g_autofree char *text = bw_problem_dup_text (problem);
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (label, "bw-problem");
  g_object_set_data_full (G_OBJECT (label), "problem", g_object_ref (problem), g_object_unref);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  return row;
}

static void
problem_activated_cb (BwPluginPage  *self,
                      GtkListBoxRow *row)
{
  BwProblem *problem = g_object_get_data (G_OBJECT (gtk_list_box_row_get_child (row)), "problem");
  const BeltDiagnostic *diagnostic = bw_problem_get_diagnostic (problem);

  bw_editor_go_to (self->editor, diagnostic->line, diagnostic->column);
}

static void
show_problems (BwPluginPage *self)
{
  gtk_widget_set_visible (self->problems_scroller,
                          g_list_model_get_n_items (G_LIST_MODEL (bw_plugin_get_problems (self->plugin))) > 0);
}

/* What the rule reads; streams without a sample are listened to. */
static void
show_sources (BwPluginPage *self,
              BeltTrial    *trial)
{
  g_strfreev (self->streams);
  self->streams = trial != NULL ? belt_trial_dup_streams (trial) : g_new0 (char *, 1);
  for (guint i = 0; self->streams[i] != NULL; i++)
    bw_session_want (self->session, self->streams[i]);
  bw_source_button_set_streams (self->sources, self->session, (const char *const *)self->streams);
}

static void
trial_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(BwPluginPage) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->session == NULL)
    return;
  g_clear_object (&self->cancellable);
  if (self->rows_came)
    bw_session_tell_rows (self->session);
  if (trial == NULL || belt_trial_get_ops (trial)->len == 0)
    {
      bw_rows_view_set_trial (self->rows, NULL, 0, _("The rule that uses this plugin has an error of its own."));
      return;
    }

  show_sources (self, trial);
  bw_rows_view_set_trial (self->rows, trial, bw_plugin_use_find_op (self->use, trial), NULL);
}

static void
run (BwPluginPage *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  /* Nobody looks: when the page comes to the front. */
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale || !bw_session_is_loaded (self->session))
    return;

  if (self->use == NULL)
    self->use = bw_plugin_use_find (self->session, self->plugins,
                                    self->plugin != NULL ? bw_plugin_get_name (self->plugin) : "");
  if (self->use->rule == NULL)
    {
      show_sources (self, NULL);
      bw_rows_view_set_trial (self->rows, NULL, 0, self->use->missing);
      return;
    }
  self->cancellable = g_cancellable_new ();
  belt_trial_run_async (bw_session_create_spec (self->session, self->use->rule, self->use->sql), self->cancellable,
                        trial_cb, g_object_ref (self));
}

/* A trial under way is let finish: while rows pour in it would never get there. */
static void
rows_came_cb (BwPluginPage *self)
{
  self->rows_came |= bw_session_is_fresh (self->session, (const char *const *)self->streams);
  if (!self->rows_came || self->cancellable != NULL)
    return;
  self->rows_came = FALSE;
  run (self);
}

static void
adopt_plugin (BwPluginPage *self)
{
  g_autofree char *path = g_file_get_relative_path (bw_project_get_folder (bw_session_get_project (self->session)),
                                                    bw_document_get_file (bw_page_get_document (BW_PAGE (self))));
  BwPlugin *plugin = path != NULL ? bw_plugins_lookup_path (self->plugins, path) : NULL;

  if (g_set_object (&self->plugin, plugin) && plugin != NULL)
    {
      GListModel *problems = G_LIST_MODEL (bw_plugin_get_problems (plugin));

      g_signal_connect_object (plugin, "notify::sentence", G_CALLBACK (show_state), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (problems, "items-changed", G_CALLBACK (show_problems), self, G_CONNECT_SWAPPED);
      bw_editor_set_problems (self->editor, problems);
      gtk_list_box_bind_model (self->problems, problems, create_problem_cb, NULL, NULL);
      show_problems (self);
    }
  show_state (self);
}

static void
session_changed_cb (BwPluginPage *self)
{
  adopt_plugin (self);
  /* Others may use it now. */
  g_clear_pointer (&self->use, bw_plugin_use_free);
  run (self);
}

static void
bw_plugin_page_saved (BwPage *page)
{
  BwPluginPage *self = BW_PLUGIN_PAGE (page);

  if (self->plugin != NULL)
    bw_plugins_build (self->plugins, bw_plugin_get_name (self->plugin));
}

static void
bw_plugin_page_apply (BwPage *page)
{
  bw_page_save (page);
}

static gboolean
bw_plugin_page_focus_area (BwPage *page,
                           guint   area)
{
  BwPluginPage *self = BW_PLUGIN_PAGE (page);
  GtkWidget *areas[] = { NULL, GTK_WIDGET (self->editor), GTK_WIDGET (self->problems), GTK_WIDGET (self->rows) };

  return area < G_N_ELEMENTS (areas) && areas[area] != NULL && gtk_widget_grab_focus (areas[area]);
}

static gboolean
bw_plugin_page_is_settled (BwPage *page)
{
  BwPluginPage *self = BW_PLUGIN_PAGE (page);

  return BW_PAGE_CLASS (bw_plugin_page_parent_class)->is_settled (page) && bw_session_is_loaded (self->session) &&
         !bw_plugins_is_busy (self->plugins) && self->cancellable == NULL;
}

static void
bw_plugin_page_map (GtkWidget *widget)
{
  BwPluginPage *self = BW_PLUGIN_PAGE (widget);

  GTK_WIDGET_CLASS (bw_plugin_page_parent_class)->map (widget);
  if (self->stale && self->session != NULL)
    run (self);
}

static void
bw_plugin_page_dispose (GObject *object)
{
  BwPluginPage *self = BW_PLUGIN_PAGE (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->use, bw_plugin_use_free);
  g_clear_pointer (&self->streams, g_strfreev);
  g_clear_object (&self->plugin);
  g_clear_object (&self->plugins);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bw_plugin_page_parent_class)->dispose (object);
}

static void
bw_plugin_page_class_init (BwPluginPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  BwPageClass *page_class = BW_PAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_plugin_page_dispose;
  widget_class->map = bw_plugin_page_map;
  page_class->saved = bw_plugin_page_saved;
  page_class->apply = bw_plugin_page_apply;
  page_class->focus_area = bw_plugin_page_focus_area;
  page_class->is_settled = bw_plugin_page_is_settled;

  g_type_ensure (BW_TYPE_EDITOR);
  g_type_ensure (BW_TYPE_ROWS_VIEW);
  g_type_ensure (BW_TYPE_SOURCE_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-plugin-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, editor);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, state_icon);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, state);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, problems);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, problems_scroller);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, rows);
  gtk_widget_class_bind_template_child (widget_class, BwPluginPage, sources);
  gtk_widget_class_bind_template_callback (widget_class, problem_activated_cb);
}

static void
bw_plugin_page_init (BwPluginPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

BwPluginPage *
bw_plugin_page_new (BwDocument *document,
                    BwItem     *item,
                    BwPlugins  *plugins,
                    BwSession  *session)
{
  BwPluginPage *self = g_object_new (BW_TYPE_PLUGIN_PAGE, NULL);

  self->plugins = g_object_ref (plugins);
  self->session = g_object_ref (session);
  bw_page_set_up (BW_PAGE (self), self->editor, document, item);
  g_signal_connect_object (session, "changed", G_CALLBACK (session_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "rows", G_CALLBACK (rows_came_cb), self, G_CONNECT_SWAPPED);
  session_changed_cb (self);
  return self;
}

BwRowsView *
bw_plugin_page_get_rows (BwPluginPage *self)
{
  return self->rows;
}

BwPlugin *
bw_plugin_page_get_plugin (BwPluginPage *self)
{
  return self->plugin;
}
