/* @NAME@.c - the SQL aggregate @NAME@(x): the mean of the rows of a group
 *
 * SPDX-License-Identifier: MIT-0
 *
 * The state starts as zeroes in every group; rows in which x is NULL are passed over.
 */
#include "belt-plugin.h"

typedef struct { double sum; int64_t n; } @NAME@_state;

BELT_AGGREGATE_FN (f64, @NAME@, @NAME@_state, f64, x)
{
  state->sum += x;
  state->n++;
}

BELT_RESULT (f64, @NAME@, @NAME@_state)
{
  return state->n > 0 ? state->sum / (double) state->n : belt_null (ctx);
}

BELT_PROVIDE ("@ID@", "1.0.0", @NAME@);
