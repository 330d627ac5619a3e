/* belt-plugin-process.h - a plugin host as the engine sees it, and channels into it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread of the library, the supervisor, starts all hosts (they are bound to
 * the life of the thread that started them), hears what they log and notices
 * their end.  A channel is used by one thread at a time.
 */
#pragma once

#include "belt-plugin-codec.h"
#include "belt-plugin-wire.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BELT_BUDGET_FUNCTION_MS 100u
#define BELT_BUDGET_IO_MS       10000u
#define BELT_BUDGET_CONTROL_MS  10000u

typedef struct _BeltPluginProcess BeltPluginProcess;
typedef struct _BeltPluginChannel BeltPluginChannel;

typedef enum
{
  BELT_PROCESS_HOST,        /* a process of its own */
  BELT_PROCESS_FENCED,      /* the same with the page-guard heap: builds under edit */
  BELT_PROCESS_IN_PROCESS,  /* dlopen here */
} BeltProcessKind;

typedef enum
{
  BELT_CALL_DONE,      /* there is a reply; its status may be an error */
  BELT_CALL_DIED,      /* the host died in this call, and it was this call */
  BELT_CALL_LOST,      /* the host died for another reason: killed, or another channel's fault */
} BeltCallResult;

/* A line the plugin logged; on the supervisor's thread, or the caller's with in-process. */
typedef void (*BeltPluginLogFunc) (int         level,
                                   const char *file,
                                   guint       line,
                                   const char *text,
                                   gpointer    user_data);

BeltPluginProcess *belt_plugin_process_new         (const char         *path,
                                                    BeltProcessKind     kind,
                                                    BeltPluginLogFunc   log,
                                                    gpointer            user_data,
                                                    GDestroyNotify      notify,
                                                    GError            **error);
BeltPluginProcess *belt_plugin_process_ref         (BeltPluginProcess  *self);
/* The last one ends the host. */
void               belt_plugin_process_unref       (BeltPluginProcess  *self);
gboolean           belt_plugin_process_is_dead     (BeltPluginProcess  *self);
GPid               belt_plugin_process_get_pid     (BeltPluginProcess  *self);
const char        *belt_plugin_process_get_path    (BeltPluginProcess  *self);
/* What the plugin says of itself: one MAP. */
const BeltValue   *belt_plugin_process_get_info    (BeltPluginProcess  *self);
/* The shared description, for reading addresses. */
const BeltWireBlock *belt_plugin_process_get_block (BeltPluginProcess  *self);
/* "exited with 3", "killed by signal 9 (Killed)"; NULL while it lives. */
char              *belt_plugin_process_dup_end     (BeltPluginProcess  *self);
void               belt_plugin_process_kill        (BeltPluginProcess  *self);

BeltPluginChannel *belt_plugin_channel_new         (BeltPluginProcess  *process,
                                                    const char         *rule,
                                                    const char         *operator_name,
                                                    const char         *data_dir,
                                                    GError            **error);
/* Destroys the instance behind it when the host still lives. */
void               belt_plugin_channel_free        (BeltPluginChannel  *self);
BeltPluginProcess *belt_plugin_channel_get_process (BeltPluginChannel  *self);
/* Begins a request: fill in the result, write values with `wire`, then call. */
BeltWireRequest   *belt_plugin_channel_begin       (BeltPluginChannel  *self,
                                                    BeltWireCommand     command,
                                                    BeltWire           *wire);
BeltCallResult     belt_plugin_channel_call        (BeltPluginChannel  *self,
                                                    guint               budget_ms);
const BeltWireRequest *belt_plugin_channel_get_request (BeltPluginChannel *self);
/* After DONE: a private copy of the reply's head; text is checked and terminated. */
const BeltWireReply *belt_plugin_channel_get_reply (BeltPluginChannel  *self);
/* Values of the reply.  FALSE: the reply is not to be trusted. */
gboolean           belt_plugin_channel_read        (BeltPluginChannel  *self,
                                                    gsize               n_values,
                                                    const char         *function,
                                                    BeltArena          *arena,
                                                    BeltValue          *out);
/* Returns: (transfer full) (nullable): the state in the reply */
GBytes            *belt_plugin_channel_read_state  (BeltPluginChannel  *self);
/* After DIED: a private copy of the record; kind NONE when there is none. */
void               belt_plugin_channel_get_fault   (BeltPluginChannel  *self,
                                                    BeltWireFault      *ret_fault);
/* The row the host was at when it died; any number. */
guint32            belt_plugin_channel_get_unit    (BeltPluginChannel  *self);
/* Any thread: belt_cancelled() is TRUE from now on, or no more. */
void               belt_plugin_channel_cancel      (BeltPluginChannel  *self,
                                                    gboolean            cancelled);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginProcess, belt_plugin_process_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginChannel, belt_plugin_channel_free)

G_END_DECLS
