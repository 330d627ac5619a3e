/* belt-resolve-order.c - fields in the order in which eKuiper evaluates them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Aliased fields come first, by how deep they build on each other, then by name.
 */
#include "config.h"

#include "belt-resolve-private.h"

#include "belt-suggest.h"

#include <string.h>

typedef struct
{
  BeltResolved *self;
  int          *degrees;   /* [n_fields], -1: not known yet */
  int           degree;
  const char   *unknown;
  BeltSpan      unknown_span;
} Degree;

static int
find_alias_degree (const Degree *degree,
                   const char   *name)
{
  const BeltAstSelect *select = degree->self->select;
  int found = -1;

  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias != NULL && strcmp (select->fields[i].alias, name) == 0)
        found = degree->degrees[i];
    }

  return found;
}

static gboolean
has_schema_field (const BeltResolved *self,
                  const char         *name)
{
  for (guint i = 0; i < self->n_streams; i++)
    {
      for (guint k = 0; k < self->streams[i]->n_fields; k++)
        {
          if (strcmp (self->streams[i]->fields[k].name, name) == 0)
            return TRUE;
        }
    }

  return FALSE;
}

static gboolean
measure_degree (BeltNode *node,
                gpointer  data)
{
  Degree *degree = data;
  int known;

  if (node->kind != BELT_NODE_COLUMN || degree->unknown != NULL)
    return degree->unknown == NULL;

  known = find_alias_degree (degree, node->name);
  if (known >= 0)
    degree->degree = MAX (degree->degree, known + 1);
  else if (strcmp (node->name, "*") != 0 && !has_schema_field (degree->self, node->name))
    {
      degree->unknown = node->name;
      degree->unknown_span = node->name_span;
    }

  return TRUE;
}

static char *
suggest_column (const BeltResolved *self,
                const char         *name)
{
  g_autoptr(BeltSuggestion) suggestion = belt_suggestion_new (name);

  for (guint i = 0; i < self->n_streams; i++)
    {
      for (guint k = 0; k < self->streams[i]->n_fields; k++)
        belt_suggestion_offer (suggestion, self->streams[i]->fields[k].name);
    }

  for (guint i = 0; i < self->select->n_fields; i++)
    {
      if (self->select->fields[i].alias != NULL)
        belt_suggestion_offer (suggestion, self->select->fields[i].alias);
    }

  return g_strdup (belt_suggestion_get (suggestion));
}

void
belt_resolved_fail_unknown (BeltResolved *self,
                            BeltSpan      span,
                            const char   *name)
{
  g_autofree char *close = suggest_column (self, name);
  g_autofree char *hint = close != NULL ? g_strdup_printf ("Did you mean “%s”?", close) : NULL;
  BeltDiagnostic *diagnostic;

  belt_resolved_fail (self, "unknown-column", span, hint, "unknown field %s", name);
  if (close == NULL)
    return;

  diagnostic = g_ptr_array_index (self->diagnostics, self->diagnostics->len - 1);
  diagnostic->fix = g_strdup (close);
  diagnostic->fix_label = g_strdup_printf ("Change to “%s”", close);
}

static int
compare_degrees (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  const Degree *degree = data;
  const BeltAstField *fields = degree->self->select->fields;
  guint x = *(const guint *)a;
  guint y = *(const guint *)b;

  if (degree->degrees[x] != degree->degrees[y])
    return degree->degrees[x] < degree->degrees[y] ? -1 : 1;

  return strcmp (fields[x].alias, fields[y].alias);
}

/* eKuiper lets a name pass that some other field is called by, wherever that stands. */
static gboolean
is_other_alias (const BeltAstSelect *select,
                guint                field,
                const char          *name)
{
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (i != field && g_strcmp0 (select->fields[i].alias, name) == 0)
        return TRUE;
    }

  return FALSE;
}

static void
measure_field (Degree *degree,
               guint   field)
{
  const BeltAstSelect *select = degree->self->select;

  degree->degree = 0;
  degree->unknown = NULL;
  belt_node_walk (select->fields[field].expr, measure_degree, degree);
  if (degree->unknown != NULL && !is_other_alias (select, field, degree->unknown))
    belt_resolved_fail_unknown (degree->self, degree->unknown_span, degree->unknown);
  degree->degrees[field] = degree->degree;
}

void
belt_resolved_sort_fields (BeltResolved *self)
{
  BeltAstSelect *select = self->select;
  g_autofree int *degrees = g_new (int, select->n_fields + 1);
  Degree degree = { .self = self, .degrees = degrees };
  guint n_aliased = 0;
  guint at;

  for (guint i = 0; i < select->n_fields; i++)
    degrees[i] = -1;

  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias == NULL)
        continue;

      measure_field (&degree, i);
      self->order[n_aliased++] = i;
    }

  g_qsort_with_data (self->order, (int)n_aliased, sizeof (guint), compare_degrees, &degree);
  at = n_aliased;
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias == NULL)
        self->order[at++] = i;
    }
}
