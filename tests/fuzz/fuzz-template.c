/* fuzz-template.c - any text as a sink's template, worked out on a row and on a list
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-arena.h"
#include "belt-json.h"
#include "belt-template.h"

#include "fuzz-driver.h"

#include <string.h>

static const char *const dots[] = {
  "{\"a\": 1, \"b\": \"x\", \"f\": 2.5, \"t\": true, \"n\": null, \"o\": {\"p\": {\"q\": \"deep\"}}, \"l\": [1, 2, 3],"
  " \"e\": [], \"html\": \"<b>&\"}",
  "[{\"a\": 1}, {\"a\": \"two\", \"l\": [[1], [2]]}]",
};

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTemplate) template = belt_template_new (text, &error);

  g_assert_true ((template == NULL) == (error != NULL));
  for (guint i = 0; template != NULL && i < G_N_ELEMENTS (dots); i++)
    {
      g_autoptr(GError) run_error = NULL;
      g_autoptr(GString) out = g_string_new (NULL);
      BeltJsonError json_error;
      BeltArena arena;
      BeltValue dot;

      belt_arena_init (&arena);
      g_assert_true (belt_json_parse (dots[i], strlen (dots[i]), BELT_JSON_INTEGERS, &arena, &dot, &json_error));
      if (!belt_template_run (template, &dot, out, &run_error))
        g_assert_nonnull (run_error);
      belt_arena_clear (&arena);
    }
  return 0;
}
