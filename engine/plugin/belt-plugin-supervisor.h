/* belt-plugin-supervisor.h - starts plugin hosts, hears them, notices their end
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the supervisor watches; called on its thread. */
typedef struct
{
  void (*ended)   (gpointer owner, int code, int status);   /* si_code, si_status; once */
  void (*message) (gpointer owner, gconstpointer data, gsize size);
} BeltSupervisedClass;

/* Starts argv[0] with descriptors 3 and 4.  The owner is called until `ended`. */
gboolean belt_supervisor_spawn  (char                     **argv,
                                 int                        control_fd,
                                 int                        control_child_fd,
                                 int                        block_fd,
                                 const BeltSupervisedClass *klass,
                                 gpointer                   owner,
                                 GPid                      *ret_pid,
                                 int                       *ret_pidfd,
                                 GError                   **error);

G_END_DECLS
