/* belt-expr.c - the life of an expression node
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nodes are made while binding and read-only afterwards, so one tree serves any
 * number of runs on any number of threads.
 */
#include "config.h"

#include "belt-expr.h"

BeltExpr *
belt_expr_new (BeltExprKind kind,
               BeltSpan     span,
               guint        n_children)
{
  BeltExpr *self = g_new0 (BeltExpr, 1);

  self->kind = kind;
  self->span = span;
  self->n_children = n_children;
  self->children = n_children > 0 ? g_new0 (BeltExpr *, n_children) : NULL;

  return self;
}

void
belt_expr_free (BeltExpr *self)
{
  if (self == NULL)
    return;

  /* An alias lends its expression to all that name it; the plan owns it. */
  for (guint i = 0; self->kind != BELT_EXPR_ALIAS && i < self->n_children; i++)
    belt_expr_free (self->children[i]);

  if (self->compiled != NULL && self->compiled_free != NULL)
    self->compiled_free (self->compiled);

  g_free (self->children);
  g_free (self->slots);
  g_free (self);
}

BeltWildcard *
belt_wildcard_new (guint n_except,
                   guint n_replace)
{
  BeltWildcard *self = g_new0 (BeltWildcard, 1);

  self->n_except = n_except;
  self->except = g_new0 (char *, n_except + 1);
  self->n_replace = n_replace;
  self->replace = g_new0 (char *, n_replace + 1);

  return self;
}

void
belt_wildcard_free (BeltWildcard *self)
{
  g_strfreev (self->except);
  g_strfreev (self->replace);
  g_free (self);
}

gboolean
belt_wildcard_excludes (const BeltWildcard *self,
                        const char         *name,
                        gsize               name_len)
{
  for (guint i = 0; i < self->n_except; i++)
    {
      if (strlen (self->except[i]) == name_len && memcmp (self->except[i], name, name_len) == 0)
        return TRUE;
    }

  return FALSE;
}
