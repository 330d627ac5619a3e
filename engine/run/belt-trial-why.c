/* belt-trial-why.c - why a row was dropped, and why nothing came out
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same evaluator that dropped the row is asked again with a recorder, so what
 * is said is what was computed.
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-json.h"
#include "belt-op-filter.h"
#include "belt-op-lookup.h"

#include <string.h>

#define BELT_WHY_VALUES_MAX   4u    /* columns named in one sentence */
#define BELT_WHY_VALUE_CHARS  80u

char *
belt_trial_say_value (const BeltValue *value)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (belt_value_is_null (value))
    return g_strdup ("null");
  if (belt_value_is_error (value))
    return g_strdup_printf ("an error: %s", value->u.fault->message);

  belt_json_write (text, value);
  if (text->len > BELT_WHY_VALUE_CHARS)
    {
      char *cut = g_utf8_find_prev_char (text->str, text->str + BELT_WHY_VALUE_CHARS);

      g_string_truncate (text, cut != NULL ? cut - text->str : 0);
      g_string_append (text, "…");
    }

  return g_strdup (text->str);
}

typedef struct
{
  const BeltPlan *plan;
  GPtrArray      *names;    /* texts of the columns met */
  GPtrArray      *values;
  char           *null;     /* the first that is null */
} Leaves;

static gboolean
is_leaf (const BeltExpr *expr)
{
  switch (expr->kind)
    {
    case BELT_EXPR_COLUMN:
    case BELT_EXPR_ANY_COLUMN:
    case BELT_EXPR_ALIAS:
    case BELT_EXPR_SLOT:
    case BELT_EXPR_MEMBER:
    case BELT_EXPR_INDEX:
    case BELT_EXPR_CALL:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
note_leaf (Leaves          *self,
           const BeltExpr  *expr,
           const BeltValue *value)
{
  g_autofree char *text = belt_plan_dup_text (self->plan, expr->span);

  for (guint i = 0; i < self->names->len; i++)
    {
      if (strcmp (self->names->pdata[i], text) == 0)
        return;
    }

  if (belt_value_is_null (value) && self->null == NULL)
    self->null = g_strdup (text);
  if (self->names->len == BELT_WHY_VALUES_MAX)
    return;

  g_ptr_array_add (self->values, belt_trial_say_value (value));
  g_ptr_array_add (self->names, g_steal_pointer (&text));
}

/* What the parts of a condition are in this row; functions with memory are not asked again. */
static void
collect_leaves (Leaves         *self,
                const BeltExpr *expr,
                BeltEval       *eval)
{
  gboolean again = expr->kind != BELT_EXPR_CALL ||
                   (expr->function->flags & (BELT_FUNCTION_STATEFUL | BELT_FUNCTION_NONDETERMINISTIC)) == 0;
  BeltValue value;

  if (is_leaf (expr))
    {
      if (again)
        {
          value = belt_expr_eval (expr, eval);
          note_leaf (self, expr, &value);
        }
      if (expr->kind != BELT_EXPR_CALL)
        return;
    }

  for (guint i = 0; i < expr->n_children; i++)
    {
      if (expr->children[i] != NULL)
        collect_leaves (self, expr->children[i], eval);
    }
}

static char *
join_leaves (const Leaves *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->names->len; i++)
    g_string_append_printf (text, "%s%s is %s", i > 0 ? ", " : "", (const char *)self->names->pdata[i],
                            (const char *)self->values->pdata[i]);

  return g_string_free (text, FALSE);
}

/* The value of the condition itself is said already. */
static void
collect_parts (Leaves         *self,
               const BeltExpr *condition,
               BeltEval       *eval)
{
  if (condition->kind != BELT_EXPR_CALL)
    {
      collect_leaves (self, condition, eval);
      return;
    }
  for (guint i = 0; i < condition->n_children; i++)
    if (condition->children[i] != NULL)
      collect_leaves (self, condition->children[i], eval);
}

static char *
say_condition (const BeltPlan       *plan,
               const BeltFilterSpec *spec,
               BeltEval             *eval)
{
  gboolean is_null = FALSE;
  const BeltExpr *expr = belt_expr_find_reason (spec->condition, eval, &is_null);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  Leaves leaves = { plan, names, values, NULL };
  g_autofree char *text = belt_plan_dup_text (plan, expr->span);
  g_autofree char *joined = NULL;
  g_autofree char *null = NULL;

  if (is_null)
    collect_leaves (&leaves, expr, eval);
  else
    collect_parts (&leaves, expr, eval);
  null = leaves.null;
  if (is_null && null != NULL)
    return strcmp (null, text) == 0 ? g_strdup_printf ("%s is null", null)
                                    : g_strdup_printf ("%s is null, so %s is not true", null, text);
  if (names->len == 0)
    return g_strdup_printf ("%s is false", text);

  joined = join_leaves (&leaves);
  return g_strdup_printf ("%s is false: %s", text, joined);
}

static gboolean
is_condition (const BeltPlanOp *op)
{
  return op->kind == BELT_PLAN_FILTER || op->kind == BELT_PLAN_HAVING || op->kind == BELT_PLAN_WINDOW_FILTER;
}

/* The fault's text names types and values, this also the part of the condition and its columns. */
static char *
say_failure (const BeltPlan       *plan,
             const BeltFilterSpec *spec,
             BeltEval             *eval,
             const char           *fault)
{
  gboolean is_null = FALSE;
  const BeltExpr *expr = belt_expr_find_reason (spec->condition, eval, &is_null);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  Leaves leaves = { plan, names, values, NULL };
  g_autofree char *text = belt_plan_dup_text (plan, expr->span);
  g_autofree char *joined = NULL;

  collect_leaves (&leaves, expr, eval);
  g_free (leaves.null);
  if (names->len == 0)
    return g_strdup_printf ("%s failed: %s", text, fault);

  joined = join_leaves (&leaves);
  return g_strdup_printf ("%s failed, %s: %s", text, joined, fault);
}

/* What the columns of a condition are in a row for which it is true. */
char *
belt_trial_say_passed (const BeltPlan   *plan,
                       const BeltPlanOp *op,
                       BeltEval         *eval)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  Leaves leaves = { plan, names, values, NULL };

  if (!is_condition (op))
    return NULL;
  collect_leaves (&leaves, ((const BeltFilterSpec *)op->spec)->condition, eval);
  g_free (leaves.null);
  return names->len > 0 ? join_leaves (&leaves) : NULL;
}

/* "the table devices has no row with id = 7" */
static char *
say_lookup_miss (const BeltPlan   *plan,
                 const BeltPlanOp *op,
                 BeltEval         *eval)
{
  const BeltLookupSpec *spec = op->spec;
  GString *said = g_string_new (NULL);

  g_string_printf (said, "the table %s has no row with ", op->name);
  for (guint i = 0; i < spec->n_keys; i++)
    {
      BeltValue value = belt_expr_eval (spec->values[i], eval);
      g_autofree char *text = belt_trial_say_value (&value);

      if (belt_value_is_null (&value))
        {
          g_string_printf (said, "nothing is looked up in %s: what %s is compared with is null", op->name,
                           spec->keys[i]);
          break;
        }
      g_string_append_printf (said, "%s%s = %s", i > 0 ? " and " : "", spec->keys[i], text);
    }

  return g_string_free (said, FALSE);
}

char *
belt_trial_say_why (const BeltPlan   *plan,
                    const BeltPlanOp *op,
                    BeltEval         *eval,
                    BeltDropReason    reason,
                    const char       *detail)
{
  if (detail != NULL && reason == BELT_DROP_TYPE_ERROR && is_condition (op))
    return say_failure (plan, op->spec, eval, detail);
  if (detail != NULL)
    return g_strdup (detail);

  switch (reason)
    {
    case BELT_DROP_PREDICATE_FALSE:
    case BELT_DROP_PREDICATE_NULL:
    case BELT_DROP_HAVING_FALSE:
    case BELT_DROP_WINDOW_FILTER:
      if (is_condition (op))
        return say_condition (plan, op->spec, eval);
      return g_strdup ("the condition is not true");
    case BELT_DROP_LIMIT:
      return g_strdup ("LIMIT keeps the first rows only");
    case BELT_DROP_JOIN_NO_MATCH:
      return g_strdup ("no row of the other stream in this window satisfies ON");
    case BELT_DROP_LOOKUP_MISS:
      return say_lookup_miss (plan, op, eval);
    default:
      return g_strdup (belt_drop_reason_get_name (reason));
    }
}

/* --- nothing came out --- */

static BeltDropReason
get_main_reason (const BeltTrialOp *op,
                 guint64           *ret_n)
{
  BeltDropReason reason = 0;

  *ret_n = 0;
  for (guint i = 1; i < BELT_DROP_N_REASONS; i++)
    {
      if (op->n_dropped[i] > *ret_n)
        {
          *ret_n = op->n_dropped[i];
          reason = i;
        }
    }

  return reason;
}

static const char *
find_example (const BeltTrialOp *op,
              BeltDropReason     reason)
{
  for (guint i = op->dropped->len; i > 0; i--)
    {
      const BeltTrialKept *kept = op->dropped->pdata[i - 1];

      if (kept->row.reason == reason)
        return kept->row.why;
    }

  return NULL;
}

char *
belt_trial_summarise (BeltTrial *trial)
{
  if (trial->emission_list->len > 0)
    return NULL;

  for (guint i = 0; i < trial->ops->len; i++)
    {
      const BeltTrialOp *op = trial->ops->pdata[i];
      guint64 n;
      BeltDropReason reason;
      const char *example;

      if (trial->plan->ops[i].kind == BELT_PLAN_SOURCE && op->n_in == 0)
        return g_strdup_printf ("%s got no rows.", op->label);
      if (op->n_in == 0 || op->n_out > 0)
        continue;

      reason = get_main_reason (op, &n);
      if (reason == 0)
        continue;
      example = find_example (op, reason);
      if (example == NULL)
        example = belt_drop_reason_get_name (reason);
      if (n == op->n_in)
        return g_strdup_printf ("%s let none of %" G_GUINT64_FORMAT " rows through; for instance: %s.", op->label,
                                op->n_in, example);
      return g_strdup_printf ("%s let none of %" G_GUINT64_FORMAT " rows through; %" G_GUINT64_FORMAT
                              " like this one: %s.", op->label, op->n_in, n, example);
    }

  return NULL;
}
