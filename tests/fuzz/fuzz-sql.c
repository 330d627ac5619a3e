/* fuzz-sql.c - any text: parsed, written out, checked and completed without harm
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What parses must come out of the unparser as text that parses to the same text
 * again, with the extensions and without.
 */
#include "config.h"

#include "belt-format.h"
#include "belt-language.h"
#include "belt-parser-hooks.h"
#include "belt-unparse.h"
#include "belt-validate.h"

#include "fuzz-driver.h"

static void
round_trip (const char            *text,
            gsize                  len,
            guint                  flags,
            const BeltParserHooks *hooks)
{
  g_autoptr(BeltParseResult) first = belt_parse (text, len, flags, hooks);
  g_autoptr(BeltParseResult) second = NULL;
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autofree char *once = NULL;
  g_autofree char *twice = NULL;
  g_autofree char *ekuiper = NULL;

  g_assert_true (first->n_errors == 0 || first->diagnostics->len > 0);
  g_assert_true (first->ekuiper_error == NULL || g_utf8_validate (first->ekuiper_error, -1, NULL));
  belt_validate_planned (first->ast, diagnostics, &ekuiper);
  if (first->n_errors > 0)
    return;

  once = belt_ast_unparse (first->ast);
  second = belt_parse (once, strlen (once), flags, hooks);
  twice = belt_ast_unparse (second->ast);
  if (second->n_errors > 0 || !g_str_equal (once, twice))
    g_error ("“%.*s”\nbecame “%s”\nthen   “%s”: %s", (int)len, text, once, twice, second->ekuiper_error);
}

static void
format_twice (const char *text,
              gsize       len)
{
  g_autofree char *once = belt_format (text, len);
  g_autofree char *twice = once != NULL ? belt_format (once, strlen (once)) : NULL;

  if (g_strcmp0 (once, twice) != 0)
    g_error ("“%.*s”\nbecame “%s”\nthen   “%s”", (int)len, text, once, twice);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  static const BeltColumnSeen seen[] = { { "s", "a", "float", 3, 4 }, { "demo", "temperature", "float", 9, 9 } };
  const char *text = (const char *)data;
  gsize offset = size == 0 ? 0 : (data[size / 2] * 7u) % (size + 1);
  BeltLanguage language = { NULL, NULL, seen, G_N_ELEMENTS (seen), TRUE };
  BeltParserHooks hooks;

  belt_parser_hooks_init (&hooks, belt_function_table_get_builtin ());
  round_trip (text, size, 0, &hooks);
  round_trip (text, size, BELT_PARSER_EXTENSIONS, &hooks);
  format_twice (text, size);
  {
    g_autoptr(GPtrArray) diagnostics = belt_language_check (&language, text, size);
    g_autoptr(BeltCompletion) completion = belt_language_complete (&language, text, size, offset);
    g_autoptr(BeltHover) hover = belt_language_hover (&language, text, size, offset);
    g_autoptr(BeltSignature) signature = belt_language_signature (&language, text, size, offset);
    g_autoptr(GArray) tokens = belt_language_tokens (&language, text, size);

    for (guint i = 0; i < diagnostics->len; i++)
      g_assert_cmpuint (((BeltDiagnostic *)diagnostics->pdata[i])->span.end, <=, size);
    g_assert_cmpuint (completion->span.end, <=, size);
  }
  return 0;
}
