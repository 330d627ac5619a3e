/* fuzz-json.c - any bytes as JSON: the scanner and the parser agree, and so does what is written
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scanner keeps what is asked for, the parser all; both check every token.  What
 * one accepts the other has to accept, with the same members.
 */
#include "config.h"

#include "belt-json.h"

#include "fuzz-driver.h"

#include <string.h>

static const char *const names[] = { "a", "b", "id", "temperature", "", "\xc3\xa9", "a\"b" };

#define N_NAMES G_N_ELEMENTS (names)

static gboolean
is_blank (const char *text,
          const char *end)
{
  while (text < end && strchr (" \t\r\n", *text) != NULL && *text != 0)
    text++;

  return text == end;
}

static char *
write_value (const BeltValue *value)
{
  GString *text = g_string_new (NULL);

  belt_json_write (text, value);
  return g_string_free (text, FALSE);
}

static void
compare_members (const BeltValue *whole,
                 BeltValue       *found,
                 const BeltValue *json,
                 BeltArena       *arena)
{
  for (guint i = 0; i < N_NAMES; i++)
    {
      const BeltValue *expected = belt_value_get_member (whole, names[i], strlen (names[i]));
      BeltValue looked_up = belt_json_get_member (json, names[i], strlen (names[i]), arena);
      g_autofree char *a = expected != NULL ? write_value (expected) : g_strdup ("missing");
      g_autofree char *b = found[i].tag != BELT_TAG_MISSING ? write_value (&found[i]) : g_strdup ("missing");
      g_autofree char *c = looked_up.tag != BELT_TAG_MISSING ? write_value (&looked_up) : g_strdup ("missing");

      if (!g_str_equal (a, b) || !g_str_equal (a, c))
        g_error ("member “%s” is %s parsed, %s scanned, %s looked up", names[i], a, b, c);
    }
}

static void
scan (const char *text,
      gsize       len,
      guint       flags,
      gboolean    parsed,
      BeltValue  *whole,
      BeltArena  *arena)
{
  BeltDemand *demand = belt_demand_new (names, N_NAMES);
  BeltValue found[N_NAMES];
  BeltValue *columns[N_NAMES];
  BeltJsonError error = { 0 };
  BeltValue json;
  const char *after;

  /* Twice: the second time the order of members is known. */
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < N_NAMES; i++)
        {
          found[i] = belt_value_missing ();
          columns[i] = &found[i];
        }
      after = belt_json_scan_object (text, text + len, demand, columns, 0, flags, arena, &error);
      g_assert_true (after == NULL || (after > text && after <= text + len));
      g_assert_true (after != NULL || (error.message != NULL && error.offset <= len));
      if ((after != NULL && is_blank (after, text + len)) != (parsed && whole->tag == BELT_TAG_MAP))
        g_error ("“%.*s”: %s by the parser, %s by the scanner (%s)", (int)len, text, parsed ? "accepted" : "refused",
                 after != NULL ? "accepted" : "refused", after != NULL ? "" : error.message);
      if (after == NULL || !parsed)
        continue;
      while (*text != '{')
        text++, len--;
      json = belt_value_json (text, (gsize)(after - text), (flags & BELT_JSON_INTEGERS) != 0);
      compare_members (whole, found, &json, arena);
    }
  belt_demand_free (demand);
}

static char *
parse_and_write (const char *text,
                 guint       flags,
                 BeltArena  *arena)
{
  BeltJsonError error;
  BeltValue value;

  if (!belt_json_parse (text, strlen (text), flags, arena, &value, &error))
    g_error ("“%s” was written and does not parse: %s", text, error.message);
  return write_value (&value);
}

/* A byte that is no UTF-8 is written as \ufffd, and the character that this is as itself: one round more. */
static void
write_and_parse (const BeltValue *value,
                 guint            flags,
                 BeltArena       *arena)
{
  g_autofree char *once = write_value (value);
  g_autofree char *twice = parse_and_write (once, flags, arena);
  g_autofree char *again = parse_and_write (twice, flags, arena);
  g_autofree char *go = NULL;
  GString *out = g_string_new (NULL);

  if (!g_str_equal (twice, again) || (strlen (once) == strlen (twice) && !g_str_equal (once, twice)))
    g_error ("“%s” became “%s” and “%s”", once, twice, again);

  belt_value_write_go (out, value);
  go = g_string_free (out, FALSE);
  g_assert_nonnull (go);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *padded = g_malloc0 (size + BELT_JSON_PADDING);
  guint flags = size % 2 == 0 ? BELT_JSON_INTEGERS : 0;
  BeltJsonError error = { 0 };
  BeltValue whole = belt_value_null ();
  BeltArena arena;
  const char *after;
  gboolean parsed;

  if (size > 0)
    memcpy (padded, data, size);
  belt_arena_init (&arena);
  parsed = belt_json_parse (padded, size, flags, &arena, &whole, &error);
  g_assert_true (parsed || (error.message != NULL && error.offset <= size));
  after = belt_json_skip_value (padded, padded + size, &error);
  if ((after != NULL && is_blank (after, padded + size)) != parsed)
    g_error ("“%s” is %s by the parser only", padded, parsed ? "accepted" : "refused");

  scan (padded, size, flags | (size % 3 == 0 ? BELT_JSON_COPY : 0), parsed, &whole, &arena);
  if (parsed)
    write_and_parse (&whole, flags, &arena);
  belt_arena_clear (&arena);
  return 0;
}
