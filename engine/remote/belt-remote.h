/* belt-remote.h - another engine, spoken to over REST
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A beltd or a stock eKuiper.  All calls here block and are made in a worker
 * thread (GTask) or in a command line tool, never on a main loop that draws;
 * each has a timeout and can be cancelled.  A BeltRemote belongs to one thread
 * at a time.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltRemote BeltRemote;

/* What an engine says of itself at GET /. */
typedef struct
{
  char     *version;
  char     *os;
  char     *arch;
  gint64    uptime_s;
  gboolean  is_belt;       /* answers with a `belt` object: takes C plugins as they are */
  char     *libc_version;  /* beltd only: "2.36" */
  char     *plugin_abi;    /* beltd only: "1.0" */
} BeltRemoteInfo;

typedef struct
{
  guint  status;        /* HTTP status */
  char  *text;          /* body, terminated */
  gsize  len;
} BeltRemoteReply;

BeltRemote      *belt_remote_new         (const char       *name,
                                          const char       *url,
                                          const char       *token);
void             belt_remote_free        (BeltRemote       *self);
const char      *belt_remote_get_name    (BeltRemote       *self);
const char      *belt_remote_get_url     (BeltRemote       *self);

/* One request.  Any HTTP status is a reply; an error means that none came. */
BeltRemoteReply *belt_remote_request     (BeltRemote       *self,
                                          const char       *method,
                                          const char       *path,
                                          const char       *json_body,
                                          GCancellable     *cancellable,
                                          GError          **error);
void             belt_remote_reply_free  (BeltRemoteReply  *self);
/* eKuiper's own words from {"error":…,"message":…}, or the body. */
char            *belt_remote_reply_dup_message (BeltRemoteReply *self);
/* A request that must be answered with 2xx; else an error with the engine's words. */
BeltRemoteReply *belt_remote_demand      (BeltRemote       *self,
                                          const char       *method,
                                          const char       *path,
                                          const char       *json_body,
                                          GCancellable     *cancellable,
                                          GError          **error);
BeltRemoteInfo  *belt_remote_probe       (BeltRemote       *self,
                                          GCancellable     *cancellable,
                                          GError          **error);
void             belt_remote_info_free   (BeltRemoteInfo   *self);
/* Multipart to /config/uploads; returns where the engine put the file. */
char            *belt_remote_upload      (BeltRemote       *self,
                                          const char       *file_name,
                                          GBytes           *content,
                                          GCancellable     *cancellable,
                                          GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRemote, belt_remote_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRemoteReply, belt_remote_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRemoteInfo, belt_remote_info_free)

G_END_DECLS
