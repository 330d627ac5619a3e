/* belt-stream-describe.c - a stream as eKuiper's REST and DESCRIBE show it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-stream.h"

#include <string.h>

static JsonNode *
node_of_text (const char *text)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_string (node, text);
  return node;
}

static JsonArray *fields_to_json (const BeltField *fields,
                                  guint            n_fields);

static JsonNode *
type_to_json (const BeltType *type)
{
  JsonObject *object;
  JsonNode *node;

  if (type->kind != BELT_TYPE_ARRAY && type->kind != BELT_TYPE_STRUCT)
    return node_of_text (belt_type_kind_get_name (type->kind));

  object = json_object_new ();
  json_object_set_string_member (object, "Type", belt_type_kind_get_name (type->kind));
  if (type->kind == BELT_TYPE_ARRAY)
    json_object_set_member (object, "ElementType", type_to_json (type->element));
  else
    json_object_set_array_member (object, "Fields", fields_to_json (type->fields, type->n_fields));
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static JsonNode *
default_to_json (const BeltValue *value)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      json_node_set_boolean (node, value->u.i != 0);
      break;

    case BELT_TAG_I64:
      json_node_set_int (node, value->u.i);
      break;

    case BELT_TAG_F64:
      json_node_set_double (node, value->u.f);
      break;

    case BELT_TAG_STR:
      {
        g_autofree char *text = g_strndup (value->u.s, value->len);

        json_node_set_string (node, text);
        break;
      }

    default:
      json_node_init_null (node);
    }
  return node;
}

static JsonArray *
fields_to_json (const BeltField *fields,
                guint            n_fields)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < n_fields; i++)
    {
      JsonObject *field = json_object_new ();

      json_object_set_member (field, "FieldType", type_to_json (fields[i].type));
      json_object_set_string_member (field, "Name", fields[i].name);
      if (fields[i].has_default)
        json_object_set_member (field, "Default", default_to_json (&fields[i].default_value));
      json_array_add_object_element (array, field);
    }
  return array;
}

static void
set_text (JsonObject *object,
          const char *name,
          const char *value)
{
  if (value != NULL && value[0] != '\0')
    json_object_set_string_member (object, name, value);
}

static void
set_flag (JsonObject *object,
          const char *name,
          gboolean    value)
{
  if (value)
    json_object_set_boolean_member (object, name, TRUE);
}

JsonObject *
belt_stream_to_details (BeltStream *self)
{
  JsonObject *details = json_object_new ();
  JsonObject *options = json_object_new ();

  if (self->declared != NULL)
    self = self->declared;
  set_text (options, "datasource", self->datasource);
  set_text (options, "key", self->key);
  set_text (options, "format", self->format);
  set_text (options, "confKey", self->conf_key);
  set_text (options, "type", self->type);
  set_flag (options, "strictValidation", self->strict_validation);
  set_text (options, "timestamp", self->timestamp);
  set_text (options, "timestampFormat", self->timestamp_format);
  set_flag (options, "shared", self->shared);
  set_text (options, "schemaId", self->schema_id);
  set_text (options, "version", self->version);
  if (self->retain_size != 0)
    json_object_set_int_member (options, "retainSize", self->retain_size);
  set_text (options, "kind", self->kind);
  set_text (options, "delimiter", self->delimiter);
  set_text (options, "extra", self->extra_text);
  set_flag (options, "temp", self->temp);

  json_object_set_string_member (details, "Name", self->name);
  if (self->n_fields > 0)
    json_object_set_array_member (details, "StreamFields", fields_to_json (self->fields, self->n_fields));
  else
    json_object_set_null_member (details, "StreamFields");
  json_object_set_object_member (details, "Options", options);
  json_object_set_int_member (details, "StreamType", self->is_table ? 1 : 0);
  json_object_set_null_member (details, "Statement");
  return details;
}

static JsonObject *schema_of_fields (const BeltField *fields,
                                     guint            n_fields);

static JsonObject *
schema_of_type (const BeltType *type)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", belt_type_kind_get_name (type->kind));
  if (type->kind == BELT_TYPE_ARRAY)
    json_object_set_object_member (object, "items", schema_of_type (type->element));
  else if (type->kind == BELT_TYPE_STRUCT)
    json_object_set_object_member (object, "properties", schema_of_fields (type->fields, type->n_fields));
  json_object_set_int_member (object, "index", 0);
  return object;
}

static JsonObject *
schema_of_fields (const BeltField *fields,
                  guint            n_fields)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < n_fields; i++)
    json_object_set_object_member (object, fields[i].name, schema_of_type (fields[i].type));
  return object;
}

JsonNode *
belt_stream_to_schema (BeltStream *self)
{
  JsonNode *node;

  if (self->n_fields == 0)
    return json_node_new (JSON_NODE_NULL);

  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, schema_of_fields (self->fields, self->n_fields));
  return node;
}

static void
append_type (GString        *out,
             const BeltType *type)
{
  g_string_append (out, belt_type_kind_get_name (type->kind));
  if (type->kind == BELT_TYPE_ARRAY)
    {
      g_string_append_c (out, '(');
      append_type (out, type->element);
      g_string_append_c (out, ')');
    }
  else if (type->kind == BELT_TYPE_STRUCT)
    {
      g_string_append_c (out, '(');
      for (guint i = 0; i < type->n_fields; i++)
        {
          g_string_append_printf (out, "%s%s ", i > 0 ? ", " : "", type->fields[i].name);
          append_type (out, type->fields[i].type);
        }
      g_string_append_c (out, ')');
    }
}

static void
append_option (GString    *out,
               const char *name,
               const char *value)
{
  if (value != NULL && value[0] != '\0')
    g_string_append_printf (out, "%s: %s\n", name, value);
}

char *
belt_stream_describe (BeltStream *self)
{
  GString *out = g_string_new ("Fields\n");

  if (self->declared != NULL)
    self = self->declared;
  for (guint i = 0; i < 80; i++)
    g_string_append_c (out, '-');
  g_string_append_c (out, '\n');
  for (guint i = 0; i < self->n_fields; i++)
    {
      g_string_append_printf (out, "%s\t", self->fields[i].name);
      append_type (out, self->fields[i].type);
      if (self->fields[i].has_default)
        {
          g_autoptr(JsonNode) value = default_to_json (&self->fields[i].default_value);
          g_autofree char *text = json_to_string (value, FALSE);

          g_string_append_printf (out, "\tDEFAULT\t%s", text);
        }
      g_string_append_c (out, '\n');
    }
  g_string_append_c (out, '\n');
  append_option (out, "CONF_KEY", self->conf_key);
  append_option (out, "DATASOURCE", self->datasource);
  append_option (out, "FORMAT", self->format);
  append_option (out, "KEY", self->key);
  append_option (out, "SCHEMAID", self->schema_id);
  append_option (out, "SHARED", self->shared ? "true" : NULL);
  append_option (out, "STRICT_VALIDATION", self->strict_validation ? "true" : NULL);
  append_option (out, "TIMESTAMP", self->timestamp);
  append_option (out, "TIMESTAMP_FORMAT", self->timestamp_format);
  append_option (out, "TYPE", self->type);
  return g_string_free (out, FALSE);
}
