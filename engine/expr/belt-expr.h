/* belt-expr.h - a bound expression and the row interpreter
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Binding turned every name into a slot of the rule's layout, so evaluation is a
 * walk over a small tree that reads columns of the current batch.  Each node
 * keeps its span in the statement; with a recorder in the context every
 * sub-value is reported with it, which is how "why was this row dropped?" is
 * answered by the same code that dropped it.
 */
#pragma once

#include "belt-batch.h"
#include "belt-function.h"

G_BEGIN_DECLS

typedef struct _BeltExpr     BeltExpr;
typedef struct _BeltEval     BeltEval;
typedef struct _BeltRecorder BeltRecorder;

typedef enum
{
  BELT_EXPR_CONST,
  BELT_EXPR_COLUMN,      /* columns[slot][row] */
  BELT_EXPR_ALIAS,       /* columns[slot][row], computed from children[0] when UNSET */
  BELT_EXPR_ANY_COLUMN,  /* unqualified name over several streams: first of slots[] that is there; before them
                          * alias slot - 1, if there is one and it was made */
  BELT_EXPR_WILDCARD,    /* the whole row as a MAP: slots[] merged, later ones win; compiled is a BeltWildcard
                          * or NULL, children are the values of its REPLACE */
  BELT_EXPR_ARITHMETIC,  /* + - * / % & | ^ */
  BELT_EXPR_COMPARE,     /* = != < <= > >= */
  BELT_EXPR_AND,
  BELT_EXPR_OR,
  BELT_EXPR_NOT,         /* extension */
  BELT_EXPR_NEGATE,      /* extension */
  BELT_EXPR_CONCAT,      /* extension || */
  BELT_EXPR_IS_NULL,     /* extension; negated: IS NOT NULL */
  BELT_EXPR_BETWEEN,     /* children: x, low, high; or x and a list of two */
  BELT_EXPR_IN,          /* children: x, items… */
  BELT_EXPR_IN_LIST,     /* children: x, list-valued expression */
  BELT_EXPR_RANGE,       /* children: low, high; the list of both, null if one is */
  BELT_EXPR_SET,         /* children: items…; the list of them */
  BELT_EXPR_LIKE,        /* children: x, pattern */
  BELT_EXPR_CASE,        /* has_operand? children: [operand], (when, then)…, [else] */
  BELT_EXPR_MEMBER,      /* children[0] -> name */
  BELT_EXPR_ARROW,       /* children: x, y; an error unless one is null */
  BELT_EXPR_INDEX,       /* children: x, index */
  BELT_EXPR_SLICE,       /* children: x, [low], [high]; NULL where omitted */
  BELT_EXPR_CALL,        /* scalar function; with CONTEXT slot is a BeltContextFunction */
  BELT_EXPR_SLOT,        /* columns[slot][row], filled by an operator: analytic, aggregate, plugin call */
} BeltExprKind;

/* CONTEXT functions: what the interpreter answers itself. */
typedef enum
{
  BELT_CONTEXT_NONE,
  BELT_CONTEXT_WINDOW_START,
  BELT_CONTEXT_WINDOW_END,
  BELT_CONTEXT_WINDOW_TRIGGER,
  BELT_CONTEXT_EVENT_TIME, /* negated: of a group, so the time its window fired */
  BELT_CONTEXT_ROW_NUMBER,
  BELT_CONTEXT_META,       /* name is the key, "*" for all */
  BELT_CONTEXT_HIT_COUNT,  /* state is the counter; has_operand: this evaluation is a hit and counts */
  BELT_CONTEXT_HIT_TIME,
  BELT_CONTEXT_UNNEST,
  BELT_CONTEXT_EXTRACT,
  BELT_CONTEXT_CHANGED_COLUMNS,  /* compiled is char *[n_children]: names of the arguments */
} BeltContextFunction;

typedef struct
{
  guint  n_except;
  char **except;
  guint  n_replace;
  char **replace;   /* names of the values in children */
  gboolean listed;  /* stands in the SELECT list, whose operator stores these values */
} BeltWildcard;

struct _BeltExpr
{
  BeltExprKind        kind;
  char                op;           /* ARITHMETIC: + - * / % & | ^; COMPARE: = ! < l > g (l is <=, g is >=) */
  gboolean            negated;      /* NOT BETWEEN, NOT IN, NOT LIKE, IS NOT NULL */
  gboolean            has_operand;  /* simple CASE */
  gboolean            has_else;
  BeltSpan            span;
  guint               slot;
  guint              *slots;        /* ANY_COLUMN */
  guint               n_slots;
  guint               state;        /* CALL with STATEFUL: index in BeltEval.states */
  guint               n_children;
  BeltExpr          **children;
  const BeltFunction *function;
  const char         *name;         /* COLUMN, ALIAS: for messages; MEMBER: the key */
  gsize               name_len;
  BeltValue           constant;
  gpointer            compiled;     /* LIKE and IN with constants: made at bind time */
  GDestroyNotify      compiled_free;
};

/* Where a row is evaluated.  One a rule run; batch and row are set before each call.  [worker] */
struct _BeltEval
{
  BeltBatch             *batch;
  guint                  row;
  BeltArena             *arena;        /* results; the batch's own unless only looked at */
  BeltEnvironment       *environment;
  const BeltWindowRange *range;        /* NULL outside windows */
  guint                  position;     /* 0-based in the emission, for row_number() */
  gpointer              *states;
  BeltRecorder          *recorder;     /* NULL: not recording */
  const struct _BeltLayout *layout;    /* names of the slots, for wildcards and meta(stream.key) */
  gboolean               row_by_row;   /* operators take no shortcut past the interpreter; set before they are made */
  gint64                 pushed_ms;    /* when the rows on their way, or the time told, came in */
};

/* Told of every node's value, children before parents. */
struct _BeltRecorder
{
  void     (*record) (gpointer owner, const BeltExpr *expr, const BeltValue *value);
  gpointer   owner;
};

/* Result lives in eval->arena, the batch or the plan.  Errors are values.  [worker] */
BeltValue belt_expr_eval       (const BeltExpr  *self,
                                BeltEval        *eval);
/* Evaluates for each selected row of eval->batch into out[row]. */
void      belt_expr_eval_batch (const BeltExpr  *self,
                                BeltEval        *eval,
                                BeltValue       *out);
BeltExpr *belt_expr_new        (BeltExprKind     kind,
                                BeltSpan         span,
                                guint            n_children);
void      belt_expr_free       (BeltExpr        *self);
BeltContextFunction belt_context_function_lookup (const char *name);

/* A LIKE pattern, eKuiper's way: % and _, other regular expression characters stay alive. */
typedef struct _BeltLike BeltLike;
BeltLike *belt_like_new    (const char      *pattern,
                            gsize            len,
                            GError         **error);
int       belt_like_match  (const BeltLike  *self,
                            const char      *text,
                            gsize            len);
void      belt_like_free   (BeltLike        *self);

BeltWildcard *belt_wildcard_new      (guint               n_except,
                                      guint               n_replace);
void          belt_wildcard_free     (BeltWildcard       *self);
gboolean      belt_wildcard_excludes (const BeltWildcard *self,
                                      const char         *name,
                                      gsize               name_len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltExpr, belt_expr_free)

/* Operators of the language on two values, by the tables of eKuiper (null rules,
 * int and float, errors).  Shared with functions such as CASE and array search. */
BeltValue belt_value_arithmetic (BeltArena       *arena,
                                 char             op,
                                 const BeltValue *a,
                                 const BeltValue *b);
BeltValue belt_value_compare    (BeltArena       *arena,
                                 char             op,
                                 const BeltValue *a,
                                 const BeltValue *b);

/* Not by order: NaN is unequal to all and not less than any. */
static inline gboolean
belt_compare_floats (char   op,
                     double a,
                     double b)
{
  switch (op)
    {
    case '=':
      return a == b;
    case '!':
      return a != b;
    case '<':
      return a < b;
    case 'l':
      return a <= b;
    case '>':
      return a > b;
    case 'g':
      return a >= b;
    default:
      g_assert_not_reached ();
    }
}

/* "int64", "map[string]interface {}": the type that eKuiper's messages name. */
const char *belt_value_get_go_type (const BeltValue *value);
/* "int64(1)", "string(abc)": how eKuiper's messages name a value. */
const char *belt_value_describe (BeltArena       *arena,
                                 const BeltValue *value);

/* Conversion by eKuiper's three levels. */
typedef enum
{
  BELT_CONVERT_STRICT,
  BELT_CONVERT_SAME_KIND,
  BELT_CONVERT_ALL,
} BeltConvertLevel;

BeltValue   belt_value_convert (BeltArena        *arena,
                                const BeltValue  *value,
                                BeltTag           to,
                                BeltConvertLevel  level,
                                BeltEnvironment  *environment);
/* str(x): the %v text of any value. */
BeltValue   belt_value_to_text (BeltArena        *arena,
                                const BeltValue  *value);

G_END_DECLS
