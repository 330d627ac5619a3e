/* belt-proto-words.c - names, values and options in .proto files
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the grammar is made of above tokens.  Of options only what changes a field
 * is kept: packed and default.
 */
#include "config.h"

#include "belt-proto-private.h"

#include <string.h>

/* What stands there is not what may. */
gboolean
belt_proto_refuse (BeltProtoParser *self,
                   const char      *expected)
{
  g_autofree char *found = belt_proto_name_token (&self->token);

  return belt_proto_fail (self, &self->token, "found %s, expected %s", found, expected);
}

char *
belt_proto_keep (BeltProtoParser *self,
                 const char      *text,
                 gsize            len)
{
  char *copy = belt_arena_alloc (self->file->arena, len + 1);

  memcpy (copy, text, len);
  copy[len] = '\0';
  return copy;
}

gboolean
belt_proto_read_word (BeltProtoParser *self,
                      const char      *expected,
                      char           **ret_word)
{
  if (self->token.kind != BELT_PROTO_TOKEN_NAME)
    return belt_proto_refuse (self, expected);
  *ret_word = belt_proto_keep (self, self->token.text, self->token.len);
  return belt_proto_advance (self);
}

/* "a.b.C", ".a.b.C" */
gboolean
belt_proto_read_full_name (BeltProtoParser *self,
                           const char      *expected,
                           char           **ret_name)
{
  g_autoptr(GString) name = g_string_new (NULL);

  if (belt_proto_is_symbol (self, '.'))
    {
      g_string_append_c (name, '.');
      if (!belt_proto_advance (self))
        return FALSE;
    }
  for (;;)
    {
      if (self->token.kind != BELT_PROTO_TOKEN_NAME)
        return belt_proto_refuse (self, expected);
      g_string_append_len (name, self->token.text, (gssize)self->token.len);
      if (!belt_proto_advance (self))
        return FALSE;
      if (!belt_proto_is_symbol (self, '.'))
        break;
      g_string_append_c (name, '.');
      if (!belt_proto_advance (self))
        return FALSE;
    }

  *ret_name = belt_proto_keep (self, name->str, name->len);
  return TRUE;
}

/* Strings that stand beside each other are one. */
gboolean
belt_proto_read_text (BeltProtoParser *self,
                      BeltProtoToken  *ret_token)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (self->token.kind != BELT_PROTO_TOKEN_STRING)
    return belt_proto_refuse (self, "a string");
  *ret_token = self->token;
  while (self->token.kind == BELT_PROTO_TOKEN_STRING)
    {
      g_string_append_len (text, self->token.text, (gssize)self->token.len);
      if (!belt_proto_advance (self))
        return FALSE;
    }
  ret_token->text = belt_proto_keep (self, text->str, text->len);
  ret_token->len = text->len;
  return TRUE;
}

/* From an opening bracket to behind its closing one, whatever is inside. */
gboolean
belt_proto_skip_block (BeltProtoParser *self)
{
  BeltProtoToken start = self->token;
  guint depth = 0;

  do
    {
      if (belt_proto_is_symbol (self, '{'))
        depth++;
      else if (belt_proto_is_symbol (self, '}'))
        depth--;
      else if (self->token.kind == BELT_PROTO_TOKEN_END)
        return belt_proto_fail (self, &start, "the bracket “{” has no “}”");
      if (!belt_proto_advance (self))
        return FALSE;
    }
  while (depth > 0);
  return TRUE;
}

gboolean
belt_proto_read_constant (BeltProtoParser   *self,
                          BeltProtoConstant *ret_constant)
{
  ret_constant->given = TRUE;
  if (belt_proto_is_symbol (self, '{'))
    {
      ret_constant->token = self->token;
      return belt_proto_skip_block (self);
    }
  if (belt_proto_is_symbol (self, '-') || belt_proto_is_symbol (self, '+'))
    {
      ret_constant->negative = *self->token.text == '-';
      if (!belt_proto_advance (self))
        return FALSE;
    }
  ret_constant->token = self->token;
  if (self->token.kind == BELT_PROTO_TOKEN_STRING)
    return belt_proto_read_text (self, &ret_constant->token);
  if (self->token.kind == BELT_PROTO_TOKEN_NAME)
    {
      char *name = NULL;

      if (!belt_proto_read_full_name (self, "a value", &name))
        return FALSE;
      ret_constant->token.text = name;
      ret_constant->token.len = strlen (name);
      return TRUE;
    }
  if (self->token.kind == BELT_PROTO_TOKEN_INTEGER || self->token.kind == BELT_PROTO_TOKEN_NUMBER)
    return belt_proto_advance (self);
  return belt_proto_refuse (self, "a value");
}

/* "packed", "(my.option).part" */
static gboolean
read_option_name (BeltProtoParser *self,
                  char           **ret_name)
{
  g_autoptr(GString) name = g_string_new (NULL);
  char *part;

  for (;;)
    {
      gboolean custom = belt_proto_is_symbol (self, '(');

      if (custom && !belt_proto_advance (self))
        return FALSE;
      if (!(custom ? belt_proto_read_full_name (self, "an option", &part)
            : belt_proto_read_word (self, "an option", &part)))
        return FALSE;
      g_string_append (name, custom ? "(" : "");
      g_string_append (name, part);
      if (custom && !belt_proto_expect (self, ')'))
        return FALSE;
      if (!belt_proto_is_symbol (self, '.'))
        break;
      g_string_append_c (name, '.');
      if (!belt_proto_advance (self))
        return FALSE;
    }

  *ret_name = belt_proto_keep (self, name->str, name->len);
  return TRUE;
}

gboolean
belt_proto_parse_option (BeltProtoParser *self)
{
  BeltProtoConstant constant = { 0 };
  char *name = NULL;

  return belt_proto_advance (self) && read_option_name (self, &name) && belt_proto_expect (self, '=') &&
         belt_proto_read_constant (self, &constant) && belt_proto_expect (self, ';');
}

/* "[packed = true, default = 3]"; field may be NULL */
gboolean
belt_proto_read_field_options (BeltProtoParser   *self,
                               BeltProtoField    *field,
                               BeltProtoConstant *ret_default)
{
  if (!belt_proto_is_symbol (self, '['))
    return TRUE;

  do
    {
      BeltProtoConstant constant = { 0 };
      char *name = NULL;

      if (!belt_proto_advance (self) || !read_option_name (self, &name) || !belt_proto_expect (self, '=') ||
          !belt_proto_read_constant (self, &constant))
        return FALSE;
      if (field != NULL && g_str_equal (name, "packed"))
        field->packed = constant.token.len == 4 && memcmp (constant.token.text, "true", 4) == 0;
      if (field != NULL && g_str_equal (name, "default"))
        {
          if (self->proto3)
            return belt_proto_fail (self, &constant.token, "proto3 has no default values");
          *ret_default = constant;
        }
    }
  while (belt_proto_is_symbol (self, ','));
  return belt_proto_expect (self, ']');
}
