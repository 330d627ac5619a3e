/* belt-zone.h - time zones by number
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * BELT_TAG_TIME values carry a zone number in aux.  Numbers are given on first
 * use and stay for the life of the process; 0 is UTC.  The rules come from the
 * system's database.  Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BELT_ZONE_UTC       0u
#define BELT_ZONE_NAME_MAX  64u

typedef struct
{
  gint32      offset;        /* seconds east of Greenwich */
  const char *abbreviation;  /* "CEST"; "" for a zone that is only an offset */
} BeltZoneInfo;

/* "UTC", "", "Local" or a name of the database, as Go's LoadLocation.  FALSE when there is none. */
gboolean     belt_zone_lookup      (const char   *name,
                                    gsize         len,
                                    guint16      *ret_zone);
/* Offsets of whole minutes get a zone of their own, others that of the minute below. */
guint16      belt_zone_from_offset (gint32        seconds);
const char  *belt_zone_get_name    (guint16       zone);
BeltZoneInfo belt_zone_at          (guint16       zone,
                                    gint64        utc_seconds);
/* Wall time to UTC.  In a gap or overlap one of the two candidates, as Go does. */
gint64       belt_zone_to_utc      (guint16       zone,
                                    gint64        wall_seconds);
/* The zone for texts that name none (eKuiper's basic.timezone); at first that of the system. */
guint16      belt_zone_get_default (void);
void         belt_zone_set_default (guint16       zone);

G_END_DECLS
