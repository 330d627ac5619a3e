/* bw-write.h - a file replaced whole, without waiting for the disk
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  BW_WRITE_DURABLE = 1 << 0,  /* the disk is asked to keep it, after the caller was told */
  BW_WRITE_PRIVATE = 1 << 1,  /* for this person only */
} BwWriteFlags;

void     bw_write_async  (GFile                *file,
                          GBytes               *content,
                          guint                 flags,
                          GAsyncReadyCallback   callback,
                          gpointer              user_data);
gboolean bw_write_finish (GAsyncResult         *result,
                          GError              **error);

G_END_DECLS
