/* belt-http-spec.h - where and how HTTP sources and sinks ask
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct
{
  char       *url;
  GUri       *uri;           /* NULL: url is empty or a template */
  gboolean    is_template;   /* url has a {{…}} */
  char       *method;
  char       *content_type;  /* NULL: no body */
  JsonObject *headers;       /* NULL: none */
  gint64      timeout_ms;
  gboolean    insecure;
} BeltHttpSpec;

/* url (default_url and suffix when absent), method, bodyType, headers, timeout, insecureSkipVerify. */
gboolean     belt_http_spec_configure   (BeltHttpSpec  *self,
                                         JsonObject    *properties,
                                         const char    *default_url,
                                         const char    *suffix,
                                         GError       **error);
void         belt_http_spec_clear       (BeltHttpSpec  *self);
/* Of the thread's default main context. */
SoupSession *belt_http_spec_new_session (BeltHttpSpec  *self);
/* Returns: (transfer full): the address, or NULL with error */
GUri        *belt_http_spec_parse_url   (const char    *url,
                                         GError       **error);
/* uri NULL: the spec's own; payload may be NULL. */
SoupMessage *belt_http_spec_new_message (BeltHttpSpec  *self,
                                         GUri          *uri,
                                         GBytes        *payload);

G_END_DECLS
