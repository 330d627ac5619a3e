/* diff-case.h - a statement, rows and what runs them: one case of the differential test
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-catalog.h"

#include "diff-random.h"
#include "diff-tree.h"

G_BEGIN_DECLS

typedef struct
{
  const char *stream;   /* static or interned; NULL: time passes */
  gint64      at_ms;
  DiffTree   *row;      /* NULL: time passes */
} DiffEvent;

typedef struct
{
  DiffTree   *statement;
  GPtrArray  *events;      /* of DiffEvent */
  GPtrArray  *streams;     /* of char: CREATE statements */
  DiffTree   *options;     /* JSON */
  gboolean    extensions;
} DiffCase;

DiffCase    *diff_case_new (void);
void         diff_case_free (DiffCase       *self);
DiffCase    *diff_case_copy (const DiffCase *self);
void         diff_case_add_event (DiffCase        *self,
                                  const char      *stream,
                                  gint64           at_ms,
                                  DiffTree        *row);
char        *diff_case_dup_sql (const DiffCase *self);
/* Owned by the cache of all cases: the same streams, the same catalog. */
BeltCatalog *diff_case_get_catalog (const DiffCase *self);
/* As the beginning of a .test file, without what is expected. */
char        *diff_case_to_test (const DiffCase *self);
/* The first rule of a .test file with all that is fed; NULL: it has none, or uses what a case cannot. */
DiffCase    *diff_case_from_test (const char     *text);

/* A statement with streams and options, and then rows for it: any number of times. */
DiffCase    *diff_make_statement (DiffRandom     *random);
void         diff_make_rows (DiffCase        *self,
                             DiffRandom      *random);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DiffCase, diff_case_free)

G_END_DECLS
