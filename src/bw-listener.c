/* bw-listener.c - what comes in at a stream's true source
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The newest rows are kept, as many as a trial takes and at most 64 MiB.  Signal
 * "rows" when some came; property "sentence" is notified when it may say something
 * else, once a second while nothing comes.
 */
#include "config.h"

#include "bw-listener.h"

#include <glib/gi18n.h>

#define BYTES_MAX (64u << 20)

struct _BwListener
{
  GObject             parent_instance;

  BeltEngine         *engine;       /* NULL: off */
  BeltStream         *stream;
  BeltRecorder       *recorder;     /* NULL: off, or the source does not open */
  GQueue              records;      /* of BeltRecord */
  gsize               n_bytes;
  guint               rows_max;
  guint64             n_came;
  guint64             n_skipped;    /* came faster than anybody could look */
  BeltConnectionState state;
  char               *message;      /* the last trouble, or NULL */
  gboolean            has_ended;
  gint64              since_us;     /* of the last row, or of the start */
  guint               tick;
};

enum
{
  PROP_0,
  PROP_SENTENCE,
  N_PROPERTIES
};

enum
{
  ROWS,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwListener, bw_listener, G_TYPE_OBJECT)

static void
notify (BwListener *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SENTENCE]);
}

static void
drop_oldest (BwListener *self)
{
  BeltRecord *record = g_queue_pop_head (&self->records);

  self->n_bytes -= record->n_bytes;
  belt_record_unref (record);
}

static void
take_recording (const BeltRecording *recording,
                gpointer             user_data)
{
  g_autoptr(BwListener) self = g_object_ref (user_data);

  self->state = recording->state;
  self->has_ended |= recording->has_ended;
  self->n_skipped += recording->n_skipped;
  if (recording->message != NULL || recording->records->len > 0)
    {
      g_free (self->message);
      self->message = g_strdup (recording->message);
    }
  for (guint i = 0; i < recording->records->len; i++)
    {
      BeltRecord *record = belt_record_ref (g_ptr_array_index (recording->records, i));

      g_queue_push_tail (&self->records, record);
      self->n_bytes += record->n_bytes;
      self->n_came++;
      while (self->records.length > 1 && (self->records.length > self->rows_max || self->n_bytes > BYTES_MAX))
        drop_oldest (self);
    }

  if (recording->records->len > 0)
    {
      self->since_us = g_get_monotonic_time ();
      g_signal_emit (self, signals[ROWS], 0);
    }
  notify (self);
}

static gboolean
tick_cb (gpointer data)
{
  notify (data);
  return G_SOURCE_CONTINUE;
}

static void
stop (BwListener *self)
{
  g_clear_handle_id (&self->tick, g_source_remove);
  if (self->recorder != NULL)
    belt_engine_stop_recorder (self->engine, self->recorder);
  self->recorder = NULL;
  self->state = BELT_CONNECTION_CONNECTING;
}

static void
start (BwListener *self)
{
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&self->message, g_free);
  self->has_ended = FALSE;
  self->since_us = g_get_monotonic_time ();
  self->recorder = belt_engine_record (self->engine, self->stream, take_recording, self, &error);
  if (self->recorder == NULL)
    self->message = g_strdup (error->message);
  else
    self->tick = g_timeout_add_seconds (1, tick_cb, self);
}

static void
bw_listener_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_SENTENCE:
      g_value_take_string (value, bw_listener_dup_sentence (BW_LISTENER (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_listener_dispose (GObject *object)
{
  BwListener *self = BW_LISTENER (object);

  stop (self);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (bw_listener_parent_class)->dispose (object);
}

static void
bw_listener_finalize (GObject *object)
{
  BwListener *self = BW_LISTENER (object);

  g_queue_clear_full (&self->records, (GDestroyNotify)belt_record_unref);
  g_clear_pointer (&self->stream, belt_stream_unref);
  g_free (self->message);

  G_OBJECT_CLASS (bw_listener_parent_class)->finalize (object);
}

static void
bw_listener_class_init (BwListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bw_listener_dispose;
  object_class->finalize = bw_listener_finalize;
  object_class->get_property = bw_listener_get_property;

  properties[PROP_SENTENCE] = g_param_spec_string ("sentence", NULL, NULL, NULL,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  signals[ROWS] = g_signal_new ("rows", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
}

static void
bw_listener_init (BwListener *self)
{
  g_queue_init (&self->records);
}

BwListener *
bw_listener_new (BeltStream *stream,
                 guint       rows_max)
{
  BwListener *self = g_object_new (BW_TYPE_LISTENER, NULL);

  self->stream = belt_stream_ref (stream);
  self->rows_max = rows_max;
  return self;
}

const char *
bw_listener_get_name (BwListener *self)
{
  return self->stream->name;
}

gboolean
bw_listener_is_on (BwListener *self)
{
  return self->engine != NULL;
}

gboolean
bw_listener_is_cut_off (BwListener *self)
{
  return self->engine != NULL && (self->recorder == NULL || self->state == BELT_CONNECTION_DISCONNECTED);
}

void
bw_listener_set_engine (BwListener *self,
                        BeltEngine *engine)
{
  if (engine == self->engine)
    return;

  stop (self);
  g_set_object (&self->engine, engine);
  if (engine != NULL)
    start (self);
  notify (self);
}

void
bw_listener_clear (BwListener *self)
{
  g_queue_clear_full (&self->records, (GDestroyNotify)belt_record_unref);
  self->n_bytes = 0;
  self->n_came = 0;
  self->n_skipped = 0;
  g_signal_emit (self, signals[ROWS], 0);
  notify (self);
}

void
bw_listener_refresh (BwListener *self,
                     BeltStream *stream)
{
  gboolean same = g_str_equal (self->stream->statement, stream->statement);

  belt_stream_ref (stream);
  belt_stream_unref (self->stream);
  self->stream = stream;
  /* Another definition: what came in is not what would come in. */
  if (!same)
    bw_listener_clear (self);
  if (self->engine == NULL || (same && self->recorder != NULL && belt_recorder_is_current (self->recorder)))
    return;

  stop (self);
  start (self);
  notify (self);
}

GQueue *
bw_listener_get_records (BwListener *self)
{
  return &self->records;
}

guint64
bw_listener_get_n_came (BwListener *self)
{
  return self->n_came;
}

static char *
dup_rows_sentence (BwListener *self,
                   guint       seconds)
{
  g_autoptr(GString) text = g_string_new (NULL);

  g_string_append_printf (text, ngettext ("%lu row came", "%lu rows came", (gulong)self->n_came),
                          (gulong)self->n_came);
  if (self->n_came > self->records.length)
    g_string_append_printf (text, _(", the newest %u are shown"), self->records.length);
  if (self->engine != NULL && !self->has_ended)
    g_string_append_printf (text, _(", the last %u s ago"), seconds);
  g_string_append (text, self->has_ended ? _(". The source has ended.") : ".");
  if (self->n_skipped > 0)
    g_string_append_printf (text, _(" %lu more came too fast to be kept."), (gulong)self->n_skipped);
  if (self->message != NULL)
    g_string_append_printf (text, " %s", self->message);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
bw_listener_dup_sentence (BwListener *self)
{
  guint seconds = (guint)((g_get_monotonic_time () - self->since_us) / G_USEC_PER_SEC);
  const char *from = self->stream->datasource != NULL ? self->stream->datasource : self->stream->name;

  if (self->n_came > 0)
    return dup_rows_sentence (self, seconds);
  if (self->engine == NULL)
    return g_strdup (_("The source is not open."));
  if (self->recorder == NULL)
    return g_strdup_printf (_("The source does not open: %s"), self->message);
  if (self->has_ended)
    return self->message != NULL ? g_strdup (self->message) : g_strdup (_("The source has ended without a row."));
  if (self->state == BELT_CONNECTION_DISCONNECTED)
    return g_strdup_printf (_("No connection for %u s: %s"), seconds,
                            self->message != NULL ? self->message : _("no reason was given."));
  if (self->state == BELT_CONNECTION_CONNECTING)
    return g_strdup_printf (_("Connecting for %u s."), seconds);

  return g_strdup_printf (_("Connected, listening to %s: no row in %u s."), from, seconds);
}
