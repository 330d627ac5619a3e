/* belt-run-sinks.c - what becomes of a run's emissions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A muted sink is only asked whether its properties are right; its payloads are
 * shown and go nowhere.  Nothing is encoded that neither a sink nor anybody who
 * looks wants to have.
 */
#include "config.h"

#include "belt-run-private.h"

#include "belt-codec.h"
#include "belt-compress.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-json.h"
#include "belt-op-sink.h"
#include "belt-properties.h"

#include <string.h>

struct _BeltRunSink
{
  BeltSinkHost    host;
  BeltRun        *run;
  guint           op;          /* index in plan->ops */
  const char     *name;
  BeltSink       *sink;        /* NULL: muted */
  BeltEncoder    *encoder;     /* NULL: takes rows, shown as JSON */
  GString        *payload;
  BeltCompression compression; /* of payloads of this sink */
  GByteArray     *packed;
  gboolean        congested;
  gboolean        started;
};

static void
host_status (BeltSinkHost *host,
             int           state,
             const char   *message)
{
  BeltRunSink *self = (BeltRunSink *)host;
  BeltRun *run = self->run;

  belt_metrics_set_connection (run->metrics, self->op, state, message, belt_clock_get_ms (run->clock));
  if (state < 0 && message != NULL)
    belt_run_notice (run, self->name, message);
}

static void
host_fault (BeltSinkHost *host,
            const char   *message,
            guint         n_rows)
{
  BeltRunSink *self = (BeltRunSink *)host;
  BeltRun *run = self->run;

  belt_metrics_add_exception (run->metrics, self->op, message, MAX (n_rows, 1), belt_clock_get_ms (run->clock));
  belt_run_notice (run, self->name, message);
}

static void
host_congested (BeltSinkHost *host,
                gboolean      congested)
{
  BeltRunSink *self = (BeltRunSink *)host;

  if (self->congested == congested)
    return;

  self->congested = congested;
  belt_run_set_congested (self->run, congested);
}

static GMainContext *
host_get_context (BeltSinkHost *host)
{
  return belt_worker_get_context (((BeltRunSink *)host)->run->worker);
}

static gint64
host_now_ms (BeltSinkHost *host)
{
  return belt_clock_get_ms (((BeltRunSink *)host)->run->clock);
}

static const char *
host_get_rule_id (BeltSinkHost *host)
{
  return ((BeltRunSink *)host)->run->rule_id;
}

static void
host_drained (BeltSinkHost *host)
{
  belt_run_take_drained (((BeltRunSink *)host)->run);
}

/* What a format cannot hold is counted, and told to the sink where the rule sends errors.  FALSE: nothing to send. */
static gboolean
encode (BeltRunSink     *self,
        const BeltValue *emission,
        guint            n_rows,
        gboolean        *ret_is_error)
{
  g_autoptr(GError) error = NULL;

  g_string_truncate (self->payload, 0);
  if (emission->tag == BELT_TAG_STR)   /* made by a template */
    g_string_append_len (self->payload, emission->u.s, emission->len);
  else if (self->encoder == NULL)
    belt_json_write (self->payload, emission);
  else if (!belt_encoder_encode (self->encoder, emission, self->payload, &error))
    {
      host_fault (&self->host, error->message, n_rows);
      g_string_assign (self->payload, error->message);
      *ret_is_error = TRUE;
      return self->run->plan->options.send_error;
    }

  return TRUE;
}

static void
send_payload (BeltRunSink *self,
              guint        n_rows,
              gboolean     is_error)
{
  BeltSink *sink = self->sink;
  g_autoptr(GError) error = NULL;

  if (self->compression == BELT_COMPRESSION_NONE || is_error)
    {
      sink->klass->send (sink, self->payload->str, self->payload->len, n_rows);
      return;
    }

  g_byte_array_set_size (self->packed, 0);
  if (belt_compress (self->compression, self->payload->str, self->payload->len, self->packed, &error))
    sink->klass->send (sink, (const char *)self->packed->data, self->packed->len, n_rows);
  else
    host_fault (&self->host, error->message, n_rows);
}

static gboolean
is_wanted (BeltEmissionSink *emission_sink,
           guint             number)
{
  BeltRun *run = emission_sink->owner;
  BeltSink *sink = run->sinks[number].sink;

  return g_atomic_int_get (&run->outlet->wants_emissions) != 0 || (sink != NULL && !sink->wants_nothing);
}

/* A sink of bytes gets the bare text of an error, as eKuiper sends it; who looks on sees a row. */
static void
take_fault (BeltRunSink     *self,
            const BeltValue *emission,
            const BeltFault *fault,
            gboolean         wants_bytes,
            gboolean         shown,
            guint            n_rows)
{
  if (wants_bytes)
    {
      g_string_assign (self->payload, fault->message);
      send_payload (self, n_rows, TRUE);
    }
  if (shown)
    {
      g_string_truncate (self->payload, 0);
      belt_json_write (self->payload, emission);
      belt_run_show (self->run, self->name, self->payload->str, self->payload->len);
    }
}

static const char *
render (gpointer    owner,
        const char *text)
{
  BeltRunSink *self = owner;
  guint n;
  BeltOp **ops = belt_topology_get_ops (self->run->topology, &n);

  return belt_op_sink_render (ops[self->op], text);
}

static void
take_emission (BeltEmissionSink *emission_sink,
               guint             number,
               const BeltValue  *emission,
               const BeltFault  *fault,
               guint             n_rows)
{
  BeltRun *run = emission_sink->owner;
  BeltRunSink *self = &run->sinks[number];
  BeltSink *sink = self->sink;
  gboolean shown = g_atomic_int_get (&run->outlet->wants_emissions) != 0;
  gboolean wants_bytes = sink != NULL && !sink->klass->wants_rows && !sink->wants_nothing;
  gboolean is_error = FALSE;

  if (sink != NULL)
    {
      sink->render = render;
      sink->render_owner = self;
    }
  if (sink != NULL && sink->klass->wants_rows)
    sink->klass->collect (sink, emission);
  if (!shown && !wants_bytes)
    return;

  if (fault != NULL)
    {
      take_fault (self, emission, fault, wants_bytes, shown, n_rows);
      return;
    }

  if (!encode (self, emission, n_rows, &is_error))
    return;
  if (wants_bytes)
    send_payload (self, n_rows, is_error);
  if (shown)
    belt_run_show (run, self->name, self->payload->str, self->payload->len);
}

static JsonObject *
copy_properties (JsonObject *properties,
                 const char *base_dir)
{
  JsonObject *copy = properties != NULL ? belt_properties_copy (properties) : json_object_new ();

  if (base_dir != NULL)
    json_object_set_string_member (copy, "$baseDir", base_dir);

  return copy;
}

static const BeltRefusedProperty refused[] =
{
  { "encryption", "leave it out" },
  { "resendAlterQueue", "leave it out: what failed is sent again in its place" },
};

/* eKuiper's compressionProps.windowSize only bounds the memory of its zstd writer. */
static gboolean
read_compression (BeltRunSink *self,
                  JsonObject  *properties,
                  GError     **error)
{
  g_autofree char *name = NULL;

  if (!belt_properties_get_string (properties, "compression", &name, error))
    return FALSE;
  if (name == NULL || *name == '\0')
    return TRUE;

  self->compression = belt_compression_find (name, strlen (name));
  self->packed = g_byte_array_new ();
  return self->compression != BELT_COMPRESSION_NONE ||
         belt_refuse (error, BELT_ERROR_ENDPOINT, "get compressor %s fail with error: unsupported compressor: %s",
                      name, name);
}

static gboolean
make_sink (BeltRunSink        *self,
           const BeltPlanSink *plan_sink,
           const char         *base_dir,
           GError            **error)
{
  g_autoptr(JsonObject) properties = copy_properties (plan_sink->properties, base_dir);
  const BeltSinkClass *klass;
  const char *format = belt_json_get_text (properties, "format", NULL);

  self->sink = belt_sink_new (plan_sink->type, properties, error);
  if (self->sink == NULL || !belt_properties_refuse (properties, refused, G_N_ELEMENTS (refused), error))
    return FALSE;

  klass = self->sink->klass;
  if (!klass->wants_rows && ((self->encoder = belt_encoder_new_with (format, properties, self->run->plan->catalog,
                                                                     error)) == NULL ||
                             (!klass->packs && !read_compression (self, properties, error))))
    return FALSE;
  if (self->run->muted)
    g_clear_pointer (&self->sink, belt_sink_free);

  return TRUE;
}

gboolean
belt_run_sinks_make (BeltRun    *self,
                     const char *base_dir,
                     GError    **error)
{
  self->sinks = g_new0 (BeltRunSink, self->plan->n_sinks);
  self->emission_sink.emission = take_emission;
  self->emission_sink.wants = is_wanted;
  self->emission_sink.owner = self;

  for (guint i = 0; i < self->plan->n_sinks; i++)
    {
      BeltRunSink *sink = &self->sinks[i];

      sink->host = (BeltSinkHost) {
        .status = host_status, .fault = host_fault, .congested = host_congested,
        .get_context = host_get_context, .now_ms = host_now_ms, .get_rule_id = host_get_rule_id,
        .drained = host_drained,
      };
      sink->run = self;
      sink->op = self->plan->sinks[i].op;
      sink->name = self->plan->sinks[i].name;
      sink->payload = g_string_new (NULL);
      if (!make_sink (sink, &self->plan->sinks[i], base_dir, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
belt_run_sinks_start (BeltRun *self,
                      GError **error)
{
  for (guint i = 0; i < self->plan->n_sinks; i++)
    {
      BeltRunSink *sink = &self->sinks[i];

      if (sink->sink == NULL)
        host_status (&sink->host, BELT_CONNECTION_CONNECTED, NULL);
      else if (!sink->started)
        {
          sink->started = TRUE;
          if (!belt_sink_start (sink->sink, &sink->host, error))
            return FALSE;
        }
    }

  return TRUE;
}

void
belt_run_sinks_take_over (BeltRun *self,
                          BeltRun *old)
{
  for (guint i = 0; i < MIN (self->plan->n_sinks, old->plan->n_sinks); i++)
    {
      BeltRunSink *from = &old->sinks[i];
      BeltRunSink *to = &self->sinks[i];

      if (from->sink == NULL || to->sink == NULL || !from->started || from->sink->klass != to->sink->klass)
        continue;

      belt_sink_free (to->sink);
      to->sink = g_steal_pointer (&from->sink);
      to->sink->host = &to->host;
      to->started = TRUE;
      host_status (&to->host, BELT_CONNECTION_CONNECTED, NULL);
      if (from->congested)
        host_congested (&to->host, TRUE);
    }
}

/* Those with something pending are waited for instead: their flush may block. */
void
belt_run_sinks_flush (BeltRun *self)
{
  for (guint i = 0; i < self->plan->n_sinks; i++)
    {
      BeltSink *sink = self->sinks[i].sink;

      if (sink != NULL && self->sinks[i].started && sink->klass->flush != NULL && sink->klass->get_pending == NULL)
        sink->klass->flush (sink);
    }
}

guint
belt_run_sinks_get_pending (BeltRun *self)
{
  guint n_pending = 0;

  for (guint i = 0; i < self->plan->n_sinks; i++)
    {
      BeltSink *sink = self->sinks[i].sink;

      if (sink != NULL && self->sinks[i].started && sink->klass->get_pending != NULL)
        n_pending += sink->klass->get_pending (sink);
    }

  return n_pending;
}

void
belt_run_sinks_free (BeltRun *self)
{
  for (guint i = 0; self->sinks != NULL && i < self->plan->n_sinks; i++)
    {
      BeltRunSink *sink = &self->sinks[i];

      if (sink->sink != NULL && sink->started && sink->sink->klass->stop != NULL)
        sink->sink->klass->stop (sink->sink);
      belt_sink_free (sink->sink);
      g_clear_pointer (&sink->encoder, belt_encoder_free);
      g_clear_pointer (&sink->packed, g_byte_array_unref);
      if (sink->payload != NULL)
        g_string_free (sink->payload, TRUE);
    }
  g_clear_pointer (&self->sinks, g_free);
}
