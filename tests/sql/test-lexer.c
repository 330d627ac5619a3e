/* test-lexer.c - text to tokens
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-lexer.h"

/* Writes the kinds of the tokens of a text, blanks left out, as a compact text. */
static char *
list_tokens (const char *text,
             gboolean    extensions)
{
  static const char *const names[] = { "END", " ", "--", "ILLEGAL", "IDENT", "`IDENT`", "INT", "NUM", "STR", "QUOTE",
                                       "BAD" };
  GString *out = g_string_new (NULL);
  BeltLexer lexer;

  belt_lexer_init (&lexer, text, strlen (text), extensions);
  for (;;)
    {
      BeltToken token = belt_lexer_next (&lexer);

      if (token.kind == BELT_TOKEN_END)
        return g_string_free (out, FALSE);
      if (token.kind == BELT_TOKEN_BLANK)
        continue;
      if (out->len > 0)
        g_string_append_c (out, ' ');
      g_string_append (out, token.kind < G_N_ELEMENTS (names) ? names[token.kind] : belt_token_get_text (token.kind));
    }
}

static void
check_tokens (const char *text,
              const char *expected)
{
  g_autofree char *got = list_tokens (text, FALSE);

  g_assert_cmpstr (got, ==, expected);
}

static void
test_kinds (void)
{
  check_tokens ("select a_1 From s;", "SELECT IDENT FROM IDENT ;");
  check_tokens ("a->b.c[1:2]", "IDENT -> IDENT . IDENT [ INT : INT ]");
  check_tokens ("1 1.5 .5 1. 1.2.3", "INT NUM NUM NUM NUM");
  check_tokens ("\"x\" 'y' `z w`", "STR QUOTE `IDENT`");
  check_tokens ("/a/#/+ % & | ^ * , ( )", "/ IDENT / # / + % & | ^ * , ( )");
}

static void
test_oddities (void)
{
  check_tokens ("a ! = b < = c > = d - > e", "IDENT != IDENT <= IDENT >= IDENT -> IDENT");
  check_tokens ("a ! b", "IDENT = IDENT");
  check_tokens ("a - -5\nb", "IDENT -- IDENT");
  check_tokens ("a -.5", "IDENT NUM");
  check_tokens ("a / * x */ b /* y", "IDENT -- IDENT ILLEGAL");
  check_tokens ("1e3 a<>b a||b", "INT IDENT IDENT < > IDENT IDENT | | IDENT");
  check_tokens ("`open", "`IDENT`");
  check_tokens ("'open\nx", "BAD IDENT");
  check_tokens ("'it\\'s' x", "QUOTE IDENT");
  check_tokens ("'it\\'' x", "BAD");
  check_tokens ("\xe6\xb8\xa9\xe5\xba\xa6 _x ~", "ILLEGAL ILLEGAL ILLEGAL");
}

static void
test_extensions (void)
{
  g_autofree char *got = list_tokens ("1e3 1.5e-7 1e a<>b a||b", TRUE);

  g_assert_cmpstr (got, ==, "NUM NUM INT IDENT IDENT != IDENT IDENT || IDENT");
}

static void
test_nul_ends (void)
{
  BeltLexer lexer;

  belt_lexer_init (&lexer, "a\0b", 3, FALSE);
  g_assert_cmpint (belt_lexer_next (&lexer).kind, ==, BELT_TOKEN_IDENT);
  g_assert_cmpint (belt_lexer_next (&lexer).kind, ==, BELT_TOKEN_END);
  g_assert_cmpint (belt_lexer_next (&lexer).kind, ==, BELT_TOKEN_END);
}

/* Every byte belongs to one token, whatever the text. */
static void
test_lossless (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (7);
  static const char bytes[] = "aZ_09 .\n\t-/*!<>=|&^%#;:,()[]'\"`\\\xe6\xb8\xa9";

  for (guint round = 0; round < 2000; round++)
    {
      char text[64];
      guint n = (guint)g_rand_int_range (rand, 1, sizeof text);
      guint32 at = 0;
      BeltLexer lexer;
      BeltToken token;

      for (guint i = 0; i < n; i++)
        text[i] = bytes[g_rand_int_range (rand, 0, sizeof bytes - 1)];
      belt_lexer_init (&lexer, text, n, round & 1);
      for (token = belt_lexer_next (&lexer); token.kind != BELT_TOKEN_END; token = belt_lexer_next (&lexer))
        {
          g_assert_cmpuint (token.span.start, ==, at);
          g_assert_cmpuint (token.span.end, >, at);
          at = token.span.end;
        }
      g_assert_cmpuint (at, ==, n);
    }
}

static void
check_string (const char *text,
              const char *expected)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltLexer lexer;
  BeltToken token;
  BeltSpan bad = { 0, 0 };
  const char *got;
  gsize n;

  belt_lexer_init (&lexer, text, strlen (text), FALSE);
  token = belt_lexer_next (&lexer);
  got = belt_token_decode (&token, text, arena, &n, &bad);
  g_assert_cmpstr (got, ==, expected);
  if (expected == NULL)
    g_assert_cmpuint (bad.end, >, bad.start);
}

static void
test_strings (void)
{
  check_string ("\"a\\tb\\\"c\\\\\"", "a\tb\"c\\");
  check_string ("'it\\'s \"x\"'", "it's \"x\"");
  check_string ("\"\\x41\\102\\u00e9\\U0001F600\"", "AB\xc3\xa9\xf0\x9f\x98\x80");
  check_string ("\"\\q\"", NULL);
  check_string ("\"\\ud800\"", NULL);
  check_string ("\"\\x4\"", NULL);
  check_string ("\"\\'\"", NULL);
  check_string ("`a\\nb`", "a\\nb");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lexer/kinds", test_kinds);
  g_test_add_func ("/lexer/oddities", test_oddities);
  g_test_add_func ("/lexer/extensions", test_extensions);
  g_test_add_func ("/lexer/nul-ends", test_nul_ends);
  g_test_add_func ("/lexer/lossless", test_lossless);
  g_test_add_func ("/lexer/strings", test_strings);
  return g_test_run ();
}
