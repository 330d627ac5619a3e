/* bw-editor.h - a text view with its notices, find bar and problems
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-document.h"
#include "bw-problem.h"

G_BEGIN_DECLS

#define BW_TYPE_EDITOR (bw_editor_get_type ())
G_DECLARE_FINAL_TYPE (BwEditor, bw_editor, BW, EDITOR, GtkWidget)

void           bw_editor_set_document  (BwEditor   *self,
                                        BwDocument *document);
BwDocument    *bw_editor_get_document  (BwEditor   *self);
GtkSourceView *bw_editor_get_view      (BwEditor   *self);
void           bw_editor_set_problems  (BwEditor   *self,
                                        GListModel *problems);
void           bw_editor_find          (BwEditor   *self,
                                        gboolean    replace);
void           bw_editor_find_next     (BwEditor   *self,
                                        gboolean    backwards);
gboolean       bw_editor_fix           (BwEditor   *self);
gboolean       bw_editor_apply_fix     (BwEditor   *self,
                                        BwProblem  *problem);
void           bw_editor_next_problem  (BwEditor   *self);
void           bw_editor_go_to         (BwEditor   *self,
                                        guint       line,
                                        guint       column);
void           bw_editor_go_to_byte    (BwEditor   *self,
                                        gsize       offset);
/* As one edit that can be undone; the caret keeps its line and column. */
void           bw_editor_replace_text  (BwEditor   *self,
                                        const char *text);
/* In the editor's coordinates. */
void           bw_editor_get_caret_place (BwEditor *self,
                                        GdkRectangle *ret_place);
void           bw_editor_highlight     (BwEditor   *self,
                                        BeltSpan    span);
guint          bw_editor_get_caret     (BwEditor   *self);
/* The text, and where in its bytes the caret is. */
char          *bw_editor_dup_text      (BwEditor   *self,
                                        gsize      *ret_caret);
/* Of the caret, from 1. */
void           bw_editor_get_position  (BwEditor   *self,
                                        guint      *ret_line,
                                        guint      *ret_column);
char          *bw_editor_dup_position  (BwEditor   *self);
/* The last thing done to it: views of GtkSourceView 5.6 hold themselves alive by their gutter. */
void           bw_editor_release       (BwEditor   *self);

G_END_DECLS
