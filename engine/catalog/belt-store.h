/* belt-store.h - what outlives the process: streams, rules, plugins, settings
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Named entries in named spaces, each a text, in order of creation.  One SQLite
 * file in WAL mode: a change is there after a kill -9 once its call returned.
 * Without a folder everything is kept in memory.  One thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltStore BeltStore;

#define BELT_STORE_STREAMS "streams"
#define BELT_STORE_TABLES  "tables"
#define BELT_STORE_RULES   "rules"
#define BELT_STORE_PLUGINS "plugins"

typedef struct
{
  char *key;
  char *text;
} BeltStoreEntry;

/* Makes the folder when it is missing. */
BeltStore *belt_store_open     (const char  *data_dir,
                                GError     **error);
void       belt_store_close    (BeltStore   *self);
/* Replaces the text of an entry that is there; its place in the order stays. */
gboolean   belt_store_put      (BeltStore   *self,
                                const char  *space,
                                const char  *key,
                                const char  *text,
                                GError     **error);
/* Returns: (transfer full) (nullable): NULL when there is no such entry */
char      *belt_store_get      (BeltStore   *self,
                                const char  *space,
                                const char  *key);
gboolean   belt_store_delete   (BeltStore   *self,
                                const char  *space,
                                const char  *key,
                                GError     **error);
/* Returns: (transfer full): of BeltStoreEntry, in order of creation */
GPtrArray *belt_store_list     (BeltStore   *self,
                                const char  *space);
/* Saved state of operators. */
gboolean   belt_store_put_blob (BeltStore   *self,
                                const char  *key,
                                GBytes      *blob,
                                GError     **error);
GBytes    *belt_store_get_blob (BeltStore   *self,
                                const char  *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltStore, belt_store_close)

G_END_DECLS
