/* belt-template.c - reads a template into its tree
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-template.h"

#include "belt-error.h"
#include "belt-template-private.h"

#include <string.h>

#define TEXT_MAX  (256u * 1024u)
#define DEPTH_MAX 32u

typedef struct
{
  BeltTemplate *template;
  const char   *text;
  const char   *at;
  guint         depth;
  GError       *error;
} Parser;

static GPtrArray            *parse_nodes (Parser   *self,
                                          gboolean  is_inner,
                                          gboolean *ret_at_else);
static BeltTemplatePipeline *parse_pipeline (Parser   *self);

static void
free_pipeline (BeltTemplatePipeline *self)
{
  g_free (self->variables[0]);
  g_free (self->variables[1]);
  g_clear_pointer (&self->commands, g_ptr_array_unref);
  g_free (self);
}

static void
free_operand (gpointer data)
{
  BeltTemplateOperand *self = data;

  g_free (self->name);
  g_clear_pointer (&self->fields, g_ptr_array_unref);
  g_clear_pointer (&self->pipeline, free_pipeline);
  g_free (self);
}

static void
free_node (gpointer data)
{
  BeltTemplateNode *self = data;

  g_free (self->text);
  g_clear_pointer (&self->pipeline, free_pipeline);
  g_clear_pointer (&self->body, g_ptr_array_unref);
  g_clear_pointer (&self->otherwise, g_ptr_array_unref);
  g_free (self);
}

static guint
get_line (const Parser *self)
{
  guint line = 1;

  for (const char *c = self->text; c < self->at; c++)
    line += *c == '\n' ? 1 : 0;
  return line;
}

static gboolean
refuse (Parser     *self,
        const char *format,
        ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (Parser     *self,
        const char *format,
        ...)
{
  g_autofree char *message = NULL;
  va_list list;

  if (self->error != NULL)
    return FALSE;
  va_start (list, format);
  message = g_strdup_vprintf (format, list);
  va_end (list);
  g_set_error (&self->error, BELT_ERROR, BELT_ERROR_PARSE, "template: line %u: %s", get_line (self), message);
  return FALSE;
}

static void
skip_blanks (Parser *self)
{
  while (g_ascii_isspace (*self->at))
    self->at++;
}

static gboolean
accept (Parser     *self,
        const char *token)
{
  skip_blanks (self);
  if (!g_str_has_prefix (self->at, token))
    return FALSE;
  self->at += strlen (token);
  return TRUE;
}

static gboolean
is_name_char (char c)
{
  return g_ascii_isalnum (c) || c == '_' || (guchar)c >= 0x80;
}

static char *
read_name (Parser *self)
{
  const char *start = self->at;

  while (is_name_char (*self->at))
    self->at++;
  return g_strndup (start, (gsize)(self->at - start));
}

/* At the end of an action: "}}", or " -}}". */
static gboolean
is_at_end (Parser *self)
{
  skip_blanks (self);
  return g_str_has_prefix (self->at, "}}") || g_str_has_prefix (self->at, "-}}");
}

static gboolean
finish_action (Parser *self)
{
  if (!is_at_end (self))
    return refuse (self, "\"}}\" is expected before \"%.20s\"", self->at);
  if (*self->at == '-')
    {
      self->at += 3;
      skip_blanks (self);
    }
  else
    self->at += 2;
  return TRUE;
}

static char *
read_quoted (Parser *self,
             gsize  *ret_len)
{
  g_autoptr(GString) raw = g_string_new (NULL);
  char quote = *self->at++;

  while (*self->at != quote)
    {
      if (*self->at == '\0' || (*self->at == '\n' && quote != '`'))
        {
          refuse (self, "a text without its end");
          return NULL;
        }
      if (*self->at == '\\' && quote != '`' && self->at[1] != '\0')
        g_string_append_c (raw, *self->at++);
      g_string_append_c (raw, *self->at++);
    }
  self->at++;
  if (quote != '`')
    {
      g_autofree char *text = g_strcompress (raw->str);

      *ret_len = strlen (text);
      return belt_arena_memdup (&self->template->arena, text, *ret_len + 1);
    }
  *ret_len = raw->len;
  return belt_arena_memdup (&self->template->arena, raw->str, raw->len + 1);
}

static gboolean
parse_number (Parser              *self,
              BeltTemplateOperand *operand)
{
  char *end;
  gint64 integer;
  double number;

  operand->kind = BELT_OPERAND_CONST;
  number = g_ascii_strtod (self->at, &end);
  if (end == self->at || is_name_char (*end))
    return refuse (self, "\"%.10s\" is no number", self->at);
  integer = g_ascii_strtoll (self->at, NULL, 10);
  operand->constant = memchr (self->at, '.', (gsize)(end - self->at)) == NULL &&
                      memchr (self->at, 'e', (gsize)(end - self->at)) == NULL
                        ? belt_value_i64 (integer) : belt_value_f64 (number);
  self->at = end;
  return TRUE;
}

static gboolean
parse_word (Parser              *self,
            BeltTemplateOperand *operand)
{
  g_autofree char *name = read_name (self);

  operand->kind = BELT_OPERAND_CONST;
  if (g_str_equal (name, "true") || g_str_equal (name, "false"))
    operand->constant = belt_value_bool (*name == 't');
  else if (!g_str_equal (name, "nil"))
    {
      operand->kind = BELT_OPERAND_FUNCTION;
      operand->function = belt_template_function_lookup (name);
      if (operand->function == NULL)
        return refuse (self, "function \"%s\" not defined", name);
    }
  return TRUE;
}

static gboolean
parse_fields (Parser              *self,
              BeltTemplateOperand *operand)
{
  while (*self->at == '.' && is_name_char (self->at[1]))
    {
      self->at++;
      g_ptr_array_add (operand->fields, read_name (self));
    }
  return TRUE;
}

static gboolean
fill_operand (Parser              *self,
              BeltTemplateOperand *operand)
{
  gsize len;
  char *text;

  if (*self->at == '"' || *self->at == '`')
    {
      if (!(text = read_quoted (self, &len)))
        return FALSE;
      operand->kind = BELT_OPERAND_CONST;
      operand->constant = belt_value_str (text, len);
      return TRUE;
    }
  if (g_ascii_isdigit (*self->at) || ((*self->at == '-' || *self->at == '+') && g_ascii_isdigit (self->at[1])))
    return parse_number (self, operand);
  if (*self->at == '$')
    {
      g_autofree char *name = NULL;

      self->at++;
      name = read_name (self);
      operand->kind = BELT_OPERAND_VARIABLE;
      operand->name = g_strconcat ("$", name, NULL);
      return parse_fields (self, operand);
    }
  if (accept (self, "("))
    {
      operand->kind = BELT_OPERAND_PIPELINE;
      if (!(operand->pipeline = parse_pipeline (self)))
        return FALSE;
      return accept (self, ")") ? parse_fields (self, operand) : refuse (self, "\")\" is expected");
    }
  if (*self->at == '.')
    {
      operand->kind = BELT_OPERAND_DOT;
      if (!is_name_char (self->at[1]))
        self->at++;
      return parse_fields (self, operand);
    }
  if (is_name_char (*self->at))
    return parse_word (self, operand);
  return *self->at == '\0' ? refuse (self, "unclosed action") : refuse (self, "unexpected \"%.10s\"", self->at);
}

static BeltTemplateOperand *
parse_operand (Parser *self)
{
  BeltTemplateOperand *operand = g_new0 (BeltTemplateOperand, 1);

  operand->fields = g_ptr_array_new_with_free_func (g_free);
  if (fill_operand (self, operand))
    return operand;
  free_operand (operand);
  return NULL;
}

static GPtrArray *
parse_command (Parser *self)
{
  g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func (free_operand);

  while (!is_at_end (self) && *self->at != '|' && *self->at != ')')
    {
      BeltTemplateOperand *operand;

      if (operands->len > BELT_TEMPLATE_ARGS_MAX)
        {
          refuse (self, "more than %u arguments", BELT_TEMPLATE_ARGS_MAX);
          return NULL;
        }
      if (!(operand = parse_operand (self)))
        return NULL;
      g_ptr_array_add (operands, operand);
    }
  if (operands->len == 0)
    {
      refuse (self, "missing value for command");
      return NULL;
    }
  return g_steal_pointer (&operands);
}

static void
unref_commands (gpointer data)
{
  g_ptr_array_unref (data);
}

/* "$x :=", "$i, $x :=" or "$x ="; the text stays where it is if there is none. */
static void
parse_variables (Parser               *self,
                 BeltTemplatePipeline *pipeline)
{
  const char *start = self->at;
  guint n = 0;

  while (n < 2 && accept (self, "$"))
    {
      g_autofree char *name = read_name (self);

      pipeline->variables[n++] = g_strconcat ("$", name, NULL);
      if (!accept (self, ","))
        break;
    }
  if (n > 0 && accept (self, ":="))
    return;
  if (n == 1 && accept (self, "="))
    {
      pipeline->assigns = TRUE;
      return;
    }
  g_clear_pointer (&pipeline->variables[0], g_free);
  g_clear_pointer (&pipeline->variables[1], g_free);
  self->at = start;
}

static BeltTemplatePipeline *
parse_pipeline (Parser *self)
{
  BeltTemplatePipeline *pipeline;

  if (self->depth == DEPTH_MAX)
    {
      refuse (self, "more than %u levels of nesting", DEPTH_MAX);
      return NULL;
    }
  self->depth++;
  pipeline = g_new0 (BeltTemplatePipeline, 1);
  pipeline->commands = g_ptr_array_new_with_free_func (unref_commands);
  skip_blanks (self);
  parse_variables (self, pipeline);
  do
    {
      GPtrArray *command = parse_command (self);

      if (command == NULL)
        {
          free_pipeline (pipeline);
          self->depth--;
          return NULL;
        }
      g_ptr_array_add (pipeline->commands, command);
    }
  while (accept (self, "|"));
  self->depth--;
  return pipeline;
}

static BeltTemplateNode *
new_node (Parser               *self,
          BeltTemplateNodeKind  kind)
{
  BeltTemplateNode *node = g_new0 (BeltTemplateNode, 1);

  node->kind = kind;
  node->line = get_line (self);
  return node;
}

/* A keyword and not the start of a longer name. */
static gboolean
accept_word (Parser     *self,
             const char *word)
{
  gsize len = strlen (word);

  skip_blanks (self);
  if (!g_str_has_prefix (self->at, word) || is_name_char (self->at[len]))
    return FALSE;
  self->at += len;
  return TRUE;
}

/* The start of the next action, past "{{" and "{{- ", or NULL; *ret_end is the end of the text before it. */
static const char *
find_action (const char  *text,
             const char **ret_end)
{
  const char *open = strstr (text, "{{");
  const char *end = open;

  if (open == NULL)
    return NULL;
  open += 2;
  if (open[0] == '-' && g_ascii_isspace (open[1]))
    {
      open += 2;
      while (end > text && g_ascii_isspace (end[-1]))
        end--;
    }
  *ret_end = end;
  return open;
}

static gboolean parse_block (Parser           *self,
                             BeltTemplateNode *node);

/* What follows "else": another if or with, whose end is ours, or nodes up to {{end}}. */
static gboolean
parse_else (Parser           *self,
            BeltTemplateNode *node)
{
  BeltTemplateNode *inner;
  gboolean at_else;

  if (accept_word (self, "if"))
    inner = new_node (self, BELT_TEMPLATE_IF);
  else if (accept_word (self, "with"))
    inner = new_node (self, BELT_TEMPLATE_WITH);
  else
    {
      if (!finish_action (self) || !(node->otherwise = parse_nodes (self, TRUE, &at_else)))
        return FALSE;
      return !at_else || refuse (self, "unexpected {{else}}");
    }

  node->otherwise = g_ptr_array_new_with_free_func (free_node);
  g_ptr_array_add (node->otherwise, inner);
  return parse_block (self, inner);
}

static gboolean
parse_block (Parser           *self,
             BeltTemplateNode *node)
{
  gboolean at_else;

  if (!(node->pipeline = parse_pipeline (self)) || !finish_action (self) ||
      !(node->body = parse_nodes (self, TRUE, &at_else)))
    return FALSE;
  return !at_else || parse_else (self, node);
}

static gboolean
parse_action (Parser    *self,
              GPtrArray *nodes)
{
  static const char *const refused[] = { "define", "block", "template" };
  BeltTemplateNode *node;

  if (g_str_has_prefix (self->at, "/*"))
    {
      const char *end = strstr (self->at, "*/");

      if (end == NULL)
        return refuse (self, "unclosed comment");
      self->at = end + 2;
      return finish_action (self);
    }
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      if (accept_word (self, refused[i]))
        return refuse (self, "{{%s}} has no place in a sink's template", refused[i]);
    }

  node = new_node (self, BELT_TEMPLATE_ACTION);
  g_ptr_array_add (nodes, node);
  if (accept_word (self, "if"))
    node->kind = BELT_TEMPLATE_IF;
  else if (accept_word (self, "with"))
    node->kind = BELT_TEMPLATE_WITH;
  else if (accept_word (self, "range"))
    node->kind = BELT_TEMPLATE_RANGE;
  else if (accept_word (self, "break"))
    node->kind = BELT_TEMPLATE_BREAK;
  else if (accept_word (self, "continue"))
    node->kind = BELT_TEMPLATE_CONTINUE;
  if (node->kind == BELT_TEMPLATE_BREAK || node->kind == BELT_TEMPLATE_CONTINUE)
    return finish_action (self);
  if (node->kind != BELT_TEMPLATE_ACTION)
    return parse_block (self, node);
  return (node->pipeline = parse_pipeline (self)) != NULL && finish_action (self);
}

static void
add_text (Parser     *self,
          GPtrArray  *nodes,
          const char *end)
{
  BeltTemplateNode *node;

  if (end <= self->at)
    return;
  node = new_node (self, BELT_TEMPLATE_TEXT);
  node->text = g_strndup (self->at, (gsize)(end - self->at));
  g_ptr_array_add (nodes, node);
}

/* Up to the end of the template, or, inside, up to {{end}} or past the word of {{else …}}. */
static GPtrArray *
parse_nodes (Parser   *self,
             gboolean  is_inner,
             gboolean *ret_at_else)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func (free_node);
  const char *end;
  const char *action;

  if (self->depth == DEPTH_MAX)
    {
      refuse (self, "more than %u levels of nesting", DEPTH_MAX);
      return NULL;
    }
  self->depth++;
  while ((action = find_action (self->at, &end)) != NULL)
    {
      add_text (self, nodes, end);
      self->at = action;
      *ret_at_else = is_inner && accept_word (self, "else");
      if (*ret_at_else || (is_inner && accept_word (self, "end")))
        {
          self->depth--;
          return *ret_at_else || finish_action (self) ? g_steal_pointer (&nodes) : NULL;
        }
      skip_blanks (self);
      if (!parse_action (self, nodes))
        return NULL;
    }
  self->depth--;
  add_text (self, nodes, self->at + strlen (self->at));
  self->at += strlen (self->at);
  if (!is_inner)
    return g_steal_pointer (&nodes);
  refuse (self, "{{end}} is missing");
  return NULL;
}

gboolean
belt_template_is_one (const char *text)
{
  return text != NULL && strstr (text, "{{") != NULL;
}

/**
 * belt_template_new:
 * @text: the template
 *
 * Returns: (transfer full) (nullable): the template, or %NULL with line and reason
 */
BeltTemplate *
belt_template_new (const char  *text,
                   GError     **error)
{
  g_autoptr(BeltTemplate) self = NULL;
  Parser parser = { .text = text, .at = text };
  gboolean at_else;

  g_return_val_if_fail (text != NULL, NULL);

  if (strlen (text) > TEXT_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PARSE, "template: longer than %u bytes", TEXT_MAX);
      return NULL;
    }
  self = g_new0 (BeltTemplate, 1);
  belt_arena_init (&self->arena);
  parser.template = self;
  self->nodes = parse_nodes (&parser, FALSE, &at_else);
  if (parser.error != NULL)
    {
      g_propagate_error (error, parser.error);
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
belt_template_free (BeltTemplate *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->nodes, g_ptr_array_unref);
  belt_arena_clear (&self->arena);
  g_free (self);
}
