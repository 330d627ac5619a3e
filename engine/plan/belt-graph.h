/* belt-graph.h - rules drawn as graphs, said as a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper's graph rules of one line of operators: sources, then watermark,
 * window, join, filter, function, groupby, aggfunc, orderby, pick in an order
 * that a SELECT has too, then any number of sinks.  What branches (switch) or
 * runs a script is refused with a sentence.
 */
#pragma once

#include "belt-catalog.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  char      *sql;
  JsonArray *actions;   /* of the sinks, in the order of the topology */
  GPtrArray *streams;   /* of BeltStream: sources that the graph defines itself */
} BeltGraphRule;

BeltGraphRule *belt_graph_translate  (JsonObject     *graph,
                                      GError        **error);
void           belt_graph_rule_free  (BeltGraphRule  *self);
/* Returns: (transfer full): the catalog and the graph's own streams. */
BeltCatalog   *belt_graph_rule_extend (BeltGraphRule *self,
                                      BeltCatalog    *catalog);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltGraphRule, belt_graph_rule_free)

G_END_DECLS
