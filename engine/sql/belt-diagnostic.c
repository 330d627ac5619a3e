/* belt-diagnostic.c - what every phase says about a text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain data with one way to print it; who makes diagnostics words them.
 */
#include "config.h"

#include "belt-diagnostic.h"

BeltDiagnostic *
belt_diagnostic_new_va (BeltSeverity severity,
                        const char  *code,
                        BeltSpan     span,
                        const char  *hint,
                        const char  *format,
                        va_list      args)
{
  BeltDiagnostic *self = g_new0 (BeltDiagnostic, 1);
  g_autofree char *message = g_strdup_vprintf (format, args);

  self->severity = severity;
  self->code = g_strdup (code);
  self->span = span;
  self->hint = g_strdup (hint);
  /* It may quote a statement of any bytes. */
  self->message = g_utf8_make_valid (message, -1);
  return self;
}

BeltDiagnostic *
belt_diagnostic_new (BeltSeverity severity,
                     const char  *code,
                     BeltSpan     span,
                     const char  *format,
                     ...)
{
  BeltDiagnostic *self;
  va_list args;

  va_start (args, format);
  self = belt_diagnostic_new_va (severity, code, span, NULL, format, args);
  va_end (args);
  return self;
}

BeltDiagnostic *
belt_diagnostic_copy (const BeltDiagnostic *self)
{
  BeltDiagnostic *copy = g_new (BeltDiagnostic, 1);

  *copy = *self;
  copy->code = g_strdup (self->code);
  copy->file = g_strdup (self->file);
  copy->message = g_strdup (self->message);
  copy->hint = g_strdup (self->hint);
  copy->fix = g_strdup (self->fix);
  copy->fix_label = g_strdup (self->fix_label);
  return copy;
}

void
belt_diagnostic_free (BeltDiagnostic *self)
{
  if (self == NULL)
    return;

  g_free (self->code);
  g_free (self->file);
  g_free (self->message);
  g_free (self->hint);
  g_free (self->fix);
  g_free (self->fix_label);
  g_free (self);
}

/* Counts characters, not bytes; a broken byte counts as one. */
static void
advance (const char *text,
         gsize       from,
         gsize       to,
         guint      *line,
         guint      *column)
{
  for (gsize i = from; i < to; i++)
    {
      if (text[i] == '\n')
        {
          (*line)++;
          *column = 1;
        }
      else if (((guchar)text[i] & 0xc0) != 0x80)
        {
          (*column)++;
        }
    }
}

void
belt_diagnostic_locate (BeltDiagnostic *self,
                        const char     *text,
                        gsize           len)
{
  gsize start = MIN (self->span.start, len);
  gsize end = MAX (start, MIN (self->span.end, len));

  self->line = 1;
  self->column = 1;
  advance (text, 0, start, &self->line, &self->column);
  self->end_line = self->line;
  self->end_column = self->column;
  advance (text, start, end, &self->end_line, &self->end_column);
}

char *
belt_diagnostic_to_string (const BeltDiagnostic *self)
{
  static const char *const names[] = { "error", "warning", "note" };
  GString *out = g_string_new (self->file);

  if (out->len > 0)
    g_string_append_c (out, ':');
  if (self->line > 0)
    g_string_append_printf (out, "%u:%u: ", self->line, self->column);
  else if (out->len > 0)
    g_string_append_c (out, ' ');
  g_string_append_printf (out, "%s: %s", names[self->severity], self->message);
  if (self->hint != NULL)
    g_string_append_printf (out, " (%s)", self->hint);
  else if (self->fix_label != NULL && strstr (self->message, "did you mean") == NULL)
    g_string_append_printf (out, " (%c%s)", g_ascii_tolower (*self->fix_label), self->fix_label + 1);
  return g_string_free (out, FALSE);
}
