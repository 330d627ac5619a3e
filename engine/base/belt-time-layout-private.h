/* belt-time-layout-private.h - what a layout of Go's time package is made of
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-time-layout.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_LAYOUT_NONE,
  /* the date, up to YEAR */
  BELT_LAYOUT_LONG_MONTH,
  BELT_LAYOUT_MONTH,
  BELT_LAYOUT_NUM_MONTH,
  BELT_LAYOUT_ZERO_MONTH,
  BELT_LAYOUT_LONG_WEEKDAY,
  BELT_LAYOUT_WEEKDAY,
  BELT_LAYOUT_DAY,
  BELT_LAYOUT_UNDER_DAY,
  BELT_LAYOUT_ZERO_DAY,
  BELT_LAYOUT_UNDER_YEARDAY,
  BELT_LAYOUT_ZERO_YEARDAY,
  BELT_LAYOUT_LONG_YEAR,
  BELT_LAYOUT_YEAR,
  /* the time of day, up to FRACTION_FREE */
  BELT_LAYOUT_HOUR,
  BELT_LAYOUT_HOUR12,
  BELT_LAYOUT_ZERO_HOUR12,
  BELT_LAYOUT_MINUTE,
  BELT_LAYOUT_ZERO_MINUTE,
  BELT_LAYOUT_SECOND,
  BELT_LAYOUT_ZERO_SECOND,
  BELT_LAYOUT_PM,
  BELT_LAYOUT_LOWER_PM,
  BELT_LAYOUT_FRACTION_FIXED,  /* .000 */
  BELT_LAYOUT_FRACTION_FREE,   /* .999 */
  /* the zone */
  BELT_LAYOUT_ZONE_NAME,
  BELT_LAYOUT_OFFSET,
} BeltLayoutKind;

typedef struct
{
  BeltLayoutKind kind;
  gsize       start;     /* literal text before it */
  gsize       end;
  guint       n_digits;  /* of a fraction */
  char        separator; /* of a fraction */
  gboolean    z_for_utc; /* of an offset: "Z" stands for +00 */
  gboolean    colons;    /* of an offset */
  guint       n_parts;   /* of an offset: hours, minutes, seconds */
} BeltLayoutElement;

extern const char *const belt_layout_months[12];
extern const char *const belt_layout_weekdays[7];

/* The first element from an index on; kind NONE at the end of the layout. */
BeltLayoutElement belt_layout_next (const char *layout,
                                    gsize       from);

G_END_DECLS
