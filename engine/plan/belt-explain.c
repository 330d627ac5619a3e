/* belt-explain.c - the plan as eKuiper's explain tells it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Expressions are in eKuiper's notation (sql/), and the quirks of the layout are kept
 * too: each level indents by its own depth on top of its parent's, and siblings go on
 * counting from the parent's number.
 */
#include "config.h"

#include "belt-planner-private.h"

#include "belt-parser.h"
#include "belt-prune.h"
#include "belt-unparse.h"

#include <string.h>

typedef struct
{
  const BeltLogicalPlan *plan;
  const BeltResolved    *resolved;
  BeltAstSelect         *select;
  GString               *out;
  const BeltNode        *unreplaced;  /* the aggregate that the plan is just computing */
  guint                  n_row_numbers;
  guint                  n_where_aggregates;
  guint                  n_incremental;
  GHashTable            *incremental;   /* BeltNode* → number of its column */
  gboolean               in_where;
  gboolean               in_order;
} Writer;

static gboolean write_replaced (const BeltNode *node,
                                GString        *out,
                                gpointer        data);

static void
write_node (Writer         *self,
            const BeltNode *node)
{
  belt_node_append_ekuiper (node, self->out, write_replaced, self);
}

static void
write_list (Writer          *self,
            BeltNode *const *nodes,
            guint            n_nodes)
{
  belt_nodes_append_ekuiper (nodes, n_nodes, self->out, write_replaced, self);
}

static void
write_column (Writer         *self,
              const BeltNode *node)
{
  const BeltRef *ref = belt_resolved_get (self->resolved, node);

  if (ref == NULL || ref->kind == BELT_REF_ANY || ref->open)
    g_string_append_printf (self->out, "$$default.%s", node->name);
  else if (ref->kind == BELT_REF_NONE)
    g_string_append_printf (self->out, "%s.%s", node->qualifier, node->name);
  else if (ref->kind != BELT_REF_ALIAS)
    g_string_append_printf (self->out, "%s.%s", self->select->tables[ref->stream].name, node->name);
  else
    {
      g_string_append_printf (self->out, "$$alias.%s,aliasRef:", node->name);
      write_node (self, belt_resolved_get_alias_expr (self->resolved, ref->alias));
    }
}

static guint
get_incremental (Writer         *self,
                 const BeltNode *node)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->incremental, node));

  if (number == 0)
    {
      number = ++self->n_incremental;
      g_hash_table_insert (self->incremental, (gpointer)node, GUINT_TO_POINTER (number));
    }
  return number;
}

/* The column that holds the result of a call by the time the operator runs, or NULL. */
static char *
dup_result_column (Writer         *self,
                   const BeltNode *node)
{
  if (node->kinds & BELT_PARSER_FUNCTION_ROW_NUMBER)
    return g_strdup_printf ("wf_%s_%u", node->name, ++self->n_row_numbers);
  if (!(node->kinds & BELT_PARSER_FUNCTION_AGGREGATE) || node == self->unreplaced)
    return NULL;
  if (self->in_where)
    return g_strdup_printf ("$$default.$$agg_ref_%u", self->n_where_aggregates++);
  if (self->plan->incremental && !self->in_order)
    return g_strdup_printf ("$$default.inc_agg_col_%u", get_incremental (self, node));

  return NULL;
}

/* Columns are bound by now, and eKuiper has replaced some calls by "bypass" of a column. */
static gboolean
write_replaced (const BeltNode *node,
                GString        *out,
                gpointer        data)
{
  Writer *self = data;
  g_autofree char *column = NULL;

  if (node->kind == BELT_NODE_COLUMN)
    {
      write_column (self, node);
      return TRUE;
    }
  if (node->kind == BELT_NODE_CALL)
    column = dup_result_column (self, node);
  if (column == NULL)
    return FALSE;

  g_string_append_printf (out, "Call:{ name:bypass, args:[%s] }", column);
  return TRUE;
}

static void
write_field (Writer             *self,
             const BeltAstField *field)
{
  if (field->alias != NULL)
    g_string_append_printf (self->out, "$$alias.%s,aliasRef:", field->alias);
  write_node (self, field->expr);
}

static void
write_project (Writer *self)
{
  BeltAstSelect *select = self->select;

  g_string_append (self->out, "Fields:[ ");
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (i > 0)
        g_string_append (self->out, ", ");
      write_field (self, &select->fields[self->resolved->order[i]]);
    }
  g_string_append (self->out, " ]");
  if (select->has_limit && self->plan->set_name == NULL)
    g_string_append_printf (self->out, ", Limit:%" G_GINT64_FORMAT, select->limit);
}

static void
write_window (Writer      *self,
              BeltLogical *node)
{
  const BeltAstWindow *window = self->select->window->window;

  g_string_append_printf (self->out, "{ length:%" G_GINT64_FORMAT ", windowType:%s", window->length,
                          belt_ast_window_get_ekuiper_name (window->kind));
  if (node->condition != NULL)
    {
      g_string_append (self->out, ", condition:");
      write_node (self, node->condition);
    }
  g_string_append (self->out, ", limit: 0 }");
}

static gboolean
write_incremental_call (BeltNode *node,
                        gpointer  data)
{
  Writer *self = data;

  if (node->kind != BELT_NODE_CALL || !(node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))
    return TRUE;

  if (self->n_incremental++ > 0)
    g_string_append_c (self->out, ',');
  g_string_append_printf (self->out, "Call:{ name:inc_%s, args:[", node->name);
  write_list (self, node->children, node->n_children);
  g_string_append_printf (self->out, "] }->inc_agg_col_%u", self->n_incremental);
  return TRUE;
}

static void
write_incremental (Writer      *self,
                   BeltLogical *node)
{
  BeltAstSelect *select = self->select;
  guint counted = self->n_incremental;

  g_string_append_printf (self->out, "wType:%s", belt_ast_window_get_ekuiper_name (select->window->window->kind));
  if (select->n_group_by > 0)
    {
      g_string_append (self->out, ", Dimension:[");
      write_list (self, select->group_by, select->n_group_by);
      g_string_append_c (self->out, ']');
    }
  if (node->condition != NULL)
    {
      g_string_append (self->out, ", filter:[");
      write_node (self, node->condition);
      g_string_append_c (self->out, ']');
    }
  g_string_append (self->out, ", funcs:[");
  self->n_incremental = 0;
  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[self->resolved->order[i]].expr, write_incremental_call, self);
  if (select->having != NULL)
    belt_node_walk (select->having, write_incremental_call, self);
  self->n_incremental = counted;
  g_string_append_c (self->out, ']');
}

static void
write_joins (Writer      *self,
             BeltLogical *node)
{
  static const char *const names[] = {
    "", "INNER_JOIN", "LEFT_JOIN", "RIGHT_JOIN", "FULL_JOIN", "CROSS_JOIN",
  };

  g_string_append (self->out, "Joins:[ ");
  for (guint i = 0; i < node->n_joins; i++)
    {
      if (i > 0)
        g_string_append (self->out, ", ");
      g_string_append_printf (self->out, "{ joinType:%s, ",
                              names[self->select->tables[node->joins[i]].kind]);
      if (node->on[i] != NULL)
        write_node (self, node->on[i]);
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, " ]");
}

static void
write_lookup (Writer      *self,
              BeltLogical *node)
{
  const BeltAstTable *table = &self->select->tables[node->stream];

  if (node->condition != NULL)
    {
      g_string_append (self->out, "Condition:{ ");
      write_node (self, node->condition);
      g_string_append (self->out, " }, ");
    }
  g_string_append_printf (self->out, "Join:{ joinType:%s",
                          table->kind == BELT_AST_JOIN_LEFT ? "LEFT_JOIN" : "INNER_JOIN");
  if (table->on != NULL)
    {
      g_string_append (self->out, ", expr:");
      write_node (self, table->on);
    }
  g_string_append (self->out, " }");
}

static gboolean
collect_call (BeltNode *node,
              gpointer  calls)
{
  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    g_ptr_array_insert (calls, 0, node);
  return TRUE;
}

static void
write_calls (Writer     *self,
             const char *label,
             GPtrArray  *calls,
             const char *end)
{
  if (calls->len == 0)
    return;

  g_string_append_printf (self->out, "%s:[ ", label);
  write_list (self, (BeltNode **)calls->pdata, calls->len);
  g_string_append (self->out, end);
}

static void
write_analytic (Writer *self)
{
  BeltAstSelect *select = self->select;
  g_autoptr(GPtrArray) others = g_ptr_array_new ();
  g_autoptr(GPtrArray) fields = g_ptr_array_new ();

  belt_node_walk (select->where, collect_call, others);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], collect_call, others);
  belt_node_walk (select->having, collect_call, others);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, collect_call, others);

  for (guint i = 0; i < select->n_fields; i++)
    {
      g_autoptr(GPtrArray) calls = g_ptr_array_new ();

      belt_node_walk (select->fields[self->resolved->order[i]].expr, collect_call, calls);
      for (guint k = 0; k < calls->len; k++)
        g_ptr_array_add (fields, calls->pdata[k]);
    }

  write_calls (self, "Funcs", others, " ], ");
  write_calls (self, "FieldFuncs", fields, " ]");
}

/* The name that an expression begins with. */
static const char *
get_first_name (const BeltNode *node)
{
  while (node->kind != BELT_NODE_CALL && node->n_children > 0)
    node = node->children[0];
  return node->name != NULL ? node->name : "";
}

static void
write_order (Writer *self)
{
  BeltAstSelect *select = self->select;

  g_string_append (self->out, "SortFields:[ ");
  for (guint i = 0; i < select->n_order_by; i++)
    {
      BeltNode *expr = select->order_by[i].expr;
      const BeltRef *ref = expr->kind == BELT_NODE_COLUMN ? belt_resolved_get (self->resolved, expr) : NULL;

      if (i > 0)
        g_string_append (self->out, ", ");
      g_string_append_printf (self->out, "sortField:{ name:%s, ascending:%s, fieldExpr:{ ",
                              get_first_name (expr),
                              select->order_by[i].descending ? "false" : "true");
      if (ref != NULL && ref->kind == BELT_REF_ALIAS)
        g_string_append_printf (self->out, "$$alias.%s,aliasRef:", expr->name);
      write_node (self, ref != NULL && ref->kind == BELT_REF_ALIAS
                        ? belt_resolved_get_alias_expr (self->resolved, ref->alias)
                        : expr);
      g_string_append (self->out, " } }");
    }
  g_string_append (self->out, " ]");
}

static void
write_source (Writer            *self,
              const BeltLogical *node)
{
  g_auto(GStrv) names = belt_prune_get_columns ((BeltLogicalPlan *)self->plan, node);
  g_autofree char *list = g_strjoinv (", ", names);

  g_string_append_printf (self->out, "StreamName: %s", self->resolved->streams[node->stream]->name);
  if (*names != NULL)
    g_string_append_printf (self->out, ", StreamFields:[ %s ]", list);
}

static void
write_emitters (Writer      *self,
                BeltLogical *node,
                gboolean     tables)
{
  gboolean first = TRUE;

  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      const BeltStream *stream = self->resolved->streams[i];

      if (stream->is_table != tables || g_strcmp0 (stream->kind, "lookup") == 0)
        continue;
      g_string_append_printf (self->out, "%s%s", first ? "Emitters:[ " : ", ", stream->name);
      first = FALSE;
    }

  if (!first)
    g_string_append (self->out, tables ? " ]" : " ], ");
  if (!tables)
    g_string_append_printf (self->out, "SendWatermark:%s", self->select->window != NULL ? "true" : "false");
}

static void
write_where_aggregates (Writer *self)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new ();
  guint n = 0;

  g_string_append (self->out, "aggFuncs:[");
  g_ptr_array_add (found, self->select->where);
  while (found->len > 0)
    {
      BeltNode *node = g_ptr_array_steal_index (found, 0);

      if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))
        {
          g_string_append_printf (self->out, "$$agg_ref_%u:", n++);
          self->unreplaced = node;
          write_node (self, node);
          self->unreplaced = NULL;
        }
      for (guint i = 0; i < node->n_children; i++)
        {
          if (node->children[i] != NULL)
            g_ptr_array_add (found, node->children[i]);
        }
    }
  g_string_append_c (self->out, ']');
}

static const char *
write_info (Writer      *self,
            BeltLogical *node)
{
  switch (node->kind)
    {
    case BELT_LOGICAL_SOURCE:
      write_source (self, node);
      return "DataSourcePlan";
    case BELT_LOGICAL_WATERMARK:
      write_emitters (self, node, FALSE);
      return "WatermarkPlan";
    case BELT_LOGICAL_ANALYTIC:
      write_analytic (self);
      return "AnalyticFuncsPlan";
    case BELT_LOGICAL_WINDOW:
      write_window (self, node);
      return "WindowPlan";
    case BELT_LOGICAL_INC_WINDOW:
      write_incremental (self, node);
      return "IncAggWindowPlan";
    case BELT_LOGICAL_JOIN_ALIGN:
      write_emitters (self, node, TRUE);
      return "JoinAlignPlan";
    case BELT_LOGICAL_JOIN:
      write_joins (self, node);
      return "JoinPlan";
    case BELT_LOGICAL_LOOKUP:
      write_lookup (self, node);
      return "LookupPlan";
    case BELT_LOGICAL_AGG_FUNC:
      write_where_aggregates (self);
      return "AggFunc";
    case BELT_LOGICAL_FILTER:
    case BELT_LOGICAL_HAVING:
      g_string_append (self->out, "Condition:{ ");
      self->in_where = node->kind == BELT_LOGICAL_FILTER;
      write_node (self, node->condition);
      self->in_where = FALSE;
      g_string_append (self->out, " }, ");
      return node->kind == BELT_LOGICAL_FILTER ? "FilterPlan" : "HavingPlan";
    case BELT_LOGICAL_AGGREGATE:
      g_string_append (self->out, "Dimension:{ ");
      write_list (self, self->select->group_by, self->select->n_group_by);
      g_string_append (self->out, " }");
      return "AggregatePlan";
    case BELT_LOGICAL_WINDOW_FUNC:
      g_string_append (self->out, "windowFuncField:{name:wf_row_number_1, expr:Call:{ name:row_number }}");
      return "WindowFuncPlan";
    case BELT_LOGICAL_ORDER:
      self->in_order = TRUE;
      write_order (self);
      self->in_order = FALSE;
      return "OrderPlan";
    case BELT_LOGICAL_PROJECT_SET:
      g_string_append_printf (self->out, "SrfMap:{key:%s}, EnableLimit:%s", self->plan->set_name,
                              self->select->has_limit ? "true" : "false");
      return "ProjectSetPlan";
    case BELT_LOGICAL_PROJECT:
    default:
      write_project (self);
      return "ProjectPlan";
    }
}

static void
append_quoted (GString    *out,
               const char *text)
{
  g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (out, '\\');
      if (*at == '\n')
        g_string_append (out, "\\n");
      else if (*at == '\t')
        g_string_append (out, "\\t");
      else if (*at == '\r')
        g_string_append (out, "\\r");
      else if ((guchar) *at < 0x20)
        g_string_append_printf (out, "\\u%04x", (guchar) *at);
      else
        g_string_append_c (out, *at);
    }
  g_string_append_c (out, '"');
}

static void
append_tabs (GString *out,
             guint    n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_c (out, '\t');
}

static void
explain_node (Writer      *self,
              BeltLogical *node,
              guint        level,
              guint        id,
              GString     *out)
{
  g_autoptr(GString) info = g_string_new (NULL);
  const char *name;

  self->out = info;
  name = write_info (self, node);
  append_tabs (out, level);
  g_string_append_printf (out, "{\"op\":\"%s_%u\",\"info\":", name, id);
  append_quoted (out, info->str);
  g_string_append_c (out, '}');

  if (node->children->len > 0)
    g_string_append_c (out, '\n');
  for (guint i = 0; i < node->children->len; i++)
    {
      append_tabs (out, level);
      explain_node (self, node->children->pdata[i], level + 1, id + 1 + i, out);
      g_string_append_c (out, '\n');
    }
}

char *
belt_planner_explain (const BeltLogicalPlan *logical)
{
  g_autoptr(GHashTable) incremental = g_hash_table_new (NULL, NULL);
  Writer self = { .plan = logical, .resolved = logical->resolved, .select = logical->resolved->select,
                  .incremental = incremental };
  GString *out = g_string_new (NULL);

  explain_node (&self, logical->root, 0, 0, out);
  while (out->len > 0 && out->str[out->len - 1] == '\n')
    g_string_truncate (out, out->len - 1);

  return g_string_free (out, FALSE);
}
