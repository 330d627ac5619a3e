/* belt-parser-hooks.c - the table of functions, as the parser asks for it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parser stands below the functions, so it asks through these hooks.
 */
#include "config.h"

#include "belt-parser-hooks.h"

#include "belt-suggest.h"

#define ARGS_MAX 256u   /* arguments looked at; no check looks further */

static guint
get_kinds (const BeltFunction *function)
{
  guint kinds = 0;

  if (function->flags & (BELT_FUNCTION_AGGREGATE | BELT_FUNCTION_OF_GROUP))
    kinds |= BELT_PARSER_FUNCTION_AGGREGATE;
  if (function->flags & BELT_FUNCTION_ANALYTIC)
    kinds |= BELT_PARSER_FUNCTION_ANALYTIC;
  if (function->flags & BELT_FUNCTION_SET_RETURNING)
    kinds |= BELT_PARSER_FUNCTION_SET_RETURNING;
  if (function->flags & BELT_FUNCTION_COLUMNS)
    kinds |= BELT_PARSER_FUNCTION_COLUMNS;
  if (strcmp (function->name, "row_number") == 0)
    kinds |= BELT_PARSER_FUNCTION_ROW_NUMBER;
  return kinds;
}

static gboolean
look_up (gpointer            data,
         const char         *name,
         BeltParserFunction *ret_function)
{
  const BeltFunction *function = belt_function_table_lookup (data, name, strlen (name));

  if (function == NULL)
    return FALSE;

  ret_function->name = function->name;
  ret_function->kinds = get_kinds (function);
  ret_function->function = function;
  return TRUE;
}

BeltLiteral
belt_node_get_literal (const BeltNode *node)
{
  BeltLiteral literal = { .value = belt_value_missing () };

  literal.is_wildcard = node->kind == BELT_NODE_WILDCARD;
  literal.is_time_unit = node->kind == BELT_NODE_TIME_UNIT;
  literal.is_boolean_expression = belt_node_is_boolean (node);
  if (node->kind == BELT_NODE_COLUMN)
    literal.name = node->name;
  if (node->kind == BELT_NODE_LITERAL)
    {
      literal.is_literal = TRUE;
      literal.value = node->value;
    }
  return literal;
}

/* mqtt() knows two names. */
static char *
check_mqtt (const BeltNode *arg)
{
  if (arg->kind != BELT_NODE_META || g_ascii_strcasecmp (arg->name, "topic") == 0 ||
      g_ascii_strcasecmp (arg->name, "messageid") == 0)
    return NULL;
  return g_strdup ("Parameter of mqtt function can be only topic or messageid.");
}

static char *
check_arguments (gpointer                  data,
                 const BeltParserFunction *function,
                 BeltNode *const          *args,
                 guint                     n_args)
{
  BeltLiteral literals[ARGS_MAX] = { 0 };
  char *refusal;

  for (guint i = 0; i < MIN (n_args, ARGS_MAX); i++)
    literals[i] = belt_node_get_literal (args[i]);
  refusal = belt_function_check_args (function->function, literals, MIN (n_args, ARGS_MAX));
  if (refusal == NULL && n_args == 1 && strcmp (function->name, "mqtt") == 0)
    refusal = check_mqtt (args[0]);
  return refusal;
}

char *
belt_function_table_suggest (BeltFunctionTable *self,
                             const char        *name)
{
  guint n;
  const BeltFunction *const *functions = belt_function_table_list (self, &n);
  g_autoptr(BeltSuggestion) suggestion = belt_suggestion_new (name);

  for (guint i = 0; i < n; i++)
    belt_suggestion_offer (suggestion, functions[i]->name);
  return g_strdup (belt_suggestion_get (suggestion));
}

static char *
suggest (gpointer    data,
         const char *name)
{
  return belt_function_table_suggest (data, name);
}

void
belt_parser_hooks_init (BeltParserHooks   *self,
                        BeltFunctionTable *table)
{
  *self = (BeltParserHooks) { .data = table, .lookup = look_up, .check = check_arguments, .suggest = suggest };
}
