/* bw-document.h - a text buffer with its file
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-journal.h"

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define BW_DOCUMENT_BYTES_MAX (8u << 20)  /* more is not edited but used as it is */

#define BW_TYPE_DOCUMENT (bw_document_get_type ())
G_DECLARE_FINAL_TYPE (BwDocument, bw_document, BW, DOCUMENT, GtkSourceBuffer)

typedef enum
{
  BW_DOCUMENT_LOADING,
  BW_DOCUMENT_READY,
  BW_DOCUMENT_FAILED,
} BwDocumentState;

typedef enum
{
  BW_NOTICE_NONE,
  BW_NOTICE_RESTORED,         /* text of an earlier process was brought back */
  BW_NOTICE_CHANGED_ON_DISK,  /* and here: the person decides */
  BW_NOTICE_RELOADED,         /* it changed on disk only */
  BW_NOTICE_DELETED,
  BW_NOTICE_FAILED,           /* see bw_document_get_message() */
} BwNotice;

BwDocument      *bw_document_new         (GFile               *file,
                                          BwJournal           *journal);
GFile           *bw_document_get_file    (BwDocument          *self);
void             bw_document_follow      (BwDocument          *self,
                                          GFile               *file);
void             bw_document_look        (BwDocument          *self);
BwDocumentState  bw_document_get_state   (BwDocument          *self);
BwNotice         bw_document_get_notice  (BwDocument          *self);
const char      *bw_document_get_message (BwDocument          *self);
char            *bw_document_dup_text    (BwDocument          *self);
void             bw_document_set_text    (BwDocument          *self,
                                          const char          *text);
void             bw_document_reload      (BwDocument          *self);
void             bw_document_keep_mine   (BwDocument          *self);
void             bw_document_dismiss     (BwDocument          *self);
void             bw_document_save_async  (BwDocument          *self,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
gboolean         bw_document_save_finish (BwDocument          *self,
                                          GAsyncResult        *result,
                                          GError             **error);

G_END_DECLS
