/* bw-demo-card.c - the demo, alive: its statement and its rows as they come
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A real trial over the demo's sample rows; its results are shown one after
 * another as they would come, and from the start again.
 */
#include "config.h"

#include "bw-demo-card.h"

#include "belt.h"
#include "bw-places.h"
#include "bw-row.h"
#include "bw-session.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define N_ROWS    6
#define N_COLUMNS 4
#define TICK_MS   700

#define DEMO_SQL                                                   \
  "SELECT room, temperature, humidity, door\nFROM cold_rooms\n"    \
  "WHERE temperature > 6"

struct _BwDemoCard
{
  GtkWidget     parent_instance;

  GtkWidget    *box;
  GtkLabel     *sql;
  GtkGrid      *grid;
  GtkLabel     *state;
  GtkLabel     *cells[N_ROWS][N_COLUMNS];

  BwProject    *project;
  BwSession    *session;
  BeltTrial    *trial;
  GPtrArray    *rows;          /* the trial's */
  GCancellable *cancellable;
  guint         tick_timeout;
  guint         n_shown;
};

G_DEFINE_FINAL_TYPE (BwDemoCard, bw_demo_card, GTK_TYPE_WIDGET)

static const char *const columns[N_COLUMNS] = { NULL, "room", "temperature", "door" };

static void
show_row (BwDemoCard *self,
          int         line,
          guint       position)
{
  g_autoptr(BwRow) row = bw_row_new (self->trial, g_ptr_array_index (self->rows, position));

  for (int i = 0; i < N_COLUMNS; i++)
    {
      gboolean number = FALSE;
      g_autofree char *text = columns[i] == NULL ? bw_row_dup_time (row) : bw_row_dup_cell (row, columns[i], &number);

      gtk_label_set_label (self->cells[line][i], text);
    }
}

static gboolean
tick_cb (gpointer data)
{
  BwDemoCard *self = data;
  guint n = MIN (self->n_shown + 1, (guint)N_ROWS);

  self->n_shown++;
  for (guint i = 0; i < n; i++)
    show_row (self, (int)i, (self->n_shown - n + i) % self->rows->len);

  return G_SOURCE_CONTINUE;
}

static void
update_ticking (BwDemoCard *self)
{
  gboolean wanted = self->rows != NULL && self->rows->len > 0 && gtk_widget_get_mapped (GTK_WIDGET (self));

  if (wanted && self->tick_timeout == 0)
    {
      /* Rows are there at once; then they tick. */
      for (int i = 0; i < N_ROWS - 1 && self->n_shown < N_ROWS - 1; i++)
        tick_cb (self);
      self->tick_timeout = g_timeout_add (TICK_MS, tick_cb, self);
    }
  else if (!wanted)
    g_clear_handle_id (&self->tick_timeout, g_source_remove);
}

static BeltTrialOp *
find_project_op (BeltTrial *trial)
{
  GPtrArray *ops = belt_trial_get_ops (trial);
  BeltTrialOp *found = NULL;

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = g_ptr_array_index (ops, i);

      if (op->would_send == NULL)
        found = op;
    }

  return found;
}

static void
trial_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(BwDemoCard) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run_finish (result, &error);
  g_autofree char *text = NULL;
  BeltTrialOp *op;

  /* The project may have changed twice before the first trial was done. */
  if (trial == NULL || self->grid == NULL || self->trial != NULL)
    return;
  op = find_project_op (trial);
  if (op == NULL)
    {
      gtk_label_set_label (self->state, _("The demo cannot run here."));
      return;
    }

  self->trial = g_steal_pointer (&trial);
  self->rows = op->out;
  text = g_strdup_printf (_("%lu of %u rows are above 6 °C"), (unsigned long) op->n_out,
                          bw_session_get_n_rows (self->session, "cold_rooms"));
  gtk_label_set_label (self->state, text);
  update_ticking (self);
}

static void
session_changed_cb (BwDemoCard *self)
{
  if (self->trial != NULL || bw_session_get_n_rows (self->session, "cold_rooms") == 0)
    return;

  belt_trial_run_async (bw_session_create_spec (self->session, "demo", DEMO_SQL), self->cancellable, trial_cb,
                        g_object_ref (self));
}

static void
create_cells (BwDemoCard *self)
{
  for (int line = 0; line < N_ROWS; line++)
    for (int i = 0; i < N_COLUMNS; i++)
      {
        GtkWidget *label = gtk_label_new ("");

        gtk_label_set_xalign (GTK_LABEL (label), columns[i] != NULL && g_str_equal (columns[i], "temperature") ? 1 : 0);
        gtk_widget_add_css_class (label, "numeric");
        if (i == 0)
          gtk_widget_add_css_class (label, "dim-label");
        gtk_widget_set_hexpand (label, i == N_COLUMNS - 1);
        gtk_grid_attach (self->grid, label, i, line, 1, 1);
        self->cells[line][i] = GTK_LABEL (label);
      }
}

static void
bw_demo_card_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bw_demo_card_parent_class)->map (widget);
  update_ticking (BW_DEMO_CARD (widget));
}

static void
bw_demo_card_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bw_demo_card_parent_class)->unmap (widget);
  update_ticking (BW_DEMO_CARD (widget));
}

static void
bw_demo_card_dispose (GObject *object)
{
  BwDemoCard *self = BW_DEMO_CARD (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->tick_timeout, g_source_remove);
  g_clear_object (&self->session);
  g_clear_object (&self->project);
  self->grid = NULL;
  self->rows = NULL;
  g_clear_pointer (&self->trial, belt_trial_unref);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_demo_card_parent_class)->dispose (object);
}

static void
bw_demo_card_finalize (GObject *object)
{
  g_clear_object (&BW_DEMO_CARD (object)->cancellable);

  G_OBJECT_CLASS (bw_demo_card_parent_class)->finalize (object);
}

static void
bw_demo_card_class_init (BwDemoCardClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_demo_card_dispose;
  object_class->finalize = bw_demo_card_finalize;
  widget_class->map = bw_demo_card_map;
  widget_class->unmap = bw_demo_card_unmap;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-demo-card.ui");
  gtk_widget_class_bind_template_child (widget_class, BwDemoCard, box);
  gtk_widget_class_bind_template_child (widget_class, BwDemoCard, sql);
  gtk_widget_class_bind_template_child (widget_class, BwDemoCard, grid);
  gtk_widget_class_bind_template_child (widget_class, BwDemoCard, state);
}

static void
bw_demo_card_init (BwDemoCard *self)
{
  g_autofree char *path = bw_places_dup_example ("cold-rooms");
  g_autoptr(GFile) folder = NULL;

  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_label_set_label (self->sql, DEMO_SQL);
  create_cells (self);
  if (path == NULL)
    {
      gtk_label_set_label (self->state, _("The demo is not installed."));
      return;
    }

  folder = g_file_new_for_path (path);
  self->project = bw_project_new (folder);
  self->session = bw_session_new (self->project);
  g_signal_connect_object (self->session, "changed", G_CALLBACK (session_changed_cb), self, G_CONNECT_SWAPPED);
}

/* Rows tick, or there is a sentence why not. */
gboolean
bw_demo_card_is_settled (BwDemoCard *self)
{
  return self->n_shown >= N_ROWS || (self->session == NULL);
}

guint
bw_demo_card_get_n_shown (BwDemoCard *self)
{
  return self->n_shown;
}
