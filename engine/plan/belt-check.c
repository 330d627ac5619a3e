/* belt-check.c - what eKuiper refuses once names are known
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What can be seen without names is sql's (belt-validate.h); this is the rest:
 * windows over tables, joins without one, equal names of two outputs, options that
 * do not go with the statement.
 */
#include "config.h"

#include "belt-resolve.h"

#include <string.h>

static void
check_output_names (BeltResolved *self)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->select->n_fields; i++)
    {
      const BeltAstField *field = &self->select->fields[i];
      const char *name = belt_ast_field_get_name (field);

      if (field->invisible || strcmp (name, "*") == 0 || field->expr->kind == BELT_NODE_WILDCARD)
        continue;
      if (!g_hash_table_add (names, (gpointer)name))
        belt_resolved_fail (self, "duplicate-name", field->span,
                            "Give one of them another name with AS.",
                            "duplicate field definition %s", name);
    }
}

static gboolean
is_stream (const BeltResolved *self,
           guint               i)
{
  return !self->streams[i]->is_table;
}

static gboolean
is_lookup (const BeltResolved *self,
           guint               i)
{
  return self->streams[i]->is_table && g_strcmp0 (self->streams[i]->kind, "lookup") == 0;
}

static void
check_sources (BeltResolved          *self,
               const BeltRuleOptions *options)
{
  BeltAstSelect *select = self->select;
  guint n_streams = 0;
  guint n_tables = 0;

  for (guint i = 0; i < self->n_streams; i++)
    {
      if (is_stream (self, i))
        n_streams++;
      else
        n_tables++;

      if (options->is_event_time && !is_lookup (self, i) && self->streams[i]->timestamp == NULL)
        belt_resolved_fail (self, "no-timestamp", select->tables[i].name_span,
                            "Give the stream a TIMESTAMP column, or switch isEventTime off.",
                            "preprocessor is set to be event time but stream option TIMESTAMP not found");
    }

  if (select->window != NULL && n_streams == 0)
    belt_resolved_fail (self, "window-over-table", select->window->span, NULL,
                        "cannot run window for TABLE sources");
  if (self->n_streams > 1 && n_tables == 0 && select->window == NULL)
    belt_resolved_fail (self, "join-without-window", select->from_span,
                        "Add GROUP BY with a window, for instance TUMBLINGWINDOW(ss, 10).",
                        "a time window or count window is required to join multiple streams");
}

static void
check_options (BeltResolved          *self,
               const BeltRuleOptions *options)
{
  BeltAstSelect *select = self->select;

  if (options->send_meta && (self->n_streams > 1 || select->window != NULL || select->n_group_by > 0))
    belt_resolved_fail (self, "send-meta", select->from_span, NULL,
                        "invalid option sendMetaToSink, it can not be applied to window");
}

static void
check_window (BeltResolved          *self,
              const BeltRuleOptions *options)
{
  const BeltNode *node = self->select->window;
  BeltAstWindowKind kind = node != NULL ? node->window->kind : BELT_AST_WINDOW_STATE;

  if (options->window_v2 && kind != BELT_AST_WINDOW_SLIDING && kind != BELT_AST_WINDOW_STATE)
    belt_resolved_fail (self, "window-version", node->span,
                        "Windows of version v2 slide or follow a state: leave windowVersion out.",
                        "unsupported window type:%s", belt_ast_window_get_ekuiper_name (kind));
  else if (options->is_event_time && kind == BELT_AST_WINDOW_COUNT)
    belt_resolved_fail (self, "count-window-event-time", node->span,
                        "Count windows need processing time: switch isEventTime off.",
                        "unsupported window type 5");
}

void
belt_resolved_check (BeltResolved          *self,
                     const BeltRuleOptions *options)
{
  check_options (self, options);
  check_sources (self, options);
}

void
belt_resolved_check_operators (BeltResolved          *self,
                               const BeltRuleOptions *options,
                               gboolean               incremental)
{
  check_output_names (self);
  if (!incremental)
    check_window (self, options);
}
