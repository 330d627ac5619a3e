/* belt-lookup-rows.h - a lookup table in memory: the newest row a key
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * It hears a topic of the memory bus, or is given its rows: samples, or those
 * in the properties of a table of type simulator.
 */
#pragma once

#include "belt-lookup.h"

G_BEGIN_DECLS

#define BELT_LOOKUP_ROWS_MAX 1000000u  /* keys; rows with others are not kept */

/* key NULL: every row is one. */
BeltLookup *belt_lookup_rows_new  (const char      *key);
/* Any thread; context is that of the worker which the table is given to.  What is published from now on is in
 * the table when it is asked. */
BeltLookup *belt_lookup_memory_new (const char     *topic,
                                    const char     *key,
                                    GMainContext   *context);
/* A MAP, or a LIST of them; copied. */
void        belt_lookup_rows_put  (BeltLookup      *self,
                                   const BeltValue *row);

G_END_DECLS
