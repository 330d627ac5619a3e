/* belt-plugin-elf.h - what can be known of a plugin file without loading it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char    *arch;       /* "amd64", "arm64", … */
  char    *id;         /* from the note; NULL: no note */
  char    *version;
  char    *build;
  guint32  abi_built;
  guint32  abi_min;
  GPtrArray *warnings; /* of sentences: static TLS, forbidden calls, … */
} BeltPluginElf;

/* Reads the file; fails with the first reason why it cannot be loaded here. */
BeltPluginElf *belt_plugin_elf_read (const char     *path,
                                     GError        **error);
void           belt_plugin_elf_free (BeltPluginElf  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginElf, belt_plugin_elf_free)

G_END_DECLS
