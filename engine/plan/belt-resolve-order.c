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
  GHashTable   *by_alias;  /* alias → its degree + 1 */
  GHashTable   *first;     /* alias → its first field */
  GHashTable   *last;      /* alias → its last field */
  int           degree;
  gboolean      stars;     /* stream.* is a column like any other */
  const char   *unknown;   /* the last one, which is the one eKuiper looks at */
  BeltSpan      unknown_span;
} Degree;

static int
find_alias_degree (const Degree *degree,
                   const char   *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (degree->by_alias, name)) - 1;
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

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  known = find_alias_degree (degree, node->name);
  if (known >= 0)
    degree->degree = MAX (degree->degree, known + 1);
  else if (!(degree->stars && strcmp (node->name, "*") == 0) && !has_schema_field (degree->self, node->name))
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

BeltDiagnostic *
belt_resolved_note_unknown (BeltResolved *self,
                            BeltSpan      span,
                            const char   *name)
{
  g_autofree char *close = self->diagnostics->len < BELT_RESOLVED_DIAGNOSTICS_MAX ? suggest_column (self, name) : NULL;
  g_autofree char *hint = close != NULL ? g_strdup_printf ("Did you mean “%s”?", close) : NULL;
  BeltDiagnostic *diagnostic = belt_resolved_note (self, "unknown-column", span, hint, "unknown field %s", name);

  if (close == NULL)
    return diagnostic;

  diagnostic->fix = g_strdup (close);
  diagnostic->fix_label = g_strdup_printf ("Change to “%s”", close);
  return diagnostic;
}

static int
compare_degrees (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  const Degree *degree = data;
  const BeltAstField *fields = degree->self->select->fields;
  const char *x = fields[*(const guint *)a].alias;
  const char *y = fields[*(const guint *)b].alias;
  int order = find_alias_degree (degree, x) - find_alias_degree (degree, y);

  return order != 0 ? order : strcmp (x, y);
}

/* eKuiper lets a name pass that some other field is called by, wherever that stands. */
static gboolean
is_other_alias (const Degree       *degree,
                const BeltAstField *field,
                const char         *name)
{
  const BeltAstField *first = g_hash_table_lookup (degree->first, name);

  return first != NULL && (first != field || g_hash_table_lookup (degree->last, name) != field);
}

/* The first field of an alias says how deep it is, and has its names looked at. */
static void
measure_field (Degree *degree,
               guint   field)
{
  const BeltAstSelect *select = degree->self->select;

  degree->degree = 0;
  degree->unknown = NULL;
  belt_node_walk (select->fields[field].expr, measure_degree, degree);
  if (degree->unknown != NULL && !is_other_alias (degree, &select->fields[field], degree->unknown))
    {
      BeltDiagnostic *diagnostic = belt_resolved_note_unknown (degree->self, degree->unknown_span, degree->unknown);

      if (degree->self->error == NULL)
        degree->self->error = g_strdup (diagnostic->message);
    }

  g_hash_table_insert (degree->by_alias, (gpointer)select->fields[field].alias, GINT_TO_POINTER (degree->degree + 1));
}

/* Leaves the last field of each alias. */
static void
drop_overridden (Degree *degree)
{
  BeltResolved *self = degree->self;
  BeltAstSelect *select = self->select;
  BeltAstField *fields = belt_arena_new_array (self->ast->arena, BeltAstField, select->n_fields + 1);
  guint n = 0;

  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltAstField *field = &select->fields[i];
      BeltDiagnostic *doubt;

      if (field->alias == NULL || g_hash_table_lookup (degree->last, field->alias) == field)
        {
          fields[n++] = *field;
          continue;
        }
      doubt = belt_resolved_note (self, "duplicate-alias", field->alias_span,
                                  "eKuiper sends the last field of that name alone (N2)", "duplicate alias %s",
                                  field->alias);
      doubt->severity = BELT_SEVERITY_WARNING;
    }

  select->fields = fields;
  select->n_fields = n;
}

void
belt_resolved_sort_fields (BeltResolved *self,
                           gboolean      stars)
{
  BeltAstSelect *select = self->select;
  g_autoptr(GHashTable) by_alias = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) first = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) last = g_hash_table_new (g_str_hash, g_str_equal);
  Degree degree = { .self = self, .by_alias = by_alias, .first = first, .last = last, .stars = stars };
  guint n_aliased = 0;
  guint at;

  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltAstField *field = &select->fields[i];

      if (field->alias == NULL)
        continue;
      if (!g_hash_table_contains (first, field->alias))
        g_hash_table_insert (first, (gpointer)field->alias, (gpointer)field);
      g_hash_table_insert (last, (gpointer)field->alias, (gpointer)field);
    }
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias != NULL && !g_hash_table_contains (by_alias, select->fields[i].alias))
        measure_field (&degree, i);
    }

  drop_overridden (&degree);
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias != NULL)
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
