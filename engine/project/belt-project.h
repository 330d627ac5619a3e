/* belt-project.h - a project: a plain folder under version control
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * streams/NAME.sql and NAME.proto, rules/NAME.json and NAME.sql, samples/STREAM.jsonl or .csv,
 * .test files in tests/, plugin code, and the manifest.  Reading takes a snapshot; nothing
 * here watches the folder.  May be used on any thread, by one at a time.
 */
#pragma once

#include "belt-catalog.h"
#include "belt-manifest.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltProject BeltProject;

typedef enum
{
  BELT_PROJECT_NEW_RULE,
  BELT_PROJECT_NEW_STREAM,
  BELT_PROJECT_NEW_SOURCE,
  BELT_PROJECT_NEW_SINK,
  BELT_PROJECT_NEW_FUNCTION,
  BELT_PROJECT_NEW_AGGREGATE,
} BeltProjectNewKind;

/* Reads the manifest and lists what is there.  NULL with diagnostics (of BeltDiagnostic) when the folder is no
 * project or its manifest is wrong.  Streams that do not parse are diagnostics too, and left out of the catalog. */
BeltProject  *belt_project_open          (const char          *folder,
                                          GPtrArray           *diagnostics);
void          belt_project_free          (BeltProject         *self);
const char   *belt_project_get_folder    (BeltProject         *self);   /* absolute */
const char   *belt_project_get_name      (BeltProject         *self);
BeltManifest *belt_project_get_manifest  (BeltProject         *self);
BeltCatalog  *belt_project_get_catalog   (BeltProject         *self);
/* Returns: (transfer none): names, sorted, NULL at the end */
const char *const *belt_project_get_rules   (BeltProject      *self);
const char *const *belt_project_get_streams (BeltProject      *self);
const char *const *belt_project_get_tests   (BeltProject      *self);   /* paths from the folder */
/* eKuiper's rule object with `id` and `sql` filled in.  Returns: (transfer full) */
JsonObject   *belt_project_load_rule     (BeltProject         *self,
                                          const char          *name,
                                          GError             **error);
/* The stream's statement as in streams/NAME.sql.  Returns: (transfer full) */
char         *belt_project_load_stream   (BeltProject         *self,
                                          const char          *name,
                                          GError             **error);
/* samples/STREAM.jsonl or .csv; NULL when there is none.  Returns: (transfer full) (nullable) */
char         *belt_project_dup_sample    (BeltProject         *self,
                                          const char          *stream);
/* The same as lines of JSON.  NULL without an error: there is none.  Returns: (transfer full) (nullable) */
char         *belt_project_load_sample   (BeltProject         *self,
                                          const char          *stream,
                                          GError             **error);
/* target/… */
char         *belt_project_dup_target    (BeltProject         *self,
                                          const char          *name);

/* Makes a folder with the manifest, one stream, one rule and samples; it must be empty or not there. */
gboolean      belt_project_create        (const char          *folder,
                                          GError             **error);
/* Makes the files of a new thing from its template and enters it in the manifest.
 * Returns: (transfer full): the path of the file to edit, from the folder */
char         *belt_project_add           (const char          *folder,
                                          BeltProjectNewKind   kind,
                                          const char          *name,
                                          GError             **error);
/* A rule with this statement, a stream with that one, and samples, from data that was pasted or dropped.
 * format is "jsonl" or "csv".  The stream's columns come from the data. */
gboolean      belt_project_create_from_data (const char       *folder,
                                          const char          *stream,
                                          const char          *data,
                                          gsize                len,
                                          const char          *format,
                                          GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltProject, belt_project_free)

G_END_DECLS
