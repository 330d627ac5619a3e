/* bw-problem.c - one thing that is wrong with a text, for lists and underlines
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-problem.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BwProblem
{
  GObject         parent_instance;

  BeltDiagnostic *diagnostic;
};

G_DEFINE_FINAL_TYPE (BwProblem, bw_problem, G_TYPE_OBJECT)

static void
bw_problem_finalize (GObject *object)
{
  BwProblem *self = BW_PROBLEM (object);

  g_clear_pointer (&self->diagnostic, belt_diagnostic_free);

  G_OBJECT_CLASS (bw_problem_parent_class)->finalize (object);
}

static void
bw_problem_class_init (BwProblemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_problem_finalize;
}

static void
bw_problem_init (BwProblem *self)
{
}

BwProblem *
bw_problem_new (const BeltDiagnostic *diagnostic)
{
  BwProblem *self = g_object_new (BW_TYPE_PROBLEM, NULL);

  self->diagnostic = belt_diagnostic_copy (diagnostic);
  return self;
}

const BeltDiagnostic *
bw_problem_get_diagnostic (BwProblem *self)
{
  return self->diagnostic;
}

/* The engine's texts begin small, to stand after a place; here each is a sentence. */
static void
append_sentence (GString    *text,
                 const char *words)
{
  gunichar first = g_utf8_get_char (words);
  gsize len = strlen (words);

  g_string_append_unichar (text, g_unichar_toupper (first));
  g_string_append (text, g_utf8_next_char (words));
  if (len > 0 && strchr (".?!", words[len - 1]) == NULL)
    g_string_append_c (text, '.');
}

char *
bw_problem_dup_text (BwProblem *self)
{
  const BeltDiagnostic *diagnostic = self->diagnostic;
  GString *text = g_string_new (NULL);

  if (diagnostic->file != NULL && diagnostic->line > 0)
    {
      g_autofree char *name = g_path_get_basename (diagnostic->file);

      g_string_append_printf (text, "%s:%u:%u: ", name, diagnostic->line, diagnostic->column);
    }
  else if (diagnostic->line > 0)
    g_string_append_printf (text, _("Line %u, column %u: "), diagnostic->line, diagnostic->column);

  append_sentence (text, diagnostic->message);
  if (diagnostic->hint != NULL && *diagnostic->hint != '\0')
    {
      g_string_append_c (text, ' ');
      append_sentence (text, diagnostic->hint);
    }

  return g_string_free (text, FALSE);
}

void
bw_problem_fill (GListStore *store,
                 GPtrArray  *diagnostics)
{
  guint n = diagnostics != NULL ? diagnostics->len : 0;
  g_autoptr(GPtrArray) problems = g_ptr_array_new_full (n, g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (problems, bw_problem_new (g_ptr_array_index (diagnostics, i)));
  g_list_store_splice (store, 0, g_list_model_get_n_items (G_LIST_MODEL (store)), problems->pdata, n);
}
