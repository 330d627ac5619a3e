/* belt-lost-columns.c - the columns that eKuiper loses beside a wildcard, and we do not (A.1)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-lost-columns.h"

#include "belt-parser.h"
#include "belt-prune.h"

#include <string.h>

#define HINT "list the columns of the stream in CREATE STREAM: then none is lost (A.1)"

typedef struct
{
  BeltLogicalPlan    *plan;
  GPtrArray          *diagnostics;
  const BeltLogical  *source;
  char              **asked;
  GHashTable         *named;       /* set of the names that have their warning */
  gboolean            wildcard;    /* there is any */
  const BeltNode     *open;        /* the first that gives columns, and does not only count rows */
} Search;

static gboolean
find_wildcard (BeltNode *node,
               gpointer  data)
{
  Search *self = data;
  gboolean counts = node->kind == BELT_NODE_CALL && strcmp (node->name, "count") == 0 && node->n_children == 1 &&
                    node->children[0]->kind == BELT_NODE_WILDCARD;

  self->wildcard |= counts || node->kind == BELT_NODE_WILDCARD;
  if (node->kind == BELT_NODE_WILDCARD && self->open == NULL)
    self->open = node;
  return !counts;
}

static void
warn (Search         *self,
      const BeltNode *node,
      const char     *what)
{
  const BeltStream *stream = self->plan->resolved->streams[self->source->stream];
  g_autofree char *list = g_strjoinv (", ", self->asked);
  g_autofree char *text = NULL;
  BeltDiagnostic *diagnostic;

  text = g_strdup_printf ("eKuiper reads only %s of “%s” here, because of the “*”: %s is lost",
                          *list != '\0' ? list : "what “->” does not hide", stream->name, what);
  diagnostic = belt_diagnostic_new (BELT_SEVERITY_WARNING, "lost-column", node->span, "%s", text);
  diagnostic->hint = g_strdup (stream->n_fields == 0 ? HINT : "name the column once more, before the “*” (A.1)");
  g_ptr_array_add (self->diagnostics, diagnostic);
}

static gboolean
find_lost (BeltNode *node,
           gpointer  data)
{
  Search *self = data;
  const BeltRef *ref;
  g_autofree char *what = NULL;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  ref = belt_resolved_get (self->plan->resolved, node);
  if (ref == NULL || ref->kind != BELT_REF_COLUMN || ref->stream != self->source->stream ||
      g_strv_contains ((const char *const *)self->asked, node->name) || !g_hash_table_add (self->named,
                                                                                           (gpointer)node->name))
    return TRUE;

  what = g_strdup_printf ("“%s”", node->name);
  warn (self, node, what);
  return TRUE;
}

/* Is there a plain column that eKuiper does not decode?  Structs are another matter. */
static gboolean
loses_declared (const Search     *self,
                const BeltStream *stream)
{
  for (guint i = 0; i < stream->n_fields; i++)
    {
      if (stream->fields[i].type->kind != BELT_TYPE_STRUCT &&
          !g_strv_contains ((const char *const *)self->asked, stream->fields[i].name))
        return TRUE;
    }

  return FALSE;
}

static void
look_at_source (Search            *self,
                const BeltLogical *source)
{
  const BeltStream *stream = self->plan->resolved->streams[source->stream];
  g_autoptr(GHashTable) named = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean narrow;

  self->source = source;
  self->named = named;
  self->asked = belt_prune_get_columns (self->plan, source);
  narrow = stream->n_fields == 0 ? self->asked[0] != NULL : loses_declared (self, stream);
  if (narrow && stream->n_fields == 0)
    belt_ast_walk (self->plan->resolved->ast, find_lost, self);
  if (narrow && self->open != NULL && self->open->n_except == 0 && self->open->n_replace == 0)
    warn (self, self->open, "any other column");
  for (guint i = 0; stream->n_fields > 0 && self->open != NULL && i < self->open->n_replace; i++)
    belt_node_walk (self->open->replace[i].expr, find_lost, self);
  g_strfreev (self->asked);
}

static void
walk (Search            *self,
      const BeltLogical *node)
{
  for (guint i = 0; i < node->children->len; i++)
    walk (self, node->children->pdata[i]);
  if (node->kind == BELT_LOGICAL_SOURCE)
    look_at_source (self, node);
}

void
belt_lost_columns_note (BeltLogicalPlan *plan,
                        GPtrArray       *diagnostics)
{
  Search search = { .plan = plan, .diagnostics = diagnostics };

  belt_ast_walk (plan->resolved->ast, find_wildcard, &search);
  if (search.wildcard && plan->root != NULL)
    walk (&search, plan->root);
}
