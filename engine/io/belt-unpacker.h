/* belt-unpacker.h - reads gzip and zstd streams of several members
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-compress.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BELT_TYPE_UNPACKER (belt_unpacker_get_type ())
G_DECLARE_FINAL_TYPE (BeltUnpacker, belt_unpacker, BELT, UNPACKER, GObject)

/* A GConverter; method: gzip or zstd. */
BeltUnpacker *belt_unpacker_new (BeltCompression method);

G_END_DECLS
