/* belt-function.c - the table of SQL functions and how one is called
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in table is made once from the families' static tables and never
 * freed.  A table with plugins is a layer over another table: looking up asks
 * the top layer first, and nothing is ever taken out of a layer, so plans may
 * keep pointers to entries for as long as they hold the table.
 */
#include "config.h"

#include "belt-function.h"

#include "belt-func-private.h"

#include <stdarg.h>

#define NAME_MAX_LEN 128u

struct _BeltFunctionTable
{
  int                  ref_count;   /* atomic */
  BeltFunctionTable   *base;        /* NULL for the built-in table */
  GHashTable          *by_name;     /* lower-case name → const BeltFunction * of this layer */
  const BeltFunction **list;        /* all of this layer and the ones below, by name */
  guint                n_list;
};

static const BeltFunction *const families[] = {
  belt_func_math_table,
  belt_func_text_table,
  belt_func_pattern_table,
  belt_func_format_table,
  belt_func_hash_table,
  belt_func_time_table,
  belt_func_convert_table,
  belt_func_compress_table,
  belt_func_json_table,
  belt_func_array_table,
  belt_func_array_set_table,
  belt_func_object_table,
  belt_func_aggregate_table,
  belt_func_collect_table,
  belt_func_statistic_table,
  belt_func_analytic_table,
  belt_func_misc_table,
  belt_func_state_table,
};

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  const BeltFunction *const *left = a;
  const BeltFunction *const *right = b;

  return strcmp ((*left)->name, (*right)->name);
}

static void
list_functions (BeltFunctionTable *self)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer function;

  if (self->base != NULL)
    {
      for (guint i = 0; i < self->base->n_list; i++)
        {
          if (!g_hash_table_contains (self->by_name, self->base->list[i]->name))
            g_ptr_array_add (all, (gpointer)self->base->list[i]);
        }
    }
  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &function))
    g_ptr_array_add (all, function);

  g_ptr_array_sort (all, compare_names);
  self->n_list = all->len;
  self->list = (const BeltFunction **)g_ptr_array_steal (all, NULL);
}

static BeltFunctionTable *
new_table (BeltFunctionTable *base)
{
  BeltFunctionTable *self = g_new0 (BeltFunctionTable, 1);

  self->ref_count = 1;
  self->base = base != NULL ? belt_function_table_ref (base) : NULL;
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

static gpointer
make_builtin (gpointer data)
{
  BeltFunctionTable *self = new_table (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      for (const BeltFunction *function = families[i]; function->name != NULL; function++)
        {
          gboolean is_new = g_hash_table_insert (self->by_name, (gpointer)function->name, (gpointer)function);

          g_assert (is_new);
        }
    }
  list_functions (self);
  return self;
}

/**
 * belt_function_table_get_builtin:
 *
 * Gets the functions every engine has.  Made on first use, never freed.
 *
 * Returns: (transfer none): the table
 */
BeltFunctionTable *
belt_function_table_get_builtin (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_builtin, NULL);
}

BeltFunctionTable *
belt_function_table_ref (BeltFunctionTable *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
free_function (gpointer data)
{
  BeltFunction *function = data;

  if (function->user_data_free != NULL)
    function->user_data_free (function->user_data);
}

void
belt_function_table_unref (BeltFunctionTable *self)
{
  GHashTableIter iter;
  gpointer function;

  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_hash_table_iter_init (&iter, self->by_name);
  while (self->base != NULL && g_hash_table_iter_next (&iter, NULL, &function))
    free_function (function);
  g_hash_table_unref (self->by_name);
  g_free (self->list);
  g_clear_pointer (&self->base, belt_function_table_unref);
  g_free (self);
}

/**
 * belt_function_table_new_with:
 * @base: the table to build on
 * @functions: entries to add; of two with one name the later one counts
 *
 * Makes a table of the functions of @base and some more.  The entries belong to
 * their maker, who keeps them until the table is gone and frees them in
 * `user_data_free`, which is called once for each entry then.
 *
 * Returns: (transfer full): a new table
 */
BeltFunctionTable *
belt_function_table_new_with (BeltFunctionTable   *base,
                              BeltFunction *const *functions,
                              guint                n_functions)
{
  BeltFunctionTable *self;

  g_return_val_if_fail (base != NULL, NULL);
  g_return_val_if_fail (functions != NULL || n_functions == 0, NULL);

  self = new_table (base);
  for (guint i = 0; i < n_functions; i++)
    g_hash_table_replace (self->by_name, (gpointer)functions[i]->name, functions[i]);
  list_functions (self);
  return self;
}

/**
 * belt_function_table_lookup:
 * @name: a name in any case, need not be terminated
 *
 * Returns: (transfer none) (nullable): the function, which lives as long as the table
 */
const BeltFunction *
belt_function_table_lookup (BeltFunctionTable *self,
                            const char        *name,
                            gsize              name_len)
{
  char lower[NAME_MAX_LEN + 1];

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (name_len > NAME_MAX_LEN)
    return NULL;

  for (gsize i = 0; i < name_len; i++)
    lower[i] = g_ascii_tolower (name[i]);
  lower[name_len] = '\0';

  for (BeltFunctionTable *layer = self; layer != NULL; layer = layer->base)
    {
      const BeltFunction *function = g_hash_table_lookup (layer->by_name, lower);

      if (function != NULL)
        return function;
    }
  return NULL;
}

/**
 * belt_function_table_list:
 * @ret_n: (out): number of functions
 *
 * Returns: (transfer none) (array length=ret_n): all functions by name
 */
const BeltFunction *const *
belt_function_table_list (BeltFunctionTable *self,
                          guint             *ret_n)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (ret_n != NULL, NULL);

  *ret_n = self->n_list;
  return self->list;
}

static char *
check_count (const BeltFunction *self,
             guint               n_args)
{
  if (self->args_max < 0)
    {
      if (n_args >= (guint)self->args_min)
        return NULL;
      return g_strdup_printf ("At least has %d argument but found %u.", self->args_min, n_args);
    }
  if (n_args >= (guint)self->args_min && n_args <= (guint)self->args_max)
    return NULL;
  if (self->args_min == self->args_max)
    return g_strdup_printf ("Expect %d arguments but found %u.", self->args_min, n_args);
  return g_strdup_printf ("Expect %d to %d arguments but found %u.", self->args_min, self->args_max, n_args);
}

static gboolean
accepts_literal (char               kind,
                 const BeltLiteral *literal)
{
  BeltTag tag = literal->is_literal ? literal->value.tag : BELT_TAG_MISSING;

  if (literal->is_time_unit)
    return strchr ("nijsbc", kind) == NULL;
  switch (kind)
    {
    case 'I':
      return tag == BELT_TAG_I64;
    case 'S':
      return tag == BELT_TAG_STR;
    case 'B':
      return literal->is_boolean_expression || tag == BELT_TAG_BOOL;
    case 'n':
      return tag != BELT_TAG_STR && tag != BELT_TAG_BOOL && !literal->is_boolean_expression;
    case 'i':
      return tag != BELT_TAG_F64 && tag != BELT_TAG_STR && tag != BELT_TAG_BOOL && !literal->is_boolean_expression;
    case 'j':
      return tag != BELT_TAG_F64 && tag != BELT_TAG_BOOL && !literal->is_boolean_expression;
    case 's':
      return tag != BELT_TAG_I64 && tag != BELT_TAG_F64 && tag != BELT_TAG_BOOL && !literal->is_boolean_expression;
    case 'b':
      return tag != BELT_TAG_I64 && tag != BELT_TAG_F64 && tag != BELT_TAG_STR;
    case 't':
    case 'c':
      return (tag == BELT_TAG_MISSING || tag == BELT_TAG_NULL) && !literal->is_boolean_expression;
    default:
      return TRUE;
    }
}

static const char *
name_literal_kind (char kind)
{
  switch (kind)
    {
    case 'n':
      return "number - float or int";
    case 'I':
      return "integer";
    case 'i':
    case 'j':
    case 'c':
      return "int";
    case 's':
    case 'S':
      return "string";
    case 't':
      return "datetime";
    default:
      return "bool";
    }
}

char *
belt_function_check_args (const BeltFunction *self,
                          const BeltLiteral  *args,
                          guint               n_args)
{
  const char *kind;
  char *refusal;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (args != NULL || n_args == 0, NULL);

  if ((refusal = check_count (self, n_args)) != NULL)
    return refusal;

  kind = self->literal_kinds;
  for (guint i = 0; kind != NULL && i < n_args; i++)
    {
      if (!accepts_literal (*kind, &args[i]))
        return g_strdup_printf ("Expect %s type for parameter %u", name_literal_kind (*kind), i + 1);
      if (kind[1] != '\0')
        kind++;
    }
  return self->check != NULL ? self->check (self, args, n_args) : NULL;
}

static gboolean
follow_null_rule (const BeltFunction *function,
                  const BeltValue    *args,
                  guint               n_args,
                  BeltValue          *ret_value)
{
  for (guint i = 0; i < n_args; i++)
    {
      if (!belt_value_is_null (&args[i]) && !belt_func_is_empty (&args[i]))
        continue;

      if ((function->flags & BELT_FUNCTION_NULL_TO_NULL) != 0)
        *ret_value = belt_value_null ();
      else if ((function->flags & BELT_FUNCTION_NULL_TO_FALSE) != 0)
        *ret_value = belt_value_bool (FALSE);
      else
        *ret_value = belt_value_i64 (0);
      return TRUE;
    }
  return FALSE;
}

BeltValue
belt_function_call (BeltCall        *call,
                    const BeltValue *args,
                    guint            n_args)
{
  const BeltFunction *function = call->function;
  const guint null_rules = BELT_FUNCTION_NULL_TO_NULL | BELT_FUNCTION_NULL_TO_FALSE | BELT_FUNCTION_NULL_TO_ZERO;
  BeltValue value;

  for (guint i = 0; i < n_args; i++)
    {
      if (belt_value_is_error (&args[i]))
        return args[i];
    }
  if ((function->flags & null_rules) != 0 && follow_null_rule (function, args, n_args, &value))
    return value;
  return function->call (call, args, n_args);
}

BeltValue
belt_call_fail (BeltCall   *call,
                const char *format,
                ...)
{
  BeltFault *fault = belt_arena_alloc (call->arena, sizeof *fault);
  g_autofree char *text = NULL;
  va_list list;

  va_start (list, format);
  text = g_strdup_vprintf (format, list);
  va_end (list);

  fault->kind = BELT_FAULT_FUNCTION;
  fault->span = call->span;
  fault->function = call->function->name;
  fault->message = belt_arena_printf (call->arena, "call func %s error: %s", call->function->name, text);
  return (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = fault };
}
