/* belt-unparse.h - tree to text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two spellings: SQL on one line, which parses to the same tree again, and the
 * notation of eKuiper's `explain` and of some of its messages.
 */
#pragma once

#include "belt-ast.h"

G_BEGIN_DECLS

/* Asked first for each node of eKuiper's notation; TRUE: it has appended its own text to out. */
typedef gboolean (*BeltNotationHook) (const BeltNode *node,
                                      GString        *out,
                                      gpointer        data);

char *belt_ast_unparse         (const BeltAst   *self);
char *belt_node_unparse        (const BeltNode  *self);
/* A name as it may stand in a statement: within back quotes where it must. */
char *belt_name_quote          (const char      *name);
/* A text as a literal within double quotes. */
char *belt_text_quote          (const char      *text,
                                gsize            len);
/* Appends eKuiper's notation: "binaryExpr:{ s.a > 3 }".  hook NULL: a column is stream.name, or $$default.name. */
void  belt_node_append_ekuiper (const BeltNode  *self,
                                GString         *out,
                                BeltNotationHook hook,
                                gpointer         data);
void  belt_nodes_append_ekuiper (BeltNode *const *nodes,
                                 guint            n_nodes,
                                 GString         *out,
                                 BeltNotationHook hook,
                                 gpointer         data);
/* The regular expression that eKuiper makes of a LIKE pattern. */
void  belt_like_append_regex   (GString         *out,
                                const char      *pattern,
                                gsize            len);
char *belt_node_to_ekuiper     (const BeltNode  *self,
                                const char      *before,
                                const char      *after);

G_END_DECLS
