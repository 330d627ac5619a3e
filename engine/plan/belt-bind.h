/* belt-bind.h - from the tree of a statement to bound expressions and slots
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names become slots of the layout, calls become calls, or slots that an operator
 * fills: aggregates, analytic functions, plugin functions, row_number().  A call of
 * the text has one slot however often an alias leads to it.
 */
#pragma once

#include "belt-expr.h"
#include "belt-function.h"
#include "belt-layout.h"
#include "belt-op-aggregate.h"
#include "belt-op-analytic.h"
#include "belt-op-call.h"
#include "belt-resolve.h"

G_BEGIN_DECLS

/* Where an expression stands; hits are counted by clause, aggregates of WHERE have an operator of their own. */
typedef enum
{
  BELT_CLAUSE_FIELDS,
  BELT_CLAUSE_WHERE,
  BELT_CLAUSE_HAVING,
  BELT_CLAUSE_WINDOW,
  BELT_CLAUSE_OTHER,
  BELT_CLAUSE_N,
} BeltClause;

typedef struct _BeltBinder BeltBinder;

struct _BeltBinder
{
  BeltResolved      *resolved;
  BeltFunctionTable *functions;
  BeltClause         clause;
  GArray            *slots;            /* BeltSlot */
  GHashTable        *columns;          /* "stream/name" → slot + 1 */
  guint             *order;            /* [n_streams] streams in the order of the parts of a joined row */
  guint             *whole_slots;      /* [n_streams], G_MAXUINT: none */
  guint             *alias_slots;      /* [n_aliases], G_MAXUINT: not bound */
  guint             *field_aliases;    /* [n_fields], G_MAXUINT: has none */
  BeltExpr         **alias_exprs;      /* [n_aliases], owned by exprs */
  GHashTable        *call_slots;       /* BeltNode* → slot + 1 */
  GArray            *aggregates;       /* BeltAggregateCall, of all clauses but WHERE */
  GArray            *where_aggregates; /* BeltAggregateCall */
  GHashTable        *lone_slots;       /* BeltNode* → slot + 1, of lone_aggregates */
  GArray            *lone_aggregates;  /* BeltAggregateCall, of each row by itself: ORDER BY without groups */
  gboolean           lone_rows;        /* what is bound now is of that kind */
  guint              n_lone_aliases;   /* aliases being bound anew for it, one in another */
  guint              n_lone_bound;     /* all that were */
  GArray            *analytics;        /* BeltAnalyticCall, in order of evaluation */
  GArray            *calls[BELT_CALL_N_PHASES];  /* BeltCallSite: plugin functions */
  GPtrArray         *hits[BELT_CLAUSE_N];        /* BeltExpr* to evaluate once more, owned by exprs */
  GArray            *hit_states[BELT_CLAUSE_N];  /* of {function, state} */
  GHashTable        *roots;            /* BeltNode* → BeltExpr*: each node is bound once */
  GPtrArray         *exprs;            /* every root, owned */
  GArray            *state_frees;      /* GDestroyNotify a state */
  int                row_number_slot;  /* -1: none */
  gboolean           incremental;      /* fields are of a row with aggregates, not of a group */
  guint              n_aliases_open;   /* aliases that are being bound, one in another */
  gboolean           before_window;    /* what is bound now is evaluated on rows that enter the window */
  gboolean           in_aggregate;     /* arguments of an aggregate: rows, not groups */
  guint              call_depth;       /* arguments of that many calls */
  GHashTable        *pruned;           /* "stream/name" of typed structs that eKuiper does not decode */
};

BeltBinder *belt_binder_new           (BeltResolved      *resolved,
                                       BeltFunctionTable *functions);
void        belt_binder_free          (BeltBinder        *self);
/* A root expression; it lives as long as exprs. */
BeltExpr   *belt_binder_bind          (BeltBinder        *self,
                                       BeltNode          *node,
                                       BeltClause         clause);
/* The same for ORDER BY over rows that are in no groups: eKuiper aggregates each of them alone. */
BeltExpr   *belt_binder_bind_lone     (BeltBinder        *self,
                                       BeltNode          *node);
/* A field of the select list: its alias, or its expression. */
BeltExpr   *belt_binder_bind_field    (BeltBinder        *self,
                                       guint              field);
guint       belt_binder_add_slot      (BeltBinder        *self,
                                       BeltSlotKind       kind,
                                       guint              stream,
                                       const char        *name);
guint       belt_binder_get_column    (BeltBinder        *self,
                                       guint              stream,
                                       const char        *name);
/* Once all is bound: eKuiper takes a like-named column for the member of what is no object, if that
 * column is decoded at all. */
void        belt_binder_finish        (BeltBinder        *self);
/* Binds the analytic calls of a clause before anything else reads their slots. */
void        belt_binder_bind_analytic (BeltBinder        *self,
                                       BeltNode          *node,
                                       BeltClause         clause);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltBinder, belt_binder_free)

G_END_DECLS
