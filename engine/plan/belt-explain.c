/* belt-explain.c - the plan as eKuiper tells it: explain text and topology
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wording of expressions is that of eKuiper's syntax tree ("binaryExpr:{ a > 1 }"),
 * and so are the quirks of the layout: each level indents by its own depth on top of
 * its parent's, and siblings go on counting from the parent's number.
 */
#include "config.h"

#include "belt-planner-private.h"

#include "belt-json.h"
#include "belt-parser.h"

#include <string.h>

typedef struct
{
  const BeltLogicalPlan *plan;
  const BeltResolved    *resolved;
  BeltAstSelect         *select;
  GString               *out;
  guint                  n_row_numbers;
  guint                  n_where_aggregates;
  guint                  n_incremental;
  gboolean               in_where;
} Writer;

#define BELT_EXPLAIN_INFO_MAX 65536u  /* bytes of one operator; aliases are written out in full each time */

static void write_node (Writer   *self,
                        BeltNode *node);

static void
write_list (Writer    *self,
            BeltNode **nodes,
            guint      n_nodes)
{
  for (guint i = 0; i < n_nodes; i++)
    {
      if (i > 0)
        g_string_append (self->out, ", ");
      write_node (self, nodes[i]);
    }
}

static void
write_column (Writer   *self,
              BeltNode *node)
{
  const BeltRef *ref = belt_resolved_get (self->resolved, node);

  if (ref == NULL || ref->kind == BELT_REF_ANY)
    g_string_append_printf (self->out, "$$default.%s", node->name);
  else if (ref->kind != BELT_REF_ALIAS)
    g_string_append_printf (self->out, "%s.%s", self->select->tables[ref->stream].name, node->name);
  else
    {
      g_string_append_printf (self->out, "$$alias.%s,aliasRef:", node->name);
      write_node (self, belt_resolved_get_alias_expr (self->resolved, ref->alias));
    }
}

static void
write_bypass (Writer     *self,
              const char *name)
{
  g_string_append_printf (self->out, "Call:{ name:bypass, args:[%s] }", name);
}

static void
write_plain_call (Writer   *self,
                  BeltNode *node)
{
  g_string_append_printf (self->out, "Call:{ name:%s", node->name);
  if (node->n_children > 0)
    {
      g_string_append (self->out, ", args:[");
      write_list (self, node->children, node->n_children);
      g_string_append_c (self->out, ']');
    }
  if (node->over != NULL && node->over->when != NULL)
    {
      g_string_append (self->out, ", when:{ ");
      write_node (self, node->over->when);
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, " }");
}

/* eKuiper has replaced some calls by "bypass" of a column by then. */
static void
write_call (Writer   *self,
            BeltNode *node)
{
  g_autofree char *name = NULL;

  if (node->kinds & BELT_PARSER_FUNCTION_ROW_NUMBER)
    name = g_strdup_printf ("wf_%s_%u", node->name, ++self->n_row_numbers);
  else if ((node->kinds & BELT_PARSER_FUNCTION_AGGREGATE) && self->in_where)
    name = g_strdup_printf ("$$default.$$agg_ref_%u", self->n_where_aggregates++);
  else if ((node->kinds & BELT_PARSER_FUNCTION_AGGREGATE) && self->plan->incremental)
    name = g_strdup_printf ("$$default.inc_agg_col_%u", ++self->n_incremental);

  if (name != NULL)
    write_bypass (self, name);
  else
    write_plain_call (self, node);
}

static void
write_binary (Writer     *self,
              BeltNode   *node,
              const char *op)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append_printf (self->out, " %s ", op);
  write_node (self, node->children[1]);
  g_string_append (self->out, " }");
}

static const char *
get_compare_text (char op)
{
  switch (op)
    {
    case '!':
      return "!=";
    case 'l':
      return "<=";
    case 'g':
      return ">=";
    case '<':
      return "<";
    case '>':
      return ">";
    default:
      return "=";
    }
}

static void
write_in (Writer   *self,
          BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append (self->out, node->negated ? " NOT IN valueSetExpr:{ " : " IN valueSetExpr:{ ");
  if (node->kind == BELT_NODE_IN)
    {
      g_string_append (self->out, "literalExprs:[");
      write_list (self, node->children + 1, node->n_children - 1);
      g_string_append_c (self->out, ']');
    }
  else
    {
      g_string_append (self->out, "arrayExpr:{ ");
      write_node (self, node->children[1]);
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, " } }");
}

static void
write_between (Writer   *self,
               BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append (self->out, node->negated ? " NOT BETWEEN betweenExpr:{ " : " BETWEEN betweenExpr:{ ");
  write_list (self, node->children + 1, 2);
  g_string_append (self->out, " } }");
}

static void
write_like (Writer   *self,
            BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append (self->out, node->negated ? " NOT LIKE likePattern:" : " LIKE likePattern:");
  write_node (self, node->children[1]);
  g_string_append (self->out, " }");
}

static void
write_bound (Writer     *self,
             const char *label,
             BeltNode   *node,
             const char *missing)
{
  g_string_append_printf (self->out, "%s:{ ", label);
  if (node != NULL)
    write_node (self, node);
  else
    g_string_append (self->out, missing);
  g_string_append (self->out, " }");
}

static void
write_subset (Writer   *self,
              BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append_c (self->out, '[');
  if (node->kind == BELT_NODE_INDEX)
    write_node (self, node->children[1]);
  else
    {
      g_string_append (self->out, "ColonExpr:{ ");
      write_bound (self, "start", node->children[1], "0");
      g_string_append (self->out, ", ");
      write_bound (self, "end", node->children[2], "-2147483648");
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, "] }");
}

static void
write_case (Writer   *self,
            BeltNode *node)
{
  guint at = node->has_operand ? 1 : 0;
  guint end = node->n_children - (node->has_else ? 1 : 0);

  g_string_append (self->out, "caseExprValue:{ ");
  if (node->has_operand)
    {
      write_bound (self, "value", node->children[0], "");
      g_string_append (self->out, ", ");
    }
  g_string_append (self->out, "whenClauses:[");
  for (guint i = at; i + 1 < end; i += 2)
    {
      if (i > at)
        g_string_append (self->out, ", ");
      g_string_append (self->out, "{ whenClause:{ ");
      write_node (self, node->children[i]);
      g_string_append (self->out, " } }");
    }
  g_string_append (self->out, "] }");
}

static void
write_literal (Writer   *self,
               BeltNode *node)
{
  char number[64];
  gsize len;

  switch (node->value.tag)
    {
    case BELT_TAG_BOOL:
      g_string_append (self->out, node->value.u.i ? "true" : "false");
      break;
    case BELT_TAG_I64:
      g_string_append_printf (self->out, "%" G_GINT64_FORMAT, node->value.u.i);
      break;
    case BELT_TAG_F64:
      len = belt_number_write_go (number, node->value.u.f);
      g_string_append_len (self->out, number, (gssize)len);
      break;
    case BELT_TAG_STR:
      g_string_append_len (self->out, node->value.u.s, node->value.len);
      break;
    default:
      break;
    }
}

static void
write_node (Writer   *self,
            BeltNode *node)
{
  char op[2] = { node->op, '\0' };

  if (self->out->len > BELT_EXPLAIN_INFO_MAX)
    {
      g_string_append (self->out, "…");
      return;
    }

  switch (node->kind)
    {
    case BELT_NODE_LITERAL:
      write_literal (self, node);
      break;
    case BELT_NODE_COLUMN:
      write_column (self, node);
      break;
    case BELT_NODE_META:
      g_string_append_printf (self->out, "metaRef:{ streamName:%s, fieldName:%s }",
                              node->qualifier != NULL ? node->qualifier : "$$default", node->name);
      break;
    case BELT_NODE_WILDCARD:
      g_string_append_c (self->out, '*');
      break;
    case BELT_NODE_PAREN:
      g_string_append (self->out, "parenExpr:{ ");
      write_node (self, node->children[0]);
      g_string_append (self->out, " }");
      break;
    case BELT_NODE_ARITHMETIC:
      write_binary (self, node, op);
      break;
    case BELT_NODE_COMPARE:
      write_binary (self, node, get_compare_text (node->op));
      break;
    case BELT_NODE_AND:
      write_binary (self, node, "AND");
      break;
    case BELT_NODE_OR:
      write_binary (self, node, "OR");
      break;
    case BELT_NODE_CONCAT:
      write_binary (self, node, "||");
      break;
    case BELT_NODE_IN:
    case BELT_NODE_IN_LIST:
      write_in (self, node);
      break;
    case BELT_NODE_BETWEEN:
      write_between (self, node);
      break;
    case BELT_NODE_LIKE:
      write_like (self, node);
      break;
    case BELT_NODE_MEMBER:
      g_string_append (self->out, "binaryExpr:{ ");
      write_node (self, node->children[0]);
      g_string_append_printf (self->out, " -> jsonFieldName:%s }", node->name);
      break;
    case BELT_NODE_INDEX:
    case BELT_NODE_SLICE:
      write_subset (self, node);
      break;
    case BELT_NODE_CASE:
      write_case (self, node);
      break;
    case BELT_NODE_CALL:
      write_call (self, node);
      break;
    default:
      /* What eKuiper does not have is shown as it was written. */
      g_string_append_len (self->out, self->resolved->ast->text + node->span.start,
                           node->span.end - node->span.start);
      break;
    }
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

static const char *
get_window_name (BeltAstWindowKind kind)
{
  static const char *const names[] = {
    "TUMBLING_WINDOW", "HOPPING_WINDOW", "SESSION_WINDOW", "SLIDING_WINDOW", "COUNT_WINDOW", "",
  };

  return names[kind];
}

static void
write_window (Writer      *self,
              BeltLogical *node)
{
  const BeltAstWindow *window = self->select->window->window;

  g_string_append_printf (self->out, "{ length:%" G_GINT64_FORMAT ", windowType:%s", window->length,
                          get_window_name (window->kind));
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

  g_string_append_printf (self->out, "wType:%s", get_window_name (select->window->window->kind));
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

static void
collect_calls (Writer    *self,
               BeltNode  *node,
               GPtrArray *calls)
{
  BeltNode *const *children = node->children;

  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    g_ptr_array_insert (calls, 0, node);
  for (guint i = 0; i < node->n_children; i++)
    {
      if (children[i] != NULL)
        collect_calls (self, children[i], calls);
    }
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

  if (select->where != NULL)
    collect_calls (self, select->where, others);
  for (guint i = 0; i < select->n_group_by; i++)
    collect_calls (self, select->group_by[i], others);
  if (select->having != NULL)
    collect_calls (self, select->having, others);
  for (guint i = 0; i < select->n_order_by; i++)
    collect_calls (self, select->order_by[i].expr, others);

  for (guint i = 0; i < select->n_fields; i++)
    {
      g_autoptr(GPtrArray) calls = g_ptr_array_new ();

      collect_calls (self, select->fields[self->resolved->order[i]].expr, calls);
      for (guint k = 0; k < calls->len; k++)
        g_ptr_array_add (fields, calls->pdata[k]);
    }

  write_calls (self, "Funcs", others, " ], ");
  write_calls (self, "FieldFuncs", fields, " ]");
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
                              expr->name != NULL ? expr->name : "",
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

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static gboolean
find_columns (BeltNode *node,
              gpointer  data)
{
  gpointer *pair = data;
  Writer *self = pair[0];
  GHashTable *names = pair[1];
  guint stream = GPOINTER_TO_UINT (pair[2]);
  const BeltStream *definition = self->resolved->streams[stream];
  const BeltRef *ref;

  if (node->kind == BELT_NODE_WILDCARD)
    {
      for (guint i = 0; i < definition->n_fields; i++)
        g_hash_table_add (names, definition->fields[i].name);
    }

  ref = node->kind == BELT_NODE_COLUMN ? belt_resolved_get (self->resolved, node) : NULL;
  if (ref != NULL && strcmp (node->name, "*") != 0 &&
      (ref->kind == BELT_REF_ANY || (ref->kind == BELT_REF_COLUMN && ref->stream == stream)))
    g_hash_table_add (names, (gpointer)node->name);

  return TRUE;
}

static void
write_source (Writer      *self,
              BeltLogical *node)
{
  const BeltStream *stream = self->resolved->streams[node->stream];
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree gpointer *sorted = NULL;
  gpointer pair[3] = { self, names, GUINT_TO_POINTER (node->stream) };
  guint n;

  belt_ast_walk (self->resolved->ast, find_columns, pair);
  if (self->plan->options->is_event_time && stream->timestamp != NULL)
    g_hash_table_add (names, stream->timestamp);

  g_string_append_printf (self->out, "StreamName: %s", stream->name);
  sorted = g_hash_table_get_keys_as_array (names, &n);
  if (n == 0)
    return;

  qsort (sorted, n, sizeof (gpointer), compare_names);
  g_string_append (self->out, ", StreamFields:[ ");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (self->out, "%s%s", i > 0 ? ", " : "", (const char *)sorted[i]);
  g_string_append (self->out, " ]");
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
          write_plain_call (self, node);
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
      write_order (self);
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
  Writer self = { .plan = logical, .resolved = logical->resolved, .select = logical->resolved->select };
  GString *out = g_string_new (NULL);

  explain_node (&self, logical->root, 0, 0, out);
  while (out->len > 0 && out->str[out->len - 1] == '\n')
    g_string_truncate (out, out->len - 1);

  return g_string_free (out, FALSE);
}

/* --- topology --- */

static gboolean
is_numbered (const BeltPlanOp *op)
{
  return g_ascii_isdigit (op->name[0]) || op->kind == BELT_PLAN_LOOKUP;
}

static char *
dup_node_name (const BeltPlan   *plan,
               const BeltPlanOp *op)
{
  if (op->kind == BELT_PLAN_SINK)
    return g_strdup_printf ("op_%s_0_transform", op->name);
  if (op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]))
    return g_strdup_printf ("source_%s", op->name);

  return g_strdup_printf ("op_%s", op->name);
}

/* Operators that eKuiper does not have are passed over. */
static void
add_targets (const BeltPlan   *plan,
             const BeltPlanOp *op,
             JsonArray        *targets)
{
  for (guint i = 0; i < op->n_next; i++)
    {
      const BeltPlanOp *next = &plan->ops[op->next[i]];
      g_autofree char *name = dup_node_name (plan, next);

      if (next->kind == BELT_PLAN_SINK || is_numbered (next))
        json_array_add_string_element (targets, name);
      else
        add_targets (plan, next, targets);
    }
}

static void
add_edge (JsonObject *edges,
          const char *from,
          const char *to)
{
  JsonArray *targets = json_array_new ();

  json_array_add_string_element (targets, to);
  json_object_set_array_member (edges, from, targets);
}

/* transform → encode (for sinks that take bytes) → the sink. */
static void
add_sink_edges (JsonObject       *edges,
                const BeltPlanOp *op,
                gboolean          takes_bytes)
{
  g_autofree char *transform = g_strdup_printf ("op_%s_0_transform", op->name);
  g_autofree char *encode = g_strdup_printf ("op_%s_1_encode", op->name);
  g_autofree char *sink = g_strdup_printf ("sink_%s", op->name);

  add_edge (edges, transform, takes_bytes ? encode : sink);
  if (takes_bytes)
    add_edge (edges, encode, sink);
}

static gboolean
takes_bytes (const char *type)
{
  static const char *const types[] = { "mqtt", "rest", "file", "websocket", "sse", "redisPub", "nop", "log" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (strcmp (types[i], type) == 0)
        return TRUE;
    }

  return FALSE;
}

JsonNode *
belt_planner_make_topo (const BeltPlan *plan)
{
  JsonObject *topo = json_object_new ();
  JsonArray *sources = json_array_new ();
  JsonObject *edges = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  guint sink = 0;

  for (guint i = 0; i < plan->n_ops; i++)
    {
      const BeltPlanOp *op = &plan->ops[i];
      g_autofree char *name = dup_node_name (plan, op);
      JsonArray *targets;

      if (op->kind == BELT_PLAN_SINK)
        {
          add_sink_edges (edges, op, takes_bytes (plan->sinks[sink++].type));
          continue;
        }
      if (op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]))
        json_array_add_string_element (sources, name);
      else if (!is_numbered (op))
        continue;

      targets = json_array_new ();
      add_targets (plan, op, targets);
      json_object_set_array_member (edges, name, targets);
    }

  json_object_set_array_member (topo, "sources", sources);
  json_object_set_object_member (topo, "edges", edges);
  json_node_take_object (node, topo);
  return node;
}
