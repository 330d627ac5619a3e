/* belt-manifest.h - beltworks.json: a project's plugins and engines
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read strictly: an unknown key or a value of the wrong kind is a diagnostic with
 * file, line, column and what is allowed there (data/beltworks.schema.json says
 * the same to editors).  A manifest with errors is not used.
 */
#pragma once

#include "belt-diagnostic.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BELT_MANIFEST_FILE   "beltworks.json"
#define BELT_MANIFEST_FORMAT 1

typedef enum
{
  BELT_MANIFEST_SOURCE,
  BELT_MANIFEST_SINK,
  BELT_MANIFEST_FUNCTION,
} BeltManifestKind;

typedef struct
{
  char             *name;
  BeltManifestKind  kind;
  char             *version;
  char            **files;       /* from the project's folder */
  char            **pkg_config;  /* never NULL */
  char            **cflags;      /* never NULL */
  char             *cc;          /* NULL: CC, or cc */
  gboolean          in_process;
  guint             budget_ms;   /* 0: the default of its kind */
} BeltManifestPlugin;

typedef struct
{
  char *name;
  char *url;
  char *kind;   /* "beltd", "ekuiper", or NULL: not known */
} BeltManifestEngine;

typedef struct
{
  GPtrArray *plugins;   /* of BeltManifestPlugin */
  GPtrArray *engines;   /* of BeltManifestEngine */
} BeltManifest;

/* NULL when there are errors; diagnostics (of BeltDiagnostic, may be NULL to ignore) get them all. */
BeltManifest       *belt_manifest_parse      (const char          *text,
                                              gsize                len,
                                              const char          *file,
                                              GPtrArray           *diagnostics);
BeltManifest       *belt_manifest_load       (const char          *path,
                                              GPtrArray           *diagnostics);
void                belt_manifest_free       (BeltManifest        *self);
/* A manifest of a copy of this one plugin, to take to another thread. */
BeltManifest       *belt_manifest_new_of_plugin (const BeltManifestPlugin *plugin);
BeltManifestPlugin *belt_manifest_get_plugin (BeltManifest        *self,
                                              const char          *name);
BeltManifestEngine *belt_manifest_get_engine (BeltManifest        *self,
                                              const char          *name);
const char         *belt_manifest_kind_get_name   (BeltManifestKind kind);  /* "sink" */
const char         *belt_manifest_kind_get_plural (BeltManifestKind kind);  /* "sinks" */

/* Edits keep the rest of the file's members; written atomically. */
gboolean            belt_manifest_add_plugin (const char          *path,
                                              const char          *name,
                                              BeltManifestKind     kind,
                                              const char          *file,
                                              GError             **error);
gboolean            belt_manifest_add_engine (const char          *path,
                                              const char          *name,
                                              const char          *url,
                                              const char          *kind,
                                              GError             **error);
gboolean            belt_manifest_remove_engine (const char       *path,
                                              const char          *name,
                                              GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltManifest, belt_manifest_free)

G_END_DECLS
