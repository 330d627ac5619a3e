/* belt-op-order.c - ORDER BY inside each emission
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-op-order.h"

#include "belt-emissions.h"

typedef struct
{
  BeltOp               op;
  const BeltOrderSpec *spec;
} OrderOp;

typedef struct
{
  const BeltOrderSpec *spec;
  BeltArena           *arena;
  BeltValue           *values;  /* [n_rows * n_keys] */
  guint32             *rows;
} Sorting;

typedef enum
{
  FAMILY_NONE,
  FAMILY_NUMBER,
  FAMILY_BOOL,
  FAMILY_STRING,
  FAMILY_TIME,
  FAMILY_OTHER,
} Family;

static Family
get_family (const BeltValue *value)
{
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      return FAMILY_NONE;
    case BELT_TAG_I64:
    case BELT_TAG_F64:
      return FAMILY_NUMBER;
    case BELT_TAG_BOOL:
      return FAMILY_BOOL;
    case BELT_TAG_STR:
      return FAMILY_STRING;
    case BELT_TAG_TIME:
      return FAMILY_TIME;
    case BELT_TAG_BYTES:
    case BELT_TAG_LIST:
    case BELT_TAG_MAP:
    case BELT_TAG_JSON:
    case BELT_TAG_ERROR:
    case BELT_TAG_UNSET:
    default:
      return FAMILY_OTHER;
    }
}

static int
compare_values (const BeltValue *a,
                const BeltValue *b)
{
  if (a->tag == BELT_TAG_STR && b->tag == BELT_TAG_STR)
    {
      int order = memcmp (a->u.s, b->u.s, MIN (a->len, b->len));

      return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
    }

  if (a->tag == BELT_TAG_F64 || b->tag == BELT_TAG_F64)
    {
      double x = belt_value_as_f64 (a);
      double y = belt_value_as_f64 (b);

      return (x > y) - (x < y);
    }

  return (a->u.i > b->u.i) - (a->u.i < b->u.i);
}

static int
compare_rows (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  const Sorting *sorting = data;
  guint n_keys = sorting->spec->n_keys;
  const BeltValue *x = sorting->values + (gsize) *(const guint32 *)a * n_keys;
  const BeltValue *y = sorting->values + (gsize) *(const guint32 *)b * n_keys;

  for (guint i = 0; i < n_keys; i++)
    {
      gboolean x_null = belt_value_is_null (&x[i]);
      gboolean y_null = belt_value_is_null (&y[i]);
      int order;

      if (x_null || y_null)
        {
          /* Last in both directions; between two nulls eKuiper looks no further. */
          if (x_null != y_null)
            return x_null ? 1 : -1;
          return 0;
        }

      /* Booleans have no order. */
      order = x[i].tag == BELT_TAG_BOOL ? 0 : compare_values (&x[i], &y[i]);
      if (order != 0)
        return sorting->spec->keys[i].descending ? -order : order;
    }

  return 0;
}

static const BeltFault *
make_fault (BeltArena       *arena,
            const BeltExpr  *expr,
            const char      *message)
{
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);

  fault->kind = BELT_FAULT_ORDER_BY;
  fault->span = expr->span;
  fault->message = belt_arena_printf (arena, "run Order By error: %s", message);

  return fault;
}

/* Returns: NULL, or why the emission cannot be sorted */
static const BeltFault *
evaluate_keys (OrderOp       *self,
               BeltEmissions *emissions,
               BeltValue     *values,
               Family        *families)
{
  BeltEval *eval = self->op.eval;
  guint n_keys = self->spec->n_keys;

  eval->range = belt_emissions_get_range (emissions);
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    {
      eval->row = belt_emissions_get_row (emissions, i);
      eval->position = i;
      for (guint k = 0; k < n_keys; k++)
        {
          const BeltExpr *expr = self->spec->keys[k].expr;
          BeltValue value = belt_expr_eval (expr, eval);
          Family family = get_family (&value);

          /* To eKuiper an error is one more value that cannot be compared. */
          if (belt_value_is_error (&value))
            return make_fault (eval->arena, expr,
                               belt_arena_printf (eval->arena, "incompatible types for comparison: %s",
                                                  value.u.fault->message));
          if (families[k] == FAMILY_NONE)
            families[k] = family;
          if (family == FAMILY_OTHER || (family != FAMILY_NONE && family != families[k]))
            return make_fault (eval->arena, expr,
                               belt_arena_printf (eval->arena, "incompatible types for comparison: %s",
                                                  belt_value_describe (eval->arena, &value)));
          values[(gsize)i * n_keys + k] = value;
        }
    }

  return NULL;
}

static void
sort_emission (OrderOp       *self,
               BeltEmissions *emissions)
{
  BeltArena *arena = &emissions->batch->arena;
  guint n = belt_emissions_get_n_rows (emissions);
  Family *families = belt_arena_alloc0 (arena, self->spec->n_keys * sizeof *families + 1);
  Sorting sorting = { .spec = self->spec, .arena = arena };
  const BeltFault *fault;

  sorting.values = belt_arena_new_array (arena, BeltValue, (gsize)n * self->spec->n_keys + 1);
  fault = evaluate_keys (self, emissions, sorting.values, families);
  if (fault != NULL)
    {
      belt_emissions_fail (emissions, fault);
      return;
    }

  sorting.rows = belt_arena_new_array (arena, guint32, n + 1);
  for (guint i = 0; i < n; i++)
    sorting.rows[i] = i;
  g_qsort_with_data (sorting.rows, (int)n, sizeof *sorting.rows, compare_rows, &sorting);

  for (guint i = 0; i < n; i++)
    belt_emissions_keep (emissions, belt_emissions_get_row (emissions, sorting.rows[i]));
  belt_emissions_close (emissions);
}

static void
order_push (BeltOp    *op,
            BeltBatch *batch)
{
  OrderOp *self = (OrderOp *)op;
  BeltEmissions emissions;

  /* Without a window each row stands alone. */
  if (batch->emission_ends == NULL)
    {
      belt_op_emit (op, batch);
      return;
    }

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  belt_emissions_init (&emissions, op, batch, batch->n_selected);
  while (belt_emissions_next (&emissions))
    {
      if (!emissions.is_fault)
        {
          sort_emission (self, &emissions);
          continue;
        }
      belt_emissions_keep (&emissions, belt_emissions_get_row (&emissions, 0));
      belt_emissions_close (&emissions);
    }

  if (emissions.n_ends == 0)
    return;

  belt_emissions_apply (&emissions);
  belt_op_emit (op, batch);
}

static void
order_free (BeltOp *op)
{
  belt_op_clear (op);
  g_free (op);
}

static const BeltOpClass order_class = {
  .kind = "order",
  .push = order_push,
  .free = order_free,
};

BeltOp *
belt_op_order_new (const BeltOrderSpec *spec,
                   BeltEval            *eval)
{
  OrderOp *self = g_new0 (OrderOp, 1);

  belt_op_init (&self->op, &order_class);
  self->op.eval = eval;
  self->spec = spec;

  return &self->op;
}
