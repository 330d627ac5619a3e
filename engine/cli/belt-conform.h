/* belt-conform.h - recorded cases of eKuiper run again
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Runs the cases of corpus files (one JSON object a line), prints those that differ and the count by area.
 * Returns: 0 all passed, 1 some failed, 2 a file cannot be read */
int belt_conform_run (const char *const *files,
                      guint              n_files,
                      gboolean           is_quiet);

G_END_DECLS
