/* belt-json-member.c - members of an object that somebody else wrote
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json-member.h"

const char *
belt_json_get_text (JsonObject *object,
                    const char *name,
                    const char *otherwise)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
         ? json_node_get_string (node) : otherwise;
}
