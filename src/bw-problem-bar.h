/* bw-problem-bar.h - the first problem in words, and its fix as a button
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-problem.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_PROBLEM_BAR (bw_problem_bar_get_type ())
G_DECLARE_FINAL_TYPE (BwProblemBar, bw_problem_bar, BW, PROBLEM_BAR, GtkWidget)

void bw_problem_bar_set_problems (BwProblemBar *self,
                                  GListModel   *problems);
/* Where the caret is, from 1: what is wrong there is said first. */
void bw_problem_bar_set_place    (BwProblemBar *self,
                                  guint         line,
                                  guint         column);

G_END_DECLS
