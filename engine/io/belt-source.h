/* belt-source.h - where bytes or rows come from
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A source lives on its worker: everything below is called there, and it
 * delivers there.  Sources that block or have threads of their own (a client
 * library, a plugin) post to a BeltInbox of theirs, which hands over on the
 * worker.  A source is finite when it can report the end.
 */
#pragma once

#include "belt-value.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltSource      BeltSource;
typedef struct _BeltSourceClass BeltSourceClass;
typedef struct _BeltSourceHost  BeltSourceHost;

typedef enum
{
  BELT_CONNECTION_CONNECTING   = 0,
  BELT_CONNECTION_CONNECTED    = 1,
  BELT_CONNECTION_DISCONNECTED = -1,
} BeltConnectionState;

/* What the runtime offers to a source.  [worker] */
struct _BeltSourceHost
{
  /* One received payload (a message, a line, several lines when `lines`); decoded by the stream's FORMAT.
   * `place` names it in messages ("demo.jsonl:12"), may be NULL; metadata is a MAP value or NULL. */
  void (*payload) (BeltSourceHost *host, const char *data, gsize len, gboolean lines,
                   const char *place, const BeltValue *metadata);
  /* One row that needs no decoding (memory, simulator, plugins): a MAP value. */
  void (*row)     (BeltSourceHost *host, const BeltValue *row, const BeltValue *metadata);
  void (*status)  (BeltSourceHost *host, BeltConnectionState state, const char *message);
  /* A failure that is not a row's; the source goes on. */
  void (*fault)   (BeltSourceHost *host, const char *message);
  void (*end)     (BeltSourceHost *host);
  GMainContext *(*get_context) (BeltSourceHost *host);   /* the worker's; attach GSources here */
  gint64        (*now_ms)      (BeltSourceHost *host);
  /* Set by a source before row() where a row stands in a file, for messages about it. */
  const char   *row_file;
  guint64       row_line;
};

struct _BeltSourceClass
{
  const char  *type;         /* "mqtt", "file", … as in TYPE= */
  gsize        instance_size;
  /* datasource and properties (merged defaults, CONF_KEY, EXTRA) are checked here: errors are the user's.
   * Called while planning, must not touch the world. */
  gboolean   (*configure) (BeltSource *self, const char *datasource, JsonObject *properties, GError **error);
  /* Begins to deliver; must not block.  Connection trouble is reported by status and retried. */
  gboolean   (*start)     (BeltSource *self, BeltSourceHost *host, GError **error);
  void       (*stop)      (BeltSource *self);            /* nothing is delivered after this returns */
  void       (*pause)     (BeltSource *self, gboolean paused);  /* back-pressure; may be NULL */
  void       (*finalize)  (BeltSource *self);
  gboolean     unpacks;      /* does what property decompression says itself; else the decoder does */
};

struct _BeltSource
{
  const BeltSourceClass *klass;
  BeltSourceHost        *host;
};

/* Registered types; plugins add theirs.  Any thread. */
void                   belt_source_register  (const BeltSourceClass *klass);
void                   belt_source_unregister (const char           *type);
const BeltSourceClass *belt_source_lookup    (const char            *type);
BeltSource            *belt_source_new       (const char            *type,
                                              const char            *datasource,
                                              JsonObject            *properties,
                                              GError               **error);
/* [worker] Sets the host, which must outlive the source, and starts. */
gboolean               belt_source_start     (BeltSource            *self,
                                              BeltSourceHost        *host,
                                              GError               **error);
void                   belt_source_free      (BeltSource            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSource, belt_source_free)

G_END_DECLS
