/* belt-plan-actions.c - a rule's actions become the sinks of its plan
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whether a sink type exists and its own properties are right is io's to say; here
 * are the properties that all of them share.
 */
#include "config.h"

#include "belt-planner-private.h"

#include "belt-codec.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-op-sink.h"
#include "belt-sink.h"

#include <string.h>

static gboolean
get_flag (JsonObject *properties,
          const char *name)
{
  JsonNode *node = json_object_get_member (properties, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strcasecmp (json_node_get_string (node), "true") == 0;

  return json_node_get_boolean (node);
}

static char *
dup_text (JsonObject *properties,
          const char *name)
{
  const char *text = belt_json_get_text (properties, name, "");

  return text[0] != '\0' ? g_strdup (text) : NULL;
}

static gboolean
read_names (JsonObject   *properties,
            const char   *name,
            char       ***ret_names,
            GError      **error)
{
  JsonNode *node = json_object_get_member (properties, name);
  JsonArray *array;
  g_autoptr(GPtrArray) names = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "fail to parse sink configuration: %s must be a list of names", name);
      return FALSE;
    }

  array = json_node_get_array (node);
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (names, g_strdup (json_array_get_string_element (array, i)));
  if (names->len == 0)
    return TRUE;

  g_ptr_array_add (names, NULL);
  *ret_names = (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
  return TRUE;
}

static gboolean
read_linger (JsonObject *properties,
             gint64     *ret_ms)
{
  JsonNode *node = json_object_get_member (properties, "lingerInterval");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return TRUE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return belt_parse_duration_ms (json_node_get_string (node), ret_ms);

  *ret_ms = json_node_get_int (node);
  return TRUE;
}

static void
sink_spec_free (gpointer data)
{
  BeltSinkSpec *spec = data;

  g_strfreev (spec->fields);
  g_strfreev (spec->exclude_fields);
  g_free (spec->data_field);
  g_clear_pointer (&spec->data_template, belt_template_free);
  for (guint i = 0; i < spec->n_templates; i++)
    {
      g_free (spec->templates[i].text);
      belt_template_free (spec->templates[i].template);
    }
  g_free (spec->templates);
  g_free (spec);
}

/* Of these formats a template's result is sent as it is; eKuiper knows them in small letters only. */
static gboolean
is_text_format (const char *format)
{
  static const char *const formats[] = { "json", "delimited", "urlencoded" };

  for (guint i = 0; format != NULL && *format != '\0' && i < G_N_ELEMENTS (formats); i++)
    {
      if (strcmp (format, formats[i]) == 0)
        return TRUE;
    }
  return format == NULL || *format == '\0';
}

static gboolean
read_template (JsonObject    *properties,
               BeltSinkSpec  *spec,
               GError       **error)
{
  g_autofree char *text = dup_text (properties, "dataTemplate");
  g_autofree char *format = dup_text (properties, "format");

  if (!belt_encoder_check_format (format, error))
    return FALSE;
  if (text == NULL || *text == '\0')
    return TRUE;
  spec->text_format = is_text_format (format);
  spec->data_template = belt_template_new (text, error);
  return spec->data_template != NULL;
}

static gboolean
has_template (const char *text)
{
  const char *start = strstr (text, "{{");

  return start != NULL && strstr (start, "}}") != NULL;
}

/* Any property with {{…}} is a template, those in objects too; the sink knows which of them it looks at. */
static gboolean
read_templates (JsonObject  *properties,
                GArray      *templates,
                GError     **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, properties);
  while (json_object_iter_next (&iter, &name, &node))
    {
      BeltSinkTemplate template;

      if (JSON_NODE_HOLDS_OBJECT (node) && !read_templates (json_node_get_object (node), templates, error))
        return FALSE;
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING ||
          strcmp (name, "dataTemplate") == 0 || !has_template (json_node_get_string (node)))
        continue;

      template.template = belt_template_new (json_node_get_string (node), error);
      if (template.template == NULL)
        return FALSE;
      template.text = json_node_dup_string (node);
      g_array_append_val (templates, template);
    }

  return TRUE;
}

static gboolean
read_dynamic (JsonObject    *properties,
              BeltSinkSpec  *spec,
              GError       **error)
{
  g_autoptr(GArray) templates = g_array_new (FALSE, FALSE, sizeof (BeltSinkTemplate));
  gboolean read = read_templates (properties, templates, error);

  spec->n_templates = templates->len;
  spec->templates = (BeltSinkTemplate *)g_array_free (g_steal_pointer (&templates), FALSE);
  return read;
}

static BeltSinkSpec *
read_spec (JsonObject  *properties,
           GError     **error)
{
  BeltSinkSpec *spec = g_new0 (BeltSinkSpec, 1);

  spec->send_single = get_flag (properties, "sendSingle");
  spec->omit_if_empty = get_flag (properties, "omitIfEmpty");
  spec->data_field = dup_text (properties, "dataField");
  if (spec->data_field == NULL)
    spec->data_field = dup_text (properties, "tableDataField");
  spec->batch_size = json_object_has_member (properties, "batchSize")
                     ? json_object_get_int_member_with_default (properties, "batchSize", 0)
                     : 0;
  if (!read_template (properties, spec, error) ||
      !read_dynamic (properties, spec, error) ||
      !read_names (properties, "fields", &spec->fields, error) ||
      !read_names (properties, "excludeFields", &spec->exclude_fields, error))
    g_clear_pointer (&spec, sink_spec_free);
  else if (!read_linger (properties, &spec->linger_ms) || spec->linger_ms < 0 || spec->batch_size < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "fail to parse sink configuration: batchSize and lingerInterval must not be negative");
      g_clear_pointer (&spec, sink_spec_free);
    }

  if (spec != NULL && spec->fields != NULL && spec->exclude_fields != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "fail to parse sink configuration: fields and excludeFields cannot both be set");
      g_clear_pointer (&spec, sink_spec_free);
    }

  return spec;
}

static BeltOp *
create_sink (gconstpointer  spec,
             BeltEval      *eval,
             gint64         now_ms)
{
  return belt_op_sink_new (spec, eval, now_ms);
}

static gboolean
add_sink (BeltPlan    *plan,
          GArray      *ops,
          GArray      *sinks,
          const char  *type,
          guint        index,
          JsonObject  *properties,
          GError     **error)
{
  BeltPlanSink sink = { .type = g_strdup (type), .name = g_strdup_printf ("%s_%u", type, index),
                        .properties = json_object_ref (properties), .op = ops->len };
  BeltPlanOp op = { .kind = BELT_PLAN_SINK, .name = g_strdup (sink.name),
                    .label = g_strdup_printf ("Sink %s", type), .spec_free = sink_spec_free,
                    .create = create_sink };
  BeltSinkSpec *spec = read_spec (properties, error);

  if (spec != NULL)
    {
      const BeltSinkClass *klass = belt_sink_lookup (type);

      spec->sink = sinks->len;
      spec->takes_rows = klass != NULL && klass->wants_rows;
      spec->out_slot = plan->out_slot;
    }
  op.spec = spec;
  g_array_append_val (sinks, sink);
  g_array_append_val (ops, op);

  return spec != NULL;
}

static gboolean
add_action (BeltPlan    *plan,
            GArray      *ops,
            GArray      *sinks,
            JsonNode    *node,
            guint        index,
            GError     **error)
{
  g_autoptr(GList) types = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "an action must be an object {\"sink type\": {…}}");
      return FALSE;
    }

  types = json_object_get_members (json_node_get_object (node));
  for (GList *type = types; type != NULL; type = type->next)
    {
      JsonNode *properties = json_object_get_member (json_node_get_object (node), type->data);

      if (!JSON_NODE_HOLDS_OBJECT (properties))
        {
          g_autofree char *text = json_to_string (properties, FALSE);

          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                       "expect map[string]interface{} type for the action properties, but found %s", text);
          return FALSE;
        }

      if (!add_sink (plan, ops, sinks, type->data, index, json_node_get_object (properties), error))
        return FALSE;
    }

  return TRUE;
}

gboolean
belt_planner_add_sinks (BeltPlan   *plan,
                        GArray     *ops,
                        JsonArray  *actions,
                        GError    **error)
{
  g_autoptr(GArray) sinks = g_array_new (FALSE, TRUE, sizeof (BeltPlanSink));
  gboolean ok = TRUE;

  if (actions == NULL)
    {
      g_autoptr(JsonObject) properties = json_object_new ();

      ok = add_sink (plan, ops, sinks, "log", 0, properties, error);
    }

  for (guint i = 0; ok && actions != NULL && i < json_array_get_length (actions); i++)
    ok = add_action (plan, ops, sinks, json_array_get_element (actions, i), i, error);

  plan->n_sinks = sinks->len;
  plan->sinks = (BeltPlanSink *)g_array_free (g_steal_pointer (&sinks), FALSE);
  return ok;
}
