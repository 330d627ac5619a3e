/* belt-plan-sources.c - operators that bring the rows of a plan in
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-op-scan.h"
#include "belt-op-watermark.h"
#include "belt-stream.h"

#include <string.h>

static BeltOp *
create_source (gconstpointer  spec,
               BeltEval      *eval,
               gint64         now_ms)
{
  return belt_op_source_new (eval);
}

BELT_PLAN_DEFINE_CREATE (create_scan, belt_op_scan_new)

/* Sources that hand on rows: eKuiper has no decoder behind them, so ours gets no number. */
static gboolean
delivers_rows (const BeltStream *stream)
{
  return stream->type != NULL &&
         (g_ascii_strcasecmp (stream->type, "memory") == 0 || g_ascii_strcasecmp (stream->type, "simulator") == 0);
}

/* Event time, strict validation and binary columns have an operator of their own in eKuiper. */
static gboolean
has_preprocessor (const BeltPlanBuilder *self,
                  const BeltStream      *stream)
{
  gboolean binary = g_ascii_strcasecmp (stream->format != NULL ? stream->format : "", "binary") == 0;

  return self->plan->options.is_event_time || (stream->n_fields > 0 && (stream->strict_validation || binary));
}

static void
scan_spec_free (gpointer data)
{
  BeltScanSpec *spec = data;

  g_clear_pointer (&spec->narrow, g_ptr_array_unref);
  g_free (spec->narrow_slots);
  g_free (spec);
}

static void
narrow_decoder (BeltPlanBuilder *self,
                guint            index)
{
  BeltPlanStream *stream = &self->plan->streams[index];
  g_autoptr(GPtrArray) opened = belt_plan_builder_get_narrow (self, index, FALSE);

  if (opened == NULL)
    return;

  stream->narrowed = belt_stream_copy (stream->stream);
  for (guint i = 0; i < opened->len; i++)
    {
      const BeltNarrow *narrow = opened->pdata[i];

      for (guint k = 0; k < stream->narrowed->n_fields; k++)
        {
          if (strcmp (stream->narrowed->fields[k].name, narrow->name) == 0)
            stream->narrowed->fields[k].type = belt_narrow_make_type (narrow, stream->narrowed->arena);
        }
    }
}

/* Returns: G_MAXUINT: the rule does not read the column */
static guint
find_slot (const BeltPlanStream *stream,
           const char           *name)
{
  for (guint i = 0; i < stream->n_columns; i++)
    {
      if (strcmp (stream->columns[i], name) == 0)
        return stream->slots[i];
    }

  return G_MAXUINT;
}

/* Only JSON is decoded by declared types. */
static void
narrow_structs (BeltPlanBuilder      *self,
                const BeltPlanStream *stream,
                BeltScanSpec         *spec)
{
  const char *format = stream->stream->format;

  if (delivers_rows (stream->stream) || (format != NULL && g_ascii_strcasecmp (format, "json") != 0))
    return;

  narrow_decoder (self, spec->stream);
  spec->narrow = belt_plan_builder_get_narrow (self, spec->stream, TRUE);
  if (spec->narrow == NULL)
    return;

  spec->narrow_slots = g_new0 (guint, spec->narrow->len);
  for (guint i = 0; i < spec->narrow->len; )
    {
      const BeltNarrow *narrow = spec->narrow->pdata[i];

      spec->narrow_slots[i] = find_slot (stream, narrow->name);
      if (spec->narrow_slots[i] != G_MAXUINT)
        i++;
      else
        g_ptr_array_remove_index (spec->narrow, i);
    }
}

static BeltScanSpec *
make_scan_spec (BeltPlanBuilder      *self,
                const BeltPlanStream *stream,
                guint                 index)
{
  BeltScanSpec *spec = g_new0 (BeltScanSpec, 1);

  spec->stream = index;
  spec->n_columns = stream->n_columns + (stream->whole ? 1 : 0);
  spec->slots = stream->slots;
  spec->several_streams = self->resolved->n_streams > 1;
  spec->time_column = stream->is_table ? -1 : stream->time_column;
  spec->time_format = stream->stream->timestamp_format;
  spec->time_name = stream->stream->timestamp;
  narrow_structs (self, stream, spec);

  return spec;
}

int
belt_plan_builder_add_source (BeltPlanBuilder *self,
                              BeltLogical     *node,
                              guint           *index)
{
  BeltPlanStream *stream = &self->plan->streams[node->stream];
  const BeltStream *definition = stream->stream;
  const char *format = definition->format != NULL ? definition->format : "json";
  BeltSpan span = self->select->tables[node->stream].name_span;
  gboolean is_rows = delivers_rows (definition);
  int source;
  int scan;

  (*index)++;
  source = belt_plan_builder_add_op (self, BELT_PLAN_SOURCE, g_strdup (definition->name),
                                     g_strdup_printf ("%s %s", stream->is_table ? "Table" : "Stream", definition->name),
                                     span, NULL, NULL, create_source);
  if (!is_rows)
    (*index)++;
  scan = belt_plan_builder_add_op (self, BELT_PLAN_SCAN,
                                   is_rows ? g_strdup_printf ("rows_%s", definition->name)
                                           : g_strdup_printf ("%u_decoder", *index),
                                   g_strdup_printf ("Decode %s", format), span,
                                   make_scan_spec (self, stream, node->stream), scan_spec_free,
                                   create_scan);
  if (has_preprocessor (self, definition))
    stream->preprocessor = ++(*index);
  stream->source_op = (guint)source;
  belt_plan_builder_connect (self, source, scan);

  return scan;
}

gboolean *
belt_plan_builder_dup_is_table (BeltPlanBuilder *self)
{
  gboolean *is_table = g_new0 (gboolean, self->resolved->n_streams + 1);

  for (guint i = 0; i < self->resolved->n_streams; i++)
    is_table[i] = self->resolved->streams[i]->is_table;

  return is_table;
}

static void
watermark_spec_free (gpointer data)
{
  BeltWatermarkSpec *spec = data;

  g_free ((gpointer)spec->is_table);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_watermark, belt_op_watermark_new)

/* All boundaries of a hopping window are multiples of this, in any zone: offsets are whole quarters of an hour. */
static gint64
get_hop_cell_ms (const BeltAstWindow *window)
{
  gint64 hop = window->interval;

  switch (window->unit)
    {
    case BELT_AST_UNIT_SECOND:
      return hop > 0 && 60 % hop == 0 ? hop * 1000 : 1000;
    case BELT_AST_UNIT_MINUTE:
      return hop > 0 && 15 % hop == 0 ? hop * 60000 : 60000;
    case BELT_AST_UNIT_HOUR:
    case BELT_AST_UNIT_DAY:
      return 900000;
    case BELT_AST_UNIT_MILLISECOND:
    case BELT_AST_UNIT_NONE:
    default:
      return hop > 0 && 1000 % hop == 0 ? hop : 1;
    }
}

int
belt_plan_builder_add_watermark (BeltPlanBuilder *self,
                                 guint            index)
{
  BeltWatermarkSpec *spec = g_new0 (BeltWatermarkSpec, 1);
  BeltAstWindowKind kind = BELT_AST_WINDOW_TUMBLING;

  if (self->select->window != NULL)
    kind = self->select->window->window->kind;
  spec->n_streams = self->resolved->n_streams;
  spec->is_table = belt_plan_builder_dup_is_table (self);
  spec->late_tolerance_ms = self->plan->options.late_tolerance_ms;
  spec->send_watermark = self->select->window != NULL;
  spec->exact = kind != BELT_AST_WINDOW_TUMBLING || self->logical->incremental;
  spec->in_order_at_once = !self->logical->incremental;
  spec->in_order_at_once &= kind == BELT_AST_WINDOW_HOPPING ||
                            (kind == BELT_AST_WINDOW_SLIDING && self->select->window->window->delay == 0 &&
                             !self->plan->options.window_v2);
  if (kind == BELT_AST_WINDOW_HOPPING && !self->logical->incremental)
    spec->cell_ms = get_hop_cell_ms (self->select->window->window);

  return belt_plan_builder_add_op (self, BELT_PLAN_WATERMARK, g_strdup_printf ("%u_watermark", index),
                                   g_strdup_printf ("Event time, late up to %" G_GINT64_FORMAT " ms",
                                                    spec->late_tolerance_ms),
                                   (BeltSpan) { 0, 0 }, spec, watermark_spec_free, create_watermark);
}

int
belt_plan_builder_add_join_align (BeltPlanBuilder *self,
                                  guint            index)
{
  return belt_plan_builder_add_op (self, BELT_PLAN_SOURCE, g_strdup_printf ("%u_join_aligner", index),
                                   g_strdup ("Rows and tables"), (BeltSpan) { 0, 0 }, NULL, NULL, create_source);
}
