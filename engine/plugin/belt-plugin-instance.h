/* belt-plugin-instance.h - one instance in a host, replaced when the host dies or a build comes
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shared by function call sites, sources and sinks: holds the version and the
 * channel, creates, opens and restores.  Used by one thread at a time.
 */
#pragma once

#include "belt-plugin-version.h"

G_BEGIN_DECLS

typedef struct
{
  BeltPluginEntry   *entry;
  char              *name;            /* the definition */
  guint              kind;            /* BELT_KIND_* */
  guint              generation;
  BeltPluginVersion *version;
  BeltPluginChannel *channel;         /* NULL: to be made */
  gboolean           fresh;           /* the channel is new: nothing has been replayed to it */
  GBytes            *values;          /* what CREATE gets, encoded */
  gsize              values_at;
  guint              n_values;
  gboolean           opens;           /* sources and sinks: OPEN after CREATE */
  GBytes            *state;           /* the last saved; NULL: from nothing */
  guint32            state_version;
  char              *rule;
  guint              budget_ms;
} BeltPluginInstance;

void           belt_plugin_instance_init    (BeltPluginInstance *self,
                                             BeltPluginEntry    *entry,
                                             const char         *name,
                                             guint               kind,
                                             const BeltValue    *values,
                                             guint               n_values);
void           belt_plugin_instance_clear   (BeltPluginInstance *self);
/* A channel to a created, restored (and opened) instance.  DONE with ret_message: refused, and why;
 * ret_status is the plugin's status. */
BeltCallResult belt_plugin_instance_ready   (BeltPluginInstance *self,
                                             int                *ret_status,
                                             char              **ret_message);
/* After DIED or LOST: says so, counts, and forgets the channel.  Returns: (transfer full): the
 * sentence; ret_unit is the row it died on or G_MAXUINT32. */
char          *belt_plugin_instance_bury    (BeltPluginInstance *self,
                                             BeltCallResult      result,
                                             guint               budget_ms,
                                             guint32            *ret_unit);
/* At the start of a batch: takes over a new version if there is one.  `save` is called before
 * the hand-over and brings self->state up to date. */
void           belt_plugin_instance_swap    (BeltPluginInstance *self,
                                             gboolean          (*save) (gpointer owner),
                                             gpointer            owner);
/* Asks for the state.  FALSE: it has none, or the host died. */
gboolean       belt_plugin_instance_save    (BeltPluginInstance *self,
                                             BeltCallResult     *ret_result);

G_END_DECLS
