/* diff-tree.h - a random text that knows how to become smaller
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Statements and rows are made as trees.  A piece is a text with a place for each
 * child; a list can lose children, an optional piece can go, an expression can give
 * way to one of its own parts or to a literal.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DIFF_PLACE "\x01"   /* in a piece's text: a child */

typedef struct _DiffTree DiffTree;

struct _DiffTree
{
  char      *text;       /* with places; of a list: what stands between children */
  GPtrArray *children;   /* of DiffTree */
  gboolean   is_list;
  guint      least;      /* children a list keeps */
  gboolean   is_value;   /* an expression: another may stand here */
  gboolean   optional;
};

/* Returns: (transfer full); takes the children */
DiffTree *diff_tree_new (const char *text,
                         ...) G_GNUC_NULL_TERMINATED;
/* The same as an expression. */
DiffTree *diff_tree_new_value (const char *text,
                               ...) G_GNUC_NULL_TERMINATED;
DiffTree *diff_tree_new_list (const char *separator,
                              guint       least);
void      diff_tree_add (DiffTree   *self,
                         DiffTree   *child);
DiffTree *diff_tree_copy (const DiffTree *self);
void      diff_tree_free (DiffTree   *self);
void      diff_tree_write (const DiffTree *self,
                           GString        *out);
/* The n-th way to make the tree smaller by one step, big steps first; NULL: there are not so many. */
DiffTree *diff_tree_smaller (const DiffTree *self,
                             guint           n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DiffTree, diff_tree_free)

G_END_DECLS
