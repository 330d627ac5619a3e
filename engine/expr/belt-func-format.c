/* belt-func-format.c - numbers as people of a place write them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rounds the shortest decimal text of the number, half to even, as the library
 * behind eKuiper's format() does; so 2.675 to two digits is 2.68.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-json.h"

#include <math.h>

#define DIGITS_MAX 100

typedef struct
{
  const char *locale;      /* "de", or "de_CH" where the country differs from the language */
  const char *group;
  const char *point;
  guint       min_groups;  /* digits in front of the first separator before one is written */
} Locale;

#define NBSP "\xc2\xa0"
#define NNBSP "\xe2\x80\xaf"

static const Locale locales[] = {
  { "de_AT", NBSP, ",", 1 }, { "de_CH", "’", ".", 1 }, { "de_LI", "’", ".", 1 }, { "en_ZA", NBSP, ",", 1 },
  { "es_MX", ",", ".", 1 }, { "es_US", ",", ".", 1 }, { "fr_CH", NNBSP, ",", 1 }, { "it_CH", "’", ".", 1 },
  { "pt_PT", NBSP, ",", 2 },
  { "cs", NBSP, ",", 1 }, { "da", ".", ",", 1 }, { "de", ".", ",", 1 }, { "el", ".", ",", 1 }, { "en", ",", ".", 1 },
  { "es", ".", ",", 2 }, { "fi", NBSP, ",", 1 }, { "fr", NNBSP, ",", 1 }, { "he", ",", ".", 1 }, { "hu", NBSP, ",", 1 },
  { "id", ".", ",", 1 }, { "it", ".", ",", 1 }, { "ja", ",", ".", 1 }, { "ko", ",", ".", 1 }, { "nb", NBSP, ",", 1 },
  { "nl", ".", ",", 1 }, { "pl", NBSP, ",", 2 }, { "pt", ".", ",", 1 }, { "ro", ".", ",", 1 }, { "ru", NBSP, ",", 1 },
  { "sk", NBSP, ",", 1 }, { "sv", NBSP, ",", 1 }, { "th", ",", ".", 1 }, { "tr", ".", ",", 1 }, { "uk", NBSP, ",", 1 },
  { "vi", ".", ",", 1 }, { "zh", ",", ".", 1 },
};

static const Locale no_locale = { "", "", ".", 1 };

/* Language, an optional part, and a country, which must be there: "de_DE", "zh-Hans-CN". */
static const Locale *
find_locale (const BeltValue *name)
{
  char text[32];
  char *country;

  if (name->len < 5 || name->len >= sizeof text)
    return NULL;
  memcpy (text, name->u.s, name->len);
  text[name->len] = '\0';
  g_strdelimit (text, "-", '_');
  country = strrchr (text, '_');
  if (country == NULL || strlen (country) != 3 || !g_ascii_isalpha (country[1]) || !g_ascii_isalpha (country[2]))
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (locales); i++)
    {
      gsize len = strlen (locales[i].locale);

      if (g_ascii_strncasecmp (text, locales[i].locale, len) == 0 && (text[len] == '_' || text[len] == '\0'))
        return &locales[i];
    }
  return NULL;
}

/* Adds one to the last of the digits, a text that starts with a spare 0. */
static void
count_up (char *digits,
          gsize n_digits)
{
  gsize i = n_digits;

  while (i > 0 && digits[i - 1] == '9')
    digits[--i] = '0';
  if (i > 0)
    digits[i - 1]++;
}

static gboolean
rounds_up (const char *digits,
           const char *rest)
{
  if (*rest != '5')
    return *rest > '5';
  for (const char *at = rest + 1; *at != '\0'; at++)
    {
      if (*at != '0')
        return TRUE;
    }
  return (rest[-1] - '0') % 2 == 1;
}

/* "0" and the digits before the point, then exactly n_decimals after it; no point. */
static GString *
round_digits (double  number,
              guint   n_decimals,
              gsize  *ret_n_whole)
{
  GString *digits = g_string_new ("0");
  char plain[400];
  gsize len = belt_number_write_plain (plain, fabs (number));
  const char *point;
  gsize n_kept;

  plain[len] = '\0';
  point = strchr (plain, '.');
  *ret_n_whole = 1 + (point != NULL ? (gsize)(point - plain) : len);
  g_string_append_len (digits, plain, (gssize)(*ret_n_whole - 1));
  if (point != NULL)
    g_string_append (digits, point + 1);

  n_kept = *ret_n_whole + n_decimals;
  if (digits->len > n_kept)
    {
      gboolean up = rounds_up (digits->str, digits->str + n_kept);

      g_string_truncate (digits, n_kept);
      if (up)
        count_up (digits->str, digits->len);
    }
  while (digits->len < n_kept)
    g_string_append_c (digits, '0');
  return digits;
}

static BeltValue
write_number (BeltCall     *call,
              double        number,
              guint         n_decimals,
              const Locale *locale)
{
  gsize n_whole;
  g_autoptr(GString) digits = round_digits (number, n_decimals, &n_whole);
  g_autoptr(GString) out = g_string_new (signbit (number) ? "-" : "");
  gsize from = digits->str[0] == '0' && n_whole > 1 ? 1 : 0;
  gboolean is_grouped = n_whole - from >= 3 + locale->min_groups;

  for (gsize i = from; i < digits->len; i++)
    {
      if (i == n_whole)
        g_string_append (out, locale->point);
      else if (is_grouped && i > from && i < n_whole && (n_whole - i) % 3 == 0)
        g_string_append (out, locale->group);
      g_string_append_c (out, digits->str[i]);
    }
  return belt_func_new_text (call->arena, out->str, out->len);
}

static BeltValue
call_format (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  const Locale *locale = &no_locale;
  gint64 n_decimals = 0;
  double number = 0.0;

  belt_func_get_f64 (&args[0], &number);
  belt_func_get_int (&args[1], &n_decimals);
  if (n_decimals < 0)
    return belt_call_fail (call, "the decimal places must greater or equal than 0");
  if (n_decimals > DIGITS_MAX)
    return belt_call_fail (call, "the decimal places must be at most %d", DIGITS_MAX);
  if (!isfinite (number))
    return belt_call_fail (call, "only finite numbers can be formatted");
  if (n_args > 2)
    {
      BeltValue name = belt_value_to_text (call->arena, &args[2]);

      locale = find_locale (&name);
      if (locale == NULL)
        return belt_call_fail (call, "not support for the specific locale:%s", belt_func_describe (call->arena, &name));
    }
  return write_number (call, number, (guint)n_decimals, locale);
}

const BeltFunction belt_func_format_table[] = {
  { .name = "format", .args_min = 2, .args_max = 3, .flags = BELT_FUNCTION_NULL_TO_NULL, .group = "text",
    .signature = "string format(number x, int digits, string locale?)",
    .doc = "A number with some digits after the point, written as in a place if one is given.",
    .example = "format(1234567.891, 2, \"de_DE\") = \"1.234.567,89\"", .call = call_format, .literal_kinds = "*IS" },
  { NULL },
};
