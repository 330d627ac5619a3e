/* belt-resolved.c - what the names of a SELECT mean, once that is known
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-resolve.h"

#include "belt-parser.h"

static BeltDiagnostic *
add_diagnostic (BeltResolved *self,
                const char   *code,
                BeltSpan      span,
                const char   *hint,
                const char   *format,
                va_list       args) G_GNUC_PRINTF (5, 0);

static BeltDiagnostic *
add_diagnostic (BeltResolved *self,
                const char   *code,
                BeltSpan      span,
                const char   *hint,
                const char   *format,
                va_list       args)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new_va (BELT_SEVERITY_ERROR, code, span, hint, format, args);

  if (self->diagnostics->len >= BELT_RESOLVED_DIAGNOSTICS_MAX)
    {
      g_clear_pointer (&self->further, belt_diagnostic_free);
      self->further = diagnostic;
      return diagnostic;
    }

  belt_diagnostic_locate (diagnostic, self->ast->text, self->ast->len);
  g_ptr_array_add (self->diagnostics, diagnostic);
  return diagnostic;
}

BeltDiagnostic *
belt_resolved_note (BeltResolved *self,
                    const char   *code,
                    BeltSpan      span,
                    const char   *hint,
                    const char   *format,
                    ...)
{
  BeltDiagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  diagnostic = add_diagnostic (self, code, span, hint, format, args);
  va_end (args);
  return diagnostic;
}

void
belt_resolved_fail (BeltResolved *self,
                    const char   *code,
                    BeltSpan      span,
                    const char   *hint,
                    const char   *format,
                    ...)
{
  BeltDiagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  diagnostic = add_diagnostic (self, code, span, hint, format, args);
  va_end (args);
  if (self->error == NULL)
    self->error = g_strdup (diagnostic->message);
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
  g_clear_pointer (&self->further, belt_diagnostic_free);
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
    question->sources |= G_GUINT64_CONSTANT (1) << MIN (ref->stream, BELT_STREAMS_MAX - 1);
  else if (ref->open)
    question->any = TRUE;
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

/* One question for all fields, so that an alias which many of them use is looked into once. */
gboolean
belt_resolved_has_aggregates (const BeltResolved *self)
{
  g_autofree gboolean *seen = NULL;
  Question question = { .self = self };

  if (self->select->n_group_by > 0)
    return TRUE;

  seen = g_new0 (gboolean, self->n_aliases + 1);
  question.seen = seen;
  for (guint i = 0; i < self->select->n_fields && !question.aggregate; i++)
    belt_node_walk (self->select->fields[i].expr, ask, &question);

  return question.aggregate;
}
