/* belt-diagnostic.h - what every phase says about a text: where, what, what to do
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Used for SQL, manifests, compiler output and plugin faults alike.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_SEVERITY_ERROR,
  BELT_SEVERITY_WARNING,
  BELT_SEVERITY_NOTE,
} BeltSeverity;

typedef struct
{
  BeltSeverity severity;
  char        *code;      /* "parse", "unknown-column", "not-portable", … */
  char        *file;      /* NULL for a statement at hand */
  BeltSpan     span;      /* bytes in the text; {0,0} when only line and column are known */
  guint        line;      /* from 1 */
  guint        column;    /* from 1, characters */
  guint        end_line;
  guint        end_column;
  char        *message;   /* one sentence */
  char        *hint;      /* what to do; may be NULL */
  char        *fix;       /* replacement for the span; NULL: no quick fix */
  char        *fix_label; /* "Change to “temperature”" */
} BeltDiagnostic;

BeltDiagnostic *belt_diagnostic_new      (BeltSeverity          severity,
                                          const char           *code,
                                          BeltSpan              span,
                                          const char           *format,
                                          ...) G_GNUC_PRINTF (4, 5);
/* hint may be NULL. */
BeltDiagnostic *belt_diagnostic_new_va   (BeltSeverity          severity,
                                          const char           *code,
                                          BeltSpan              span,
                                          const char           *hint,
                                          const char           *format,
                                          va_list               args) G_GNUC_PRINTF (5, 0);
BeltDiagnostic *belt_diagnostic_copy     (const BeltDiagnostic *self);
void            belt_diagnostic_free     (BeltDiagnostic       *self);
/* Fills line and column from the span. */
void            belt_diagnostic_locate   (BeltDiagnostic       *self,
                                          const char           *text,
                                          gsize                 len);
/* "FILE:LINE:COLUMN: error: message (hint)" */
char           *belt_diagnostic_to_string (const BeltDiagnostic *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltDiagnostic, belt_diagnostic_free)

G_END_DECLS
