/* geo.c - through the back door: a function with a vector form, an aggregate that can do more
 *
 * SPDX-License-Identifier: MIT-0
 *
 * haversine (lat1, lon1, lat2, lon2): the distance in km.  exec answers row by row; exec_batch
 * the same for columns of numbers, a whole batch at once.
 * wavg (value, weight): the weighted mean, with retract, merge and saved state.
 */
#include "belt-plugin.h"

#include <math.h>

BELT_HOST_VAR;

#define RADIANS 0.017453292519943295

static double
haversine (double lat1, double lon1, double lat2, double lon2)
{
  double u = sin ((lat2 - lat1) * RADIANS / 2), v = sin ((lon2 - lon1) * RADIANS / 2);
  double h = u * u + cos (lat1 * RADIANS) * cos (lat2 * RADIANS) * v * v;

  return 12742.0176 * asin (sqrt (h > 1 ? 1 : h));
}

static belt_status
haversine_exec (belt_ctx *ctx, void *self, const belt_value *args, uint32_t n, belt_value *out)
{
  double x[4];

  (void) self;
  for (uint32_t i = 0; i < 4; i++)
    if (i >= n || !belt_as_f64 (&args[i], &x[i]))
      return belt_failf (ctx, BELT_E_INVALID, "argument %u is not a number", (unsigned) i + 1);
  *out = belt_v_f64 (haversine (x[0], x[1], x[2], x[3]));
  return BELT_OK;
}

static belt_status
haversine_batch (belt_ctx *ctx, void *self, const belt_vec *args, uint32_t n, belt_vec_out *out)
{
  double *result = (double *) out->data;

  (void) ctx;
  (void) self;
  for (uint32_t i = 0; i < n; i++)
    if (n != 4 || args[i].type != BELT_T_F64 || args[i].enc != BELT_ENC_FLAT)
      return BELT_E_UNSUPPORTED;   /* haversine_exec is called instead */
  for (uint32_t i = 0; i < out->len; i++)
    result[i] = haversine (((const double *) args[0].data)[i], ((const double *) args[1].data)[i],
                           ((const double *) args[2].data)[i], ((const double *) args[3].data)[i]);
  return BELT_OK;   /* rows with a NULL are the engine's: BELT_FN_STRICT */
}

BELT_SCALAR (haversine_def, "haversine",
             .def.doc = "{\"summary\":\"Great-circle distance in km\"}",
             .def.flags = BELT_FN_PURE | BELT_FN_STRICT,
             .signature = "f64(f64 lat1, f64 lon1, f64 lat2, f64 lon2)",
             .exec = haversine_exec, .exec_batch = haversine_batch);

typedef struct { double sum, weight; int64_t n; } wavg_state;

static belt_status
wavg_add (belt_ctx *ctx, wavg_state *state, const belt_value *args, uint32_t n, double sign)
{
  double value, weight;

  if (n != 2 || !belt_as_f64 (&args[0], &value) || !belt_as_f64 (&args[1], &weight))
    return belt_failf (ctx, BELT_E_INVALID, "two numbers wanted");
  state->sum += sign * value * weight;
  state->weight += sign * weight;
  state->n += sign > 0 ? 1 : -1;
  return BELT_OK;
}

static belt_status
wavg_accumulate (belt_ctx *ctx, void *state, const belt_value *args, uint32_t n)
{
  return wavg_add (ctx, (wavg_state *) state, args, n, 1);
}

static belt_status
wavg_retract (belt_ctx *ctx, void *state, const belt_value *args, uint32_t n)
{
  return wavg_add (ctx, (wavg_state *) state, args, n, -1);
}

static belt_status
wavg_merge (belt_ctx *ctx, void *into, const void *from)
{
  wavg_state *a = (wavg_state *) into;
  const wavg_state *b = (const wavg_state *) from;

  (void) ctx;
  a->sum += b->sum;
  a->weight += b->weight;
  a->n += b->n;
  return BELT_OK;
}

static belt_status
wavg_finish (belt_ctx *ctx, const void *state, belt_value *out)
{
  const wavg_state *s = (const wavg_state *) state;

  (void) ctx;
  *out = s->n > 0 && s->weight != 0 ? belt_v_f64 (s->sum / s->weight) : belt_v_null ();
  return BELT_OK;
}

BELT_AGGREGATE (wavg_def, "wavg",
                .def.doc = "{\"summary\":\"Weighted mean\"}",
                .def.flags = BELT_FN_PURE | BELT_FN_STRICT,
                .signature = "f64(f64 value, f64 weight)", .state_size = sizeof (wavg_state),
                .accumulate = wavg_accumulate, .retract = wavg_retract, .merge = wavg_merge, .finish = wavg_finish);

BELT_DEFS (defs, &haversine_def.def, &wavg_def.def);

static belt_status
init (const belt_host *host, belt_ctx *ctx, void **state)
{
  (void) ctx;
  (void) state;
  belt_h = host;
  return BELT_OK;
}

BELT_PLUGIN ("io.example.geo", "1.2.0", .name = "Geo functions", .defs = defs, .init = init);
