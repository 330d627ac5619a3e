/* belt-template-run.c - works a template out over a value
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values are those of rows; a missing member is nothing, printed "<no value>" as
 * Go does.  The size of what comes out and the number of steps are bounded.
 */
#include "config.h"

#include "belt-error.h"
#include "belt-expr.h"
#include "belt-template-private.h"

#include <string.h>

#define OUTPUT_MAX    (16u * 1024u * 1024u)
#define STEPS_MAX     (4u * 1024u * 1024u)
#define VARIABLES_MAX 256u

typedef struct
{
  const char *name;
  BeltValue   value;
} Variable;

typedef enum
{
  RUN_ON,
  RUN_BREAK,
  RUN_CONTINUE,
  RUN_FAILED,
} RunState;

typedef struct
{
  BeltArena  arena;
  GString   *out;
  gsize      start;     /* of our own output in out */
  Variable   variables[VARIABLES_MAX];
  guint      n_variables;
  guint      n_steps;
  guint      line;
  GError   **error;
} Run;

static RunState run_nodes (Run                        *self,
                           const GPtrArray            *nodes,
                           const BeltValue            *dot);
static gboolean eval_pipeline (Run                        *self,
                               const BeltTemplatePipeline *pipeline,
                               const BeltValue            *dot,
                               BeltValue                  *ret_value);

static gboolean
fail (Run        *self,
      const char *text)
{
  if (*self->error == NULL)
    g_set_error (self->error, BELT_ERROR, BELT_ERROR_INVALID, "template: line %u: %s", self->line, text);
  return FALSE;
}

static RunState
stop (Run        *self,
      const char *text)
{
  fail (self, text);
  return RUN_FAILED;
}

static gboolean
get_field (Run             *self,
           const BeltValue *holder,
           const char      *name,
           BeltValue       *ret_value)
{
  BeltValue object = belt_value_expand (holder, &self->arena);
  const BeltValue *member;

  /* What is not there has no members; what is null fails. */
  if (object.tag == BELT_TAG_MISSING)
    {
      *ret_value = object;
      return TRUE;
    }
  if (belt_value_is_null (&object))
    return fail (self, belt_arena_printf (&self->arena, "nil pointer evaluating interface {}.%s", name));
  if (object.tag != BELT_TAG_MAP)
    return fail (self, belt_arena_printf (&self->arena, "can't evaluate field %s in type %s", name,
                                          object.tag == BELT_TAG_LIST ? "[]interface {}"
                                                                      : belt_tag_get_name (object.tag)));
  member = belt_value_get_member (&object, name, strlen (name));
  *ret_value = member != NULL ? *member : belt_value_missing ();
  return TRUE;
}

static gboolean
find_variable (Run         *self,
               const char  *name,
               Variable   **ret_variable)
{
  for (guint i = self->n_variables; i > 0; i--)
    {
      if (strcmp (self->variables[i - 1].name, name) == 0)
        {
          *ret_variable = &self->variables[i - 1];
          return TRUE;
        }
    }
  return fail (self, belt_arena_printf (&self->arena, "undefined variable \"%s\"", name));
}

static gboolean
set_variable (Run             *self,
              const char      *name,
              const BeltValue *value,
              gboolean         assigns)
{
  Variable *variable;

  if (assigns)
    {
      if (!find_variable (self, name, &variable))
        return FALSE;
      variable->value = *value;
      return TRUE;
    }
  if (self->n_variables == VARIABLES_MAX)
    return fail (self, "too many variables");
  self->variables[self->n_variables++] = (Variable) { name, *value };
  return TRUE;
}

static gboolean
call_function (Run                        *self,
               const BeltTemplateFunction *function,
               const BeltValue            *args,
               guint                       n_args,
               BeltValue                  *ret_value)
{
  const char *text = "it does not take these arguments";

  if (n_args < function->args_min || n_args > function->args_max)
    return fail (self, belt_arena_printf (&self->arena, "wrong number of args for %s: got %u", function->name, n_args));
  if (function->call (function, &self->arena, args, n_args, ret_value, &text))
    return TRUE;
  return fail (self, belt_arena_printf (&self->arena, "error calling %s: %s", function->name, text));
}

static gboolean
eval_operand (Run                       *self,
              const BeltTemplateOperand *operand,
              const BeltValue           *dot,
              BeltValue                 *ret_value)
{
  Variable *variable;

  switch (operand->kind)
    {
    case BELT_OPERAND_CONST:
      *ret_value = operand->constant;
      return TRUE;

    case BELT_OPERAND_FUNCTION:
      return call_function (self, operand->function, NULL, 0, ret_value);

    case BELT_OPERAND_VARIABLE:
      if (!find_variable (self, operand->name, &variable))
        return FALSE;
      *ret_value = variable->value;
      break;

    case BELT_OPERAND_PIPELINE:
      if (!eval_pipeline (self, operand->pipeline, dot, ret_value))
        return FALSE;
      break;

    default:
      *ret_value = *dot;
      break;
    }
  for (guint i = 0; i < operand->fields->len; i++)
    {
      if (!get_field (self, ret_value, g_ptr_array_index (operand->fields, i), ret_value))
        return FALSE;
    }
  return TRUE;
}

/* A command; `piped`, if there is one, is its last argument. */
static gboolean
eval_command (Run             *self,
              const GPtrArray *operands,
              const BeltValue *dot,
              const BeltValue *piped,
              BeltValue       *ret_value)
{
  const BeltTemplateOperand *first = g_ptr_array_index (operands, 0);
  BeltValue args[BELT_TEMPLATE_ARGS_MAX + 2];
  guint n_args = 0;

  if (++self->n_steps > STEPS_MAX)
    return fail (self, "too many steps");
  if (first->kind != BELT_OPERAND_FUNCTION)
    {
      if (operands->len > 1 || piped != NULL)
        return fail (self, "can't give argument to non-function");
      return eval_operand (self, first, dot, ret_value);
    }

  for (guint i = 1; i < operands->len; i++)
    {
      if (!eval_operand (self, g_ptr_array_index (operands, i), dot, &args[n_args++]))
        return FALSE;
    }
  if (piped != NULL)
    args[n_args++] = *piped;
  return call_function (self, first->function, args, n_args, ret_value);
}

static gboolean
eval_commands (Run                        *self,
               const BeltTemplatePipeline *pipeline,
               const BeltValue            *dot,
               BeltValue                  *ret_value)
{
  BeltValue value = belt_value_null ();

  for (guint i = 0; i < pipeline->commands->len; i++)
    {
      BeltValue piped = value;

      if (!eval_command (self, g_ptr_array_index (pipeline->commands, i), dot, i > 0 ? &piped : NULL, &value))
        return FALSE;
    }
  *ret_value = value;
  return TRUE;
}

static gboolean
eval_pipeline (Run                        *self,
               const BeltTemplatePipeline *pipeline,
               const BeltValue            *dot,
               BeltValue                  *ret_value)
{
  if (!eval_commands (self, pipeline, dot, ret_value))
    return FALSE;
  return pipeline->variables[0] == NULL ||
         set_variable (self, pipeline->variables[0], ret_value, pipeline->assigns);
}

static RunState
run_item (Run                    *self,
          const BeltTemplateNode *node,
          const BeltValue        *key,
          const BeltValue        *item)
{
  char *const *names = node->pipeline->variables;
  guint n_variables = self->n_variables;
  RunState state;

  if (++self->n_steps > STEPS_MAX)
    return stop (self, "too many steps");
  if (names[0] != NULL && names[1] != NULL && !set_variable (self, names[0], key, FALSE))
    return RUN_FAILED;
  if (names[0] != NULL && !set_variable (self, names[1] != NULL ? names[1] : names[0], item, FALSE))
    return RUN_FAILED;
  state = run_nodes (self, node->body, item);
  self->n_variables = n_variables;
  return state;
}

static int
compare_members (gconstpointer a,
                 gconstpointer b)
{
  return belt_member_compare (a, b);
}

/* Over the items of a list, the members of an object by name, or the numbers below an int. */
static RunState
run_range (Run                    *self,
           const BeltTemplateNode *node,
           const BeltValue        *dot)
{
  BeltValue holder;
  BeltMember *members = NULL;
  gint64 n_items;

  if (!eval_commands (self, node->pipeline, dot, &holder))
    return RUN_FAILED;
  holder = belt_value_expand (&holder, &self->arena);
  if (holder.tag == BELT_TAG_MAP)
    {
      members = belt_arena_memdup (&self->arena, holder.u.members, holder.len * sizeof *members);
      qsort (members, holder.len, sizeof *members, compare_members);
    }
  else if (holder.tag != BELT_TAG_LIST && holder.tag != BELT_TAG_I64 && !belt_value_is_null (&holder))
    return stop (self, "range can't iterate over this");

  n_items = belt_value_is_null (&holder) ? 0 : holder.tag == BELT_TAG_I64 ? holder.u.i : holder.len;
  if (n_items <= 0)
    return node->otherwise != NULL ? run_nodes (self, node->otherwise, dot) : RUN_ON;
  for (gint64 i = 0; i < n_items; i++)
    {
      BeltValue key = members != NULL ? belt_value_str (members[i].name, members[i].name_len) : belt_value_i64 (i);
      BeltValue item = members != NULL ? members[i].value
                                       : holder.tag == BELT_TAG_I64 ? belt_value_i64 (i) : holder.u.items[i];
      RunState state = run_item (self, node, &key, &item);

      if (state == RUN_FAILED)
        return state;
      if (state == RUN_BREAK)
        break;
    }
  return RUN_ON;
}

static RunState
run_branch (Run                    *self,
            const BeltTemplateNode *node,
            const BeltValue        *dot)
{
  guint n_variables = self->n_variables;
  RunState state = RUN_ON;
  BeltValue value;

  if (!eval_pipeline (self, node->pipeline, dot, &value))
    return RUN_FAILED;
  if (belt_template_is_true (&value))
    state = run_nodes (self, node->body, node->kind == BELT_TEMPLATE_WITH ? &value : dot);
  else if (node->otherwise != NULL)
    state = run_nodes (self, node->otherwise, dot);
  self->n_variables = n_variables;
  return state;
}

static RunState
run_node (Run                    *self,
          const BeltTemplateNode *node,
          const BeltValue        *dot)
{
  BeltValue value;

  self->line = node->line;
  if (++self->n_steps > STEPS_MAX)
    return stop (self, "too many steps");

  switch (node->kind)
    {
    case BELT_TEMPLATE_TEXT:
      g_string_append (self->out, node->text);
      break;
    case BELT_TEMPLATE_ACTION:
      if (!eval_pipeline (self, node->pipeline, dot, &value))
        return RUN_FAILED;
      if (node->pipeline->variables[0] == NULL)
        belt_template_print (self->out, &self->arena, &value);
      break;
    case BELT_TEMPLATE_RANGE:
      return run_range (self, node, dot);
    case BELT_TEMPLATE_BREAK:
      return RUN_BREAK;
    case BELT_TEMPLATE_CONTINUE:
      return RUN_CONTINUE;
    default:
      return run_branch (self, node, dot);
    }
  if (self->out->len - self->start > OUTPUT_MAX)
    return stop (self, "the result is too long");
  return RUN_ON;
}

static RunState
run_nodes (Run             *self,
           const GPtrArray *nodes,
           const BeltValue *dot)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      RunState state = run_node (self, g_ptr_array_index (nodes, i), dot);

      if (state != RUN_ON)
        return state;
    }
  return RUN_ON;
}

gboolean
belt_template_run (BeltTemplate     *self,
                   const BeltValue  *dot,
                   GString          *out,
                   GError          **error)
{
  g_autoptr(GError) local = NULL;
  g_autofree Run *run = g_new0 (Run, 1);
  RunState state;

  g_return_val_if_fail (self != NULL, FALSE);

  belt_arena_init (&run->arena);
  run->out = out;
  run->start = out->len;
  run->error = &local;
  set_variable (run, "$", dot, FALSE);
  state = run_nodes (run, self->nodes, dot);
  belt_arena_clear (&run->arena);
  if (state != RUN_FAILED)
    return TRUE;

  g_string_truncate (out, run->start);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
