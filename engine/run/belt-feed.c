/* belt-feed.c - a source and its decoder, and the runs they serve
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * When a run comes that needs other columns, or the last one that needs a column
 * goes, the union of the columns is made anew, and with it the decoder; the sequence
 * of row ids goes on.
 */
#include "config.h"

#include "belt-feed.h"

#include "belt-clock.h"
#include "belt-codec.h"
#include "belt-gate.h"

#include <string.h>

/* So many rules before it is asked, a gate is called into the cache; and what rows pass to, as many before. */
#define GATES_AHEAD  8u
#define PASSES_AHEAD 3u
#define HITS_MAX     64u

typedef struct
{
  BeltRun  *run;
  BeltGate *gate;     /* NULL: the run takes every row */
  BeltPass *pass;     /* NULL: the run takes those that pass the gate */
  guint     stream;
  gboolean  paused;
} Subscriber;

/* Rules whose gate let rows of the batch through. */
typedef struct
{
  guint     n;
  guint     n_rows;
  BeltPass *passes[HITS_MAX];
  guint     ends[HITS_MAX];              /* in rows */
  guint32   rows[BELT_BATCH_ROWS_MAX];
} Hits;

/* The union of what the runs need. */
typedef struct
{
  GPtrArray  *names;     /* owned */
  GHashTable *numbers;   /* name, of names, to its number + 1 */
  GArray     *n_users;   /* of guint, beside names */
  guint       n_whole;   /* runs that want the whole row */
} Columns;

struct _BeltFeed
{
  BeltSourceHost host;
  BeltStream    *stream;
  BeltSource    *source;
  JsonObject    *properties;
  BeltWorker    *worker;       /* set when started */
  BeltClock     *clock;
  BeltDecoder   *decoder;
  gboolean       narrowed;     /* …which reads only what a single rule opens */
  GArray        *subscribers;  /* of Subscriber */
  Columns        columns;      /* of the decoder */
  BeltGates     *gates;
  guint64        sequence;
  guint          number;       /* of the source in row ids */
  int            state;        /* for those who come later */
  char          *message;
  gboolean       started;
  gboolean       ended;
  gboolean       paused;
};

#define subscriber_at(self, i) (&g_array_index ((self)->subscribers, Subscriber, (i)))

static void
prefetch_gates (BeltFeed *self,
                guint     at)
{
  guint n = self->subscribers->len;

  if (at + GATES_AHEAD < n && subscriber_at (self, at + GATES_AHEAD)->gate != NULL)
    belt_gate_prefetch (subscriber_at (self, at + GATES_AHEAD)->gate);
  if (at + GATES_AHEAD / 2 < n && subscriber_at (self, at + GATES_AHEAD / 2)->gate != NULL)
    belt_gate_prefetch_kernels (subscriber_at (self, at + GATES_AHEAD / 2)->gate);
}

/* The rules that rows have passed to. */
static void
push_hits (BeltFeed  *self,
           BeltBatch *batch,
           Hits      *hits,
           gint64     now_ms)
{
  guint first = 0;

  for (guint i = 0; i < MIN (PASSES_AHEAD, hits->n); i++)
    belt_pass_prefetch (hits->passes[i]);

  for (guint i = 0; i < hits->n; i++)
    {
      if (i + PASSES_AHEAD < hits->n)
        belt_pass_prefetch (hits->passes[i + PASSES_AHEAD]);
      belt_pass_push (hits->passes[i], batch, hits->rows + first, hits->ends[i] - first, now_ms);
      first = hits->ends[i];
    }

  hits->n = 0;
  hits->n_rows = 0;
}

static void
offer_batch (BeltFeed   *self,
             Subscriber *subscriber,
             BeltBatch  *batch,
             const char *place,
             gint64      now_ms,
             Hits       *hits)
{
  BeltGateAnswer answer;
  guint32 *rows;
  guint n_rows = 0;

  if (hits->n == HITS_MAX || hits->n_rows + batch->n_rows > BELT_BATCH_ROWS_MAX)
    push_hits (self, batch, hits, now_ms);

  rows = hits->rows + hits->n_rows;
  answer = subscriber->gate != NULL ? belt_gate_ask (self->gates, subscriber->gate, rows, &n_rows) : BELT_GATE_ASK;
  if (answer == BELT_GATE_ASK)
    {
      belt_run_take_batch (subscriber->run, subscriber->stream, batch, place, now_ms);
      return;
    }

  if (belt_gate_has_begun (subscriber->gate))
    belt_run_note_change (subscriber->run);
  if (answer == BELT_GATE_SOME && subscriber->pass == NULL)
    belt_run_take_passed (subscriber->run, subscriber->stream, batch, rows, n_rows, now_ms);
  else if (answer == BELT_GATE_SOME)
    {
      __builtin_prefetch (subscriber->pass);
      hits->n_rows += n_rows;
      hits->passes[hits->n] = subscriber->pass;
      hits->ends[hits->n++] = hits->n_rows;
    }
}

static void
emit_batch_cb (BeltBatch *batch,
               gpointer   user_data)
{
  BeltFeed *self = user_data;
  gint64 now_ms = belt_clock_get_ms (self->clock);
  Hits hits;
  g_autofree char *place = NULL;

  if (self->host.row_file != NULL && batch->faults != NULL)
    place = g_strdup_printf ("%s:%" G_GUINT64_FORMAT, self->host.row_file, self->host.row_line);

  hits.n = 0;
  hits.n_rows = 0;
  belt_gates_begin (self->gates, batch, now_ms);
  for (guint i = 0; i < self->subscribers->len; i++)
    {
      prefetch_gates (self, i);
      offer_batch (self, subscriber_at (self, i), batch, place, now_ms, &hits);
    }
  push_hits (self, batch, &hits, now_ms);
}

static void
host_payload (BeltSourceHost  *host,
              const char      *data,
              gsize            len,
              gboolean         lines,
              const char      *place,
              const BeltValue *metadata)
{
  BeltFeed *self = (BeltFeed *)host;

  belt_decoder_decode (self->decoder, data, len, lines, place, metadata, belt_clock_get_ms (self->clock),
                       &self->sequence, self->number, emit_batch_cb, self);
}

static void
host_row (BeltSourceHost  *host,
          const BeltValue *row,
          const BeltValue *metadata)
{
  BeltFeed *self = (BeltFeed *)host;

  belt_decoder_take_row (self->decoder, row, metadata, belt_clock_get_ms (self->clock),
                         &self->sequence, self->number, emit_batch_cb, self);
}

static void
host_status (BeltSourceHost     *host,
             BeltConnectionState state,
             const char         *message)
{
  BeltFeed *self = (BeltFeed *)host;

  self->state = state;
  if (message != self->message)
    {
      g_free (self->message);
      self->message = g_strdup (message);
    }
  for (guint i = 0; i < self->subscribers->len; i++)
    belt_run_take_status (subscriber_at (self, i)->run, subscriber_at (self, i)->stream, state, message);
}

static void
host_fault (BeltSourceHost *host,
            const char     *message)
{
  BeltFeed *self = (BeltFeed *)host;

  for (guint i = 0; i < self->subscribers->len; i++)
    belt_run_take_fault (subscriber_at (self, i)->run, subscriber_at (self, i)->stream, message);
}

static void
host_end (BeltSourceHost *host)
{
  BeltFeed *self = (BeltFeed *)host;

  self->ended = TRUE;
  for (guint i = 0; i < self->subscribers->len; i++)
    belt_run_take_end (subscriber_at (self, i)->run, subscriber_at (self, i)->stream);
}

static GMainContext *
host_get_context (BeltSourceHost *host)
{
  return belt_worker_get_context (((BeltFeed *)host)->worker);
}

static gint64
host_now_ms (BeltSourceHost *host)
{
  return belt_clock_get_ms (((BeltFeed *)host)->clock);
}

static void
init_columns (Columns *self)
{
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->numbers = g_hash_table_new (g_str_hash, g_str_equal);
  self->n_users = g_array_new (FALSE, FALSE, sizeof (guint));
  self->n_whole = 0;
}

static void
clear_columns (Columns *self)
{
  g_clear_pointer (&self->numbers, g_hash_table_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->n_users, g_array_unref);
}

/* The number of the name, which is new where there was none. */
static guint
find_column (Columns    *self,
             const char *name)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->numbers, name));
  guint n_users = 0;

  if (number > 0)
    return number - 1;

  g_ptr_array_add (self->names, g_strdup (name));
  g_array_append_val (self->n_users, n_users);
  number = self->names->len;
  g_hash_table_insert (self->numbers, g_ptr_array_index (self->names, number - 1), GUINT_TO_POINTER (number));
  return number - 1;
}

/* Forgets what came after the first n. */
static void
truncate_columns (Columns *self,
                  guint    n)
{
  for (guint i = n; i < self->names->len; i++)
    g_hash_table_remove (self->numbers, g_ptr_array_index (self->names, i));
  g_ptr_array_set_size (self->names, n);
  g_array_set_size (self->n_users, n);
}

static const BeltPlanStream *
get_needs (const Subscriber *subscriber)
{
  return &belt_run_get_plan (subscriber->run)->streams[subscriber->stream];
}

/* FALSE: the columns are no longer those of the decoder. */
static gboolean
add_needs (Columns          *self,
           const Subscriber *subscriber)
{
  const BeltPlanStream *needs = get_needs (subscriber);
  guint n_before = self->names->len;
  guint n_whole = self->n_whole;

  for (guint i = 0; i < needs->n_columns; i++)
    {
      guint column = find_column (self, needs->columns[i]);

      g_array_index (self->n_users, guint, column)++;
    }
  self->n_whole += needs->whole ? 1 : 0;

  return self->names->len == n_before && (self->n_whole > 0) == (n_whole > 0);
}

/* FALSE: the decoder has a column now that nobody needs. */
static gboolean
remove_needs (Columns          *self,
              const Subscriber *subscriber)
{
  const BeltPlanStream *needs = get_needs (subscriber);
  gboolean all_used = TRUE;

  for (guint i = 0; i < needs->n_columns; i++)
    {
      guint column = find_column (self, needs->columns[i]);

      all_used &= --g_array_index (self->n_users, guint, column) > 0;
    }
  self->n_whole -= needs->whole ? 1 : 0;

  return all_used && !(needs->whole && self->n_whole == 0);
}

static void
close_gate (BeltFeed   *self,
            Subscriber *subscriber)
{
  if (subscriber->gate == NULL)
    return;

  belt_run_set_gate (subscriber->run, subscriber->stream, NULL, NULL, NULL);
  subscriber->pass = NULL;
  belt_gates_remove (self->gates, g_steal_pointer (&subscriber->gate));
}

BeltFeed *
belt_feed_new (BeltStream *stream,
               BeltSource *source,
               JsonObject *properties)
{
  static int last_number;
  BeltFeed *self = g_new0 (BeltFeed, 1);

  self->host = (BeltSourceHost) {
    host_payload, host_row, host_status, host_fault, host_end, host_get_context, host_now_ms,
  };
  self->stream = belt_stream_ref (stream);
  self->source = source;
  self->properties = properties;
  if (source->klass->unpacks && json_object_has_member (properties, "decompression"))
    json_object_remove_member (properties, "decompression");
  self->clock = belt_clock_new_wall ();
  self->subscribers = g_array_new (FALSE, FALSE, sizeof (Subscriber));
  self->gates = belt_gates_new ();
  init_columns (&self->columns);
  self->number = (guint)(g_atomic_int_add (&last_number, 1) + 1) & 0xffff;

  return self;
}

void
belt_feed_free (BeltFeed *self)
{
  if (self == NULL)
    return;

  if (self->started)
    self->source->klass->stop (self->source);
  belt_source_free (self->source);
  g_clear_pointer (&self->decoder, belt_decoder_free);
  g_clear_pointer (&self->properties, json_object_unref);
  for (guint i = 0; i < self->subscribers->len; i++)
    close_gate (self, subscriber_at (self, i));
  g_array_unref (self->subscribers);
  belt_gates_free (self->gates);
  clear_columns (&self->columns);
  belt_clock_unref (self->clock);
  belt_stream_unref (self->stream);
  g_free (self->message);
  g_free (self);
}

gboolean
belt_feed_check (BeltFeed *self,
                 GError  **error)
{
  g_autoptr(BeltDecoder) decoder = belt_decoder_new (self->stream, self->properties, NULL, 0, FALSE, 0, error);

  return decoder != NULL;
}

BeltStream *
belt_feed_get_stream (BeltFeed *self)
{
  return self->stream;
}

const BeltSourceClass *
belt_feed_get_class (BeltFeed *self)
{
  return self->source->klass;
}

/* Where the run finds its columns, and what can be asked in its place. */
static void
connect_subscriber (BeltFeed   *self,
                    Subscriber *subscriber)
{
  const BeltPlanStream *needs = get_needs (subscriber);
  g_autofree guint *map = g_new (guint, needs->n_columns + 1);

  for (guint column = 0; column < needs->n_columns; column++)
    map[column] = find_column (&self->columns, needs->columns[column]);
  map[needs->n_columns] = self->columns.names->len;

  close_gate (self, subscriber);
  belt_run_map_columns (subscriber->run, subscriber->stream, map);
  subscriber->gate = belt_run_set_gate (subscriber->run, subscriber->stream, self->gates, map,
                                        &subscriber->pass);
}

/* Of a single rule the decoder need not read what that rule does not open. */
static BeltStream *
get_definition (BeltFeed *self)
{
  const BeltPlanStream *needs;

  if (self->subscribers->len != 1)
    return self->stream;

  needs = get_needs (subscriber_at (self, 0));
  return needs->narrowed != NULL ? needs->narrowed : self->stream;
}

static gboolean
make_decoder (BeltFeed *self,
              GError  **error)
{
  BeltStream *definition = get_definition (self);
  Columns columns;
  BeltDecoder *decoder;

  init_columns (&columns);
  for (guint i = 0; i < self->subscribers->len; i++)
    add_needs (&columns, subscriber_at (self, i));

  decoder = belt_decoder_new (definition, self->properties, (const char *const *)columns.names->pdata,
                              columns.names->len, columns.n_whole > 0, 0, error);
  if (decoder == NULL)
    {
      clear_columns (&columns);
      return FALSE;
    }

  g_clear_pointer (&self->decoder, belt_decoder_free);
  self->decoder = decoder;
  self->narrowed = definition != self->stream;
  clear_columns (&self->columns);
  self->columns = columns;
  for (guint i = 0; i < self->subscribers->len; i++)
    connect_subscriber (self, subscriber_at (self, i));

  return TRUE;
}

gboolean
belt_feed_attach (BeltFeed *self,
                  BeltRun  *run,
                  guint     stream,
                  GError  **error)
{
  Subscriber subscriber = { .run = run, .stream = stream };
  guint number = self->subscribers->len;
  guint n_columns = self->columns.names->len;

  g_array_append_val (self->subscribers, subscriber);
  if (add_needs (&self->columns, &subscriber) && self->decoder != NULL && !self->narrowed)
    connect_subscriber (self, subscriber_at (self, number));
  else if (!make_decoder (self, error))
    {
      remove_needs (&self->columns, &subscriber);
      truncate_columns (&self->columns, n_columns);
      g_array_set_size (self->subscribers, number);
      return FALSE;
    }

  if (self->started)
    belt_run_take_status (run, stream, self->state, self->message);
  return TRUE;
}

static void
apply_pause (BeltFeed *self)
{
  gboolean paused = FALSE;

  for (guint i = 0; i < self->subscribers->len; i++)
    paused |= subscriber_at (self, i)->paused;

  if (paused == self->paused)
    return;
  self->paused = paused;
  if (self->started && !self->ended && self->source->klass->pause != NULL)
    self->source->klass->pause (self->source, paused);
}

guint
belt_feed_detach (BeltFeed *self,
                  BeltRun  *run)
{
  g_autoptr(GError) ignored = NULL;
  gboolean all_used = TRUE;

  for (guint i = self->subscribers->len; i > 0; i--)
    {
      Subscriber *subscriber = subscriber_at (self, i - 1);

      if (subscriber->run != run)
        continue;
      close_gate (self, subscriber);
      all_used &= remove_needs (&self->columns, subscriber);
      g_array_remove_index (self->subscribers, i - 1);
    }

  /* Fewer columns of a format that was decoded before: this cannot fail. */
  if (self->subscribers->len > 0 && !all_used)
    make_decoder (self, &ignored);
  apply_pause (self);

  return self->subscribers->len;
}

gboolean
belt_feed_start (BeltFeed   *self,
                 BeltWorker *worker,
                 GError    **error)
{
  if (self->started)
    return TRUE;

  self->worker = worker;
  self->started = belt_source_start (self->source, &self->host, error);
  if (self->started && self->paused && self->source->klass->pause != NULL)
    self->source->klass->pause (self->source, TRUE);
  return self->started;
}

gboolean
belt_feed_has_ended (BeltFeed *self)
{
  return self->ended;
}

void
belt_feed_pause (BeltFeed *self,
                 BeltRun  *run,
                 gboolean  paused)
{
  for (guint i = 0; i < self->subscribers->len; i++)
    {
      if (subscriber_at (self, i)->run == run)
        subscriber_at (self, i)->paused = paused;
    }
  apply_pause (self);
}
