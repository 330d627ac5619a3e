/* belt-function-signature.c - arguments and result of a function, from its entry in the table
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table has them as people read them, "string substring(string s, int start, int end?)".
 */
#include "config.h"

#include "belt-function-signature.h"

#include <string.h>

static void
parameter_free (gpointer data)
{
  BeltParameter *parameter = data;

  g_free (parameter->type);
  g_free (parameter->name);
  g_free (parameter);
}

/* "number x", "int digits?", or a name alone. */
static BeltParameter *
make_parameter (const char *text)
{
  BeltParameter *self = g_new0 (BeltParameter, 1);
  const char *space = strchr (text, ' ');

  self->optional = g_str_has_suffix (text, "?");
  self->type = space != NULL ? g_strndup (text, (gsize)(space - text)) : g_strdup ("any");
  self->name = g_strdup (space != NULL ? space + 1 : text);
  if (self->optional)
    self->name[strlen (self->name) - 1] = '\0';

  return self;
}

GPtrArray *
belt_function_get_parameters (const BeltFunction *self)
{
  GPtrArray *parameters = g_ptr_array_new_with_free_func (parameter_free);
  const char *start = self->signature != NULL ? strchr (self->signature, '(') : NULL;
  const char *end = start != NULL ? strchr (start, ')') : NULL;
  g_autofree char *inner = end != NULL ? g_strndup (start + 1, (gsize)(end - start - 1)) : g_strdup ("");
  g_auto(GStrv) parts = g_strsplit (inner, ", ", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (strcmp (parts[i], "…") == 0 && parameters->len > 0)
        ((BeltParameter *)parameters->pdata[parameters->len - 1])->repeated = TRUE;
      else if (*parts[i] != '\0')
        g_ptr_array_add (parameters, make_parameter (parts[i]));
    }

  return parameters;
}

char *
belt_function_dup_result (const BeltFunction *self)
{
  return self->signature != NULL ? g_strndup (self->signature, strcspn (self->signature, " ")) : g_strdup ("any");
}
