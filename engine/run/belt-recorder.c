/* belt-recorder.c - what comes in at a stream's source, as it comes
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made and stopped by the owner; between the two only the worker touches it, but
 * for the inbox, through which recordings go to the owner whole.
 */
#include "config.h"

#include "belt-recorder.h"

#include "belt-clock.h"
#include "belt-inbox.h"

#include <string.h>

#define TURN_MS        100
#define RECORDINGS_MAX 64u  /* on their way to an owner who is busy */
#define IN_HAND_FACTOR 16u  /* of the bounds: what a source that was told to wait may still deliver */

struct _BeltRecorder
{
  BeltSourceHost      host;
  BeltSource         *source;
  const char         *type;
  BeltCompression     method;     /* of payloads */
  GByteArray         *unpacked;
  BeltWorker         *worker;
  BeltInbox          *inbox;
  BeltRecordFunc      func;
  gpointer            user_data;
  BeltClock          *clock;
  GSource            *timer;      /* running while there is something to hand over */
  BeltRecording      *recording;  /* what came in since the last turn, or NULL */
  gsize               n_bytes;    /* of it */
  BeltConnectionState state;
  gboolean            is_started;
  gboolean            is_paused;
};

static void
free_record (gpointer data)
{
  belt_record_unref (data);
}

static void
free_recording (gpointer data)
{
  BeltRecording *recording = data;

  g_ptr_array_unref (recording->records);
  g_free (recording->message);
  g_free (recording);
}

static void
set_paused (BeltRecorder *self,
            gboolean      paused)
{
  if (self->is_paused == paused || self->source->klass->pause == NULL)
    return;

  self->is_paused = paused;
  self->source->klass->pause (self->source, paused);
}

static gboolean
hand_over_cb (gpointer data)
{
  BeltRecorder *self = data;
  BeltRecording *recording;

  /* The owner is busy: this one fills up, and what does not fit is counted. */
  if (belt_inbox_get_length (self->inbox) >= RECORDINGS_MAX)
    return G_SOURCE_CONTINUE;

  recording = g_steal_pointer (&self->recording);
  g_clear_pointer (&self->timer, g_source_unref);
  self->n_bytes = 0;
  recording->state = self->state;
  belt_inbox_post (self->inbox, recording, 0);
  set_paused (self, FALSE);

  return G_SOURCE_REMOVE;
}

static BeltRecording *
need_recording (BeltRecorder *self)
{
  if (self->recording != NULL)
    return self->recording;

  self->recording = g_new0 (BeltRecording, 1);
  self->recording->records = g_ptr_array_new_with_free_func (free_record);
  self->timer = g_timeout_source_new (TURN_MS);
  g_source_set_callback (self->timer, hand_over_cb, self, NULL);
  g_source_attach (self->timer, belt_worker_get_context (self->worker));

  return self->recording;
}

static gboolean
is_full (BeltRecorder *self,
         guint         factor)
{
  return self->recording->records->len >= factor * BELT_RECORDING_ROWS_MAX ||
         self->n_bytes >= factor * BELT_RECORDING_BYTES_MAX;
}

/* Is there room for one more?  A source that was told to wait may still have some in its hand. */
static gboolean
has_room (BeltRecorder *self)
{
  if (!is_full (self, self->is_paused ? IN_HAND_FACTOR : 1))
    return TRUE;

  self->recording->n_skipped++;
  return FALSE;
}

/* Takes the record. */
static void
append (BeltRecorder *self,
        BeltRecord   *record)
{
  g_ptr_array_add (self->recording->records, record);
  self->n_bytes += record->n_bytes;
  if (is_full (self, 1))
    set_paused (self, TRUE);
}

static void
take_payload (BeltRecorder    *self,
              const char      *data,
              gsize            len,
              const BeltValue *metadata)
{
  need_recording (self);
  if (has_room (self))
    append (self, belt_record_new_payload (g_bytes_new (data, len), metadata, belt_clock_get_ms (self->clock)));
}

static void
say (BeltRecorder *self,
     const char   *message)
{
  BeltRecording *recording = need_recording (self);

  g_free (recording->message);
  recording->message = g_strdup (message);
}

/* FALSE: it cannot be, and that was said. */
static gboolean
unpack (BeltRecorder  *self,
        const char   **data,
        gsize         *len)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;

  if (self->method == BELT_COMPRESSION_NONE)
    return TRUE;

  g_byte_array_set_size (self->unpacked, 0);
  if (belt_decompress (self->method, *data, *len, BELT_DECOMPRESSED_MAX, self->unpacked, &error))
    {
      *data = (const char *)self->unpacked->data;
      *len = self->unpacked->len;
      return TRUE;
    }
  message = g_strdup_printf ("decompression failed: %s", error->message);
  say (self, message);

  return FALSE;
}

static void
host_payload (BeltSourceHost  *host,
              const char      *data,
              gsize            len,
              gboolean         lines,
              const char      *place,
              const BeltValue *metadata)
{
  BeltRecorder *self = (BeltRecorder *)host;
  const char *end;

  if (!lines)
    {
      if (!unpack (self, &data, &len))
        return;
      take_payload (self, data, len, metadata);
      return;
    }

  end = data + len;
  while (data < end)
    {
      const char *line_end = memchr (data, '\n', (gsize)(end - data));
      gsize line_len = (gsize)((line_end != NULL ? line_end : end) - data);

      if (line_len > 0)
        take_payload (self, data, line_len, metadata);
      data += line_len + 1;
    }
}

static void
host_row (BeltSourceHost  *host,
          const BeltValue *row,
          const BeltValue *metadata)
{
  BeltRecorder *self = (BeltRecorder *)host;

  need_recording (self);
  if (has_room (self))
    append (self, belt_record_new_row (row, metadata, belt_clock_get_ms (self->clock)));
}

static void
host_status (BeltSourceHost     *host,
             BeltConnectionState state,
             const char         *message)
{
  BeltRecorder *self = (BeltRecorder *)host;

  self->state = state;
  say (self, message);
}

static void
host_fault (BeltSourceHost *host,
            const char     *message)
{
  say ((BeltRecorder *)host, message);
}

static void
host_end (BeltSourceHost *host)
{
  need_recording ((BeltRecorder *)host)->has_ended = TRUE;
}

static GMainContext *
host_get_context (BeltSourceHost *host)
{
  return belt_worker_get_context (((BeltRecorder *)host)->worker);
}

static gint64
host_now_ms (BeltSourceHost *host)
{
  return belt_clock_get_ms (((BeltRecorder *)host)->clock);
}

static void
start_cb (gpointer data)
{
  BeltRecorder *self = data;
  g_autoptr(GError) error = NULL;

  belt_worker_hold (self->worker);
  self->is_started = belt_source_start (self->source, &self->host, &error);
  if (self->is_started)
    return;

  self->state = BELT_CONNECTION_DISCONNECTED;
  say (self, error->message);
  self->recording->has_ended = TRUE;
}

static void
stop_cb (gpointer data)
{
  BeltRecorder *self = data;

  if (self->is_started)
    self->source->klass->stop (self->source);
  belt_source_free (self->source);
  belt_timer_clear (&self->timer);
  g_clear_pointer (&self->recording, free_recording);
  g_byte_array_unref (self->unpacked);
  belt_clock_unref (self->clock);
  belt_inbox_unref (self->inbox);
  belt_worker_release (self->worker);
  g_free (self);
}

static void
take_recording (gpointer message,
                gpointer user_data)
{
  BeltRecorder *self = user_data;

  self->func (message, self->user_data);
  free_recording (message);
}

BeltRecorder *
belt_recorder_new (BeltWorker     *worker,
                   BeltSource     *source,
                   BeltCompression method,
                   GMainContext   *context,
                   BeltRecordFunc  func,
                   gpointer        user_data)
{
  BeltRecorder *self = g_new0 (BeltRecorder, 1);

  self->host = (BeltSourceHost) {
    host_payload, host_row, host_status, host_fault, host_end, host_get_context, host_now_ms,
  };
  self->source = source;
  self->type = source->klass->type;
  self->method = method;
  self->unpacked = g_byte_array_new ();
  self->worker = worker;
  self->inbox = belt_inbox_new (context, RECORDINGS_MAX, G_MAXSIZE, take_recording, self, free_recording);
  self->func = func;
  self->user_data = user_data;
  self->clock = belt_clock_new_wall ();
  belt_worker_invoke (worker, start_cb, self);

  return self;
}

void
belt_recorder_stop (BeltRecorder *self)
{
  belt_inbox_close (self->inbox);
  belt_worker_invoke (self->worker, stop_cb, self);
}

gboolean
belt_recorder_is_current (BeltRecorder *self)
{
  return belt_source_lookup (self->type) == self->source->klass;
}
