/* belt-properties.c - reading the properties of sources and sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One getter a type, all of the same form: absent or null leaves the default,
 * anything of another type is an error with the property's name first.
 */
#include "config.h"

#include "belt-properties.h"

#include "belt-error.h"

#include <math.h>
#include <string.h>

JsonObject *
belt_properties_copy (JsonObject *properties)
{
  g_autoptr(JsonNode) node = json_node_init_object (json_node_alloc (), properties);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autoptr(JsonNode) copy = json_from_string (text, NULL);

  return json_object_ref (json_node_get_object (copy));
}

JsonNode *
belt_properties_lookup (JsonObject *properties,
                        const char *name)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  if (properties == NULL)
    return NULL;

  if ((node = json_object_get_member (properties, name)) != NULL)
    return JSON_NODE_HOLDS_NULL (node) ? NULL : node;

  /* eKuiper's structs are filled without regard to case: clientId and clientid are one. */
  json_object_iter_init (&iter, properties);
  while (json_object_iter_next (&iter, &key, &node))
    {
      if (g_ascii_strcasecmp (key, name) == 0)
        return JSON_NODE_HOLDS_NULL (node) ? NULL : node;
    }

  return NULL;
}

static gboolean
refuse (GError    **error,
        const char *name,
        const char *wanted,
        JsonNode   *node)
{
  g_autofree char *found = json_to_string (node, FALSE);

  g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
               "property %s: expected %s, but found %s", name, wanted, found);
  return FALSE;
}

gboolean
belt_properties_get_string (JsonObject *properties,
                            const char *name,
                            char      **ret_text,
                            GError    **error)
{
  JsonNode *node = belt_properties_lookup (properties, name);

  if (node == NULL)
    return TRUE;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, name, "a string", node);

  g_free (*ret_text);
  *ret_text = g_strdup (json_node_get_string (node));
  return TRUE;
}

gboolean
belt_properties_get_boolean (JsonObject *properties,
                             const char *name,
                             gboolean   *ret_value,
                             GError    **error)
{
  JsonNode *node = belt_properties_lookup (properties, name);

  if (node == NULL)
    return TRUE;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (error, name, "true or false", node);

  *ret_value = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
read_whole_number (JsonNode *node,
                   gint64   *ret_value)
{
  double number;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;

  if (json_node_get_value_type (node) == G_TYPE_INT64)
    {
      *ret_value = json_node_get_int (node);
      return TRUE;
    }

  if (json_node_get_value_type (node) != G_TYPE_DOUBLE)
    return FALSE;

  number = json_node_get_double (node);
  if (number != floor (number) || fabs (number) > 9e15)
    return FALSE;

  *ret_value = (gint64)number;
  return TRUE;
}

gboolean
belt_properties_get_int (JsonObject *properties,
                         const char *name,
                         gint64      min,
                         gint64      max,
                         gint64     *ret_value,
                         GError    **error)
{
  JsonNode *node = belt_properties_lookup (properties, name);
  gint64 value;

  if (node == NULL)
    return TRUE;

  if (!read_whole_number (node, &value))
    return refuse (error, name, "a whole number", node);

  if (value < min || value > max)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property %s: %" G_GINT64_FORMAT " is not between %" G_GINT64_FORMAT
                   " and %" G_GINT64_FORMAT, name, value, min, max);
      return FALSE;
    }

  *ret_value = value;
  return TRUE;
}

gboolean
belt_duration_parse (const char *text,
                     gint64     *ret_ms)
{
  static const struct { const char *unit; double ms; } units[] = {
    { "ns", 1e-6 }, { "us", 1e-3 }, { "µs", 1e-3 }, { "ms", 1 }, { "s", 1000 },
    { "m", 60000 }, { "h", 3600000 },
  };
  double total = 0;
  gboolean negative = *text == '-';
  const char *at = text + (*text == '-' || *text == '+');

  if (*at == '\0')
    return FALSE;

  while (*at != '\0')
    {
      char *end;
      double number;
      gsize len;
      guint unit;

      if (!g_ascii_isdigit (*at) && *at != '.')
        return FALSE;

      number = g_ascii_strtod (at, &end);
      if (*end == '\0' && at == text + negative)
        {
          total = number;  /* a bare number: milliseconds */
          at = end;
          break;
        }

      for (len = 0; end[len] != '\0' && end[len] != '.' && !g_ascii_isdigit (end[len]); len++)
        ;
      for (unit = 0; unit < G_N_ELEMENTS (units); unit++)
        {
          if (strlen (units[unit].unit) == len && strncmp (units[unit].unit, end, len) == 0)
            break;
        }
      if (unit == G_N_ELEMENTS (units))
        return FALSE;

      total += number * units[unit].ms;
      at = end + len;
    }

  if (total > 9e15)
    return FALSE;

  *ret_ms = (gint64)(negative ? -total : total);
  return TRUE;
}

gboolean
belt_properties_get_duration (JsonObject *properties,
                              const char *name,
                              gint64     *ret_ms,
                              GError    **error)
{
  JsonNode *node = belt_properties_lookup (properties, name);
  gint64 value;

  if (node == NULL)
    return TRUE;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      if (!belt_duration_parse (json_node_get_string (node), &value))
        return refuse (error, name, "a duration such as 300ms or 1h5m", node);
    }
  else if (!read_whole_number (node, &value))
    return refuse (error, name, "a duration in ms or such as 300ms", node);

  if (value < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property %s: must not be negative", name);
      return FALSE;
    }

  *ret_ms = value;
  return TRUE;
}

gboolean
belt_properties_get_strings (JsonObject *properties,
                             const char *name,
                             char     ***ret_texts,
                             GError    **error)
{
  JsonNode *node = belt_properties_lookup (properties, name);
  g_autoptr(GPtrArray) texts = NULL;
  JsonArray *array;

  if (node == NULL)
    return TRUE;

  texts = g_ptr_array_new_with_free_func (g_free);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    g_ptr_array_add (texts, g_strdup (json_node_get_string (node)));
  else if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, name, "an array of strings", node);
  else
    {
      array = json_node_get_array (node);
      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          JsonNode *item = json_array_get_element (array, i);

          if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_STRING)
            return refuse (error, name, "an array of strings", node);
          g_ptr_array_add (texts, g_strdup (json_node_get_string (item)));
        }
    }

  g_ptr_array_add (texts, NULL);
  g_strfreev (*ret_texts);
  *ret_texts = (char **)g_ptr_array_steal (texts, NULL);
  return TRUE;
}

gboolean
belt_properties_get_choice (JsonObject        *properties,
                            const char        *name,
                            const char *const *choices,
                            guint             *ret_choice,
                            GError           **error)
{
  g_autofree char *text = NULL;
  g_autofree char *wanted = NULL;

  if (!belt_properties_get_string (properties, name, &text, error))
    return FALSE;

  if (text == NULL || *text == '\0')
    return TRUE;

  for (guint i = 0; choices[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (choices[i], text) == 0)
        {
          *ret_choice = i;
          return TRUE;
        }
    }

  wanted = g_strjoinv (", ", (char **)choices);
  g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
               "property %s: must be one of %s, but found %s", name, wanted, text);
  return FALSE;
}

static gboolean
is_given (JsonNode *node)
{
  if (node == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_VALUE (node))
    return TRUE;

  /* Forms of "not": eKuiper's own defaults, written out. */
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return *json_node_get_string (node) != '\0' && g_ascii_strcasecmp (json_node_get_string (node), "none") != 0;
  if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return json_node_get_boolean (node);
  return json_node_get_double (node) != 0;
}

gboolean
belt_properties_refuse (JsonObject                *properties,
                        const BeltRefusedProperty *refused,
                        guint                      n_refused,
                        GError                   **error)
{
  for (guint i = 0; i < n_refused; i++)
    {
      if (!is_given (belt_properties_lookup (properties, refused[i].name)))
        continue;

      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property %s: this engine does not do that; %s",
                   refused[i].name, refused[i].instead);
      return FALSE;
    }

  return TRUE;
}
