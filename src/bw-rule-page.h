/* bw-rule-page.h - a rule: its text, its plan, its rows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-page.h"
#include "bw-plan-view.h"
#include "bw-rows-view.h"
#include "bw-session.h"
#include "bw-why-view.h"

G_BEGIN_DECLS

#define BW_TYPE_RULE_PAGE (bw_rule_page_get_type ())
G_DECLARE_FINAL_TYPE (BwRulePage, bw_rule_page, BW, RULE_PAGE, BwPage)

BwRulePage *bw_rule_page_new       (BwDocument *document,
                                    BwItem     *item,
                                    BwSession  *session);
BwPlanView *bw_rule_page_get_plan  (BwRulePage *self);
BwRowsView *bw_rule_page_get_rows  (BwRulePage *self);
BwWhyView  *bw_rule_page_get_why   (BwRulePage *self);
GListModel *bw_rule_page_get_problems (BwRulePage *self);
/* The one last shown, or NULL. */
BeltTrial  *bw_rule_page_get_trial (BwRulePage *self);

G_END_DECLS
