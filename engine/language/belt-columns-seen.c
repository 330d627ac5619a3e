/* belt-columns-seen.c - the columns that are in sample rows, for completion and checks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-columns-seen.h"

#include "belt-json.h"

#include <string.h>

#define COLUMNS_MAX 1000u  /* keys that are data, not names, must not fill the memory */
#define LAST_MAX    48u    /* bytes of a value that are shown; a number has at most 33 */

struct _BeltColumnsSeen
{
  GArray     *columns;   /* of BeltColumnSeen, strings owned */
  GHashTable *index;     /* "stream.name" to position + 1 */
  GHashTable *n_rows;    /* stream to count */
};

static void
clear_column (gpointer data)
{
  BeltColumnSeen *column = data;

  g_free ((char *)column->stream);
  g_free ((char *)column->name);
  g_free ((char *)column->last);
}

BeltColumnsSeen *
belt_columns_seen_new (void)
{
  BeltColumnsSeen *self = g_new0 (BeltColumnsSeen, 1);

  self->columns = g_array_new (FALSE, TRUE, sizeof (BeltColumnSeen));
  g_array_set_clear_func (self->columns, clear_column);
  self->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->n_rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
belt_columns_seen_free (BeltColumnsSeen *self)
{
  g_array_unref (self->columns);
  g_hash_table_unref (self->index);
  g_hash_table_unref (self->n_rows);
  g_free (self);
}

static const char *
get_type_name (const BeltValue *value)
{
  switch (value->tag)
    {
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
    case BELT_TAG_F64:
    case BELT_TAG_STR:
    case BELT_TAG_LIST:
    case BELT_TAG_MAP:
      return belt_tag_get_name (value->tag);
    default:
      return NULL;
    }
}

/* Into a buffer of the column's own, which is made once: this is done for each value. */
static void
note_last (BeltColumnSeen  *column,
           const BeltValue *value)
{
  char *out = (char *)column->last;
  gsize n;

  if (value->tag != BELT_TAG_BOOL && value->tag != BELT_TAG_I64 && value->tag != BELT_TAG_F64 &&
      value->tag != BELT_TAG_STR)
    return;

  if (out == NULL)
    column->last = out = g_malloc (LAST_MAX);
  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      n = g_strlcpy (out, value->u.i ? "true" : "false", LAST_MAX);
      break;
    case BELT_TAG_I64:
      n = belt_number_write_i64 (out, value->u.i);
      break;
    case BELT_TAG_F64:
      n = belt_number_write_json (out, value->u.f);
      break;
    default:
      n = MIN (value->len, LAST_MAX - 6);
      while (n < value->len && n > 0 && (value->u.s[n] & 0xc0) == 0x80)
        n--;
      out[0] = '"';
      memcpy (out + 1, value->u.s, n);
      n += 1;
      n += g_strlcpy (out + n, n - 1 < value->len ? "…\"" : "\"", LAST_MAX - n);
    }
  out[n] = 0;
}

static void
add_members (BeltColumnsSeen   *self,
             const char        *stream,
             const char        *prefix,
             const BeltValue   *map,
             int                depth)
{
  for (guint i = 0; i < map->len; i++)
    {
      const BeltMember *member = &map->u.members[i];
      g_autofree char *name = g_strdup_printf ("%s%.*s", prefix, (int)member->name_len, member->name);
      g_autofree char *key = g_strdup_printf ("%s.%s", stream, name);
      guint position = GPOINTER_TO_UINT (g_hash_table_lookup (self->index, key));
      const char *type = get_type_name (&member->value);
      BeltColumnSeen *column;

      if (position == 0)
        {
          BeltColumnSeen fresh = { .stream = g_strdup (stream), .name = g_strdup (name) };

          if (self->columns->len >= COLUMNS_MAX)
            {
              clear_column (&fresh);
              return;
            }
          g_array_append_val (self->columns, fresh);
          position = self->columns->len;
          g_hash_table_insert (self->index, g_steal_pointer (&key), GUINT_TO_POINTER (position));
        }
      column = &g_array_index (self->columns, BeltColumnSeen, position - 1);
      column->n_seen++;
      note_last (column, &member->value);
      /* Whole and broken numbers in one column are one type. */
      if (type != NULL && (column->type == NULL || g_str_equal (column->type, "bigint")))
        column->type = type;
      if (member->value.tag == BELT_TAG_MAP && depth > 0)
        {
          g_autofree char *inner = g_strconcat (name, ".", NULL);

          add_members (self, stream, inner, &member->value, depth - 1);
        }
    }
}

void
belt_columns_seen_add (BeltColumnsSeen   *self,
                       const char        *stream,
                       const BeltValue   *row)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_rows, stream));

  g_hash_table_insert (self->n_rows, g_strdup (stream), GUINT_TO_POINTER (n + 1));
  if (row->tag == BELT_TAG_MAP)
    add_members (self, stream, "", row, 3);
}

void
belt_columns_seen_add_lines (BeltColumnsSeen *self,
                             const char      *stream,
                             const char      *text,
                             gsize            len)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autoptr(GByteArray) line = g_byte_array_new ();
  static const guint8 padding[BELT_JSON_PADDING];
  const char *end = text + len;
  guint n_rows = 0;

  while (text < end && n_rows++ < BELT_COLUMNS_SEEN_ROWS_MAX)
    {
      const char *stop = memchr (text, '\n', (gsize)(end - text));
      guint n = (guint)((stop != NULL ? stop : end) - text);
      BeltJsonError error;
      BeltValue row;

      g_byte_array_set_size (line, 0);
      g_byte_array_append (line, (const guint8 *)text, n);
      g_byte_array_append (line, padding, sizeof padding);
      belt_arena_reset (arena);
      if (belt_json_parse ((const char *)line->data, n, BELT_JSON_INTEGERS, arena, &row, &error))
        belt_columns_seen_add (self, stream, &row);
      text += n + 1;
    }
}

const BeltColumnSeen *
belt_columns_seen_get_all (BeltColumnsSeen *self,
                           guint           *ret_n)
{
  for (guint i = 0; i < self->columns->len; i++)
    {
      BeltColumnSeen *column = &g_array_index (self->columns, BeltColumnSeen, i);

      column->n_rows = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_rows, column->stream));
    }
  *ret_n = self->columns->len;
  return (const BeltColumnSeen *)self->columns->data;
}
