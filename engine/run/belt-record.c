/* belt-record.c - one thing that came in at a source
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-record.h"

#include "belt-function.h"
#include "belt-json.h"

#define VALUE_BYTES 64u  /* of a row, beside its text: the tree of values */

static char *
write_json (const BeltValue *value)
{
  GString *text = g_string_new (NULL);

  belt_json_write (text, value);
  return g_string_free (text, FALSE);
}

static BeltRecord *
record_new (const BeltValue *metadata,
            gint64           at_ms)
{
  BeltRecord *self = g_atomic_rc_box_new0 (BeltRecord);

  self->metadata = metadata != NULL && metadata->tag == BELT_TAG_MAP ? write_json (metadata) : NULL;
  self->at_ms = at_ms;
  self->row.tag = BELT_TAG_MISSING;
  self->n_bytes = sizeof *self + (self->metadata != NULL ? strlen (self->metadata) : 0);

  return self;
}

BeltRecord *
belt_record_new_payload (GBytes          *payload,
                         const BeltValue *metadata,
                         gint64           at_ms)
{
  BeltRecord *self = record_new (metadata, at_ms);

  self->payload = payload;
  self->n_bytes += g_bytes_get_size (payload);
  return self;
}

BeltRecord *
belt_record_new_row (const BeltValue *row,
                     const BeltValue *metadata,
                     gint64           at_ms)
{
  BeltRecord *self = record_new (metadata, at_ms);
  g_autofree char *text = write_json (row);

  belt_value_dup_owned (&self->row, row);
  self->n_bytes += strlen (text) + VALUE_BYTES;
  return self;
}

BeltRecord *
belt_record_ref (BeltRecord *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BeltRecord *self = data;

  g_clear_pointer (&self->payload, g_bytes_unref);
  belt_value_clear_owned (&self->row);
  g_free (self->metadata);
}

void
belt_record_unref (BeltRecord *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

char *
belt_record_dup_text (const BeltRecord *self)
{
  if (self->payload == NULL)
    return write_json (&self->row);

  return g_strndup (g_bytes_get_data (self->payload, NULL), g_bytes_get_size (self->payload));
}
