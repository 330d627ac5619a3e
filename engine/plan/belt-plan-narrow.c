/* belt-plan-narrow.c - which members of declared objects a statement opens
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-narrow.h"

#include <string.h>

typedef struct
{
  BeltPlanBuilder *builder;
  guint            stream;
  GHashTable      *opened;   /* name → BeltNarrow, owned */
  GHashTable      *needed;   /* set of names: somebody sees the object itself */
  gboolean         all;      /* so does a wildcard */
} Search;

static gboolean
is_struct_of (const Search     *self,
              const BeltNode   *node,
              const BeltField **ret_field)
{
  const BeltRef *ref = node->kind == BELT_NODE_COLUMN ? belt_resolved_get (self->builder->resolved, node) : NULL;
  const BeltStream *stream = self->builder->resolved->streams[self->stream];

  if (ref == NULL || ref->kind != BELT_REF_COLUMN || ref->stream != self->stream)
    return FALSE;

  for (guint i = 0; i < stream->n_fields; i++)
    {
      if (strcmp (stream->fields[i].name, node->name) == 0 && stream->fields[i].type->kind == BELT_TYPE_STRUCT)
        {
          *ret_field = &stream->fields[i];
          return TRUE;
        }
    }

  return FALSE;
}

/* The column first, then member by member.  Returns: what the path ends at, or NULL */
static BeltNarrow *
open_path (Search   *self,
           BeltNode *node,
           guint     depth)
{
  const BeltField *field;
  BeltNarrow *outer;

  if (depth > BELT_NARROW_DEPTH_MAX)
    return NULL;

  if (node->kind == BELT_NODE_MEMBER)
    {
      outer = open_path (self, node->children[0], depth + 1);
      return outer != NULL ? belt_narrow_open (outer, node->name) : NULL;
    }

  if (!is_struct_of (self, node, &field))
    return NULL;

  outer = g_hash_table_lookup (self->opened, field->name);
  if (outer == NULL)
    {
      outer = belt_narrow_new (field);
      g_hash_table_insert (self->opened, field->name, outer);
    }

  return outer;
}

static gboolean
look_at_node (BeltNode *node,
              gpointer  data)
{
  Search *self = data;
  BeltNode *base = node;
  const BeltField *field;
  const BeltNarrow *end;

  self->all |= node->kind == BELT_NODE_WILDCARD;
  if (is_struct_of (self, node, &field))
    g_hash_table_add (self->needed, field->name);
  if (node->kind != BELT_NODE_MEMBER)
    return TRUE;

  while (base->kind == BELT_NODE_MEMBER)
    base = base->children[0];
  if (base->kind != BELT_NODE_COLUMN)
    return TRUE;

  end = open_path (self, node, 0);
  if (end != NULL && end->type->kind == BELT_TYPE_STRUCT)
    g_hash_table_add (self->needed, (gpointer)base->name);
  return FALSE;
}

GPtrArray *
belt_plan_builder_get_narrow (BeltPlanBuilder *self,
                              guint            stream,
                              gboolean         seen)
{
  const BeltStream *definition = self->resolved->streams[stream];
  g_autoptr(GHashTable) opened = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                                        (GDestroyNotify)belt_narrow_free);
  g_autoptr(GHashTable) needed = g_hash_table_new (g_str_hash, g_str_equal);
  Search search = { .builder = self, .stream = stream, .opened = opened, .needed = needed };
  GPtrArray *narrow = NULL;
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  if (definition->n_fields == 0 || definition->message != NULL || definition->is_table ||
      !self->plan->options.prune_columns)
    return NULL;

  belt_ast_walk (self->resolved->ast, look_at_node, &search);
  g_hash_table_iter_init (&iter, opened);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      if (seen && !search.all && !g_hash_table_contains (needed, name))
        continue;
      if (narrow == NULL)
        narrow = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_narrow_free);
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (narrow, value);
    }

  return narrow;
}
