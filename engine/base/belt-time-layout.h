/* belt-time-layout.h - layouts of Go's time package
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A layout is the reference time, Mon Jan 2 15:04:05 MST 2006, written as wanted.
 * Private to the time files of base/.
 */
#pragma once

#include "belt-time-format.h"

G_BEGIN_DECLS

typedef struct
{
  BeltCivil civil;         /* wall time as read; zone is not filled in */
  gboolean  has_zone;
  guint16   zone;          /* when has_zone */
} BeltLayoutTime;

void     belt_layout_format (GString          *out,
                             const char       *layout,
                             const BeltCivil  *civil);
/* zone: the one of texts without a zone, whose abbreviations are known. */
gboolean belt_layout_parse  (const char       *layout,
                             const char       *text,
                             gsize             len,
                             guint16           zone,
                             BeltLayoutTime   *ret_time);

G_END_DECLS
