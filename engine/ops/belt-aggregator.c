/* belt-aggregator.c - the states of a statement's aggregate calls, a group at a time
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-aggregator.h"

static gboolean
is_named (const BeltFunction *function,
          const char         *name)
{
  return strcmp (function->name, name) == 0;
}

static BeltAggregatorErrors
get_errors (const BeltFunction *function,
            gboolean            incremental)
{
  if (incremental)
    return BELT_ERRORS_FAIL;
  if (is_named (function, "count"))
    return BELT_ERRORS_COUNT;
  if (is_named (function, "collect") || is_named (function, "deduplicate"))
    return BELT_ERRORS_KEEP;
  if (is_named (function, "merge_agg"))
    return BELT_ERRORS_PASS;
  return is_named (function, "last_value") ? BELT_ERRORS_LAST : BELT_ERRORS_FAIL;
}

static gsize
align_up (gsize size)
{
  return (size + 15u) & ~(gsize)15u;
}

void
belt_aggregator_init (BeltAggregator          *self,
                      const BeltAggregateSpec *spec,
                      BeltEval                *eval)
{
  gsize offset = align_up (spec->n_calls * (sizeof (const BeltFault *) + sizeof (gboolean)));
  guint n_args = 1;

  memset (self, 0, sizeof *self);
  self->n_calls = spec->n_calls;
  self->incremental = spec->incremental;
  self->calls = g_new0 (BeltAggregatorCall, spec->n_calls);
  self->states = g_new0 (gpointer, spec->n_calls);

  for (guint i = 0; i < spec->n_calls; i++)
    {
      const BeltAggregateCall *from = &spec->calls[i];
      BeltAggregatorCall *call = &self->calls[i];
      gboolean is_star = from->n_args == 1 && from->args[0]->kind == BELT_EXPR_WILDCARD;

      call->spec = from;
      call->call.function = from->function;
      call->call.environment = eval->environment;
      call->call.span = from->span;
      call->call.state = &self->states[i];
      call->offset = offset;
      call->rows_only = is_star && is_named (from->function, "count");
      call->errors = get_errors (from->function, spec->incremental);
      call->as_float = spec->incremental && (is_named (from->function, "sum") || is_named (from->function, "avg"));
      call->of_objects = spec->incremental && is_named (from->function, "merge_agg");
      call->loses_errors = spec->incremental && (is_named (from->function, "min") || is_named (from->function, "max"));
      if (from->function->aggregate != NULL)
        offset += align_up (from->function->aggregate->state_size);
      n_args = MAX (n_args, from->n_args);
    }

  self->group_size = offset;
  self->args = g_new0 (BeltValue, n_args);
}

void
belt_aggregator_clear (BeltAggregator *self)
{
  for (guint i = 0; i < self->n_calls; i++)
    {
      const BeltFunction *function = self->calls[i].spec->function;

      if (self->states[i] != NULL && function->state_free != NULL)
        function->state_free (self->states[i]);
    }
  g_clear_pointer (&self->calls, g_free);
  g_clear_pointer (&self->states, g_free);
  g_clear_pointer (&self->args, g_free);
}

gpointer
belt_aggregator_open (const BeltAggregator *self,
                      BeltArena            *arena)
{
  return belt_arena_alloc0 (arena, MAX (self->group_size, 1));
}

static BeltValue
make_float (const BeltValue *value,
            BeltEval        *eval)
{
  if (value->tag == BELT_TAG_I64)
    return belt_value_f64 ((double)value->u.i);
  if (belt_value_is_null (value))
    return *value;

  return belt_value_convert (eval->arena, value, BELT_TAG_F64, BELT_CONVERT_ALL, eval->environment);
}

/* eKuiper's incremental functions bear names of their own, which their errors tell. */
static const char *
get_incremental_name (const BeltFunction *function)
{
  static const char *const names[] = {
    "inc_avg", "inc_collect", "inc_count", "inc_last_value", "inc_max", "inc_merge_agg", "inc_min", "inc_sum",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (is_named (function, names[i] + strlen ("inc_")))
        return names[i];
    }

  return function->name;
}

static BeltValue
make_incremental_error (const BeltAggregatorCall *call,
                        const char               *message,
                        BeltArena                *arena)
{
  const char *name = get_incremental_name (call->spec->function);
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);

  fault->kind = BELT_FAULT_FUNCTION;
  fault->span = call->spec->span;
  fault->function = name;
  fault->message = belt_arena_printf (arena, "call func %s error: %s", name, message);
  return (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = fault };
}

/* What some functions make of an argument that failed: it is a value to them.  Others fail with it. */
static gboolean
take_error (BeltAggregatorCall *call,
            BeltValue          *value)
{
  switch (call->errors)
    {
    case BELT_ERRORS_COUNT:
      *value = belt_value_bool (TRUE);
      return TRUE;
    case BELT_ERRORS_KEEP:
      *value = belt_value_map (NULL, 0);
      return TRUE;
    case BELT_ERRORS_PASS:
      *value = belt_value_null ();
      return TRUE;
    case BELT_ERRORS_FAIL:
    case BELT_ERRORS_LAST:
    default:
      return FALSE;
    }
}

/* Returns: the arguments, or NULL with *ret_error set */
static const BeltValue *
evaluate_args (BeltAggregator     *self,
               BeltAggregatorCall *call,
               BeltEval           *eval,
               BeltValue          *ret_error)
{
  const BeltAggregateCall *spec = call->spec;

  if (call->rows_only)
    {
      self->args[0] = belt_value_bool (TRUE);
      return self->args;
    }

  /* A bare column needs no evaluation. */
  if (!eval->row_by_row && spec->n_args == 1 && spec->args[0]->kind == BELT_EXPR_COLUMN && !call->as_float &&
      eval->batch->columns[spec->args[0]->slot] != NULL)
    {
      const BeltValue *value = &eval->batch->columns[spec->args[0]->slot][eval->row];

      if (G_LIKELY (value->tag != BELT_TAG_ERROR))
        return value;
    }

  for (guint i = 0; i < spec->n_args; i++)
    {
      self->args[i] = belt_expr_eval (spec->args[i], eval);
      if (belt_value_is_error (&self->args[i]) && !take_error (call, &self->args[i]))
        {
          *ret_error = self->args[i];
          return NULL;
        }
      if (call->as_float && i == 0)
        self->args[i] = make_float (&self->args[i], eval);
      if (belt_value_is_error (&self->args[i]))
        {
          *ret_error = make_incremental_error (call, self->args[i].u.fault->message, eval->arena);
          return NULL;
        }
    }

  return self->args;
}

/* [n_calls] behind the faults: the last row's arguments were null. */
static gboolean *
get_blanks (const BeltAggregator *self,
            gpointer              group)
{
  return (gboolean *)(gpointer)((char *)group + self->n_calls * sizeof (const BeltFault *));
}

/* Incremental functions are not called with a null. */
static gboolean
is_blank (const BeltAggregatorCall *call,
          const BeltValue          *args)
{
  for (guint i = 0; i < call->spec->n_args; i++)
    {
      if (belt_value_is_null (&args[i]))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_object (const BeltValue *value)
{
  return value->tag == BELT_TAG_MAP || (value->tag == BELT_TAG_JSON && value->len > 0 && value->u.s[0] == '{');
}

static BeltValue
step_incremental (BeltAggregatorCall *call,
                  gpointer            state,
                  gboolean           *blank,
                  const BeltValue    *args,
                  BeltArena          *arena)
{
  const BeltFunction *function = call->spec->function;
  BeltValue result;

  if (call->of_objects && !is_object (&args[0]))
    return make_incremental_error (call, "argument is not a map[string]interface{}", arena);

  result = function->aggregate->step (&call->call, state, arena, args, call->spec->n_args);
  if (!belt_value_is_error (&result))
    return result;

  *blank = call->loses_errors;
  return *blank ? belt_value_null () : make_incremental_error (call, result.u.fault->message, arena);
}

static void
step_call (BeltAggregator     *self,
           BeltAggregatorCall *call,
           const BeltFault   **fault,
           gpointer            group,
           BeltEval           *eval,
           BeltArena          *arena)
{
  const BeltAggregateClass *klass = call->spec->function->aggregate;
  const BeltValue *args;
  BeltValue result = belt_value_null ();

  args = evaluate_args (self, call, eval, &result);
  call->call.arena = arena;
  if (self->incremental)
    {
      gboolean *blank = &get_blanks (self, group)[call - self->calls];

      *blank = args != NULL && is_blank (call, args);
      if (args != NULL && !*blank)
        result = step_incremental (call, (char *)group + call->offset, blank, args, arena);
    }
  else if (args != NULL)
    result = klass->step (&call->call, (char *)group + call->offset, arena, args, call->spec->n_args);

  /* The first error stands, but the last value may be a later one.  It is copied to live as long as the group. */
  if (G_UNLIKELY (belt_value_is_error (&result)))
    *fault = belt_value_copy (&result, arena).u.fault;
  else if (G_UNLIKELY (*fault != NULL) &&
           !(belt_value_is_null (&args[0]) && args[1].tag == BELT_TAG_BOOL && args[1].u.i))
    *fault = NULL;
}

void
belt_aggregator_step (BeltAggregator *self,
                      gpointer        group,
                      BeltEval       *eval,
                      BeltArena      *arena)
{
  const BeltFault **faults = group;

  for (guint i = 0; i < self->n_calls; i++)
    {
      if (self->incremental)
        faults[i] = NULL;
      if ((faults[i] == NULL || self->calls[i].errors == BELT_ERRORS_LAST) &&
          self->calls[i].spec->function->aggregate != NULL)
        step_call (self, &self->calls[i], &faults[i], group, eval, arena);
    }
}

static BeltValue
wrap_fault (const BeltFault *fault)
{
  BeltValue value = { .tag = BELT_TAG_ERROR, .u.fault = fault };

  return value;
}

BeltValue
belt_aggregator_finish (BeltAggregator *self,
                        gpointer        group,
                        guint           call,
                        gboolean        is_empty,
                        BeltArena      *arena)
{
  BeltAggregatorCall *at = &self->calls[call];
  const BeltFault **faults = group;

  if (faults[call] != NULL)
    return wrap_fault (faults[call]);

  if (self->incremental && get_blanks (self, group)[call])
    return belt_value_null ();
  if (is_empty && !is_named (at->spec->function, "collect"))
    return belt_value_null ();

  at->call.arena = arena;
  return at->spec->function->aggregate->finish (&at->call, (char *)group + at->offset, arena);
}

void
belt_aggregator_save (const BeltAggregator *self,
                      gconstpointer         group,
                      BeltStateWriter      *writer)
{
  const BeltFault *const *faults = group;

  for (guint i = 0; i < self->n_calls; i++)
    {
      const BeltAggregatorCall *call = &self->calls[i];
      const char *message = faults[i] != NULL ? faults[i]->message : "";

      belt_state_put_bytes (writer, call->spec->function->name, strlen (call->spec->function->name));
      belt_state_put_u32 (writer, faults[i] != NULL ? (guint32)faults[i]->kind + 1 : 0);
      belt_state_put_bytes (writer, message, strlen (message));
      if (self->incremental)
        belt_state_put_u32 (writer, get_blanks (self, (gpointer)group)[i]);
      call->spec->function->aggregate->save ((const char *)group + call->offset, writer);
    }
}

static void
restore_fault (const BeltAggregatorCall *call,
               const char               *function,
               guint32                   kind,
               const char               *message,
               gsize                     len,
               const BeltFault         **ret_fault,
               BeltArena                *arena)
{
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);
  char *text = belt_arena_alloc0 (arena, len + 1);

  memcpy (text, message, len);
  fault->kind = kind - 1;
  fault->span = call->spec->span;
  fault->function = function;
  fault->message = text;
  *ret_fault = fault;
}

void
belt_aggregator_restore (const BeltAggregator *self,
                         gpointer              group,
                         BeltArena            *arena,
                         BeltStateReader      *reader)
{
  const BeltFault **faults = group;

  for (guint i = 0; i < self->n_calls && !reader->failed; i++)
    {
      const BeltAggregatorCall *call = &self->calls[i];
      const char *name = call->spec->function->name;
      gsize name_len;
      const char *saved_name = belt_state_get_bytes (reader, &name_len);
      guint32 kind = belt_state_get_u32 (reader);
      gsize len;
      const char *message = belt_state_get_bytes (reader, &len);

      if (name_len != strlen (name) || memcmp (name, saved_name, name_len) != 0)
        {
          reader->failed = TRUE;
          return;
        }
      if (self->incremental)
        get_blanks (self, group)[i] = belt_state_get_u32 (reader) != 0;
      if (kind != 0)
        restore_fault (call, self->incremental ? get_incremental_name (call->spec->function) : name, kind, message, len,
                       &faults[i], arena);
      call->spec->function->aggregate->restore ((char *)group + call->offset, arena, reader);
    }
}

gboolean
belt_aggregator_reads_context (const BeltExpr *expr)
{
  if (expr == NULL)
    return FALSE;
  if (expr->kind == BELT_EXPR_CALL && expr->function != NULL &&
      (expr->function->flags & (BELT_FUNCTION_CONTEXT | BELT_FUNCTION_STATEFUL)) != 0)
    return TRUE;

  for (guint i = 0; i < expr->n_children; i++)
    {
      if (belt_aggregator_reads_context (expr->children[i]))
        return TRUE;
    }

  return FALSE;
}

guint *
belt_aggregator_dup_first (const BeltAggregateSpec *spec,
                           const BeltLayout        *layout,
                           guint                   *ret_n)
{
  guint *first = g_new0 (guint, spec->n_slots + 1);

  *ret_n = 0;
  if (spec->first != NULL)
    {
      memcpy (first, spec->first, spec->n_first * sizeof *first);
      *ret_n = spec->n_first;
      return first;
    }

  for (guint i = 0; i < layout->n_slots; i++)
    {
      if (layout->slots[i].kind != BELT_SLOT_AGGREGATE && layout->slots[i].kind != BELT_SLOT_FIELD)
        first[(*ret_n)++] = i;
    }

  return first;
}
