/* test-regex.c - RE2's syntax on PCRE2
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-error.h"
#include "belt-regex.h"

#include <string.h>

static void
check_match (const char *pattern,
             const char *text,
             int         expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltRegex) regex = belt_regex_new (pattern, strlen (pattern), &error);

  g_assert_no_error (error);
  if (belt_regex_match (regex, text, strlen (text)) != expected)
    g_error ("%s on %s: %d", pattern, text, !expected);
}

static void
test_match (void)
{
  check_match ("^d[0-9]+$", "d12", 1);
  check_match ("^d[0-9]+$", "d12\n", 0);
  check_match ("(?m)^d$", "x\nd", 1);
  check_match ("a.c", "a\nc", 0);
  check_match ("(?s)a.c", "a\nc", 1);
  check_match ("(?i)\xc3\xa9", "\xc3\x89", 1);
  check_match ("^\\w+$", "\xc3\xa9", 0);
  check_match ("^.$", "\xc3\xa9", 1);
  check_match ("\\pL", "\xc3\xa9", 1);
  check_match ("\\v", "\x0b", 1);
  check_match ("\\v", "\n", 0);
  check_match ("\\x41\\x{42}\\103", "ABC", 1);
  check_match ("\\Qa.c\\E+", "a.c", 1);
  check_match ("\\Qa.c", "abc", 0);
  check_match ("[]a]", "]", 1);
  check_match ("[[:digit:]]", "5", 1);
  check_match ("x{2}y{,3}", "xxy{,3}", 1);
  check_match ("(?P<n>a)(?<m>b)", "ab", 1);
  check_match ("a|", "zzz", 1);
}

static void
test_refused (void)
{
  static const char *const patterns[] = {
    "(", ")", "[a", "a**", "a++", "(?=a)", "(?!a)", "(?<=a)", "(?>a)", "\\1", "\\8", "a\\", "\\K", "\\R", "\\Z",
    "(*UTF)",
    "(?#x)", "(?R)", "x{1001}", "\\C", "(?x)a",
  };

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr(GError) error = NULL;

      if (belt_regex_new (patterns[i], strlen (patterns[i]), &error) != NULL)
        g_error ("%s was taken", patterns[i]);
      g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
      g_assert_true (g_str_has_prefix (error->message, "error parsing regexp: "));
    }
}

/* What takes exponential time fails instead. */
static void
test_limit (void)
{
  g_autoptr(BeltRegex) regex = belt_regex_new ("^(a|a?)+$", 9, NULL);
  g_autofree char *text = g_strnfill (40, 'a');
  gint64 start = g_get_monotonic_time ();

  text[39] = 'b';
  g_assert_cmpint (belt_regex_match (regex, text, 40), <=, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
}

static void
check_replace (const char *pattern,
               const char *text,
               const char *replacement,
               const char *expected)
{
  g_autoptr(BeltRegex) regex = belt_regex_new (pattern, strlen (pattern), NULL);
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (belt_regex_replace (regex, text, strlen (text), replacement, strlen (replacement), out));
  g_assert_cmpstr (out->str, ==, expected);
}

static void
test_replace (void)
{
  check_replace ("a(x*)b", "-ab-axxb-", "T", "-T-T-");
  check_replace ("a(x*)b", "-ab-axxb-", "$1", "--xx-");
  check_replace ("a(x*)b", "-ab-axxb-", "$1W", "---");
  check_replace ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-");
  check_replace ("(?P<n>x)", "axb", "<${n}$n$$>", "a<xx$>b");
  check_replace ("a*", "baac", "-", "-b-c-");
  check_replace ("", "\xc3\xa9z", "-", "-\xc3\xa9-z-");
  check_replace ("b", "aaa", "-", "aaa");
  check_replace ("a", "aaa", "$", "$$$");
}

static void
test_groups (void)
{
  g_autoptr(BeltRegex) regex = belt_regex_new ("(a)|(b)(c)?", 11, NULL);
  gsize offsets[8];

  g_assert_cmpuint (belt_regex_get_n_groups (regex), ==, 4);
  g_assert_cmpint (belt_regex_find (regex, "xxb", 3, 0, offsets, 4), ==, 1);
  g_assert_cmpuint (offsets[0], ==, 2);
  g_assert_cmpuint (offsets[1], ==, 3);
  g_assert_cmpuint (offsets[2], ==, G_MAXSIZE);
  g_assert_cmpuint (offsets[4], ==, 2);
  g_assert_cmpuint (offsets[6], ==, G_MAXSIZE);
  g_assert_cmpint (belt_regex_find (regex, "a", 1, 1, offsets, 4), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/regex/match", test_match);
  g_test_add_func ("/regex/refused", test_refused);
  g_test_add_func ("/regex/limit", test_limit);
  g_test_add_func ("/regex/replace", test_replace);
  g_test_add_func ("/regex/groups", test_groups);
  return g_test_run ();
}
