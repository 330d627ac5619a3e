/* diff-tree.c - a random text that knows how to become smaller
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "diff-tree.h"

#include <string.h>

static const char *const literals[] = { "1", "a", "\"x\"" };

static DiffTree *
make (const char *text)
{
  DiffTree *self = g_new0 (DiffTree, 1);

  self->text = g_strdup (text);
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify)diff_tree_free);

  return self;
}

static DiffTree *
make_with (const char *text,
           va_list     args)
{
  DiffTree *self = make (text);
  DiffTree *child;

  while ((child = va_arg (args, DiffTree *)) != NULL)
    g_ptr_array_add (self->children, child);

  return self;
}

DiffTree *
diff_tree_new (const char *text,
               ...)
{
  va_list args;
  DiffTree *self;

  va_start (args, text);
  self = make_with (text, args);
  va_end (args);

  return self;
}

DiffTree *
diff_tree_new_value (const char *text,
                     ...)
{
  va_list args;
  DiffTree *self;

  va_start (args, text);
  self = make_with (text, args);
  va_end (args);
  self->is_value = TRUE;

  return self;
}

DiffTree *
diff_tree_new_list (const char *separator,
                    guint       least)
{
  DiffTree *self = make (separator);

  self->is_list = TRUE;
  self->least = least;

  return self;
}

void
diff_tree_add (DiffTree *self,
               DiffTree *child)
{
  g_ptr_array_add (self->children, child);
}

DiffTree *
diff_tree_copy (const DiffTree *self)
{
  DiffTree *copy = make (self->text);

  copy->is_list = self->is_list;
  copy->least = self->least;
  copy->is_value = self->is_value;
  copy->optional = self->optional;
  for (guint i = 0; i < self->children->len; i++)
    g_ptr_array_add (copy->children, diff_tree_copy (self->children->pdata[i]));

  return copy;
}

void
diff_tree_free (DiffTree *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->children);
  g_free (self->text);
  g_free (self);
}

void
diff_tree_write (const DiffTree *self,
                 GString        *out)
{
  guint child = 0;

  if (self->is_list)
    {
      for (guint i = 0; i < self->children->len; i++)
        {
          if (i > 0)
            g_string_append (out, self->text);
          diff_tree_write (self->children->pdata[i], out);
        }
      return;
    }

  for (const char *p = self->text; *p != 0; p++)
    {
      if (*p != DIFF_PLACE[0])
        g_string_append_c (out, *p);
      else if (child < self->children->len)
        diff_tree_write (self->children->pdata[child++], out);
    }
}

/* --- smaller --- */

/* Becomes what `from` is. */
static void
replace (DiffTree *self,
         DiffTree *from)
{
  g_autoptr(DiffTree) copy = diff_tree_copy (from);
  DiffTree old = *self;

  *self = *copy;
  self->optional = old.optional;
  *copy = old;
}

static void
collect_values (DiffTree  *self,
                GPtrArray *out)
{
  for (guint i = 0; i < self->children->len; i++)
    {
      DiffTree *child = self->children->pdata[i];

      if (child->is_value)
        g_ptr_array_add (out, child);
      else
        collect_values (child, out);
    }
}

/* Steps at this node alone: takes the one numbered *n, or takes their number off *n. */
static gboolean
try_here (DiffTree *self,
          guint    *n)
{
  g_autoptr(GPtrArray) values = g_ptr_array_new ();

  if (self->optional && (self->text[0] != 0 || self->children->len > 0))
    {
      if (*n == 0)
        {
          g_autoptr(DiffTree) nothing = make ("");

          replace (self, nothing);
          return TRUE;
        }
      (*n)--;
    }
  if (self->is_list && self->children->len > self->least)
    {
      if (*n < self->children->len)
        {
          g_ptr_array_remove_index (self->children, *n);
          return TRUE;
        }
      *n -= self->children->len;
    }
  if (!self->is_value)
    return FALSE;

  collect_values (self, values);
  if (*n < values->len)
    {
      replace (self, values->pdata[*n]);
      return TRUE;
    }
  *n -= values->len;

  if (self->children->len == 0)
    return FALSE;
  if (*n < G_N_ELEMENTS (literals))
    {
      g_autoptr(DiffTree) literal = diff_tree_new_value (literals[*n], NULL);

      replace (self, literal);
      return TRUE;
    }
  *n -= G_N_ELEMENTS (literals);
  return FALSE;
}

static gboolean
try_all (DiffTree *self,
         guint    *n)
{
  if (try_here (self, n))
    return TRUE;
  for (guint i = 0; i < self->children->len; i++)
    {
      if (try_all (self->children->pdata[i], n))
        return TRUE;
    }

  return FALSE;
}

DiffTree *
diff_tree_smaller (const DiffTree *self,
                   guint           n)
{
  g_autoptr(DiffTree) copy = diff_tree_copy (self);

  return try_all (copy, &n) ? g_steal_pointer (&copy) : NULL;
}
