/* belt-lookup-sqlite.h - a lookup table that is a table of an SQLite file
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-lookup.h"

G_BEGIN_DECLS

#define BELT_LOOKUP_SQLITE_ROWS_MAX 100000u  /* of one answer; the rest is an error */

/* A file that cannot be opened is tried again with the next refresh; what is asked until then says why.
 * template_sql NULL: asks the table by the keys; else eKuiper's templateSql, whose {{.key}} are the values. */
BeltLookup *belt_lookup_sqlite_new (const char *path,
                                    const char *table,
                                    const char *template_sql);

G_END_DECLS
