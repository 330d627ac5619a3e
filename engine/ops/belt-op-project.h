/* belt-op-project.h - the select list: rows as they leave the rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each row becomes one MAP in the output slot, members in SELECT order.  A plain
 * column that the row lacks is left out, one that is null stays null; any other
 * expression that is null is left out.  With sendNilField missing columns and null
 * aliases are null.
 *
 * What REPLACE makes is an alias like another: it stands in the list behind its `*`.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_FIELD_COLUMN,     /* a bare column */
  BELT_FIELD_ALIAS,      /* expr AS name */
  BELT_FIELD_EXPRESSION, /* expr without alias */
  BELT_FIELD_WILDCARD,   /* *; expr is BELT_EXPR_WILDCARD */
  BELT_FIELD_COLUMNS,    /* changed_cols(): the members of a MAP */
} BeltFieldKind;

typedef struct
{
  BeltFieldKind kind;
  const char   *name;
  gsize         name_len;
  BeltExpr     *expr;
  gboolean      invisible;
} BeltProjectField;

typedef struct
{
  BeltProjectField *fields;
  guint             n_fields;
  guint            *order;       /* [n_fields]: in which they are made */
  guint             out_slot;
  gint64            limit;       /* negative: none */
  gboolean          has_star;    /* * of all streams: columns named beside it add nothing */
  gboolean          has_replace;
  const BeltWildcard *wildcard;  /* the one whose EXCEPT counts, for columns named as well; NULL: none */
  gboolean          send_nil;
  gboolean          send_meta;   /* adds "__meta" */
} BeltProjectSpec;

/* unnest() and extract(): one row an element. */
typedef struct
{
  const char *name;              /* the field that holds the list */
  gsize       name_len;
  guint       out_slot;
  gint64      limit;
  gboolean    lost;              /* of a window without groups eKuiper looks in the rows and finds nothing */
} BeltProjectSetSpec;

BeltOp *belt_op_project_new     (const BeltProjectSpec    *spec,
                                 BeltEval                 *eval);
BeltOp *belt_op_project_set_new (const BeltProjectSetSpec *spec,
                                 BeltEval                 *eval);
#define BELT_ROW_NUMBER_UNREAD G_MAXUINT  /* meta(row_number()): it stands where no value is read */

/* row_number(): fills `slot` with 1, 2, … in each emission. */
BeltOp *belt_op_row_number_new  (guint                     slot,
                                 BeltEval                 *eval);

G_END_DECLS
