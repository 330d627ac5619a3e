/* belt-bind-private.h - between the files of the binder
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-bind.h"

G_BEGIN_DECLS

typedef struct
{
  guint function;   /* BeltContextFunction */
  guint state;
} BeltHitState;

/* New expressions belong to the caller. */
BeltExpr *belt_binder_bind_node     (BeltBinder   *self,
                                     BeltNode     *node);
BeltExpr *belt_binder_bind_call     (BeltBinder   *self,
                                     BeltNode     *node);
/* A node that needs no more than its children bound. */
BeltExpr *belt_binder_bind_plain    (BeltBinder   *self,
                                     BeltNode     *node,
                                     BeltExprKind  kind);
void      belt_binder_bind_children (BeltBinder   *self,
                                     BeltExpr     *expr,
                                     BeltNode     *node);
/* All columns of a stream, or with G_MAXUINT of all streams. */
BeltExpr *belt_binder_bind_wildcard (BeltBinder   *self,
                                     BeltSpan      span,
                                     guint         stream);
BeltExpr *belt_binder_new_slot_expr (BeltExprKind  kind,
                                     BeltSpan      span,
                                     guint         slot);
/* The index of a new state of the rule. */
guint     belt_binder_add_state     (BeltBinder   *self,
                                     GDestroyNotify state_free);

G_END_DECLS
