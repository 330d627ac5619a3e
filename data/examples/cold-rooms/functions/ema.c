/* Exponential moving average: each reading pulls the average by the share k. */
#include <belt-plugin.h>

typedef struct { double value; int64_t n; } ema_state;

BELT_STATEFUL (f64, ema, ema_state, 1, f64, x, f64, k)
{
  state->value = state->n++ ? state->value + k * (x - state->value) : x;
  return state->value;
}

BELT_PROVIDE ("io.github.beltworks.ema", "1.0.0", ema);
