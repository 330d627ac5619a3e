/* belt-graph.c - rules drawn as graphs, said as a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The line of operators is walked from the sources on and each adds to its
 * clause; a clause that a SELECT would apply earlier than where the operator
 * stands is refused, so that what runs is what is drawn.
 */
#include "config.h"

#include "belt-graph.h"

#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-stream.h"

#include <string.h>

#define NODES_MAX 256u

/* How far along a SELECT the walk is; no operator may go back. */
typedef enum
{
  STAGE_SOURCE,
  STAGE_WINDOW,
  STAGE_JOIN,
  STAGE_GROUP,
  STAGE_AGGREGATE,
  STAGE_ORDER,
  STAGE_PICK,
} Stage;

typedef struct
{
  JsonObject *nodes;
  JsonObject *edges;
  GError    **error;
  GString    *from;
  GString    *window_filter;
  GString    *where;
  GString    *group;
  GString    *having;
  GString    *order;
  GString    *fields;      /* of pick; empty: all */
  GPtrArray  *functions;   /* "expr AS name" of function and aggfunc, and… */
  GPtrArray  *names;       /* …the names */
  char       *window;
  Stage       stage;
  GPtrArray  *streams;
  JsonArray  *actions;
} Walk;

static gboolean
refuse (Walk       *self,
        const char *format,
        ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (Walk       *self,
        const char *format,
        ...)
{
  va_list list;

  if (*self->error == NULL)
    {
      va_start (list, format);
      *self->error = g_error_new_valist (BELT_ERROR, BELT_ERROR_PLAN, format, list);
      va_end (list);
    }
  return FALSE;
}

static JsonObject *
get_object (JsonObject *object,
            const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
get_array (JsonObject *object,
           const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static gint64
get_int (JsonObject *object,
         const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

static const char *
get_item (JsonArray *array,
          guint      i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node)
                                                                                          : "";
}

static void
add_condition (GString    *clause,
               const char *expr)
{
  g_string_append_printf (clause, "%s(%s)", clause->len > 0 ? " AND " : "", expr);
}

static void
add_item (GString    *clause,
          const char *item)
{
  g_string_append_printf (clause, "%s%s", clause->len > 0 ? ", " : "", item);
}

static gboolean
advance (Walk       *self,
         Stage       stage,
         const char *name)
{
  if (self->stage > stage)
    return refuse (self, "node %s cannot stand where it does: a statement has it earlier", name);
  self->stage = stage;
  return TRUE;
}

/* The name a call gets in the row: what follows AS, else the function's. */
static char *
dup_result_name (const char *expr)
{
  const char *as = NULL;
  const char *end;

  for (const char *at = expr; *at != '\0'; at++)
    {
      if (g_ascii_strncasecmp (at, " as ", 4) == 0)
        as = at + 4;
    }
  if (as != NULL)
    return g_strstrip (g_strdup (as));
  end = strchr (expr, '(');
  return g_ascii_strdown (expr, end != NULL ? end - expr : -1);
}

static gboolean
add_function (Walk       *self,
              const char *name,
              JsonObject *props,
              gboolean    is_aggregate)
{
  const char *expr = belt_json_get_text (props, "expr", "");
  g_autofree char *result = NULL;

  if (*expr == '\0')
    return refuse (self, "node %s has no expr", name);
  if (self->stage >= STAGE_PICK || (is_aggregate && !advance (self, STAGE_AGGREGATE, name)))
    return refuse (self, "node %s cannot stand after pick", name);
  result = dup_result_name (expr);
  g_ptr_array_add (self->functions, strcasestr (expr, " as ") != NULL ? g_strdup (expr)
                                                                     : g_strdup_printf ("%s AS %s", expr, result));
  g_ptr_array_add (self->names, g_steal_pointer (&result));
  return TRUE;
}

static gboolean
add_filter (Walk       *self,
            const char *name,
            JsonObject *props)
{
  const char *expr = belt_json_get_text (props, "expr", "");

  if (*expr == '\0')
    return refuse (self, "node %s has no expr", name);
  if (self->stage >= STAGE_ORDER)
    return refuse (self, "node %s cannot stand where it does: a statement filters earlier", name);
  add_condition (self->stage >= STAGE_GROUP ? self->having : self->where, expr);
  return TRUE;
}

static gboolean
add_window (Walk       *self,
            const char *name,
            JsonObject *props)
{
  static const struct
  {
    const char *type;
    gboolean    has_unit;
    guint       n_numbers;
  } windows[] = {
    { "tumblingwindow", TRUE, 1 }, { "hoppingwindow", TRUE, 2 }, { "slidingwindow", TRUE, 1 },
    { "sessionwindow", TRUE, 2 }, { "countwindow", FALSE, 2 },
  };
  const char *type = belt_json_get_text (props, "type", "");
  const char *unit = belt_json_get_text (props, "unit", "");
  gint64 size = get_int (props, "size");
  gint64 interval = get_int (props, "interval");

  if (self->window != NULL || !advance (self, STAGE_WINDOW, name))
    return refuse (self, "node %s is a second window", name);
  if (size <= 0)
    return refuse (self, "window size %" G_GINT64_FORMAT " is invalid", size);
  for (guint i = 0; i < G_N_ELEMENTS (windows); i++)
    {
      g_autoptr(GString) text = NULL;

      if (g_ascii_strcasecmp (windows[i].type, type) != 0)
        continue;
      text = g_string_new (windows[i].type);
      g_string_append_c (text, '(');
      if (windows[i].has_unit)
        g_string_append_printf (text, "%s, ", *unit != '\0' ? unit : "ms");
      g_string_append_printf (text, "%" G_GINT64_FORMAT, size);
      if (windows[i].n_numbers > 1 && interval > 0)
        g_string_append_printf (text, ", %" G_GINT64_FORMAT, interval);
      g_string_append_c (text, ')');
      self->window = g_string_free (g_steal_pointer (&text), FALSE);
      /* What was filtered before the window does not enter it. */
      g_string_assign (self->window_filter, self->where->str);
      g_string_truncate (self->where, 0);
      return TRUE;
    }
  return refuse (self, "unknown window type %s", type);
}

static gboolean
add_join (Walk       *self,
          const char *name,
          JsonObject *props)
{
  JsonArray *joins = get_array (props, "joins");

  if (!advance (self, STAGE_JOIN, name) || joins == NULL)
    return refuse (self, "node %s has no joins", name);
  g_string_printf (self->from, "%s", belt_json_get_text (props, "from", ""));
  for (guint i = 0; i < json_array_get_length (joins); i++)
    {
      JsonNode *node = json_array_get_element (joins, i);
      JsonObject *join = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      g_autofree char *type = g_ascii_strup (belt_json_get_text (join, "type", ""), -1);

      g_string_append_printf (self->from, " %s JOIN %s", type, belt_json_get_text (join, "name", ""));
      if (*belt_json_get_text (join, "on", "") != '\0')
        g_string_append_printf (self->from, " ON %s", belt_json_get_text (join, "on", ""));
    }
  return TRUE;
}

static gboolean
add_group (Walk       *self,
           const char *name,
           JsonObject *props)
{
  JsonArray *dimensions = get_array (props, "dimensions");

  if (!advance (self, STAGE_GROUP, name) || dimensions == NULL || json_array_get_length (dimensions) == 0)
    return refuse (self, "groupby must have at least one dimension");
  for (guint i = 0; i < json_array_get_length (dimensions); i++)
    add_item (self->group, get_item (dimensions, i));
  return TRUE;
}

static gboolean
add_order (Walk       *self,
           const char *name,
           JsonObject *props)
{
  JsonArray *sorts = get_array (props, "sorts");

  if (!advance (self, STAGE_ORDER, name) || sorts == NULL)
    return refuse (self, "node %s has no sorts", name);
  for (guint i = 0; i < json_array_get_length (sorts); i++)
    {
      JsonNode *node = json_array_get_element (sorts, i);
      JsonObject *sort = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      JsonNode *desc = sort != NULL ? json_object_get_member (sort, "desc") : NULL;
      g_autofree char *item = g_strconcat (belt_json_get_text (sort, "field", ""),
                                           desc != NULL && json_node_get_boolean (desc) ? " DESC" : " ASC", NULL);

      add_item (self->order, item);
    }
  return TRUE;
}

/* A picked name of a call brings the call; all others are picked as they are. */
static gboolean
add_pick (Walk       *self,
          const char *name,
          JsonObject *props)
{
  JsonArray *fields = get_array (props, "fields");

  if (self->stage == STAGE_PICK || fields == NULL)
    return refuse (self, "node %s: pick must have fields and stand once, at the end", name);
  self->stage = STAGE_PICK;
  for (guint i = 0; i < json_array_get_length (fields); i++)
    {
      const char *field = get_item (fields, i);
      guint at = 0;

      while (at < self->names->len && strcmp (g_ptr_array_index (self->names, at), field) != 0)
        at++;
      if (at == self->names->len)
        {
          add_item (self->fields, field);
          continue;
        }
      add_item (self->fields, g_ptr_array_index (self->functions, at));
      g_ptr_array_remove_index (self->functions, at);
      g_ptr_array_remove_index (self->names, at);
    }
  return TRUE;
}

static gboolean
add_operator (Walk       *self,
              const char *name,
              JsonObject *node)
{
  const char *type = belt_json_get_text (node, "nodeType", "");
  JsonObject *props = get_object (node, "props");

  if (g_str_equal (type, "watermark"))
    return TRUE;   /* the rule's options say whether times are the events' */
  if (g_str_equal (type, "function"))
    return add_function (self, name, props, FALSE);
  if (g_str_equal (type, "aggfunc"))
    return add_function (self, name, props, TRUE);
  if (g_str_equal (type, "filter"))
    return add_filter (self, name, props);
  if (g_str_equal (type, "window"))
    return add_window (self, name, props);
  if (g_str_equal (type, "join"))
    return add_join (self, name, props);
  if (g_str_equal (type, "groupby"))
    return add_group (self, name, props);
  if (g_str_equal (type, "orderby"))
    return add_order (self, name, props);
  if (g_str_equal (type, "pick"))
    return add_pick (self, name, props);
  if (g_str_equal (type, "switch"))
    return refuse (self, "node %s is a switch: a rule here has one line of operators; make a rule of each case", name);
  if (g_str_equal (type, "script"))
    return refuse (self, "node %s is a script: write it as a function in C", name);
  return refuse (self, "unknown operator type %s", type);
}

static void
append_option (GString    *sql,
               const char *option,
               const char *value)
{
  if (*value == '\0')
    return;
  g_string_append_printf (sql, ", %s=\"", option);
  for (const char *c = value; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (sql, '\\');
      g_string_append_c (sql, *c);
    }
  g_string_append_c (sql, '"');
}

/* A source is an existing definition, or one of its own under the node's name. */
static gboolean
add_source (Walk       *self,
            const char *name)
{
  JsonObject *node = get_object (self->nodes, name);
  JsonObject *props = get_object (node, "props");
  const char *existing = belt_json_get_text (props, "sourceName", "");
  g_autoptr(GString) sql = NULL;
  BeltStream *stream;

  if (node == NULL)
    return refuse (self, "node %s is not defined", name);
  if (get_array (self->edges, name) == NULL)
    return refuse (self, "no edge defined for source node %s", name);
  if (!g_str_equal (belt_json_get_text (node, "type", ""), "source"))
    return refuse (self, "node %s is not a source", name);
  if (*existing != '\0')
    {
      add_item (self->from, existing);
      return TRUE;
    }

  sql = g_string_new (NULL);
  g_string_printf (sql, "CREATE STREAM `%s` () WITH (TYPE=\"%s\"", name, belt_json_get_text (node, "nodeType", ""));
  append_option (sql, "DATASOURCE", belt_json_get_text (props, "datasource", ""));
  append_option (sql, "FORMAT", belt_json_get_text (props, "format", ""));
  append_option (sql, "CONF_KEY", belt_json_get_text (props, "confKey", ""));
  append_option (sql, "TIMESTAMP", belt_json_get_text (props, "timestamp", ""));
  append_option (sql, "TIMESTAMP_FORMAT", belt_json_get_text (props, "timestampFormat", ""));
  append_option (sql, "DELIMITER", belt_json_get_text (props, "delimiter", ""));
  g_string_append_c (sql, ')');
  if (!(stream = belt_stream_new_from_sql (sql->str, self->error)))
    return FALSE;
  g_ptr_array_add (self->streams, stream);
  add_item (self->from, name);
  return TRUE;
}

static gboolean
add_sinks (Walk      *self,
           JsonArray *targets)
{
  for (guint i = 0; i < json_array_get_length (targets); i++)
    {
      const char *name = get_item (targets, i);
      JsonObject *node = get_object (self->nodes, name);
      JsonObject *props = get_object (node, "props");
      JsonObject *action = json_object_new ();

      json_array_add_object_element (self->actions, action);
      if (node == NULL || !g_str_equal (belt_json_get_text (node, "type", ""), "sink"))
        return refuse (self, "node %s goes to several nodes of which %s is no sink: only sinks may be several",
                       name, name);
      json_object_set_object_member (action, belt_json_get_text (node, "nodeType", ""),
                                     props != NULL ? json_object_ref (props) : json_object_new ());
    }
  return TRUE;
}

/* From one node to the next, until sinks are reached. */
static gboolean
walk_line (Walk       *self,
           const char *first)
{
  const char *name = first;

  for (guint n = 0; n < NODES_MAX; n++)
    {
      JsonArray *targets = get_array (self->edges, name);
      JsonObject *next;

      if (targets == NULL || json_array_get_length (targets) == 0)
        return refuse (self, "no edge defined for source node %s", name);
      next = get_object (self->nodes, get_item (targets, 0));
      if (next != NULL && g_str_equal (belt_json_get_text (next, "type", ""), "sink"))
        return add_sinks (self, targets);
      if (json_array_get_length (targets) > 1)
        return refuse (self, "node %s goes to several operators: a rule here has one line of them", name);
      name = get_item (targets, 0);
      if (next == NULL)
        return refuse (self, "node %s is not defined", name);
      if (!add_operator (self, name, next))
        return FALSE;
    }
  return refuse (self, "the graph goes in a circle or has more than %u nodes", NODES_MAX);
}

static char *
compose (Walk *self)
{
  GString *sql = g_string_new ("SELECT ");
  const char *all = self->fields->len == 0 ? "" : " INVISIBLE";

  g_string_append (sql, self->fields->len > 0 ? self->fields->str : "*");
  for (guint i = 0; i < self->functions->len; i++)
    g_string_append_printf (sql, ", %s%s", (const char *)g_ptr_array_index (self->functions, i), all);
  g_string_append_printf (sql, " FROM %s", self->from->str);
  if (self->where->len > 0)
    g_string_append_printf (sql, " WHERE %s", self->where->str);
  if (self->group->len > 0 || self->window != NULL)
    g_string_append_printf (sql, " GROUP BY %s%s%s", self->group->str,
                            self->group->len > 0 && self->window != NULL ? ", " : "",
                            self->window != NULL ? self->window : "");
  if (self->window_filter->len > 0)
    g_string_append_printf (sql, " FILTER (WHERE %s)", self->window_filter->str);
  if (self->having->len > 0)
    g_string_append_printf (sql, " HAVING %s", self->having->str);
  if (self->order->len > 0)
    g_string_append_printf (sql, " ORDER BY %s", self->order->str);
  return g_string_free (sql, FALSE);
}

static void
clear_walk (Walk *self)
{
  GString *const clauses[] = {
    self->from, self->window_filter, self->where, self->group, self->having, self->order, self->fields,
  };

  for (guint i = 0; i < G_N_ELEMENTS (clauses); i++)
    g_string_free (clauses[i], TRUE);
  g_ptr_array_unref (self->functions);
  g_ptr_array_unref (self->names);
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  g_clear_pointer (&self->actions, json_array_unref);
  g_free (self->window);
}

static void
init_walk (Walk *self)
{
  self->from = g_string_new (NULL);
  self->window_filter = g_string_new (NULL);
  self->where = g_string_new (NULL);
  self->group = g_string_new (NULL);
  self->having = g_string_new (NULL);
  self->order = g_string_new (NULL);
  self->fields = g_string_new (NULL);
  self->functions = g_ptr_array_new_with_free_func (g_free);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->streams = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_stream_unref);
  self->actions = json_array_new ();
}

/**
 * belt_graph_translate:
 * @graph: nodes and topo of a rule
 *
 * Returns: (transfer full) (nullable): the rule as a statement, or %NULL and why it is none
 */
BeltGraphRule *
belt_graph_translate (JsonObject  *graph,
                      GError     **error)
{
  g_autoptr(GError) local = NULL;
  JsonObject *topo = get_object (graph, "topo");
  JsonArray *sources = get_array (topo, "sources");
  Walk walk = { .nodes = get_object (graph, "nodes"), .edges = get_object (topo, "edges"), .error = &local };
  BeltGraphRule *self = NULL;
  gboolean good = TRUE;

  init_walk (&walk);
  if (walk.nodes == NULL || walk.edges == NULL || sources == NULL || json_array_get_length (sources) == 0)
    good = refuse (&walk, "a graph has nodes and a topo of sources and edges");
  for (guint i = 0; good && i < json_array_get_length (sources); i++)
    good = add_source (&walk, get_item (sources, i));
  if (good && (good = walk_line (&walk, get_item (sources, 0))))
    {
      self = g_new0 (BeltGraphRule, 1);
      self->sql = compose (&walk);
      self->streams = g_steal_pointer (&walk.streams);
      self->actions = g_steal_pointer (&walk.actions);
    }
  clear_walk (&walk);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return self;
}

void
belt_graph_rule_free (BeltGraphRule *self)
{
  if (self == NULL)
    return;
  g_free (self->sql);
  g_ptr_array_unref (self->streams);
  json_array_unref (self->actions);
  g_free (self);
}

BeltCatalog *
belt_graph_rule_extend (BeltGraphRule *self,
                        BeltCatalog   *catalog)
{
  BeltCatalog *extended = belt_catalog_ref (catalog);

  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltCatalog *with = belt_catalog_with (extended, g_ptr_array_index (self->streams, i));

      belt_catalog_unref (extended);
      extended = with;
    }
  return extended;
}
