/* belt-ast.h - the tree of one statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parser makes and the binder, the formatter and the editor read.
 * Every node, name and array lives in the arena of its BeltAst, is made once and
 * never changed afterwards, so a tree may be read on any thread.  Names are
 * terminated and already unquoted; spans point into BeltAst.text.  A tree is at
 * most BELT_AST_DEPTH_MAX deep, so walking it by recursion is safe.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_AST_DEPTH_MAX   2048u  /* nodes from a root to a leaf */
#define BELT_AST_NESTING_MAX 200u   /* brackets, calls and CASEs inside each other */

typedef struct _BeltAst       BeltAst;
typedef struct _BeltAstSelect BeltAstSelect;
typedef struct _BeltAstCreate BeltAstCreate;
typedef struct _BeltAstField  BeltAstField;
typedef struct _BeltAstTable  BeltAstTable;
typedef struct _BeltAstSort   BeltAstSort;
typedef struct _BeltAstOver   BeltAstOver;
typedef struct _BeltAstWindow BeltAstWindow;
typedef struct _BeltAstName   BeltAstName;
typedef struct _BeltAstType   BeltAstType;
typedef struct _BeltAstColumn BeltAstColumn;
typedef struct _BeltAstOption BeltAstOption;
typedef struct _BeltNode      BeltNode;

typedef enum
{
  BELT_NODE_LITERAL,    /* value: BOOL, I64, F64 or STR */
  BELT_NODE_TIME_UNIT,  /* DD, HH, MI, SS, MS outside a window; evaluates to null */
  BELT_NODE_COLUMN,     /* [qualifier.]name; the qualifier is always a name or alias of FROM/JOIN; name may be "*" */
  BELT_NODE_META,       /* a name inside meta() or mqtt(): [qualifier.]name, or "*" */
  BELT_NODE_WILDCARD,   /* * with except[] and replace[] */
  BELT_NODE_PAREN,      /* children: x */
  BELT_NODE_ARITHMETIC, /* op + - * / % & | ^; children: a, b */
  BELT_NODE_COMPARE,    /* op = ! < l > g (l is <=, g is >=); children: a, b */
  BELT_NODE_AND,        /* children: a, b */
  BELT_NODE_OR,         /* children: a, b */
  BELT_NODE_BETWEEN,    /* negated?; children: x, low, high; or x and what an operator makes of a RANGE */
  BELT_NODE_IN,         /* negated?; children: x, items… */
  BELT_NODE_IN_LIST,    /* negated?; children: x, list-valued expression */
  BELT_NODE_RANGE,      /* low AND high where an operator follows; children: low, high */
  BELT_NODE_SET,        /* the items of IN (…) where an operator follows; children: items… */
  BELT_NODE_LIKE,       /* negated?; children: x, pattern */
  BELT_NODE_MEMBER,     /* children: x; name.  x->name (op >), x.name (op .) */
  BELT_NODE_ARROW,      /* -> before what is no name, which only null survives; children: x, y */
  BELT_NODE_INDEX,      /* children: x, index */
  BELT_NODE_SLICE,      /* children: x, low, high; NULL where omitted; x[] has both NULL */
  BELT_NODE_CASE,       /* has_operand?, has_else?; children: [operand], (when, then)…, [else] */
  BELT_NODE_CALL,       /* name is lower case for built-ins; children: arguments; over; distinct (extension) */
  BELT_NODE_WINDOW,     /* window: TUMBLINGWINDOW (…) and its like, stands in GROUP BY */
  BELT_NODE_NOT,        /* extension; children: x */
  BELT_NODE_NEGATE,     /* extension; children: x */
  BELT_NODE_CONCAT,     /* extension ||; children: a, b */
  BELT_NODE_IS_NULL,    /* extension; negated?; children: x */
  BELT_NODE_ERROR,      /* stands where the text did not parse; only in trees that have errors */
} BeltNodeKind;

struct _BeltNode
{
  BeltNodeKind   kind;
  char           op;
  guint8         negated     : 1;
  guint8         has_operand : 1;
  guint8         has_else    : 1;
  guint8         distinct    : 1;
  guint16        depth;       /* 1 for a leaf */
  BeltSpan       span;        /* the whole expression, brackets of a PAREN included */
  BeltSpan       op_span;     /* the operator or its first word; {0, 0} if there is none */
  BeltSpan       name_span;   /* COLUMN, META, MEMBER, CALL: the name alone */
  BeltSpan       qualifier_span;
  const char    *name;
  const char    *qualifier;   /* NULL: none */
  BeltValue      value;
  guint          n_children;
  BeltNode     **children;
  guint          n_except;    /* WILDCARD */
  BeltAstName   *except;
  guint          n_replace;
  BeltAstField  *replace;
  BeltAstOver   *over;        /* CALL; NULL: none */
  BeltAstWindow *window;      /* WINDOW */
  guint          call_id;     /* CALL: number in the order of closing brackets, from 0 */
  guint          kinds;       /* CALL: BeltParserFunctionKinds */
  gconstpointer  function;    /* CALL: what the parser's lookup gave, a const BeltFunction * */
};

struct _BeltAstName
{
  const char *name;
  BeltSpan    span;
};

struct _BeltAstField
{
  BeltNode   *expr;
  const char *name;        /* eKuiper's output name without alias: column, function, "*", kuiper_field_N */
  const char *alias;       /* NULL: none */
  gboolean    invisible;
  BeltSpan    span;
  BeltSpan    as_span;     /* the word AS */
  BeltSpan    alias_span;
};

typedef enum
{
  BELT_AST_FROM,
  BELT_AST_JOIN_INNER,
  BELT_AST_JOIN_LEFT,
  BELT_AST_JOIN_RIGHT,
  BELT_AST_JOIN_FULL,
  BELT_AST_JOIN_CROSS,
} BeltAstTableKind;

struct _BeltAstTable
{
  BeltAstTableKind kind;
  const char      *name;
  const char      *alias;  /* NULL: none */
  BeltNode        *on;     /* NULL: none */
  BeltSpan         span;
  BeltSpan         name_span;
  BeltSpan         alias_span;
};

struct _BeltAstSort
{
  BeltNode *expr;
  gboolean  descending;
  BeltSpan  span;
};

/* OVER (PARTITION BY … ORDER BY … WHEN …) of a call or of a window. */
struct _BeltAstOver
{
  BeltSpan     span;
  guint        n_partition;
  BeltNode   **partition;
  guint        n_order_by;
  BeltAstSort *order_by;   /* row_number only */
  BeltNode    *when;       /* NULL: none */
};

typedef enum
{
  BELT_AST_WINDOW_TUMBLING,
  BELT_AST_WINDOW_HOPPING,
  BELT_AST_WINDOW_SESSION,
  BELT_AST_WINDOW_SLIDING,
  BELT_AST_WINDOW_COUNT,
  BELT_AST_WINDOW_STATE,
} BeltAstWindowKind;

typedef enum
{
  BELT_AST_UNIT_NONE,   /* count and state windows */
  BELT_AST_UNIT_DAY,
  BELT_AST_UNIT_HOUR,
  BELT_AST_UNIT_MINUTE,
  BELT_AST_UNIT_SECOND,
  BELT_AST_UNIT_MILLISECOND,
} BeltAstUnit;

struct _BeltAstWindow
{
  BeltAstWindowKind kind;
  BeltAstUnit       unit;
  BeltSpan          name_span;
  gint64            length;    /* as written, in units or rows */
  gint64            interval;  /* HOPPING: step; SESSION: timeout; COUNT: step or 0 */
  gint64            delay;     /* SLIDING: third argument or 0 */
  BeltNode         *begin;     /* STATE with one argument: that condition; with two: begin */
  BeltNode         *emit;      /* STATE with two arguments */
  BeltNode         *filter;    /* FILTER (WHERE …) or NULL */
  BeltAstOver      *over;      /* when and partition, or NULL */
  guint             n_args;
  BeltNode        **args;      /* as written */
};

struct _BeltAstSelect
{
  guint          n_fields;
  BeltAstField  *fields;
  guint          n_tables;
  BeltAstTable  *tables;       /* FROM first, then the joins */
  BeltNode      *where;        /* NULL: none; so for each clause */
  guint          n_group_by;
  BeltNode     **group_by;     /* without windows */
  BeltNode      *window;       /* the WINDOW node or NULL */
  BeltNode      *having;
  guint          n_order_by;
  BeltAstSort   *order_by;
  gboolean       has_limit;
  gint64         limit;        /* negative: no limit */
  BeltSpan       fields_span;
  BeltSpan       from_span;    /* each clause from its first word to its end, {0, 0} where there is none */
  BeltSpan       where_span;
  BeltSpan       group_by_span;
  BeltSpan       having_span;
  BeltSpan       order_by_span;
  BeltSpan       limit_span;
};

typedef enum
{
  BELT_AST_TYPE_BIGINT,   /* the numbers of BeltTypeKind in catalog/ */
  BELT_AST_TYPE_FLOAT,
  BELT_AST_TYPE_STRING,
  BELT_AST_TYPE_BYTEA,
  BELT_AST_TYPE_DATETIME,
  BELT_AST_TYPE_BOOLEAN,
  BELT_AST_TYPE_ARRAY,
  BELT_AST_TYPE_STRUCT,
} BeltAstTypeKind;

struct _BeltAstType
{
  BeltAstTypeKind kind;
  BeltSpan        span;
  BeltAstType    *element;    /* ARRAY */
  guint           n_columns;  /* STRUCT */
  BeltAstColumn  *columns;
};

struct _BeltAstColumn
{
  const char  *name;
  BeltSpan     name_span;
  BeltSpan     span;
  BeltAstType *type;
  gboolean     has_default;
  BeltValue    default_value;  /* already of the column's type */
  BeltSpan     default_span;
};

struct _BeltAstOption
{
  const char *key;         /* upper case: "DATASOURCE" */
  const char *value;       /* as text; TRUE and FALSE in upper case where written bare */
  gboolean    is_boolean;  /* written bare */
  BeltSpan    key_span;
  BeltSpan    value_span;
};

struct _BeltAstCreate
{
  guint          n_columns;  /* 0: schemaless */
  BeltAstColumn *columns;
  guint          n_options;
  BeltAstOption *options;    /* in order; of repeated ones the last counts */
};

typedef enum
{
  BELT_AST_NOTHING,   /* an empty text, or a first word that begins no statement */
  BELT_AST_SELECT,
  BELT_AST_CREATE,
  BELT_AST_DROP,
  BELT_AST_SHOW,
  BELT_AST_DESCRIBE,
  BELT_AST_EXPLAIN,
} BeltAstKind;

/* A place where the statement uses what stock eKuiper does not understand. */
typedef struct
{
  BeltSpan    span;
  const char *what;   /* "IS NULL": static text */
  const char *hint;   /* what stock eKuiper takes instead; static text */
} BeltAstExtension;

struct _BeltAst
{
  BeltArena        *arena;
  const char       *text;    /* a terminated copy */
  gsize             len;
  BeltAstKind       kind;
  gboolean          is_table;  /* CREATE, DROP, DESCRIBE, EXPLAIN, SHOW: TABLE(S) instead of STREAM(S) */
  const char       *name;      /* CREATE, DROP, DESCRIBE, EXPLAIN */
  BeltSpan          name_span;
  BeltSpan          span;      /* of the statement, without what follows its ';' */
  BeltAstSelect    *select;
  BeltAstCreate    *create;
  guint             n_extensions;
  BeltAstExtension *extensions;
  guint             n_calls;
};

/* Called before a node's children; FALSE skips them. */
typedef gboolean (*BeltNodeVisitor) (BeltNode *node,
                                     gpointer  data);

void            belt_ast_free         (BeltAst         *self);
/* Visits every expression of a SELECT, in the order of its text. */
void            belt_ast_walk         (const BeltAst   *self,
                                       BeltNodeVisitor  visit,
                                       gpointer         data);
/* Visits a node and all below: arguments, REPLACE, OVER, window conditions. */
void            belt_node_walk        (BeltNode        *self,
                                       BeltNodeVisitor  visit,
                                       gpointer         data);
/* The node without the brackets around it. */
BeltNode       *belt_node_unwrap      (BeltNode        *self);
/* TRUE, FALSE, AND, OR, comparisons, BETWEEN, IN, LIKE: what eKuiper takes as a condition by its form. */
gboolean        belt_node_is_boolean  (const BeltNode  *self);
/* "<=" for 'l': an operator as SQL writes it. */
const char     *belt_operator_get_text   (char               op);
/* The operator between two operands: "AND", "NOT IN", "<=". */
const char     *belt_node_get_operator   (const BeltNode    *self);
const char     *belt_ast_type_get_name   (BeltAstTypeKind    kind);  /* "bigint" */
const char     *belt_ast_window_get_name (BeltAstWindowKind  kind);  /* "tumblingwindow" */
const char     *belt_ast_window_get_ekuiper_name (BeltAstWindowKind kind); /* "TUMBLING_WINDOW", in explain */
/* Why a window cannot run, with the argument to blame; NULL: it can. */
const char     *belt_ast_window_get_flaw (const BeltAstWindow *self,
                                          const BeltNode     **ret_arg);
const char     *belt_ast_unit_get_name   (BeltAstUnit        unit);  /* "SS" */
gint64          belt_ast_unit_get_ms     (BeltAstUnit        unit);  /* 1000; 0 for NONE */
/* The value of an option, or NULL; of repeated ones the last. */
const char     *belt_ast_create_get_option (const BeltAstCreate *self,
                                            const char          *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltAst, belt_ast_free)

G_END_DECLS
