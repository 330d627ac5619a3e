/* bw-project.h - a folder on disk as a model
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-item.h"
#include "bw-journal.h"

G_BEGIN_DECLS

#define BW_TYPE_PROJECT (bw_project_get_type ())
G_DECLARE_FINAL_TYPE (BwProject, bw_project, BW, PROJECT, GObject)

BwProject  *bw_project_new         (GFile       *folder);
GFile      *bw_project_get_folder  (BwProject   *self);
const char *bw_project_get_name    (BwProject   *self);
BwJournal  *bw_project_get_journal (BwProject   *self);
/* Of BwItem, by kind, then by name; a kind without things has one empty item. */
GListModel *bw_project_get_items   (BwProject   *self);
gboolean    bw_project_is_loaded   (BwProject   *self);
BwItem     *bw_project_lookup      (BwProject   *self,
                                    BwKind       kind,
                                    const char  *name);
BwItem     *bw_project_lookup_path (BwProject   *self,
                                    const char  *relative);
char       *bw_project_dup_path    (BwProject   *self,
                                    BwItem      *item);
BwItem     *bw_project_lookup_file (BwProject   *self,
                                    GFile       *file);
GFile      *bw_project_get_child   (BwProject   *self,
                                    const char  *relative);
/* Looks at the folder again, soon. */
void        bw_project_rescan      (BwProject   *self);

G_END_DECLS
