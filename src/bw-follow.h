/* bw-follow.h - the pages of files that are renamed or deleted
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-change.h"
#include "bw-document.h"
#include "bw-window.h"

G_BEGIN_DECLS

/* Pages that went with their files, until the change is done or failed. */
typedef struct
{
  BwWindow  *window;     /* borrowed */
  BwChange  *change;
  gboolean   undo;
  GPtrArray *documents;  /* of BwDocument: that followed, or whose text changes */
  GPtrArray *closed;     /* paths of the pages that were closed */
} BwFollow;

/* All pages of the window go where their files will be. */
BwFollow              *bw_follow_new       (BwWindow   *window,
                                            BwChange   *change,
                                            gboolean    undo);
void                   bw_follow_free      (BwFollow   *self);
/* The files are where they were before. */
void                   bw_follow_back      (BwFollow   *self);
/* The files are there: what is in them is read. */
void                   bw_follow_finish    (BwFollow   *self);
/* What the change does to the file at this path, before or after; NULL: nothing. */
const BeltChangedFile *bw_change_find_file (BwChange   *change,
                                            const char *path);
/* From the project's folder. */
char                  *bw_window_dup_path  (BwWindow   *self,
                                            BwDocument *document);

G_END_DECLS
