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

#include "belt-resolve.h"

#include "belt-parser.h"
#include "belt-suggest.h"

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
  GHashTable            *alias_names;   /* as written → index in select->fields */
  guint                  default_key;   /* the only stream, or KEY_DEFAULT */
  guint                  field;         /* position in order, while fields are bound */
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

void
belt_resolved_fail (BeltResolved *self,
                    const char   *code,
                    BeltSpan      span,
                    const char   *hint,
                    const char   *format,
                    ...)
{
  g_autofree char *message = NULL;
  BeltDiagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, code, span, "%s", message);
  diagnostic->hint = g_strdup (hint);
  belt_diagnostic_locate (diagnostic, self->ast->text, self->ast->len);
  g_ptr_array_add (self->diagnostics, diagnostic);
  if (self->error == NULL)
    self->error = g_strdup (message);
}

static void
set_ref (BeltResolved   *self,
         const BeltNode *node,
         BeltRef         ref)
{
  g_hash_table_insert (self->refs, (gpointer)node, g_memdup2 (&ref, sizeof ref));
}

const BeltRef *
belt_resolved_get (const BeltResolved *self,
                   const BeltNode     *node)
{
  return g_hash_table_lookup (self->refs, node);
}

const char *
belt_ast_field_get_name (const BeltAstField *field)
{
  return field->alias != NULL ? field->alias : field->name;
}

BeltNode *
belt_resolved_get_alias_expr (const BeltResolved *self,
                              guint               alias)
{
  return self->select->fields[self->aliases[alias]].expr;
}

const char *
belt_resolved_get_alias_name (const BeltResolved *self,
                              guint               alias)
{
  return self->select->fields[self->aliases[alias]].alias;
}

static guint
find_stream (const BeltResolved *self,
             const char         *qualifier)
{
  for (guint i = 0; i < self->n_streams; i++)
    {
      if (strcmp (self->select->tables[i].name, qualifier) == 0)
        return i;
    }

  for (guint i = 0; i < self->n_streams; i++)
    {
      if (g_strcmp0 (self->select->tables[i].alias, qualifier) == 0)
        return i;
    }

  return KEY_DEFAULT;
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

      out->streams[i] = belt_stream_ref (stream);
      if (stream->n_fields == 0)
        out->schemaless = TRUE;
      if (stream->temp && !is_temp)
        belt_resolved_fail (out, "temp-stream", table->name_span, NULL,
                            "temp stream %s can only be used by temp rules", table->name);
    }

  return out->error == NULL;
}

/* --- order of aliases --- */

typedef struct
{
  Resolver   *self;
  int        *degrees;   /* [n_fields], -1: not known yet */
  int         degree;
  const char *unknown;
  BeltSpan    unknown_span;
} Degree;

static int
find_alias_degree (const Degree *degree,
                   const char   *name)
{
  const BeltAstSelect *select = degree->self->out->select;
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
  else if (strcmp (node->name, "*") != 0 && !has_schema_field (degree->self->out, node->name))
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

static void
fail_unknown (Resolver   *self,
              BeltSpan    span,
              const char *name)
{
  g_autofree char *close = suggest_column (self->out, name);
  g_autofree char *hint = close != NULL ? g_strdup_printf ("Did you mean “%s”?", close) : NULL;
  BeltDiagnostic *diagnostic;

  belt_resolved_fail (self->out, "unknown-column", span, hint, "unknown field %s", name);
  if (close == NULL)
    return;

  diagnostic = g_ptr_array_index (self->out->diagnostics, self->out->diagnostics->len - 1);
  diagnostic->fix = g_strdup (close);
  diagnostic->fix_label = g_strdup_printf ("Change to “%s”", close);
}

static int
compare_degrees (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  const Degree *degree = data;
  const BeltAstField *fields = degree->self->out->select->fields;
  guint x = *(const guint *)a;
  guint y = *(const guint *)b;

  if (degree->degrees[x] != degree->degrees[y])
    return degree->degrees[x] < degree->degrees[y] ? -1 : 1;

  return strcmp (fields[x].alias, fields[y].alias);
}

/* Typed streams: aliased fields first, by how deep they build on each other, then by name. */
static void
sort_fields (Resolver *self)
{
  BeltResolved *out = self->out;
  BeltAstSelect *select = out->select;
  guint n_aliased = 0;
  guint at;
  Degree degree = { .self = self, .degrees = g_new (int, select->n_fields + 1) };

  for (guint i = 0; i < select->n_fields; i++)
    degree.degrees[i] = -1;

  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias == NULL)
        continue;

      degree.degree = 0;
      degree.unknown = NULL;
      belt_node_walk (select->fields[i].expr, measure_degree, &degree);
      if (degree.unknown != NULL)
        {
          gboolean is_alias = FALSE;

          for (guint k = 0; k < select->n_fields; k++)
            is_alias |= k != i && g_strcmp0 (select->fields[k].alias, degree.unknown) == 0;
          if (!is_alias)
            fail_unknown (self, degree.unknown_span, degree.unknown);
        }

      degree.degrees[i] = degree.degree;
      out->order[n_aliased++] = i;
    }

  g_qsort_with_data (out->order, (int)n_aliased, sizeof (guint), compare_degrees, &degree);
  at = n_aliased;
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (select->fields[i].alias == NULL)
        out->order[at++] = i;
    }

  g_free (degree.degrees);
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
    ref = (BeltRef) { .kind = BELT_REF_ALIAS, .alias = store->alias };
  else if (key == KEY_DEFAULT)
    ref = (BeltRef) { .kind = BELT_REF_ANY };

  set_ref (self->out, node, ref);
}

static void
bind_typed (Resolver       *self,
            const BeltNode *node,
            guint           qualifier)
{
  Store *store = find_store (self, node->name, FALSE);

  if (store == NULL || store->keys->len == 0)
    fail_unknown (self, node->name_span, node->name);
  else if (qualifier != KEY_DEFAULT && store_has (store, qualifier))
    set_ref_to_key (self, node, qualifier, store);
  else if (qualifier != KEY_DEFAULT)
    belt_resolved_fail (self->out, "unknown-column", node->span, NULL, "unknown field %s.%s",
                        node->qualifier, node->name);
  else if (store->keys->len == 1)
    set_ref_to_key (self, node, g_array_index (store->keys, guint, 0), store);
  else if (store_has (store, KEY_ALIAS))
    set_ref_to_key (self, node, KEY_ALIAS, store);
  else
    belt_resolved_fail (self->out, "ambiguous-column", node->name_span,
                        "Write the stream before it: stream.column.", "ambiguous field %s",
                        node->name);
}

static void
bind_schemaless (Resolver       *self,
                 const BeltNode *node,
                 guint           qualifier)
{
  Store *store = find_store (self, node->name, TRUE);
  guint key = qualifier;

  if (key == KEY_DEFAULT && store->keys->len == 1)
    key = g_array_index (store->keys, guint, 0);
  else if (key == KEY_DEFAULT && store->keys->len > 1)
    key = store_has (store, KEY_ALIAS) ? KEY_ALIAS : self->default_key;
  else if (key == KEY_DEFAULT)
    key = self->default_key;

  if (key == KEY_DEFAULT && store->keys->len > 1)
    {
      belt_resolved_fail (self->out, "ambiguous-column", node->name_span,
                          "Write the stream before it: stream.column.", "ambiguous field %s",
                          node->name);
      return;
    }

  store_add (store, key);
  set_ref_to_key (self, node, key, store);
}

static void
bind_reference (Resolver       *self,
                const BeltNode *node)
{
  guint qualifier = node->qualifier != NULL ? find_stream (self->out, node->qualifier) : KEY_DEFAULT;

  if (node->qualifier != NULL && qualifier == KEY_DEFAULT)
    {
      belt_resolved_fail (self->out, "unknown-stream", node->qualifier_span, NULL,
                          "stream %s not found", node->qualifier);
      return;
    }

  if (strcmp (node->name, "*") == 0)
    set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_WILDCARD, .stream = qualifier });
  else if (self->out->schemaless)
    bind_schemaless (self, node, qualifier);
  else
    bind_typed (self, node, qualifier);
}

/* --- the three passes --- */

static gboolean
bind_in_field (BeltNode *node,
               gpointer  data)
{
  Resolver *self = data;
  const BeltAstSelect *select = self->out->select;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  for (guint i = 0; i < self->field; i++)
    {
      const BeltAstField *earlier = &select->fields[self->out->order[i]];

      if (earlier->alias == NULL || strcmp (earlier->alias, node->name) != 0)
        continue;

      if (node->qualifier != NULL)
        set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_COLUMN,
                                              .stream = find_stream (self->out, node->qualifier) });
      return TRUE;   /* waits for the aliases */
    }

  bind_reference (self, node);
  return TRUE;
}

static void
bind_fields (Resolver *self)
{
  BeltAstSelect *select = self->out->select;

  for (self->field = 0; self->field < select->n_fields; self->field++)
    belt_node_walk (select->fields[self->out->order[self->field]].expr, bind_in_field, self);
}

typedef struct
{
  Resolver   *self;
  const char *name;
  guint       alias;
  guint       key;     /* references to this stream, KEY_DEFAULT: those still open, become the alias */
} TakeOver;

static gboolean
take_over (BeltNode *node,
           gpointer  data)
{
  TakeOver *take = data;
  const BeltRef *ref;
  gboolean matches;

  if (node->kind != BELT_NODE_COLUMN || strcmp (node->name, take->name) != 0)
    return TRUE;

  ref = belt_resolved_get (take->self->out, node);
  if (take->key == KEY_DEFAULT)
    matches = ref == NULL || ref->kind == BELT_REF_ANY;
  else
    matches = ref != NULL && ref->kind == BELT_REF_COLUMN && ref->stream == take->key;
  if (matches)
    set_ref (take->self->out, node, (BeltRef) { .kind = BELT_REF_ALIAS, .alias = take->alias });

  return TRUE;
}

static void
save_alias (Resolver           *self,
            const BeltAstField *field,
            guint               alias)
{
  Store *store = find_store (self, field->alias, TRUE);

  if (store_has (store, KEY_ALIAS))
    {
      belt_resolved_fail (self->out, "duplicate-alias", field->alias_span, NULL,
                          "duplicate alias %s", field->alias);
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

  out->aliases = g_new0 (guint, select->n_fields + 1);
  for (guint i = 0; i < select->n_fields; i++)
    {
      guint index = out->order[i];
      const BeltAstField *field = &select->fields[index];
      TakeOver take = { self, field->alias, out->n_aliases, KEY_DEFAULT };
      const BeltRef *ref;

      if (field->alias == NULL)
        continue;

      out->aliases[out->n_aliases] = index;
      save_alias (self, field, out->n_aliases);
      ref = field->expr->kind == BELT_NODE_COLUMN ? belt_resolved_get (out, field->expr) : NULL;
      if (ref != NULL && ref->kind == BELT_REF_COLUMN)
        take.key = ref->stream;

      for (guint k = 0; self->options->alias_references && k < select->n_fields; k++)
        {
          if (g_strcmp0 (select->fields[k].alias, field->alias) != 0)
            belt_node_walk (select->fields[k].expr, take_over, &take);
        }

      out->n_aliases++;
    }
}

static gboolean
settle_open (BeltNode *node,
             gpointer  data)
{
  Resolver *self = data;

  if (node->kind != BELT_NODE_COLUMN || belt_resolved_get (self->out, node) != NULL)
    return TRUE;

  for (guint i = 0; i < self->out->n_aliases; i++)
    {
      if (strcmp (belt_resolved_get_alias_name (self->out, i), node->name) == 0)
        {
          set_ref (self->out, node, (BeltRef) { .kind = BELT_REF_ALIAS, .alias = i });
          return TRUE;
        }
    }

  bind_reference (self, node);
  return TRUE;
}

static gboolean
bind_in_clause (BeltNode *node,
                gpointer  data)
{
  if (node->kind == BELT_NODE_COLUMN)
    bind_reference (data, node);

  return TRUE;
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
    belt_node_walk (select->window, bind_in_clause, self);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], bind_in_clause, self);
  if (select->having != NULL)
    belt_node_walk (select->having, bind_in_clause, self);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, bind_in_clause, self);
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
              gboolean               is_temp)
{
  BeltResolved *out = g_new0 (BeltResolved, 1);
  Resolver self = { .out = out, .options = options, .default_key = KEY_DEFAULT };

  g_assert (ast->kind == BELT_AST_SELECT);

  out->ast = ast;
  out->select = ast->select;
  out->refs = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  out->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  out->order = g_new0 (guint, out->select->n_fields + 1);
  for (guint i = 0; i < out->select->n_fields; i++)
    out->order[i] = i;

  if (!look_up_streams (&self, catalog, is_temp))
    return out;

  self.stores = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)store_free);
  if (out->n_streams == 1)
    self.default_key = 0;
  if (!out->schemaless && options->alias_references)
    sort_fields (&self);
  reserve_columns (&self);
  bind_fields (&self);
  bind_aliases (&self);
  bind_clauses (&self);
  g_hash_table_unref (self.stores);

  return out;
}

void
belt_resolved_free (BeltResolved *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; self->streams != NULL && i < self->n_streams; i++)
    g_clear_pointer (&self->streams[i], belt_stream_unref);
  g_free (self->streams);
  g_free (self->order);
  g_free (self->aliases);
  g_hash_table_unref (self->refs);
  g_ptr_array_unref (self->diagnostics);
  g_free (self->error);
  g_free (self);
}

/* --- questions about expressions --- */

typedef struct
{
  const BeltResolved *self;
  guint64             sources;
  gboolean            any;
  gboolean            aggregate;
  gboolean           *seen;      /* [n_aliases]: each alias is looked into once */
} Question;

static gboolean
ask (BeltNode *node,
     gpointer  data)
{
  Question *question = data;
  const BeltRef *ref;

  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))
    question->aggregate = TRUE;
  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  ref = belt_resolved_get (question->self, node);
  if (ref == NULL || ref->kind == BELT_REF_ANY)
    question->any = TRUE;
  else if (ref->kind != BELT_REF_ALIAS)
    question->sources |= G_GUINT64_CONSTANT (1) << ref->stream;
  else if (!question->seen[ref->alias])
    {
      question->seen[ref->alias] = TRUE;
      belt_node_walk (belt_resolved_get_alias_expr (question->self, ref->alias), ask, question);
    }

  return TRUE;
}

guint64
belt_resolved_get_sources (const BeltResolved *self,
                           BeltNode           *node,
                           gboolean           *ret_any)
{
  g_autofree gboolean *seen = g_new0 (gboolean, self->n_aliases + 1);
  Question question = { .self = self, .seen = seen };

  if (node != NULL)
    belt_node_walk (node, ask, &question);
  *ret_any = question.any;

  return question.sources;
}

gboolean
belt_resolved_is_aggregate (const BeltResolved *self,
                            BeltNode           *node)
{
  g_autofree gboolean *seen = g_new0 (gboolean, self->n_aliases + 1);
  Question question = { .self = self, .seen = seen };

  if (node != NULL)
    belt_node_walk (node, ask, &question);

  return question.aggregate;
}

gboolean
belt_resolved_has_aggregates (const BeltResolved *self)
{
  if (self->select->n_group_by > 0)
    return TRUE;

  for (guint i = 0; i < self->select->n_fields; i++)
    {
      if (belt_resolved_is_aggregate (self, self->select->fields[i].expr))
        return TRUE;
    }

  return FALSE;
}
