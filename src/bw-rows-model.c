/* bw-rows-model.c - the rows of a trial at one side of one operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table makes widgets for two hundred rows, which takes 60 ms; so when a new
 * trial comes, the row objects there are get told to stand for its rows, and only
 * the difference in number is an items-changed.  Those on screen are told at
 * once, the others and rows more than before a few a turn of the main loop.
 */
#include "config.h"

#include "bw-rows-model.h"

#define COLUMN_ROWS_MAX 500u  /* rows looked at for names of columns */
#define COLUMNS_MAX     100u  /* a table wider than that helps nobody */
#define SCREEN_ROWS     24u   /* come at once */
#define TURN_ROWS       12u   /* come in one turn after that */
#define TURN_TOLD       48u   /* live ones told in one turn */
#define WIDGET_ROWS     250u  /* rows beyond have no widgets before they are scrolled to */

struct _BwRowsModel
{
  GObject    parent_instance;

  BeltTrial *trial;
  GPtrArray *rows;       /* the trial's */
  GPtrArray *payloads;   /* of char*, the trial's */
  guint      n_rows;
  guint      n_shown;    /* of them, in the list */
  guint      turn;       /* source of the turns to come */
  guint      first;      /* on screen */
  GArray    *live;       /* of Live, one a position */
  guint      n_checked;  /* none of these is stale */
};

typedef struct
{
  BwRow    *row;    /* what somebody holds, or NULL; no reference */
  gboolean  stale;  /* stands for a row of the trial before */
} Live;

static Live *
get_live (BwRowsModel *self,
          guint        position)
{
  return &g_array_index (self->live, Live, position);
}

static GType
bw_rows_model_get_item_type (GListModel *model)
{
  return BW_TYPE_ROW;
}

static guint
bw_rows_model_get_n_items (GListModel *model)
{
  return BW_ROWS_MODEL (model)->n_shown;
}

static void
row_gone_cb (gpointer  data,
             GObject  *where)
{
  BwRowsModel *self = data;

  for (guint i = 0; i < self->live->len; i++)
    if ((gpointer)get_live (self, i)->row == where)
      {
        *get_live (self, i) = (Live) { NULL, FALSE };
        return;
      }
}

static BwRow *
create_row (BwRowsModel *self,
            guint        position)
{
  if (self->payloads != NULL)
    return bw_row_new_payload (g_ptr_array_index (self->payloads, position), position + 1);

  return bw_row_new (self->trial, g_ptr_array_index (self->rows, position));
}

static void
freshen (BwRowsModel *self,
         guint        position)
{
  Live *live = get_live (self, position);

  if (!live->stale)
    return;
  live->stale = FALSE;
  bw_row_assign (live->row, self->trial, self->rows != NULL ? g_ptr_array_index (self->rows, position) : NULL,
                 self->payloads != NULL ? g_ptr_array_index (self->payloads, position) : NULL, position + 1);
}

static gpointer
bw_rows_model_get_item (GListModel *model,
                        guint       position)
{
  BwRowsModel *self = BW_ROWS_MODEL (model);
  Live *live;

  if (position >= self->n_shown)
    return NULL;
  live = get_live (self, position);
  freshen (self, position);
  if (live->row != NULL)
    return g_object_ref (live->row);

  live->row = create_row (self, position);
  g_object_weak_ref (G_OBJECT (live->row), row_gone_cb, self);
  return live->row;
}

static void
bw_rows_model_init_list (GListModelInterface *iface)
{
  iface->get_item_type = bw_rows_model_get_item_type;
  iface->get_n_items = bw_rows_model_get_n_items;
  iface->get_item = bw_rows_model_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BwRowsModel, bw_rows_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, bw_rows_model_init_list))

/* Rows from here on are no longer ours. */
static void
let_go (BwRowsModel *self,
        guint        from)
{
  for (guint i = from; i < self->live->len; i++)
    if (get_live (self, i)->row != NULL)
      g_object_weak_unref (G_OBJECT (get_live (self, i)->row), row_gone_cb, self);
  g_array_set_size (self->live, from);
}

static void
bw_rows_model_finalize (GObject *object)
{
  BwRowsModel *self = BW_ROWS_MODEL (object);

  g_clear_handle_id (&self->turn, g_source_remove);
  let_go (self, 0);
  g_clear_pointer (&self->live, g_array_unref);
  g_clear_pointer (&self->trial, belt_trial_unref);

  G_OBJECT_CLASS (bw_rows_model_parent_class)->finalize (object);
}

static void
bw_rows_model_class_init (BwRowsModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_rows_model_finalize;
}

static void
bw_rows_model_init (BwRowsModel *self)
{
  self->live = g_array_new (FALSE, TRUE, sizeof (Live));
}

BwRowsModel *
bw_rows_model_new (void)
{
  return g_object_new (BW_TYPE_ROWS_MODEL, NULL);
}

static void
resize (BwRowsModel *self,
        guint        n)
{
  guint n_before = self->n_shown;

  if (n == n_before)
    return;
  self->n_shown = n;
  g_list_model_items_changed (G_LIST_MODEL (self), MIN (n, n_before), n < n_before ? n_before - n : 0,
                              n > n_before ? n - n_before : 0);
}

/* Are there more? */
static gboolean
freshen_some (BwRowsModel *self)
{
  guint n = 0;

  for (; self->n_checked < self->n_shown && n < TURN_TOLD; self->n_checked++)
    if (get_live (self, self->n_checked)->stale)
      {
        freshen (self, self->n_checked);
        n++;
      }

  return self->n_checked < self->n_shown;
}

static gboolean
turn_cb (gpointer data)
{
  BwRowsModel *self = data;
  guint n;

  if (freshen_some (self))
    return G_SOURCE_CONTINUE;
  n = self->n_shown < WIDGET_ROWS ? MIN (self->n_shown + TURN_ROWS, self->n_rows) : self->n_rows;

  if (n == self->n_rows)
    self->turn = 0;
  resize (self, n);

  return n == self->n_rows ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

guint
bw_rows_model_get_n_rows (BwRowsModel *self)
{
  return self->n_rows;
}

void
bw_rows_model_set_first (BwRowsModel *self,
                         guint        position)
{
  self->first = position;
}

void
bw_rows_model_reveal (BwRowsModel *self,
                      guint        position)
{
  if (position >= self->n_shown && position < self->n_rows)
    resize (self, self->n_rows);
}

static void
replace (BwRowsModel *self,
         BeltTrial   *trial,
         GPtrArray   *rows,
         GPtrArray   *payloads)
{
  BeltTrial *before = self->trial;
  guint n_common;

  self->trial = trial != NULL ? belt_trial_ref (trial) : NULL;
  self->rows = rows;
  self->payloads = payloads;
  self->n_rows = payloads != NULL ? payloads->len : rows != NULL ? rows->len : 0;
  n_common = MIN (self->n_shown, self->n_rows);

  let_go (self, n_common);
  for (guint i = 0; i < n_common; i++)
    get_live (self, i)->stale = get_live (self, i)->row != NULL;
  self->n_checked = 0;
  for (guint i = self->first; i < MIN (self->first + SCREEN_ROWS, n_common); i++)
    freshen (self, i);
  g_array_set_size (self->live, self->n_rows);
  g_clear_handle_id (&self->turn, g_source_remove);
  resize (self, MIN (MAX (n_common, SCREEN_ROWS), self->n_rows));
  self->turn = g_idle_add (turn_cb, self);
  g_clear_pointer (&before, belt_trial_unref);
}

void
bw_rows_model_set_rows (BwRowsModel *self,
                        BeltTrial   *trial,
                        GPtrArray   *rows)
{
  replace (self, trial, rows, NULL);
}

void
bw_rows_model_set_payloads (BwRowsModel *self,
                            BeltTrial   *trial,
                            GPtrArray   *payloads)
{
  replace (self, trial, NULL, payloads);
}

GPtrArray *
bw_rows_model_dup_some (BwRowsModel *self,
                        guint        n)
{
  GPtrArray *some = g_ptr_array_new_with_free_func (g_object_unref);

  n = MIN (n, self->n_rows);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (some, create_row (self, (guint)((guint64)i * self->n_rows / n)));

  return some;
}

GStrv
bw_rows_dup_columns (GPtrArray *rows)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; rows != NULL && i < MIN (rows->len, COLUMN_ROWS_MAX); i++)
    {
      const BeltTrialRow *row = g_ptr_array_index (rows, i);

      for (guint j = 0; row->row.tag == BELT_TAG_MAP && j < row->row.len; j++)
        {
          char *name = g_strndup (row->row.u.members[j].name, row->row.u.members[j].name_len);

          if (g_hash_table_size (seen) >= COLUMNS_MAX || g_hash_table_contains (seen, name))
            {
              g_free (name);
              continue;
            }
          g_strv_builder_add (builder, name);
          g_hash_table_add (seen, name);
        }
    }

  return g_strv_builder_end (builder);
}

guint
bw_rows_model_find (BwRowsModel *self,
                    BeltRowId    id)
{
  for (guint i = 0; self->rows != NULL && i < self->rows->len; i++)
    if (((const BeltTrialRow *)g_ptr_array_index (self->rows, i))->id == id)
      return i;

  return G_MAXUINT;
}
