/* @NAME@.c - the SQL function @NAME@(x)
 *
 * SPDX-License-Identifier: MIT-0
 *
 * An ordinary C function: NULL in gives NULL out, other types than declared are
 * errors of the row.  Types: f64 i64 boolean str bytes time any, up to eight arguments.
 */
#include "belt-plugin.h"

BELT_FUNCTION (f64, @NAME@, f64, x)
{
  return x * 2;
}

BELT_PROVIDE ("@ID@", "1.0.0", @NAME@);
