/* fuzz-driver.h - what libFuzzer calls, and our driver where there is no libFuzzer
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);
