/* engine-fixture.h - an engine in a folder of its own, and waiting for things to come true
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-engine.h"

G_BEGIN_DECLS

#define FIXTURE_DEADLINE_S 20u  /* only a broken engine needs it */

typedef struct
{
  char       *dir;
  BeltEngine *engine;
  GString    *emissions;    /* "rule/sink payload\n" */
  GString    *notices;      /* "rule place: text\n" */
  guint       n_emissions;
} Fixture;

typedef gboolean (*FixtureCondition) (Fixture    *fixture,
                                      const char *argument);

void  fixture_init        (Fixture          *fixture,
                           guint             flags);
/* Stops the engine and opens one anew on the same folder. */
void  fixture_reopen      (Fixture          *fixture,
                           guint             flags);
void  fixture_clear       (Fixture          *fixture);
void  fixture_write       (Fixture          *fixture,
                           const char       *name,
                           const char       *content);
char *fixture_read        (Fixture          *fixture,
                           const char       *name);
void  fixture_execute     (Fixture          *fixture,
                           const char       *statement);
/* Settings "up" of file sources: `properties` and the fixture's folder as path. */
void  fixture_set_files   (Fixture          *fixture,
                           const char       *properties);
JsonObject *fixture_parse (const char       *text);
void  fixture_create      (Fixture          *fixture,
                           const char       *rule);
/* The text of the refusal. */
char *fixture_refuse      (Fixture          *fixture,
                           const char       *rule);
void  fixture_wait        (Fixture          *fixture,
                           FixtureCondition  condition,
                           const char       *argument);
void  fixture_wait_state  (Fixture          *fixture,
                           const char       *rule,
                           const char       *state);
void  fixture_wait_emission (Fixture        *fixture,
                           const char       *part);
gint64 fixture_get_metric (Fixture          *fixture,
                           const char       *rule,
                           const char       *metric);

G_END_DECLS
