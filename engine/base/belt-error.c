/* belt-error.c - the error domain of the engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-error.h"

G_DEFINE_QUARK (belt-error-quark, belt_error)

gboolean
belt_refuse (GError    **error,
             BeltError   code,
             const char *format,
             ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (BELT_ERROR, (int)code, format, args));
  va_end (args);

  return FALSE;
}
