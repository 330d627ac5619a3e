/* belt-func-time.c - dates and times
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A time argument is an instant, a number of ms since 1970 or a text in one of
 * eKuiper's forms.  Numbers and texts without a zone are in the configured one.
 * Now is the environment's, so a replayed run sees the same.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-time-format.h"

static gboolean
take_time (BeltCall        *call,
           const BeltValue *value,
           BeltValue       *ret_time,
           BeltValue       *ret_error)
{
  *ret_time = belt_value_convert (call->arena, value, BELT_TAG_TIME, BELT_CONVERT_ALL, call->environment);
  if (ret_time->tag == BELT_TAG_TIME)
    return TRUE;
  *ret_error = belt_call_fail (call, "%s", ret_time->u.fault->message);
  return FALSE;
}

static BeltValue
write_time (BeltCall        *call,
            const BeltValue *time,
            const char      *pattern,
            gsize            pattern_len)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  if (!belt_time_format (out, time->u.i, time->aux, pattern, pattern_len, &error))
    return belt_call_fail (call, "%s", error->message);
  return belt_func_new_text (call->arena, out->str, out->len);
}

static BeltValue
write_plain (BeltCall *call,
             gint64    ns,
             guint16   zone,
             gsize     from,
             gsize     len)
{
  char buffer[BELT_TIME_TEXT_MAX];
  gsize written = belt_time_write_plain (buffer, ns, zone);

  return from < written ? belt_func_new_text (call->arena, buffer + from, MIN (len, written - from))
                        : belt_value_str ("", 0);
}

#define DATE_LEN 10u   /* "2026-01-02" of "2026-01-02 03:04:05" */

static BeltValue
write_now (BeltCall        *call,
           const BeltValue *args,
           guint            n_args,
           gsize            from)
{
  gint64 ns = call->environment->now_ns (call->environment->clock);
  gint64 fraction = ns % BELT_NS_PER_SECOND;
  BeltValue text = write_plain (call, ns, call->environment->zone, from, G_MAXSIZE);
  gint64 n_digits = 0;
  char digits[16];

  if (n_args > 0 && !belt_func_get_int (&args[0], &n_digits))
    return belt_func_fail_convert (call, &args[0], "int");
  if (n_digits < 1 || n_digits > 6)
    return text;

  g_snprintf (digits, sizeof digits, "%09" G_GINT64_FORMAT, fraction < 0 ? fraction + BELT_NS_PER_SECOND : fraction);
  return belt_func_take_text (belt_arena_printf (call->arena, "%.*s.%.*s", (int)text.len, text.u.s, (int)n_digits,
                                                 digits));
}

static BeltValue
call_now (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  return write_now (call, args, n_args, 0);
}

static BeltValue
call_cur_time (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  return write_now (call, args, n_args, DATE_LEN + 1);
}

static BeltValue
call_cur_date (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  return write_plain (call, call->environment->now_ns (call->environment->clock), call->environment->zone, 0, DATE_LEN);
}

static BeltValue
call_format_time (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue pattern = belt_value_to_text (call->arena, &args[1]);
  BeltValue error;
  BeltValue time;

  if (!take_time (call, &args[0], &time, &error))
    return error;
  return write_time (call, &time, pattern.u.s, pattern.len);
}

/* One number and its unit of Go's ParseDuration: "1.5h". */
static gboolean
read_duration_part (const char **at,
                    double      *ret_ns)
{
  static const struct
  {
    const char *name;
    double      ns;
  } units[] = {
    { "ns", 1 }, { "us", 1e3 }, { "µs", 1e3 }, { "μs", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 6e10 },
    { "h", 3.6e12 },
  };
  char *end;
  double number;

  if (!g_ascii_isdigit (**at) && **at != '.')
    return FALSE;
  if (**at == '0' && ((*at)[1] == 'x' || (*at)[1] == 'X'))
    return FALSE;
  number = g_ascii_strtod (*at, &end);
  if (end == *at)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (!g_str_has_prefix (end, units[i].name))
        continue;
      *at = end + strlen (units[i].name);
      *ret_ns = number * units[i].ns;
      return TRUE;
    }
  return FALSE;
}

static gboolean
read_duration (const char *text,
               gint64     *ret_ns)
{
  const char *at = text;
  gboolean is_negative = FALSE;
  double total = 0.0;
  double part;

  /* date_calc() takes one sign off before the duration is read, which takes another. */
  for (guint i = 0; i < 2 && (*at == '-' || (i > 0 && *at == '+')); i++)
    is_negative ^= *at++ == '-';
  if (at == text && *at == '+')
    at++;
  if (strcmp (at, "0") == 0)
    {
      *ret_ns = 0;
      return TRUE;
    }
  if (*at == '\0')
    return FALSE;
  while (*at != '\0')
    {
      if (!read_duration_part (&at, &part))
        return FALSE;
      total += part;
    }
  if (total >= 9.2e18)
    return FALSE;
  *ret_ns = is_negative ? -(gint64)total : (gint64)total;
  return TRUE;
}

static BeltValue
call_date_calc (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[1]);
  const char *duration = belt_arena_printf (call->arena, "%.*s", (int)text.len, text.u.s);
  BeltValue error;
  BeltValue time;
  gint64 ns;

  if (!take_time (call, &args[0], &time, &error))
    return error;
  if (!read_duration (duration, &ns))
    return belt_call_fail (call, "time: invalid duration \"%s\"", duration);
  if (__builtin_add_overflow (time.u.i, ns, &ns))
    return belt_call_fail (call, "the time is out of range");
  return write_plain (call, ns, time.aux, 0, G_MAXSIZE);
}

static BeltValue
call_date_diff (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  BeltValue error;
  BeltValue a;
  BeltValue b;

  if (!take_time (call, &args[0], &a, &error) || !take_time (call, &args[1], &b, &error))
    return error;
  return belt_value_i64 ((gint64)((guint64)b.u.i - (guint64)a.u.i));
}

typedef enum
{
  PART_DAY,
  PART_WEEKDAY,
  PART_YEARDAY,
  PART_MONTH,
  PART_HOUR,
  PART_MINUTE,
  PART_SECOND,
  PART_MICROSECOND,
} TimePart;

static BeltValue
get_part (BeltCall        *call,
          const BeltValue *args,
          TimePart         part)
{
  BeltCivil civil;
  BeltValue error;
  BeltValue time;

  if (!take_time (call, &args[0], &time, &error))
    return error;

  belt_time_split (time.u.i, time.aux, &civil);
  switch (part)
    {
    case PART_DAY:
      return belt_func_int (civil.day);
    case PART_WEEKDAY:
      return belt_func_int (civil.weekday);
    case PART_YEARDAY:
      return belt_func_int (civil.yearday);
    case PART_MONTH:
      return belt_func_int (civil.month);
    case PART_HOUR:
      return belt_func_int (civil.hour);
    case PART_MINUTE:
      return belt_func_int (civil.minute);
    case PART_SECOND:
      return belt_func_int (civil.second);
    default:
      return belt_func_int (civil.nanosecond / 1000);
    }
}

#define DEFINE_PART(name, part)                                                  \
  static BeltValue                                                               \
  call_ ## name (BeltCall *call, const BeltValue *args, guint n_args)              \
  {                                                                              \
    return get_part (call, args, part);                                          \
  }

DEFINE_PART (day_of_month, PART_DAY)
DEFINE_PART (day_of_week, PART_WEEKDAY)
DEFINE_PART (day_of_year, PART_YEARDAY)
DEFINE_PART (month, PART_MONTH)
DEFINE_PART (hour, PART_HOUR)
DEFINE_PART (minute, PART_MINUTE)
DEFINE_PART (second, PART_SECOND)
DEFINE_PART (microsecond, PART_MICROSECOND)

static BeltValue
write_part (BeltCall        *call,
            const BeltValue *args,
            const char      *pattern)
{
  BeltValue error;
  BeltValue time;

  if (!take_time (call, &args[0], &time, &error))
    return error;
  return write_time (call, &time, pattern, strlen (pattern));
}

static BeltValue
call_day_name (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  return write_part (call, args, "EEEE");
}

static BeltValue
call_month_name (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  return write_part (call, args, "MMMM");
}

static BeltValue
call_last_day (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  BeltCivil civil;
  BeltValue error;
  BeltValue time;
  gint64 first;
  gint64 next;

  if (!take_time (call, &args[0], &time, &error))
    return error;

  belt_time_split (time.u.i, time.aux, &civil);
  first = belt_days_from_civil (civil.year, civil.month, 1);
  next = belt_days_from_civil (civil.month == 12 ? civil.year + 1 : civil.year, civil.month % 12 + 1u, 1);
  return belt_func_take_text (belt_arena_printf (call->arena, "%04d-%02d-%02d", civil.year, civil.month,
                                                 (int)(next - first)));
}

static BeltValue
write_seconds (BeltCall        *call,
               const BeltValue *args,
               gint64           n_seconds,
               gint64           offset,
               gsize            len)
{
  gint64 number;
  gint64 ns;

  if (!belt_func_get_int (&args[0], &number))
    return belt_func_fail_convert (call, &args[0], "int");
  if (number == 0)
    return belt_value_null ();
  if (__builtin_add_overflow (number, offset, &number) ||
      __builtin_mul_overflow (number, n_seconds * BELT_NS_PER_SECOND, &ns))
    return belt_call_fail (call, "the time is out of range");
  return write_plain (call, ns, call->environment->zone, 0, len);
}

static BeltValue
call_from_days (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  return write_seconds (call, args, 86400, -1, DATE_LEN);
}

static BeltValue
call_from_unix_time (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  return write_seconds (call, args, 1, 0, G_MAXSIZE);
}

static BeltValue
call_to_seconds (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltValue error;
  BeltValue time;
  gint64 seconds;

  if (!take_time (call, &args[0], &time, &error))
    return error;
  seconds = time.u.i / BELT_NS_PER_SECOND;
  return belt_value_i64 (time.u.i % BELT_NS_PER_SECOND < 0 ? seconds - 1 : seconds);
}

static BeltValue
call_convert_tz (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltValue name = belt_value_to_text (call->arena, &args[1]);
  const char *terminated = belt_arena_printf (call->arena, "%.*s", (int)name.len, name.u.s);
  BeltValue error;
  BeltValue time;
  guint16 zone;

  if (!take_time (call, &args[0], &time, &error))
    return error;
  if (!belt_zone_lookup (terminated, name.len, &zone))
    return belt_call_fail (call, "unknown time zone %s", terminated);
  return belt_value_time (time.u.i, zone);
}

#define TIME(NAME, MIN, MAX, FLAGS, KINDS, CALL, SIGNATURE, DOC, EXAMPLE)                                   \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "time",                        \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .literal_kinds = KINDS }
#define NOW BELT_FUNCTION_NONDETERMINISTIC
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_time_table[] = {
  TIME ("convert_tz", 2, 2, NULLS, "ts", call_convert_tz, "datetime convert_tz(datetime t, string zone)",
        "The same instant in another zone.",
        "format_time(convert_tz(1709212455678, \"Asia/Shanghai\"), \"HH:mm\") = \"21:14\""),
  TIME ("cur_date", 0, 0, NOW, NULL, call_cur_date, "string cur_date()", "Today.", "cur_date() = \"2024-02-29\""),
  TIME ("cur_time", 0, 1, NOW, "I", call_cur_time, "string cur_time(int digits?)",
        "The time of day, with up to 6 digits of a second.", "cur_time(3) = \"13:14:15.678\""),
  TIME ("current_date", 0, 0, NOW, NULL, call_cur_date, "string current_date()",
        "Today, as cur_date.", "current_date() = \"2024-02-29\""),
  TIME ("current_time", 0, 1, NOW, "I", call_cur_time, "string current_time(int digits?)",
        "The time of day, as cur_time.", "current_time() = \"13:14:15\""),
  TIME ("current_timestamp", 0, 1, NOW, "I", call_now, "string current_timestamp(int digits?)",
        "Date and time, as now.", "current_timestamp() = \"2024-02-29 13:14:15\""),
  TIME ("date_calc", 2, 2, 0, "tS", call_date_calc, "string date_calc(datetime t, string duration)",
        "A time later, or earlier, by a duration of h, m, s, ms, us and ns.",
        "date_calc(1709212455678, \"-1h30m\") = \"2024-02-29 11:44:15\""),
  TIME ("date_diff", 2, 2, 0, "tt", call_date_diff, "int date_diff(datetime a, datetime b)",
        "From a to b, in ns.", "date_diff(1000, 3500) = 2500000000"),
  TIME ("day", 1, 1, 0, "t", call_day_of_month, "int day(datetime t)",
        "Day of the month, as day_of_month.", "day(1709212455678) = 29"),
  TIME ("day_name", 1, 1, 0, "t", call_day_name, "string day_name(datetime t)",
        "Name of the day of the week.", "day_name(1709212455678) = \"Thursday\""),
  TIME ("day_of_month", 1, 1, 0, "t", call_day_of_month, "int day_of_month(datetime t)",
        "Day of the month.", "day_of_month(1709212455678) = 29"),
  TIME ("day_of_week", 1, 1, 0, "t", call_day_of_week, "int day_of_week(datetime t)",
        "Day of the week; Sunday is 0.", "day_of_week(1709212455678) = 4"),
  TIME ("day_of_year", 1, 1, 0, "t", call_day_of_year, "int day_of_year(datetime t)",
        "Day of the year; January 1st is 1.", "day_of_year(1709212455678) = 60"),
  TIME ("format_time", 2, 2, NULLS, "ts", call_format_time, "string format_time(datetime t, string pattern)",
        "A time as text; S brings its own dot: \"HH:mm:ssSSS\".",
        "format_time(1709212455678, \"yyyy-MM-dd HH:mm:ssSSS\") = \"2024-02-29 13:14:15.678\""),
  TIME ("from_days", 1, 1, NULLS, "c", call_from_days, "string from_days(int n)",
        "Date of a day counted from 1970-01-01, which is 1.", "from_days(3) = \"1970-01-03\""),
  TIME ("from_unix_time", 1, 1, NULLS, "c", call_from_unix_time, "string from_unix_time(int seconds)",
        "Date and time of seconds since 1970.", "from_unix_time(3) = \"1970-01-01 00:00:03\""),
  TIME ("hour", 1, 1, 0, "t", call_hour, "int hour(datetime t)", "Hour of the day.", "hour(1709212455678) = 13"),
  TIME ("last_day", 1, 1, 0, "t", call_last_day, "string last_day(datetime t)",
        "Last date of the month.", "last_day(1709212455678) = \"2024-02-29\""),
  TIME ("local_time", 0, 1, NOW, "I", call_now, "string local_time(int digits?)",
        "Date and time, as now.", "local_time() = \"2024-02-29 13:14:15\""),
  TIME ("local_timestamp", 0, 1, NOW, "I", call_now, "string local_timestamp(int digits?)",
        "Date and time, as now.", "local_timestamp() = \"2024-02-29 13:14:15\""),
  TIME ("microsecond", 1, 1, 0, "t", call_microsecond, "int microsecond(datetime t)",
        "Millionths of the second.", "microsecond(1709212455678) = 678000"),
  TIME ("minute", 1, 1, 0, "t", call_minute, "int minute(datetime t)",
        "Minute of the hour.", "minute(1709212455678) = 14"),
  TIME ("month", 1, 1, 0, "t", call_month, "int month(datetime t)",
        "Month of the year.", "month(1709212455678) = 2"),
  TIME ("month_name", 1, 1, 0, "t", call_month_name, "string month_name(datetime t)",
        "Name of the month.", "month_name(1709212455678) = \"February\""),
  TIME ("now", 0, 1, NOW, "I", call_now, "string now(int digits?)",
        "Date and time, with up to 6 digits of a second.", "now() = \"2024-02-29 13:14:15\""),
  TIME ("second", 1, 1, 0, "t", call_second, "int second(datetime t)",
        "Second of the minute.", "second(1709212455678) = 15"),
  TIME ("to_seconds", 1, 1, NULLS, NULL, call_to_seconds, "int to_seconds(datetime t)",
        "Seconds since 1970.", "to_seconds(1709212455678) = 1709212455"),
  { NULL },
};
