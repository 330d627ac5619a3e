/* belt-rule-options.h - eKuiper's rule options, read and checked
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean is_event_time;
  gint64   late_tolerance_ms;     /* 1000 when not given */
  gboolean send_error;
  gboolean send_nil_field;
  gboolean send_meta;
  gint     qos;
  gint64   checkpoint_interval_ms;
  gint     concurrency;
  gint     buffer_length;
  gboolean disable_buffer_full_discard;
  gboolean incremental_window;
  gboolean alias_pushdown;
  gboolean alias_references;      /* not disableAliasRefCal */
  gboolean prune_columns;         /* not among disableOptimizeRules */
  gboolean push_predicates;
  gboolean window_v2;
  gboolean send_sliding_twice;
} BeltRuleOptions;

void     belt_rule_options_init  (BeltRuleOptions *self);
/* Errors are eKuiper's texts; unknown keys are ignored as there. */
gboolean belt_rule_options_parse (BeltRuleOptions *self,
                                  JsonObject      *options,
                                  GError         **error);
/* "300ms", "1h5m", a number of ms. */
gboolean belt_parse_duration_ms  (const char      *text,
                                  gint64          *ret_ms);

G_END_DECLS
