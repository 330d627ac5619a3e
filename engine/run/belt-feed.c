/* belt-feed.c - a source and its decoder, and the runs they serve
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each time a run comes or goes the union of the columns is made anew, and with
 * it the decoder; the sequence of row ids goes on.
 */
#include "config.h"

#include "belt-feed.h"

#include "belt-clock.h"
#include "belt-codec.h"

#include <string.h>

typedef struct
{
  BeltRun *run;
  guint    stream;
  gboolean paused;
} Subscriber;

struct _BeltFeed
{
  BeltSourceHost host;
  BeltStream    *stream;
  BeltSource    *source;
  JsonObject    *properties;
  BeltWorker    *worker;       /* set when started */
  BeltClock     *clock;
  BeltDecoder   *decoder;
  GArray        *subscribers;  /* of Subscriber */
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
emit_batch_cb (BeltBatch *batch,
               gpointer   user_data)
{
  BeltFeed *self = user_data;
  g_autofree char *place = NULL;

  if (self->host.row_file != NULL && batch->faults != NULL)
    place = g_strdup_printf ("%s:%" G_GUINT64_FORMAT, self->host.row_file, self->host.row_line);
  for (guint i = 0; i < self->subscribers->len; i++)
    belt_run_take_batch (subscriber_at (self, i)->run, subscriber_at (self, i)->stream, batch, place);
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
  g_array_unref (self->subscribers);
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

static guint
add_column (GPtrArray  *names,
            const char *name)
{
  for (guint i = 0; i < names->len; i++)
    {
      if (strcmp (g_ptr_array_index (names, i), name) == 0)
        return i;
    }

  g_ptr_array_add (names, (gpointer)name);
  return names->len - 1;
}

static gboolean
make_decoder (BeltFeed *self,
              GError  **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  g_autoptr(BeltDecoder) decoder = NULL;
  gboolean whole = FALSE;

  for (guint i = 0; i < self->subscribers->len; i++)
    {
      const Subscriber *subscriber = subscriber_at (self, i);
      const BeltPlanStream *needs = &belt_run_get_plan (subscriber->run)->streams[subscriber->stream];

      for (guint column = 0; column < needs->n_columns; column++)
        add_column (names, needs->columns[column]);
      whole |= needs->whole;
    }

  decoder = belt_decoder_new (self->stream, self->properties, (const char *const *)names->pdata, names->len,
                              whole, 0, error);
  if (decoder == NULL)
    return FALSE;

  for (guint i = 0; i < self->subscribers->len; i++)
    {
      const Subscriber *subscriber = subscriber_at (self, i);
      const BeltPlanStream *needs = &belt_run_get_plan (subscriber->run)->streams[subscriber->stream];
      g_autofree guint *map = g_new (guint, needs->n_columns + 1);

      for (guint column = 0; column < needs->n_columns; column++)
        map[column] = add_column (names, needs->columns[column]);
      map[needs->n_columns] = names->len;
      belt_run_map_columns (subscriber->run, subscriber->stream, map);
    }

  g_clear_pointer (&self->decoder, belt_decoder_free);
  self->decoder = g_steal_pointer (&decoder);
  return TRUE;
}

gboolean
belt_feed_attach (BeltFeed *self,
                  BeltRun  *run,
                  guint     stream,
                  GError  **error)
{
  Subscriber subscriber = { run, stream, FALSE };

  g_array_append_val (self->subscribers, subscriber);
  if (!make_decoder (self, error))
    {
      g_array_set_size (self->subscribers, self->subscribers->len - 1);
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

  for (guint i = self->subscribers->len; i > 0; i--)
    {
      if (subscriber_at (self, i - 1)->run == run)
        g_array_remove_index (self->subscribers, i - 1);
    }

  /* Fewer columns of a format that was decoded before: this cannot fail. */
  if (self->subscribers->len > 0)
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
