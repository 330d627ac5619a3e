/* belt-store.c - what outlives the process: streams, rules, plugins, settings
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * `user_version` numbers the layout; each step of migrate() brings the file to
 * the next one inside a transaction, so a kill in the middle changes nothing.  A
 * file of a newer Beltworks is refused rather than guessed at.
 */
#include "config.h"

#include "belt-store.h"

#include "belt-error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>

#define BUSY_TIMEOUT_MS 2000

struct _BeltStore
{
  sqlite3 *db;
  char    *path;
};

static const char *const migrations[] = {
  "CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, space TEXT NOT NULL, key TEXT NOT NULL,"
  " text TEXT NOT NULL, UNIQUE (space, key));"
  "CREATE TABLE blobs (key TEXT PRIMARY KEY, blob BLOB NOT NULL);",
};

static void
set_error (BeltStore  *self,
           const char *doing,
           GError    **error)
{
  g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s “%s”: %s", doing, self->path,
               sqlite3_errmsg (self->db));
}

static gboolean
execute (BeltStore  *self,
         const char *sql,
         const char *doing,
         GError    **error)
{
  if (sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;

  set_error (self, doing, error);
  return FALSE;
}

static int
get_version (BeltStore *self)
{
  sqlite3_stmt *statement = NULL;
  int version = -1;

  if (sqlite3_prepare_v2 (self->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);

  return version;
}

static gboolean
migrate (BeltStore *self,
         GError   **error)
{
  int version = get_version (self);

  if (version < 0)
    {
      set_error (self, "Reading", error);
      return FALSE;
    }
  if (version > (int)G_N_ELEMENTS (migrations))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED,
                   "Opening “%s”: it was written by a newer Beltworks (layout %d, this one knows %d)",
                   self->path, version, (int)G_N_ELEMENTS (migrations));
      return FALSE;
    }

  for (guint i = (guint)version; i < G_N_ELEMENTS (migrations); i++)
    {
      g_autofree char *sql = g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %u; COMMIT;",
                                              migrations[i], i + 1);

      if (!execute (self, sql, "Bringing up to date", error))
        return FALSE;
    }

  return TRUE;
}

BeltStore *
belt_store_open (const char *data_dir,
                 GError    **error)
{
  g_autoptr(BeltStore) self = g_new0 (BeltStore, 1);

  if (data_dir != NULL && g_mkdir_with_parents (data_dir, 0755) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "Making the folder “%s”: %s", data_dir,
                   g_strerror (errno));
      return NULL;
    }

  self->path = data_dir != NULL ? g_build_filename (data_dir, "beltworks.db", NULL) : g_strdup (":memory:");
  if (sqlite3_open_v2 (self->path, &self->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK)
    {
      set_error (self, "Opening", error);
      return NULL;
    }

  /* NORMAL in WAL mode: safe against the death of the process, and one write a change. */
  sqlite3_busy_timeout (self->db, BUSY_TIMEOUT_MS);
  if (!execute (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "Opening", error) ||
      !migrate (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
belt_store_close (BeltStore *self)
{
  if (self == NULL)
    return;

  sqlite3_close (self->db);
  g_free (self->path);
  g_free (self);
}

static sqlite3_stmt *
prepare (BeltStore  *self,
         const char *sql,
         const char *first,
         const char *second,
         const char *third)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error ("belt-store: %s", sqlite3_errmsg (self->db));  /* our own statement is wrong */

  sqlite3_bind_text (statement, 1, first, -1, SQLITE_STATIC);
  if (second != NULL)
    sqlite3_bind_text (statement, 2, second, -1, SQLITE_STATIC);
  if (third != NULL)
    sqlite3_bind_text (statement, 3, third, -1, SQLITE_STATIC);
  return statement;
}

/* Takes the statement. */
static gboolean
finish (BeltStore    *self,
        sqlite3_stmt *statement,
        GError      **error)
{
  gboolean done = sqlite3_step (statement) == SQLITE_DONE;

  if (!done)
    set_error (self, "Writing", error);
  sqlite3_finalize (statement);

  return done;
}

gboolean
belt_store_put (BeltStore  *self,
                const char *space,
                const char *key,
                const char *text,
                GError    **error)
{
  g_return_val_if_fail (self != NULL && space != NULL && key != NULL && text != NULL, FALSE);

  return finish (self, prepare (self,
                                "INSERT INTO entries (space, key, text) VALUES (?1, ?2, ?3)"
                                " ON CONFLICT (space, key) DO UPDATE SET text = excluded.text",
                                space, key, text), error);
}

char *
belt_store_get (BeltStore  *self,
                const char *space,
                const char *key)
{
  sqlite3_stmt *statement = prepare (self, "SELECT text FROM entries WHERE space = ?1 AND key = ?2",
                                     space, key, NULL);
  char *text = NULL;

  if (sqlite3_step (statement) == SQLITE_ROW)
    text = g_strdup ((const char *)sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);

  return text;
}

gboolean
belt_store_delete (BeltStore  *self,
                   const char *space,
                   const char *key,
                   GError    **error)
{
  return finish (self, prepare (self, "DELETE FROM entries WHERE space = ?1 AND key = ?2", space, key, NULL),
                 error);
}

static void
free_entry (gpointer data)
{
  BeltStoreEntry *entry = data;

  g_free (entry->key);
  g_free (entry->text);
  g_free (entry);
}

GPtrArray *
belt_store_list (BeltStore  *self,
                 const char *space)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (free_entry);
  sqlite3_stmt *statement = prepare (self, "SELECT key, text FROM entries WHERE space = ?1 ORDER BY number",
                                     space, NULL, NULL);

  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      BeltStoreEntry *entry = g_new0 (BeltStoreEntry, 1);

      entry->key = g_strdup ((const char *)sqlite3_column_text (statement, 0));
      entry->text = g_strdup ((const char *)sqlite3_column_text (statement, 1));
      g_ptr_array_add (entries, entry);
    }
  sqlite3_finalize (statement);

  return entries;
}

gboolean
belt_store_put_blob (BeltStore  *self,
                     const char *key,
                     GBytes     *blob,
                     GError    **error)
{
  sqlite3_stmt *statement = prepare (self, "INSERT OR REPLACE INTO blobs (key, blob) VALUES (?1, ?2)",
                                     key, NULL, NULL);
  gsize size;
  gconstpointer data = g_bytes_get_data (blob, &size);

  sqlite3_bind_blob64 (statement, 2, data != NULL ? data : "", size, SQLITE_STATIC);
  return finish (self, statement, error);
}

GBytes *
belt_store_get_blob (BeltStore  *self,
                     const char *key)
{
  sqlite3_stmt *statement = prepare (self, "SELECT blob FROM blobs WHERE key = ?1", key, NULL, NULL);
  GBytes *blob = NULL;

  if (sqlite3_step (statement) == SQLITE_ROW)
    blob = g_bytes_new (sqlite3_column_blob (statement, 0), (gsize)sqlite3_column_bytes (statement, 0));
  sqlite3_finalize (statement);

  return blob;
}
