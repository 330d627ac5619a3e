/* bw-live.h - a rule that runs for real: true sources, open sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-session.h"

G_BEGIN_DECLS

#define BW_TYPE_LIVE (bw_live_get_type ())
G_DECLARE_FINAL_TYPE (BwLive, bw_live, BW, LIVE, GObject)

BwLive     *bw_live_new          (BwSession  *session);
/* FALSE: it does not run, the sentence says why. */
gboolean    bw_live_start        (BwLive     *self,
                                  const char *rule,
                                  const char *sql);
void        bw_live_stop         (BwLive     *self);
gboolean    bw_live_is_running   (BwLive     *self);
/* "Sending for real: 12 rows in, 3 sent." */
const char *bw_live_get_sentence (BwLive     *self);

G_END_DECLS
