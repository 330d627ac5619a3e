/* bw-sql-proposal.h - one line of the completion list
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define BW_TYPE_SQL_PROPOSAL (bw_sql_proposal_get_type ())
G_DECLARE_FINAL_TYPE (BwSqlProposal, bw_sql_proposal, BW, SQL_PROPOSAL, GObject)

BwSqlProposal   *bw_sql_proposal_new        (const BeltProposal *proposal);
BeltProposalKind bw_sql_proposal_get_kind   (BwSqlProposal      *self);
const char      *bw_sql_proposal_get_label  (BwSqlProposal      *self);
const char      *bw_sql_proposal_get_insert (BwSqlProposal      *self);
const char      *bw_sql_proposal_get_detail (BwSqlProposal      *self);
const char      *bw_sql_proposal_get_doc    (BwSqlProposal      *self);

G_END_DECLS
