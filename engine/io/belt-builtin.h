/* belt-builtin.h - the sources and sinks that are always there
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-sink.h"
#include "belt-source.h"

G_BEGIN_DECLS

extern const BeltSourceClass belt_source_file_class;
extern const BeltSourceClass belt_source_httppull_class;
extern const BeltSourceClass belt_source_memory_class;
extern const BeltSourceClass belt_source_mqtt_class;
extern const BeltSourceClass belt_source_simulator_class;

extern const BeltSinkClass belt_sink_file_class;
extern const BeltSinkClass belt_sink_log_class;
extern const BeltSinkClass belt_sink_log_to_memory_class;
extern const BeltSinkClass belt_sink_memory_class;
extern const BeltSinkClass belt_sink_mqtt_class;
extern const BeltSinkClass belt_sink_nop_class;
extern const BeltSinkClass belt_sink_rest_class;

G_END_DECLS
