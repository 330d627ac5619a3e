/* bw-journal.h - what was typed and not saved, kept on disk beside the project
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BW_TYPE_JOURNAL (bw_journal_get_type ())
G_DECLARE_FINAL_TYPE (BwJournal, bw_journal, BW, JOURNAL, GObject)

BwJournal *bw_journal_new          (GFile               *folder);
/* Text typed into @file; @base is the digest of the file it was typed over. */
void       bw_journal_write_async  (BwJournal           *self,
                                    GFile               *file,
                                    const char          *base,
                                    const char          *text,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data);
gboolean   bw_journal_write_finish (BwJournal           *self,
                                    GAsyncResult        *result,
                                    GError             **error);
gboolean   bw_journal_read         (BwJournal           *self,
                                    GFile               *file,
                                    char               **ret_base,
                                    char               **ret_text);
void       bw_journal_forget       (BwJournal           *self,
                                    GFile               *file);
GPtrArray *bw_journal_list         (BwJournal           *self);
void       bw_journal_set_pages    (BwJournal           *self,
                                    const char *const   *names,
                                    const char          *active);
GStrv      bw_journal_dup_pages    (BwJournal           *self,
                                    char               **ret_active);

G_END_DECLS
