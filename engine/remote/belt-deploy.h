/* belt-deploy.h - bringing a rule to another engine, and taking it back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * First a plan: what is there now, what will change, what is refused and why.
 * Then the plan is carried out step by step; each step is idempotent and says
 * what became of it; the first that fails ends the deploy.  What the engine had
 * before is kept in an undo record, so undo restores rule, streams and plugin
 * versions and reads them back.
 */
#pragma once

#include "belt-remote.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_DEPLOY_NEW,       /* not there yet */
  BELT_DEPLOY_REPLACE,   /* there, and different */
  BELT_DEPLOY_SAME,      /* there and equal: nothing to do */
  BELT_DEPLOY_REFUSED,   /* cannot be done on that engine; the detail says why */
  BELT_DEPLOY_VERIFY,    /* reads back what is there afterwards */
} BeltDeployAction;

typedef enum
{
  BELT_DEPLOY_PENDING,
  BELT_DEPLOY_RUNNING,
  BELT_DEPLOY_DONE,
  BELT_DEPLOY_FAILED,
  BELT_DEPLOY_SKIPPED,   /* a step before it failed */
} BeltDeployState;

typedef enum
{
  BELT_DEPLOY_PLUGIN,
  BELT_DEPLOY_STREAM,
  BELT_DEPLOY_TABLE,
  BELT_DEPLOY_RULE,
  BELT_DEPLOY_READ_BACK,
  BELT_DEPLOY_SCHEMA,
} BeltDeployKind;

typedef struct
{
  BeltDeployKind   kind;
  BeltDeployAction action;
  BeltDeployState  state;
  guint            content;  /* index in the content's array of that kind */
  char            *name;
  char            *title;    /* "Plugin mysql 1.0.0 → 1.1.0" */
  char            *detail;   /* what changes, line by line; may be NULL */
  char            *message;  /* what became of it; NULL until it ran */
} BeltDeployStep;

typedef struct
{
  char   *name;
  char   *kind;        /* "sources", "sinks" or "functions", as in the path of REST */
  char   *version;
  char  **symbols;     /* names that rules use; functions only */
  GBytes *zip;
} BeltDeployPlugin;

typedef struct
{
  char *name;
  char *statement;
} BeltDeployStream;

/* What is to be deployed. */
typedef struct
{
  GPtrArray  *plugins;      /* of BeltDeployPlugin */
  GPtrArray  *schemas;      /* of BeltDeployStream: .proto texts, what is imported first */
  GPtrArray  *streams;      /* of BeltDeployStream */
  GPtrArray  *tables;       /* of BeltDeployStream */
  char       *rule_id;
  JsonObject *rule;         /* whole: id, sql, actions, options */
  char       *history_dir;  /* keeps bundles and undo records */
} BeltDeployContent;

typedef struct
{
  BeltRemoteInfo *info;
  GPtrArray      *steps;      /* of BeltDeployStep */
  gboolean        refused;    /* at least one step is: nothing may be carried out */
  JsonArray      *undo;       /* grows while the plan is carried out */
} BeltDeployPlan;

/* Called in the thread that deploys, after each change of a step. */
typedef void (*BeltDeployFunc) (BeltDeployPlan *plan, guint step, gpointer user_data);

BeltDeployContent *belt_deploy_content_new  (const char         *history_dir);
void               belt_deploy_content_free (BeltDeployContent  *self);
void               belt_deploy_content_add_plugin (BeltDeployContent *self,
                                             const char         *name,
                                             const char         *kind,
                                             const char         *version,
                                             const char *const  *symbols,
                                             GBytes             *zip);
void               belt_deploy_content_add_stream (BeltDeployContent *self,
                                             const char         *name,
                                             const char         *statement,
                                             gboolean            is_table);
/* Does nothing when the schema was added. */
void               belt_deploy_content_add_schema (BeltDeployContent *self,
                                             const char         *name,
                                             const char         *text);
void               belt_deploy_content_set_rule (BeltDeployContent *self,
                                             const char         *rule_id,
                                             JsonObject         *rule);

BeltDeployPlan    *belt_deploy_plan         (BeltRemote         *remote,
                                             BeltDeployContent  *content,
                                             GCancellable       *cancellable,
                                             GError            **error);
void               belt_deploy_plan_free    (BeltDeployPlan     *self);
gboolean           belt_deploy_run          (BeltRemote         *remote,
                                             BeltDeployContent  *content,
                                             BeltDeployPlan     *plan,
                                             BeltDeployFunc      func,
                                             gpointer            user_data,
                                             GCancellable       *cancellable,
                                             GError            **error);
/* Takes back the newest deploy to this engine.  Returns: (transfer full): what is there now, in sentences */
char              *belt_deploy_undo         (BeltRemote         *remote,
                                             const char         *history_dir,
                                             GCancellable       *cancellable,
                                             GError            **error);
gboolean           belt_deploy_can_undo     (BeltRemote         *remote,
                                             const char         *history_dir);
/* The statement that makes the stream that GET /streams/NAME describes. */
char              *belt_deploy_statement_from_details (JsonObject *details,
                                             gboolean            is_table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltDeployContent, belt_deploy_content_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltDeployPlan, belt_deploy_plan_free)

G_END_DECLS
