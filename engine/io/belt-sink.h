/* belt-sink.h - where emissions go
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sink operator has already applied omitIfEmpty, fields, excludeFields,
 * dataField and sendSingle, and encoded the payload when the sink wants bytes.
 * A sink lives on its worker and must not block there: slow ones queue and use
 * a thread of their own.
 */
#pragma once

#include "belt-value.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltSink      BeltSink;
typedef struct _BeltSinkClass BeltSinkClass;
typedef struct _BeltSinkHost  BeltSinkHost;

struct _BeltSinkHost
{
  void (*status)    (BeltSinkHost *host, int connection_state, const char *message);
  /* A payload that will not arrive: counted as SINK_REJECT.  [any] */
  void (*fault)     (BeltSinkHost *host, const char *message, guint n_rows);
  /* Queue full / empty again; the run pauses its sources in between. */
  void (*congested) (BeltSinkHost *host, gboolean congested);
  GMainContext *(*get_context) (BeltSinkHost *host);
  gint64        (*now_ms)      (BeltSinkHost *host);
  const char   *(*get_rule_id) (BeltSinkHost *host);
  /* Everything sent so far has arrived or was given up; only for sinks with get_pending. */
  void          (*drained)     (BeltSinkHost *host);
};

struct _BeltSinkClass
{
  const char  *type;          /* "log", "mqtt", … */
  gsize        instance_size;
  gboolean     wants_rows;    /* TRUE: collect(); FALSE: encoded payloads by send() */
  gboolean   (*configure) (BeltSink *self, JsonObject *properties, GError **error);
  gboolean   (*start)     (BeltSink *self, BeltSinkHost *host, GError **error);
  /* One emission: LIST of MAPs, or one MAP with sendSingle.  Values are lent. */
  void       (*collect)   (BeltSink *self, const BeltValue *emission);
  /* n_rows is how many rows the payload stands for.  Bytes are lent. */
  void       (*send)      (BeltSink *self, const char *payload, gsize len, guint n_rows);
  void       (*flush)     (BeltSink *self);
  void       (*stop)      (BeltSink *self);   /* flushes what it can within 1 s */
  void       (*finalize)  (BeltSink *self);
  /* Payloads not yet delivered: a run that ends waits for them.  NULL: delivered when send() returns. */
  guint      (*get_pending) (BeltSink *self);
  gboolean     packs;         /* does what property compression says itself; else each payload is compressed */
};

struct _BeltSink
{
  const BeltSinkClass *klass;
  BeltSinkHost        *host;
  gboolean             wants_nothing;  /* set by configure: only counts, so nothing is encoded for it */
  /* Set by who calls collect() and send(): what became of a property with {{…}}; NULL: nothing. */
  const char        *(*render) (gpointer owner, const char *text);
  gpointer             render_owner;
};

void                 belt_sink_register (const BeltSinkClass *klass);
void                 belt_sink_unregister (const char        *type);
const BeltSinkClass *belt_sink_lookup   (const char          *type);
BeltSink            *belt_sink_new      (const char          *type,
                                         JsonObject          *properties,
                                         GError             **error);
/* [worker] Sets the host, which must outlive the sink, and starts. */
gboolean             belt_sink_start    (BeltSink            *self,
                                         BeltSinkHost        *host,
                                         GError             **error);
/* In collect() and send(): the property for this payload. */
const char          *belt_sink_render   (BeltSink            *self,
                                         const char          *text);
void                 belt_sink_free     (BeltSink            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSink, belt_sink_free)

G_END_DECLS
