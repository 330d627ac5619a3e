/* belt-test-private.h - between the reader and the runner of .test files
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-test-file.h"

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

G_END_DECLS
