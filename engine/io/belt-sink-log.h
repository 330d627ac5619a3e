/* belt-sink-log.h - what logToMemory kept
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-sink.h"

G_BEGIN_DECLS

/* Returns: (transfer full): the newest payloads of a rule's logToMemory sinks, oldest first. */
GPtrArray *belt_sink_log_dup_results (const char *rule_id);

G_END_DECLS
