/* belt-error.h - errors of the world and of callers
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bad text gets diagnostics (sql/belt-diagnostic.h) and bad rows get faults
 * (belt-value.h); GError is for files, sockets, processes and wrong requests.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BELT_ERROR (belt_error_quark ())

typedef enum
{
  BELT_ERROR_FAILED,
  BELT_ERROR_INVALID,       /* the caller's or user's input */
  BELT_ERROR_PARSE,         /* SQL that does not parse */
  BELT_ERROR_PLAN,          /* SQL that parses and cannot be planned */
  BELT_ERROR_NOT_FOUND,
  BELT_ERROR_EXISTS,
  BELT_ERROR_IO,
  BELT_ERROR_UNSUPPORTED,
  BELT_ERROR_PLUGIN,
  BELT_ERROR_ENDPOINT,      /* a source or sink that is unknown or wrongly configured: REST code 2201 */
} BeltError;

GQuark   belt_error_quark (void);
/* Returns: FALSE, for the caller to return. */
gboolean belt_refuse      (GError    **error,
                           BeltError   code,
                           const char *format,
                           ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
