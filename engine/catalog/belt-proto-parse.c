/* belt-proto-parse.c - the grammar of .proto files
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Recursive descent with one token at hand.  Types are names until all files are
 * read (belt-proto-schema.c looks them up).
 */
#include "config.h"

#include "belt-proto-private.h"

#include <string.h>

#define RESERVED_FIRST 19000u
#define RESERVED_LAST  19999u

typedef struct
{
  BeltProtoMessage *message;
  GArray           *fields;    /* of BeltProtoField */
  GArray           *pending;   /* of BeltProtoPending */
} Body;

static gboolean parse_message (BeltProtoParser *self);

static gboolean
read_field_number (BeltProtoParser *self,
                   BeltProtoField  *field)
{
  BeltProtoToken at = self->token;

  if (at.kind != BELT_PROTO_TOKEN_INTEGER)
    return belt_proto_refuse (self, "the field's number");
  if (at.integer < 1 || at.integer > BELT_PROTO_NUMBER_MAX)
    return belt_proto_fail (self, &at, "field %s: the number must be from 1 to %u", field->name,
                            BELT_PROTO_NUMBER_MAX);
  if (at.integer >= RESERVED_FIRST && at.integer <= RESERVED_LAST)
    return belt_proto_fail (self, &at, "field %s: the numbers from %u to %u are reserved", field->name,
                            RESERVED_FIRST, RESERVED_LAST);
  field->number = (guint32)at.integer;
  return belt_proto_advance (self);
}

static gboolean
find_scalar (const char    *name,
             BeltProtoKind *ret_kind)
{
  static const char *const names[] = {
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], name))
      {
        *ret_kind = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
add_field (BeltProtoParser         *self,
           Body                    *body,
           BeltProtoField          *field,
           const char              *type,
           const BeltProtoConstant *constant,
           const BeltProtoToken    *at)
{
  BeltProtoPending pending = {
    .message = body->message, .field = body->fields->len, .type = (char *)type, .constant = *constant,
    .file = self->name, .line = at->line, .column = at->column,
  };

  if (body->fields->len >= BELT_PROTO_FIELDS_MAX)
    return belt_proto_fail (self, at, "message %s has more than %u fields", body->message->name,
                            BELT_PROTO_FIELDS_MAX);
  g_array_append_val (body->fields, *field);
  g_array_append_val (body->pending, pending);
  return TRUE;
}

static void
push_scope (BeltProtoParser *self,
            const char      *name)
{
  if (self->scope->len > 0)
    g_string_append_c (self->scope, '.');
  g_string_append (self->scope, name);
}

/* Takes the name in the scope, when it is free. */
static gboolean
claim_name (BeltProtoParser      *self,
            const BeltProtoToken *at,
            const char           *name,
            char                **ret_full)
{
  g_autofree char *full = self->scope->len > 0 ? g_strconcat (self->scope->str, ".", name, NULL) : g_strdup (name);

  if (g_hash_table_contains (self->file->messages_by_name, full) ||
      g_hash_table_contains (self->file->enums_by_name, full))
    return belt_proto_fail (self, at, "%s is declared a second time", full);
  if (self->file->messages->len + self->file->enums->len >= BELT_PROTO_TYPES_MAX)
    return belt_proto_fail (self, at, "more than %u messages and enums", BELT_PROTO_TYPES_MAX);
  *ret_full = belt_proto_keep (self, full, strlen (full));
  return TRUE;
}

static BeltProtoMessage *
add_message (BeltProtoParser *self,
             char            *full_name)
{
  BeltProtoMessage *message = belt_arena_alloc0 (self->file->arena, sizeof *message);

  message->file = self->file;
  message->name = full_name;
  message->index = self->file->messages->len;
  message->proto3 = self->proto3;
  g_ptr_array_add (self->file->messages, message);
  g_hash_table_insert (self->file->messages_by_name, full_name, message);
  return message;
}

static void
store_fields (BeltProtoParser *self,
              Body            *body)
{
  body->message->n_fields = body->fields->len;
  body->message->fields = belt_arena_memdup (self->file->arena, body->fields->data,
                                             body->fields->len * sizeof (BeltProtoField));
  g_array_append_vals (self->pending, body->pending->data, body->pending->len);
}

/* "map<string, Row> rows = 4;" */
static gboolean
parse_map (BeltProtoParser *self,
           Body            *body)
{
  g_autoptr(GArray) fields = g_array_new (FALSE, FALSE, sizeof (BeltProtoField));
  g_autoptr(GArray) pending = g_array_new (FALSE, FALSE, sizeof (BeltProtoPending));
  BeltProtoField parts[2] = { { .name = (char *)"key", .number = 1, .oneof = -1 },
                              { .name = (char *)"value", .number = 2, .oneof = -1 } };
  BeltProtoField field = { .kind = BELT_PROTO_MESSAGE, .repeated = TRUE, .is_map = TRUE, .oneof = -1 };
  BeltProtoConstant none = { 0 };
  BeltProtoToken at = self->token;
  char *types[2] = { NULL, NULL };
  g_autofree char *entry_name = NULL;
  char *full_name;
  Body entry;

  if (!belt_proto_expect (self, '<') || !belt_proto_read_full_name (self, "the type of keys", &types[0]) ||
      !belt_proto_expect (self, ',') || !belt_proto_read_full_name (self, "the type of values", &types[1]) ||
      !belt_proto_expect (self, '>'))
    return FALSE;
  if (!find_scalar (types[0], &parts[0].kind) || parts[0].kind <= BELT_PROTO_FLOAT || parts[0].kind == BELT_PROTO_BYTES)
    return belt_proto_fail (self, &at, "keys of a map are whole numbers, bool or string, not %s", types[0]);
  if (find_scalar (types[1], &parts[1].kind))
    types[1] = NULL;

  at = self->token;
  if (!belt_proto_read_word (self, "the field's name", &field.name) || !belt_proto_expect (self, '=') ||
      !read_field_number (self, &field) || !belt_proto_read_field_options (self, NULL, NULL) ||
      !belt_proto_expect (self, ';'))
    return FALSE;

  entry_name = g_strconcat (field.name, "Entry", NULL);
  entry_name[0] = g_ascii_toupper (entry_name[0]);
  if (!claim_name (self, &at, entry_name, &full_name))
    return FALSE;
  entry = (Body) { add_message (self, full_name), fields, pending };
  entry.message->is_entry = TRUE;
  add_field (self, &entry, &parts[0], NULL, &none, &at);
  add_field (self, &entry, &parts[1], types[1], &none, &at);
  store_fields (self, &entry);
  field.message = entry.message;
  return add_field (self, body, &field, NULL, &none, &at);
}

static gboolean parse_body (BeltProtoParser *self,
                            char            *full_name,
                            const char      *name);

/* After the word "group": "Item = 1 { … }" */
static gboolean
parse_group (BeltProtoParser *self,
             Body            *body,
             BeltProtoField  *field)
{
  BeltProtoConstant none = { 0 };
  BeltProtoToken at = self->token;
  guint index = self->file->messages->len;
  char *name = NULL;
  char *full_name;

  if (!belt_proto_read_word (self, "the group's name", &name))
    return FALSE;
  field->name = belt_proto_keep (self, name, strlen (name));
  for (char *c = field->name; *c != '\0'; c++)
    *c = g_ascii_tolower (*c);
  field->kind = BELT_PROTO_GROUP;
  if (!belt_proto_expect (self, '=') || !read_field_number (self, field) ||
      !belt_proto_read_field_options (self, NULL, NULL) || !claim_name (self, &at, name, &full_name) ||
      !parse_body (self, full_name, name))
    return FALSE;
  field->message = g_ptr_array_index (self->file->messages, index);
  return add_field (self, body, field, NULL, &none, &at);
}

/* A field whose label was read.  oneof: -1, or where it is in. */
static gboolean
parse_field (BeltProtoParser *self,
             Body            *body,
             BeltProtoField  *field)
{
  BeltProtoConstant constant = { 0 };
  BeltProtoToken at = self->token;
  char *type;

  if (belt_proto_is_word (self, "group") && !self->proto3)
    return belt_proto_advance (self) && parse_group (self, body, field);
  if (!belt_proto_read_full_name (self, "the type of a field", &type))
    return FALSE;
  if (g_str_equal (type, "map") && belt_proto_is_symbol (self, '<'))
    return belt_proto_fail (self, &at, "a map has no label and is in no oneof");
  if (find_scalar (type, &field->kind))
    {
      type = NULL;
      field->packed = self->proto3 && field->repeated && field->kind < BELT_PROTO_STRING;
    }

  if (!belt_proto_read_word (self, "the field's name", &field->name) || !belt_proto_expect (self, '=') ||
      !read_field_number (self, field) || !belt_proto_read_field_options (self, field, &constant))
    return FALSE;
  return add_field (self, body, field, type, &constant, &at) && belt_proto_expect (self, ';');
}

static gboolean
parse_oneof (BeltProtoParser *self,
             Body            *body)
{
  int oneof = (int)body->message->n_oneofs++;
  char *name = NULL;

  if (!belt_proto_advance (self) || !belt_proto_read_word (self, "the oneof's name", &name) ||
      !belt_proto_expect (self, '{'))
    return FALSE;
  while (!belt_proto_is_symbol (self, '}'))
    {
      BeltProtoField field = { .oneof = oneof };

      if (belt_proto_is_symbol (self, ';'))
        {
          if (!belt_proto_advance (self))
            return FALSE;
        }
      else if (belt_proto_is_word (self, "option"))
        {
          if (!belt_proto_parse_option (self))
            return FALSE;
        }
      else if (!parse_field (self, body, &field))
        return FALSE;
    }
  return belt_proto_advance (self);
}

/* "reserved 2, 9 to 11;", "extensions 100 to max [verification = DECLARATION];" */
static gboolean
skip_statement (BeltProtoParser *self)
{
  while (!belt_proto_is_symbol (self, ';'))
    {
      if (self->token.kind == BELT_PROTO_TOKEN_END)
        return belt_proto_refuse (self, "“;”");
      if (belt_proto_is_symbol (self, '{'))
        {
          if (!belt_proto_skip_block (self))
            return FALSE;
        }
      else if (!belt_proto_advance (self))
        return FALSE;
    }
  return belt_proto_advance (self);
}

static gboolean
add_enum_value (BeltProtoParser *self,
                BeltProtoEnum   *target,
                GPtrArray       *values,
                GArray          *numbers)
{
  BeltProtoToken at = self->token;
  BeltProtoConstant constant = { 0 };
  gint32 number;
  char *name = NULL;

  if (!belt_proto_read_word (self, "a value of the enum", &name) || !belt_proto_expect (self, '=') ||
      !belt_proto_read_constant (self, &constant) || !belt_proto_read_field_options (self, NULL, NULL))
    return FALSE;
  if (constant.token.kind != BELT_PROTO_TOKEN_INTEGER ||
      constant.token.integer > (guint64)G_MAXINT32 + (constant.negative ? 1 : 0))
    return belt_proto_fail (self, &constant.token, "%s: the number must be a whole one of 32 bits", name);
  number = (gint32)(constant.negative ? -(gint64)constant.token.integer : (gint64)constant.token.integer);
  if (values->len == 0 && self->proto3 && number != 0)
    return belt_proto_fail (self, &at, "enum %s: the first value of a proto3 enum must be 0", target->name);
  if (values->len >= BELT_PROTO_FIELDS_MAX)
    return belt_proto_fail (self, &at, "enum %s has more than %u values", target->name, BELT_PROTO_FIELDS_MAX);
  g_ptr_array_add (values, name);
  g_array_append_val (numbers, number);
  return belt_proto_expect (self, ';');
}

static gboolean
parse_enum (BeltProtoParser *self)
{
  BeltProtoEnum *target = belt_arena_alloc0 (self->file->arena, sizeof *target);
  g_autoptr(GPtrArray) values = g_ptr_array_new ();
  g_autoptr(GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint32));
  BeltProtoToken at;
  char *name = NULL;

  if (!belt_proto_advance (self))
    return FALSE;
  at = self->token;
  if (!belt_proto_read_word (self, "the enum's name", &name) || !claim_name (self, &at, name, &target->name) ||
      !belt_proto_expect (self, '{'))
    return FALSE;

  while (!belt_proto_is_symbol (self, '}'))
    {
      gboolean fine;

      if (belt_proto_is_symbol (self, ';'))
        fine = belt_proto_advance (self);
      else if (belt_proto_is_word (self, "option"))
        fine = belt_proto_parse_option (self);
      else if (belt_proto_is_word (self, "reserved"))
        fine = skip_statement (self);
      else
        fine = add_enum_value (self, target, values, numbers);
      if (!fine)
        return FALSE;
    }
  if (values->len == 0)
    return belt_proto_fail (self, &at, "enum %s has no values", target->name);

  target->n_values = values->len;
  target->values = belt_arena_memdup (self->file->arena, values->pdata, values->len * sizeof *values->pdata);
  target->numbers = belt_arena_memdup (self->file->arena, numbers->data, numbers->len * sizeof (gint32));
  g_ptr_array_add (self->file->enums, target);
  g_hash_table_insert (self->file->enums_by_name, target->name, target);
  return belt_proto_advance (self);
}

/* "optional", "required", "repeated" or none of them before a field. */
static gboolean
parse_labelled (BeltProtoParser *self,
                Body            *body)
{
  BeltProtoField field = { .oneof = -1 };
  gboolean optional = belt_proto_is_word (self, "optional");

  field.required = belt_proto_is_word (self, "required");
  field.repeated = belt_proto_is_word (self, "repeated");
  if (field.required && self->proto3)
    return belt_proto_fail (self, &self->token, "proto3 has no required fields");
  if (!optional && !field.required && !field.repeated)
    {
      if (!self->proto3)
        return belt_proto_refuse (self, "optional, required or repeated before a field of proto2");
      return parse_field (self, body, &field);
    }

  if (optional && self->proto3)
    field.oneof = (int)body->message->n_oneofs++;
  if (field.required)
    field.required_index = body->message->n_required++;
  return belt_proto_advance (self) && parse_field (self, body, &field);
}

static gboolean
parse_member (BeltProtoParser *self,
              Body            *body)
{
  if (belt_proto_is_symbol (self, ';'))
    return belt_proto_advance (self);
  if (belt_proto_is_word (self, "message"))
    return parse_message (self);
  if (belt_proto_is_word (self, "enum"))
    return parse_enum (self);
  if (belt_proto_is_word (self, "oneof"))
    return parse_oneof (self, body);
  if (belt_proto_is_word (self, "option"))
    return belt_proto_parse_option (self);
  if (belt_proto_is_word (self, "reserved") || belt_proto_is_word (self, "extensions"))
    return skip_statement (self);
  if (belt_proto_is_word (self, "extend"))
    {
      char *name = NULL;

      return belt_proto_advance (self) && belt_proto_read_full_name (self, "a message", &name) &&
             (belt_proto_is_symbol (self, '{') ? belt_proto_skip_block (self) : belt_proto_refuse (self, "“{”"));
    }
  if (belt_proto_is_word (self, "map") && self->p < self->end)
    {
      BeltProtoParser before = *self;

      /* A message may be called map. */
      if (!belt_proto_advance (self))
        return FALSE;
      if (belt_proto_is_symbol (self, '<'))
        return parse_map (self, body);
      *self = before;
    }
  return parse_labelled (self, body);
}

/* From the bracket on. */
static gboolean
parse_body (BeltProtoParser *self,
            char            *full_name,
            const char      *name)
{
  g_autoptr(GArray) fields = g_array_new (FALSE, FALSE, sizeof (BeltProtoField));
  g_autoptr(GArray) pending = g_array_new (FALSE, FALSE, sizeof (BeltProtoPending));
  BeltProtoToken start = self->token;
  gsize scope_len = self->scope->len;
  Body body;

  if (++self->depth > BELT_PROTO_NESTING_MAX)
    return belt_proto_fail (self, &start, "messages are nested more than %u deep", BELT_PROTO_NESTING_MAX);
  body = (Body) { add_message (self, full_name), fields, pending };
  push_scope (self, name);
  if (!belt_proto_expect (self, '{'))
    return FALSE;
  while (!belt_proto_is_symbol (self, '}'))
    {
      if (self->token.kind == BELT_PROTO_TOKEN_END)
        return belt_proto_fail (self, &start, "message %s has no “}”", full_name);
      if (!parse_member (self, &body))
        return FALSE;
    }

  store_fields (self, &body);
  g_string_truncate (self->scope, scope_len);
  self->depth--;
  return belt_proto_advance (self);
}

static gboolean
parse_message (BeltProtoParser *self)
{
  BeltProtoToken at;
  char *full_name;
  char *name = NULL;

  if (!belt_proto_advance (self))
    return FALSE;
  at = self->token;
  return belt_proto_read_word (self, "the message's name", &name) && claim_name (self, &at, name, &full_name) &&
         parse_body (self, full_name, name);
}

static gboolean
parse_syntax (BeltProtoParser *self)
{
  BeltProtoToken text;

  if (!belt_proto_advance (self) || !belt_proto_expect (self, '=') || !belt_proto_read_text (self, &text))
    return FALSE;
  self->proto3 = g_str_equal (text.text, "proto3");
  if (!self->proto3 && !g_str_equal (text.text, "proto2"))
    return belt_proto_fail (self, &text, "the syntax must be \"proto2\" or \"proto3\"");
  return belt_proto_expect (self, ';');
}

static gboolean
parse_import (BeltProtoParser *self)
{
  BeltProtoToken text;

  if (!belt_proto_advance (self))
    return FALSE;
  if ((belt_proto_is_word (self, "public") || belt_proto_is_word (self, "weak")) && !belt_proto_advance (self))
    return FALSE;
  if (!belt_proto_read_text (self, &text))
    return FALSE;
  if (!g_ptr_array_find_with_equal_func (self->imports, text.text, g_str_equal, NULL))
    {
      if (self->imports->len >= BELT_PROTO_IMPORTS_MAX)
        return belt_proto_fail (self, &text, "more than %u files are imported", BELT_PROTO_IMPORTS_MAX);
      g_ptr_array_add (self->imports, (gpointer)text.text);
    }
  return belt_proto_expect (self, ';');
}

static gboolean
parse_package (BeltProtoParser *self)
{
  char *name = NULL;

  if (!belt_proto_advance (self) || !belt_proto_read_full_name (self, "the package's name", &name))
    return FALSE;
  g_string_assign (self->scope, name);
  return belt_proto_expect (self, ';');
}

static gboolean
parse_definition (BeltProtoParser *self)
{
  if (belt_proto_is_symbol (self, ';'))
    return belt_proto_advance (self);
  if (belt_proto_is_word (self, "syntax"))
    return parse_syntax (self);
  if (belt_proto_is_word (self, "edition"))
    return belt_proto_fail (self, &self->token, "editions are not read; write syntax = \"proto3\"");
  if (belt_proto_is_word (self, "package"))
    return parse_package (self);
  if (belt_proto_is_word (self, "import"))
    return parse_import (self);
  if (belt_proto_is_word (self, "option"))
    return belt_proto_parse_option (self);
  if (belt_proto_is_word (self, "message"))
    return parse_message (self);
  if (belt_proto_is_word (self, "enum"))
    return parse_enum (self);
  if (belt_proto_is_word (self, "service") || belt_proto_is_word (self, "extend"))
    {
      char *name = NULL;

      return belt_proto_advance (self) && belt_proto_read_full_name (self, "a name", &name) &&
             (belt_proto_is_symbol (self, '{') ? belt_proto_skip_block (self) : belt_proto_refuse (self, "“{”"));
    }
  return belt_proto_refuse (self, "syntax, package, import, option, message, enum, service or extend");
}

gboolean
belt_proto_parse (BeltProtoParser *self)
{
  if (!belt_proto_advance (self))
    return FALSE;
  while (self->token.kind != BELT_PROTO_TOKEN_END)
    if (!parse_definition (self))
      return FALSE;
  return TRUE;
}
