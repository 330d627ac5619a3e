/* belt-http-listener.h - the connections of beltd: taken, counted, and closed when nobody speaks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * libsoup's own listener never takes a connection again once there was no descriptor
 * for one, and has no bound.  Here at most BELT_HTTP_CONNECTIONS_MAX are open: a new
 * one closes that which was silent for longest.  All on the main loop.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define BELT_HTTP_CONNECTIONS_MAX 2048u   /* a quarter of the descriptors if that is less */
#define BELT_HTTP_SILENCE_MAX_S   120u    /* then a connection is closed */

typedef struct _BeltHttpListener BeltHttpListener;

/* server must outlive the listener.  Errors are the user's: the address is taken, or not ours. */
BeltHttpListener *belt_http_listener_new     (SoupServer        *server,
                                              GSocketAddress    *address,
                                              GError           **error);
void              belt_http_listener_free    (BeltHttpListener  *self);
/* Returns: (transfer full): "http://127.0.0.1:9081" */
char             *belt_http_listener_dup_uri (BeltHttpListener  *self);
/* Who asks something is not silent. */
void              belt_http_listener_note    (BeltHttpListener  *self,
                                              SoupServerMessage *message);
/* Closes the connection a message came on, at once and without an answer. */
void              belt_http_listener_drop    (BeltHttpListener  *self,
                                              SoupServerMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltHttpListener, belt_http_listener_free)

G_END_DECLS
