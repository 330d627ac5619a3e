/* bw-session.h - what a project's rules are tried with: streams, functions, rows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"
#include "bw-listener.h"
#include "bw-project.h"

G_BEGIN_DECLS

#define BW_TYPE_SESSION (bw_session_get_type ())
G_DECLARE_FINAL_TYPE (BwSession, bw_session, BW, SESSION, GObject)

BwSession         *bw_session_new            (BwProject         *project);
BwProject         *bw_session_get_project    (BwSession         *self);
gboolean           bw_session_is_loaded      (BwSession         *self);
BeltCatalog       *bw_session_get_catalog    (BwSession         *self);
BeltManifest      *bw_session_get_manifest   (BwSession         *self);
BeltProject       *bw_session_get_belt_project (BwSession       *self);
BeltFunctionTable *bw_session_get_functions  (BwSession         *self);
void               bw_session_set_functions  (BwSession         *self,
                                              BeltFunctionTable *functions);
/* Problems of the project itself: manifest and streams. */
GPtrArray         *bw_session_get_diagnostics (BwSession        *self);
/* Rows at hand for a stream; 0: none. */
guint              bw_session_get_n_rows     (BwSession         *self,
                                              const char        *stream);
guint              bw_session_get_n_sample_rows (BwSession      *self,
                                              const char        *stream);
/* What comes in at the stream's true source; NULL: there is no such stream, or it is a table to look things up in. */
BwListener        *bw_session_get_listener   (BwSession         *self,
                                              const char        *stream);
/* A person opens or closes the source. */
void               bw_session_listen         (BwSession         *self,
                                              const char        *stream,
                                              gboolean           on);
/* Somebody looks at rows of the stream: if it has no sample, its source is opened. */
void               bw_session_want           (BwSession         *self,
                                              const char        *stream);
/* While "rows" is told: did some come of one of these streams? */
gboolean           bw_session_is_fresh       (BwSession         *self,
                                              const char *const *streams);
/* "rows" once more, for one who was busy when they came. */
void               bw_session_tell_rows      (BwSession         *self);
JsonObject        *bw_session_get_rule       (BwSession         *self,
                                              const char        *name);
void               bw_session_fill_language  (BwSession         *self,
                                              BeltLanguage      *language);
gboolean           bw_session_read_options   (BwSession         *self,
                                              const char        *rule,
                                              BeltRuleOptions   *ret_options);
BeltTrialSpec     *bw_session_create_spec    (BwSession         *self,
                                              const char        *rule,
                                              const char        *sql);
/* Reads the project again; "changed" when done. */
void               bw_session_reload         (BwSession         *self);

G_END_DECLS
