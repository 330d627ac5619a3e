/* bw-document.c - a text buffer with its file
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three texts are kept apart by their digests: what is in the buffer, what we
 * last saw on disk, what the journal has.  Reading again and restoring are user
 * actions of the buffer, so undo brings back what was there before; saving does
 * not touch the history.
 */
#include "config.h"

#include "bw-document.h"

#include "bw-write.h"

#include <glib/gi18n.h>
#include <string.h>

#define JOURNAL_DELAY_MS 200  /* from the first key not in the journal: typing cannot put it off */

struct _BwDocument
{
  GtkSourceBuffer  parent_instance;

  GFile           *file;
  GFile           *journal_file;     /* of the entry that is being written */
  BwJournal       *journal;
  GFileMonitor    *monitor;
  GCancellable    *cancellable;
  char            *disk_digest;      /* of the file as last read or written; NULL: not there */
  char            *disk_text;        /* newer text on disk, while the person decides */
  char            *message;
  BwDocumentState  state;
  BwNotice         notice;
  guint            journal_timeout;
  guint64          serial;           /* of the text; grows with each change */
  guint64          journal_serial;   /* last one handed to the journal */
  guint            n_saving;
  guint            save_serial;      /* counts saves begun and ended */
  guint            load_serial;      /* save_serial when the load under way began */
  gboolean         load_running;
  gboolean         load_again;
  gboolean         follows;          /* the file is on its way: nothing to look at yet */
  gboolean         journal_writing;
  gboolean         in_journal;       /* there is an entry */
  gboolean         expected;         /* another text on disk is our own doing: no news */
  gboolean         quiet;            /* a change that is not typing */
};

enum
{
  PROP_0,
  PROP_FILE,
  PROP_STATE,
  PROP_NOTICE,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (BwDocument, bw_document, GTK_SOURCE_TYPE_BUFFER)

static char *
compute_digest (const char *text,
                gssize len)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, len);
}

static void
set_state (BwDocument      *self,
           BwDocumentState  state)
{
  if (self->state == state)
    return;

  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
set_notice (BwDocument *self,
            BwNotice    notice)
{
  self->notice = notice;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NOTICE]);
}

static void
fail (BwDocument *self,
      char       *message)
{
  g_free (self->message);
  self->message = message;
  set_state (self, BW_DOCUMENT_FAILED);
  set_notice (self, BW_NOTICE_FAILED);
}

static gboolean write_journal_cb (gpointer data);

static void
schedule_journal (BwDocument *self)
{
  if (self->journal != NULL && self->journal_timeout == 0)
    self->journal_timeout = g_timeout_add (JOURNAL_DELAY_MS, write_journal_cb, self);
}

static void
journal_written_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      data)
{
  g_autoptr(BwDocument) self = data;
  g_autoptr(GError) error = NULL;

  self->journal_writing = FALSE;
  if (!bw_journal_write_finish (BW_JOURNAL (object), result, &error))
    g_message ("Keeping unsaved text: %s", error->message);

  /* The file has another name by now. */
  if (!g_file_equal (self->journal_file, self->file))
    bw_journal_forget (self->journal, self->journal_file);
  /* Saved in the meantime: the entry just written is old. */
  if (!gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (self)))
    bw_journal_forget (self->journal, self->file);
  else if (self->serial != self->journal_serial)
    schedule_journal (self);
}

static gboolean
write_journal_cb (gpointer data)
{
  BwDocument *self = data;
  g_autofree char *text = NULL;

  self->journal_timeout = 0;
  if (self->journal_writing || !gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (self)))
    return G_SOURCE_REMOVE;

  text = bw_document_dup_text (self);
  self->journal_serial = self->serial;
  self->journal_writing = TRUE;
  self->in_journal = TRUE;
  g_set_object (&self->journal_file, self->file);
  bw_journal_write_async (self->journal, self->file, self->disk_digest, text, journal_written_cb, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
forget_journal (BwDocument *self)
{
  g_clear_handle_id (&self->journal_timeout, g_source_remove);
  self->journal_serial = self->serial;
  if (self->in_journal && !self->journal_writing)
    {
      self->in_journal = FALSE;
      bw_journal_forget (self->journal, self->file);
    }
}

static void
bw_document_changed (GtkTextBuffer *buffer)
{
  BwDocument *self = BW_DOCUMENT (buffer);

  self->serial++;
  GTK_TEXT_BUFFER_CLASS (bw_document_parent_class)->changed (buffer);
}

static void
bw_document_modified_changed (GtkTextBuffer *buffer)
{
  BwDocument *self = BW_DOCUMENT (buffer);

  /* Undone back to the saved text: nothing to keep. */
  if (!gtk_text_buffer_get_modified (buffer))
    forget_journal (self);
}

static void
changed_cb (GtkTextBuffer *buffer,
            gpointer       data)
{
  BwDocument *self = BW_DOCUMENT (buffer);

  if (!self->quiet && gtk_text_buffer_get_modified (buffer))
    schedule_journal (self);
}

/* As one step that can be undone. */
static void
replace_text (BwDocument *self,
              const char *text,
              gboolean    modified)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self);
  GtkTextIter start;
  GtkTextIter end;
  GtkTextIter at;
  int line;

  gtk_text_buffer_get_iter_at_mark (buffer, &at, gtk_text_buffer_get_insert (buffer));
  line = gtk_text_iter_get_line (&at);

  self->quiet = TRUE;
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, text, -1);
  gtk_text_buffer_end_user_action (buffer);
  gtk_text_buffer_set_modified (buffer, modified);
  self->quiet = FALSE;

  gtk_text_buffer_get_iter_at_line (buffer, &at, line);
  gtk_text_buffer_place_cursor (buffer, &at);
}

static void
adopt_loaded_text (BwDocument *self,
                   const char *text)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self);
  g_autofree char *base = NULL;
  g_autofree char *kept = NULL;
  GtkTextIter start;

  self->quiet = TRUE;
  gtk_text_buffer_begin_irreversible_action (buffer);
  gtk_text_buffer_set_text (buffer, text, -1);
  gtk_text_buffer_end_irreversible_action (buffer);
  gtk_text_buffer_set_modified (buffer, FALSE);
  self->quiet = FALSE;
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);

  if (self->journal == NULL || !bw_journal_read (self->journal, self->file, &base, &kept))
    {
      set_state (self, BW_DOCUMENT_READY);
      return;
    }

  self->in_journal = TRUE;
  if (g_str_equal (kept, text))
    {
      forget_journal (self);
      set_state (self, BW_DOCUMENT_READY);
      return;
    }

  replace_text (self, kept, TRUE);
  set_state (self, BW_DOCUMENT_READY);
  if (g_strcmp0 (base, self->disk_digest) == 0 || *base == '\0')
    {
      set_notice (self, BW_NOTICE_RESTORED);
      return;
    }
  self->disk_text = g_strdup (text);
  set_notice (self, BW_NOTICE_CHANGED_ON_DISK);
}

static void
look_at_disk_text (BwDocument *self,
                   const char *text,
                   gsize       len)
{
  g_autofree char *digest = compute_digest (text, (gssize)len);
  g_autofree char *here = NULL;

  if (g_strcmp0 (digest, self->disk_digest) == 0 || self->n_saving > 0)
    return;

  g_free (self->disk_digest);
  self->disk_digest = g_steal_pointer (&digest);
  here = bw_document_dup_text (self);
  if (g_str_equal (here, text))
    {
      gtk_text_buffer_set_modified (GTK_TEXT_BUFFER (self), FALSE);
      set_notice (self, BW_NOTICE_NONE);
      return;
    }

  if (!gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (self)))
    {
      replace_text (self, text, FALSE);
      set_notice (self, self->expected ? BW_NOTICE_NONE : BW_NOTICE_RELOADED);
      return;
    }

  g_free (self->disk_text);
  self->disk_text = g_strdup (text);
  set_notice (self, BW_NOTICE_CHANGED_ON_DISK);
}

static void load_cb (GObject      *object,
                     GAsyncResult *result,
                     gpointer      data);

/* One at a time; a request during one makes another. */
static void
start_load (BwDocument *self)
{
  if (self->follows)
    return;
  self->load_again = self->load_running;
  if (self->load_running || self->cancellable == NULL)
    return;

  self->load_running = TRUE;
  self->load_serial = self->save_serial;
  g_file_load_contents_async (self->file, self->cancellable, load_cb, g_object_ref (self));
}

static void
load_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(BwDocument) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize len = 0;
  gboolean stale = self->load_serial != self->save_serial;

  self->load_running = FALSE;
  if (self->load_again)
    start_load (self);

  if (!g_file_load_contents_finish (G_FILE (object), result, &text, &len, NULL, &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      if (self->state != BW_DOCUMENT_LOADING)
        {
          if (!stale && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) && self->n_saving == 0)
            {
              g_clear_pointer (&self->disk_digest, g_free);
              gtk_text_buffer_set_modified (GTK_TEXT_BUFFER (self), TRUE);
              schedule_journal (self);
              set_notice (self, BW_NOTICE_DELETED);
            }
          return;
        }
      fail (self, g_strdup_printf (_("Opening it: %s"), error->message));
      return;
    }

  if (len > BW_DOCUMENT_BYTES_MAX)
    {
      fail (self, g_strdup_printf (_("It is larger than %u MiB: it is used as it is, but not shown here."),
                                   BW_DOCUMENT_BYTES_MAX >> 20));
      return;
    }
  if (!g_utf8_validate_len (text, len, NULL))
    {
      fail (self, g_strdup (_("It is not UTF-8 text, so it cannot be edited here.")));
      return;
    }

  if (self->state != BW_DOCUMENT_LOADING)
    {
      /* Read before a save of ours: says nothing about what is there now. */
      if (stale)
        return;
      look_at_disk_text (self, text, len);
      self->expected = FALSE;
      return;
    }

  self->disk_digest = compute_digest (text, (gssize)len);
  adopt_loaded_text (self, text);
}

static void
monitor_changed_cb (GFileMonitor      *monitor,
                    GFile             *file,
                    GFile             *other,
                    GFileMonitorEvent  event,
                    gpointer           data)
{
  BwDocument *self = data;

  if (self->state == BW_DOCUMENT_READY)
    start_load (self);
}

static void
watch_file (BwDocument *self)
{
  self->monitor = g_file_monitor_file (self->file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect_object (self->monitor, "changed", G_CALLBACK (monitor_changed_cb), self, 0);
}

static void
bw_document_constructed (GObject *object)
{
  BwDocument *self = BW_DOCUMENT (object);
  g_autofree char *name = g_file_get_basename (self->file);
  GtkSourceLanguageManager *languages = gtk_source_language_manager_get_default ();
  GtkSourceLanguage *language;

  G_OBJECT_CLASS (bw_document_parent_class)->constructed (object);

  if (g_str_has_suffix (name, ".sql"))
    language = gtk_source_language_manager_get_language (languages, "belt-sql");
  else if (g_str_has_suffix (name, ".h"))
    language = gtk_source_language_manager_get_language (languages, "c");
  else
    language = gtk_source_language_manager_guess_language (languages, name, NULL);
  gtk_source_buffer_set_language (GTK_SOURCE_BUFFER (self), language);
  gtk_source_buffer_set_highlight_matching_brackets (GTK_SOURCE_BUFFER (self), TRUE);
  gtk_text_buffer_set_max_undo_levels (GTK_TEXT_BUFFER (self), 0);

  /* "changed" runs before "modified-changed" is settled; a handler after it sees both. */
  g_signal_connect_after (self, "changed", G_CALLBACK (changed_cb), NULL);
  g_signal_connect_after (self, "modified-changed", G_CALLBACK (changed_cb), NULL);

  watch_file (self);
  start_load (self);
}

static void
bw_document_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  BwDocument *self = BW_DOCUMENT (object);

  switch (id)
    {
    case PROP_FILE:
      g_value_set_object (value, self->file);
      break;
    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;
    case PROP_NOTICE:
      g_value_set_uint (value, self->notice);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_document_set_property (GObject      *object,
                          guint         id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  BwDocument *self = BW_DOCUMENT (object);

  switch (id)
    {
    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_document_dispose (GObject *object)
{
  BwDocument *self = BW_DOCUMENT (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  if (self->journal_timeout != 0)
    {
      /* Closed within the delay: what was typed is written now. */
      g_clear_handle_id (&self->journal_timeout, g_source_remove);
      write_journal_cb (self);
    }
  if (self->monitor != NULL)
    g_file_monitor_cancel (self->monitor);
  g_clear_object (&self->monitor);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (bw_document_parent_class)->dispose (object);
}

static void
bw_document_finalize (GObject *object)
{
  BwDocument *self = BW_DOCUMENT (object);

  g_clear_object (&self->file);
  g_clear_object (&self->journal_file);
  g_clear_object (&self->journal);
  g_clear_pointer (&self->disk_digest, g_free);
  g_clear_pointer (&self->disk_text, g_free);
  g_clear_pointer (&self->message, g_free);

  G_OBJECT_CLASS (bw_document_parent_class)->finalize (object);
}

static void
bw_document_class_init (BwDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkTextBufferClass *buffer_class = GTK_TEXT_BUFFER_CLASS (klass);

  object_class->constructed = bw_document_constructed;
  object_class->get_property = bw_document_get_property;
  object_class->set_property = bw_document_set_property;
  object_class->dispose = bw_document_dispose;
  object_class->finalize = bw_document_finalize;
  buffer_class->changed = bw_document_changed;
  buffer_class->modified_changed = bw_document_modified_changed;

  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  properties[PROP_STATE] =
    g_param_spec_uint ("state", NULL, NULL, 0, BW_DOCUMENT_FAILED, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_NOTICE] =
    g_param_spec_uint ("notice", NULL, NULL, 0, BW_NOTICE_FAILED, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
bw_document_init (BwDocument *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * bw_document_new:
 * @file: a text file
 * @journal: (nullable): where unsaved text is kept
 *
 * Begins to load; watch `state`.
 *
 * Returns: (transfer full): a document
 */
BwDocument *
bw_document_new (GFile     *file,
                 BwJournal *journal)
{
  BwDocument *self = g_object_new (BW_TYPE_DOCUMENT, "file", file, NULL);

  g_set_object (&self->journal, journal);
  return self;
}

GFile *
bw_document_get_file (BwDocument *self)
{
  return self->file;
}

/**
 * bw_document_follow:
 * @self: a document without unsaved text
 * @file: (nullable): where its file is about to be; %NULL: nowhere
 *
 * Said before the file is moved, so that its going is no news; nothing is looked at
 * until bw_document_look().  Undo, the caret and all else stay.
 */
void
bw_document_follow (BwDocument *self,
                    GFile      *file)
{
  if (self->monitor != NULL)
    g_file_monitor_cancel (self->monitor);
  g_clear_object (&self->monitor);
  /* A read under way is of the old place, and one that waits for it would find nothing at the new one. */
  self->save_serial++;
  self->load_again = FALSE;
  self->follows = TRUE;
  if (file == NULL)
    {
      g_cancellable_cancel (self->cancellable);
      return;
    }

  g_set_object (&self->file, file);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILE]);
}

/* The file is there, perhaps with another text, which is no news. */
void
bw_document_look (BwDocument *self)
{
  self->follows = FALSE;
  self->expected = TRUE;
  if (self->monitor == NULL)
    watch_file (self);
  if (self->state == BW_DOCUMENT_READY)
    start_load (self);
}

BwDocumentState
bw_document_get_state (BwDocument *self)
{
  return self->state;
}

BwNotice
bw_document_get_notice (BwDocument *self)
{
  return self->notice;
}

const char *
bw_document_get_message (BwDocument *self)
{
  return self->message;
}

char *
bw_document_dup_text (BwDocument *self)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (GTK_TEXT_BUFFER (self), &start, &end);
  return gtk_text_buffer_get_text (GTK_TEXT_BUFFER (self), &start, &end, TRUE);
}

/**
 * bw_document_set_text:
 * @self: a document
 * @text: all of its new text
 *
 * As if the person had typed it: one step of undo, not saved.
 */
void
bw_document_set_text (BwDocument *self,
                      const char *text)
{
  replace_text (self, text, TRUE);
  schedule_journal (self);
}

/* Takes the text on disk; undo brings back what was typed. */
void
bw_document_reload (BwDocument *self)
{
  g_autofree char *text = g_steal_pointer (&self->disk_text);

  if (text != NULL)
    replace_text (self, text, FALSE);
  else if (self->notice == BW_NOTICE_RESTORED)
    while (gtk_text_buffer_get_can_undo (GTK_TEXT_BUFFER (self)) &&
           gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (self)))
      gtk_text_buffer_undo (GTK_TEXT_BUFFER (self));
  set_notice (self, BW_NOTICE_NONE);
}

void
bw_document_keep_mine (BwDocument *self)
{
  g_clear_pointer (&self->disk_text, g_free);
  set_notice (self, BW_NOTICE_NONE);
}

void
bw_document_dismiss (BwDocument *self)
{
  set_notice (self, BW_NOTICE_NONE);
}

static void
save_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  BwDocument *self = g_task_get_source_object (task);
  guint64 serial = *(guint64 *)g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  self->n_saving--;
  self->save_serial++;
  if (!bw_write_finish (result, &error))
    {
      g_autofree char *name = g_file_get_basename (self->file);

      g_task_return_new_error (task, G_IO_ERROR, error->code, _("Saving “%s”: %s"), name, error->message);
      return;
    }

  if (serial == self->serial)
    gtk_text_buffer_set_modified (GTK_TEXT_BUFFER (self), FALSE);
  if (self->notice != BW_NOTICE_NONE)
    bw_document_keep_mine (self);
  start_load (self);
  g_task_return_boolean (task, TRUE);
}

/**
 * bw_document_save_async:
 * @self: a document
 *
 * Writes a new file and renames it over the old one.
 */
void
bw_document_save_async (BwDocument          *self,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *text = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gsize len;

  if (self->state != BW_DOCUMENT_READY)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, _("There is nothing to save."));
      return;
    }

  text = bw_document_dup_text (self);
  len = strlen (text);
  g_free (self->disk_digest);
  self->disk_digest = compute_digest (text, (gssize)len);
  bytes = g_bytes_new_take (g_steal_pointer (&text), len);
  g_task_set_task_data (task, g_memdup2 (&self->serial, sizeof self->serial), g_free);
  self->n_saving++;
  self->save_serial++;
  bw_write_async (self->file, bytes, BW_WRITE_DURABLE, save_cb, g_steal_pointer (&task));
}

gboolean
bw_document_save_finish (BwDocument    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
