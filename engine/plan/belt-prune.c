/* belt-prune.c - the columns that eKuiper asks of each stream
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order of the walk matters: names that come after a wildcard are not written
 * down, and of a declared stream's structs only those stay that "->" opens.
 */
#include "config.h"

#include "belt-prune.h"

#include "belt-parser.h"

#include <string.h>

#define ANY_STREAM G_MAXUINT

typedef enum
{
  WISH_COLUMN,
  WISH_WILDCARD,
  WISH_MEMBER,     /* a struct that is opened by "->" */
} WishKind;

typedef struct
{
  WishKind        kind;
  guint           stream;   /* or ANY_STREAM */
  const char     *name;
  const BeltNode *node;     /* WILDCARD: the node; COLUMN: where it stands, or NULL */
} Wish;

typedef struct
{
  BeltLogicalPlan   *plan;
  const BeltLogical *wanted;     /* this source's columns are asked for… */
  GHashTable        *columns;    /* …and left here: a set of names */
  gboolean           check;      /* fail for unknown ones */
  GArray            *wishes;     /* of Wish */
  GPtrArray         *made;       /* names made up on the way */
  guint              n_where_aggregates;
  guint              n_incremental;
  gboolean           in_where;
  gboolean           replaces;   /* aggregates are columns by now */
} Pruner;

static void
wish (Pruner         *self,
      WishKind        kind,
      guint           stream,
      const char     *name,
      const BeltNode *node)
{
  Wish entry = { kind, stream, name, node };

  g_array_append_val (self->wishes, entry);
}

static void
wish_made (Pruner *self,
           char   *name)
{
  g_ptr_array_add (self->made, name);
  wish (self, WISH_COLUMN, ANY_STREAM, name, NULL);
}

static void
wish_column (Pruner         *self,
             const BeltNode *node)
{
  const BeltRef *ref = belt_resolved_get (self->plan->resolved, node);

  if (ref == NULL || ref->kind == BELT_REF_ANY || (ref->kind == BELT_REF_ALIAS && ref->open))
    wish (self, WISH_COLUMN, ANY_STREAM, node->name, node);
  else if (ref->kind == BELT_REF_COLUMN || ref->kind == BELT_REF_WILDCARD)
    wish (self, WISH_COLUMN, ref->stream, node->name, node);
}

typedef struct
{
  Pruner  *pruner;
  gboolean has_meta;
} Members;

static gboolean
wish_below_member (BeltNode *node,
                   gpointer  data)
{
  Members *members = data;

  if (node->kind == BELT_NODE_COLUMN)
    wish_column (members->pruner, node);
  else if (node->kind == BELT_NODE_META)
    members->has_meta = TRUE;
  return TRUE;
}

/* The column at the bottom of a->b->c, or NULL. */
static const BeltNode *
find_base (const BeltNode *node)
{
  while (node->kind == BELT_NODE_MEMBER)
    node = node->children[0];
  return node->kind == BELT_NODE_COLUMN ? node : NULL;
}

static gboolean
wish_node (BeltNode *node,
           gpointer  data)
{
  Pruner *self = data;
  Members members = { self, FALSE };
  const BeltNode *base;
  const BeltRef *ref;

  switch (node->kind)
    {
    case BELT_NODE_COLUMN:
      wish_column (self, node);
      return TRUE;

    case BELT_NODE_WILDCARD:
      wish (self, WISH_WILDCARD, ANY_STREAM, NULL, node);
      return TRUE;

    case BELT_NODE_MEMBER:
      belt_node_walk (node->children[0], wish_below_member, &members);
      base = find_base (node);
      ref = base != NULL ? belt_resolved_get (self->plan->resolved, base) : NULL;
      if (base != NULL && (ref == NULL || ref->kind != BELT_REF_ALIAS))
        wish (self, WISH_MEMBER, ANY_STREAM, base->name, base);
      return members.has_meta;

    case BELT_NODE_CALL:
      if ((node->kinds & BELT_PARSER_FUNCTION_AGGREGATE) && self->in_where)
        wish_made (self, g_strdup_printf ("$$agg_ref_%u", self->n_where_aggregates++));
      else if ((node->kinds & BELT_PARSER_FUNCTION_AGGREGATE) && self->replaces)
        wish_made (self, g_strdup_printf ("inc_agg_col_%u", ++self->n_incremental));
      else
        {
          /* eKuiper gives it the whole row as its first argument. */
          if (strcmp (node->name, "deduplicate") == 0)
            wish (self, WISH_WILDCARD, ANY_STREAM, NULL, NULL);
          return TRUE;
        }
      return FALSE;

    default:
      return TRUE;
    }
}

static void
wish_tree (Pruner   *self,
           BeltNode *node)
{
  if (node != NULL)
    belt_node_walk (node, wish_node, self);
}

/* ------------------------------------------------------------------ what each operator asks for */

static void
wish_fields (Pruner *self)
{
  const BeltResolved *resolved = self->plan->resolved;

  self->replaces = self->plan->incremental;
  for (guint i = 0; i < resolved->select->n_fields; i++)
    wish_tree (self, resolved->select->fields[resolved->order[i]].expr);
  self->replaces = FALSE;
}

static gboolean
wish_arguments (BeltNode *node,
                gpointer  data)
{
  if (node->kind != BELT_NODE_CALL || !(node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))
    return TRUE;

  for (guint i = 0; i < node->n_children; i++)
    wish_tree (data, node->children[i]);
  return FALSE;
}

static void
wish_incremental (Pruner *self)
{
  const BeltAstSelect *select = self->plan->resolved->select;

  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, wish_arguments, self);
  if (select->having != NULL)
    belt_node_walk (select->having, wish_arguments, self);
  for (guint i = 0; i < select->n_group_by; i++)
    wish_tree (self, select->group_by[i]);
}

static gboolean
wish_analytic (BeltNode *node,
               gpointer  data)
{
  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    wish_tree (data, node);
  return TRUE;
}

static void
wish_analytics (Pruner *self)
{
  const BeltAstSelect *select = self->plan->resolved->select;

  for (guint i = 1; i < select->n_tables; i++)
    belt_node_walk (select->tables[i].on, wish_analytic, self);
  belt_node_walk (select->where, wish_analytic, self);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], wish_analytic, self);
  belt_node_walk (select->having, wish_analytic, self);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, wish_analytic, self);
}

static void
wish_window (Pruner            *self,
             const BeltLogical *node)
{
  const BeltAstWindow *window = self->plan->resolved->select->window->window;

  wish_tree (self, node->condition);
  if (window->over != NULL)
    wish_tree (self, window->over->when);
}

/* A lookup table takes its own wishes, until the first wildcard. */
static void
take_lookup (Pruner            *self,
             const BeltLogical *node)
{
  g_autoptr(GArray) all = g_steal_pointer (&self->wishes);
  gboolean wildcard = FALSE;
  guint n;

  self->wishes = g_array_new (FALSE, FALSE, sizeof (Wish));
  for (guint i = 0; i < all->len; i++)
    {
      const Wish *entry = &g_array_index (all, Wish, i);

      wildcard |= entry->kind == WISH_WILDCARD;
      if (wildcard || entry->kind != WISH_COLUMN || entry->stream != node->stream)
        g_array_append_val (self->wishes, *entry);
    }

  n = self->wishes->len;
  wish_tree (self, self->plan->resolved->select->tables[node->stream].on);
  for (guint i = self->wishes->len; i > n; i--)
    {
      const Wish *entry = &g_array_index (self->wishes, Wish, i - 1);

      if (entry->kind != WISH_COLUMN || entry->stream == node->stream)
        g_array_remove_index (self->wishes, i - 1);
    }
}

static void
wish_operator (Pruner            *self,
               const BeltLogical *node)
{
  const BeltAstSelect *select = self->plan->resolved->select;

  switch (node->kind)
    {
    case BELT_LOGICAL_PROJECT:
      wish_fields (self);
      break;
    case BELT_LOGICAL_ORDER:
      for (guint i = 0; i < select->n_order_by; i++)
        wish_tree (self, select->order_by[i].expr);
      break;
    case BELT_LOGICAL_HAVING:
      self->replaces = self->plan->incremental;
      wish_tree (self, node->condition);
      self->replaces = FALSE;
      break;
    case BELT_LOGICAL_FILTER:
      self->in_where = TRUE;
      wish_tree (self, node->condition);
      self->in_where = FALSE;
      break;
    case BELT_LOGICAL_AGGREGATE:
      for (guint i = 0; i < select->n_group_by; i++)
        wish_tree (self, select->group_by[i]);
      break;
    case BELT_LOGICAL_JOIN:
      for (guint i = 0; i < node->n_joins; i++)
        wish_tree (self, node->on[i]);
      break;
    case BELT_LOGICAL_LOOKUP:
      take_lookup (self, node);
      break;
    case BELT_LOGICAL_WINDOW:
      wish_window (self, node);
      break;
    case BELT_LOGICAL_INC_WINDOW:
      wish_incremental (self);
      break;
    case BELT_LOGICAL_ANALYTIC:
      wish_analytics (self);
      break;
    case BELT_LOGICAL_SOURCE:
    case BELT_LOGICAL_WATERMARK:
    case BELT_LOGICAL_JOIN_ALIGN:
    case BELT_LOGICAL_AGG_FUNC:
    case BELT_LOGICAL_WINDOW_FUNC:
    case BELT_LOGICAL_PROJECT_SET:
    default:
      break;
    }
}

/* ------------------------------------------------------------------ at the source */

static const BeltField *
find_field (const BeltStream *stream,
            const char       *name)
{
  for (guint i = 0; i < stream->n_fields; i++)
    {
      if (strcmp (stream->fields[i].name, name) == 0)
        return &stream->fields[i];
    }

  return NULL;
}

static void
grant_column (Pruner            *self,
              const BeltLogical *source,
              const Wish        *entry,
              GHashTable        *fields)
{
  BeltResolved *resolved = self->plan->resolved;
  const BeltStream *stream = resolved->streams[source->stream];

  if (entry->stream != ANY_STREAM && entry->stream != source->stream)
    return;
  if (resolved->extensions && strcmp (entry->name, "*") == 0)
    return;
  if (stream->n_fields == 0 || find_field (stream, entry->name) != NULL)
    g_hash_table_add (fields, (gpointer)entry->name);
  else if (entry->stream == source->stream && self->check && resolved->error == NULL)
    belt_resolved_fail (resolved, "unknown-column", entry->node != NULL ? entry->node->name_span : (BeltSpan) { 0 },
                        "Names of columns are told apart by case.", "field %s not found in stream %s", entry->name,
                        stream->name);
}

/* Columns that a wildcard leaves out, unless they were asked for by name. */
static void
drop_left_out (GHashTable     *columns,
               GHashTable     *fields,
               const BeltNode *wildcard)
{
  for (guint i = 0; wildcard != NULL && i < wildcard->n_except; i++)
    {
      if (!g_hash_table_contains (fields, wildcard->except[i].name))
        g_hash_table_remove (columns, wildcard->except[i].name);
    }
  for (guint i = 0; wildcard != NULL && i < wildcard->n_replace; i++)
    {
      const char *name = wildcard->replace[i].alias;

      if (name != NULL && !g_hash_table_contains (fields, name))
        g_hash_table_remove (columns, name);
    }
}

static void
drop_closed_structs (const BeltStream *stream,
                     GHashTable       *columns,
                     GHashTable       *opened)
{
  for (guint i = 0; i < stream->n_fields; i++)
    {
      const BeltField *field = &stream->fields[i];

      if (field->type->kind == BELT_TYPE_STRUCT && !g_hash_table_contains (opened, field->name))
        g_hash_table_remove (columns, field->name);
    }
}

static void
grant (Pruner            *self,
       const BeltLogical *source)
{
  const BeltStream *stream = self->plan->resolved->streams[source->stream];
  g_autoptr(GHashTable) fields = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) opened = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean wildcard = FALSE;
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < self->wishes->len; i++)
    {
      const Wish *entry = &g_array_index (self->wishes, Wish, i);

      if (entry->kind == WISH_WILDCARD)
        wildcard = TRUE;
      else if (entry->kind == WISH_MEMBER)
        g_hash_table_add (opened, (gpointer)entry->name);
      else if (!wildcard)
        grant_column (self, source, entry, fields);
    }
  if (source != self->wanted)
    return;

  if (self->plan->options->is_event_time && stream->timestamp != NULL)
    g_hash_table_add (fields, stream->timestamp);
  for (guint i = 0; wildcard && i < stream->n_fields; i++)
    g_hash_table_add (self->columns, g_strdup (stream->fields[i].name));
  g_hash_table_iter_init (&iter, fields);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (self->columns, g_strdup (name));
  for (guint i = 0; i < self->wishes->len; i++)
    {
      if (g_array_index (self->wishes, Wish, i).kind == WISH_WILDCARD)
        drop_left_out (self->columns, fields, g_array_index (self->wishes, Wish, i).node);
    }
  drop_closed_structs (stream, self->columns, opened);
}

static void
walk (Pruner            *self,
      const BeltLogical *node)
{
  g_autoptr(GArray) before = NULL;

  if (node->kind == BELT_LOGICAL_SOURCE)
    {
      grant (self, node);
      return;
    }

  wish_operator (self, node);
  for (guint i = 0; i < node->children->len; i++)
    {
      before = g_array_copy (self->wishes);
      walk (self, node->children->pdata[i]);
      g_array_unref (self->wishes);
      self->wishes = g_steal_pointer (&before);
    }
}

static void
walk_plan (BeltLogicalPlan   *plan,
           const BeltLogical *source,
           GHashTable        *columns)
{
  g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  Pruner self = { .plan = plan, .wanted = source, .columns = columns, .check = source == NULL, .made = made };

  self.wishes = g_array_new (FALSE, FALSE, sizeof (Wish));
  walk (&self, plan->root);
  g_array_unref (self.wishes);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

char **
belt_prune_get_columns (BeltLogicalPlan   *plan,
                        const BeltLogical *source)
{
  g_autoptr(GHashTable) columns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char **names;
  guint n;

  walk_plan (plan, source, columns);
  names = (char **)g_hash_table_get_keys_as_array (columns, &n);
  g_hash_table_steal_all (columns);
  qsort (names, n, sizeof (char *), compare_names);

  return names;
}

void
belt_prune_check (BeltLogicalPlan *plan)
{
  walk_plan (plan, NULL, NULL);
}
