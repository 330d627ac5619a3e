/* belt-http.h - one request and its answer
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The daemon is a table of routes; each handler reads one request, makes one call
 * of the engine and answers.  Everything happens on the daemon's main loop, and no
 * handler blocks longer than the engine's calls do.
 */
#pragma once

#include "belt-engine.h"
#include "belt-error.h"
#include "belt-go-json.h"
#include "belt-http-listener.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define BELT_HTTP_PARAMETERS_MAX 3u

/* eKuiper's codes in {"error": code, "message": …}. */
#define BELT_HTTP_CODE_FAILED    1000
#define BELT_HTTP_CODE_EXECUTE   1001
#define BELT_HTTP_CODE_NOT_FOUND 1002
#define BELT_HTTP_CODE_ENDPOINT  2201
#define BELT_HTTP_CODE_STREAM    3000

typedef struct _BeltHttp        BeltHttp;
typedef struct _BeltHttpRequest BeltHttpRequest;
typedef struct _BeltPluginStore BeltPluginStore;
typedef void (*BeltHttpHandler) (BeltHttpRequest *request);

struct _BeltHttp
{
  BeltEngine       *engine;
  BeltPluginStore  *plugins;
  SoupServer       *server;
  BeltHttpListener *listener;
  SoupSession      *session;     /* fetches plugin zips */
  char             *data_dir;
  char             *uploads_dir;
  char             *token;       /* NULL: none wanted */
  gboolean          private_net; /* plugin URLs may point to private addresses */
  gboolean          plugins_allowed;
  gint64            started_us;  /* monotonic */
};

struct _BeltHttpRequest
{
  BeltHttp          *http;
  SoupServerMessage *message;
  const char        *path;
  GHashTable        *query;      /* may be NULL */
  char              *parameters[BELT_HTTP_PARAMETERS_MAX];  /* decoded {} of the route */
  const char        *body;
  gsize              body_len;
};

typedef struct
{
  const char      *methods;   /* "GET POST"; a handler that serves several asks */
  const char      *pattern;   /* "/rules/{}/status" */
  BeltHttpHandler  handler;   /* NULL: eKuiper has it, we do not */
} BeltHttpRoute;

extern const BeltHttpRoute belt_http_stream_routes[];
extern const BeltHttpRoute belt_http_rule_routes[];
extern const BeltHttpRoute belt_http_plugin_routes[];
extern const BeltHttpRoute belt_http_system_routes[];
extern const BeltHttpRoute belt_http_upload_routes[];
extern const BeltHttpRoute belt_http_schema_routes[];
extern const BeltHttpRoute belt_http_metadata_routes[];
extern const BeltHttpRoute belt_http_other_routes[];

/* belt-http-router.c */
void        belt_http_attach           (BeltHttp        *self);

/* A handler that answers later keeps the request, and lets it go once it has answered. */
BeltHttpRequest *belt_http_request_keep (BeltHttpRequest *request);
void        belt_http_request_release  (BeltHttpRequest *kept);

/* belt-http-answer.c */
const char *belt_http_get_method       (BeltHttpRequest *request);
const char *belt_http_get_query        (BeltHttpRequest *request,
                                        const char      *name);
void        belt_http_answer_text      (BeltHttpRequest *request,
                                        guint            status,
                                        const char      *text);
void        belt_http_answer_format    (BeltHttpRequest *request,
                                        guint            status,
                                        const char      *format,
                                        ...) G_GNUC_PRINTF (3, 4);
/* Takes node. */
void        belt_http_answer_json      (BeltHttpRequest *request,
                                        JsonNode        *node);
void        belt_http_answer_json_text (BeltHttpRequest *request,
                                        const char      *text);
void        belt_http_answer_error     (BeltHttpRequest *request,
                                        guint            status,
                                        int              code,
                                        const char      *format,
                                        ...) G_GNUC_PRINTF (4, 5);
/* 501, naming the route. */
void        belt_http_answer_missing   (BeltHttpRequest *request);
/* `before` stands in front of the error's own text; the status and code follow the error. */
void        belt_http_answer_gerror    (BeltHttpRequest *request,
                                        const GError    *error,
                                        int              code,
                                        const char      *before);

G_END_DECLS
