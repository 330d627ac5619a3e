/* bw-sql-proposal.c - one line of the completion list
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-sql-proposal.h"

struct _BwSqlProposal
{
  GObject          parent_instance;

  BeltProposalKind kind;
  char            *label;
  char            *insert;
  char            *detail;
  char            *doc;
};

static char *
bw_sql_proposal_get_typed_text (GtkSourceCompletionProposal *proposal)
{
  return g_strdup (BW_SQL_PROPOSAL (proposal)->label);
}

static void
bw_sql_proposal_init_proposal (GtkSourceCompletionProposalInterface *iface)
{
  iface->get_typed_text = bw_sql_proposal_get_typed_text;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BwSqlProposal, bw_sql_proposal, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GTK_SOURCE_TYPE_COMPLETION_PROPOSAL,
                                                      bw_sql_proposal_init_proposal))

static void
bw_sql_proposal_finalize (GObject *object)
{
  BwSqlProposal *self = BW_SQL_PROPOSAL (object);

  g_free (self->label);
  g_free (self->insert);
  g_free (self->detail);
  g_free (self->doc);

  G_OBJECT_CLASS (bw_sql_proposal_parent_class)->finalize (object);
}

static void
bw_sql_proposal_class_init (BwSqlProposalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_sql_proposal_finalize;
}

static void
bw_sql_proposal_init (BwSqlProposal *self)
{
}

BwSqlProposal *
bw_sql_proposal_new (const BeltProposal *proposal)
{
  BwSqlProposal *self = g_object_new (BW_TYPE_SQL_PROPOSAL, NULL);

  self->kind = proposal->kind;
  self->label = g_strdup (proposal->label);
  self->insert = g_strdup (proposal->insert);
  self->detail = g_strdup (proposal->detail);
  self->doc = g_strdup (proposal->doc);
  return self;
}

BeltProposalKind
bw_sql_proposal_get_kind (BwSqlProposal *self)
{
  return self->kind;
}

const char *
bw_sql_proposal_get_label (BwSqlProposal *self)
{
  return self->label;
}

const char *
bw_sql_proposal_get_insert (BwSqlProposal *self)
{
  return self->insert;
}

const char *
bw_sql_proposal_get_detail (BwSqlProposal *self)
{
  return self->detail;
}

const char *
bw_sql_proposal_get_doc (BwSqlProposal *self)
{
  return self->doc;
}
