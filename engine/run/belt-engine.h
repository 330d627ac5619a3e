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

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BELT_TYPE_ENGINE (belt_engine_get_type ())
G_DECLARE_FINAL_TYPE (BeltEngine, belt_engine, BELT, ENGINE, GObject)

typedef enum
{
  BELT_ENGINE_SINKS_MUTED = 1 << 0,  /* sinks say what they would send (workbench, `belt run`) */
  BELT_ENGINE_EXTENSIONS  = 1 << 1,  /* accept SQL beyond eKuiper's */
} BeltEngineFlags;

/* data_dir holds the SQLite store and is made when missing; NULL keeps everything in memory.
 * conf_dir, may be NULL: eKuiper's etc/ with mqtt_source.yaml and so on. */
BeltEngine  *belt_engine_new              (const char       *data_dir,
                                           guint             flags,
                                           GError          **error);
const char  *belt_engine_get_data_dir     (BeltEngine       *self);

/* Streams and tables: CREATE, SHOW, DESCRIBE, EXPLAIN, DROP, by text.  The error text is eKuiper's.
 * Returns: (transfer full): what eKuiper answers ("Stream demo is created."), JSON text for SHOW/DESCRIBE. */
char        *belt_engine_execute          (BeltEngine       *self,
                                           const char       *statement,
                                           gboolean          is_table,
                                           gboolean          replace,
                                           GError          **error);
BeltCatalog *belt_engine_dup_catalog      (BeltEngine       *self);
BeltFunctionTable *belt_engine_dup_functions (BeltEngine    *self);
void         belt_engine_set_functions    (BeltEngine       *self,
                                           BeltFunctionTable *functions);

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
