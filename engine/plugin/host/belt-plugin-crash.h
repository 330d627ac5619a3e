/* belt-plugin-crash.h - last words of a plugin host
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plugin-exec.h"

#define BELT_CRASH_BUDGET_SIGNAL 10   /* SIGUSR1: the engine asks where the time goes */

void belt_crash_install      (BeltWireBlock *block);
/* Each thread that runs plugin code: an alternate stack, and where its record goes. */
void belt_crash_enter_thread (BeltWireHead  *head);
