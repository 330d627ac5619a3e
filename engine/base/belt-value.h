/* belt-value.h - one typed value, 16 bytes, immutable
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The layout is that of belt_value in belt-plugin.h, and tags 0-8 are its type
 * codes, so values cross to plugins without conversion.  A value borrows what
 * it points to: text, items and members live in a batch, an arena or a plan.
 * Whoever keeps a value longer than those copies it (belt_value_copy).
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

typedef enum
{
  BELT_TAG_NULL    = 0,
  BELT_TAG_BOOL    = 1,   /* u.i is 0 or 1 */
  BELT_TAG_I64     = 2,
  BELT_TAG_F64     = 3,
  BELT_TAG_STR     = 4,   /* u.s, len bytes of UTF-8, not terminated */
  BELT_TAG_BYTES   = 5,   /* u.s, len bytes */
  BELT_TAG_TIME    = 6,   /* u.i ns since 1970 UTC; aux is a zone number (belt-zone.h), 0 = UTC */
  BELT_TAG_LIST    = 7,   /* u.items, len of them */
  BELT_TAG_MAP     = 8,   /* u.members, len of them, names unique, in order of arrival */
  BELT_TAG_MISSING = 9,   /* the row has no such column; most code treats it as NULL */
  BELT_TAG_JSON    = 10,  /* u.s, len bytes of checked JSON text: an object or array not taken apart yet */
  BELT_TAG_ERROR   = 11,  /* u.fault says what went wrong */
  BELT_TAG_UNSET   = 255, /* a slot not computed yet; never leaves the evaluator */
} BeltTag;

#define BELT_VALUE_JSON_INTEGERS 1u  /* flags of a JSON value: whole numbers inside are I64, not F64 */
/* Flags of an I64: Go's platform int, which repeat() and sequence() take and int64 they do not; else the same. */
#define BELT_VALUE_PLATFORM_INT  2u

typedef struct _BeltValue  BeltValue;
typedef struct _BeltMember BeltMember;
typedef struct _BeltFault  BeltFault;

struct _BeltValue
{
  guint8  tag;
  guint8  flags;
  guint16 aux;
  guint32 len;
  union
  {
    gint64            i;
    double            f;
    const char       *s;
    const BeltValue  *items;
    const BeltMember *members;
    const BeltFault  *fault;
  } u;
};

struct _BeltMember
{
  const char *name;
  gsize       name_len;
  BeltValue   value;
};

G_STATIC_ASSERT (sizeof (BeltValue) == 16);

/* Half-open range of bytes in a statement; line and column count from 1, column in characters. */
typedef struct
{
  guint32 start;
  guint32 end;
} BeltSpan;

typedef enum
{
  BELT_FAULT_EVAL,
  BELT_FAULT_DECODE,
  BELT_FAULT_VALIDATION,
  BELT_FAULT_DIVIDE_BY_ZERO,
  BELT_FAULT_INDEX_OUT_OF_RANGE,
  BELT_FAULT_WHERE,
  BELT_FAULT_HAVING,
  BELT_FAULT_JOIN,
  BELT_FAULT_GROUP_BY,
  BELT_FAULT_ORDER_BY,
  BELT_FAULT_FUNCTION,
  BELT_FAULT_PLUGIN,
} BeltFaultKind;

/* What went wrong with a row.  Lives in an arena like any value. */
struct _BeltFault
{
  BeltFaultKind kind;
  BeltSpan      span;      /* the expression in the statement, or {0, 0} */
  const char   *function;  /* for FUNCTION and PLUGIN, else NULL */
  const char   *message;   /* terminated, one sentence in eKuiper's wording where it has one */
};

typedef struct _BeltArena BeltArena;

/* What an error is called once it has stopped a clause: the more particular kinds stay what they are. */
static inline BeltFaultKind
belt_fault_get_kind_in (const BeltFault *self,
                        BeltFaultKind    clause)
{
  return self->kind == BELT_FAULT_DIVIDE_BY_ZERO || self->kind == BELT_FAULT_INDEX_OUT_OF_RANGE ||
         self->kind == BELT_FAULT_FUNCTION ? self->kind : clause;
}

static inline BeltValue
belt_value_null (void)
{
  return (BeltValue) { .tag = BELT_TAG_NULL };
}

static inline BeltValue
belt_value_missing (void)
{
  return (BeltValue) { .tag = BELT_TAG_MISSING };
}

static inline BeltValue
belt_value_bool (gboolean x)
{
  return (BeltValue) { .tag = BELT_TAG_BOOL, .u.i = x != 0 };
}

static inline BeltValue
belt_value_i64 (gint64 x)
{
  return (BeltValue) { .tag = BELT_TAG_I64, .u.i = x };
}

static inline BeltValue
belt_value_f64 (double x)
{
  return (BeltValue) { .tag = BELT_TAG_F64, .u.f = x };
}

static inline BeltValue
belt_value_str (const char *s,
                gsize       len)
{
  return (BeltValue) { .tag = BELT_TAG_STR, .len = (guint32) len, .u.s = s };
}

static inline BeltValue
belt_value_bytes (const char *s,
                  gsize       len)
{
  return (BeltValue) { .tag = BELT_TAG_BYTES, .len = (guint32) len, .u.s = s };
}

static inline BeltValue
belt_value_time (gint64  ns,
                 guint16 zone)
{
  return (BeltValue) { .tag = BELT_TAG_TIME, .aux = zone, .u.i = ns };
}

static inline BeltValue
belt_value_list (const BeltValue *items,
                 gsize            n_items)
{
  return (BeltValue) { .tag = BELT_TAG_LIST, .len = (guint32) n_items, .u.items = items };
}

static inline BeltValue
belt_value_map (const BeltMember *members,
                gsize             n_members)
{
  return (BeltValue) { .tag = BELT_TAG_MAP, .len = (guint32) n_members, .u.members = members };
}

/* Checked text of an object or array, followed by BELT_JSON_PADDING readable bytes. */
static inline BeltValue
belt_value_json (const char *text,
                 gsize       len,
                 gboolean    integers)
{
  return (BeltValue) { .tag = BELT_TAG_JSON, .flags = integers ? BELT_VALUE_JSON_INTEGERS : 0, .len = (guint32) len,
                       .u.s = text };
}

static inline gboolean
belt_value_is_null (const BeltValue *v)
{
  return v->tag == BELT_TAG_NULL || v->tag == BELT_TAG_MISSING;
}

static inline gboolean
belt_value_is_error (const BeltValue *v)
{
  return v->tag == BELT_TAG_ERROR;
}

static inline gboolean
belt_value_is_number (const BeltValue *v)
{
  return v->tag == BELT_TAG_I64 || v->tag == BELT_TAG_F64;
}

/* As a double; the caller has checked belt_value_is_number(). */
static inline double
belt_value_as_f64 (const BeltValue *v)
{
  return v->tag == BELT_TAG_I64 ? (double) v->u.i : v->u.f;
}

/* By the bytes of their names. */
static inline int
belt_member_compare (const BeltMember *a,
                     const BeltMember *b)
{
  int order = memcmp (a->name, b->name, MIN (a->name_len, b->name_len));

  return order != 0 ? order : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

/* Returns: (transfer container): the members of a MAP in that order. */
const BeltMember **belt_value_sort_members (const BeltValue *map);
BeltValue        belt_value_error        (BeltArena       *arena,
                                          BeltFaultKind    kind,
                                          const char      *format,
                                          ...) G_GNUC_PRINTF (3, 4);
BeltValue        belt_value_copy         (const BeltValue *self,
                                          BeltArena       *arena);
BeltValue        belt_value_expand       (const BeltValue *self,
                                          BeltArena       *arena);
const BeltValue *belt_value_get_member   (const BeltValue *self,
                                          const char      *name,
                                          gsize            name_len);
gboolean         belt_value_equal        (const BeltValue *a,
                                          const BeltValue *b);
guint64          belt_value_hash         (const BeltValue *self);
const char      *belt_tag_get_name       (BeltTag          tag);

G_END_DECLS
