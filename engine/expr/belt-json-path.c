/* belt-json-path.c - reads a JSONPath into its tree
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Recursive descent.  What stands between brackets is an expression like that of
 * a filter, so `[(@.n - 1)]` and `['a', 'b']` are read by the same code.
 */
#include "config.h"

#include "belt-json-path.h"

#include "belt-error.h"
#include "belt-json-path-private.h"

#include <string.h>

#define PATH_LEN_MAX   4096u
#define PATH_DEPTH_MAX 32u
#define STEPS_MAX      64u

typedef struct
{
  const char *start;
  const char *at;     /* of terminated text */
  guint       depth;
  GError     *error;
} Parser;

static BeltPathNode *parse_expression (Parser *self,
                                       guint   level);

void
belt_path_step_free (BeltPathStep *self)
{
  for (guint i = 0; i < self->n_keys; i++)
    g_clear_pointer (&self->keys[i], belt_path_node_free);
  g_free (self->keys);
  g_free (self);
}

void
belt_path_node_free (BeltPathNode *self)
{
  if (self->constant.tag == BELT_TAG_STR)
    g_free ((gpointer)self->constant.u.s);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->left, belt_path_node_free);
  g_clear_pointer (&self->right, belt_path_node_free);
  g_clear_pointer (&self->regex, belt_regex_unref);
  g_free (self);
}

static gboolean
refuse (Parser     *self,
        const char *expected)
{
  if (self->error != NULL)
    return FALSE;
  if (*self->at == '\0')
    g_set_error (&self->error, BELT_ERROR, BELT_ERROR_PARSE, "the JSONPath %s ends where %s is expected", self->start,
                 expected);
  else
    g_set_error (&self->error, BELT_ERROR, BELT_ERROR_PARSE, "in the JSONPath %s, %s is expected at position %d",
                 self->start, expected, (int)(self->at - self->start) + 1);
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

static BeltPathNode *
new_node (BeltPathNodeKind kind)
{
  BeltPathNode *self = g_new0 (BeltPathNode, 1);

  self->kind = kind;
  return self;
}

static BeltPathNode *
new_text (char  *text,
          gsize  len)
{
  BeltPathNode *self = new_node (BELT_PATH_CONST);

  self->constant = belt_value_str (text, len);
  return self;
}

static BeltPathNode *
parse_name (Parser *self)
{
  const char *start = self->at;

  while (is_name_char (*self->at))
    self->at++;
  if (self->at == start)
    {
      refuse (self, "a name");
      return NULL;
    }
  return new_text (g_strndup (start, (gsize)(self->at - start)), (gsize)(self->at - start));
}

static void
append_escaped (Parser  *self,
                GString *out)
{
  char digits[5] = { 0 };

  switch (*self->at)
    {
    case 'n':
      g_string_append_c (out, '\n');
      break;
    case 't':
      g_string_append_c (out, '\t');
      break;
    case 'r':
      g_string_append_c (out, '\r');
      break;
    case 'u':
      for (guint i = 0; i < 4 && g_ascii_isxdigit (self->at[1]); i++)
        digits[i] = *++self->at;
      g_string_append_unichar (out, (gunichar)g_ascii_strtoull (digits, NULL, 16));
      break;
    default:
      g_string_append_c (out, *self->at);
      break;
    }
  self->at++;
}

static BeltPathNode *
parse_quoted (Parser *self)
{
  g_autoptr(GString) out = g_string_new (NULL);
  char quote = *self->at++;
  gsize len;

  while (*self->at != quote && *self->at != '\0')
    {
      if (*self->at == '\\' && self->at[1] != '\0')
        {
          self->at++;
          append_escaped (self, out);
        }
      else
        g_string_append_c (out, *self->at++);
    }
  if (*self->at == '\0')
    {
      refuse (self, "the end of a quoted name");
      return NULL;
    }
  self->at++;
  len = out->len;
  return new_text (g_string_free (g_steal_pointer (&out), FALSE), len);
}

static BeltPathStep *
add_step (GPtrArray        *steps,
          BeltPathStepKind  kind,
          guint             n_keys)
{
  BeltPathStep *step = g_new0 (BeltPathStep, 1);

  step->kind = kind;
  step->n_keys = n_keys;
  step->keys = g_new0 (BeltPathNode *, n_keys + 1);
  g_ptr_array_add (steps, step);
  return step;
}

/* [a:b:c], the part after the first key or colon. */
static gboolean
parse_range (Parser       *self,
             BeltPathNode *first,
             GPtrArray    *steps)
{
  BeltPathStep *step = add_step (steps, BELT_STEP_RANGE, 3);

  step->keys[0] = first;
  for (guint i = 1; i < 3; i++)
    {
      skip_blanks (self);
      if (*self->at != ':' && *self->at != ']' && !(step->keys[i] = parse_expression (self, 0)))
        return FALSE;
      skip_blanks (self);
      if (*self->at == ']')
        break;
      if (i == 2 || !accept (self, ":"))
        return refuse (self, "']'");
    }
  return accept (self, "]") || refuse (self, "']'");
}

static gboolean
parse_filter (Parser    *self,
              GPtrArray *steps)
{
  BeltPathStep *step = add_step (steps, BELT_STEP_FILTER, 1);

  if (!(step->keys[0] = parse_expression (self, 0)))
    return FALSE;
  return accept (self, "]") || refuse (self, "']'");
}

/* What stands between brackets, the opening one read; after `..` one key is no different from several. */
static gboolean
parse_bracket (Parser    *self,
               GPtrArray *steps,
               gboolean   after_descend)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_path_node_free);
  BeltPathStep *step;

  if (accept (self, "*"))
    {
      add_step (steps, BELT_STEP_STAR, 0);
      return accept (self, "]") || refuse (self, "']'");
    }
  if (accept (self, "?"))
    return parse_filter (self, steps);
  if (!after_descend && accept (self, ":"))
    return parse_range (self, NULL, steps);

  do
    {
      BeltPathNode *key = parse_expression (self, 0);

      if (key == NULL)
        return FALSE;
      if (keys->len == 0 && !after_descend && accept (self, ":"))
        return parse_range (self, key, steps);
      g_ptr_array_add (keys, key);
    }
  while (keys->len < STEPS_MAX && accept (self, ","));

  step = add_step (steps, keys->len == 1 && !after_descend ? BELT_STEP_KEY : BELT_STEP_KEYS, keys->len);
  for (guint i = 0; i < step->n_keys; i++)
    step->keys[i] = g_steal_pointer (&keys->pdata[i]);
  g_ptr_array_set_free_func (keys, NULL);
  return accept (self, "]") || refuse (self, "']'");
}

static gboolean
parse_key (Parser    *self,
           GPtrArray *steps)
{
  BeltPathNode *name;

  if (accept (self, "*"))
    {
      add_step (steps, BELT_STEP_STAR, 0);
      return TRUE;
    }
  if (!(name = parse_name (self)))
    return FALSE;
  add_step (steps, BELT_STEP_KEY, 1)->keys[0] = name;
  return TRUE;
}

static gboolean
parse_steps (Parser    *self,
             GPtrArray *steps)
{
  while (self->error == NULL)
    {
      gboolean read;

      if (steps->len > STEPS_MAX)
        return refuse (self, "a path of fewer steps");
      if (accept (self, ".."))
        {
          add_step (steps, BELT_STEP_DESCEND, 0);
          read = accept (self, "[") ? parse_bracket (self, steps, TRUE) : parse_key (self, steps);
        }
      else if (accept (self, "."))
        read = parse_key (self, steps);
      else if (accept (self, "["))
        read = parse_bracket (self, steps, FALSE);
      else
        return TRUE;
      if (!read)
        return FALSE;
    }
  return FALSE;
}

static BeltPathNode *
parse_path (Parser   *self,
            gboolean  is_current)
{
  g_autoptr(BeltPathNode) node = new_node (BELT_PATH_VALUE);

  node->is_current = is_current;
  node->steps = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_path_step_free);
  return parse_steps (self, node->steps) ? g_steal_pointer (&node) : NULL;
}

static BeltPathNode *
parse_number (Parser *self)
{
  BeltPathNode *node = new_node (BELT_PATH_CONST);
  char *end;

  node->constant = belt_value_f64 (g_ascii_strtod (self->at, &end));
  self->at = end;
  return node;
}

/* true, false, null, or a name that stands for a member of the root. */
static BeltPathNode *
parse_word (Parser *self)
{
  g_autoptr(BeltPathNode) name = parse_name (self);
  g_autoptr(BeltPathNode) path = NULL;
  const BeltValue *text;

  if (name == NULL)
    return NULL;

  text = &name->constant;
  if ((text->len == 4 && memcmp (text->u.s, "true", 4) == 0) || (text->len == 5 && memcmp (text->u.s, "false", 5) == 0))
    {
      path = new_node (BELT_PATH_CONST);
      path->constant = belt_value_bool (text->len == 4);
      return g_steal_pointer (&path);
    }
  if ((text->len == 4 && memcmp (text->u.s, "null", 4) == 0) || (text->len == 3 && memcmp (text->u.s, "nil", 3) == 0))
    return new_node (BELT_PATH_CONST);

  path = new_node (BELT_PATH_VALUE);
  path->is_variable = TRUE;
  path->steps = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_path_step_free);
  add_step (path->steps, BELT_STEP_KEY, 1)->keys[0] = g_steal_pointer (&name);
  if (!parse_steps (self, path->steps))
    return NULL;

  for (guint i = 0; i < path->steps->len; i++)
    {
      if (((const BeltPathStep *)path->steps->pdata[i])->kind != BELT_STEP_KEY)
        {
          refuse (self, "a path that starts with $");
          return NULL;
        }
    }
  return g_steal_pointer (&path);
}

static BeltPathNode *
parse_operand (Parser *self)
{
  g_autoptr(BeltPathNode) node = NULL;

  skip_blanks (self);
  if (*self->at == '\'' || *self->at == '"')
    return parse_quoted (self);
  if (g_ascii_isdigit (*self->at))
    return parse_number (self);
  if (accept (self, "$"))
    return parse_path (self, FALSE);
  if (accept (self, "@"))
    return parse_path (self, TRUE);
  if (is_name_char (*self->at))
    return parse_word (self);
  if (accept (self, "("))
    {
      if (!(node = parse_expression (self, 0)))
        return NULL;
      return accept (self, ")") || refuse (self, "')'") ? g_steal_pointer (&node) : NULL;
    }
  if (*self->at == '!' || *self->at == '-')
    {
      node = new_node (*self->at++ == '!' ? BELT_PATH_NOT : BELT_PATH_NEGATE);
      node->left = parse_expression (self, 5);
      return node->left != NULL ? g_steal_pointer (&node) : NULL;
    }
  refuse (self, "a value");
  return NULL;
}

static const struct
{
  const char *token;
  char        op;
  guint       level;
} operators[] = {
  { "||", '|', 0 }, { "&&", '&', 1 },
  { "==", '=', 2 }, { "!=", '!', 2 }, { "=~", '~', 2 },
  { "<=", 'l', 2 }, { ">=", 'g', 2 }, { "<", '<', 2 }, { ">", '>', 2 },
  { "+", '+', 3 }, { "-", '-', 3 }, { "*", '*', 4 }, { "/", '/', 4 }, { "%", '%', 4 },
};

static gboolean
accept_operator (Parser *self,
                 guint   level,
                 char   *ret_op,
                 guint  *ret_level)
{
  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      if (operators[i].level >= level && accept (self, operators[i].token))
        {
          *ret_op = operators[i].op;
          *ret_level = operators[i].level;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
compile_pattern (Parser       *self,
                 BeltPathNode *node)
{
  if (node->op != '~' || node->right->kind != BELT_PATH_CONST || node->right->constant.tag != BELT_TAG_STR)
    return TRUE;
  node->regex = belt_regex_new (node->right->constant.u.s, node->right->constant.len, &self->error);
  return node->regex != NULL;
}

/* Operators of `level` and above, left-associative. */
static BeltPathNode *
parse_expression (Parser *self,
                  guint   level)
{
  g_autoptr(BeltPathNode) left = NULL;
  guint found;
  char op;

  if (self->depth == PATH_DEPTH_MAX)
    {
      refuse (self, "less nesting");
      return NULL;
    }

  self->depth++;
  left = parse_operand (self);
  while (left != NULL && accept_operator (self, level, &op, &found))
    {
      BeltPathNode *node = new_node (BELT_PATH_BINARY);

      node->op = op;
      node->left = g_steal_pointer (&left);
      node->right = parse_expression (self, found + 1);
      left = node;
      if (node->right == NULL || !compile_pattern (self, node))
        g_clear_pointer (&left, belt_path_node_free);
    }
  self->depth--;
  return g_steal_pointer (&left);
}

/**
 * belt_json_path_new:
 * @text: a path, need not be terminated
 *
 * Returns: (transfer full) (nullable): the path, or %NULL with the reason
 */
BeltJsonPath *
belt_json_path_new (const char  *text,
                    gsize        len,
                    GError     **error)
{
  g_autofree char *terminated = NULL;
  g_autoptr(BeltPathNode) root = NULL;
  Parser parser = { 0 };
  BeltJsonPath *self;

  g_return_val_if_fail (text != NULL, NULL);

  if (len > PATH_LEN_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PARSE, "the JSONPath is longer than %u bytes", PATH_LEN_MAX);
      return NULL;
    }
  terminated = g_strndup (text, len);
  parser.start = parser.at = terminated;
  root = parse_expression (&parser, 0);
  skip_blanks (&parser);
  if (root != NULL && *parser.at != '\0')
    {
      refuse (&parser, "'.', '[' or the end");
      g_clear_pointer (&root, belt_path_node_free);
    }
  if (root == NULL)
    {
      g_propagate_error (error, parser.error);
      return NULL;
    }

  self = g_new0 (BeltJsonPath, 1);
  self->root = g_steal_pointer (&root);
  return self;
}

void
belt_json_path_free (BeltJsonPath *self)
{
  if (self == NULL)
    return;
  belt_path_node_free (self->root);
  g_free (self);
}
