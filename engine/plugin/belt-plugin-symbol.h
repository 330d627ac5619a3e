/* belt-plugin-symbol.h - from the addresses of a crash to a sentence
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plugin-wire.h"

#include <glib.h>

G_BEGIN_DECLS

/* One event, as the user reads it. */
typedef struct
{
  char  *text;       /* "crashed at ema.c:22 in ema: SIGSEGV reading 0x0" */
  char  *file;       /* as in the debug information, or NULL */
  guint  line;
  char  *function;   /* or NULL */
  char  *backtrace;  /* "ema (ema.c:22)\nema_exec_ (ema.c:9)" */
} BeltPluginFault;

/* path is the plugin's, block the memory of its host; how_it_ended is for a death without last words. */
BeltPluginFault *belt_plugin_fault_new  (const char          *path,
                                         const BeltWireBlock *block,
                                         const BeltWireFault *fault,
                                         guint                budget_ms,
                                         const char          *how_it_ended);
void             belt_plugin_fault_free (BeltPluginFault     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginFault, belt_plugin_fault_free)

G_END_DECLS
