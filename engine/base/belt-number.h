/* belt-number.h - what the JSON scanner shares with the number parser
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The public functions on numbers are in belt-json.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

extern const double belt_number_powers[23];

/* mantissa * 10^exponent, correctly rounded.  When more digits were written than the mantissa holds
 * (exact is FALSE) or arithmetic cannot decide, the text is read again; its sign is ignored. */
double belt_number_scale (guint64     mantissa,
                          int         exponent,
                          gboolean    exact,
                          const char *text,
                          gsize       len);

G_END_DECLS
