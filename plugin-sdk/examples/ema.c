/* ema.c - two SQL functions, one with state: the whole plugin
 *
 * SPDX-License-Identifier: MIT-0
 */
#include "belt-plugin.h"

typedef struct { double value; int64_t n; } ema_state;

BELT_STATEFUL (f64, ema, ema_state, 1, f64, x, f64, k)
{
  return state->value = state->n++ ? state->value + k * (x - state->value) : x;
}

BELT_FUNCTION (f64, fahrenheit, f64, celsius)
{
  return celsius * 9 / 5 + 32;
}

BELT_PROVIDE ("io.example.ema", "1.0.0", ema, fahrenheit);
