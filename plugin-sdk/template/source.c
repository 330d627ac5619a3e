/* @NAME@.c - the source @NAME@: counts up
 *
 * SPDX-License-Identifier: MIT-0
 *
 * Each call gives one row.  *offset is saved with the rows: after a crash or a
 * new build BELT_OPEN gets it back, and no row is lost or made twice.
 */
#include "belt-plugin.h"

#define @NAME@_options(REQUIRED, OPTIONAL)                 \
  OPTIONAL (i64, count, -1, "Rows to make; -1: no end")    \
  OPTIONAL (f64, step, 1.0, "How far apart the values are")
BELT_CONFIG (@NAME@);

typedef struct { int64_t started_ns; } @NAME@_state;

BELT_OPEN (@NAME@)
{
  state->started_ns = belt_now (ctx);
  return BELT_OK;
}

BELT_CLOSE (@NAME@)
{
}

BELT_ROW_SOURCE (@NAME@)
{
  belt_field row[] = { belt_f ("n", belt_v_i64 (*offset)),
                       belt_f ("value", belt_v_f64 (config->step * (double) *offset)) };

  if (config->count >= 0 && *offset >= config->count)
    return BELT_EOF;
  *offset += 1;
  return belt_emit (out, row);
}

BELT_PROVIDE ("@ID@", "1.0.0", @NAME@);
