/* belt-json-parse.c - JSON text taken apart
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists and maps are collected in arrays that double in the arena.  Of duplicate
 * keys the last value stays, in the place of the first.
 */
#include "config.h"

#include "belt-json-text.h"

#include <stdlib.h>

#define FEW_MEMBERS    24u  /* up to here duplicates are found by comparing all pairs */

static const char *parse_value (const BeltJsonReader *reader,
                                const char           *p,
                                guint                 depth,
                                BeltValue            *ret_value);

static int
compare_members (gconstpointer a,
                 gconstpointer b)
{
  const BeltMember *x = *(const BeltMember *const *)a;
  const BeltMember *y = *(const BeltMember *const *)b;
  int order = belt_member_compare (x, y);

  return order != 0 ? order : x < y ? -1 : 1;
}

static gboolean
same_name (const BeltMember *a,
           const BeltMember *b)
{
  return a->name_len == b->name_len && memcmp (a->name, b->name, a->name_len) == 0;
}

/* Members without a name (NULL) are dropped. */
static guint
close_gaps (BeltMember *members,
            guint       n)
{
  guint kept = 0;

  for (guint i = 0; i < n; i++)
    if (members[i].name != NULL)
      members[kept++] = members[i];
  return kept;
}

static guint
drop_duplicates (BeltMember *members,
                 guint       n,
                 BeltArena  *arena)
{
  BeltMember **sorted = belt_arena_new_array (arena, BeltMember *, n);
  guint first = 0;

  for (guint i = 0; i < n; i++)
    sorted[i] = &members[i];
  qsort (sorted, n, sizeof *sorted, compare_members);

  for (guint i = 1; i < n; i++)
    {
      if (!same_name (sorted[first], sorted[i]))
        {
          first = i;
          continue;
        }
      sorted[first]->value = sorted[i]->value;
      sorted[i]->name = NULL;
      sorted[i]->name_len = G_MAXSIZE;
    }

  return close_gaps (members, n);
}

static BeltMember *
find_member (BeltMember *members,
             guint       n,
             const char *name,
             gsize       len)
{
  for (guint i = 0; i < n; i++)
    if (members[i].name_len == len && memcmp (members[i].name, name, len) == 0)
      return &members[i];
  return NULL;
}

/* p is at the key's quote.  Returns: where its value starts, or NULL */
static const char *
parse_key (const BeltJsonReader *reader,
           const char           *p,
           const char          **ret_name,
           gsize                *ret_len)
{
  const char *quote;

  if (*p != '"')
    return belt_json_fail (reader, p, "expected '\"' at the start of a key");
  quote = belt_json_take_text (reader, p, "missing '\"' at the end of a key", ret_name, ret_len);
  if (quote == NULL)
    return NULL;

  p = belt_json_skip_blanks (reader, quote + 1);
  if (*p != ':')
    return belt_json_fail (reader, p, "expected ':' after a key");
  return belt_json_skip_blanks (reader, p + 1);
}

static const char *
parse_object (const BeltJsonReader *reader,
              const char           *p,
              guint                 depth,
              BeltValue            *ret_value)
{
  BeltMember *members = NULL;
  guint room = 0;
  guint n = 0;

  p = belt_json_skip_blanks (reader, p + 1);
  while (*p != '}' || n > 0)
    {
      const char *name;
      gsize len;
      BeltMember *same;
      BeltValue value;

      p = parse_key (reader, p, &name, &len);
      if (p == NULL)
        return NULL;
      p = parse_value (reader, p, depth, &value);
      if (p == NULL)
        return NULL;

      same = n < FEW_MEMBERS ? find_member (members, n, name, len) : NULL;
      if (same != NULL)
        same->value = value;
      else
        {
          members = belt_arena_make_room (reader->arena, members, n, &room, sizeof *members);
          members[n++] = (BeltMember) { name, len, value };
        }

      p = belt_json_skip_blanks (reader, p);
      if (*p == '}')
        break;
      if (*p != ',')
        return belt_json_fail (reader, p, "expected ',' or '}' after a member");
      p = belt_json_skip_blanks (reader, p + 1);
    }

  if (n > FEW_MEMBERS)
    n = drop_duplicates (members, n, reader->arena);
  *ret_value = belt_value_map (members, n);
  return p + 1;
}

static const char *
parse_array (const BeltJsonReader *reader,
             const char           *p,
             guint                 depth,
             BeltValue            *ret_value)
{
  BeltValue *items = NULL;
  guint room = 0;
  guint n = 0;

  p = belt_json_skip_blanks (reader, p + 1);
  while (*p != ']' || n > 0)
    {
      items = belt_arena_make_room (reader->arena, items, n, &room, sizeof *items);
      p = parse_value (reader, p, depth, &items[n]);
      if (p == NULL)
        return NULL;
      n++;

      p = belt_json_skip_blanks (reader, p);
      if (*p == ']')
        break;
      if (*p != ',')
        return belt_json_fail (reader, p, "expected ',' or ']' after an item");
      p = belt_json_skip_blanks (reader, p + 1);
    }

  *ret_value = belt_value_list (items, n);
  return p + 1;
}

static const char *
parse_string (const BeltJsonReader *reader,
              const char           *p,
              BeltValue            *ret_value)
{
  const char *text;
  gsize len;
  const char *quote = belt_json_take_text (reader, p, "missing '\"' at the end of a string", &text, &len);

  if (quote == NULL)
    return NULL;

  *ret_value = belt_value_str (text, len);
  return quote + 1;
}

static const char *
parse_value (const BeltJsonReader *reader,
             const char           *p,
             guint                 depth,
             BeltValue            *ret_value)
{
  BeltJsonNumber number;

  switch (*p)
    {
    case '"':
      return parse_string (reader, p, ret_value);

    case '{':
    case '[':
      if (depth >= BELT_JSON_DEPTH_MAX)
        return belt_json_fail (reader, p, "nested too deeply");
      return *p == '{' ? parse_object (reader, p, depth + 1, ret_value) : parse_array (reader, p, depth + 1, ret_value);

    case 't':
    case 'f':
      *ret_value = belt_value_bool (*p == 't');
      return belt_json_walk (reader, p, depth);

    case 'n':
      *ret_value = belt_value_null ();
      return belt_json_walk (reader, p, depth);

    default:
      p = belt_json_scan_number (reader, p, &number);
      if (p != NULL)
        *ret_value = belt_json_number (&number, reader->flags);
      return p;
    }
}

/* The text is copied, so it needs no padding and the value does not borrow from it. */
gboolean
belt_json_parse (const char    *text,
                 gsize          len,
                 guint          flags,
                 BeltArena     *arena,
                 BeltValue     *ret_value,
                 BeltJsonError *error)
{
  char *copy = belt_arena_alloc (arena, len + BELT_JSON_PADDING);
  BeltJsonReader reader = { copy, copy + len, error, flags, arena };
  const char *p;

  memcpy (copy, text, len);
  memset (copy + len, 0, BELT_JSON_PADDING);

  p = parse_value (&reader, belt_json_skip_blanks (&reader, copy), 0, ret_value);
  if (p == NULL)
    return FALSE;
  p = belt_json_skip_blanks (&reader, p);
  if (p != reader.end)
    {
      belt_json_fail (&reader, p, "unexpected text after the value");
      return FALSE;
    }

  return TRUE;
}

/* Containers stay text. */
static const char *
read_shallow (const BeltJsonReader *reader,
              const char           *p,
              BeltValue            *ret_value)
{
  const char *after;

  if (*p != '{' && *p != '[')
    return parse_value (reader, p, 1, ret_value);

  after = belt_json_walk (reader, p, 1);
  if (after != NULL)
    *ret_value = belt_value_json (p, (gsize)(after - p), reader->flags & BELT_JSON_INTEGERS);
  return after;
}

BeltValue
belt_json_get_member (const BeltValue *json,
                      const char      *name,
                      gsize            name_len,
                      BeltArena       *arena)
{
  guint flags = json->flags & BELT_VALUE_JSON_INTEGERS ? BELT_JSON_INTEGERS : 0;
  BeltJsonReader reader = { json->u.s, json->u.s + json->len, NULL, flags, arena };
  BeltValue found = belt_value_missing ();
  const char *p;

  if (json->tag != BELT_TAG_JSON || *json->u.s != '{')
    return found;

  p = belt_json_skip_blanks (&reader, json->u.s + 1);
  while (p != NULL && *p == '"')
    {
      const char *key;
      gsize len;

      p = parse_key (&reader, p, &key, &len);
      if (p == NULL)
        break;
      if (len == name_len && memcmp (key, name, len) == 0)
        p = read_shallow (&reader, p, &found);
      else
        p = belt_json_walk (&reader, p, 1);
      if (p == NULL)
        break;
      p = belt_json_skip_blanks (&reader, p);
      if (*p == ',')
        p = belt_json_skip_blanks (&reader, p + 1);
    }

  return found;
}
