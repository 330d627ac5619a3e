/* belt-proto-schema.c - from texts to messages, and from messages to columns
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-proto-private.h"

#include "belt-error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIRECT_MAX 512u   /* numbers below are looked up in a table */

/* --- names of types --- */

/* Innermost scope first, as C++ does. */
static gpointer
look_up (GHashTable *table,
         const char *scope,
         const char *name)
{
  g_autofree char *prefix = g_strdup (scope);
  gpointer found;

  if (*name == '.')
    return g_hash_table_lookup (table, name + 1);

  for (;;)
    {
      g_autofree char *full = *prefix != '\0' ? g_strconcat (prefix, ".", name, NULL) : g_strdup (name);
      char *dot = strrchr (prefix, '.');

      if ((found = g_hash_table_lookup (table, full)) != NULL || *prefix == '\0')
        return found;
      *(dot != NULL ? dot : prefix) = '\0';
    }
}

static gboolean
fail_at (const BeltProtoPending *at,
         GError                **error,
         const char             *format,
         ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail_at (const BeltProtoPending *at,
         GError                **error,
         const char             *format,
         ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return belt_refuse (error, BELT_ERROR_INVALID, "%s:%u:%u: field %s.%s: %s", at->file, at->line, at->column,
                      at->message->name, at->message->fields[at->field].name, message);
}

static gboolean
is_name (const BeltProtoConstant *constant,
         const char              *name)
{
  return constant->token.kind == BELT_PROTO_TOKEN_NAME && g_str_equal (constant->token.text, name);
}

static gboolean
set_number (const BeltProtoPending *at,
            BeltProtoField         *field,
            GError                **error)
{
  const BeltProtoConstant *constant = &at->constant;
  double sign = constant->negative ? -1 : 1;

  if (field->kind <= BELT_PROTO_FLOAT)
    {
      double value = is_name (constant, "inf") ? INFINITY : is_name (constant, "nan") ? NAN : constant->token.number;

      if (constant->token.kind == BELT_PROTO_TOKEN_STRING ||
          (constant->token.kind == BELT_PROTO_TOKEN_NAME && isfinite (value)))
        return fail_at (at, error, "the default must be a number");
      field->default_value = belt_value_f64 (sign * (field->kind == BELT_PROTO_FLOAT ? (double)(float)value : value));
      return TRUE;
    }

  if (constant->token.kind != BELT_PROTO_TOKEN_INTEGER)
    return fail_at (at, error, "the default must be a whole number");
  field->default_value = belt_value_i64 ((gint64)(constant->negative ? -constant->token.integer
                                                                     : constant->token.integer));
  return TRUE;
}

static gboolean
set_default (const BeltProtoPending *at,
             BeltProtoField         *field,
             const BeltProtoEnum    *values,
             GError                **error)
{
  const BeltProtoConstant *constant = &at->constant;

  switch (field->kind)
    {
    case BELT_PROTO_BOOL:
      field->default_value = belt_value_bool (is_name (constant, "true"));
      return is_name (constant, "true") || is_name (constant, "false") ||
             fail_at (at, error, "the default must be true or false");

    case BELT_PROTO_STRING:
    case BELT_PROTO_BYTES:
      if (constant->token.kind != BELT_PROTO_TOKEN_STRING)
        return fail_at (at, error, "the default must be a string");
      field->default_value = belt_value_bytes (constant->token.text, constant->token.len);
      if (field->kind == BELT_PROTO_STRING)
        field->default_value.tag = BELT_TAG_STR;
      return field->kind == BELT_PROTO_BYTES ||
             g_utf8_validate (constant->token.text, (gssize)constant->token.len, NULL) ||
             fail_at (at, error, "the default must be UTF-8");

    case BELT_PROTO_ENUM:
      for (guint i = 0; i < values->n_values; i++)
        if (is_name (constant, values->values[i]))
          {
            field->default_value = belt_value_i64 (values->numbers[i]);
            return TRUE;
          }
      return fail_at (at, error, "the default is no value of enum %s", values->name);

    case BELT_PROTO_MESSAGE:
    case BELT_PROTO_GROUP:
      return fail_at (at, error, "a message has no default");

    default:
      return set_number (at, field, error);
    }
}

static BeltValue
make_zero (BeltProtoKind        kind,
           const BeltProtoEnum *values)
{
  switch (kind)
    {
    case BELT_PROTO_DOUBLE:
    case BELT_PROTO_FLOAT:
      return belt_value_f64 (0);
    case BELT_PROTO_BOOL:
      return belt_value_bool (FALSE);
    case BELT_PROTO_STRING:
      return belt_value_str ("", 0);
    case BELT_PROTO_BYTES:
    case BELT_PROTO_MESSAGE:
    case BELT_PROTO_GROUP:
      return belt_value_null ();
    case BELT_PROTO_ENUM:
      return belt_value_i64 (values->numbers[0]);
    default:
      return belt_value_i64 (0);
    }
}

static gboolean
resolve_field (BeltProtoFile          *self,
               const BeltProtoPending *pending,
               GError                **error)
{
  BeltProtoField *field = &pending->message->fields[pending->field];
  const BeltProtoEnum *values = NULL;

  if (pending->type != NULL)
    {
      if ((field->message = look_up (self->messages_by_name, pending->message->name, pending->type)) != NULL)
        field->kind = BELT_PROTO_MESSAGE;
      else if ((values = look_up (self->enums_by_name, pending->message->name, pending->type)) != NULL)
        {
          field->kind = BELT_PROTO_ENUM;
          field->packed |= pending->message->proto3 && field->repeated;
        }
      else
        return fail_at (pending, error, "unknown type %s", pending->type);
    }

  field->default_value = make_zero (field->kind, values);
  return !pending->constant.given || set_default (pending, field, values, error);
}

/* --- numbers --- */

static int
compare_numbers (gconstpointer a,
                 gconstpointer b,
                 gpointer      fields)
{
  const BeltProtoField *all = fields;
  guint32 x = all[*(const guint16 *)a].number;
  guint32 y = all[*(const guint16 *)b].number;

  return (x > y) - (x < y);
}

static gboolean
index_message (BeltProtoFile    *self,
               BeltProtoMessage *message,
               const char       *file,
               GError          **error)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  BeltProtoField *fields = message->fields;
  guint n = message->n_fields;

  message->by_number = belt_arena_new_array (self->arena, guint16, n + 1);
  for (guint i = 0; i < n; i++)
    {
      message->by_number[i] = (guint16)i;
      if (!g_hash_table_add (names, fields[i].name))
        return belt_refuse (error, BELT_ERROR_INVALID, "%s: message %s has two fields %s", file, message->name,
                            fields[i].name);
    }
  if (n == 0)
    return TRUE;

  g_qsort_with_data (message->by_number, (gint)n, sizeof *message->by_number, compare_numbers, fields);
  for (guint i = 1; i < n; i++)
    {
      const BeltProtoField *a = &fields[MIN (message->by_number[i - 1], message->by_number[i])];
      const BeltProtoField *b = &fields[MAX (message->by_number[i - 1], message->by_number[i])];

      if (a->number == b->number)
        return belt_refuse (error, BELT_ERROR_INVALID, "%s: message %s: fields %s and %s both have the number %u",
                            file, message->name, a->name, b->name, a->number);
    }

  message->n_direct = MIN (fields[message->by_number[n - 1]].number + 1, DIRECT_MAX);
  message->direct = belt_arena_new_array (self->arena, gint16, message->n_direct);
  for (guint i = 0; i < message->n_direct; i++)
    message->direct[i] = -1;
  for (guint i = 0; i < n; i++)
    if (fields[i].number < message->n_direct)
      message->direct[fields[i].number] = (gint16)i;
  return TRUE;
}

int
belt_proto_message_search (const BeltProtoMessage *self,
                           guint32                 number)
{
  guint low = 0;
  guint high = self->n_fields;

  while (low < high)
    {
      guint middle = (low + high) / 2;
      guint index = self->by_number[middle];

      if (self->fields[index].number == number)
        return (int)index;
      if (self->fields[index].number < number)
        low = middle + 1;
      else
        high = middle;
    }
  return -1;
}

/* --- files --- */

static void
mark_known (BeltProtoMessage *message)
{
  message->is_known = g_str_has_prefix (message->name, "google.protobuf.");
  message->is_wrapper = message->is_known && message->n_fields == 1 && g_str_has_suffix (message->name, "Value") &&
                        g_str_equal (message->fields[0].name, "value");
}

static gboolean
parse_text (BeltProtoParser *parser,
            const char      *name,
            const char      *text,
            gsize            len)
{
  if (len > BELT_PROTO_TEXT_MAX)
    return belt_refuse (parser->error, BELT_ERROR_INVALID, "%s: the file is larger than %u bytes", name,
                        BELT_PROTO_TEXT_MAX);
  parser->name = name;
  parser->p = parser->line_start = text;
  parser->end = text + len;
  parser->line = 1;
  parser->proto3 = FALSE;
  parser->depth = 0;
  g_string_truncate (parser->scope, 0);
  return belt_proto_parse (parser);
}

static gboolean
parse_imports (BeltProtoParser  *parser,
               const char       *main_name,
               BeltProtoFindFunc find,
               gpointer          user_data)
{
  for (guint i = 0; i < parser->imports->len; i++)
    {
      const char *name = g_ptr_array_index (parser->imports, i);
      const char *text = belt_proto_find_known (name);

      if (text == NULL && find != NULL)
        text = find (name, user_data);
      if (text == NULL)
        {
          g_autofree char *valid = g_utf8_make_valid (name, -1);

          return belt_refuse (parser->error, BELT_ERROR_INVALID,
                              "%s: imports %s, and there is no schema of that name beside it", main_name, valid);
        }
      if (!parse_text (parser, name, text, strlen (text)))
        return FALSE;
    }
  return TRUE;
}

BeltProtoFile *
belt_proto_file_new (const char       *name,
                     const char       *text,
                     gsize             len,
                     BeltProtoFindFunc find,
                     gpointer          user_data,
                     GError          **error)
{
  g_autoptr(BeltProtoFile) self = g_new0 (BeltProtoFile, 1);
  g_autoptr(GString) scope = g_string_new (NULL);
  g_autoptr(GArray) pending = g_array_new (FALSE, FALSE, sizeof (BeltProtoPending));
  g_autoptr(GPtrArray) imports = g_ptr_array_new ();
  g_autoptr(GError) failure = NULL;
  BeltProtoParser parser = { .file = self, .scope = scope, .pending = pending, .imports = imports, .error = &failure };
  gboolean fine;

  self->ref_count = 1;
  self->arena = belt_arena_new ();
  self->messages = g_ptr_array_new ();
  self->enums = g_ptr_array_new ();
  self->messages_by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->enums_by_name = g_hash_table_new (g_str_hash, g_str_equal);

  fine = parse_text (&parser, name, text, len);
  self->n_own = self->messages->len;
  fine = fine && parse_imports (&parser, name, find, user_data);
  for (guint i = 0; fine && i < pending->len; i++)
    fine = resolve_field (self, &g_array_index (pending, BeltProtoPending, i), &failure);
  for (guint i = 0; fine && i < self->messages->len; i++)
    {
      fine = index_message (self, g_ptr_array_index (self->messages, i), name, &failure);
      mark_known (g_ptr_array_index (self->messages, i));
    }

  if (fine)
    return g_steal_pointer (&self);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

BeltProtoFile *
belt_proto_file_ref (BeltProtoFile *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_proto_file_unref (BeltProtoFile *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_ptr_array_unref (self->messages);
  g_ptr_array_unref (self->enums);
  g_hash_table_unref (self->messages_by_name);
  g_hash_table_unref (self->enums_by_name);
  belt_arena_free (self->arena);
  g_free (self);
}

BeltProtoMessage *
belt_proto_file_find (BeltProtoFile *self,
                      const char    *name)
{
  BeltProtoMessage *message = g_hash_table_lookup (self->messages_by_name, name);

  return message != NULL && message->index < self->n_own ? message : NULL;
}

char *
belt_proto_file_list (BeltProtoFile *self)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < self->n_own; i++)
    {
      BeltProtoMessage *message = g_ptr_array_index (self->messages, i);

      if (message->is_entry)
        continue;
      if (names->len > 0)
        g_string_append (names, ", ");
      g_string_append (names, message->name);
    }
  return g_string_free (names, FALSE);
}

guint
belt_proto_file_get_n_messages (BeltProtoFile *self)
{
  return self->messages->len;
}

BeltProtoMessage *
belt_proto_file_get_message (BeltProtoFile *self,
                             guint          index)
{
  return g_ptr_array_index (self->messages, index);
}

/* --- columns --- */

typedef struct
{
  BeltArena              *arena;
  const BeltProtoMessage *open[BELT_PROTO_NESTING_MAX];  /* being taken apart: a message may hold itself */
  guint                   n_open;
  guint                   n_fields;
} Inference;

static BeltField *make_fields (Inference              *self,
                               const BeltProtoMessage *message,
                               guint                  *ret_n_fields);

static BeltType *
make_type (Inference            *self,
           const BeltProtoField *field)
{
  BeltType *type = belt_arena_alloc0 (self->arena, sizeof *type);

  switch (field->kind)
    {
    case BELT_PROTO_DOUBLE:
    case BELT_PROTO_FLOAT:
      type->kind = BELT_TYPE_FLOAT;
      break;
    case BELT_PROTO_BOOL:
      type->kind = BELT_TYPE_BOOLEAN;
      break;
    case BELT_PROTO_STRING:
      type->kind = BELT_TYPE_STRING;
      break;
    case BELT_PROTO_BYTES:
      type->kind = BELT_TYPE_BYTEA;
      break;
    case BELT_PROTO_MESSAGE:
    case BELT_PROTO_GROUP:
      type->kind = BELT_TYPE_STRUCT;
      type->fields = make_fields (self, field->message, &type->n_fields);
      break;
    default:
      type->kind = BELT_TYPE_BIGINT;
    }
  return type;
}

static BeltField *
make_fields (Inference              *self,
             const BeltProtoMessage *message,
             guint                  *ret_n_fields)
{
  BeltField *fields;

  *ret_n_fields = 0;
  for (guint i = 0; i < self->n_open; i++)
    if (self->open[i] == message)
      return NULL;
  if (self->n_open == BELT_PROTO_NESTING_MAX || self->n_fields + message->n_fields > BELT_PROTO_INFERRED_MAX)
    return NULL;

  self->open[self->n_open++] = message;
  self->n_fields += message->n_fields;
  fields = belt_arena_alloc0 (self->arena, (message->n_fields + 1) * sizeof *fields);
  for (guint i = 0; i < message->n_fields; i++)
    {
      const BeltProtoField *field = &message->fields[i];
      BeltType *type = make_type (self, field);

      fields[i].name = belt_arena_memdup (self->arena, field->name, strlen (field->name) + 1);
      fields[i].type = type;
      if (field->repeated)
        {
          fields[i].type = belt_arena_alloc0 (self->arena, sizeof *type);
          fields[i].type->kind = BELT_TYPE_ARRAY;
          fields[i].type->element = type;
        }
    }
  self->n_open--;
  *ret_n_fields = message->n_fields;
  return fields;
}

BeltField *
belt_proto_message_make_fields (const BeltProtoMessage *self,
                                BeltArena              *arena)
{
  Inference inference = { .arena = arena };
  guint n_fields;

  return make_fields (&inference, self, &n_fields);
}
