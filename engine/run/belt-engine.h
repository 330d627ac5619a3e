/* belt-engine.h - streams, rules and plugins in motion
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the application, the daemon and `belt run` hold.  All calls come from one
 * thread, the one whose GMainContext was the default at creation; none blocks
 * longer than planning takes (a few ms).  Rules run on min(cores, 4) workers.
 * Results, counters and state changes come back through a mailbox or are read
 * as snapshots.
 *
 * Error texts are eKuiper's own, without what its REST layer puts in front: the
 * daemon adds "Stream command error: ", "invalid rule json: ", "Update rule
 * error: ".  Codes: INVALID a rule object that is not one ("Missing rule id."),
 * a statement that is not CREATE; PARSE bad SQL; PLAN what cannot be planned
 * ("fail to get stream demo, …", "unknown field x"); ENDPOINT an unknown or
 * wrongly configured source or sink; NOT_FOUND; EXISTS.
 */
#pragma once

#include "belt-catalog.h"
#include "belt-diagnostic.h"
#include "belt-function.h"
#include "belt-recorder.h"
#include "belt-store.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BELT_TYPE_ENGINE (belt_engine_get_type ())
G_DECLARE_FINAL_TYPE (BeltEngine, belt_engine, BELT, ENGINE, GObject)

typedef enum
{
  BELT_ENGINE_SINKS_MUTED = 1 << 0,  /* sinks say what they would send (workbench, `belt run`) */
  BELT_ENGINE_EXTENSIONS  = 1 << 1,  /* accept SQL beyond eKuiper's */
  BELT_ENGINE_EMISSIONS_WAIT = 1 << 2,  /* a rule waits for the emission func to keep up, and loses nothing */
} BeltEngineFlags;

/* data_dir holds the SQLite store and is made when missing; NULL keeps everything in memory. */
BeltEngine  *belt_engine_new              (const char       *data_dir,
                                           guint             flags,
                                           GError          **error);
/* Starts the store's rules that were running.  Happens by itself in the first turn of the main loop; plugins
 * must be set before. */
void         belt_engine_resume           (BeltEngine       *self);
const char  *belt_engine_get_data_dir     (BeltEngine       *self);
/* Where relative paths of file sources and sinks begin; NULL: the current folder. */
void         belt_engine_set_base_dir     (BeltEngine       *self,
                                           const char       *base_dir);
/* For what else the daemon has to keep; in spaces of its own. */
BeltStore   *belt_engine_get_store        (BeltEngine       *self);
/* For rules started from now on: restart the others. */
gboolean     belt_engine_get_muted        (BeltEngine       *self);
void         belt_engine_set_muted        (BeltEngine       *self,
                                           gboolean          muted);

/* Streams and tables: CREATE, SHOW, DESCRIBE, EXPLAIN, DROP, by text.  The error text is eKuiper's.
 * Returns: (transfer full): what eKuiper answers ("Stream demo is created."), JSON text for SHOW/DESCRIBE. */
char        *belt_engine_execute          (BeltEngine       *self,
                                           const char       *statement,
                                           gboolean          is_table,
                                           gboolean          replace,
                                           GError          **error);
/* .proto files by name, for FORMAT protobuf and SCHEMAID "NAME.Message"; kept in DATA_DIR/schemas/protobuf, and in
 * the catalog.  Rules that run keep what they began with.  Replaces a schema unless it has a newer version (EXISTS). */
gboolean     belt_engine_put_schema       (BeltEngine       *self,
                                           const char       *name,
                                           const char       *version,
                                           const char       *text,
                                           gsize             len,
                                           GError          **error);
/* All of another catalog, a project's: before its streams. */
gboolean     belt_engine_put_schemas      (BeltEngine       *self,
                                           BeltCatalog      *catalog,
                                           GError          **error);
gboolean     belt_engine_delete_schema    (BeltEngine       *self,
                                           const char       *name,
                                           GError          **error);
/* ret_path: (transfer full) (nullable): its file */
gboolean     belt_engine_get_schema       (BeltEngine       *self,
                                           const char       *name,
                                           const char      **ret_version,
                                           char            **ret_path,
                                           GError          **error);
BeltCatalog *belt_engine_dup_catalog      (BeltEngine       *self);
BeltFunctionTable *belt_engine_dup_functions (BeltEngine    *self);
void         belt_engine_set_functions    (BeltEngine       *self,
                                           BeltFunctionTable *functions);

/* Call after source or sink types were registered anew: running rules that use them swap between two
 * batches.  belt_engine_set_functions() does the same for functions, and keeps their state. */
void         belt_engine_refresh_endpoints (BeltEngine      *self);
/* Settings of a type's sources by CONF_KEY ("default": for all): from the store, from DATA_DIR/sources/TYPE.json,
 * or built in.  NULL settings deletes. */
JsonObject  *belt_engine_dup_source_settings (BeltEngine    *self,
                                           const char       *type,
                                           const char       *key);
gboolean     belt_engine_set_source_settings (BeltEngine    *self,
                                           const char       *type,
                                           const char       *key,
                                           JsonObject       *settings,
                                           GError          **error);
/* Rules started from now on read this stream from elsewhere: `belt run --input`. */
void         belt_engine_override_source  (BeltEngine       *self,
                                           const char       *stream,
                                           const char       *type,
                                           const char       *datasource,
                                           JsonObject       *properties);
/* Opens the source of a stream beside the rules and hands over what comes in, on the engine's context.  An MQTT
 * client of its own name is used, so that nobody's connection is taken away.  Stopped with belt_engine_stop_recorder()
 * or with the engine. */
BeltRecorder *belt_engine_record          (BeltEngine       *self,
                                           BeltStream       *stream,
                                           BeltRecordFunc    func,
                                           gpointer          user_data,
                                           GError          **error);
void         belt_engine_stop_recorder    (BeltEngine       *self,
                                           BeltRecorder     *recorder);
/* Returns: (transfer container): ids, borrowed, of the rules that name the stream or table. */
GPtrArray   *belt_engine_list_rules_of_stream (BeltEngine   *self,
                                           const char       *name);

/* Rules are eKuiper's JSON.  id NULL: taken from the object.  Errors are eKuiper's texts (BELT_ERROR codes say
 * whether it is the caller's fault, not found, or exists). */
gboolean     belt_engine_create_rule      (BeltEngine       *self,
                                           const char       *id,
                                           JsonObject       *rule,
                                           GError          **error);
gboolean     belt_engine_update_rule      (BeltEngine       *self,
                                           const char       *id,
                                           JsonObject       *rule,
                                           GError          **error);
gboolean     belt_engine_validate_rule    (BeltEngine       *self,
                                           JsonObject       *rule,
                                           GPtrArray       **ret_sources,
                                           GError          **error);
gboolean     belt_engine_delete_rule      (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
gboolean     belt_engine_start_rule       (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
gboolean     belt_engine_stop_rule        (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
gboolean     belt_engine_restart_rule     (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
/* Returns: (transfer full) (nullable): the rule's object as given, NULL with NOT_FOUND */
JsonObject  *belt_engine_get_rule         (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
/* Returns: (transfer container): ids in order of creation */
GPtrArray   *belt_engine_list_rules       (BeltEngine       *self);
/* Flat object in eKuiper's order of keys: status, message, lastStartTimestamp, …, then all metrics. */
JsonObject  *belt_engine_get_rule_status  (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
JsonNode    *belt_engine_get_rule_topo    (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
char        *belt_engine_explain_rule     (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
/* Rows in and out and dropped rows by reason, of all its operators: {"in", "out", "exceptions", "dropped": {…}}. */
JsonObject  *belt_engine_get_rule_totals  (BeltEngine       *self,
                                           const char       *id,
                                           GError          **error);
/* Why it stands still, "" while it runs. */
const char  *belt_engine_get_rule_message (BeltEngine       *self,
                                           const char       *id);
/* "running", "stopped", "stopped by error", … */
const char  *belt_engine_get_rule_state   (BeltEngine       *self,
                                           const char       *id);

/* What muted or real sinks got, newest last, at most a few thousand rows: for `belt run` and the window.
 * Delivered on the caller's context; the text is one payload. */
typedef void (*BeltEmissionFunc) (const char *rule_id, const char *sink, const char *payload, gsize len,
                                  gpointer user_data);
void         belt_engine_set_emission_func (BeltEngine      *self,
                                            BeltEmissionFunc func,
                                            gpointer         user_data,
                                            GDestroyNotify   notify);
/* Bad rows and connection trouble, one line each, on the caller's context. */
typedef void (*BeltNoticeFunc) (const char *rule_id, const char *place, const char *message, gpointer user_data);
void         belt_engine_set_notice_func   (BeltEngine      *self,
                                            BeltNoticeFunc   func,
                                            gpointer         user_data,
                                            GDestroyNotify   notify);
/* signal "rule-changed" (id): state changed; on the caller's context. */

/* Stops all rules and waits for the workers, at most a second a rule. */
void         belt_engine_shutdown          (BeltEngine      *self);

G_END_DECLS
