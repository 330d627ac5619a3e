/* belt-func-private.h - what the families of built-in functions share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each belt-func-*.c holds one family as a static table that ends with a NULL
 * name.  The helpers here read arguments by eKuiper's rules and word errors as
 * it does.
 */
#pragma once

#include "belt-expr.h"
#include "belt-function.h"

G_BEGIN_DECLS

/* Results of one call are bounded, so that a typing error in a rule cannot eat the machine. */
#define BELT_FUNC_TEXT_MAX  (16u * 1024u * 1024u)
#define BELT_FUNC_ITEMS_MAX (1024u * 1024u)

extern const BeltFunction belt_func_math_table[];
extern const BeltFunction belt_func_text_table[];
extern const BeltFunction belt_func_pattern_table[];
extern const BeltFunction belt_func_format_table[];
extern const BeltFunction belt_func_hash_table[];
extern const BeltFunction belt_func_time_table[];
extern const BeltFunction belt_func_convert_table[];
extern const BeltFunction belt_func_compress_table[];
extern const BeltFunction belt_func_json_table[];
extern const BeltFunction belt_func_array_table[];
extern const BeltFunction belt_func_array_set_table[];
extern const BeltFunction belt_func_object_table[];
extern const BeltFunction belt_func_aggregate_table[];
extern const BeltFunction belt_func_collect_table[];
extern const BeltFunction belt_func_statistic_table[];
extern const BeltFunction belt_func_analytic_table[];
extern const BeltFunction belt_func_misc_table[];
extern const BeltFunction belt_func_state_table[];

/* Numbers by eKuiper's levels: f64 takes any number, int takes ints and whole floats, i64 truncates. */
gboolean    belt_func_get_f64      (const BeltValue *value,
                                    double          *ret_number);
gboolean    belt_func_get_int      (const BeltValue *value,
                                    gint64          *ret_number);
gboolean    belt_func_get_i64      (const BeltValue *value,
                                    gint64          *ret_number);
gint64      belt_func_truncate     (double           number);
/* The value with its text taken apart if it is an object or array still in JSON. */
BeltValue   belt_func_expand       (BeltCall        *call,
                                    const BeltValue *value);
/* Argument i as an array; FALSE with the error of the call. */
gboolean    belt_func_take_array   (BeltCall        *call,
                                    const BeltValue *args,
                                    guint            i,
                                    BeltValue       *ret_array,
                                    BeltValue       *ret_error);
/* TRUE for empty arrays and objects, taken apart or not. */
gboolean    belt_func_is_empty     (const BeltValue *value);
/* Terminated text of a value for messages, at most 80 bytes of it. */
const char *belt_func_describe     (BeltArena       *arena,
                                    const BeltValue *value);
/* "cannot convert string(abc) to float64" */
BeltValue   belt_func_fail_convert (BeltCall        *call,
                                    const BeltValue *value,
                                    const char      *to);
/* Text from 0-terminated memory of the arena. */
BeltValue   belt_func_take_text    (const char      *text);
/* A value that lives in the arena whatever the argument borrowed from. */
BeltValue   belt_func_new_text     (BeltArena       *arena,
                                    const char      *text,
                                    gsize            len);

/* Standard base64; FALSE if the text is none. */
gboolean    belt_func_decode_base64 (BeltArena      *arena,
                                    const BeltValue *text,
                                    BeltValue       *ret_bytes);
static inline BeltValue
belt_func_int (gint64 number)
{
  return (BeltValue) { .tag = BELT_TAG_I64, .flags = BELT_VALUE_PLATFORM_INT, .u.i = number };
}

/* A list of eKuiper's type []string, from keys(): its array functions refuse it. */
#define BELT_VALUE_STRINGS 1u

/* The greatest (sign 1) or least (sign -1) of values; the first that is not null gives the kind. */
typedef struct
{
  int       sign;
  BeltValue value;   /* NULL before the first; borrows */
} BeltExtreme;

/* FALSE if the value cannot be compared with those before it. */
gboolean    belt_extreme_add       (BeltExtreme       *self,
                                    const BeltValue   *value);
BeltValue   belt_extreme_fail      (BeltCall          *call,
                                    const BeltExtreme *self,
                                    const BeltValue   *value);

/* 64 random bits from the call's environment, the only source of chance. */
guint64     belt_func_draw_random  (BeltCall        *call);

G_END_DECLS
