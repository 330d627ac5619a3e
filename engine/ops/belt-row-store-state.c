/* belt-row-store-state.c - kept rows written down and read back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan made anew may number its slots otherwise, so a column is written with
 * what it is: kind, stream and name, or its place among the slots of its kind.
 */
#include "config.h"

#include "belt-row-store.h"

#define NO_SLOT G_MAXUINT32

static guint
get_place (const BeltLayout *layout,
           guint             slot)
{
  guint place = 0;

  for (guint i = 0; i < slot; i++)
    place += layout->slots[i].kind == layout->slots[slot].kind;

  return place;
}

static gboolean
is_column (BeltSlotKind kind)
{
  return kind == BELT_SLOT_COLUMN || kind == BELT_SLOT_WHOLE;
}

static guint
find_slot (const BeltLayout *layout,
           BeltSlotKind      kind,
           guint             stream,
           guint             place,
           const char       *name,
           gsize             name_len)
{
  for (guint i = 0; i < layout->n_slots; i++)
    {
      const BeltSlot *slot = &layout->slots[i];
      gboolean same_name = slot->name_len == name_len && (name_len == 0 || memcmp (slot->name, name, name_len) == 0);

      if (slot->kind != kind || !same_name)
        continue;
      if (is_column (kind) ? slot->stream == stream : get_place (layout, i) == place)
        return i;
    }

  return NO_SLOT;
}

/* Slots that some row has a value in. */
static guint *
list_slots (const BeltRowStore *self,
            guint              *ret_n)
{
  const BeltLayout *layout = self->layout;
  guint *slots = g_new0 (guint, layout->n_slots + 1);
  guint n = 0;

  for (guint s = 0; s < layout->n_slots; s++)
    {
      for (guint i = 0; i < belt_row_store_get_n (self); i++)
        {
          const BeltBatch *batch = belt_row_store_get (self, i)->batch;

          if (s < batch->n_columns && batch->columns[s] != NULL)
            {
              slots[n++] = s;
              break;
            }
        }
    }

  *ret_n = n;
  return slots;
}

static void
save_slot (const BeltLayout *layout,
           guint             slot,
           BeltStateWriter  *writer)
{
  belt_state_put_u32 (writer, layout->slots[slot].kind);
  belt_state_put_u32 (writer, layout->slots[slot].stream);
  belt_state_put_u32 (writer, get_place (layout, slot));
  belt_state_put_bytes (writer, layout->slots[slot].name, layout->slots[slot].name_len);
}

static void
save_row (const BeltRowRef *ref,
          const guint      *slots,
          guint             n_slots,
          BeltStateWriter  *writer)
{
  const BeltBatch *batch = ref->batch;
  const BeltValue missing = belt_value_missing ();

  belt_state_put_i64 (writer, ref->time);
  belt_state_put_i64 (writer, (gint64)batch->row_ids[ref->row]);
  belt_state_put_u32 (writer, batch->streams != NULL ? batch->streams[ref->row] : 0);
  belt_state_put_value (writer, batch->metadata != NULL ? &batch->metadata[ref->row] : &missing);
  for (guint i = 0; i < n_slots; i++)
    {
      const BeltValue *column = slots[i] < batch->n_columns ? batch->columns[slots[i]] : NULL;

      /* An alias not computed yet is computed again. */
      if (column == NULL || column[ref->row].tag == BELT_TAG_UNSET)
        belt_state_put_value (writer, &missing);
      else
        belt_state_put_value (writer, &column[ref->row]);
    }
}

void
belt_row_store_save (const BeltRowStore *self,
                     BeltStateWriter    *writer)
{
  guint n_slots;
  g_autofree guint *slots = list_slots (self, &n_slots);

  belt_state_put_u32 (writer, n_slots);
  for (guint i = 0; i < n_slots; i++)
    save_slot (self->layout, slots[i], writer);

  belt_state_put_u32 (writer, belt_row_store_get_n (self));
  for (guint i = 0; i < belt_row_store_get_n (self); i++)
    save_row (belt_row_store_get (self, i), slots, n_slots, writer);
}

static void
restore_row (BeltRowStore    *self,
             BeltStateReader *reader,
             const guint     *slots,
             guint            n_slots,
             guint            n_columns)
{
  g_autoptr(BeltBatch) batch = belt_batch_new (1, n_columns);

  batch->times[0] = belt_state_get_i64 (reader);
  batch->row_ids[0] = (BeltRowId)belt_state_get_i64 (reader);
  batch->streams = belt_arena_alloc0 (&batch->arena, sizeof *batch->streams);
  batch->streams[0] = (guint16)belt_state_get_u32 (reader);
  batch->metadata = belt_arena_alloc0 (&batch->arena, sizeof *batch->metadata);
  batch->metadata[0] = belt_state_get_value (reader, &batch->arena);

  for (guint i = 0; i < n_slots; i++)
    {
      BeltValue value = belt_state_get_value (reader, &batch->arena);

      if (slots[i] == NO_SLOT || slots[i] >= n_columns || value.tag == BELT_TAG_MISSING)
        continue;
      belt_batch_add_column (batch, slots[i]);
      batch->columns[slots[i]][0] = value;
    }

  if (!reader->failed)
    belt_row_store_append (self, batch, 0, BELT_KEEP_COPY);
}

void
belt_row_store_restore (BeltRowStore    *self,
                        BeltStateReader *reader,
                        guint            n_columns)
{
  guint n_slots = belt_state_get_count (reader, 16);
  g_autofree guint *slots = g_new0 (guint, n_slots + 1);
  guint n;

  for (guint i = 0; i < n_slots; i++)
    {
      BeltSlotKind kind = belt_state_get_u32 (reader);
      guint stream = belt_state_get_u32 (reader);
      guint place = belt_state_get_u32 (reader);
      gsize len;
      const char *name = belt_state_get_bytes (reader, &len);

      slots[i] = find_slot (self->layout, kind, stream, place, name, len);
    }

  n = belt_state_get_count (reader, 24);
  for (guint i = 0; i < n && !reader->failed; i++)
    restore_row (self, reader, slots, n_slots, n_columns);
}
