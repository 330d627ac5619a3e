/* fuzz-project.c - any text as a project's files: beltworks.json, a stream, a .test file
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json-place.h"
#include "belt-json.h"
#include "belt-manifest.h"
#include "belt-parser-hooks.h"
#include "belt-stream.h"
#include "belt-test-private.h"

#include "fuzz-driver.h"

#include <string.h>

static void
read_manifest (const char *text,
               gsize       size)
{
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autoptr(BeltManifest) manifest = belt_manifest_parse (text, size, "beltworks.json", diagnostics);

  g_assert_true (manifest != NULL || diagnostics->len > 0);
  for (guint i = 0; i < diagnostics->len; i++)
    g_assert_cmpuint (((BeltDiagnostic *)diagnostics->pdata[i])->span.end, <=, size);
}

static void
find_places (const char *text,
             gsize       size)
{
  static const char *const paths[] = { "", "a", "plugins/0/kind", "plugins/1", "a/b/c/0" };
  BeltJsonError error;
  BeltValue value;
  BeltArena arena;

  belt_arena_init (&arena);
  if (belt_json_parse (text, size, 0, &arena, &value, &error))
    {
      for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
        {
          BeltSpan key = { 0, 0 };
          BeltSpan place = { 0, 0 };

          if (!belt_json_place_find (text, size, paths[i], &key, &place))
            continue;
          g_assert_cmpuint (key.end, <=, size);
          g_assert_cmpuint (place.end, <=, size);
          g_assert_cmpuint (place.start, <=, place.end);
        }
    }
  belt_arena_clear (&arena);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autofree char *why = NULL;
  g_autoptr(GError) test_error = NULL;
  g_autoptr(GError) stream_error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (text, &stream_error);
  g_autoptr(GPtrArray) sections = belt_test_read_sections (text, &why, &test_error);

  g_assert_true ((stream == NULL) == (stream_error != NULL));
  g_assert_true ((sections == NULL) == (test_error != NULL));
  read_manifest ((const char *)data, size);
  find_places ((const char *)data, size);
  return 0;
}
