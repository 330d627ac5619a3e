/* belt-function.h - the one table of SQL functions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each built-in is one entry in the table of one belt-func-*.c; plugins add
 * theirs at run time.  Completion, hover, `belt functions`, REST and the manual
 * are served from the same entries.
 */
#pragma once

#include "belt-arena.h"
#include "belt-state.h"
#include "belt-value.h"

G_BEGIN_DECLS

typedef struct _BeltFunction       BeltFunction;
typedef struct _BeltFunctionTable  BeltFunctionTable;
typedef struct _BeltCall           BeltCall;
typedef struct _BeltLiteral        BeltLiteral;
typedef struct _BeltEnvironment    BeltEnvironment;

typedef enum
{
  BELT_FUNCTION_AGGREGATE        = 1 << 0,  /* uses `aggregate` */
  BELT_FUNCTION_ANALYTIC         = 1 << 1,  /* uses `analytic`; evaluated before window and WHERE */
  BELT_FUNCTION_SET_RETURNING    = 1 << 2,  /* unnest, extract: done by the project operator */
  BELT_FUNCTION_COLUMNS          = 1 << 3,  /* changed_cols: makes columns */
  BELT_FUNCTION_CONTEXT          = 1 << 4,  /* window_start, event_time, meta, row_number, …: reads the row's context */
  BELT_FUNCTION_STATEFUL         = 1 << 5,  /* last_hit_count, …, plugin state: one state a call site */
  BELT_FUNCTION_NONDETERMINISTIC = 1 << 6,
  BELT_FUNCTION_NULL_TO_NULL     = 1 << 7,  /* any null, empty list or empty map argument: NULL without a call */
  BELT_FUNCTION_NULL_TO_FALSE    = 1 << 8,
  BELT_FUNCTION_NULL_TO_ZERO     = 1 << 9,
  BELT_FUNCTION_PLUGIN           = 1 << 10, /* uses `batch`; lifted into a call operator */
  BELT_FUNCTION_ROW              = 1 << 11, /* aggregate: step gets the whole row, as for `*`, and then the arguments */
  BELT_FUNCTION_OF_GROUP         = 1 << 12, /* a value of a group that no rows are given to: HAVING may use it */
} BeltFunctionFlags;

/* What the statement's author and the engine provide to every call. */
struct _BeltEnvironment
{
  gint64      (*now_ns)  (gpointer clock);  /* ns since 1970 UTC; the only source of time */
  gpointer      clock;
  guint64       random_state[2];            /* the only source of chance */
  const char   *rule_id;
  gint64        rule_start_ms;
  guint16       zone;                       /* configured zone, belt-zone.h */
  const BeltValue *(*property) (gpointer owner, const char *name, gsize len);  /* props(); may be NULL */
  gpointer      property_owner;
};

/* One evaluation of one call.  [worker] */
struct _BeltCall
{
  const BeltFunction *function;
  BeltArena          *arena;        /* results live here */
  BeltEnvironment    *environment;
  BeltSpan            span;
  gpointer           *state;        /* STATEFUL: this call site's, starts as NULL; freed by function->state_free */
};

/* Fails the row with FUNCTION as category; the text follows eKuiper's wording where known. */
BeltValue belt_call_fail (BeltCall   *call,
                          const char *format,
                          ...) G_GNUC_PRINTF (2, 3);

typedef BeltValue (*BeltScalarFunc) (BeltCall        *call,
                                     const BeltValue *args,
                                     guint            n_args);

/* An aggregate: `state_size` zeroed bytes a group; step sees each row's arguments in
 * window order, finish may be called more than once.  Values kept from one step to
 * the next are copied into `arena` (it lives as long as the state).  A step that
 * returns an ERROR fails the emission. */
typedef struct
{
  gsize     state_size;
  BeltValue (*step)    (BeltCall *call, gpointer state, BeltArena *arena, const BeltValue *args, guint n_args);
  BeltValue (*finish)  (BeltCall *call, gpointer state, BeltArena *arena);
  void      (*retract) (gpointer state, const BeltValue *args, guint n_args);   /* NULL: recompute sliding windows */
  void      (*merge)   (gpointer into, gconstpointer from);                     /* NULL: no panes; both states flat */
  /* For checkpoints and swaps.  NULL: whoever needs the state saved keeps the rows instead. */
  void      (*save)    (gconstpointer state, BeltStateWriter *writer);
  void      (*restore) (gpointer state, BeltArena *arena, BeltStateReader *reader);
} BeltAggregateClass;

/* An analytic function: one state a call site and partition.  `when` is the value of
 * OVER (WHEN …), TRUE if there is none.  Values kept are owned by the state: use
 * belt_value_dup_owned()/belt_value_clear_owned(). */
typedef struct
{
  gsize     state_size;
  BeltValue (*step)  (BeltCall *call, gpointer state, const BeltValue *args, guint n_args, gboolean when);
  void      (*clear) (gpointer state);
  void      (*save)    (gconstpointer state, BeltStateWriter *writer);   /* NULL: starts anew */
  void      (*restore) (gpointer state, BeltStateReader *reader);        /* into a zeroed state */
} BeltAnalyticClass;

/* A function that answers for many rows at once: plugins.  `args` is [n_args] columns of
 * n_rows values; `out` is [n_rows].  For an aggregate, group g owns the rows up to group_ends[g]
 * and `out` is [n_groups].  Results live in `arena`.  An instance belongs to one call site. */
typedef struct
{
  gpointer (*create)  (const BeltFunction *function, const BeltValue *const_args, const gboolean *is_const,
                       guint n_args, GError **error);
  void     (*destroy) (gpointer instance);
  void     (*call)    (gpointer instance, const BeltValue *const *args, guint n_args, guint n_rows,
                       const guint32 *group_ends, guint n_groups, BeltValue *out, BeltArena *arena);
  GBytes  *(*save)    (gpointer instance);                       /* state for a checkpoint; may return NULL */
  gboolean (*restore) (gpointer instance, GBytes *state, GError **error);
} BeltBatchFunctionClass;

/* A constant argument as it stands in the statement, for checks before anything runs. */
struct _BeltLiteral
{
  gboolean  is_literal;   /* FALSE: a column or an expression, nothing is known */
  gboolean  is_boolean_expression;  /* TRUE/FALSE literal or a comparison */
  gboolean  is_wildcard;
  gboolean  is_time_unit;           /* SS and its like */
  BeltValue value;
  const char *name;   /* a bare column: its name, for meta() and mqtt(); else NULL */
};

struct _BeltFunction
{
  const char               *name;       /* lower case */
  gint8                     args_min;
  gint8                     args_max;   /* -1: any number */
  guint                     flags;      /* BeltFunctionFlags */
  const char               *group;      /* "math", "text", "time", … */
  const char               *signature;  /* "number round(number x, int digits?)" */
  const char               *doc;        /* one line */
  const char               *example;    /* "round(2.345, 2) = 2.35"; run as a test */
  BeltScalarFunc            call;
  const BeltAggregateClass *aggregate;
  const BeltAnalyticClass  *analytic;
  const BeltBatchFunctionClass *batch;
  /* Refuses literal arguments as eKuiper's parser does: NULL, or the text of the error (free it). */
  char                   *(*check) (const BeltFunction *self, const BeltLiteral *args, guint n_args);
  void                    (*state_free) (gpointer state);
  gpointer                  user_data;  /* plugins */
  GDestroyNotify            user_data_free;
  /* Kinds of literals refused, a letter an argument, the last one for all that follow; NULL: none.
   * n number  i int  j int or text  s text  b boolean  t time  c time, said "int": other literals are refused;
   * I must be an int literal, S a text literal, B a boolean one; * anything. */
  const char               *literal_kinds;
};

/* Number and literals of the arguments as eKuiper's parser checks them: NULL, or the text of the
 * error (free it). */
char     *belt_function_check_args (const BeltFunction *self,
                                    const BeltLiteral  *args,
                                    guint               n_args);
/* Calls a scalar function (one with `call`): an ERROR among the arguments is the result, then the
 * null rules of the flags, then the function.  [worker] */
BeltValue belt_function_call       (BeltCall           *call,
                                    const BeltValue    *args,
                                    guint               n_args);

/* A table is immutable; adding a plugin's functions makes a new one.  Ref-counted, any thread. */
BeltFunctionTable  *belt_function_table_get_builtin (void);
BeltFunctionTable  *belt_function_table_ref         (BeltFunctionTable   *self);
void                belt_function_table_unref       (BeltFunctionTable   *self);
BeltFunctionTable  *belt_function_table_new_with    (BeltFunctionTable   *base,
                                                     BeltFunction *const *functions,
                                                     guint                n_functions);
const BeltFunction *belt_function_table_lookup      (BeltFunctionTable   *self,
                                                     const char          *name,
                                                     gsize                name_len);
const BeltFunction *const *belt_function_table_list (BeltFunctionTable   *self,
                                                     guint               *ret_n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltFunctionTable, belt_function_table_unref)

/* For state: a value that owns its memory (one block), and its release. */
void belt_value_dup_owned   (BeltValue       *ret_owned,
                             const BeltValue *value);
void belt_value_clear_owned (BeltValue       *owned);

G_END_DECLS
