/* belt-json.h - JSON rows in, JSON out as Go writes it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scanner is driven by demand: it checks every token of the text and stores
 * only the members somebody asked for.  Objects and arrays are stored as
 * checked text (BELT_TAG_JSON) and taken apart when an expression looks inside.
 * Text handed to the scanner must be followed by BELT_JSON_PADDING readable bytes,
 * the first of which (*end) is NUL or a newline.  Only belt_json_parse() takes any text.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_JSON_PADDING   64u
#define BELT_JSON_DEPTH_MAX 512u   /* eKuiper has no limit; ours keeps the stack bounded */

typedef enum
{
  BELT_JSON_INTEGERS = 1 << 0,  /* whole numbers become I64; else every number is F64 */
  BELT_JSON_COPY     = 1 << 1,  /* strings and JSON values are copied to the arena, else they borrow the text */
} BeltJsonFlags;

typedef struct
{
  gsize       offset;    /* byte where the trouble is */
  const char *message;   /* static text: "expected ':' after a key" */
} BeltJsonError;

/* Which members of a row to keep.  Used by one thread at a time: it remembers the order of
 * members it met last. */
typedef struct _BeltDemand BeltDemand;

BeltDemand *belt_demand_new        (const char *const *names,
                                    guint              n_names);
void        belt_demand_free       (BeltDemand        *self);

/* Reads one object that starts at or after text (blanks are skipped).  For every demanded
 * member i, columns[i][row] is stored; those not met are left as they were, so the caller
 * fills in BELT_TAG_MISSING first.  Of duplicate keys the last one wins.
 * Returns: one past the closing brace, or NULL with error filled in. */
const char *belt_json_scan_object  (const char        *text,
                                    const char        *end,
                                    BeltDemand        *demand,
                                    BeltValue *const  *columns,
                                    guint              row,
                                    guint              flags,
                                    BeltArena         *arena,
                                    BeltJsonError     *error);
/* Checks any value; returns one past it or NULL. */
const char *belt_json_skip_value   (const char        *text,
                                    const char        *end,
                                    BeltJsonError     *error);
/* Parses any value deeply (LIST and MAP, no JSON tags inside).  The whole text must be one value.
 * Works on a copy in the arena: the text needs no padding and is not borrowed. */
gboolean    belt_json_parse        (const char        *text,
                                    gsize              len,
                                    guint              flags,
                                    BeltArena         *arena,
                                    BeltValue         *ret_value,
                                    BeltJsonError     *error);
/* Looks up a member of an object held as BELT_TAG_JSON without parsing the rest; MISSING when absent. */
BeltValue   belt_json_get_member   (const BeltValue   *json,
                                    const char        *name,
                                    gsize              name_len,
                                    BeltArena         *arena);

/* Appends what Go's "%v" prints: [1 2] for lists, map[a:1 b:2] with sorted keys, <nil> for null. */
void        belt_value_write_go     (GString           *out,
                                    const BeltValue   *value);

/* Appends as Go's encoding/json does: keys sorted, <>& and U+2028/9 escaped, Go's numbers,
 * bytes as base64, times as RFC 3339, NaN and infinities as null. */
void        belt_json_write        (GString           *out,
                                    const BeltValue   *value);
void        belt_json_write_string (GString           *out,
                                    const char        *text,
                                    gsize              len);

/* Numbers as text; each writes at most 32 bytes (plain: 400) and returns the length. */
gsize       belt_number_write_json  (char *out, double value);   /* Go's JSON: exponent below 1e-6 and from 1e21 */
gsize       belt_number_write_go    (char *out, double value);   /* Go's %v: exponent below 1e-4 and from 1e6 */
gsize       belt_number_write_plain (char *out, double value);   /* never an exponent */
gsize       belt_number_write_i64   (char *out, gint64 value);
/* Correctly rounded; the whole text must be the number. */
gboolean    belt_number_parse_f64   (const char *text, gsize len, double *ret_value);
gboolean    belt_number_parse_i64   (const char *text, gsize len, gint64 *ret_value);

G_END_DECLS
