/* belt-func-math.c - numbers
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole results stay ints only where eKuiper keeps them (abs, sign, the bit
 * functions); everything else is a float.  A result that is not a number is
 * NULL for the trigonometric functions, an error for roots and logarithms, and
 * goes through for the rest, as in eKuiper.
 */
#include "config.h"

#include "belt-func-private.h"

#include <math.h>

/* Decimal digits beyond which scaling cannot change a double any more. */
#define DIGITS_MAX 400

/* One float in, one float out. */
static BeltValue
call_real (BeltCall        *call,
           const BeltValue *args,
           double (        *function ) (double),
           gboolean         nan_is_null)
{
  double x;
  double result;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  result = function (x);
  return nan_is_null && isnan (result) ? belt_value_null () : belt_value_f64 (result);
}

#define DEFINE_REAL(name, function, nan_is_null)                                 \
  static BeltValue                                                               \
  call_ ## name (BeltCall *call, const BeltValue *args, guint n_args)              \
  {                                                                              \
    return call_real (call, args, function, nan_is_null);                        \
  }

static double
convert_to_radians (double degrees)
{
  return degrees * (G_PI / 180.0);
}

static double
convert_to_degrees (double radians)
{
  return radians * (180.0 / G_PI);
}

DEFINE_REAL (acos, acos, TRUE)
DEFINE_REAL (asin, asin, TRUE)
DEFINE_REAL (atan, atan, TRUE)
DEFINE_REAL (cos, cos, TRUE)
DEFINE_REAL (cosh, cosh, TRUE)
DEFINE_REAL (sin, sin, TRUE)
DEFINE_REAL (sinh, sinh, TRUE)
DEFINE_REAL (tan, tan, TRUE)
DEFINE_REAL (tanh, tanh, TRUE)
DEFINE_REAL (exp, exp, TRUE)
DEFINE_REAL (radians, convert_to_radians, TRUE)
DEFINE_REAL (degrees, convert_to_degrees, TRUE)
DEFINE_REAL (ceil, ceil, FALSE)
DEFINE_REAL (floor, floor, FALSE)

static BeltValue
call_abs (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  if (args[0].tag == BELT_TAG_I64)
    return belt_value_i64 (args[0].u.i < 0 ? (gint64)(0 - (guint64)args[0].u.i) : args[0].u.i);
  if (args[0].tag == BELT_TAG_F64)
    return belt_value_f64 (fabs (args[0].u.f));
  return belt_call_fail (call, "only float64 & int type are supported");
}

static BeltValue
call_cot (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  double x;
  double divisor;
  double result;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  divisor = 1.0 - cos (2.0 * x);
  if (divisor < 0.25)   /* digits cancel out near multiples of pi */
    divisor = 2.0 * sin (x) * sin (x);
  result = divisor == 0.0 ? HUGE_VAL : sin (2.0 * x) / divisor;
  if (isnan (result))
    return belt_value_null ();
  if (isinf (result))
    return belt_call_fail (call, "out-of-range error");
  return belt_value_f64 (result);
}

/* eKuiper hands this error on as a value, so it is no error of the call. */
static BeltValue
refuse_negative (BeltCall   *call,
                 const char *what,
                 double      x)
{
  BeltValue number = belt_value_f64 (x);

  return belt_value_error (call->arena, BELT_FAULT_EVAL, "The argument must be a %s number but got %s", what,
                           belt_func_describe (call->arena, &number));
}

/* A root or logarithm: what it is not defined for is refused. */
static BeltValue
call_partial (BeltCall        *call,
              const BeltValue *args,
              double (        *function ) (double),
              const char      *what)
{
  BeltValue result = call_real (call, args, function, FALSE);

  if (result.tag == BELT_TAG_F64 && isnan (result.u.f))
    return refuse_negative (call, what, belt_value_as_f64 (&args[0]));
  return result;
}

static BeltValue
call_ln (BeltCall        *call,
         const BeltValue *args,
         guint            n_args)
{
  return call_partial (call, args, log, "strictly positive");
}

static BeltValue
call_sqrt (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return call_partial (call, args, sqrt, "positive");
}

static BeltValue
call_log (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  double x;
  double y;
  double result;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  if (n_args == 1)
    result = log10 (x);
  else if (belt_func_get_f64 (&args[1], &y))
    result = log (y) / log (x);
  else
    return belt_func_fail_convert (call, &args[1], "float64");
  return isnan (result) ? refuse_negative (call, "strictly positive", x) : belt_value_f64 (result);
}

/* Two floats in, one float out. */
static BeltValue
call_real2 (BeltCall        *call,
            const BeltValue *args,
            double (*function)(double, double),
            gboolean nan_is_null)
{
  double x;
  double y;
  double result;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  if (!belt_func_get_f64 (&args[1], &y))
    return belt_func_fail_convert (call, &args[1], "float64");
  result = function (x, y);
  return nan_is_null && isnan (result) ? belt_value_null () : belt_value_f64 (result);
}

static BeltValue
call_atan2 (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return call_real2 (call, args, atan2, TRUE);
}

static BeltValue
call_mod (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  BeltValue numbers[2] = { args[0], args[1] };

  /* eKuiper takes a divisor that is no number for zero. */
  if (!belt_value_is_number (&numbers[1]))
    numbers[1] = belt_value_i64 (0);
  return call_real2 (call, numbers, fmod, FALSE);
}

static BeltValue
call_power (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return call_real2 (call, args, pow, FALSE);
}

static BeltValue
call_bits (BeltCall        *call,
           const BeltValue *args,
           char             op)
{
  gint64 a;
  gint64 b;

  if (!belt_func_get_int (&args[0], &a))
    return belt_call_fail (call, "Expect int type for the first operand but got %s",
                           belt_func_describe (call->arena, &args[0]));
  if (!belt_func_get_int (&args[1], &b))
    return belt_call_fail (call, "Expect int type for the second operand but got %s",
                           belt_func_describe (call->arena, &args[1]));
  return belt_func_int (op == '&' ? (a & b) : op == '|' ? (a | b) : (a ^ b));
}

static BeltValue
call_bitand (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return call_bits (call, args, '&');
}

static BeltValue
call_bitor (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  return call_bits (call, args, '|');
}

static BeltValue
call_bitxor (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return call_bits (call, args, '^');
}

static BeltValue
call_bitnot (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  gint64 a;

  if (!belt_func_get_int (&args[0], &a))
    return belt_call_fail (call, "Expect int type for operand but got %s", belt_func_describe (call->arena, &args[0]));
  return belt_func_int (~a);
}

static BeltValue
call_pi (BeltCall        *call,
         const BeltValue *args,
         guint            n_args)
{
  return belt_value_f64 (G_PI);
}

static BeltValue
call_sign (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  double x;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  return belt_func_int (x > 0 ? 1 : x < 0 ? -1 : 0);
}

static BeltValue
call_round (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  gint64 digits = 0;
  double x;
  double factor;

  if (n_args > 1 && !belt_func_get_i64 (&args[1], &digits))
    return belt_call_fail (call, "The second argument must be an integer: cannot convert %s(%s) to int",
                           belt_value_get_go_type (&args[1]), belt_func_describe (call->arena, &args[1]));
  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");

  digits = CLAMP (digits, -DIGITS_MAX, DIGITS_MAX);
  factor = pow (10.0, (double)digits);
  /* So many digits that scaling overflows: the number has none there to round off. */
  if (isinf (factor) || isinf (x * factor))
    return belt_value_f64 (x);
  if (factor == 0.0)
    return belt_value_f64 (0.0);
  return belt_value_f64 (round (x * factor) / factor);
}

static BeltValue
call_trunc (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  double x;
  double factor;

  if (!belt_func_get_f64 (&args[0], &x))
    return belt_func_fail_convert (call, &args[0], "float64");
  if (args[1].tag != BELT_TAG_I64)
    return belt_call_fail (call, "The 2nd parameter must be int value.");

  factor = pow (10.0, (double)args[1].u.i);
  x *= factor;
  return belt_value_f64 ((double)belt_func_truncate (x + copysign (0.5, x)) / factor);
}

/* xorshift128+: fast, and good enough for sampling and shuffling. */
guint64
belt_func_draw_random (BeltCall *call)
{
  BeltEnvironment *environment = call->environment;
  guint64 a = environment->random_state[0];
  guint64 b = environment->random_state[1];
  guint64 sum;

  if (a == 0 && b == 0)   /* the one state it would never leave */
    a = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  sum = a + b;
  environment->random_state[0] = b;
  a ^= a << 23;
  environment->random_state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
  return sum;
}

static BeltValue
call_rand (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return belt_value_f64 ((double)(belt_func_draw_random (call) >> 11) / 9007199254740992.0);
}

static int
get_digit (char c)
{
  if (g_ascii_isdigit (c))
    return c - '0';
  if (g_ascii_isalpha (c))
    return g_ascii_toupper (c) - 'A' + 10;
  return 99;
}

/* Reads the longest prefix that is a number of the base; FALSE if it does not fit. */
static gboolean
read_digits (const char *text,
             const char *end,
             int         base,
             guint64    *ret_number,
             gboolean   *ret_is_negative)
{
  const char *at = text;
  guint64 number = 0;

  *ret_is_negative = FALSE;
  if (at < end && (*at == '+' || *at == '-'))
    *ret_is_negative = *at++ == '-';
  for (; at < end && get_digit (*at) < base; at++)
    {
      guint64 digit = (guint64)get_digit (*at);

      if (number > (G_MAXUINT64 - digit) / (guint64)base)
        return FALSE;
      number = number * (guint64)base + digit;
    }
  *ret_number = number;
  return TRUE;
}

static BeltValue
write_digits (BeltArena *arena,
              guint64    number,
              int        base,
              gboolean   is_negative)
{
  static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  char buffer[66];
  char *at = buffer + sizeof buffer;

  do
    {
      *--at = digits[number % (guint64)base];
      number /= (guint64)base;
    }
  while (number > 0);
  if (is_negative)
    *--at = '-';
  return belt_func_new_text (arena, at, (gsize)(buffer + sizeof buffer - at));
}

static BeltValue
call_conv (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  const char *start = text.u.s;
  const char *end = text.u.s + text.len;
  gint64 from = 0;
  gint64 to = 0;
  gboolean clamp;
  gboolean keep_sign;
  gboolean is_negative;
  guint64 number;

  belt_func_get_i64 (&args[1], &from);
  belt_func_get_i64 (&args[2], &to);
  clamp = from < 0;
  keep_sign = to < 0;
  if (from < -36 || from > 36 || to < -36 || to > 36)
    return belt_value_null ();
  from = ABS (from);
  to = ABS (to);
  if (from < 2 || to < 2)
    return belt_value_null ();

  while (start < end && g_ascii_isspace (*start))
    start++;
  if (!read_digits (start, end, (int)from, &number, &is_negative))
    return belt_call_fail (call, "value out of range");

  if (clamp)
    number = MIN (number, (guint64)G_MAXINT64 + (is_negative ? 1 : 0));
  if (is_negative)
    number = 0 - number;
  is_negative = (gint64)number < 0;
  if (keep_sign && is_negative)
    number = 0 - number;
  return write_digits (call->arena, number, (int)to, keep_sign && is_negative);
}

#define NULLS BELT_FUNCTION_NULL_TO_NULL
#define MATH(NAME, MIN, MAX, KINDS, CALL, SIGNATURE, DOC, EXAMPLE)                                  \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = NULLS, .group = "math",                \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .literal_kinds = KINDS }

const BeltFunction belt_func_math_table[] = {
  MATH ("abs", 1, 1, "n", call_abs, "number abs(number x)", "Distance from zero; an int stays an int.", "abs(-7) = 7"),
  MATH ("acos", 1, 1, "n", call_acos, "float acos(number x)",
        "Arc cosine in radians; null outside -1 to 1.", "acos(1) = 0.0"),
  MATH ("asin", 1, 1, "n", call_asin, "float asin(number x)",
        "Arc sine in radians; null outside -1 to 1.", "asin(0) = 0.0"),
  MATH ("atan", 1, 1, "n", call_atan, "float atan(number x)",
        "Arc tangent in radians.", "atan(1) = 0.7853981633974483"),
  MATH ("atan2", 2, 2, "nn", call_atan2, "float atan2(number y, number x)",
        "Angle in radians of the point (x, y).", "atan2(1, 2) = 0.4636476090008061"),
  MATH ("bitand", 2, 2, "ii", call_bitand, "int bitand(int a, int b)", "Bitwise and.", "bitand(6, 3) = 2"),
  MATH ("bitor", 2, 2, "ii", call_bitor, "int bitor(int a, int b)", "Bitwise or.", "bitor(6, 3) = 7"),
  MATH ("bitxor", 2, 2, "ii", call_bitxor, "int bitxor(int a, int b)", "Bitwise exclusive or.", "bitxor(6, 3) = 5"),
  MATH ("bitnot", 1, 1, "i", call_bitnot, "int bitnot(int a)", "All bits inverted.", "bitnot(6) = -7"),
  MATH ("ceil", 1, 1, "n", call_ceil, "float ceil(number x)", "Rounds up to a whole float.", "ceil(1.2) = 2.0"),
  MATH ("ceiling", 1, 1, "n", call_ceil, "float ceiling(number x)",
        "Rounds up to a whole float, as ceil.", "ceiling(-1.2) = -1.0"),
  MATH ("conv", 3, 3, "*II", call_conv, "string conv(any x, int from, int to)",
        "Writes a number in another base, 2 to 36; a negative target base keeps the sign.",
        "conv(\"ff\", 16, 10) = \"255\""),
  MATH ("cos", 1, 1, "n", call_cos, "float cos(number x)", "Cosine of an angle in radians.", "cos(0) = 1.0"),
  MATH ("cosh", 1, 1, "n", call_cosh, "float cosh(number x)", "Hyperbolic cosine.", "cosh(0) = 1.0"),
  MATH ("cot", 1, 1, "n", call_cot, "float cot(number x)",
        "Cotangent of an angle in radians; an error at zero.", "cot(1) = 0.6420926159343306"),
  MATH ("degrees", 1, 1, "n", call_degrees, "float degrees(number radians)",
        "Radians to degrees.", "degrees(0) = 0.0"),
  MATH ("exp", 1, 1, "n", call_exp, "float exp(number x)", "e to the power of x.", "exp(0) = 1.0"),
  MATH ("floor", 1, 1, "n", call_floor, "float floor(number x)", "Rounds down to a whole float.", "floor(1.8) = 1.0"),
  MATH ("ln", 1, 1, "n", call_ln, "float ln(number x)",
        "Natural logarithm; an error for negative numbers.", "ln(1) = 0.0"),
  MATH ("log", 1, 2, "n*", call_log, "float log(number x) or log(number base, number x)",
        "Logarithm to base 10 or to the base given first.", "log(2, 8) = 3.0"),
  MATH ("mod", 2, 2, "nn", call_mod, "float mod(number x, number y)",
        "Remainder of a division, with the sign of x.", "mod(7.5, 2) = 1.5"),
  MATH ("pi", 0, 0, NULL, call_pi, "float pi()", "The number pi.", "pi() = 3.141592653589793"),
  MATH ("pow", 2, 2, "nn", call_power, "float pow(number x, number y)", "x to the power of y.", "pow(2, -1) = 0.5"),
  MATH ("power", 2, 2, "nn", call_power, "float power(number x, number y)",
        "x to the power of y, as pow.", "power(2, 10) = 1024.0"),
  MATH ("radians", 1, 1, "n", call_radians, "float radians(number degrees)",
        "Degrees to radians.", "radians(180) = 3.141592653589793"),
  MATH ("round", 1, 2, "nn", call_round, "float round(number x, int digits?)",
        "Rounds half away from zero; negative digits round before the point.", "round(2.345, 2) = 2.35"),
  MATH ("sign", 1, 1, "n", call_sign, "int sign(number x)", "-1, 0 or 1.", "sign(-2.5) = -1"),
  MATH ("sin", 1, 1, "n", call_sin, "float sin(number x)", "Sine of an angle in radians.", "sin(0) = 0.0"),
  MATH ("sinh", 1, 1, "n", call_sinh, "float sinh(number x)", "Hyperbolic sine.", "sinh(0) = 0.0"),
  MATH ("sqrt", 1, 1, "n", call_sqrt, "float sqrt(number x)",
        "Square root; an error for negative numbers.", "sqrt(16) = 4.0"),
  MATH ("tan", 1, 1, "n", call_tan, "float tan(number x)", "Tangent of an angle in radians.", "tan(0) = 0.0"),
  MATH ("tanh", 1, 1, "n", call_tanh, "float tanh(number x)", "Hyperbolic tangent.", "tanh(0) = 0.0"),
  MATH ("trunc", 2, 2, "ni", call_trunc, "float trunc(number x, int digits)",
        "Rounds half away from zero to some digits (eKuiper does not cut off either).", "trunc(3.789, 2) = 3.79"),
  { .name = "rand", .flags = BELT_FUNCTION_NONDETERMINISTIC, .group = "math", .signature = "float rand()",
    .doc = "A random number from 0 up to but not 1.", .example = "floor(rand()) = 0.0", .call = call_rand },
  { NULL },
};
