/* belt-test-file.h - .test files: text in, rows out, under a clock that only `clock` moves
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is a list of sections.  Each begins with a word at the start of a line;
 * what follows, up to the next such word, belongs to it.  `#` begins a comment.
 *
 *   project FOLDER            streams, rules and plugins of a project (from the file's folder)
 *   stream NAME (COLUMNS) [OPTION VALUE]…       or a whole CREATE STREAM statement
 *   table NAME (COLUMNS) [OPTION VALUE]…
 *   plugin NAME               compile and load this plugin of the project
 *   options {JSON}            rule options, for the rules that follow
 *   rule [NAME]               the statement on the next lines; or a NAME of the project alone
 *   feed STREAM               a payload a line
 *   clock MS                  time passes until then; it begins at 0
 *   expect [RULE]             a row a line: all that came since the last look
 *   emit [RULE]               a payload a line: all that was sent since the last look
 *   dropped REASON N [TEXT]   so many rows so far; TEXT is part of one of the sentences
 *   error LINE:COLUMN TEXT    the last rule does not plan, and why
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *file;
  guint line;      /* from 1; 0: the whole file */
  char *message;   /* may have several lines */
} BeltTestFailure;

typedef struct
{
  char      *why;        /* the text after "# why:", or NULL */
  guint      n_checks;
  GPtrArray *failures;   /* of BeltTestFailure; none: passed */
} BeltTestResult;

#define BELT_TEST_FILE_MAX (16u * 1024u * 1024u)   /* bytes */

/* NULL when the file cannot be read or is not a test file (the error names the line), or when cancelled. */
BeltTestResult *belt_test_file_run    (const char      *path,
                                       GCancellable    *cancellable,
                                       GError         **error);
void            belt_test_result_free (BeltTestResult  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltTestResult, belt_test_result_free)

G_END_DECLS
