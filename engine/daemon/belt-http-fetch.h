/* belt-http-fetch.h - the content behind an address that a request names
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-http.h"

G_BEGIN_DECLS

/* file://, http:// or https://.  Loopback and private addresses are refused unless the daemon
 * was told otherwise; the address is looked at when it is connected to, so a name that
 * changes its mind in between does not help.  Error texts are eKuiper's. */
void    belt_http_fetch_async  (BeltHttp             *self,
                                const char           *uri,
                                GAsyncReadyCallback   callback,
                                gpointer              user_data);
GBytes *belt_http_fetch_finish (GAsyncResult         *result,
                                GError              **error);

G_END_DECLS
