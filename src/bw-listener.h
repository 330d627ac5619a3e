/* bw-listener.h - what comes in at a stream's true source
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

G_BEGIN_DECLS

#define BW_TYPE_LISTENER (bw_listener_get_type ())
G_DECLARE_FINAL_TYPE (BwListener, bw_listener, BW, LISTENER, GObject)

/* Off at first.  rows_max: how many are kept, the newest. */
BwListener *bw_listener_new          (BeltStream *stream,
                                      guint       rows_max);
const char *bw_listener_get_name     (BwListener *self);
gboolean    bw_listener_is_on        (BwListener *self);
/* It was told to listen, and has no connection. */
gboolean    bw_listener_is_cut_off   (BwListener *self);
/* On: the source is opened by this engine.  NULL: it is closed; the rows stay. */
void        bw_listener_set_engine   (BwListener *self,
                                      BeltEngine *engine);
/* Lets go of the rows. */
void        bw_listener_clear        (BwListener *self);
/* The stream as it is defined now, and source plugins as they are built: opens the source again if they changed. */
void        bw_listener_refresh      (BwListener *self,
                                      BeltStream *stream);
/* Of BeltRecord, oldest first; borrowed until the next turn of the main loop. */
GQueue     *bw_listener_get_records  (BwListener *self);
/* All that ever came, those let go included. */
guint64     bw_listener_get_n_came   (BwListener *self);
/* "1,234 rows came, the last 3 s ago." */
char       *bw_listener_dup_sentence (BwListener *self);

G_END_DECLS
