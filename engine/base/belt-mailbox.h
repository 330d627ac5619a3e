/* belt-mailbox.h - bounded many-to-one queue between a rule thread and a main loop
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltMailbox BeltMailbox;

BeltMailbox *belt_mailbox_new     (guint           capacity,
                                   GDestroyNotify  message_free);
BeltMailbox *belt_mailbox_ref     (BeltMailbox    *self);
void         belt_mailbox_unref   (BeltMailbox    *self);
gboolean     belt_mailbox_post    (BeltMailbox    *self,
                                   gpointer        message);
GPtrArray   *belt_mailbox_drain   (BeltMailbox    *self,
                                   guint          *ret_n_dropped);
int          belt_mailbox_get_fd  (BeltMailbox    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltMailbox, belt_mailbox_unref)

G_END_DECLS
