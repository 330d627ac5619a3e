/* belt-bundle.h - a plugin as a zip that engines install
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper's layout: NAME@vVERSION.so, NAME.json with the metadata, and for a source
 * NAME.yaml.  Two bundles of the same content are the same bytes, whatever the time
 * and its zone.  Reading is strict: sizes, names and kinds of entries have limits,
 * and nothing is written outside the folder given.
 */
#pragma once

#include "belt-manifest.h"

G_BEGIN_DECLS

#define BELT_BUNDLE_LEN_MAX       (64u << 20)
#define BELT_BUNDLE_ENTRIES_MAX   256u
#define BELT_BUNDLE_ENTRY_LEN_MAX (32u << 20)

/* What a bundle says of itself. */
typedef struct
{
  char *name;
  char *version;   /* from the name of its shared object */
  char *so_name;   /* "mysql@v1.0.0.so" */
} BeltBundleInfo;

/* functions: names the plugin provides, for a function plugin's metadata; else NULL. */
GBytes         *belt_bundle_write     (const char          *name,
                                       BeltManifestKind     kind,
                                       const char          *version,
                                       GBytes              *so,
                                       const char *const   *functions,
                                       GError             **error);
/* Checks the whole zip and unpacks it into folder, which must not exist yet.  `kind` says which files
 * there must be; error texts are eKuiper's where it has one. */
BeltBundleInfo *belt_bundle_extract   (GBytes              *zip,
                                       const char          *name,
                                       BeltManifestKind     kind,
                                       const char          *folder,
                                       GError             **error);
/* Removes what was unpacked, and the folder; links in it are not followed. */
void            belt_bundle_remove_folder (const char      *folder);
void            belt_bundle_info_free (BeltBundleInfo      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltBundleInfo, belt_bundle_info_free)

G_END_DECLS
