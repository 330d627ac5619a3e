/* diff-make-private.h - between the maker of statements and the maker of expressions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "diff-random.h"
#include "diff-tree.h"

G_BEGIN_DECLS

typedef enum
{
  DIFF_ANY,
  DIFF_NUMBER,
  DIFF_TEXT,
  DIFF_BOOL,
  DIFF_LIST,
  DIFF_OBJECT,
  DIFF_TIME,
  DIFF_N_TYPES
} DiffType;

/* What may stand where an expression is made. */
typedef struct
{
  DiffRandom *random;
  gboolean    extensions;
  gboolean    joined;       /* columns of two streams */
  gboolean    aggregates;
  gboolean    analytics;
  gboolean    windowed;     /* window_start() and its like */
  guint       n_aliases;    /* x0 … so far */
} DiffScope;

DiffTree *diff_make_value (DiffScope *scope,
                           DiffType   type,
                           guint      depth);
DiffTree *diff_make_aggregate (DiffScope *scope);
DiffTree *diff_make_column (DiffScope *scope,
                            DiffType   type);

G_END_DECLS
