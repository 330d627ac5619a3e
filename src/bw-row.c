/* bw-row.c - one row of a trial, for tables
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made when a table asks for it and gone when it scrolls out.  Long cells are
 * cut here, not in the widget: laying out a megabyte of text takes a second.
 */
#include "config.h"

#include "bw-row.h"

#include <glib/gi18n.h>
#include <string.h>

#define CELL_CHARS_MAX 200

struct _BwRow
{
  GObject             parent_instance;

  BeltTrial          *trial;
  const BeltTrialRow *row;       /* the trial's; NULL for a payload */
  char               *payload;
  guint               number;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwRow, bw_row, G_TYPE_OBJECT)

static void
bw_row_finalize (GObject *object)
{
  BwRow *self = BW_ROW (object);

  g_clear_pointer (&self->trial, belt_trial_unref);
  g_clear_pointer (&self->payload, g_free);

  G_OBJECT_CLASS (bw_row_parent_class)->finalize (object);
}

static void
bw_row_class_init (BwRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_row_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bw_row_init (BwRow *self)
{
}

BwRow *
bw_row_new (BeltTrial          *trial,
            const BeltTrialRow *row)
{
  BwRow *self = g_object_new (BW_TYPE_ROW, NULL);

  self->trial = belt_trial_ref (trial);
  self->row = row;
  return self;
}

BwRow *
bw_row_new_payload (const char *payload,
                    guint       number)
{
  BwRow *self = g_object_new (BW_TYPE_ROW, NULL);

  self->payload = g_strdup (payload);
  self->number = number;
  return self;
}

void
bw_row_assign (BwRow              *self,
               BeltTrial          *trial,
               const BeltTrialRow *row,
               const char         *payload,
               guint               number)
{
  BeltTrial *before = self->trial;

  self->trial = belt_trial_ref (trial);
  self->row = row;
  g_free (self->payload);
  self->payload = g_strdup (payload);
  self->number = number;
  g_clear_pointer (&before, belt_trial_unref);
  g_signal_emit (self, signals[CHANGED], 0);
}

const BeltTrialRow *
bw_row_get_row (BwRow *self)
{
  return self->row;
}

char *
bw_row_dup_number (BwRow *self)
{
  guint64 number = self->row != NULL ? BELT_ROW_ID_SEQUENCE (self->row->id) + 1 : self->number;

  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

/* As the sentences of the engine write it, but always with ms, so that a column of times is even. */
char *
bw_row_dup_time (BwRow *self)
{
  g_autofree char *text = NULL;

  if (self->row == NULL || self->row->time_ms <= 0)
    return g_strdup ("");

  text = belt_time_dup_clock (self->row->time_ms);
  return strchr (text, '.') != NULL ? g_steal_pointer (&text) : g_strconcat (text, ".000", NULL);
}

const char *
bw_row_get_why (BwRow *self)
{
  return self->row != NULL && self->row->why != NULL ? self->row->why : "";
}

/**
 * bw_value_dup_text:
 * @value: any value
 *
 * Returns: (transfer full): as a person reads it: text without quotes, all else as JSON
 */
char *
bw_value_dup_text (const BeltValue *value)
{
  GString *text;

  if (value->tag == BELT_TAG_STR)
    {
      g_autofree char *raw = g_strndup (value->u.s, MIN (value->len, CELL_CHARS_MAX * 6u));

      return g_utf8_make_valid (raw, -1);
    }
  if (value->tag == BELT_TAG_MISSING)
    return g_strdup ("");
  if (value->tag == BELT_TAG_ERROR)
    return g_strdup_printf (_("error: %s"), value->u.fault != NULL ? value->u.fault->message : "");

  text = g_string_new (NULL);
  belt_json_write (text, value);
  return g_string_free (text, FALSE);
}

static char *
cut (char *text)
{
  char *at;

  if (g_utf8_strlen (text, -1) <= CELL_CHARS_MAX)
    return text;
  at = g_utf8_offset_to_pointer (text, CELL_CHARS_MAX);
  *at = '\0';
  at = g_strconcat (text, "…", NULL);
  g_free (text);

  return at;
}

/**
 * bw_row_dup_cell:
 * @self: a row
 * @column: (nullable): name of a column; %NULL for the payload
 * @ret_number: (out): is it a number?
 *
 * Returns: (transfer full): text of the cell, on one line
 */
char *
bw_row_dup_cell (BwRow      *self,
                 const char *column,
                 gboolean   *ret_number)
{
  const BeltValue *value;
  char *text;

  *ret_number = FALSE;
  if (column == NULL)
    return cut (g_strdup (self->payload != NULL ? self->payload : ""));
  if (self->row == NULL || self->row->row.tag != BELT_TAG_MAP)
    return g_strdup ("");
  value = belt_value_get_member (&self->row->row, column, strlen (column));
  if (value == NULL)
    return g_strdup ("");

  *ret_number = belt_value_is_number (value);
  text = cut (bw_value_dup_text (value));
  return g_strdelimit (text, "\n\r\t", ' ');
}

char *
bw_row_dup_json (BwRow *self)
{
  GString *text;

  if (self->payload != NULL)
    return g_strdup (self->payload);

  text = g_string_new (NULL);
  belt_json_write (text, &self->row->row);
  return g_string_free (text, FALSE);
}
