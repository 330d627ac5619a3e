/* belt-plugin-fence.h - a heap whose blocks end at an inaccessible page
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

/* From now on malloc() called from code in [start, end) comes from the fenced heap. */
void  belt_fence_enable  (guintptr  start,
                          guintptr  end,
                          guint64  *ret_space_start,
                          guint64  *ret_space_end);
void *belt_fence_alloc   (gsize     size);
void  belt_fence_release (void     *block);
