/* bw-rows-columns.c - the columns of a table of rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A GtkColumnView of GTK 4.8 has cells for two hundred rows, seen or not: to take
 * a column out and put another in costs 15 ms, and to ask labels how wide they
 * would like to be 50 us each.  So columns are reused: they get a new title and
 * say something else, those too many are hidden, those missing come one a turn of
 * the main loop; cells are GtkInscriptions, which ask for no width, and the width
 * of a column comes from some of its texts.
 */
#include "config.h"

#include "bw-rows-columns.h"

#include <glib/gi18n.h>

#define WIDTH_ROWS    32u  /* looked at for the width */
#define WIDTH_MIN     44
#define WIDTH_MAX     360
#define WHY_WIDTH_MIN 280
#define CELL_PADDING  18   /* of the style sheet, and a pixel each side */
#define TITLE_PADDING 26

typedef enum
{
  CELL_NUMBER,
  CELL_TIME,
  CELL_VALUE,
  CELL_WHY,
  CELL_PAYLOAD,
  CELL_FILLER,  /* the rest of the width belongs to nobody, so that numbers stay near their titles */
} CellKind;

typedef struct
{
  CellKind             kind;
  char                *name;    /* of the value */
  int                  width;   /* as we set it: another one was set by hand */
  int                  before;  /* it was hidden */
  GtkColumnViewColumn *column;  /* the table's; NULL: still to come */
} Column;

struct BwRowsColumns
{
  GtkColumnView *table;
  BwRowsModel   *model;
  GPtrArray     *columns;  /* of Column */
  guint          n_shown;  /* of them */
  guint          turn;     /* source that brings those to come */
};

static void
column_free (gpointer data)
{
  Column *self = data;

  g_free (self->name);
  g_free (self);
}

static char *
dup_text (const Column *self,
          BwRow        *row,
          gboolean     *ret_number)
{
  *ret_number = self->kind == CELL_NUMBER;
  switch (self->kind)
    {
    case CELL_NUMBER:
      return bw_row_dup_number (row);

    case CELL_TIME:
      return bw_row_dup_time (row);

    case CELL_WHY:
      return g_strdup (bw_row_get_why (row));

    case CELL_VALUE:
    case CELL_PAYLOAD:
      return bw_row_dup_cell (row, self->kind == CELL_VALUE ? self->name : NULL, ret_number);

    case CELL_FILLER:
    default:
      return g_strdup ("");
    }
}

/* A screen reader goes from row to row: the number says which, and the sentence why it is here. */
static void
name_row (GtkWidget  *cell,
          BwRow      *row,
          const char *number)
{
  GtkWidget *widget = gtk_widget_get_parent (gtk_widget_get_parent (cell));
  const char *why = bw_row_get_why (row);
  g_autofree char *name = g_strdup_printf (*why != '\0' ? _("Row %s: %s") : _("Row %s"), number, why);

  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
show_cell (BwRow       *row,
           GtkListItem *item)
{
  const Column *column = g_object_get_data (G_OBJECT (item), "column");
  GtkInscription *cell = GTK_INSCRIPTION (gtk_list_item_get_child (item));
  gboolean number;
  g_autofree char *text = dup_text (column, row, &number);

  /* Setting the same text again would draw the cell again. */
  if (g_strcmp0 (gtk_inscription_get_text (cell), text) != 0)
    gtk_inscription_set_text (cell, text);
  gtk_inscription_set_xalign (cell, number ? 1 : 0);
  if (column->kind == CELL_NUMBER)
    name_row (GTK_WIDGET (cell), row, text);
}

/* A text that is cut is read in full under the pointer. */
static gboolean
query_tooltip_cb (GtkWidget  *cell,
                  int         x,
                  int         y,
                  gboolean    keyboard,
                  GtkTooltip *tooltip)
{
  const char *text = gtk_inscription_get_text (GTK_INSCRIPTION (cell));
  g_autoptr(PangoLayout) layout = NULL;
  int width;

  if (text == NULL || *text == '\0')
    return FALSE;
  layout = gtk_widget_create_pango_layout (cell, text);
  pango_layout_get_pixel_size (layout, &width, NULL);
  gtk_tooltip_set_text (tooltip, text);

  return width > gtk_widget_get_width (cell);
}

static void
setup_cell_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *item,
               gpointer                  data)
{
  GtkWidget *cell = gtk_inscription_new (NULL);

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell), GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_widget_add_css_class (cell, "numeric");
  gtk_widget_set_has_tooltip (cell, TRUE);
  g_signal_connect (cell, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  g_object_set_data (G_OBJECT (item), "column", data);
  gtk_list_item_set_child (item, cell);
}

static void
bind_cell_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              gpointer                  data)
{
  BwRow *row = gtk_list_item_get_item (item);

  g_signal_connect (row, "changed", G_CALLBACK (show_cell), item);
  show_cell (row, item);
}

static void
unbind_cell_cb (GtkSignalListItemFactory *factory,
                GtkListItem              *item,
                gpointer                  data)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), show_cell, item);
}

static const char *
get_title (const Column *self)
{
  switch (self->kind)
    {
    case CELL_NUMBER:
      return "#";

    case CELL_TIME:
      return _("Time");

    case CELL_WHY:
      return _("Why");

    case CELL_PAYLOAD:
      return _("Would have been sent");

    case CELL_VALUE:
      return self->name;

    case CELL_FILLER:
    default:
      return "";
    }
}

static int
measure (BwRowsColumns *self,
         const char    *text)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self->table), text);
  PangoAttrList *attributes = pango_attr_list_new ();
  int width;

  /* As cells are drawn: all digits as wide as the widest. */
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

/* That of the longest of some texts.  Width is asked of one text: shaping is what takes time. */
static int
get_width (BwRowsColumns *self,
           const Column  *column,
           GPtrArray     *rows)
{
  g_autofree char *longest = g_strdup ("");
  int width;

  for (guint i = 0; i < rows->len; i++)
    {
      gboolean number;
      char *text = dup_text (column, g_ptr_array_index (rows, i), &number);

      if (g_utf8_strlen (text, -1) > g_utf8_strlen (longest, -1))
        {
          g_free (longest);
          longest = text;
        }
      else
        {
          g_free (text);
        }
    }
  width = MAX (measure (self, longest) + CELL_PADDING, measure (self, get_title (column)) + TITLE_PADDING);

  return CLAMP (width, column->kind == CELL_WHY ? WHY_WIDTH_MIN : WIDTH_MIN, WIDTH_MAX);
}

/* A width set by hand stays; one of ours grows with the texts, and never jumps back. */
static void
fit (BwRowsColumns *self,
     Column        *column,
     GPtrArray     *rows)
{
  int width;

  if (column->kind == CELL_FILLER || column->column == NULL ||
      (column->width != 0 && column->width != gtk_column_view_column_get_fixed_width (column->column)))
    return;
  width = get_width (self, column, rows);
  if (width <= column->width)
    return;
  column->width = width;
  gtk_column_view_column_set_fixed_width (column->column, width);
}

static void
show_column (const Column *self)
{
  gtk_column_view_column_set_title (self->column, get_title (self));
  gtk_column_view_column_set_expand (self->column, self->kind == CELL_FILLER || self->kind == CELL_WHY ||
                                     self->kind == CELL_PAYLOAD);
  gtk_column_view_column_set_resizable (self->column, self->kind != CELL_FILLER);
  gtk_column_view_column_set_fixed_width (self->column, self->before != 0 ? self->before : -1);
  gtk_column_view_column_set_visible (self->column, TRUE);
}

/* GTK counts the width of a hidden column as well. */
static void
hide_column (Column *self)
{
  if (!gtk_column_view_column_get_visible (self->column))
    return;
  self->before = gtk_column_view_column_get_fixed_width (self->column);
  gtk_column_view_column_set_fixed_width (self->column, 0);
  gtk_column_view_column_set_visible (self->column, FALSE);
}

static void
append_column (BwRowsColumns *self,
               Column        *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cell_cb), column);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cell_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cell_cb), NULL);
  column->column = gtk_column_view_column_new (NULL, factory);
  show_column (column);
  gtk_column_view_append_column (self->table, column->column);
  g_object_unref (column->column);
}

static gboolean
turn_cb (gpointer data)
{
  BwRowsColumns *self = data;

  for (guint i = 0; i < self->n_shown; i++)
    {
      Column *column = g_ptr_array_index (self->columns, i);

      if (column->column == NULL)
        {
          g_autoptr(GPtrArray) rows = bw_rows_model_dup_some (self->model, WIDTH_ROWS);

          append_column (self, column);
          fit (self, column, rows);
          return G_SOURCE_CONTINUE;
        }
    }
  self->turn = 0;

  return G_SOURCE_REMOVE;
}

/* The next column says this. */
static void
put (BwRowsColumns *self,
     CellKind       kind,
     const char    *name)
{
  Column *column;

  if (self->n_shown == self->columns->len)
    g_ptr_array_add (self->columns, g_new0 (Column, 1));
  column = g_ptr_array_index (self->columns, self->n_shown++);

  if (column->column != NULL && column->kind == kind && g_strcmp0 (column->name, name) == 0)
    {
      if (!gtk_column_view_column_get_visible (column->column))
        show_column (column);
      return;
    }
  column->kind = kind;
  g_free (column->name);
  column->name = g_strdup (name);
  column->width = 0;
  column->before = 0;
  if (column->column != NULL)
    show_column (column);
}

BwRowsColumns *
bw_rows_columns_new (GtkColumnView *table,
                     BwRowsModel   *model)
{
  BwRowsColumns *self = g_new0 (BwRowsColumns, 1);

  self->table = table;
  self->model = model;
  self->columns = g_ptr_array_new_with_free_func (column_free);
  return self;
}

void
bw_rows_columns_free (BwRowsColumns *self)
{
  g_clear_handle_id (&self->turn, g_source_remove);
  g_ptr_array_unref (self->columns);
  g_free (self);
}

void
bw_rows_columns_show (BwRowsColumns     *self,
                      const char *const *names,
                      gboolean           why,
                      gboolean           payload)
{
  self->n_shown = 0;
  put (self, CELL_NUMBER, NULL);
  put (self, payload ? CELL_PAYLOAD : CELL_TIME, NULL);
  if (why)
    put (self, CELL_WHY, NULL);
  for (guint i = 0; names[i] != NULL; i++)
    put (self, CELL_VALUE, names[i]);
  if (!why && !payload)
    put (self, CELL_FILLER, NULL);

  for (guint i = self->n_shown; i < self->columns->len; i++)
    {
      Column *column = g_ptr_array_index (self->columns, i);

      if (column->column != NULL)
        hide_column (column);
    }

  /* A column of an empty table costs nothing. */
  if (g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 0)
    while (turn_cb (self) == G_SOURCE_CONTINUE)
      continue;
  else if (self->turn == 0)
    self->turn = g_idle_add (turn_cb, self);
}

void
bw_rows_columns_fit (BwRowsColumns *self)
{
  g_autoptr(GPtrArray) rows = bw_rows_model_dup_some (self->model, WIDTH_ROWS);

  for (guint i = 0; i < self->n_shown; i++)
    fit (self, g_ptr_array_index (self->columns, i), rows);
}
