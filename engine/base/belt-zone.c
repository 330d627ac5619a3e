/* belt-zone.c - time zones by number
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table only grows: readers take no lock, a new zone is written before the
 * count that makes it visible.
 */
#include "config.h"

#include "belt-zone.h"

#include <string.h>

#define ZONES_MAX 4096u

typedef struct
{
  char      *name;
  GTimeZone *rules;      /* NULL: the offset alone */
  gint32     offset;
} Zone;

static Zone *zones[ZONES_MAX];
static guint n_zones;           /* atomic; guarded by lock for writers */
static GMutex lock;
static guint default_zone;      /* atomic; number + 1, 0 before first use */

/* Called with the lock held. */
static gboolean
add_zone (char      *name,
          GTimeZone *rules,
          gint32     offset,
          guint16   *ret_zone)
{
  Zone *zone;

  if (n_zones == ZONES_MAX)
    return FALSE;

  zone = g_new0 (Zone, 1);
  zone->name = name;
  zone->rules = rules;
  zone->offset = offset;
  zones[n_zones] = zone;
  *ret_zone = (guint16)n_zones;
  __atomic_store_n (&n_zones, n_zones + 1, __ATOMIC_RELEASE);
  return TRUE;
}

static void
ensure_utc (void)
{
  guint16 zone;

  if (G_LIKELY (__atomic_load_n (&n_zones, __ATOMIC_ACQUIRE) > 0))
    return;

  g_mutex_lock (&lock);
  if (n_zones == 0)
    add_zone (g_strdup ("UTC"), NULL, 0, &zone);
  g_mutex_unlock (&lock);
}

static gboolean
find_zone (const char *name,
           guint16    *ret_zone)
{
  guint n = __atomic_load_n (&n_zones, __ATOMIC_ACQUIRE);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (zones[i]->name, name))
      {
        *ret_zone = (guint16)i;
        return TRUE;
      }

  return FALSE;
}

static gboolean
intern_zone (const char *name,
             const char *identifier,
             guint16    *ret_zone)
{
  GTimeZone *rules;
  gboolean found;

  if (find_zone (name, ret_zone))
    return TRUE;

  rules = identifier != NULL ? g_time_zone_new_identifier (identifier) : g_time_zone_new_local ();
  if (rules == NULL)
    return FALSE;

  g_mutex_lock (&lock);
  found = find_zone (name, ret_zone) ? FALSE : add_zone (g_strdup (name), rules, 0, ret_zone);
  g_mutex_unlock (&lock);
  if (!found)
    g_time_zone_unref (rules);

  return found || find_zone (name, ret_zone);
}

gboolean
belt_zone_lookup (const char *name,
                  gsize       len,
                  guint16    *ret_zone)
{
  char text[BELT_ZONE_NAME_MAX];

  ensure_utc ();
  *ret_zone = BELT_ZONE_UTC;
  if (len == 0 || (len == 3 && memcmp (name, "UTC", 3) == 0))
    return TRUE;
  if (len >= sizeof text || memchr (name, '\0', len) != NULL || !g_ascii_isalpha (name[0]))
    return FALSE;

  memcpy (text, name, len);
  text[len] = '\0';
  if (strstr (text, "..") != NULL || strchr (text, '\\') != NULL)
    return FALSE;

  return intern_zone (text, g_str_equal (text, "Local") ? NULL : text, ret_zone);
}

guint16
belt_zone_from_offset (gint32 seconds)
{
  gint32 minutes = seconds / 60 - (seconds % 60 < 0);
  char name[16];
  guint16 zone = BELT_ZONE_UTC;

  ensure_utc ();
  minutes = CLAMP (minutes, -24 * 60, 24 * 60);
  if (minutes == 0)
    return BELT_ZONE_UTC;

  g_snprintf (name, sizeof name, "%c%02d:%02d", minutes < 0 ? '-' : '+', ABS (minutes) / 60, ABS (minutes) % 60);
  if (find_zone (name, &zone))
    return zone;

  g_mutex_lock (&lock);
  if (!find_zone (name, &zone))
    add_zone (g_strdup (name), NULL, minutes * 60, &zone);
  g_mutex_unlock (&lock);

  return zone;
}

static const Zone *
get_zone (guint16 number)
{
  ensure_utc ();
  return number < __atomic_load_n (&n_zones, __ATOMIC_ACQUIRE) ? zones[number] : zones[BELT_ZONE_UTC];
}

const char *
belt_zone_get_name (guint16 zone)
{
  return get_zone (zone)->name;
}

BeltZoneInfo
belt_zone_at (guint16 number,
              gint64  utc_seconds)
{
  const Zone *zone = get_zone (number);
  BeltZoneInfo info = { zone->offset, number == BELT_ZONE_UTC ? "UTC" : "" };
  int interval;

  if (zone->rules == NULL)
    return info;

  interval = g_time_zone_find_interval (zone->rules, G_TIME_TYPE_UNIVERSAL, utc_seconds);
  info.offset = g_time_zone_get_offset (zone->rules, interval);
  info.abbreviation = g_time_zone_get_abbreviation (zone->rules, interval);
  return info;
}

/* Go's Date(): guess with the offset at the wall time taken as UTC, then look on the other side. */
gint64
belt_zone_to_utc (guint16 zone,
                  gint64  wall_seconds)
{
  gint32 guess = belt_zone_at (zone, wall_seconds).offset;
  gint32 offset = belt_zone_at (zone, wall_seconds - guess).offset;

  if (offset != guess && belt_zone_at (zone, wall_seconds - offset).offset != offset)
    offset = guess;
  return wall_seconds - offset;
}

guint16
belt_zone_get_default (void)
{
  guint known = __atomic_load_n (&default_zone, __ATOMIC_RELAXED);
  guint16 zone = BELT_ZONE_UTC;

  if (G_LIKELY (known > 0))
    return (guint16)(known - 1);

  if (!belt_zone_lookup ("Local", 5, &zone))
    zone = BELT_ZONE_UTC;
  __atomic_store_n (&default_zone, zone + 1u, __ATOMIC_RELAXED);
  return zone;
}

void
belt_zone_set_default (guint16 zone)
{
  __atomic_store_n (&default_zone, zone + 1u, __ATOMIC_RELAXED);
}
