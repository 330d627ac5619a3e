/* belt-time-format.h - instants to calendar and text, and back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Proleptic Gregorian calendar in our own arithmetic, zones from belt-zone.h.
 * Texts are formatted and read as eKuiper does: a pattern such as
 * "yyyy-MM-dd HH:mm:ssSSS" stands for a layout of Go's time package, with its
 * quirks (fraction digits bring their own dot).
 */
#pragma once

#include "belt-zone.h"

#include <glib.h>

G_BEGIN_DECLS

#define BELT_TIME_TEXT_MAX 96u   /* room for every fixed form below */
#define BELT_NS_PER_SECOND G_GINT64_CONSTANT (1000000000)
#define BELT_NS_PER_MS     G_GINT64_CONSTANT (1000000)

typedef struct
{
  gint32       year;
  guint8       month;        /* 1-12 */
  guint8       day;          /* 1-31 */
  guint8       hour;
  guint8       minute;
  guint8       second;
  guint8       weekday;      /* 0 is Sunday */
  guint16      yearday;      /* 1-366 */
  guint32      nanosecond;
  BeltZoneInfo zone;
} BeltCivil;

gint64   belt_days_from_civil    (gint64       year,
                                  guint        month,
                                  guint        day);
void     belt_time_split         (gint64       ns,
                                  guint16      zone,
                                  BeltCivil   *ret_civil);
/* Wall time of a zone to an instant; month and day must be in range, FALSE when outside 1678-2262. */
gboolean belt_time_join          (const BeltCivil *civil,
                                  guint16      zone,
                                  gint64      *ret_ns);

/* Each returns the length; out has BELT_TIME_TEXT_MAX bytes. */
gsize    belt_time_write_rfc3339 (char        *out,   /* 2026-01-02T03:04:05.123Z */
                                  gint64       ns,
                                  guint16      zone);
gsize    belt_time_write_go      (char        *out,   /* 2026-01-02 03:04:05.123 +0000 UTC */
                                  gint64       ns,
                                  guint16      zone);
gsize    belt_time_write_plain   (char        *out,   /* 2026-01-02 03:04:05 */
                                  gint64       ns,
                                  guint16      zone);

/* For people, in the configured zone: "10:04:10", with ms only when there are some.  Free it. */
char    *belt_time_dup_clock     (gint64       ms);
/* "15 ms", "2.5 s", "12 min 3 s" */
char    *belt_time_dup_span      (gint64       ms);

/* Appends; FALSE with a message (static or in the arena of the caller's choice is not needed: it is short)
 * when the pattern is wrong. */
gboolean belt_time_format        (GString     *out,
                                  gint64       ns,
                                  guint16      zone,
                                  const char  *pattern,
                                  gsize        pattern_len,
                                  GError     **error);
/* pattern NULL or empty: eKuiper's built-in list.  Text without a zone is in `zone`; parts of the date that are
 * missing come from now_ns, as eKuiper does. */
gboolean belt_time_parse         (const char  *text,
                                  gsize        len,
                                  const char  *pattern,
                                  gsize        pattern_len,
                                  guint16      zone,
                                  gint64       now_ns,
                                  gint64      *ret_ns,
                                  guint16     *ret_zone,
                                  GError     **error);

G_END_DECLS
