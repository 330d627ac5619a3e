/* belt-regex.c - RE2's syntax on PCRE2
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The pattern is read once: escapes that mean something else in PCRE2 are
 * rewritten, constructs RE2 does not have are refused.  Matching has a limit of
 * steps, so that what RE2 does in linear time may fail here but never hangs.
 */
#include "config.h"

#include "belt-regex.h"

#include "belt-error.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define MATCH_LIMIT    1000000u
#define HEAP_LIMIT_KIB 4096u
#define PATTERN_MAX    65536u
#define REPEAT_MAX     1000u

struct _BeltRegex
{
  gatomicrefcount      ref_count;
  pcre2_code          *code;
  pcre2_match_context *context;
  guint                n_groups;
};

/* Where the translation is. */
typedef struct
{
  const char *pattern;
  const char *p;
  const char *end;
  GString    *out;
  gboolean    in_class;
  gboolean    after_repeat;  /* the last thing was a repetition */
  const char *problem;
} Translation;

static gboolean
refuse (Translation *self,
        const char  *problem)
{
  self->problem = problem;
  return FALSE;
}

static gsize
get_left (const Translation *self)
{
  return (gsize)(self->end - self->p);
}

/* "\123": RE2 takes it as octal when more than one digit or a leading zero says so. */
static gboolean
translate_octal (Translation *self)
{
  guint value = 0;
  guint n = 0;
  gboolean zero = self->p[1] == '0';

  for (n = 0; n < 3 && 1 + n < get_left (self) && self->p[1 + n] >= '0' && self->p[1 + n] <= '7'; n++)
    value = value * 8 + (guint)(self->p[1 + n] - '0');
  if (n == 0 || (n == 1 && !zero))
    return refuse (self, "invalid escape sequence");

  g_string_append_printf (self->out, "\\x{%x}", value);
  self->p += 1 + n;
  return TRUE;
}

/* \pN, \p{Greek}, \P{^Greek} and \x{10FFFF} are the same in both. */
static gboolean
copy_braced (Translation *self)
{
  const char *close;
  gsize len = 3;

  if (get_left (self) < 3)
    return refuse (self, "invalid escape sequence");
  if (self->p[2] == '{')
    {
      close = memchr (self->p, '}', get_left (self));
      if (close == NULL)
        return refuse (self, "invalid escape sequence");
      len = (gsize)(close - self->p) + 1;
    }
  else if (self->p[1] == 'x')
    {
      if (get_left (self) < 4 || !g_ascii_isxdigit (self->p[2]) || !g_ascii_isxdigit (self->p[3]))
        return refuse (self, "invalid escape sequence");
      len = 4;
    }

  g_string_append_len (self->out, self->p, (gssize)len);
  self->p += len;
  return TRUE;
}

static gboolean
copy_literal_run (Translation *self)
{
  const char *start = self->p + 2;
  const char *close = memmem (start, (gsize)(self->end - start), "\\E", 2);
  const char *stop = close != NULL ? close : self->end;

  for (const char *p = start; p < stop; p++)
    {
      if (!g_ascii_isalnum (*p) && (guint8) *p < 0x80)
        g_string_append_c (self->out, '\\');
      g_string_append_c (self->out, *p);
    }
  self->p = close != NULL ? close + 2 : self->end;
  return TRUE;
}

static gboolean
translate_escape (Translation *self)
{
  char c;

  if (get_left (self) < 2)
    return refuse (self, "trailing backslash at end of expression");

  c = self->p[1];
  if (g_ascii_isdigit (c))
    return translate_octal (self);
  if (c == 'p' || c == 'P' || c == 'x')
    return copy_braced (self);
  if (c == 'Q' && !self->in_class)
    return copy_literal_run (self);

  if (c == 'v')
    g_string_append (self->out, "\\x{b}");
  else if (g_ascii_ispunct (c) || strchr ("dDsSwWafnrt", c) != NULL ||
           (!self->in_class && strchr ("AbBz", c) != NULL))
    g_string_append_len (self->out, self->p, 2);
  else
    return refuse (self, "invalid escape sequence");

  self->p += 2;
  return TRUE;
}

/* p is at "(?".  Only groups RE2 has. */
static gboolean
translate_group (Translation *self)
{
  const char *p = self->p + 2;
  gboolean named = FALSE;

  if (p < self->end && *p == 'P' && p + 1 < self->end && p[1] == '<')
    named = TRUE;
  else if (p + 1 < self->end && *p == '<' && p[1] != '=' && p[1] != '!')
    named = TRUE;
  if (named)
    {
      const char *close = memchr (p, '>', (gsize)(self->end - p));

      if (close == NULL)
        return refuse (self, "invalid named capture");
      g_string_append_len (self->out, self->p, close + 1 - self->p);
      self->p = close + 1;
      return TRUE;
    }

  while (p < self->end && *p != '\0' && strchr ("imsU-", *p) != NULL)
    p++;
  if (p == self->end || (*p != ':' && *p != ')'))
    return refuse (self, "invalid or unsupported Perl syntax");

  g_string_append_len (self->out, self->p, p + 1 - self->p);
  self->p = p + 1;
  return TRUE;
}

/* A brace that is no repetition is a literal. */
static gsize
measure_repeat (Translation *self,
                guint       *ret_max)
{
  const char *p = self->p + 1;
  guint number = 0;
  guint n_digits = 0;

  *ret_max = 0;
  for (; p < self->end; p++)
    {
      if (g_ascii_isdigit (*p))
        {
          number = MIN (number * 10 + (guint)(*p - '0'), 100000);
          n_digits++;
          *ret_max = MAX (*ret_max, number);
          continue;
        }
      if (*p == '}')
        return n_digits > 0 ? (gsize)(p + 1 - self->p) : 0;
      if (*p != ',' || n_digits == 0 || memchr (self->p, ',', (gsize)(p - self->p)) != NULL)
        return 0;
      number = 0;
    }

  return 0;
}

static gboolean
translate_repeat (Translation *self,
                  gsize        len)
{
  if (self->after_repeat)
    return refuse (self, "invalid nested repetition operator");

  g_string_append_len (self->out, self->p, (gssize)len);
  self->p += len;
  if (self->p < self->end && *self->p == '?')
    {
      g_string_append_c (self->out, '?');
      self->p++;
    }
  self->after_repeat = TRUE;
  return TRUE;
}

static void
open_class (Translation *self)
{
  self->in_class = TRUE;
  g_string_append_c (self->out, '[');
  self->p++;
  if (self->p < self->end && *self->p == '^')
    {
      g_string_append_c (self->out, '^');
      self->p++;
    }
  if (self->p < self->end && *self->p == ']')
    {
      g_string_append (self->out, "\\]");
      self->p++;
    }
}

static gboolean
translate_in_class (Translation *self)
{
  if (*self->p == '[' && get_left (self) > 1 && self->p[1] == ':')
    {
      const char *close = memmem (self->p, get_left (self), ":]", 2);

      if (close != NULL)
        {
          g_string_append_len (self->out, self->p, close + 2 - self->p);
          self->p = close + 2;
          return TRUE;
        }
    }

  if (*self->p == ']')
    self->in_class = FALSE;
  else if (*self->p == '[')
    g_string_append_c (self->out, '\\');
  g_string_append_c (self->out, *self->p++);
  return TRUE;
}

static gboolean
translate_next (Translation *self)
{
  guint max;
  gsize len;

  if (*self->p == '\\')
    {
      self->after_repeat = FALSE;
      return translate_escape (self);
    }
  if (self->in_class)
    return translate_in_class (self);

  if (*self->p == '*' || *self->p == '+' || *self->p == '?')
    return translate_repeat (self, 1);
  if (*self->p == '{')
    {
      len = measure_repeat (self, &max);
      if (max > REPEAT_MAX && len > 0)
        return refuse (self, "invalid repeat count");
      if (len > 0)
        return translate_repeat (self, len);
      g_string_append (self->out, "\\{");
      self->p++;
      self->after_repeat = FALSE;
      return TRUE;
    }

  self->after_repeat = FALSE;
  if (*self->p == '(' && get_left (self) > 1 && self->p[1] == '?')
    return translate_group (self);
  if (*self->p == '(' && get_left (self) > 1 && self->p[1] == '*')
    return refuse (self, "missing argument to repetition operator");
  if (*self->p == '[')
    {
      open_class (self);
      return TRUE;
    }

  g_string_append_c (self->out, *self->p++);
  return TRUE;
}

static GString *
translate (const char *pattern,
           gsize       len,
           GError    **error)
{
  Translation self = { .pattern = pattern, .p = pattern, .end = pattern + len };
  gboolean good = len <= PATTERN_MAX || refuse (&self, "expression too large");

  self.out = g_string_new (NULL);
  while (good && self.p < self.end)
    good = translate_next (&self);

  if (!good)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "error parsing regexp: %s: `%.*s`", self.problem,
                   (int)MIN (len, 200), pattern);
      g_string_free (self.out, TRUE);
      return NULL;
    }

  return self.out;
}

BeltRegex *
belt_regex_new (const char *pattern,
                gsize       len,
                GError    **error)
{
  GString *translated = translate (pattern, len, error);
  BeltRegex *self;
  pcre2_code *code;
  PCRE2_SIZE offset;
  int number;
  guint32 n_captures = 0;

  if (translated == NULL)
    return NULL;

  code = pcre2_compile ((PCRE2_SPTR)translated->str, translated->len,
                        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &number, &offset, NULL);
  g_string_free (translated, TRUE);
  if (code == NULL)
    {
      PCRE2_UCHAR message[128] = "";

      pcre2_get_error_message (number, message, sizeof message);
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "error parsing regexp: %s: `%.*s`", (const char *)message,
                   (int)MIN (len, 200), pattern);
      return NULL;
    }

  self = g_new0 (BeltRegex, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->code = code;
  pcre2_jit_compile (code, PCRE2_JIT_COMPLETE);
  pcre2_pattern_info (code, PCRE2_INFO_CAPTURECOUNT, &n_captures);
  self->n_groups = n_captures + 1;
  self->context = pcre2_match_context_create (NULL);
  pcre2_set_match_limit (self->context, MATCH_LIMIT);
  pcre2_set_heap_limit (self->context, HEAP_LIMIT_KIB);

  return self;
}

BeltRegex *
belt_regex_ref (BeltRegex *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
belt_regex_unref (BeltRegex *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;

  pcre2_match_context_free (self->context);
  pcre2_code_free (self->code);
  g_free (self);
}

guint
belt_regex_get_n_groups (BeltRegex *self)
{
  return self->n_groups;
}

static void
free_match_data (gpointer data)
{
  pcre2_match_data_free (data);
}

static GPrivate thread_match_data = G_PRIVATE_INIT (free_match_data);

/* Reused by all matches of the thread. */
static pcre2_match_data *
get_match_data (void)
{
  pcre2_match_data *data = g_private_get (&thread_match_data);

  if (data == NULL)
    {
      data = pcre2_match_data_create (BELT_REGEX_GROUPS_MAX, NULL);
      g_private_set (&thread_match_data, data);
    }
  return data;
}

int
belt_regex_find (BeltRegex  *self,
                 const char *text,
                 gsize       len,
                 gsize       start,
                 gsize      *offsets,
                 guint       n_groups)
{
  pcre2_match_data *data = get_match_data ();
  int found = pcre2_match (self->code, (PCRE2_SPTR)text, len, start, PCRE2_NO_UTF_CHECK, data, self->context);
  PCRE2_SIZE *vector;

  if (found == PCRE2_ERROR_NOMATCH)
    return 0;
  if (found < 0)
    return -1;

  vector = pcre2_get_ovector_pointer (data);
  for (guint i = 0; i < n_groups; i++)
    {
      gboolean took_part = i < BELT_REGEX_GROUPS_MAX && (found == 0 || i < (guint)found) &&
                           vector[2 * i] != PCRE2_UNSET;

      offsets[2 * i] = took_part ? vector[2 * i] : G_MAXSIZE;
      offsets[2 * i + 1] = took_part ? vector[2 * i + 1] : G_MAXSIZE;
    }

  return 1;
}

int
belt_regex_match (BeltRegex  *self,
                  const char *text,
                  gsize       len)
{
  return belt_regex_find (self, text, len, 0, NULL, 0);
}

static int
find_group (BeltRegex  *self,
            const char *name,
            gsize       len)
{
  g_autofree char *copy = g_strndup (name, len);
  guint number = 0;

  for (gsize i = 0; i < len; i++)
    {
      if (!g_ascii_isdigit (name[i]))
        return pcre2_substring_number_from_name (self->code, (PCRE2_SPTR)copy);
      number = MIN (number * 10 + (guint)(name[i] - '0'), 100000);
    }

  return (int)number;
}

/* p is at '$'.  Returns: one past the reference, after what it stands for has been appended */
static const char *
expand_reference (BeltRegex   *self,
                  const char  *p,
                  const char  *end,
                  const char  *text,
                  const gsize *offsets,
                  GString     *out)
{
  const char *name = p + 1;
  const char *stop;
  gboolean braces;
  int group;

  if (name < end && *name == '$')
    {
      g_string_append_c (out, '$');
      return name + 1;
    }

  braces = name < end && *name == '{';
  name += braces;
  for (stop = name; stop < end && (g_ascii_isalnum (*stop) || *stop == '_');)
    stop++;
  if (stop == name || (braces && (stop == end || *stop != '}')))
    {
      g_string_append_c (out, '$');
      return p + 1;
    }

  /* A group there is not stands for nothing. */
  group = find_group (self, name, (gsize)(stop - name));
  if (group >= 0 && (guint)group < MIN (self->n_groups, BELT_REGEX_GROUPS_MAX) && offsets[2 * group] != G_MAXSIZE)
    g_string_append_len (out, text + offsets[2 * group], (gssize)(offsets[2 * group + 1] - offsets[2 * group]));
  return stop + braces;
}

gboolean
belt_regex_replace (BeltRegex  *self,
                    const char *text,
                    gsize       len,
                    const char *replacement,
                    gsize       replacement_len,
                    GString    *out)
{
  gsize offsets[2 * BELT_REGEX_GROUPS_MAX];
  guint n_groups = MIN (self->n_groups, BELT_REGEX_GROUPS_MAX);
  gsize copied = 0;
  gsize at = 0;

  while (at <= len)
    {
      int found = belt_regex_find (self, text, len, at, offsets, n_groups);

      if (found < 0)
        return FALSE;
      if (found == 0)
        break;

      g_string_append_len (out, text + copied, (gssize)(offsets[0] - copied));
      /* An empty match right after another match does not count. */
      if (offsets[1] > copied || offsets[0] == 0)
        for (const char *p = replacement; p < replacement + replacement_len;)
          {
            if (*p == '$')
              p = expand_reference (self, p, replacement + replacement_len, text, offsets, out);
            else
              g_string_append_c (out, *p++);
          }

      copied = offsets[1];
      at = offsets[1];
      if (offsets[1] == offsets[0])
        {
          at++;
          while (at < len && ((guint8)text[at] & 0xc0) == 0x80)
            at++;
        }
    }

  if (copied < len)
    g_string_append_len (out, text + copied, (gssize)(len - copied));
  return TRUE;
}
