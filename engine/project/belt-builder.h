/* belt-builder.h - a plugin's C files to a shared object
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The system's compiler: `cc` of the manifest, else CC, else cc.  Every build that
 * differs gets a file name of its own, by content, so that no path is ever loaded
 * twice with different code.  What the compiler says becomes diagnostics.
 */
#pragma once

#include "belt-manifest.h"

G_BEGIN_DECLS

/* Outcome of one build; immutable. */
typedef struct
{
  char      *so_path;       /* absolute; NULL when there were errors */
  gboolean   unchanged;     /* the same bytes as the build before */
  GPtrArray *diagnostics;   /* of BeltDiagnostic, files from the project's folder */
  guint      n_errors;
  gint64     elapsed_ms;
  char      *output;        /* all that the compiler and linker said */
} BeltBuild;

/* Blocks; for command lines and worker threads.  NULL only when no compiler could be run or it was cancelled. */
BeltBuild *belt_builder_build          (const char                *folder,
                                        const BeltManifestPlugin  *plugin,
                                        GCancellable              *cancellable,
                                        GError                   **error);
void       belt_builder_build_async    (const char                *folder,
                                        const BeltManifestPlugin  *plugin,
                                        GCancellable              *cancellable,
                                        GAsyncReadyCallback        callback,
                                        gpointer                   user_data);
BeltBuild *belt_builder_build_finish   (GAsyncResult              *result,
                                        GError                   **error);
void       belt_build_free             (BeltBuild                 *self);
/* The newest build of a plugin that lies in target/, or NULL.  Returns: (transfer full) (nullable) */
char      *belt_builder_dup_newest     (const char                *folder,
                                        const char                *plugin_name);
/* compile_commands.json in the project's folder, for clangd; written when it changes. */
gboolean   belt_builder_write_commands (const char                *folder,
                                        BeltManifest              *manifest,
                                        GError                   **error);
/* "gcc (Debian …) 12.2.0", or NULL when there is no compiler. */
char      *belt_builder_dup_compiler_version (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltBuild, belt_build_free)

G_END_DECLS
