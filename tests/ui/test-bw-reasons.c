/* test-bw-reasons.c - each reason why a row did not come out, read off the window
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names and values are drawn at test time; how many rows each reason takes, and what
 * it must say, is computed here from the rows, without the engine.
 */
#include "config.h"

#include "bw-test.h"

#include <adwaita.h>
#include <string.h>

#define N_ROWS       60
#define WINDOW_MS    10000
#define START_MS     G_GINT64_CONSTANT (1700000000000)

/* One sample row, as drawn. */
typedef struct
{
  int      number;     /* tenths */
  gboolean is_null;
  int      maybe;      /* when not null */
  gboolean is_text;
  int      mixed;      /* when no text */
  char     text[8];
  gint64   time_ms;
} Row;

typedef struct
{
  char  *folder;
  char  *stream;
  char  *key;        /* columns */
  char  *number;
  char  *maybe;      /* sometimes null */
  char  *mixed;      /* a number or a text */
  char  *time;
  int    tolerance_ms;
  Row    rows[N_ROWS];
} Data;

static char *
draw_name (char first)
{
  GString *name = g_string_new (NULL);

  g_string_append_c (name, first);
  for (int i = 0; i < 6; i++)
    g_string_append_c (name, (char)('a' + g_test_rand_int_range (0, 26)));
  g_string_append (name, "_x");

  return g_string_free (name, FALSE);
}

static void
draw_rows (Data *data)
{
  gint64 time_ms = START_MS + g_test_rand_int_range (0, WINDOW_MS);

  for (guint i = 0; i < N_ROWS; i++)
    {
      Row *row = &data->rows[i];

      row->number = g_test_rand_int_range (1, 1000);
      row->is_null = i % 7 == 3 || g_test_rand_int_range (0, 4) == 0;
      row->maybe = g_test_rand_int_range (0, 100);
      row->is_text = i % 9 == 4 || g_test_rand_int_range (0, 5) == 0;
      row->mixed = g_test_rand_int_range (0, 100);
      for (guint k = 0; k < 5; k++)
        row->text[k] = (char)('a' + g_test_rand_int_range (0, 26));
      time_ms += g_test_rand_int_range (100, 1500);
      /* Now and then one comes long after its time. */
      row->time_ms = i % 8 == 7 ? time_ms - data->tolerance_ms - g_test_rand_int_range (1600, 60000) : time_ms;
    }
}

static void
write_samples (Data *data)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *name = g_strdup_printf ("samples/%s.jsonl", data->stream);

  for (guint i = 0; i < N_ROWS; i++)
    {
      const Row *row = &data->rows[i];

      g_string_append_printf (text, "{\"%s\":%u,\"%s\":%d.%d,", data->key, i, data->number, row->number / 10,
                              row->number % 10);
      if (row->is_null)
        g_string_append_printf (text, "\"%s\":null,", data->maybe);
      else
        g_string_append_printf (text, "\"%s\":%d,", data->maybe, row->maybe);
      if (row->is_text)
        g_string_append_printf (text, "\"%s\":\"%s\",", data->mixed, row->text);
      else
        g_string_append_printf (text, "\"%s\":%d,", data->mixed, row->mixed);
      g_string_append_printf (text, "\"%s\":%" G_GINT64_FORMAT "}\n", data->time, row->time_ms);
    }
  bw_test_write_file (data->folder, name, text->str);
}

/* One rule a reason, all over the same rows. */
static void
write_rule (Data       *data,
            const char *name,
            const char *options,
            const char *sql)
{
  g_autofree char *json_name = g_strdup_printf ("rules/%s.json", name);
  g_autofree char *sql_name = g_strdup_printf ("rules/%s.sql", name);
  g_autofree char *json = g_strdup_printf ("{\n  \"id\": \"%s\",\n  \"actions\": [ { \"log\": {} } ],\n"
                                           "  \"options\": %s\n}\n", name, options);

  bw_test_write_file (data->folder, json_name, json);
  bw_test_write_file (data->folder, sql_name, sql);
}

static void
write_project (Data *data)
{
  g_autofree char *stream_name = g_strdup_printf ("streams/%s.sql", data->stream);
  g_autofree char *stream = g_strdup_printf ("CREATE STREAM %s () WITH (DATASOURCE=\"a\", FORMAT=\"JSON\", "
                                             "TIMESTAMP=\"%s\");\n", data->stream, data->time);

  bw_test_write_file (data->folder, "beltworks.json",
                      "{\n  \"format\": 1,\n  \"plugins\": [],\n  \"engines\": []\n}\n");
  bw_test_write_file (data->folder, stream_name, stream);
  write_samples (data);
}

static void
data_init (Data *data)
{
  *data = (Data) { .folder = g_dir_make_tmp ("reasons-XXXXXX", NULL) };
  data->stream = draw_name ('s');
  data->key = draw_name ('k');
  data->number = draw_name ('n');
  data->maybe = draw_name ('h');
  data->mixed = draw_name ('m');
  data->time = draw_name ('t');
  data->tolerance_ms = g_test_rand_int_range (500, 3000);
  draw_rows (data);
  write_project (data);
}

static void
data_clear (Data *data)
{
  g_free (data->folder);
  g_free (data->stream);
  g_free (data->key);
  g_free (data->number);
  g_free (data->maybe);
  g_free (data->mixed);
  g_free (data->time);
}

static char *
dup_tenths (int tenths)
{
  return tenths % 10 == 0 ? g_strdup_printf ("%d", tenths / 10) : g_strdup_printf ("%d.%d", tenths / 10, tenths % 10);
}

static char *
dup_clock (gint64 ms)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (ms / 1000);
  g_autofree char *text = g_date_time_format (time, "%H:%M:%S");
  int rest = (int)(ms % 1000);

  return rest == 0 ? g_steal_pointer (&text) : g_strdup_printf ("%s.%03d", text, rest);
}

static char *
dup_span (gint64 ms)
{
  return ms < 1000 ? g_strdup_printf ("%d ms", (int)ms)
                   : g_strdup_printf ("%.10g s", (double)ms / 1000.0);
}

/* --- what is read off the window --- */

static BwRulePage *
get_page (BwWindow *window)
{
  return BW_RULE_PAGE (bw_test_get_page (window));
}

static void
open_rule (BwWindow   *window,
           const char *name)
{
  bw_window_open_named (window, name);
  BW_WAIT (g_str_equal (bw_item_get_name (bw_page_get_item (bw_test_get_page (window))), name));
  BW_WAIT (bw_window_is_settled (window));
  BW_WAIT (bw_rule_page_get_trial (get_page (window)) != NULL);
}

static GtkWidget *
find_mapped (GtkWidget  *root,
             GType       type,
             const char *label)
{
  GtkWidget *found = bw_test_find_widget (root, type, label);

  g_assert_nonnull (found);
  BW_WAIT (gtk_widget_get_mapped (found));
  return found;
}

/* The toggle of the rows that did not go on; it says which kinds of them there are. */
static GtkWidget *
get_dropped_toggle (BwWindow *window)
{
  GtkWidget *rows = GTK_WIDGET (bw_rule_page_get_rows (get_page (window)));
  GtkWidget *toggle = bw_test_find_widget (rows, GTK_TYPE_TOGGLE_BUTTON, "Dropped");

  return toggle != NULL ? toggle : find_mapped (rows, GTK_TYPE_TOGGLE_BUTTON, "Waiting");
}

/* As a person does: the operator in the plan, then the side. */
static void
show_dropped (BwWindow   *window,
              const char *kind)
{
  BwRulePage *page = get_page (window);
  guint op = bw_test_find_op (bw_rule_page_get_trial (page), kind);
  GtkWidget *node;
  GtkWidget *toggle;

  g_assert_cmpuint (op, !=, G_MAXUINT);
  node = bw_plan_view_get_node (bw_rule_page_get_plan (page), op);
  g_assert_true (gtk_widget_get_mapped (node));
  gtk_widget_activate (node);
  BW_WAIT (bw_plan_view_get_selected (bw_rule_page_get_plan (page)) == op);
  toggle = get_dropped_toggle (window);
  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (toggle)))
    gtk_widget_activate (toggle);
  BW_WAIT (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (toggle)));
}

static guint
read_count (BwWindow   *window,
            const char *word)
{
  const char *label = strstr (gtk_button_get_label (GTK_BUTTON (get_dropped_toggle (window))), word);

  g_assert_nonnull (label);
  return (guint)g_ascii_strtoull (label + strcspn (label, "0123456789"), NULL, 10);
}

static guint
count_rows (BwWindow *window)
{
  return g_list_model_get_n_items (bw_rows_view_get_model (bw_rule_page_get_rows (get_page (window))));
}

/* Among those shown; G_MAXUINT when it is not there yet. */
static guint
find_column (GtkColumnView *table,
             const char    *title)
{
  GListModel *columns = gtk_column_view_get_columns (table);
  guint n_shown = 0;

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (!gtk_column_view_column_get_visible (column))
        continue;
      if (g_strcmp0 (gtk_column_view_column_get_title (column), title) == 0)
        return n_shown;
      n_shown++;
    }

  return G_MAXUINT;
}

static gboolean
is_in_sight (GtkWidget *widget)
{
  GtkWidget *scroller = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW);
  graphene_rect_t bounds;

  return gtk_widget_get_mapped (widget) && gtk_widget_get_height (widget) > 0 &&
         gtk_widget_compute_bounds (widget, scroller, &bounds) && bounds.origin.y >= 0 &&
         bounds.origin.y + bounds.size.height <= (float)gtk_widget_get_height (scroller);
}

/* The nth row of the table that is in sight. */
static GtkWidget *
find_row_widget (GtkWidget *widget,
                 guint     *n)
{
  if (g_strcmp0 (gtk_widget_get_css_name (widget), "row") == 0)
    return is_in_sight (widget) && (*n)-- == 0 ? widget : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_row_widget (child, n);

      if (found != NULL)
        return found;
    }

  return NULL;
}

static GtkWidget *
get_row_widget (BwWindow *window,
                guint     n)
{
  GtkWidget *table = find_mapped (GTK_WIDGET (bw_rule_page_get_rows (get_page (window))), GTK_TYPE_COLUMN_VIEW, NULL);

  return find_row_widget (table, &n);
}

static GtkInscription *
get_cell (BwWindow   *window,
          guint       n,
          const char *title)
{
  GtkWidget *table = find_mapped (GTK_WIDGET (bw_rule_page_get_rows (get_page (window))), GTK_TYPE_COLUMN_VIEW, NULL);
  GtkWidget *cell;
  GtkWidget *text;

  BW_WAIT (find_column (GTK_COLUMN_VIEW (table), title) != G_MAXUINT);
  cell = gtk_widget_get_first_child (get_row_widget (window, n));
  for (guint i = find_column (GTK_COLUMN_VIEW (table), title); i > 0; i--)
    cell = gtk_widget_get_next_sibling (cell);
  text = bw_test_find_widget (cell, GTK_TYPE_INSCRIPTION, NULL);
  g_assert_nonnull (text);
  BW_WAIT (gtk_widget_get_mapped (text) && gtk_widget_get_width (text) > 0);

  return GTK_INSCRIPTION (text);
}

/* Nothing of a short cell is cut off. */
static void
assert_fits (GtkInscription *cell)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (cell), gtk_inscription_get_text (cell));
  int width;

  pango_layout_set_attributes (layout, gtk_inscription_get_attributes (cell));
  pango_layout_get_pixel_size (layout, &width, NULL);
  BW_WAIT (gtk_widget_get_width (GTK_WIDGET (cell)) >= width);
}

/* A sentence that does not fit is there whole when the pointer rests on it. */
static void
assert_readable (GtkInscription *cell)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (cell), gtk_inscription_get_text (cell));
  g_autoptr(GtkTooltip) tooltip = g_object_new (GTK_TYPE_TOOLTIP, NULL);
  gboolean shown = FALSE;
  int width;

  BW_WAIT (gtk_widget_get_width (GTK_WIDGET (cell)) >= 200);
  pango_layout_get_pixel_size (layout, &width, NULL);
  if (width <= gtk_widget_get_width (GTK_WIDGET (cell)))
    return;
  g_signal_emit_by_name (cell, "query-tooltip", 1, 1, FALSE, tooltip, &shown);
  g_assert_true (shown);
}

static void
select_row (BwWindow *window,
            guint     n)
{
  /* What a click on the row does. */
  g_assert_true (gtk_widget_activate_action (get_row_widget (window, n), "listitem.select", "(bb)", FALSE, FALSE));
}

/* What is said of a row in the table must be what is said of it beside the table. */
static void
assert_why_view (BwWindow   *window,
                 guint       n,
                 const char *sentence)
{
  GtkWidget *why = GTK_WIDGET (bw_rule_page_get_why (get_page (window)));
  GtkWidget *label;

  select_row (window, n);
  BW_WAIT (gtk_widget_get_mapped (why));
  label = find_mapped (why, GTK_TYPE_LABEL, sentence);
  BW_WAIT (gtk_widget_get_width (label) > 0);
  g_assert_false (pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (label))));
}

typedef struct
{
  const char *rule;
  const char *kind;         /* of the operator */
  guint       n;            /* rows it must take */
  guint       n_waiting;    /* of them, those that only wait */
  guint       row[N_ROWS];  /* indices of the rows, in order */
  char       *said[N_ROWS]; /* what each must say */
} Wanted;

static void
add_wanted (Wanted *wanted,
            guint   row,
            char   *sentence)
{
  wanted->row[wanted->n] = row;
  wanted->said[wanted->n++] = sentence;
}

static void
check_reason (BwWindow *window,
              Data     *data,
              Wanted   *wanted)
{
  g_autofree char *light = g_strconcat ("reason-", wanted->rule, NULL);
  g_autofree char *dark = g_strconcat ("reason-", wanted->rule, "-dark", NULL);
  guint n_read = 0;

  g_assert_cmpuint (wanted->n, >, 0);
  open_rule (window, wanted->rule);
  show_dropped (window, wanted->kind);
  if (wanted->n > wanted->n_waiting)
    g_assert_cmpuint (read_count (window, "Dropped"), ==, wanted->n - wanted->n_waiting);
  if (wanted->n_waiting > 0)
    g_assert_cmpuint (read_count (window, "Waiting"), ==, wanted->n_waiting);
  BW_WAIT (count_rows (window) == wanted->n && get_row_widget (window, 0) != NULL);

  for (guint i = 0; i < wanted->n && get_row_widget (window, i) != NULL; i++)
    {
      GtkInscription *why = get_cell (window, i, "Why");
      g_autofree char *number = g_strdup_printf ("%u", wanted->row[i] + 1);
      g_autofree char *time = dup_clock (data->rows[wanted->row[i]].time_ms);

      g_assert_cmpstr (gtk_inscription_get_text (get_cell (window, i, "#")), ==, number);
      if (!g_str_equal (wanted->kind, "filter"))  /* event time */
        g_assert_true (g_str_has_prefix (gtk_inscription_get_text (get_cell (window, i, "Time")), time));
      g_assert_cmpstr (gtk_inscription_get_text (why), ==, wanted->said[i]);
      assert_readable (why);
      assert_fits (get_cell (window, i, "Time"));
      n_read++;
    }
  g_assert_cmpuint (n_read, >, 0);
  g_test_message ("%s: %u rows, %u read, the first: %s", wanted->rule, wanted->n, n_read, wanted->said[0]);

  assert_why_view (window, MIN (wanted->n - 1, 1), wanted->said[MIN (wanted->n - 1, 1)]);
  assert_why_view (window, 0, wanted->said[0]);
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);
  bw_test_picture (GTK_WIDGET (window), light);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  bw_test_picture (GTK_WIDGET (window), dark);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_LIGHT);

  for (guint i = 0; i < wanted->n; i++)
    g_free (wanted->said[i]);
}

/* Is all of a widget inside what its scrolled window shows? */
static gboolean
is_all_in_sight (GtkWidget *widget)
{
  GtkWidget *scroller = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW);
  graphene_rect_t bounds;

  return gtk_widget_compute_bounds (widget, scroller, &bounds) && bounds.size.width > 0 && bounds.origin.x >= 0 &&
         bounds.origin.x + bounds.size.width <= (float)gtk_widget_get_width (scroller);
}

static BwWindow *
open_project (Data *data)
{
  return bw_test_open (data->folder, NULL);
}

static void
test_predicate_false (void)
{
  Data data;
  Wanted wanted = { .rule = "false", .kind = "filter" };
  int limit = g_test_rand_int_range (300, 700);
  g_autofree char *written = NULL;
  g_autofree char *sql = NULL;
  BwWindow *window;

  data_init (&data);
  written = g_strdup_printf ("%d.%d", limit / 10, limit % 10);
  sql = g_strdup_printf ("SELECT %s, %s\nFROM %s\nWHERE %s > %s\n", data.key, data.number, data.stream, data.number,
                         written);
  write_rule (&data, wanted.rule, "{}", sql);
  for (guint i = 0; i < N_ROWS; i++)
    {
      g_autofree char *value = dup_tenths (data.rows[i].number);

      if (data.rows[i].number <= limit)
        add_wanted (&wanted, i, g_strdup_printf ("%s > %s is false: %s is %s", data.number, written, data.number,
                                                 value));
    }

  window = open_project (&data);
  check_reason (window, &data, &wanted);
  bw_test_close (window);
  data_clear (&data);
}

static void
test_null (void)
{
  Data data;
  Wanted wanted = { .rule = "null", .kind = "filter" };
  g_autofree char *sql = NULL;
  BwWindow *window;

  data_init (&data);
  sql = g_strdup_printf ("SELECT %s, %s\nFROM %s\nWHERE %s >= 0\n", data.key, data.maybe, data.stream, data.maybe);
  write_rule (&data, wanted.rule, "{}", sql);
  for (guint i = 0; i < N_ROWS; i++)
    if (data.rows[i].is_null)
      add_wanted (&wanted, i, g_strdup_printf ("%s is null, so %s >= 0 is not true", data.maybe, data.maybe));

  window = open_project (&data);
  check_reason (window, &data, &wanted);
  bw_test_close (window);
  data_clear (&data);
}

static void
test_type_error (void)
{
  Data data;
  Wanted wanted = { .rule = "type", .kind = "filter" };
  int limit = g_test_rand_int_range (-50, 0);
  g_autofree char *sql = NULL;
  BwWindow *window;

  data_init (&data);
  sql = g_strdup_printf ("SELECT %s, %s\nFROM %s\nWHERE %s > %d\n", data.key, data.mixed, data.stream, data.mixed,
                         limit);
  write_rule (&data, wanted.rule, "{}", sql);
  for (guint i = 0; i < N_ROWS; i++)
    if (data.rows[i].is_text)
      add_wanted (&wanted, i, g_strdup_printf ("%s > %d failed, %s is \"%s\": run Where error: "
                                               "invalid operation string(%s) > int64(%d)",
                                               data.mixed, limit, data.mixed, data.rows[i].text,
                                               data.rows[i].text, limit));

  window = open_project (&data);
  check_reason (window, &data, &wanted);
  bw_test_close (window);
  data_clear (&data);
}

static char *
dup_event_time (const Data *data)
{
  return g_strdup_printf ("{ \"isEventTime\": true, \"lateTolerance\": %d }", data->tolerance_ms);
}

static char *
dup_window_sql (const Data *data)
{
  return g_strdup_printf ("SELECT count(*) AS n, window_end() AS closed\nFROM %s\nGROUP BY TUMBLINGWINDOW(ss, %d)\n",
                          data->stream, WINDOW_MS / 1000);
}

/* How far the watermark has come when row i is there, and whether the row is late. */
static gint64
compute_watermark (const Data *data,
                   guint       n)
{
  gint64 newest = G_MININT64;

  for (guint i = 0; i < n; i++)
    newest = MAX (newest, data->rows[i].time_ms);

  return n == 0 ? G_MININT64 : newest - data->tolerance_ms;
}

/* What the watermark has not reached waits for it, in order of time. */
static void
add_waiting (Data   *data,
             Wanted *wanted)
{
  gint64 watermark = compute_watermark (data, N_ROWS);
  g_autofree char *mark = dup_clock (watermark);
  gboolean done[N_ROWS] = { FALSE };

  while (TRUE)
    {
      guint next = N_ROWS;
      g_autofree char *needed = NULL;

      for (guint i = 0; i < N_ROWS; i++)
        if (!done[i] && data->rows[i].time_ms > watermark &&
            (next == N_ROWS || data->rows[i].time_ms < data->rows[next].time_ms))
          next = i;
      if (next == N_ROWS)
        return;
      done[next] = TRUE;
      needed = dup_clock (data->rows[next].time_ms + data->tolerance_ms);
      add_wanted (wanted, next, g_strdup_printf ("waits until the watermark reaches it, with a row of %s or later; "
                                                 "the watermark is at %s", needed, mark));
      wanted->n_waiting++;
    }
}

static void
test_late (void)
{
  Data data;
  Wanted wanted = { .rule = "late", .kind = "watermark" };
  g_autofree char *sql = NULL;
  g_autofree char *options = NULL;
  BwWindow *window;

  data_init (&data);
  sql = dup_window_sql (&data);
  options = dup_event_time (&data);
  write_rule (&data, wanted.rule, options, sql);
  for (guint i = 0; i < N_ROWS; i++)
    {
      gint64 watermark = compute_watermark (&data, i);
      gint64 time = data.rows[i].time_ms;

      if (time < watermark)
        {
          g_autofree char *own = dup_clock (time);
          g_autofree char *mark = dup_clock (watermark);

          g_autofree char *span = dup_span (watermark - time);
          g_autofree char *tolerance = dup_span (data.tolerance_ms);

          add_wanted (&wanted, i, g_strdup_printf ("late: %s is %s before the watermark %s; the tolerance is %s",
                                                   own, span, mark, tolerance));
        }
    }
  add_waiting (&data, &wanted);

  window = open_project (&data);
  check_reason (window, &data, &wanted);
  bw_test_close (window);
  data_clear (&data);
}

/* Of the rows that were not late, those whose window closes after the last watermark. */
static void
test_held (void)
{
  Data data;
  Wanted wanted = { .rule = "held", .kind = "window" };
  guint n_last = (guint)g_test_rand_int_range (1, 9);
  g_autofree char *sql = NULL;
  g_autofree char *options = NULL;
  BwWindow *window;

  data_init (&data);
  /* In order, and the last few in a window of their own. */
  data.tolerance_ms = 0;
  for (guint i = 0; i < N_ROWS; i++)
    data.rows[i].time_ms = START_MS + i * 700 + g_test_rand_int_range (0, 700) +
                           (i < N_ROWS - n_last ? 0 : WINDOW_MS);
  write_samples (&data);
  sql = dup_window_sql (&data);
  options = dup_event_time (&data);
  write_rule (&data, wanted.rule, options, sql);
  for (guint i = 0; i < N_ROWS; i++)
    {
      gint64 closes = (data.rows[i].time_ms / WINDOW_MS + 1) * WINDOW_MS;
      gint64 watermark = compute_watermark (&data, N_ROWS);

      if (closes > watermark)
        {
          g_autofree char *end = dup_clock (closes);
          g_autofree char *mark = dup_clock (watermark);

          add_wanted (&wanted, i, g_strdup_printf ("held in a window that closes at %s; the watermark is at %s", end,
                                                   mark));
          wanted.n_waiting++;
        }
    }

  window = open_project (&data);
  check_reason (window, &data, &wanted);
  bw_test_close (window);
  data_clear (&data);
}

/* A row is asked where it came in; the answer is where its group ended, and leads there. */
static void
test_whole_way (void)
{
  Data data;
  guint n = (guint)g_test_rand_int_range (6, 12);
  guint row = (guint)g_test_rand_int_range (1, 6);
  g_autofree char *sql = NULL;
  g_autofree char *end = g_strdup_printf ("It passed here. At HAVING count(*) > %u: count(*) > %u is false: "
                                          "count(*) is %u.", n, n, n);
  g_autofree char *title = g_strdup_printf ("Why row %u gave nothing", row + 1);
  GtkWidget *why;
  GtkWidget *in;
  BwWindow *window;
  BwRulePage *page;

  data_init (&data);
  sql = g_strdup_printf ("SELECT count(*) AS n\nFROM %s\nGROUP BY COUNTWINDOW(%u)\nHAVING count(*) > %u\n", data.stream,
                         n, n);
  write_rule (&data, "way", "{}", sql);
  window = open_project (&data);
  open_rule (window, "way");
  page = get_page (window);
  why = GTK_WIDGET (bw_rule_page_get_why (page));

  gtk_widget_activate (bw_plan_view_get_node (bw_rule_page_get_plan (page), 0));
  in = find_mapped (GTK_WIDGET (bw_rule_page_get_rows (page)), GTK_TYPE_TOGGLE_BUTTON, "In");
  gtk_widget_activate (in);
  BW_WAIT (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (in)) && count_rows (window) == N_ROWS);
  BW_WAIT (get_row_widget (window, row) != NULL);
  select_row (window, row);
  find_mapped (why, GTK_TYPE_LABEL, title);
  find_mapped (why, GTK_TYPE_LABEL, end);
  find_mapped (why, GTK_TYPE_LABEL, "counted in the group of row 1");
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);
  bw_test_picture (GTK_WIDGET (window), "reason-way");

  gtk_widget_activate (find_mapped (why, GTK_TYPE_BUTTON, "Go to HAVING"));
  BW_WAIT (bw_plan_view_get_selected (bw_rule_page_get_plan (page)) ==
           bw_test_find_op (bw_rule_page_get_trial (page), "having"));
  g_assert_cmpuint (read_count (window, "Dropped"), ==, N_ROWS / n);
  find_mapped (why, GTK_TYPE_LABEL, "Why row 1 did not pass");
  bw_test_picture (GTK_WIDGET (window), "reason-way-end");
  bw_test_close (window);
  data_clear (&data);
}

/* Nothing is selected: the key for why finds where rows end, brings it into sight and answers. */
static void
test_key_finds_the_place (void)
{
  Data data;
  g_autofree char *sql = NULL;
  GtkWidget *why;
  BwWindow *window;
  BwRulePage *page;
  guint having;

  data_init (&data);
  sql = g_strdup_printf ("SELECT count(*) AS n, max(%s) AS largest_value_of_them_all, min(%s) AS smallest_of_them_all\n"
                         "FROM %s\nGROUP BY COUNTWINDOW(%u)\nHAVING max(%s) > 1000000 OR min(%s) > 1000000\n",
                         data.number, data.number, data.stream, N_ROWS, data.number, data.number);
  write_rule (&data, "key", "{}", sql);
  window = open_project (&data);
  open_rule (window, "key");
  page = get_page (window);
  why = GTK_WIDGET (bw_rule_page_get_why (page));
  having = bw_test_find_op (bw_rule_page_get_trial (page), "having");

  /* To the left end, where nothing was dropped. */
  bw_plan_view_select (bw_rule_page_get_plan (page), 0);
  BW_WAIT (is_all_in_sight (bw_plan_view_get_node (bw_rule_page_get_plan (page), 0)));
  gtk_widget_activate_action (GTK_WIDGET (window), "win.why", NULL);
  BW_WAIT (bw_plan_view_get_selected (bw_rule_page_get_plan (page)) == having);
  BW_WAIT (is_all_in_sight (bw_plan_view_get_node (bw_rule_page_get_plan (page), having)));
  find_mapped (why, GTK_TYPE_LABEL, "Why row 1 did not pass");
  bw_test_picture (GTK_WIDGET (window), "reason-key");
  bw_test_close (window);
  data_clear (&data);
}

int
main (int    argc,
      char **argv)
{
  /* Times in sentences and in the table are those of one place, and not by chance. */
  g_setenv ("TZ", "Asia/Kolkata", TRUE);
  bw_test_init (&argc, &argv);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_LIGHT);
  g_test_add_func ("/bw/reasons/predicate-false", test_predicate_false);
  g_test_add_func ("/bw/reasons/null", test_null);
  g_test_add_func ("/bw/reasons/type-error", test_type_error);
  g_test_add_func ("/bw/reasons/late", test_late);
  g_test_add_func ("/bw/reasons/held", test_held);
  g_test_add_func ("/bw/reasons/whole-way", test_whole_way);
  g_test_add_func ("/bw/reasons/key-finds-the-place", test_key_finds_the_place);
  return g_test_run ();
}
