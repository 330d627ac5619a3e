/* belt-sink-payload.c - what becomes of rows before they are encoded
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only objects and lists of objects are payloads: a dataField that is a number or
 * a template that makes a bare one for a format of objects fails, as in eKuiper.
 */
#include "config.h"

#include "belt-sink-payload.h"

#include "belt-json.h"

static gboolean
is_named (char            **names,
          const BeltMember *member)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (strlen (names[i]) == member->name_len &&
          memcmp (names[i], member->name, member->name_len) == 0)
        return TRUE;
    }

  return FALSE;
}

/* A picked field that the row lacks becomes null, as eKuiper's map lookup makes it. */
static BeltValue
pick_fields (const BeltSinkSpec *spec,
             const BeltValue    *row,
             BeltArena          *arena)
{
  guint n_fields = g_strv_length (spec->fields);
  BeltMember *members = belt_arena_new_array (arena, BeltMember, n_fields);
  guint n = 0;

  for (guint i = 0; i < n_fields; i++)
    {
      const char *name = spec->fields[i];
      const BeltValue *value = belt_value_get_member (row, name, strlen (name));
      gboolean is_repeated = FALSE;

      for (guint k = 0; k < i; k++)
        is_repeated |= strcmp (spec->fields[k], name) == 0;
      if (!is_repeated)
        members[n++] = (BeltMember) { name, strlen (name), value != NULL ? *value : belt_value_null () }
      ;
    }

  return belt_value_map (members, n);
}

static BeltValue
select_members (const BeltSinkSpec *spec,
                const BeltValue    *row,
                BeltArena          *arena)
{
  BeltMember *members;
  guint n = 0;

  if (spec->fields != NULL)
    return pick_fields (spec, row, arena);
  if (spec->exclude_fields == NULL)
    return *row;

  members = belt_arena_new_array (arena, BeltMember, MAX (row->len, 1));
  for (guint i = 0; i < row->len; i++)
    {
      if (!is_named (spec->exclude_fields, &row->u.members[i]))
        members[n++] = row->u.members[i];
    }

  return belt_value_map (members, n);
}

static gboolean
selects (const BeltSinkSpec *spec)
{
  return spec->data_field != NULL || spec->fields != NULL || spec->exclude_fields != NULL;
}

/* dataField replaces the payload by one of its members: of the row, or of the first row of a list. */
static BeltValue
take_data_field (const BeltSinkSpec *spec,
                 const BeltValue    *payload,
                 BeltArena          *arena)
{
  const BeltValue *row = payload;
  const BeltValue *member;

  if (payload->tag == BELT_TAG_LIST && payload->len == 0)
    return belt_value_missing ();
  if (payload->tag == BELT_TAG_LIST)
    row = &payload->u.items[0];
  if (row->tag != BELT_TAG_MAP)
    return belt_value_error (arena, BELT_FAULT_DECODE, "fail to decode data: dataField %s is taken of an object, "
                             "not of a %s", spec->data_field, belt_tag_get_name (row->tag));

  member = belt_value_get_member (row, spec->data_field, strlen (spec->data_field));
  return member != NULL ? belt_value_expand (member, arena) : belt_value_null ();
}

/* Of the objects in it; the value is returned as it is when there is nothing to pick or leave. */
static BeltValue
select_all (const BeltSinkSpec *spec,
            const BeltValue    *payload,
            BeltArena          *arena)
{
  BeltValue *items;

  if (payload->tag == BELT_TAG_LIST)
    {
      for (guint i = 0; i < payload->len; i++)
        if (payload->u.items[i].tag != BELT_TAG_MAP)
          return belt_value_error (arena, BELT_FAULT_EVAL, "unsupported type: a list sent must hold objects only");
    }
  else if (payload->tag != BELT_TAG_MAP && (spec->fields != NULL || spec->exclude_fields != NULL))
    return belt_value_error (arena, BELT_FAULT_DECODE, "fail to decode data: fields are picked of an object, not of "
                             "a %s", belt_tag_get_name (payload->tag));

  if ((spec->fields == NULL && spec->exclude_fields == NULL) ||
      (payload->tag != BELT_TAG_LIST && payload->tag != BELT_TAG_MAP))
    return *payload;
  if (payload->tag == BELT_TAG_MAP)
    return select_members (spec, payload, arena);

  items = belt_arena_new_array (arena, BeltValue, MAX (payload->len, 1));
  for (guint i = 0; i < payload->len; i++)
    items[i] = select_members (spec, &payload->u.items[i], arena);
  return belt_value_list (items, payload->len);
}

/* The text the template makes, or the value it is the JSON of when the payload is not to be text.  Of an empty list
 * there is no first row to take dataField of: eKuiper sends the text. */
static BeltValue
apply_template (const BeltSinkSpec *spec,
                const BeltValue    *row,
                BeltArena          *arena,
                gboolean           *ret_is_text)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  BeltJsonError json_error = { 0 };
  BeltValue value;
  char *padded;

  if (!belt_template_run (spec->data_template, row, out, &error))
    return belt_value_error (arena, BELT_FAULT_EVAL, "fail to encode data with dataTemplate for error %s",
                             error->message);

  padded = belt_arena_alloc0 (arena, out->len + BELT_JSON_PADDING);
  memcpy (padded, out->str, out->len);
  *ret_is_text = spec->text_format && !selects (spec);
  if (*ret_is_text)
    return belt_value_str (padded, out->len);
  if (!belt_json_parse (padded, out->len, 0, arena, &value, &json_error))
    return belt_value_error (arena, BELT_FAULT_DECODE, "fail to decode data %s after applying dataTemplate for error "
                             "%s", padded, json_error.message);
  *ret_is_text = spec->text_format && spec->data_field != NULL && value.tag == BELT_TAG_LIST && value.len == 0;
  if (*ret_is_text)
    return belt_value_str (padded, out->len);
  if (!selects (spec) && value.tag == BELT_TAG_LIST)
    return belt_value_error (arena, BELT_FAULT_EVAL, "invalid transform result type: a dataTemplate makes an object, "
                             "not a list");
  return value;
}

BeltValue
belt_sink_payload_make (const BeltSinkSpec *spec,
                        const BeltValue    *row,
                        BeltArena          *arena)
{
  BeltValue payload = *row;
  gboolean is_text = FALSE;

  if (spec->data_template != NULL)
    payload = apply_template (spec, row, arena, &is_text);
  if (is_text)
    return payload;
  if (spec->data_field != NULL && !belt_value_is_error (&payload))
    payload = take_data_field (spec, &payload, arena);
  if (belt_value_is_error (&payload) || payload.tag == BELT_TAG_MISSING)
    return payload;

  if (selects (spec))
    payload = select_all (spec, &payload, arena);
  if (belt_value_is_error (&payload) || payload.tag == BELT_TAG_MAP || payload.tag == BELT_TAG_LIST)
    return payload;
  if (belt_value_is_null (&payload))
    return belt_value_missing ();
  return belt_value_error (arena, BELT_FAULT_EVAL, "invalid transform result type: a %s is neither an object nor a "
                           "list of objects", belt_tag_get_name (payload.tag));
}
