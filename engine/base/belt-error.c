/* belt-error.c - the error domain of the engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-error.h"

G_DEFINE_QUARK (belt-error-quark, belt_error)
