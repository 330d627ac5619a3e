/* belt-test-private.h - between the reader, the runner and the checks of .test files
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-test-file.h"

#include "belt-catalog.h"
#include "belt-function.h"
#include "belt-plugin-set.h"
#include "belt-project.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_TEST_PROJECT,
  BELT_TEST_STREAM,
  BELT_TEST_TABLE,
  BELT_TEST_PLUGIN,
  BELT_TEST_OPTIONS,
  BELT_TEST_RULE,
  BELT_TEST_FEED,
  BELT_TEST_CLOCK,
  BELT_TEST_EXPECT,
  BELT_TEST_EMIT,
  BELT_TEST_DROPPED,
  BELT_TEST_ERROR,
} BeltTestWord;

typedef struct
{
  BeltTestWord word;
  guint        line;    /* of the word */
  char        *rest;    /* what stands behind it */
  GPtrArray   *lines;   /* the lines below, without comments and blank ones at the end */
} BeltTestSection;

/* Returns: (transfer full) (nullable): sections in order. */
GPtrArray *belt_test_read_sections (const char  *text,
                                    char       **ret_why,
                                    GError     **error);

typedef struct
{
  char       *name;       /* NULL: it has none */
  char       *sql;
  guint       sql_line;   /* of the file: where the statement begins */
  JsonObject *options;
  guint       n_seen;     /* emissions looked at */
} BeltTestRule;

typedef struct
{
  const char        *path;
  BeltTestResult    *result;
  GCancellable      *cancellable;
  BeltProject       *project;
  BeltPluginSet     *plugins;
  BeltFunctionTable *functions;
  BeltCatalog       *catalog;
  JsonObject        *options;
  GPtrArray         *rules;    /* BeltTestRule */
  GPtrArray         *inputs;   /* BeltTestSection: feeds and clocks so far */
} BeltTestRunner;

/* To the result: what did not come as expected. */
void belt_test_add_failure (BeltTestRunner *self,
                            guint           line,
                            const char     *format,
                            ...) G_GNUC_PRINTF (3, 4);

/* Ends the run: the file itself is wrong at this section.  Returns: FALSE. */
gboolean belt_test_fail (GError               **error,
                         const BeltTestSection *section,
                         const char            *format,
                         ...) G_GNUC_PRINTF (3, 4);

/* belt-test-setup.c: each takes one section of its word. */
gboolean belt_test_open_project (BeltTestRunner        *self,
                                 const BeltTestSection *section,
                                 GError               **error);

gboolean belt_test_load_plugin (BeltTestRunner        *self,
                                const BeltTestSection *section,
                                GError               **error);

gboolean belt_test_add_stream (BeltTestRunner        *self,
                               const BeltTestSection *section,
                               GError               **error);

gboolean belt_test_set_options (BeltTestRunner        *self,
                                const BeltTestSection *section,
                                GError               **error);

gboolean belt_test_add_rule (BeltTestRunner        *self,
                             const BeltTestSection *section,
                             GError               **error);

/* belt-test-check.c: likewise, on the rules and inputs so far. */
gboolean belt_test_check_rows (BeltTestRunner        *self,
                               const BeltTestSection *section,
                               GError               **error);

gboolean belt_test_check_dropped (BeltTestRunner        *self,
                                  const BeltTestSection *section,
                                  GError               **error);

gboolean belt_test_check_error (BeltTestRunner        *self,
                                const BeltTestSection *section,
                                GError               **error);

G_END_DECLS
