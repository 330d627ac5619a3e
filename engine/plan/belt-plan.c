/* belt-plan.c - a statement planned, and the door that plans it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Parse, resolve names, check, rewrite, bind, build operators.  Each phase stops
 * the next when it found errors, so that one mistake gives one message.
 */
#include "config.h"

#include "belt-plan.h"

#include "belt-error.h"
#include "belt-parser-hooks.h"
#include "belt-planner-private.h"
#include "belt-validate.h"

#include <string.h>

BeltPlan *
belt_plan_ref (BeltPlan *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
layout_free (BeltLayout *layout)
{
  if (layout == NULL)
    return;

  for (guint i = 0; i < layout->n_slots; i++)
    g_free (layout->slots[i].name);
  g_free (layout->slots);
  g_strfreev (layout->streams);
  for (guint i = 0; layout->stream_aliases != NULL && i < layout->n_streams; i++)
    g_free (layout->stream_aliases[i]);
  g_free (layout->stream_aliases);
  g_free (layout);
}

static void
plan_free (BeltPlan *self)
{
  for (guint i = 0; i < self->n_ops; i++)
    {
      BeltPlanOp *op = &self->ops[i];

      if (op->spec != NULL && op->spec_free != NULL)
        op->spec_free (op->spec);
      g_free (op->name);
      g_free (op->label);
      g_free (op->next);
    }
  g_free (self->ops);

  for (guint i = 0; i < self->n_streams; i++)
    {
      BeltPlanStream *stream = &self->streams[i];

      g_strfreev (stream->columns);
      g_free (stream->slots);
      belt_stream_unref (stream->stream);
      g_clear_pointer (&stream->narrowed, belt_stream_unref);
    }
  g_free (self->streams);

  for (guint i = 0; i < self->n_sinks; i++)
    {
      g_free (self->sinks[i].type);
      g_free (self->sinks[i].name);
      json_object_unref (self->sinks[i].properties);
    }
  g_free (self->sinks);

  layout_free (self->layout);
  g_clear_pointer (&self->exprs, g_ptr_array_unref);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_clear_pointer (&self->ast, belt_ast_free);
  g_free (self->state_frees);
  g_free (self->sql);
  g_free (self);
}

void
belt_plan_unref (BeltPlan *self)
{
  if (self != NULL && g_atomic_int_dec_and_test (&self->ref_count))
    plan_free (self);
}

void
belt_plan_result_free (BeltPlanResult *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->plan, belt_plan_unref);
  g_ptr_array_unref (self->diagnostics);
  g_free (self->explain);
  g_free (self->error);
  g_free (self);
}

JsonNode *
belt_plan_get_topo (const BeltPlan *self)
{
  return belt_planner_make_topo (self);
}

char *
belt_plan_dup_text (const BeltPlan *self,
                    BeltSpan        span)
{
  gsize end = MIN (span.end, self->sql_len);
  gsize start = MIN (span.start, end);

  return g_strstrip (g_strndup (self->sql + start, end - start));
}

static BeltPlanResult *
result_new (void)
{
  BeltPlanResult *result = g_new0 (BeltPlanResult, 1);

  result->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  return result;
}

static void
take_diagnostics (BeltPlanResult *result,
                  GPtrArray      *diagnostics)
{
  for (guint i = 0; i < diagnostics->len; i++)
    g_ptr_array_add (result->diagnostics, belt_diagnostic_copy (diagnostics->pdata[i]));
}

static void
fail_result (BeltPlanResult *result,
             const char     *code,
             const char     *message)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, code, (BeltSpan) { 0, 0 }, "%s",
                                                    message);

  g_ptr_array_add (result->diagnostics, diagnostic);
  if (result->error == NULL)
    result->error = g_strdup (diagnostic->message);
}

static BeltPlan *
plan_new (const BeltPlanRequest *request,
          BeltParseResult       *parsed)
{
  BeltPlan *plan = g_new0 (BeltPlan, 1);

  plan->ref_count = 1;
  plan->ast = g_steal_pointer (&parsed->ast);
  plan->sql_len = plan->ast->len;
  plan->sql = g_strndup (plan->ast->text, plan->ast->len);
  plan->catalog = belt_catalog_ref (request->catalog);
  plan->functions = belt_function_table_ref (request->functions);
  plan->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);

  return plan;
}

static const BeltAstField *
look_up_alias (const BeltNode *node,
               gpointer        data)
{
  const BeltResolved *resolved = data;
  const BeltRef *ref = belt_resolved_get (resolved, node);

  if (ref == NULL || ref->kind != BELT_REF_ALIAS || ref->open)
    return NULL;
  return &resolved->select->fields[resolved->aliases[ref->alias]];
}

/* Rules that need no catalog.  eKuiper looks for cycles of aliases before it looks at names, and for
 * the rest after it. */
static void
validate (const BeltAst *ast,
          BeltResolved  *resolved)
{
  g_autofree char *message = NULL;

  if (belt_validate_bound (ast, look_up_alias, resolved, resolved->diagnostics, &message))
    return;

  if (resolved->error != NULL && g_strcmp0 (message, "select fields have cycled alias") != 0)
    return;

  g_free (resolved->error);
  resolved->error = g_utf8_make_valid (message != NULL ? message : "invalid statement", -1);
}

/* A plan or what is wrong; the names are resolved in the caller's tree. */
static gboolean
build_plan (BeltPlan              *plan,
            const BeltPlanRequest *request,
            BeltPlanResult        *result)
{
  BeltResolveFlags flags = (request->is_temp ? BELT_RESOLVE_TEMP : 0) |
                           (request->extensions ? BELT_RESOLVE_EXTENSIONS : 0);
  g_autoptr(BeltResolved) resolved = belt_resolve (plan->ast, request->catalog, &plan->options, flags);
  g_autoptr(BeltLogicalPlan) logical = NULL;
  g_autoptr(BeltBinder) binder = NULL;
  const BeltNode *flawed;
  g_autoptr(GError) error = NULL;

  if (resolved->streams != NULL && resolved->streams[resolved->n_streams - 1] != NULL)
    validate (plan->ast, resolved);
  if (resolved->error == NULL)
    belt_resolved_check (resolved, &plan->options);
  if (resolved->error == NULL)
    logical = belt_logical_plan_new (resolved, &plan->options);
  if (resolved->error == NULL)
    {
      result->explain = belt_planner_explain (logical);
      belt_resolved_check_operators (resolved, &plan->options, logical->incremental);
    }
  if (resolved->error == NULL)
    {
      binder = belt_binder_new (resolved, request->functions);
      belt_planner_build_ops (plan, logical, binder, request->actions, &error);
    }

  if (resolved->select->window != NULL)
    plan->flaw = belt_ast_window_get_flaw (resolved->select->window->window, &flawed);
  take_diagnostics (result, resolved->diagnostics);
  if (resolved->error != NULL)
    {
      result->error = g_strdup (resolved->error);
      return FALSE;
    }

  if (error != NULL)
    {
      fail_result (result, "rule", error->message);
      return FALSE;
    }

  return TRUE;
}

BeltPlanResult *
belt_plan_new (const BeltPlanRequest *request)
{
  BeltPlanResult *result = result_new ();
  gsize len = request->len >= 0 ? (gsize)request->len : strlen (request->sql);
  BeltParserHooks hooks;
  g_autoptr(BeltParseResult) parsed = NULL;
  g_autoptr(BeltPlan) plan = NULL;
  g_autoptr(GError) error = NULL;

  belt_parser_hooks_init (&hooks, request->functions);
  parsed = belt_parse (request->sql, len, request->extensions ? BELT_PARSER_EXTENSIONS : 0, &hooks);
  take_diagnostics (result, parsed->diagnostics);
  if (parsed->n_errors > 0)
    {
      result->error = g_strdup (parsed->ekuiper_error);
      /* A statement without a stream's name parses in eKuiper, and fails later. */
      result->parsed = parsed->n_errors == 1 && result->error != NULL &&
                       g_str_has_prefix (result->error, "fail to get stream");
      for (guint i = 0; result->error == NULL && i < parsed->diagnostics->len; i++)
        {
          const BeltDiagnostic *diagnostic = parsed->diagnostics->pdata[i];

          if (diagnostic->severity == BELT_SEVERITY_ERROR)
            result->error = g_strdup (diagnostic->message);
        }
      return result;
    }

  if (parsed->ast->kind != BELT_AST_SELECT)
    {
      fail_result (result, "not-a-select", "a rule needs a SELECT statement");
      return result;
    }

  result->parsed = TRUE;
  plan = plan_new (request, parsed);
  if (!belt_rule_options_parse (&plan->options, request->options, &error))
    fail_result (result, "options", error->message);
  else if (build_plan (plan, request, result))
    result->plan = g_steal_pointer (&plan);

  return result;
}
