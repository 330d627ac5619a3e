/* belt-resolve.c - which column, alias or stream each name of a SELECT means
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three passes, as in eKuiper: the fields in order, each seeing the aliases before
 * it; then the aliases themselves, which take over like-named references; then all
 * other clauses, for which an alias comes before a column.  Names are found without
 * regard to case and evaluated with it.
 */
#include "config.h"

#include "belt-resolve-private.h"

#include <string.h>

#define KEY_DEFAULT G_MAXUINT        /* any stream */
#define KEY_ALIAS   (G_MAXUINT - 1u)

/* What a name can mean: the streams that have it, and perhaps an alias. */
typedef struct
{
  GArray *keys;    /* of guint: stream, KEY_DEFAULT or KEY_ALIAS */
  guint   alias;
} Store;

typedef struct
{
  BeltResolved          *out;
  const BeltRuleOptions *options;
  GHashTable            *stores;        /* lower-case name → Store */
  GHashTable            *alias_names;   /* set of the aliases of fields already bound, as written */
  GHashTable            *alias_indexes; /* alias as written → the first of that name + 1 */
  GPtrArray             *strangers;     /* qualifiers that FROM does not have: keys from n_streams on */
  gboolean               extensions;
  guint                  default_key;   /* the only stream, or KEY_DEFAULT */
  BeltDiagnostic        *doubt;         /* what is wrong with the name bound last, or NULL */
} Resolver;

static Store *
store_new (void)
{
  Store *store = g_new0 (Store, 1);

  store->keys = g_array_new (FALSE, FALSE, sizeof (guint));
  return store;
}

static void
store_free (Store *store)
{
  g_array_unref (store->keys);
  g_free (store);
}

static gboolean
store_has (const Store *store,
           guint        key)
{
  for (guint i = 0; i < store->keys->len; i++)
    {
      if (g_array_index (store->keys, guint, i) == key)
        return TRUE;
    }

  return FALSE;
}

static void
store_add (Store *store,
           guint  key)
{
  if (!store_has (store, key))
    g_array_append_val (store->keys, key);
}

static void
set_ref (BeltResolved   *self,
         const BeltNode *node,
         BeltRef         ref)
{
  g_hash_table_insert (self->refs, (gpointer)node, g_memdup2 (&ref, sizeof ref));
}

/* The key of a qualifier.  eKuiper does not find streams by their aliases. */
static guint
find_stream (Resolver       *self,
             const BeltNode *node)
{
  const BeltAstSelect *select = self->out->select;
  guint n_streams = self->out->n_streams;

  for (guint i = 0; i < n_streams; i++)
    {
      if (strcmp (select->tables[i].name, node->qualifier) == 0)
        return i;
    }

  for (guint i = 0; self->extensions && i < n_streams; i++)
    {
      if (g_strcmp0 (select->tables[i].alias, node->qualifier) == 0)
        return i;
    }

  for (guint i = 0; i < self->strangers->len; i++)
    {
      if (strcmp (self->strangers->pdata[i], node->qualifier) == 0)
        return n_streams + i;
    }

  g_ptr_array_add (self->strangers, (gpointer)node->qualifier);
  return n_streams + self->strangers->len - 1;
}

static gboolean
look_up_streams (Resolver    *self,
                 BeltCatalog *catalog,
                 gboolean     is_temp)
{
  BeltResolved *out = self->out;

  out->n_streams = out->select->n_tables;
  out->streams = g_new0 (BeltStream *, out->n_streams + 1);
  if (out->n_streams > BELT_STREAMS_MAX)
    {
      belt_resolved_fail (out, "too-many-streams", out->select->from_span, NULL,
                          "a statement may use %u streams at most", BELT_STREAMS_MAX);
      return FALSE;
    }

  for (guint i = 0; i < out->n_streams; i++)
    {
      const BeltAstTable *table = &out->select->tables[i];
      BeltStream *stream = belt_catalog_lookup (catalog, table->name);

      if (stream == NULL)
        {
          belt_resolved_fail (out, "unknown-stream", table->name_span,
                              "Create the stream first, or correct its name.",
                              "fail to get stream %s, please check if stream is created",
                              table->name);
          return FALSE;
        }

      if (stream->schema_error != NULL)
        {
          belt_resolved_fail (out, "no-schema", table->name_span,
                              "Correct the stream's SCHEMAID, or the .proto file it names.", "%s",
                              stream->schema_error);
          return FALSE;
        }

      out->streams[i] = belt_stream_ref (stream);
      if (stream->n_fields == 0)
        out->schemaless = TRUE;
      if (stream->temp && !is_temp)
        belt_resolved_fail (out, "temp-stream", table->name_span, NULL,
                            "temp stream %s can only be used by temp rules", table->name);
    }

  return out->error == NULL;
}

/* --- binding one reference --- */

static Store *
find_store (Resolver   *self,
            const char *name,
            gboolean    create)
{
  g_autofree char *lower = g_utf8_strdown (name, -1);
  Store *store = g_hash_table_lookup (self->stores, lower);

  if (store == NULL && create)
    {
      store = store_new ();
      g_hash_table_insert (self->stores, g_steal_pointer (&lower), store);
    }

  return store;
}

static void
set_ref_to_key (Resolver       *self,
                const BeltNode *node,
                guint           key,
                const Store    *store)
{
  BeltRef ref = { .kind = BELT_REF_COLUMN, .stream = key };

  if (key == KEY_ALIAS)
    ref = (BeltRef) { .kind = BELT_REF_ALIAS, .alias = store->alias }
  ;
  else if (key == KEY_DEFAULT)
    ref = (BeltRef) { .kind = BELT_REF_ANY }
  ;
  else if (key >= self->out->n_streams)
    ref = (BeltRef) { .kind = BELT_REF_NONE, .stream = key }
  ;

  set_ref (self->out, node, ref);
}

/* A name that could not be bound is looked for by itself, at every row. */
static void
doubt_name (Resolver       *self,
            const BeltNode *node,
            BeltDiagnostic *doubt)
{
  guint key = node->qualifier != NULL ? find_stream (self, node) : KEY_DEFAULT;

  self->doubt = doubt;
  set_ref_to_key (self, node, key, NULL);
}

static void
bind_typed (Resolver       *self,
            const BeltNode *node,
            const Store    *store,
            guint           qualifier)
{
  if (qualifier != KEY_DEFAULT && store_has (store, qualifier))
    set_ref_to_key (self, node, qualifier, store);
  else if (qualifier != KEY_DEFAULT)
    doubt_name (self, node, belt_resolved_note (self->out, "unknown-column", node->span, NULL, "unknown field %s.%s",
                                                node->qualifier, node->name));
  else if (store->keys->len == 1)
    set_ref_to_key (self, node, g_array_index (store->keys, guint, 0), store);
  else if (store_has (store, KEY_ALIAS))
    set_ref_to_key (self, node, KEY_ALIAS, store);
  else
    doubt_name (self, node, belt_resolved_note (self->out, "ambiguous-column", node->name_span,
                                                "Write the stream before it: stream.column.", "ambiguous field %s",
                                                node->name));
}

static void
bind_schemaless (Resolver       *self,
                 const BeltNode *node,
                 Store          *store,
                 guint           qualifier)
{
  guint key = qualifier;

  if (key == KEY_DEFAULT && store->keys->len == 1)
    key = g_array_index (store->keys, guint, 0);
  else if (key == KEY_DEFAULT && store->keys->len > 1)
    key = store_has (store, KEY_ALIAS) ? KEY_ALIAS : self->default_key;
  else if (key == KEY_DEFAULT)
    key = self->default_key;

  if (key == KEY_DEFAULT && store->keys->len > 1)
    {
      doubt_name (self, node, belt_resolved_note (self->out, "ambiguous-column", node->name_span,
                                                  "Write the stream before it: stream.column.", "ambiguous field %s",
                                                  node->name));
      return;
    }

  store_add (store, key);
  set_ref_to_key (self, node, key, store);
}

/* eKuiper looks a name up in lower case among aliases that it keeps as written. */
static gboolean
is_lost_alias (Resolver   *self,
               const char *name)
{
  g_autofree char *lower = g_utf8_strdown (name, -1);

  return g_hash_table_contains (self->alias_names, lower);
}

/* Leaves in doubt what is wrong with it: eKuiper forgets it at the next name. */
static void
bind_reference (Resolver       *self,
                const BeltNode *node)
{
  guint qualifier = node->qualifier != NULL ? find_stream (self, node) : KEY_DEFAULT;
  Store *store = find_store (self, node->name, FALSE);

  self->doubt = NULL;
  if (strcmp (node->name, "*") == 0 && qualifier < self->out->n_streams &&
      (self->extensions || self->out->schemaless))
    {
      set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_WILDCARD, .stream = qualifier });
      return;
    }

  if (store == NULL && (!self->out->schemaless || is_lost_alias (self, node->name)))
    doubt_name (self, node, belt_resolved_note_unknown (self->out, node->name_span, node->name));
  else if (!self->out->schemaless)
    bind_typed (self, node, store, qualifier);
  else
    bind_schemaless (self, node, find_store (self, node->name, TRUE), qualifier);
}

/* Is the end of a round of names: eKuiper looks at the error of the last one. */
static void
settle_doubt (Resolver *self)
{
  if (self->doubt != NULL && self->out->error == NULL)
    self->out->error = g_strdup (self->doubt->message);
}

/* --- the three passes --- */

static gboolean
bind_in_field (BeltNode *node,
               gpointer  data)
{
  Resolver *self = data;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  if (g_hash_table_contains (self->alias_names, node->name))
    {
      if (node->qualifier != NULL)
        set_ref_to_key (self, node, find_stream (self, node), NULL);
      return TRUE;   /* waits for the aliases */
    }

  bind_reference (self, node);
  return TRUE;
}

static void
bind_fields (Resolver *self)
{
  BeltAstSelect *select = self->out->select;

  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltAstField *field = &select->fields[self->out->order[i]];

      belt_node_walk (field->expr, bind_in_field, self);
      settle_doubt (self);
      if (field->alias != NULL)
        g_hash_table_add (self->alias_names, (gpointer)field->alias);
    }
}

/* A name in a field that an alias may take over. */
typedef struct
{
  BeltNode           *node;
  const BeltAstField *field;
} Reference;

typedef struct
{
  GHashTable         *by_name;   /* name → GArray of Reference */
  const BeltAstField *field;
} References;

static guint
get_key (const BeltRef *ref)
{
  if (ref == NULL || ref->kind == BELT_REF_ANY)
    return KEY_DEFAULT;
  return ref->kind == BELT_REF_ALIAS ? KEY_ALIAS : ref->stream;
}

static gboolean
collect_reference (BeltNode *node,
                   gpointer  data)
{
  References *references = data;
  Reference reference = { node, references->field };
  GArray *of_name;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  of_name = g_hash_table_lookup (references->by_name, node->name);
  if (of_name == NULL)
    {
      of_name = g_array_new (FALSE, FALSE, sizeof (Reference));
      g_hash_table_insert (references->by_name, (gpointer)node->name, of_name);
    }
  g_array_append_val (of_name, reference);
  return TRUE;
}

/* Returns: name → GArray of Reference, of all fields. */
static GHashTable *
collect_references (const BeltAstSelect *select)
{
  References references = {
    .by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref),
  };

  for (guint i = 0; i < select->n_fields; i++)
    {
      references.field = &select->fields[i];
      belt_node_walk (references.field->expr, collect_reference, &references);
    }

  return references.by_name;
}

/* References to what the field itself is (of one stream, or still open ones) become its alias, in the other fields. */
static void
take_over (Resolver           *self,
           GHashTable         *references,
           const BeltAstField *field,
           guint               alias)
{
  const GArray *of_name = g_hash_table_lookup (references, field->alias);
  guint key = KEY_DEFAULT;

  if (field->expr->kind == BELT_NODE_COLUMN)
    key = get_key (belt_resolved_get (self->out, field->expr));

  for (guint i = 0; of_name != NULL && i < of_name->len; i++)
    {
      const Reference *reference = &g_array_index (of_name, Reference, i);

      if (g_strcmp0 (reference->field->alias, field->alias) != 0 &&
          get_key (belt_resolved_get (self->out, reference->node)) == key)
        set_ref (self->out, reference->node, (BeltRef) { .kind = BELT_REF_ALIAS, .alias = alias });
    }
}

static void
save_alias (Resolver           *self,
            const BeltAstField *field,
            guint               alias)
{
  Store *store = find_store (self, field->alias, TRUE);

  self->doubt = NULL;
  if (store_has (store, KEY_ALIAS))
    {
      self->doubt = belt_resolved_note (self->out, "duplicate-alias", field->alias_span, NULL, "duplicate alias %s",
                                        field->alias);
      return;
    }

  store_add (store, KEY_ALIAS);
  store->alias = alias;
}

static void
bind_aliases (Resolver *self)
{
  BeltResolved *out = self->out;
  BeltAstSelect *select = out->select;
  g_autoptr(GHashTable) references = collect_references (select);

  out->aliases = g_new0 (guint, select->n_fields + 1);
  for (guint i = 0; i < select->n_fields; i++)
    {
      guint index = out->order[i];
      const BeltAstField *field = &select->fields[index];

      if (field->alias == NULL)
        continue;

      out->aliases[out->n_aliases] = index;
      save_alias (self, field, out->n_aliases);
      if (self->options->alias_references)
        take_over (self, references, field, out->n_aliases);
      out->n_aliases++;
      if (!g_hash_table_contains (self->alias_indexes, field->alias))
        g_hash_table_insert (self->alias_indexes, (gpointer)field->alias, GUINT_TO_POINTER (out->n_aliases));
    }
}

static gboolean
settle_open (BeltNode *node,
             gpointer  data)
{
  Resolver *self = data;
  guint alias;

  if (node->kind != BELT_NODE_COLUMN || belt_resolved_get (self->out, node) != NULL)
    return TRUE;

  alias = GPOINTER_TO_UINT (g_hash_table_lookup (self->alias_indexes, node->name));
  if (alias > 0)
    set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_ALIAS, .alias = alias - 1, .open = TRUE });
  else
    set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_ANY });

  return TRUE;
}

static gboolean
bind_in_clause (BeltNode *node,
                gpointer  data)
{
  Resolver *self = data;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  if (node->qualifier == NULL || find_stream (self, node) < self->out->n_streams)
    {
      bind_reference (self, node);
      return TRUE;
    }

  doubt_name (self, node, belt_resolved_note (self->out, "unknown-stream", node->qualifier_span, NULL,
                                              "stream %s not found", node->qualifier));
  return TRUE;
}

/* In eKuiper's order.  The partition of a window and the one condition of a state window it does not look at: what is
 * wrong there is no doubt. */
static void
bind_window (Resolver      *self,
             BeltAstWindow *window)
{
  BeltDiagnostic *doubt = self->doubt;
  gboolean is_state = window->kind == BELT_AST_WINDOW_STATE;

  for (guint i = 0; window->over != NULL && i < window->over->n_partition; i++)
    belt_node_walk (window->over->partition[i], bind_in_clause, self);
  for (guint i = 0; is_state && window->emit == NULL && i < window->n_args; i++)
    belt_node_walk (window->args[i], bind_in_clause, self);
  self->doubt = doubt;

  for (guint i = 0; !is_state && i < window->n_args; i++)
    belt_node_walk (window->args[i], bind_in_clause, self);
  belt_node_walk (window->filter, bind_in_clause, self);
  if (window->over != NULL)
    belt_node_walk (window->over->when, bind_in_clause, self);
  for (guint i = 0; is_state && window->emit != NULL && i < window->n_args; i++)
    belt_node_walk (window->args[i], bind_in_clause, self);
}

static void
bind_clauses (Resolver *self)
{
  BeltAstSelect *select = self->out->select;

  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, settle_open, self);

  for (guint i = 0; i < select->n_tables; i++)
    {
      if (select->tables[i].on != NULL)
        belt_node_walk (select->tables[i].on, bind_in_clause, self);
    }

  if (select->where != NULL)
    belt_node_walk (select->where, bind_in_clause, self);
  if (select->window != NULL)
    bind_window (self, select->window->window);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], bind_in_clause, self);
  if (select->having != NULL)
    belt_node_walk (select->having, bind_in_clause, self);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, bind_in_clause, self);
  settle_doubt (self);
}

/* What eKuiper lets pass stays a warning. */
static void
soften_doubts (const BeltResolved *self)
{
  for (guint i = 0; self->error == NULL && i < self->diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = self->diagnostics->pdata[i];

      if (diagnostic->severity != BELT_SEVERITY_ERROR)
        continue;
      diagnostic->severity = BELT_SEVERITY_WARNING;
      if (diagnostic->hint == NULL)
        diagnostic->hint = g_strdup ("eKuiper looks at the last name only and lets this pass (N1)");
    }
}

static void
reserve_columns (Resolver *self)
{
  for (guint i = 0; i < self->out->n_streams; i++)
    {
      const BeltStream *stream = self->out->streams[i];

      for (guint k = 0; !self->out->schemaless && k < stream->n_fields; k++)
        store_add (find_store (self, stream->fields[k].name, TRUE), i);
    }
}

BeltResolved *
belt_resolve (BeltAst               *ast,
              BeltCatalog           *catalog,
              const BeltRuleOptions *options,
              BeltResolveFlags       flags)
{
  BeltResolved *out = g_new0 (BeltResolved, 1);
  Resolver self = { .out = out, .options = options, .default_key = KEY_DEFAULT,
                    .extensions = (flags & BELT_RESOLVE_EXTENSIONS) != 0 };

  g_assert (ast->kind == BELT_AST_SELECT);

  out->ast = ast;
  out->extensions = self.extensions;
  out->select = ast->select;
  out->refs = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  out->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  out->order = g_new0 (guint, out->select->n_fields + 1);
  for (guint i = 0; i < out->select->n_fields; i++)
    out->order[i] = i;

  if (!look_up_streams (&self, catalog, (flags & BELT_RESOLVE_TEMP) != 0))
    return out;

  self.stores = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)store_free);
  self.alias_names = g_hash_table_new (g_str_hash, g_str_equal);
  self.alias_indexes = g_hash_table_new (g_str_hash, g_str_equal);
  self.strangers = g_ptr_array_new ();
  if (out->n_streams == 1)
    self.default_key = 0;
  if (!out->schemaless && options->alias_references)
    belt_resolved_sort_fields (out, self.extensions);
  reserve_columns (&self);
  bind_fields (&self);
  bind_aliases (&self);
  bind_clauses (&self);
  soften_doubts (out);
  g_hash_table_unref (self.stores);
  g_hash_table_unref (self.alias_names);
  g_hash_table_unref (self.alias_indexes);
  g_ptr_array_unref (self.strangers);

  return out;
}
