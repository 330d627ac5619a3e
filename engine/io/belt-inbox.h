/* belt-inbox.h - bounded way from any thread to a worker's main context
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Libraries with threads of their own (MQTT, plugins) and other workers (the
 * memory bus) post values; the owner's context hands them over one by one.  The
 * queue has a bound in messages and in bytes: what does not fit is freed and
 * counted, or, with belt_inbox_post_wait(), waits for room.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BELT_INBOX_TURN_MAX 256u  /* messages handed over in one turn of the main loop */

typedef struct _BeltInbox BeltInbox;

/* Takes the message. */
typedef void (*BeltInboxFunc) (gpointer message,
                               gpointer user_data);

/* Attached to context; user_data is used there only, until belt_inbox_close(). */
BeltInbox *belt_inbox_new          (GMainContext   *context,
                                    guint           messages_max,
                                    gsize           bytes_max,
                                    BeltInboxFunc   func,
                                    gpointer        user_data,
                                    GDestroyNotify  message_free);
BeltInbox *belt_inbox_ref          (BeltInbox      *self);
void       belt_inbox_unref        (BeltInbox      *self);
/* Any thread.  Takes the message also when there is no room; then it is freed and FALSE. */
gboolean   belt_inbox_post         (BeltInbox      *self,
                                    gpointer        message,
                                    gsize           n_bytes);
/* Any thread but the owner's: waits until there is room or the inbox is closed. */
gboolean   belt_inbox_post_wait    (BeltInbox      *self,
                                    gpointer        message,
                                    gsize           n_bytes);
/* [owner] Hands over what was posted before this call, without waiting for its turn. */
void       belt_inbox_take_waiting (BeltInbox      *self);
/* [owner] Nothing is handed over while paused. */
void       belt_inbox_set_paused   (BeltInbox      *self,
                                    gboolean        paused);
/* [owner] Nothing is handed over after this; what is queued is freed. */
void       belt_inbox_close        (BeltInbox      *self);
guint      belt_inbox_get_length   (BeltInbox      *self);
/* Messages that had no room since the last call. */
guint64    belt_inbox_take_dropped (BeltInbox      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltInbox, belt_inbox_unref)

G_END_DECLS
