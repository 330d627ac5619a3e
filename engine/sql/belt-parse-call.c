/* belt-parse-call.c - calls of functions, windows, OVER
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions are known to the hooks only; windows are part of the language and are
 * read here whole, so that whoever plans them finds numbers instead of arguments.
 */
#include "config.h"

#include "belt-parser-private.h"

static const char *const window_names[] = {
  [BELT_AST_WINDOW_TUMBLING] = "tumblingwindow",
  [BELT_AST_WINDOW_HOPPING] = "hoppingwindow",
  [BELT_AST_WINDOW_SESSION] = "sessionwindow",
  [BELT_AST_WINDOW_SLIDING] = "slidingwindow",
  [BELT_AST_WINDOW_COUNT] = "countwindow",
  [BELT_AST_WINDOW_STATE] = "statewindow",
};

/* How each window is written, for hints. */
static const char *const window_forms[] = {
  [BELT_AST_WINDOW_TUMBLING] = "write TUMBLINGWINDOW(ss, 10): a unit (dd, hh, mi, ss, ms) and a length",
  [BELT_AST_WINDOW_HOPPING] = "write HOPPINGWINDOW(ss, 10, 5): a unit, a length and a step",
  [BELT_AST_WINDOW_SESSION] = "write SESSIONWINDOW(mi, 5, 1): a unit, a longest length and a timeout",
  [BELT_AST_WINDOW_SLIDING] = "write SLIDINGWINDOW(ss, 10): a unit, a length and perhaps a delay",
  [BELT_AST_WINDOW_COUNT] = "write COUNTWINDOW(10) or COUNTWINDOW(10, 5): a number of rows and perhaps a smaller step",
  [BELT_AST_WINDOW_STATE] = "write STATEWINDOW(begin condition, emit condition) or STATEWINDOW(condition)",
};

const char *
belt_ast_window_get_name (BeltAstWindowKind kind)
{
  return window_names[kind];
}

static int
find_window (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (window_names); i++)
    if (g_ascii_strcasecmp (name, window_names[i]) == 0)
      return (int)i;
  return -1;
}

/* ------------------------------------------------------------------ arguments */

static void
read_distinct (BeltParser *self,
               gboolean   *ret_distinct)
{
  const BeltToken *word = belt_parser_peek_at (self, 0);
  BeltTokenKind next = belt_parser_peek_at (self, 1)->kind;

  if (!(self->flags & BELT_PARSER_EXTENSIONS) || !belt_parser_is_word (self, word, "DISTINCT"))
    return;
  if (next == BELT_TOKEN_COMMA || next == BELT_TOKEN_RPAREN || next == BELT_TOKEN_DOT)
    return;

  belt_parser_allows (self, word->span, "DISTINCT inside a call",
                      "use deduplicate() or collect() and array_distinct()");
  belt_parser_next (self);
  *ret_distinct = TRUE;
}

/* Reads up to and with the closing bracket.  A comma before it is allowed. */
static GPtrArray *
parse_arguments (BeltParser *self,
                 const char *name,
                 gboolean   *ret_distinct)
{
  GPtrArray *args = g_ptr_array_new ();

  read_distinct (self, ret_distinct);
  while (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
    {
      guint before = self->at;

      g_ptr_array_add (args, belt_parse_expr (self));
      if (belt_parser_accept (self, BELT_TOKEN_COMMA))
        continue;
      if (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
        {
          g_autofree char *quoted = belt_go_quote (name);
          g_autofree char *ekuiper = g_strdup_printf ("found function call %s, expected ), but with %%s.", quoted);

          belt_parser_unexpected (self, "“,” or “)”", ekuiper, NULL);
          belt_parser_synchronize (self);
          if (belt_parser_peek (self) != BELT_TOKEN_COMMA || before == self->at)
            break;
          belt_parser_next (self);
        }
    }
  belt_parser_accept (self, BELT_TOKEN_RPAREN);
  return args;
}

/* ------------------------------------------------------------------ OVER */

static void
parse_partition (BeltParser  *self,
                 BeltAstOver *over)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new ();

  if (!belt_parser_accept (self, BELT_TOKEN_PARTITION))
    return;
  if (!belt_parser_accept (self, BELT_TOKEN_BY))
    belt_parser_unexpected (self, "BY", "found %s, expected by after partition.", NULL);
  do
    g_ptr_array_add (keys, belt_parse_expr (self));
  while (belt_parser_accept (self, BELT_TOKEN_COMMA));
  over->n_partition = keys->len;
  over->partition = belt_arena_memdup (self->arena, keys->pdata, keys->len * sizeof (gpointer));
}

static void
parse_over_when (BeltParser  *self,
                 BeltAstOver *over)
{
  if (belt_parser_accept (self, BELT_TOKEN_WHEN))
    over->when = belt_parse_expr (self);
}

static void
close_over (BeltParser  *self,
            BeltAstOver *over,
            guint32      start,
            const char  *ekuiper,
            const char  *hint)
{
  if (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
    {
      belt_parser_unexpected (self, "“)”", ekuiper, hint);
      belt_parser_synchronize (self);
    }
  belt_parser_accept (self, BELT_TOKEN_RPAREN);
  over->span = belt_parser_span_from (self, start);
}

/* A token as eKuiper's OVER messages name it: some have no name there. */
static char *
quote_kind (BeltParser *self)
{
  const char *text = belt_token_get_text (belt_parser_peek (self));

  if (belt_parser_peek (self) == BELT_TOKEN_IDENT)
    text = "IDENT";
  else if (belt_parser_peek (self) == BELT_TOKEN_END)
    text = "EOF";
  return belt_go_quote (text != NULL ? text : "");
}

/* OVER (PARTITION BY … [WHEN …]) of an analytic function, [ORDER BY …] of row_number. */
static void
parse_call_over (BeltParser *self,
                 BeltNode   *call)
{
  static const guint allowed = BELT_PARSER_FUNCTION_ANALYTIC | BELT_PARSER_FUNCTION_ROW_NUMBER;
  BeltAstOver *over = belt_arena_alloc0 (self->arena, sizeof *over);
  guint32 start = belt_parser_peek_at (self, 0)->span.start;
  g_autofree char *ekuiper = NULL;
  g_autofree char *quoted = NULL;

  if (!(call->kinds & allowed) && self->hooks->lookup != NULL)
    belt_parser_complain (self, belt_parser_peek_at (self, 0)->span, "parse",
                          (BeltComplaint) { .hint = "OVER belongs to analytic functions such as lag(); group with"
                                                    " GROUP BY and a window instead",
                                            .ekuiper = g_strdup_printf ("Found OVER after non analytic function %s",
                                                                        call->name) },
                          "%s() takes no OVER", call->name);
  belt_parser_next (self);
  quoted = quote_kind (self);
  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      ekuiper = g_strdup_printf ("Found %s after OVER, expect parentheses.", quoted);
      belt_parser_unexpected (self, "“(”", ekuiper, "write OVER (PARTITION BY x)");
      return;
    }

  parse_partition (self, over);
  if (call->kinds & BELT_PARSER_FUNCTION_ROW_NUMBER)
    over->order_by = belt_parse_order_by (self, &over->n_order_by);
  else
    parse_over_when (self, over);
  g_free (quoted);
  quoted = quote_kind (self);
  if (over->n_partition == 0 && over->n_order_by == 0 && over->when == NULL)
    {
      ekuiper = g_strdup_printf ("Found %s after OVER (, expect partition by or when.", quoted);
      belt_parser_unexpected (self, "PARTITION BY or WHEN", ekuiper, NULL);
    }
  else
    {
      ekuiper = g_strdup_printf ("Found %s, expect right parentheses after OVER ", quoted);
    }
  close_over (self, over, start, ekuiper, "PARTITION BY comes first, WHEN after it");
  call->over = over;
}

/* ------------------------------------------------------------------ windows */

static void
complain_of_window (BeltParser     *self,
                    const BeltNode *node,
                    BeltSpan        span,
                    char           *ekuiper,
                    const char     *message)
{
  belt_parser_complain (self, span, "window-arguments",
                        (BeltComplaint) { .hint = window_forms[node->window->kind], .ekuiper = ekuiper },
                        "%s", message);
}

static void
complain_of_unit (BeltParser     *self,
                  const BeltNode *node)
{
  BeltSpan span = node->window->args[0]->span;
  const char *unit = belt_parser_suggest_unit (self->text, span);
  g_autofree char *label = unit != NULL ? g_strdup_printf ("Change to “%s”", unit) : NULL;

  belt_parser_complain (self, span, "window-arguments",
                        (BeltComplaint) {
    .hint = window_forms[node->window->kind], .fix = unit, .fix_label = label,
    .ekuiper = g_strdup_printf ("The 1st argument for %s is expecting timer literal expression."
                                " One value of [dd|hh|mi|ss|ms].\n",
                                window_names[node->window->kind])
  },
                        "the first argument of this window is a unit of time: dd, hh, mi, ss or ms");
}

static gboolean
read_integer (const BeltNode *node,
              gint64         *ret_value)
{
  if (node->kind != BELT_NODE_LITERAL || node->value.tag != BELT_TAG_I64)
    return FALSE;

  *ret_value = node->value.u.i;
  return TRUE;
}

static BeltAstUnit
read_unit (const BeltNode *node)
{
  static const char names[][3] = { "", "DD", "HH", "MI", "SS", "MS" };

  for (guint i = 1; i < G_N_ELEMENTS (names); i++)
    if (node->kind == BELT_NODE_TIME_UNIT && strcmp (node->name, names[i]) == 0)
      return i;
  return BELT_AST_UNIT_NONE;
}

/* TUMBLING, HOPPING, SESSION, SLIDING: a unit and one or two whole numbers. */
static void
read_time_window (BeltParser *self,
                  BeltNode   *node,
                  guint       n_min,
                  guint       n_max)
{
  BeltAstWindow *window = node->window;
  const char *name = window_names[window->kind];
  gint64 numbers[2] = { 0, 0 };

  if (window->n_args < n_min || window->n_args > n_max)
    {
      complain_of_window (self, node, node->span,
                          n_min == n_max ? g_strdup_printf ("The arguments for %s should be %u.\n", name, n_min)
                                         : g_strdup_printf ("The arguments for %s should be %u or %u.\n", name, n_min,
                                                            n_max),
                          "this window has too few or too many arguments");
      return;
    }
  window->unit = read_unit (window->args[0]);
  if (window->unit == BELT_AST_UNIT_NONE)
    {
      complain_of_unit (self, node);
      return;
    }
  for (guint i = 1; i < window->n_args; i++)
    if (!read_integer (window->args[i], &numbers[i - 1]))
      {
        complain_of_window (self, node, window->args[i]->span,
                            g_strdup_printf ("The %u argument for %s is expecting interger literal expression. \n", i,
                                             name), "this argument of the window is a whole number");
        return;
      }

  window->length = numbers[0];
  if (window->kind == BELT_AST_WINDOW_SLIDING)
    window->delay = numbers[1];
  else
    window->interval = numbers[1];
}

static void
read_count_window (BeltParser *self,
                   BeltNode   *node)
{
  BeltAstWindow *window = node->window;
  guint n = window->n_args;
  gboolean ok = n >= 1 && read_integer (window->args[0], &window->length);

  ok = ok && (n < 2 || read_integer (window->args[1], &window->interval));
  if (n != 1 && n != 2)
    complain_of_window (self, node, node->span, g_strdup ("Invalid parameter count."),
                        "a count window has one or two arguments");
  else if (!ok || window->length <= 0 || window->interval < 0)
    complain_of_window (self, node, window->args[0]->span,
                        g_strdup_printf ("Invalid parameter value %.*s.",
                                         (int)(window->args[0]->span.end - window->args[0]->span.start),
                                         self->text + window->args[0]->span.start),
                        "a count window takes whole numbers above 0");
  else if (n == 2 && window->length < window->interval)
    complain_of_window (self, node, window->args[1]->span,
                        g_strdup_printf ("The second parameter value %" G_GINT64_FORMAT " should be less than the first"
                                         " parameter %" G_GINT64_FORMAT ".", window->interval, window->length),
                        "the step of a count window is at most its length");
}

static void
read_state_window (BeltParser *self,
                   BeltNode   *node)
{
  BeltAstWindow *window = node->window;

  if (window->n_args != 1 && window->n_args != 2)
    {
      complain_of_window (self, node, node->span, g_strdup ("The arguments for statewindow should be 1 or 2.\n"),
                          "a state window has one or two conditions");
      return;
    }
  window->begin = window->args[0];
  window->emit = window->n_args == 2 ? window->args[1] : NULL;
}

static void
read_window_arguments (BeltParser *self,
                       BeltNode   *node)
{
  switch (node->window->kind)
    {
    case BELT_AST_WINDOW_TUMBLING:
      read_time_window (self, node, 2, 2);
      break;
    case BELT_AST_WINDOW_HOPPING:
    case BELT_AST_WINDOW_SESSION:
      read_time_window (self, node, 3, 3);
      break;
    case BELT_AST_WINDOW_SLIDING:
      read_time_window (self, node, 2, 3);
      break;
    case BELT_AST_WINDOW_COUNT:
      read_count_window (self, node);
      break;
    case BELT_AST_WINDOW_STATE:
      read_state_window (self, node);
      break;
    }
}

static BeltNode *
parse_filter (BeltParser *self)
{
  BeltNode *condition;

  if (!belt_parser_accept (self, BELT_TOKEN_FILTER))
    return NULL;
  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(”", "Found %s after FILTER, expect parentheses.", "write FILTER (WHERE x > 1)");
      return NULL;
    }
  if (!belt_parser_accept (self, BELT_TOKEN_WHERE))
    belt_parser_unexpected (self, "WHERE", "Found %s after FILTER(, expect WHERE.", "write FILTER (WHERE x > 1)");
  condition = belt_parse_expr (self);
  if (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
    {
      belt_parser_unexpected (self, "“)”", "Found %s after FILTER, expect right parentheses.", NULL);
      belt_parser_synchronize (self);
    }
  belt_parser_accept (self, BELT_TOKEN_RPAREN);
  return condition;
}

/* OVER (WHEN … PARTITION BY …) of a window: in this order, both may be missing. */
static void
parse_window_over (BeltParser    *self,
                   BeltAstWindow *window)
{
  BeltAstOver *over = belt_arena_alloc0 (self->arena, sizeof *over);
  guint32 start = belt_parser_peek_at (self, 0)->span.start;

  if (!belt_parser_accept (self, BELT_TOKEN_OVER))
    return;
  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(”", "Found %s after OVER, expect parentheses.", "write OVER (WHEN x > 1)");
      return;
    }
  parse_over_when (self, over);
  parse_partition (self, over);
  close_over (self, over, start, "Found %s after OVER, expect right parentheses.",
              "behind a window WHEN comes first, PARTITION BY after it");
  window->over = over;
}

static BeltNode *
parse_window (BeltParser       *self,
              BeltAstWindowKind kind)
{
  const BeltToken *name = belt_parser_next (self);
  guint before = self->n_errors;
  g_autoptr(GPtrArray) args = NULL;
  BeltAstWindow *window = belt_arena_alloc0 (self->arena, sizeof *window);
  gboolean distinct = FALSE;
  BeltNode *node;

  belt_parser_next (self);
  args = parse_arguments (self, window_names[kind], &distinct);
  window->kind = kind;
  window->name_span = name->span;
  window->n_args = args->len;
  window->args = belt_arena_memdup (self->arena, args->pdata, args->len * sizeof (gpointer));

  node = belt_parser_new_node (self, BELT_NODE_WINDOW, belt_parser_span_from (self, name->span.start), NULL, 0);
  node->window = window;
  node->name = window_names[kind];
  node->name_span = name->span;
  if (self->n_errors == before)
    read_window_arguments (self, node);
  window->filter = parse_filter (self);
  parse_window_over (self, window);
  node->span = belt_parser_span_from (self, name->span.start);
  return node;
}

/* ------------------------------------------------------------------ calls */

static gboolean
look_up (BeltParser         *self,
         const BeltToken    *token,
         const char         *name,
         BeltParserFunction *ret)
{
  g_autofree char *suggestion = NULL;
  g_autofree char *label = NULL;

  if (self->hooks->lookup == NULL)
    {
      g_autofree char *lower = g_ascii_strdown (name, -1);

      ret->name = belt_arena_memdup (self->arena, lower, strlen (lower) + 1);
      return TRUE;
    }
  if (self->hooks->lookup (self->hooks->data, name, ret))
    return TRUE;
  if (g_ascii_strcasecmp (name, "dedup_trigger") == 0)
    {
      ret->name = "dedup_trigger";
      return TRUE;
    }

  if (self->hooks->suggest != NULL && self->n_errors < BELT_PARSER_DIAGNOSTICS_MAX)
    suggestion = self->hooks->suggest (self->hooks->data, name);
  if (suggestion != NULL)
    label = g_strdup_printf ("Change to “%s”", suggestion);
  belt_parser_complain (self, token->span, "unknown-function",
                        (BeltComplaint) { .hint = suggestion == NULL ? "a plugin can add it" : NULL,
                                          .fix = suggestion, .fix_label = label,
                                          .ekuiper = g_strdup_printf ("function %s not found", name) },
                        suggestion != NULL ? "there is no function “%s”; did you mean “%s”?"
                                           : "there is no function “%s”", name, suggestion);
  return FALSE;
}

/* dedup_trigger (start, end, now, expire): three columns and a whole number. */
static char *
check_dedup_trigger (BeltNode *const *args,
                     guint            n_args)
{
  gint64 ignored;

  if (n_args != 4)
    return g_strdup ("dedup_trigger function should have 4 arguments");
  for (guint i = 0; i < 3; i++)
    if (args[i]->kind != BELT_NODE_COLUMN)
      return g_strdup_printf ("dedup_trigger function should have fieldRef as the %u argument", i + 1);
  if (!read_integer (args[3], &ignored))
    return g_strdup ("dedup_trigger function should have integer as the fourth argument");
  return NULL;
}

static void
check_arguments (BeltParser               *self,
                 const BeltParserFunction *function,
                 const BeltNode           *node)
{
  g_autofree char *problem = NULL;
  g_autofree char *hint = NULL;
  char *ekuiper;

  if (g_strcmp0 (function->name, "dedup_trigger") == 0)
    {
      problem = check_dedup_trigger (node->children, node->n_children);
      ekuiper = g_strdup (problem);
    }
  else
    {
      if (self->hooks->check != NULL)
        problem = self->hooks->check (self->hooks->data, function, node->children, node->n_children);
      ekuiper = problem != NULL ? g_strdup_printf ("validate function %s error: %s", function->name, problem) : NULL;
    }
  if (problem == NULL)
    return;

  belt_parser_complain (self, node->span, "function-arguments", (BeltComplaint) { .ekuiper = ekuiper },
                        "%s(): %s", function->name, problem);
}

static BeltNode *
parse_function (BeltParser *self)
{
  const BeltToken *token = belt_parser_next (self);
  const char *name = belt_parser_get_name (self, token);
  BeltParserFunction function = { .name = name };
  gboolean known = look_up (self, token, name, &function);
  guint before = self->n_errors;
  gboolean outer_meta = self->in_meta;
  g_autoptr(GPtrArray) args = NULL;
  gboolean distinct = FALSE;
  BeltNode *node;

  if ((function.kinds & BELT_PARSER_FUNCTION_COLUMNS) && self->clause != BELT_CLAUSE_SELECT)
    belt_parser_complain (self, token->span, "parse",
                          (BeltComplaint) { .ekuiper = g_strdup_printf ("function %s can only be used inside the select"
                                                                        " clause", name) },
                          "%s() makes columns: it can only stand in the select list", name);

  self->in_meta = g_strcmp0 (function.name, "meta") == 0 || g_strcmp0 (function.name, "mqtt") == 0;
  belt_parser_next (self);
  args = parse_arguments (self, function.name, &distinct);
  self->in_meta = outer_meta;

  node = belt_parser_new_node (self, BELT_NODE_CALL, belt_parser_span_from (self, token->span.start),
                               (BeltNode *const *)args->pdata, args->len);
  node->name = function.name;
  node->name_span = token->span;
  node->kinds = function.kinds;
  node->function = function.function;
  node->distinct = distinct;
  if (known && self->n_errors == before && node->kind == BELT_NODE_CALL)
    check_arguments (self, &function, node);
  node->call_id = self->ast->n_calls++;
  if (belt_parser_peek (self) == BELT_TOKEN_OVER)
    parse_call_over (self, node);
  node->span = belt_parser_span_from (self, token->span.start);
  return node;
}

BeltNode *
belt_parse_call (BeltParser *self)
{
  const char *name = belt_parser_get_name (self, belt_parser_peek_at (self, 0));
  int window = find_window (name);
  BeltNode *node;

  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  node = window >= 0 ? parse_window (self, window) : parse_function (self);
  belt_parser_leave (self);
  return node;
}
