/* bw-rows-model.c - the rows of a trial at one side of one operator
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-rows-model.h"

#define COLUMN_ROWS_MAX 500u  /* rows looked at for names of columns */
#define COLUMNS_MAX     100u  /* a table wider than that helps nobody */

struct _BwRowsModel
{
  GObject    parent_instance;

  BeltTrial *trial;
  GPtrArray *rows;       /* the trial's */
  JsonArray *payloads;   /* the trial's */
  guint      n_rows;
};

static GType
bw_rows_model_get_item_type (GListModel *model)
{
  return BW_TYPE_ROW;
}

static guint
bw_rows_model_get_n_items (GListModel *model)
{
  return BW_ROWS_MODEL (model)->n_rows;
}

static gpointer
bw_rows_model_get_item (GListModel *model,
                        guint       position)
{
  BwRowsModel *self = BW_ROWS_MODEL (model);

  if (position >= self->n_rows)
    return NULL;
  if (self->payloads != NULL)
    return bw_row_new_payload (json_array_get_element (self->payloads, position), position + 1);

  return bw_row_new (self->trial, g_ptr_array_index (self->rows, position));
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

static void
bw_rows_model_finalize (GObject *object)
{
  g_clear_pointer (&BW_ROWS_MODEL (object)->trial, belt_trial_unref);

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
}

BwRowsModel *
bw_rows_model_new (void)
{
  return g_object_new (BW_TYPE_ROWS_MODEL, NULL);
}

static void
replace (BwRowsModel *self,
         BeltTrial   *trial,
         GPtrArray   *rows,
         JsonArray   *payloads)
{
  guint n_before = self->n_rows;
  BeltTrial *before = self->trial;

  self->trial = trial != NULL ? belt_trial_ref (trial) : NULL;
  self->rows = rows;
  self->payloads = payloads;
  self->n_rows = payloads != NULL ? json_array_get_length (payloads) : rows != NULL ? rows->len : 0;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, self->n_rows);
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
                            JsonNode    *payloads)
{
  replace (self, trial, NULL, payloads != NULL &&
           JSON_NODE_HOLDS_ARRAY (payloads) ? json_node_get_array (payloads) : NULL);
}

GStrv
bw_rows_model_dup_columns (BwRowsModel *self)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; self->rows != NULL && i < MIN (self->rows->len, COLUMN_ROWS_MAX); i++)
    {
      const BeltTrialRow *row = g_ptr_array_index (self->rows, i);

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
