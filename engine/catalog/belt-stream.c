/* belt-stream.c - one stream or table, made from its statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Immutable once made.  Names and types are copied out of the tree, so a
 * definition outlives the text it came from.
 */
#include "config.h"

#include "belt-stream.h"

#include "belt-arena.h"
#include "belt-error.h"
#include "belt-proto-schema.h"

#include <string.h>

#define RETAIN_SIZE_MAX 1000000000   /* rows; a table that keeps more does not fit in memory */

const char *
belt_type_kind_get_name (BeltTypeKind kind)
{
  static const char *const names[] =
  {
    [BELT_TYPE_BIGINT] = "bigint",
    [BELT_TYPE_FLOAT] = "float",
    [BELT_TYPE_STRING] = "string",
    [BELT_TYPE_BYTEA] = "bytea",
    [BELT_TYPE_DATETIME] = "datetime",
    [BELT_TYPE_BOOLEAN] = "boolean",
    [BELT_TYPE_ARRAY] = "array",
    [BELT_TYPE_STRUCT] = "struct",
  };

  g_assert ((guint)kind < G_N_ELEMENTS (names));
  return names[kind];
}

static void copy_columns (BeltArena           *arena,
                          const BeltAstColumn *columns,
                          guint                n_columns,
                          BeltField          **ret_fields);

static BeltType *
copy_type (BeltArena         *arena,
           const BeltAstType *type)
{
  BeltType *copy = belt_arena_alloc0 (arena, sizeof *copy);

  copy->kind = (BeltTypeKind)type->kind;
  if (type->element != NULL)
    copy->element = copy_type (arena, type->element);
  copy->n_fields = type->n_columns;
  if (type->n_columns > 0)
    copy_columns (arena, type->columns, type->n_columns, &copy->fields);
  return copy;
}

static char *
copy_text (BeltArena  *arena,
           const char *text)
{
  return text != NULL ? belt_arena_memdup (arena, text, strlen (text) + 1) : NULL;
}

static void
copy_columns (BeltArena           *arena,
              const BeltAstColumn *columns,
              guint                n_columns,
              BeltField          **ret_fields)
{
  BeltField *fields = belt_arena_new_array (arena, BeltField, n_columns);

  for (guint i = 0; i < n_columns; i++)
    {
      fields[i].name = copy_text (arena, columns[i].name);
      fields[i].type = copy_type (arena, columns[i].type);
      fields[i].has_default = columns[i].has_default;
      fields[i].default_value = belt_value_null ();
      if (columns[i].has_default)
        fields[i].default_value = belt_value_copy (&columns[i].default_value, arena);
    }
  *ret_fields = fields;
}

static gboolean
is_true (const char *text)
{
  return text != NULL && g_ascii_strcasecmp (text, "true") == 0;
}

static gboolean
take_extra (BeltStream  *self,
            const char  *text,
            GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();

  if (text == NULL)
    return TRUE;

  self->extra_text = copy_text (self->arena, text);
  if (text[0] == '\0')
    return TRUE;
  if (!json_parser_load_from_data (parser, text, -1, NULL) ||
      json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "found \"%s\", expect valid JSON object in EXTRA option.", text);
      return FALSE;
    }
  self->extra = json_object_ref (json_node_get_object (json_parser_get_root (parser)));
  return TRUE;
}

static gboolean
take_options (BeltStream          *self,
              const BeltAstCreate *create,
              GError             **error)
{
  static const struct { const char *key; gsize offset; } texts[] =
  {
    { "DATASOURCE", G_STRUCT_OFFSET (BeltStream, datasource) },
    { "FORMAT", G_STRUCT_OFFSET (BeltStream, format) },
    { "TYPE", G_STRUCT_OFFSET (BeltStream, type) },
    { "CONF_KEY", G_STRUCT_OFFSET (BeltStream, conf_key) },
    { "KEY", G_STRUCT_OFFSET (BeltStream, key) },
    { "TIMESTAMP", G_STRUCT_OFFSET (BeltStream, timestamp) },
    { "TIMESTAMP_FORMAT", G_STRUCT_OFFSET (BeltStream, timestamp_format) },
    { "DELIMITER", G_STRUCT_OFFSET (BeltStream, delimiter) },
    { "SCHEMAID", G_STRUCT_OFFSET (BeltStream, schema_id) },
    { "KIND", G_STRUCT_OFFSET (BeltStream, kind) },
    { "VERSION", G_STRUCT_OFFSET (BeltStream, version) },
  };
  const char *retain = belt_ast_create_get_option (create, "RETAIN_SIZE");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    G_STRUCT_MEMBER (char *, self, texts[i].offset) =
      copy_text (self->arena, belt_ast_create_get_option (create, texts[i].key));

  /* eKuiper keeps these two in lower case. */
  for (char *c = self->kind; c != NULL && *c != '\0'; c++)
    *c = g_ascii_tolower (*c);
  for (char *c = self->version; c != NULL && *c != '\0'; c++)
    *c = g_ascii_tolower (*c);

  self->shared = is_true (belt_ast_create_get_option (create, "SHARED"));
  self->strict_validation = is_true (belt_ast_create_get_option (create, "STRICT_VALIDATION"));
  self->temp = is_true (belt_ast_create_get_option (create, "TEMP"));
  if (retain != NULL && !g_ascii_string_to_signed (retain, 10, 0, RETAIN_SIZE_MAX, &self->retain_size, NULL))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "found \"%s\", expect number value in RETAIN_SIZE option.",
                   retain);
      return FALSE;
    }
  return take_extra (self, belt_ast_create_get_option (create, "EXTRA"), error);
}

/* Back quotes let a name be anything; a definition's may only be what fits a URL. */
static gboolean
check_name (const char  *name,
            GError     **error)
{
  const char *problem = NULL;

  if (*name == '\0')
    {
      g_set_error_literal (error, BELT_ERROR, BELT_ERROR_INVALID, "id cannot be empty");
      return FALSE;
    }
  if (g_ascii_isspace (name[0]) || g_ascii_isspace (name[strlen (name) - 1]))
    problem = "leading or trailing whitespace";
  else if (name[strspn (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-")] != '\0')
    problem = "invalid characters: only alphanumeric, hyphens and underscores are allowed";
  if (problem == NULL)
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "id '%s' contains %s", name, problem);
  return FALSE;
}

BeltStream *
belt_stream_new_from_ast (const BeltAst  *ast,
                          GError        **error)
{
  g_autoptr(BeltStream) self = g_new0 (BeltStream, 1);

  g_return_val_if_fail (ast != NULL && ast->kind == BELT_AST_CREATE, NULL);

  self->ref_count = 1;
  self->arena = belt_arena_new ();
  if (!check_name (ast->name, error))
    return NULL;
  self->is_table = ast->is_table;
  self->name = copy_text (self->arena, ast->name);
  self->statement = copy_text (self->arena, ast->text);
  self->n_fields = ast->create->n_columns;
  if (self->n_fields > 0)
    copy_columns (self->arena, ast->create->columns, self->n_fields, &self->fields);
  if (!take_options (self, ast->create, error))
    return NULL;
  return g_steal_pointer (&self);
}

BeltStream *
belt_stream_new_from_sql (const char  *sql,
                          GError     **error)
{
  g_autoptr(BeltParseResult) result = belt_parse (sql, strlen (sql), 0, NULL);

  if (result->ast->kind != BELT_AST_CREATE && result->ekuiper_error == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "Invalid stream statement: %s", sql);
      return NULL;
    }
  if (result->ekuiper_error != NULL)
    {
      g_set_error_literal (error, BELT_ERROR, BELT_ERROR_PARSE, result->ekuiper_error);
      return NULL;
    }
  return belt_stream_new_from_ast (result->ast, error);
}

BeltStream *
belt_stream_ref (BeltStream *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_stream_unref (BeltStream *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->extra, json_object_unref);
  belt_arena_free (self->arena);
  if (self->message != NULL)
    belt_proto_file_unref (self->message->file);
  belt_stream_unref (self->declared);
  g_free (self);
}

BeltStream *
belt_stream_resolve (BeltStream  *self,
                     BeltCatalog *catalog)
{
  BeltStream *declared = self->declared != NULL ? self->declared : self;
  g_autoptr(GError) error = NULL;
  BeltStream *resolved;

  if (declared->format == NULL || g_ascii_strcasecmp (declared->format, "protobuf") != 0)
    return belt_stream_ref (declared);

  resolved = g_memdup2 (declared, sizeof *declared);
  resolved->ref_count = 1;
  resolved->declared = belt_stream_ref (declared);
  resolved->arena = belt_arena_new ();
  resolved->extra = declared->extra != NULL ? json_object_ref (declared->extra) : NULL;
  resolved->fields = NULL;
  resolved->n_fields = 0;
  resolved->message = belt_catalog_find_message (catalog, declared->schema_id, &error);
  if (resolved->message == NULL)
    {
      resolved->schema_error = copy_text (resolved->arena, error->message);
      return resolved;
    }

  belt_proto_file_ref (resolved->message->file);
  resolved->fields = belt_proto_message_make_fields (resolved->message, resolved->arena);
  resolved->n_fields = resolved->message->n_fields;
  return resolved;
}

BeltStream *
belt_stream_copy (BeltStream *self)
{
  BeltStream *copy = g_memdup2 (self, sizeof *self);

  copy->ref_count = 1;
  copy->declared = belt_stream_ref (self);
  copy->arena = belt_arena_new ();
  copy->extra = self->extra != NULL ? json_object_ref (self->extra) : NULL;
  copy->fields = belt_arena_memdup (copy->arena, self->fields, self->n_fields * sizeof *self->fields);
  if (copy->message != NULL)
    belt_proto_file_ref (copy->message->file);

  return copy;
}

const BeltField *
belt_stream_get_field (BeltStream *self,
                       const char *name,
                       gsize       name_len)
{
  for (guint i = 0; i < self->n_fields; i++)
    if (strncmp (self->fields[i].name, name, name_len) == 0 && self->fields[i].name[name_len] == '\0')
      return &self->fields[i];
  return NULL;
}
