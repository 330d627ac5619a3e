/* belt-json-write.c - JSON as Go's encoding/json writes it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json.h"
#include "belt-time-format.h"
#include "belt-utf8.h"

#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FEW_MEMBERS 32u

static const char hex_digits[] = "0123456789abcdef";

/* Bytes that stand in a JSON string of Go's as they are: no controls, no quotes, none of <>&, nothing above 0x7f. */
static const guint8 plain_bytes[128] = {
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

static inline gboolean
is_plain (guint8 c)
{
  return c < 0x80 && plain_bytes[c];
}

static gsize
count_plain (const char *text,
             gsize       len)
{
  gsize i = 0;

#ifdef __SSE2__
  for (; len - i >= 16; i += 16)
    {
      __m128i chunk = _mm_loadu_si128 ((const __m128i *)(text + i));
      /* As signed bytes, those above 0x7f are small, too. */
      __m128i special = _mm_or_si128 (
        _mm_or_si128 (_mm_cmplt_epi8 (chunk, _mm_set1_epi8 (' ')), _mm_cmpeq_epi8 (chunk, _mm_set1_epi8 ('"'))),
        _mm_or_si128 (_mm_cmpeq_epi8 (chunk, _mm_set1_epi8 ('\\')), _mm_cmpeq_epi8 (chunk, _mm_set1_epi8 ('&'))));
      guint mask;

      special = _mm_or_si128 (special, _mm_or_si128 (_mm_cmpeq_epi8 (chunk, _mm_set1_epi8 ('<')),
                                                     _mm_cmpeq_epi8 (chunk, _mm_set1_epi8 ('>'))));
      mask = (guint)_mm_movemask_epi8 (special);
      if (mask != 0)
        return i + (gsize)__builtin_ctz (mask);
    }
#endif

  while (i < len && is_plain ((guint8)text[i]))
    i++;
  return i;
}

/* Room for n more bytes at the end; the caller adds to len what it has written, and the NUL. */
static char *
reserve (GString *out,
         gsize    n)
{
  gsize len = out->len;

  if (G_UNLIKELY (out->allocated_len - len <= n))
    {
      g_string_set_size (out, len + n);
      out->len = len;
    }
  return out->str + len;
}

static void
write_escape (GString *out,
              guint8   c)
{
  static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  char unicode[6] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15] };

  for (guint i = 0; i < sizeof shorts - 1; i += 2)
    if ((guint8)shorts[i] == c)
      {
        g_string_append_c (out, '\\');
        g_string_append_c (out, shorts[i + 1]);
        return;
      }

  g_string_append_len (out, unicode, sizeof unicode);
}

void
belt_json_write_string (GString    *out,
                        const char *text,
                        gsize       len)
{
  gsize first = count_plain (text, len);
  gsize plain = 0;

  if (G_LIKELY (first == len))
    {
      char *at = reserve (out, len + 2);

      at[0] = '"';
      memcpy (at + 1, text, len);
      at[len + 1] = '"';
      at[len + 2] = '\0';
      out->len += len + 2;
      return;
    }

  g_string_append_c (out, '"');
  for (gsize i = first; i < len;)
    {
      guint8 c = (guint8)text[i];
      guint n = 1;

      if (G_LIKELY (is_plain (c)))
        {
          i += count_plain (text + i, len - i);
          continue;
        }
      if (c >= 0x80)
        {
          n = belt_utf8_get_length (text + i, len - i);
          if (n == 2 || n == 4 || (n == 3 && (c != 0xe2 || memcmp (text + i + 1, "\200", 1) != 0 ||
                                              ((guint8)text[i + 2] & 0xfe) != 0xa8)))
            {
              i += n;
              continue;
            }
        }

      g_string_append_len (out, text + plain, (gssize)(i - plain));
      if (n == 0)
        g_string_append (out, "\\ufffd");
      else if (n == 3)
        g_string_append (out, (guint8)text[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
      else
        write_escape (out, c);
      i += MAX (n, 1);
      plain = i;
    }
  g_string_append_len (out, text + plain, (gssize)(len - plain));
  g_string_append_c (out, '"');
}

/* Few members are sorted by insertion: a row is mostly written in the order it was before. */
static void
sort_few (const BeltMember **sorted,
          const BeltValue   *map)
{
  for (guint i = 0; i < map->len; i++)
    {
      const BeltMember *member = &map->u.members[i];
      guint at = i;

      for (; at > 0 && belt_member_compare (sorted[at - 1], member) > 0; at--)
        sorted[at] = sorted[at - 1];
      sorted[at] = member;
    }
}

typedef void (*WriteMembers) (GString           *out,
                              const BeltMember **members,
                              guint              n);

static void
with_sorted_members (GString         *out,
                     const BeltValue *map,
                     WriteMembers     write)
{
  const BeltMember *few[FEW_MEMBERS];
  g_autofree const BeltMember **many = NULL;
  const BeltMember **members = few;

  if (map->len > FEW_MEMBERS)
    members = many = belt_value_sort_members (map);
  else
    sort_few (few, map);
  write (out, members, map->len);
}

static void
write_json_members (GString           *out,
                    const BeltMember **members,
                    guint              n)
{
  g_string_append_c (out, '{');
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      belt_json_write_string (out, members[i]->name, members[i]->name_len);
      g_string_append_c (out, ':');
      belt_json_write (out, &members[i]->value);
    }
  g_string_append_c (out, '}');
}

static void
write_expanded (GString         *out,
                const BeltValue *json,
                void (*write)(GString *, const BeltValue *))
{
  BeltArena arena;
  BeltValue expanded;

  belt_arena_init (&arena);
  expanded = belt_value_expand (json, &arena);
  write (out, &expanded);
  belt_arena_clear (&arena);
}

static void
write_base64 (GString         *out,
              const BeltValue *bytes)
{
  g_autofree char *text = g_base64_encode ((const guchar *)bytes->u.s, bytes->len);

  g_string_append_c (out, '"');
  g_string_append (out, text);
  g_string_append_c (out, '"');
}

void
belt_json_write (GString         *out,
                 const BeltValue *value)
{
  char buffer[BELT_TIME_TEXT_MAX];

  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      g_string_append (out, value->u.i ? "true" : "false");
      break;

    case BELT_TAG_I64:
      g_string_append_len (out, buffer, (gssize)belt_number_write_i64 (buffer, value->u.i));
      break;

    case BELT_TAG_F64:
      if (isfinite (value->u.f))
        g_string_append_len (out, buffer, (gssize)belt_number_write_json (buffer, value->u.f));
      else
        g_string_append (out, "null");
      break;

    case BELT_TAG_STR:
      belt_json_write_string (out, value->u.s, value->len);
      break;

    case BELT_TAG_BYTES:
      write_base64 (out, value);
      break;

    case BELT_TAG_TIME:
      g_string_append_c (out, '"');
      g_string_append_len (out, buffer, (gssize)belt_time_write_rfc3339 (buffer, value->u.i, value->aux));
      g_string_append_c (out, '"');
      break;

    case BELT_TAG_LIST:
      g_string_append_c (out, '[');
      for (guint i = 0; i < value->len; i++)
        {
          if (i > 0)
            g_string_append_c (out, ',');
          belt_json_write (out, &value->u.items[i]);
        }
      g_string_append_c (out, ']');
      break;

    case BELT_TAG_MAP:
      with_sorted_members (out, value, write_json_members);
      break;

    case BELT_TAG_JSON:
      write_expanded (out, value, belt_json_write);
      break;

    default:
      g_string_append (out, "null");
    }
}

static void
write_go_members (GString           *out,
                  const BeltMember **members,
                  guint              n)
{
  g_string_append (out, "map[");
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ' ');
      g_string_append_len (out, members[i]->name, (gssize)members[i]->name_len);
      g_string_append_c (out, ':');
      belt_value_write_go (out, &members[i]->value);
    }
  g_string_append_c (out, ']');
}

static void
write_go_bytes (GString         *out,
                const BeltValue *bytes)
{
  g_string_append_c (out, '[');
  for (guint i = 0; i < bytes->len; i++)
    g_string_append_printf (out, i > 0 ? " %u" : "%u", (guint8)bytes->u.s[i]);
  g_string_append_c (out, ']');
}

void
belt_value_write_go (GString         *out,
                     const BeltValue *value)
{
  char buffer[BELT_TIME_TEXT_MAX];

  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      g_string_append (out, value->u.i ? "true" : "false");
      break;

    case BELT_TAG_I64:
      g_string_append_len (out, buffer, (gssize)belt_number_write_i64 (buffer, value->u.i));
      break;

    case BELT_TAG_F64:
      g_string_append_len (out, buffer, (gssize)belt_number_write_go (buffer, value->u.f));
      break;

    case BELT_TAG_STR:
      g_string_append_len (out, value->u.s, value->len);
      break;

    case BELT_TAG_BYTES:
      write_go_bytes (out, value);
      break;

    case BELT_TAG_TIME:
      g_string_append_len (out, buffer, (gssize)belt_time_write_go (buffer, value->u.i, value->aux));
      break;

    case BELT_TAG_LIST:
      g_string_append_c (out, '[');
      for (guint i = 0; i < value->len; i++)
        {
          if (i > 0)
            g_string_append_c (out, ' ');
          belt_value_write_go (out, &value->u.items[i]);
        }
      g_string_append_c (out, ']');
      break;

    case BELT_TAG_MAP:
      with_sorted_members (out, value, write_go_members);
      break;

    case BELT_TAG_JSON:
      write_expanded (out, value, belt_value_write_go);
      break;

    case BELT_TAG_ERROR:
      g_string_append (out, value->u.fault->message);
      break;

    default:
      g_string_append (out, "<nil>");
    }
}
