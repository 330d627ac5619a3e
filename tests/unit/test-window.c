/* test-window.c - windows, watermark, aggregates, order and joins on rows made by hand
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Expected texts are recorded results of eKuiper in short form: each emission as
 * START-END[values of a], a plain row list as [values].
 */
#include "config.h"

#include "belt-json.h"
#include "belt-layout.h"
#include "belt-op-aggregate.h"
#include "belt-op-analytic.h"
#include "belt-op-filter.h"
#include "belt-op-join.h"
#include "belt-op-order.h"
#include "belt-op-watermark.h"
#include "belt-op-window.h"

enum
{
  SLOT_A,
  SLOT_B,
  SLOT_COLLECT,
  SLOT_SUM,
  SLOT_LAG,
  N_SLOTS,
};

typedef struct
{
  BeltOp   op;
  GString *text;
  guint    slot;
} Collector;

typedef struct
{
  gint64 time;
  gint64 a;
  gint64 b;
} Row;

static BeltSlot slots[N_SLOTS] = {
  [SLOT_A] = { .kind = BELT_SLOT_COLUMN, .stream = 0, .name = (char *)"a", .name_len = 1 },
  [SLOT_B] = { .kind = BELT_SLOT_COLUMN, .stream = 1, .name = (char *)"b", .name_len = 1 },
  [SLOT_COLLECT] = { .kind = BELT_SLOT_AGGREGATE },
  [SLOT_SUM] = { .kind = BELT_SLOT_AGGREGATE },
  [SLOT_LAG] = { .kind = BELT_SLOT_ANALYTIC },
};
static BeltLayout layout = { .n_slots = N_SLOTS, .slots = slots, .n_streams = 2 };
static BeltEnvironment environment;
static BeltEval eval = { .environment = &environment, .layout = &layout };

static void
collector_push (BeltOp    *op,
                BeltBatch *batch)
{
  Collector *self = (Collector *)op;
  guint at = 0;

  for (guint e = 0; e < belt_batch_get_n_emissions (batch); e++)
    {
      if (batch->ranges != NULL)
        g_string_append_printf (self->text, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                                batch->ranges[e].start, batch->ranges[e].end);
      g_string_append_c (self->text, '[');
      for (gboolean first = TRUE; at < belt_batch_get_emission_end (batch, e); at++, first = FALSE)
        {
          guint row = belt_batch_get_row (batch, at);
          BeltValue value = batch->columns[self->slot] != NULL ? batch->columns[self->slot][row]
                                                                : belt_value_missing ();

          if (!first)
            g_string_append_c (self->text, ',');
          if (belt_batch_get_fault (batch, row) != NULL)
            g_string_append (self->text, "fault");
          else
            belt_json_write (self->text, &value);
        }
      g_string_append (self->text, "] ");
    }
}

static const BeltOpClass collector_class = { .kind = "collector", .push = collector_push };

static Collector
make_collector (guint slot)
{
  Collector self = { .text = g_string_new (NULL), .slot = slot };

  belt_op_init (&self.op, &collector_class);
  return self;
}

static void
check (Collector  *collector,
       const char *expected)
{
  g_strchomp (collector->text->str);
  g_assert_cmpstr (collector->text->str, ==, expected);
  g_string_free (collector->text, TRUE);
}

static BeltBatch *
make_batch (const Row *rows,
            guint      n)
{
  static guint64 sequence;
  BeltBatch *batch = belt_batch_new (n, N_SLOTS);

  belt_batch_add_column (batch, SLOT_A);
  belt_batch_add_column (batch, SLOT_B);
  for (guint i = 0; i < n; i++)
    {
      batch->times[i] = rows[i].time;
      batch->row_ids[i] = BELT_ROW_ID (1, sequence++);
      batch->columns[SLOT_A][i] = belt_value_i64 (rows[i].a);
      if (rows[i].b != 0)
        batch->columns[SLOT_B][i] = belt_value_i64 (rows[i].b);
    }

  return batch;
}

static void
push (BeltOp    *op,
      const Row *rows,
      guint      n)
{
  g_autoptr(BeltBatch) batch = make_batch (rows, n);

  belt_op_push (op, batch);
}

static void
free_op (BeltOp *op)
{
  op->klass->free (op);
}

static BeltExpr *
make_column (guint slot)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_COLUMN, (BeltSpan) { 0, 0 }, 0);

  expr->slot = slot;
  expr->name = slots[slot].name;
  expr->name_len = slots[slot].name_len;
  return expr;
}

static BeltExpr *
make_compare (BeltExpr *left,
              char      op,
              BeltExpr *right)
{
  BeltExpr *expr = belt_expr_new (op == '%' ? BELT_EXPR_ARITHMETIC : BELT_EXPR_COMPARE, (BeltSpan) { 0, 0 }, 2);

  expr->op = op;
  expr->children[0] = left;
  expr->children[1] = right;
  return expr;
}

static BeltExpr *
make_number (gint64 number)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CONST, (BeltSpan) { 0, 0 }, 0);

  expr->constant = belt_value_i64 (number);
  return expr;
}

static const BeltFunction *
find_function (const char *name)
{
  const BeltFunction *function = belt_function_table_lookup (belt_function_table_get_builtin (), name, strlen (name));

  g_assert_nonnull (function);
  return function;
}

/* A new operator with the old one's state in its place, as a swap makes it. */
static void
take_over (BeltOp **op,
           BeltOp  *fresh)
{
  g_autoptr(GBytes) state = (*op)->klass->save (*op);
  g_autoptr(GError) error = NULL;

  fresh->klass->restore (fresh, state, &error);
  g_assert_no_error (error);
  fresh->next = (*op)->next;
  (*op)->klass->free (*op);
  *op = fresh;
}

/* As the planner makes it. */
static BeltWatermarkSpec
make_watermark_spec (const BeltWindowSpec *window,
                     gint64                tolerance)
{
  BeltWatermarkSpec spec = {
    .n_streams = 1, .late_tolerance_ms = tolerance, .send_watermark = TRUE, .n_slots = N_SLOTS,
    .exact = window->kind != BELT_WINDOW_TUMBLING || window->incremental,
  };

  if (window->kind == BELT_WINDOW_HOPPING && !window->incremental)
    {
      spec.in_order_at_once = TRUE;
      spec.cell_ms = window->unit != BELT_WINDOW_SS ? 1 : 60 % window->interval == 0 ? window->interval * 1000 : 1000;
    }

  return spec;
}

/* What arrives in event time, row by row, as one batch, and row by row with a swap after each, gives
 * `expected` every time. */
static void
check_event_window (const BeltWindowSpec *from,
                    gint64                tolerance,
                    const Row            *rows,
                    guint                 n,
                    const char           *expected)
{
  BeltWindowSpec spec = *from;
  BeltWatermarkSpec watermark_spec = make_watermark_spec (from, tolerance);

  spec.event_time = TRUE;
  spec.n_slots = N_SLOTS;
  for (int mode = 0; mode < 3; mode++)
    {
      gboolean whole = mode == 1;
      Collector collector = make_collector (SLOT_A);
      BeltOp *watermark = belt_op_watermark_new (&watermark_spec, &eval);
      BeltOp *window = belt_op_window_new (&spec, &eval, 0);

      watermark->next = window;
      window->next = &collector.op;
      for (guint i = 0; i < (whole ? 1 : n); i++)
        {
          push (watermark, rows + i, whole ? n : 1);
          if (mode == 2)
            {
              take_over (&window, belt_op_window_new (&spec, &eval, 0));
              take_over (&watermark, belt_op_watermark_new (&watermark_spec, &eval));
              watermark->next = window;
            }
        }
      check (&collector, expected);
      free_op (watermark);
      free_op (window);
    }
}

static void
test_tumbling (void)
{
  const BeltWindowSpec second = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 1 };
  const BeltWindowSpec seven = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 7 };
  const BeltWindowSpec two = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 2 };
  const Row rows[] = { { 1100, 1 }, { 1500, 2 }, { 2000, 3 }, { 2100, 4 }, { 3000, 5 }, { 4500, 6 } };
  const Row drift[] = { { 58000, 1 }, { 61000, 2 }, { 64000, 3 }, { 71000, 4 }, { 80000, 5 } };
  const Row late[] = { { 1100, 1 }, { 2100, 2 }, { 1900, 3 }, { 1500, 4 }, { 3200, 5 }, { 4300, 6 } };
  const Row mixed[] = { { 1900, 1 }, { 1100, 2 }, { 2500, 3 }, { 1500, 4 }, { 4100, 5 }, { 6500, 6 } };

  check_event_window (&second, 0, rows, G_N_ELEMENTS (rows),
                      "1100-1000[] 1000-2000[1,2] 2000-3000[3,4] 3000-4000[5]");
  check_event_window (&seven, 0, drift, G_N_ELEMENTS (drift),
                      "58000-63000[1,2] 63000-70000[3] 70000-77000[4]");
  check_event_window (&second, 0, late, 5, "1100-1000[] 1000-2000[1] 2000-3000[2]");
  check_event_window (&second, 1000, late, 6, "1100-1000[] 1000-2000[1,4,3] 2000-3000[2]");
  check_event_window (&two, 2000, mixed, G_N_ELEMENTS (mixed), "1100-2000[2,4,1] 2000-4000[3]");
}

static void
test_hopping (void)
{
  const BeltWindowSpec spec = { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 10, .interval = 5 };
  const BeltWindowSpec four = { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 4, .interval = 2 };
  const Row rows[] = { { 3000, 1 }, { 7000, 2 }, { 12000, 3 }, { 16000, 4 }, { 27000, 5 } };
  const Row many[] = { { 12100, 1 }, { 13100, 2 }, { 14100, 3 }, { 15100, 4 }, { 16100, 5 }, { 17100, 6 },
                       { 18100, 7 }, { 21000, 8 } };

  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows),
                      "-5000-5000[1] 0-10000[1,2] 5000-15000[2,3] 10000-20000[3,4] 15000-25000[4]");
  check_event_window (&four, 0, many, G_N_ELEMENTS (many),
                      "10100-14000[1,2] 12000-16000[1,2,3,4] 14000-18000[3,4,5,6] 16000-20000[5,6,7]");
}

static void
test_sliding (void)
{
  BeltWindowSpec spec = { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_SS, .length = 1 };
  const Row rows[] = { { 1000, 1 }, { 1500, 2 }, { 2000, 3 }, { 2400, 4 }, { 3600, 5 } };
  const Row same[] = { { 1000, 1 }, { 1000, 2 }, { 1500, 3 }, { 3000, 4 } };
  const Row later[] = { { 1000, 1 }, { 1500, 2 }, { 2200, 3 }, { 3100, 4 }, { 5000, 5 } };
  const Row twice[] = { { 1000, 1 }, { 1500, 2 }, { 2200, 3 }, { 2600, 4 }, { 5000, 5 } };
  g_autoptr(BeltExpr) when = make_compare (make_column (SLOT_A), '=', make_number (2));

  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows),
                      "0-1000[1] 500-1500[1,2] 1000-2000[1,2,3] 1400-2400[2,3,4] 2600-3600[5]");
  check_event_window (&spec, 0, same, G_N_ELEMENTS (same),
                      "0-1000[1] 0-1000[1,2] 500-1500[1,2,3] 2000-3000[4]");

  spec.v2 = TRUE;
  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows),
                      "0-1000[1] 500-1500[1,2] 1000-2000[2,3] 1400-2400[2,3,4] 2600-3600[5]");
  spec.delay = 1;
  check_event_window (&spec, 0, later, G_N_ELEMENTS (later),
                      "0-2200[1,2,3] 500-3100[1,2,3,4] 1200-5000[2,3,4,5] 2100-5000[3,4,5]");

  spec.v2 = FALSE;
  check_event_window (&spec, 0, later, G_N_ELEMENTS (later),
                      "0-2000[1,2] 500-2500[1,2,3] 1200-3200[2,3,4] 2100-4100[3,4]");
  spec.trigger = when;
  check_event_window (&spec, 0, twice, G_N_ELEMENTS (twice), "500-2500[1,2,3]");
  spec.send_twice = TRUE;
  check_event_window (&spec, 0, twice, G_N_ELEMENTS (twice), "500-1500[1,2] 1500-2500[3]");
}

static void
test_session (void)
{
  BeltWindowSpec spec = { .kind = BELT_WINDOW_SESSION, .unit = BELT_WINDOW_SS, .length = 10, .interval = 1 };
  const Row rows[] = { { 1000, 1 }, { 1500, 2 }, { 2200, 3 }, { 4000, 4 }, { 4500, 5 }, { 8000, 6 } };
  const Row exact[] = { { 1000, 1 }, { 2000, 2 }, { 3001, 3 }, { 6000, 4 } };
  const Row max[] = { { 1000, 1 }, { 1800, 2 }, { 2600, 3 }, { 3400, 4 }, { 4200, 5 }, { 5000, 6 }, { 5800, 7 },
                      { 9000, 8 } };
  const Row late[] = { { 1000, 1 }, { 4000, 2 }, { 1500, 3 }, { 8000, 4 } };

  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows), "1000-3200[1,2,3] 4000-5500[4,5]");
  check_event_window (&spec, 0, exact, G_N_ELEMENTS (exact), "1000-3000[1,2] 3001-4001[3]");
  check_event_window (&spec, 3000, late, G_N_ELEMENTS (late), "1000-2500[1,3]");
  spec.length = 2;
  check_event_window (&spec, 0, max, G_N_ELEMENTS (max), "1000-4000[1,2,3,4] 4000-6800[5,6,7]");
}

static void
test_state (void)
{
  const Row rows[] = { { 1000, 1 }, { 2000, 2 }, { 3000, 3 }, { 4000, 4 }, { 5000, 5 }, { 6000, 6 } };
  const Row parts[] = { { 1000, 1, 1 }, { 2000, 1, 2 }, { 3000, 5, 1 }, { 4000, 5, 2 } };
  g_autoptr(BeltExpr) begin = make_compare (make_column (SLOT_A), '>', make_number (1));
  g_autoptr(BeltExpr) emit = make_compare (make_column (SLOT_A), '>', make_number (3));
  g_autoptr(BeltExpr) even = make_compare (make_compare (make_column (SLOT_A), '%', make_number (2)), '=',
                                           make_number (0));
  g_autoptr(BeltExpr) one = make_compare (make_column (SLOT_A), '=', make_number (1));
  g_autoptr(BeltExpr) five = make_compare (make_column (SLOT_A), '=', make_number (5));
  g_autoptr(BeltExpr) key = make_column (SLOT_B);
  BeltExpr *partition[] = { key };
  BeltWindowSpec spec = { .kind = BELT_WINDOW_STATE, .begin = begin, .emit = emit };

  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows), "2000-4000[2,3,4] 5000-6000[5,6]");
  spec.begin = even;
  spec.emit = NULL;
  check_event_window (&spec, 0, rows, G_N_ELEMENTS (rows), "2000-4000[2,3] 4000-6000[4,5]");
  spec.begin = one;
  spec.emit = five;
  spec.partition = partition;
  spec.n_partition = 1;
  check_event_window (&spec, 0, parts, G_N_ELEMENTS (parts), "1000-3000[1,5] 2000-4000[1,5]");
}

/* Opened by rows, as eKuiper was recorded to do it. */
static void
test_incremental (void)
{
  BeltWindowSpec spec = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_MS, .length = 700, .incremental = TRUE };
  const Row rows[] = { { 11000, 1 }, { 12000, 2 }, { 13500, 3 } };
  const Row slide[] = { { 2000, 1 }, { 3000, 2 }, { 4000, 3 }, { 11000, 4 } };

  check_event_window (&spec, 500, rows, G_N_ELEMENTS (rows), "11000-11700[1] 12000-12700[2]");
  spec = (BeltWindowSpec) { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_SS, .length = 1, .incremental = TRUE };
  check_event_window (&spec, 3000, slide, G_N_ELEMENTS (slide), "2000-8000[1] 3000-8000[1] 4000-8000[1]");
}

/* What comes out does not depend on how the rows are cut into batches. */
static void
check_random (const BeltWindowSpec *spec,
              gint64                tolerance,
              guint32               seed)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);
  BeltWatermarkSpec watermark_spec = make_watermark_spec (spec, tolerance);
  Collector collectors[2];
  BeltOp *watermarks[2];
  BeltOp *windows[2];
  gint64 time = 5000;

  for (guint k = 0; k < 2; k++)
    {
      collectors[k] = make_collector (SLOT_A);
      watermarks[k] = belt_op_watermark_new (&watermark_spec, &eval);
      windows[k] = belt_op_window_new (spec, &eval, 0);
      watermarks[k]->next = windows[k];
    }
  windows[0]->next = &collectors[0].op;
  windows[1]->next = &collectors[1].op;

  for (guint i = 0; i < 30; i++)
    {
      Row rows[60];
      guint n = (guint)g_rand_int_range (random, 1, 60);
      int back = g_rand_int_range (random, 0, 3) == 0 ? 400 : 0;

      for (guint r = 0; r < n; r++)
        {
          time += g_rand_int_range (random, -back, 300 + back / 2);
          rows[r] = (Row) { .time = time, .a = i * 100 + r, .b = 1 + g_rand_int_range (random, 0, 3) };
          push (watermarks[0], &rows[r], 1);
        }
      push (watermarks[1], rows, n);
    }

  g_assert_cmpuint (collectors[0].text->len, >, 50);
  check (&collectors[1], g_strchomp (collectors[0].text->str));
  g_string_free (collectors[0].text, TRUE);
  for (guint k = 0; k < 2; k++)
    {
      free_op (watermarks[k]);
      free_op (windows[k]);
    }
}

static void
test_batches (void)
{
  g_autoptr(BeltExpr) third = make_compare (make_compare (make_column (SLOT_A), '%', make_number (3)), '=',
                                            make_number (0));
  g_autoptr(BeltExpr) fifth = make_compare (make_compare (make_column (SLOT_A), '%', make_number (5)), '=',
                                            make_number (0));
  g_autoptr(BeltExpr) key = make_column (SLOT_B);
  BeltExpr *partition[] = { key };
  const BeltWindowSpec specs[] = {
    { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 2 },
    { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_MS, .length = 70 },
    { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 5, .interval = 2 },
    { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_MS, .length = 100, .interval = 700 },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900 },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .v2 = TRUE },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .delay = 300 },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .delay = 300, .send_twice = TRUE },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .trigger = fifth },
    { .kind = BELT_WINDOW_SESSION, .unit = BELT_WINDOW_MS, .length = 3000, .interval = 200 },
    { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_MS, .length = 70, .incremental = TRUE },
    { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 5, .interval = 2, .incremental = TRUE },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .incremental = TRUE },
    { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 900, .delay = 300, .incremental = TRUE },
    { .kind = BELT_WINDOW_STATE, .begin = third, .emit = fifth },
    { .kind = BELT_WINDOW_STATE, .begin = fifth, .partition = partition, .n_partition = 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      for (guint seed = 1; seed < 6; seed++)
        {
          BeltWindowSpec spec = specs[i];

          spec.event_time = TRUE;
          spec.n_slots = N_SLOTS;
          check_random (&spec, 0, seed);
          check_random (&spec, 350, seed);
          check_random (&spec, 3000, seed);
        }
    }
}

/* Advances to each row's time, firing what is due, and then `advance` further. */
static void
check_processing_window (const BeltWindowSpec *from,
                         gint64                start,
                         gint64                further,
                         const Row            *rows,
                         guint                 n,
                         const char           *expected)
{
  BeltWindowSpec spec = *from;

  spec.n_slots = N_SLOTS;
  for (int swaps = 0; swaps < 2; swaps++)
    {
      Collector collector = make_collector (SLOT_A);
      BeltOp *window = belt_op_window_new (&spec, &eval, start);

      window->next = &collector.op;
      for (guint i = 0; i <= n; i++)
        {
          gint64 now = i < n ? rows[i].time : rows[n - 1].time + further;

          while (window->next_tick <= now)
            window->klass->tick (window, window->next_tick);
          if (i < n)
            push (window, rows + i, 1);
          if (swaps)
            take_over (&window, belt_op_window_new (&spec, &eval, now));
        }
      check (&collector, expected);
      free_op (window);
    }
}

static void
test_processing_time (void)
{
  BeltWindowSpec spec = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 1 };
  const Row tumbling[] = { { 1250, 1 }, { 1550, 2 }, { 2250, 3 }, { 4250, 4 } };
  const Row hopping[] = { { 1250, 1 }, { 2250, 2 }, { 3250, 3 } };
  const Row sliding[] = { { 1250, 1 }, { 1750, 2 }, { 2350, 3 }, { 4010, 4 } };
  const Row session[] = { { 1250, 1 }, { 1750, 2 }, { 2350, 3 }, { 4560, 4 }, { 4950, 5 } };
  const Row max[] = { { 1250, 1 }, { 1950, 2 }, { 2650, 3 }, { 3350, 4 }, { 4150, 5 }, { 4850, 6 } };

  check_processing_window (&spec, 1000, 3000, tumbling, G_N_ELEMENTS (tumbling),
                           "1000-1000[] 1000-2000[1,2] 2000-3000[3] 3000-4000[] 4000-5000[4] 5000-6000[] 6000-7000[]");
  spec = (BeltWindowSpec) { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 2, .interval = 1 };
  check_processing_window (&spec, 1100, 3000, hopping, G_N_ELEMENTS (hopping),
                           "100-1000[] 0-2000[1] 1000-3000[1,2] 2000-4000[2,3] 3000-5000[3] 4000-6000[]");
  spec = (BeltWindowSpec) { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_SS, .length = 1, .delay = 1 };
  check_processing_window (&spec, 1100, 2500, sliding, G_N_ELEMENTS (sliding),
                           "250-2250[1,2] 750-2750[1,2,3] 1350-3350[2,3] 3010-5010[4]");
  spec = (BeltWindowSpec) { .kind = BELT_WINDOW_SESSION, .unit = BELT_WINDOW_SS, .length = 10, .interval = 1 };
  check_processing_window (&spec, 1100, 3000, session, G_N_ELEMENTS (session),
                           "1250-3350[1,2,3] 4560-5950[4,5]");
  spec.length = 2;
  check_processing_window (&spec, 1100, 3000, max, G_N_ELEMENTS (max), "1250-4000[1,2,3,4] 4000-5850[5,6]");
  spec = (BeltWindowSpec) { .kind = BELT_WINDOW_COUNT, .length = 5, .interval = 2 };
  {
    Row rows[11];

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      rows[i] = (Row) { .time = 1000 + i, .a = i + 1 }
    ;
    check_processing_window (&spec, 0, 0, rows, G_N_ELEMENTS (rows),
                             "1005-1005[2,3,4,5,6] 1007-1007[4,5,6,7,8] 1009-1009[6,7,8,9,10]");
  }
}

/* The fused operator says what the two say. */
static void
test_window_aggregate (void)
{
  static const BeltWindowSpec windows[] = {
    { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 2, .event_time = TRUE, .n_slots = N_SLOTS },
    { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 7, .interval = 2, .event_time = TRUE,
      .n_slots = N_SLOTS },
    { .kind = BELT_WINDOW_HOPPING, .unit = BELT_WINDOW_SS, .length = 1, .interval = 3, .event_time = TRUE,
      .n_slots = N_SLOTS },
  };
  g_autoptr(BeltExpr) a = make_column (SLOT_A);
  g_autoptr(BeltExpr) b = make_column (SLOT_B);
  BeltExpr *args[] = { a };
  BeltExpr *keys[] = { b };
  BeltAggregateCall calls[] = {
    { .slot = SLOT_COLLECT, .function = find_function ("count"), .args = args, .n_args = 1 },
    { .slot = SLOT_SUM, .function = find_function ("sum"), .args = args, .n_args = 1 },
  };
  g_autoptr(BeltExpr) where = make_compare (make_compare (make_column (SLOT_A), '%', make_number (7)), '=',
                                            make_number (3));
  const BeltWatermarkSpec watermark_spec = {
    .n_streams = 1, .late_tolerance_ms = 500, .send_watermark = TRUE, .n_slots = N_SLOTS,
  };
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  for (guint w = 0; w < G_N_ELEMENTS (windows) * 4; w++)
    {
      BeltAggregateSpec spec = { .calls = calls, .n_calls = 2, .n_slots = N_SLOTS, .keys = keys, .n_keys = w % 2 };
      const BeltFilterSpec filter_spec = { .condition = where, .fault_kind = BELT_FAULT_WHERE,
                                           .drop_reason = BELT_DROP_PREDICATE_FALSE };
      const BeltWindowSpec *window_spec = &windows[w / 4];
      BeltOp *filter = belt_op_filter_new (&filter_spec, &eval);
      Collector one = make_collector (SLOT_SUM);
      Collector two = make_collector (SLOT_SUM);
      BeltOp *watermarks[] = { belt_op_watermark_new (&watermark_spec, &eval),
                               belt_op_watermark_new (&watermark_spec, &eval) };
      BeltOp *window = belt_op_window_new (window_spec, &eval, 0);
      BeltOp *aggregate = belt_op_aggregate_new (&spec, &eval);
      BeltOp *fused;
      gint64 time = 10000;

      if (w % 4 >= 2)
        spec.where = where;
      g_assert_true (belt_op_window_aggregate_fits (window_spec, &spec));
      fused = belt_op_window_aggregate_new (window_spec, &spec, &eval, 0);
      watermarks[0]->next = window;
      window->next = spec.where != NULL ? filter : aggregate;
      filter->next = aggregate;
      aggregate->next = &one.op;
      watermarks[1]->next = fused;
      fused->next = &two.op;

      for (guint i = 0; i < 50; i++)
        {
          Row rows[40];
          guint n = (guint)g_rand_int_range (random, 1, 40);

          for (guint k = 0; k < n; k++)
            {
              time += g_rand_int_range (random, -100, 220);
              rows[k] = (Row) { .time = time, .a = i * 100 + k, .b = g_rand_int_range (random, 0, 5) };
            }
          push (watermarks[0], rows, n);
          push (watermarks[1], rows, n);
          if (i % 7 == 0)
            {
              take_over (&fused, belt_op_window_aggregate_new (window_spec, &spec, &eval, 0));
              watermarks[1]->next = fused;
            }
        }

      g_assert_cmpuint (one.text->len, >, 200);
      check (&two, g_strchomp (one.text->str));
      g_string_free (one.text, TRUE);
      free_op (watermarks[0]);
      free_op (watermarks[1]);
      free_op (window);
      free_op (filter);
      free_op (aggregate);
      free_op (fused);
    }
}

/* Rows of one kind of values or of several, in order or not. */
typedef struct
{
  const char *values;     /* one letter each: i f n(ull) s(tring) */
  gboolean    event_time;
  gboolean    triggers;   /* OVER (WHEN …) */
  gint32      step_min;   /* of time, between two rows */
  gint32      step_max;
  gint64      tolerance_ms;
} SlidingCase;

static BeltValue
make_random_value (GRand      *random,
                   const char *values)
{
  switch (values[g_rand_int_range (random, 0, (gint32)strlen (values))])
    {
    case 'i':
      return belt_value_i64 (g_rand_int_range (random, -20, 20));
    case 'f':
      return belt_value_f64 (g_rand_double_range (random, -1e3, 1e3) * (g_rand_boolean (random) ? 1e9 : 1e-3));
    case 's':
      return belt_value_str ("text", 4);
    default:
      return belt_value_null ();
    }
}

static void
push_sliding (BeltOp            **ops,
              const SlidingCase  *sliding,
              GRand              *random,
              gint64             *time)
{
  Row rows[60];
  guint n = (guint)g_rand_int_range (random, 1, 60);
  g_autoptr(BeltBatch) batch = NULL;

  for (guint k = 0; k < n; k++)
    {
      *time += g_rand_int_range (random, sliding->step_min, sliding->step_max);
      rows[k] = (Row) { .time = *time, .a = k, .b = g_rand_int_range (random, 1, 9) };
    }
  batch = make_batch (rows, n);
  for (guint k = 0; k < n; k++)
    batch->columns[SLOT_A][k] = make_random_value (random, sliding->values);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(BeltBatch) copy = make_batch (rows, n);

      for (guint k = 0; k < n; k++)
        {
          copy->columns[SLOT_A][k] = batch->columns[SLOT_A][k];
          copy->row_ids[k] = batch->row_ids[k];
        }
      belt_op_push (ops[i], copy);
    }
}

static void
compare_sliding (const SlidingCase *sliding,
                 const char        *function,
                 guint              shown,
                 guint32            seed)
{
  g_autoptr(BeltExpr) a = make_column (SLOT_A);
  g_autoptr(BeltExpr) when = make_compare (make_column (SLOT_B), '=', make_number (3));
  BeltExpr *args[] = { a };
  BeltAggregateCall calls[] = {
    { .slot = SLOT_SUM, .function = find_function (function), .args = args, .n_args = 1 },
    { .slot = SLOT_COLLECT, .function = find_function ("count"), .args = args, .n_args = 1 },
  };
  const BeltAggregateSpec spec = { .calls = calls, .n_calls = 2, .n_slots = N_SLOTS };
  const BeltWindowSpec window_spec = { .kind = BELT_WINDOW_SLIDING, .unit = BELT_WINDOW_MS, .length = 400,
                                       .event_time = sliding->event_time, .n_slots = N_SLOTS,
                                       .trigger = sliding->triggers ? when : NULL };
  const BeltWatermarkSpec exact = { .n_streams = 1, .late_tolerance_ms = sliding->tolerance_ms,
                                    .send_watermark = TRUE, .exact = TRUE, .n_slots = N_SLOTS };
  BeltWatermarkSpec at_once = exact;
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);
  Collector one = make_collector (shown);
  Collector two = make_collector (shown);
  BeltOp *window = belt_op_window_new (&window_spec, &eval, 0);
  BeltOp *aggregate = belt_op_aggregate_new (&spec, &eval);
  BeltOp *fused = belt_op_sliding_aggregate_new (&window_spec, &spec, &eval);
  BeltOp *watermarks[2];
  BeltOp *heads[2];
  gint64 time = 10000;

  at_once.in_order_at_once = TRUE;
  watermarks[0] = belt_op_watermark_new (&exact, &eval);
  watermarks[1] = belt_op_watermark_new (&at_once, &eval);
  g_assert_true (belt_op_sliding_aggregate_fits (&window_spec, &spec));
  watermarks[0]->next = window;
  window->next = aggregate;
  aggregate->next = &one.op;
  watermarks[1]->next = fused;
  fused->next = &two.op;

  for (guint i = 0; i < 60; i++)
    {
      heads[0] = sliding->event_time ? watermarks[0] : window;
      heads[1] = sliding->event_time ? watermarks[1] : fused;
      push_sliding (heads, sliding, random, &time);
      if (i % 7 == 0)
        {
          take_over (&fused, belt_op_sliding_aggregate_new (&window_spec, &spec, &eval));
          watermarks[1]->next = fused;
        }
    }

  g_assert_cmpuint (one.text->len, >, 1000);
  check (&two, g_strchomp (one.text->str));
  g_string_free (one.text, TRUE);
  free_op (watermarks[0]);
  free_op (watermarks[1]);
  free_op (window);
  free_op (aggregate);
  free_op (fused);
}

/* The sliding window that follows its rows says what one does that aggregates all of them anew. */
static void
test_sliding_aggregate (void)
{
  static const SlidingCase cases[] = {
    { "i", TRUE, FALSE, 0, 9, 0 }, { "i", TRUE, FALSE, 0, 9, 50 }, { "f", TRUE, FALSE, 0, 4, 50 },
    { "f", TRUE, FALSE, 1, 4, 0 }, { "ffn", TRUE, TRUE, 0, 9, 50 }, { "in", TRUE, FALSE, -20, 40, 100 },
    { "fffffffi", TRUE, FALSE, 0, 60, 50 }, { "iiiiiiiis", TRUE, FALSE, 0, 90, 0 }, { "n", TRUE, FALSE, 0, 9, 50 },
    { "i", FALSE, FALSE, 0, 9, 0 }, { "f", FALSE, FALSE, 0, 4, 0 }, { "ffn", FALSE, TRUE, 0, 60, 0 },
    { "fi", FALSE, FALSE, 0, 90, 0 }, { "i", FALSE, FALSE, -3, 12, 0 }, { "f", FALSE, TRUE, -3, 12, 0 },
  };
  static const char *const functions[] = { "max", "min", "sum", "avg", "count" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (guint f = 0; f < G_N_ELEMENTS (functions); f++)
        {
          g_test_message ("%s of %s, case %u", functions[f], cases[i].values, i);
          compare_sliding (&cases[i], functions[f], SLOT_SUM, i * 100 + f);
          compare_sliding (&cases[i], functions[f], SLOT_B, i * 100 + f + 50);
        }
    }
}

static void
test_order (void)
{
  g_autoptr(BeltExpr) b = make_column (SLOT_B);
  BeltSortKey key = { .expr = b, .descending = TRUE };
  BeltOrderSpec spec = { .keys = &key, .n_keys = 1 };
  BeltWindowSpec window_spec = { .kind = BELT_WINDOW_COUNT, .length = 5, .n_slots = N_SLOTS };
  const Row rows[] = { { 1, 1, 7 }, { 2, 2, 0 }, { 3, 3, 9 }, { 4, 4, 7 }, { 5, 5, 8 } };
  Collector collector = make_collector (SLOT_A);
  BeltOp *window = belt_op_window_new (&window_spec, &eval, 0);
  BeltOp *order = belt_op_order_new (&spec, &eval);

  window->next = order;
  order->next = &collector.op;
  push (window, rows, G_N_ELEMENTS (rows));
  check (&collector, "5-5[3,5,1,4,2]");
  free_op (window);
  free_op (order);
}

static void
test_analytic (void)
{
  g_autoptr(BeltExpr) a = make_column (SLOT_A);
  g_autoptr(BeltExpr) b = make_column (SLOT_B);
  BeltExpr *args[] = { a };
  BeltExpr *partition[] = { b };
  BeltAnalyticCall call = {
    .slot = SLOT_LAG, .function = find_function ("lag"), .args = args, .n_args = 1, .partition = partition,
    .n_partition = 1,
  };
  BeltAnalyticSpec spec = { .calls = &call, .n_calls = 1, .n_slots = N_SLOTS };
  const Row rows[] = { { 1, 1, 1 }, { 2, 2, 2 }, { 3, 3, 1 }, { 4, 4, 2 }, { 5, 5, 3 } };
  Collector collector = make_collector (SLOT_LAG);
  BeltOp *analytic = belt_op_analytic_new (&spec, &eval);

  analytic->next = &collector.op;
  push (analytic, rows, 3);
  take_over (&analytic, belt_op_analytic_new (&spec, &eval));
  push (analytic, rows + 3, 2);
  check (&collector, "[null] [null] [1] [2] [null]");
  free_op (analytic);
}

static void
push_streams (BeltOp        *op,
              const Row     *rows,
              const guint16 *streams,
              guint          n)
{
  g_autoptr(BeltBatch) batch = make_batch (rows, n);

  batch->streams = belt_arena_memdup (&batch->arena, streams, n * sizeof *streams);
  for (guint i = 0; i < n; i++)
    {
      if (streams[i] == 0)
        batch->columns[SLOT_B][i] = belt_value_missing ();
      else
        batch->columns[SLOT_A][i] = belt_value_missing ();
    }
  belt_op_push (op, batch);
}

static void
check_join (BeltJoinKind  kind,
            guint         n,
            const char   *expected_a,
            const char   *expected_b)
{
  g_autoptr(BeltExpr) on = make_compare (make_column (SLOT_A), '=', make_column (SLOT_B));
  BeltJoinStep step = { .kind = kind, .stream = 1, .on = on, .left = 0, .right = 1 };
  BeltJoinSpec spec = { .n_streams = 2, .steps = &step, .n_steps = 1, .n_slots = N_SLOTS };
  BeltWindowSpec window_spec = { .kind = BELT_WINDOW_COUNT, .length = n, .n_slots = N_SLOTS };
  g_autofree Row *rows = g_new0 (Row, n);
  g_autofree guint16 *streams = g_new0 (guint16, n);

  /* a: 1 2 1 2 …, b: 2 3 2 3 … */
  for (guint i = 0; i < n; i++)
    {
      streams[i] = i % 2;
      rows[i] = (Row) { .time = i, .a = 1 + (i / 2) % 2, .b = 2 + (i / 2) % 2 };
    }

  for (int side = 0; side < 2; side++)
    {
      Collector collector = make_collector (side == 0 ? SLOT_A : SLOT_B);
      BeltOp *window = belt_op_window_new (&window_spec, &eval, 0);
      BeltOp *join = belt_op_join_new (&spec, &eval);
      const char *text;

      window->next = join;
      join->next = &collector.op;
      push_streams (window, rows, streams, n);
      text = strchr (collector.text->str, '[');
      g_string_erase (collector.text, 0, text != NULL ? text - collector.text->str : 0);
      check (&collector, side == 0 ? expected_a : expected_b);
      free_op (window);
      free_op (join);
    }
}

static void
test_join (void)
{
  check_join (BELT_JOIN_INNER, 4, "[2]", "[2]");
  check_join (BELT_JOIN_LEFT, 4, "[1,2]", "[null,2]");
  check_join (BELT_JOIN_RIGHT, 4, "[2,null]", "[2,3]");
  check_join (BELT_JOIN_FULL, 4, "[1,2,null]", "[null,2,3]");
  /* Enough rows for the hash. */
  check_join (BELT_JOIN_INNER, 20, "[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2]",
              "[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2]");
  check_join (BELT_JOIN_FULL, 16,
              "[1,2,2,2,2,1,2,2,2,2,1,2,2,2,2,1,2,2,2,2,null,null,null,null]",
              "[null,2,2,2,2,null,2,2,2,2,null,2,2,2,2,null,2,2,2,2,3,3,3,3]");
}

static void
test_held (void)
{
  BeltWindowSpec spec = { .kind = BELT_WINDOW_TUMBLING, .unit = BELT_WINDOW_SS, .length = 2, .event_time = TRUE,
                          .n_slots = N_SLOTS };
  const Row rows[] = { { 2100, 1 }, { 2500, 2 } };
  Collector collector = make_collector (SLOT_A);
  BeltOp *window = belt_op_window_new (&spec, &eval, 0);
  g_autoptr(JsonNode) held = NULL;

  window->next = &collector.op;
  push (window, rows, 2);
  held = belt_op_window_describe_held (window, 1);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (held)), ==, 1);
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (json_node_get_array (held), 0),
                                               "closes"), ==, 4000);
  check (&collector, "");
  free_op (window);
}

/* An edited rule: what another window remembered is left alone. */
static void
test_foreign_state (void)
{
  const BeltWindowSpec two = { .kind = BELT_WINDOW_COUNT, .length = 2, .n_slots = N_SLOTS };
  const BeltWindowSpec three = { .kind = BELT_WINDOW_COUNT, .length = 3, .n_slots = N_SLOTS };
  const Row rows[] = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 } };
  Collector collector = make_collector (SLOT_A);
  BeltOp *window = belt_op_window_new (&two, &eval, 0);

  window->next = &collector.op;
  push (window, rows, 1);
  take_over (&window, belt_op_window_new (&three, &eval, 0));
  push (window, rows + 1, 3);
  check (&collector, "4-4[2,3,4]");
  free_op (window);
}

/* Cut off anywhere, a state is refused or left alone, never half of something else. */
static void
test_damaged_state (void)
{
  const BeltWindowSpec spec = { .kind = BELT_WINDOW_COUNT, .length = 3, .n_slots = N_SLOTS };
  const Row rows[] = { { 1, 1, 5 }, { 2, 2 } };
  BeltOp *window = belt_op_window_new (&spec, &eval, 0);
  g_autoptr(GBytes) state = NULL;

  push (window, rows, 2);
  state = window->klass->save (window);
  for (gsize len = 8; len < g_bytes_get_size (state); len++)
    {
      g_autoptr(GBytes) part = g_bytes_new_from_bytes (state, 0, len);
      g_autoptr(GError) error = NULL;
      BeltOp *fresh = belt_op_window_new (&spec, &eval, 0);

      g_assert_false (fresh->klass->restore (fresh, part, &error));
      g_assert_nonnull (error);
      free_op (fresh);
    }
  free_op (window);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/window/tumbling", test_tumbling);
  g_test_add_func ("/window/hopping", test_hopping);
  g_test_add_func ("/window/incremental", test_incremental);
  g_test_add_func ("/window/sliding", test_sliding);
  g_test_add_func ("/window/session", test_session);
  g_test_add_func ("/window/state", test_state);
  g_test_add_func ("/window/processing-time", test_processing_time);
  g_test_add_func ("/window/aggregate", test_window_aggregate);
  g_test_add_func ("/window/sliding-aggregate", test_sliding_aggregate);
  g_test_add_func ("/window/batches", test_batches);
  g_test_add_func ("/window/held", test_held);
  g_test_add_func ("/window/foreign-state", test_foreign_state);
  g_test_add_func ("/window/damaged-state", test_damaged_state);
  g_test_add_func ("/order", test_order);
  g_test_add_func ("/analytic", test_analytic);
  g_test_add_func ("/join", test_join);

  return g_test_run ();
}
