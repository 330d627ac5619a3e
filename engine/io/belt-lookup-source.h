/* belt-lookup-source.h - what a lookup table is opened with, checked
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made where a table or a rule is checked; opened on the worker whose rules ask.
 */
#pragma once

#include "belt-catalog.h"
#include "belt-lookup.h"

G_BEGIN_DECLS

typedef struct _BeltLookupSource BeltLookupSource;

/* type, datasource and properties as of a stream's source.  Errors are the user's, BELT_ERROR_ENDPOINT. */
BeltLookupSource *belt_lookup_source_new          (BeltStream        *table,
                                                   const char        *type,
                                                   const char        *datasource,
                                                   JsonObject        *properties,
                                                   GError           **error);
void              belt_lookup_source_free         (BeltLookupSource  *self);
/* Tables with the same one have the same rows. */
const char       *belt_lookup_source_get_identity (BeltLookupSource  *self);
/* Whether it gathers rows from its creation on, not only while a rule asks. */
gboolean          belt_lookup_source_gathers      (BeltLookupSource  *self);
const BeltLookupCacheOptions *belt_lookup_source_get_cache (BeltLookupSource *self);
/* Any thread; context is that of the worker which the table is given to. */
BeltLookup       *belt_lookup_source_open         (BeltLookupSource  *self,
                                                   GMainContext      *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltLookupSource, belt_lookup_source_free)

G_END_DECLS
