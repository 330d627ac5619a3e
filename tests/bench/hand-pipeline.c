/* hand-pipeline.c - the two benchmark rules written by hand: what this machine can do
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "hand-pipeline.h"

#include <emmintrin.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK      (256u << 10)
#define PADDING    64u
#define DEPTH_MAX  64u
#define N_GROUPS   4096u  /* to begin with; a power of two */

enum
{
  HAS_TIME        = 1 << 0,
  HAS_DEVICE      = 1 << 1,
  HAS_TEMPERATURE = 1 << 2,
};

typedef struct
{
  gint64      time;
  double      temperature;
  const char *device;
  guint       device_len;
} Event;

typedef struct
{
  guint64 hash;   /* 0: free */
  char    device[24];
  guint   device_len;
  guint64 count;
  double  sum;
} Group;

typedef struct
{
  HandResult *result;
  char       *out;
  gsize       out_len;
  int         out_fd;
  gint64      window_ms;  /* 0: the filter */
  gint64      window;
  Group      *groups;
  guint      *order;
  guint       n_groups;
  guint       n_slots;    /* of groups */
} Pipeline;

static const double powers[] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
};

/* Up to 18 digits without an exponent, which is all that sensors send.  NULL: not such a number. */
static inline const char *
read_number (const char *at,
             double     *ret_number,
             gint64     *ret_whole)
{
  gboolean negative = *at == '-';
  guint64 mantissa = 0;
  guint n_digits = 0;
  guint n_fraction = 0;

  at += negative;
  for (; (guint)(*at - '0') < 10; at++, n_digits++)
    mantissa = mantissa * 10 + (guint)(*at - '0');
  if (n_digits == 0)
    return NULL;

  if (*at == '.')
    {
      const char *start = ++at;

      for (; (guint)(*at - '0') < 10; at++)
        mantissa = mantissa * 10 + (guint)(*at - '0');
      n_fraction = (guint)(at - start);
      if (n_fraction == 0)
        return NULL;
    }

  if (n_digits + n_fraction > 18 || (*at | 32) == 'e')
    return NULL;

  *ret_whole = negative ? -(gint64)mantissa : (gint64)mantissa;
  *ret_number = (double)*ret_whole / powers[n_fraction];

  return at;
}

/* From after the opening quote to the closing one. */
static inline const char *
find_quote (const char *at)
{
  for (;;)
    {
      __m128i bytes = _mm_loadu_si128 ((const __m128i *)at);
      guint quotes = (guint)_mm_movemask_epi8 (_mm_cmpeq_epi8 (bytes, _mm_set1_epi8 ('"')));
      guint slashes = (guint)_mm_movemask_epi8 (_mm_cmpeq_epi8 (bytes, _mm_set1_epi8 ('\\')));

      if (G_LIKELY (quotes != 0 && (slashes == 0 || __builtin_ctz (quotes) < __builtin_ctz (slashes))))
        return at + __builtin_ctz (quotes);
      at += slashes != 0 ? __builtin_ctz (slashes) + 2 : 16;
    }
}

static inline const char *
skip_blanks (const char *at)
{
  while (G_UNLIKELY (*at == ' ' || *at == '\t' || *at == '\r'))
    at++;
  return at;
}

/* Checks any value; NULL: it is none. */
static const char *
walk_value (const char *at,
            guint       depth)
{
  double number;
  gint64 whole;
  char close;

  at = skip_blanks (at);
  switch (*at)
    {
    case '"':
      return find_quote (at + 1) + 1;
    case 't':
      return memcmp (at, "true", 4) == 0 ? at + 4 : NULL;
    case 'f':
      return memcmp (at, "false", 5) == 0 ? at + 5 : NULL;
    case 'n':
      return memcmp (at, "null", 4) == 0 ? at + 4 : NULL;
    case '{':
    case '[':
      break;
    default:
      return read_number (at, &number, &whole);
    }

  if (depth == DEPTH_MAX)
    return NULL;

  close = *at == '{' ? '}' : ']';
  at = skip_blanks (at + 1);
  if (*at == close)
    return at + 1;

  for (;;)
    {
      if (close == '}')
        {
          if (*at != '"')
            return NULL;
          at = skip_blanks (find_quote (at + 1) + 1);
          if (*at++ != ':')
            return NULL;
        }
      at = walk_value (at, depth + 1);
      if (at == NULL)
        return NULL;
      at = skip_blanks (at);
      if (*at == close)
        return at + 1;
      if (*at != ',')
        return NULL;
      at = skip_blanks (at + 1);
    }
}

static inline guint
match_key (const char *key,
           gsize       len)
{
  if (len == 11 && memcmp (key, "temperature", 11) == 0)
    return HAS_TEMPERATURE;
  if (len == 8 && memcmp (key, "deviceId", 8) == 0)
    return HAS_DEVICE;
  if (len == 2 && memcmp (key, "ts", 2) == 0)
    return HAS_TIME;
  return 0;
}

/* One line into the event.  Returns: its newline, or NULL when it is malformed */
static inline __attribute__ ((always_inline)) const char *
read_line (const char *at,
           guint       needed,
           Event      *event)
{
  at = skip_blanks (at);
  if (*at != '{')
    return NULL;
  at = skip_blanks (at + 1);

  while (*at == '"')
    {
      const char *key = at + 1;
      const char *key_end = find_quote (key);
      guint hit = match_key (key, (gsize)(key_end - key)) & needed;
      double number = 0;
      gint64 whole = 0;

      at = skip_blanks (key_end + 1);
      if (*at != ':')
        return NULL;
      at = skip_blanks (at + 1);

      if (hit == HAS_DEVICE && *at == '"')
        {
          event->device = at + 1;
          at = find_quote (at + 1);
          event->device_len = (guint)(at - event->device);
          at++;
        }
      else if (hit == HAS_TIME || hit == HAS_TEMPERATURE)
        {
          at = read_number (at, &number, &whole);
          if (hit == HAS_TIME)
            event->time = whole;
          else
            event->temperature = number;
        }
      else
        at = walk_value (at, 0);

      if (at == NULL)
        return NULL;
      at = skip_blanks (at);
      if (*at != ',')
        break;
      at = skip_blanks (at + 1);
    }

  if (*at != '}')
    return NULL;
  at = skip_blanks (at + 1);

  return *at == '\n' ? at : NULL;
}

static void
flush (Pipeline *self)
{
  for (gsize done = 0; done < self->out_len;)
    {
      gssize n = write (self->out_fd, self->out + done, self->out_len - done);

      if (n <= 0)
        break;
      done += (gsize)n;
    }
  self->out_len = 0;
}

static inline char *
make_room (Pipeline *self,
           gsize     len)
{
  if (G_UNLIKELY (self->out_len + len > CHUNK))
    flush (self);
  return self->out + self->out_len;
}

static void
emit_window (Pipeline *self)
{
  for (guint i = 0; i < self->n_groups; i++)
    {
      Group *group = &self->groups[self->order[i]];
      double average;
      char *out;

      if (group->count == 0)
        continue;

      average = group->sum / (double)group->count;
      out = make_room (self, 256);
      self->out_len += (gsize)sprintf (out, "{\"deviceId\":\"%.*s\",\"avg\":%.15g,\"cnt\":%" G_GUINT64_FORMAT
                                       ",\"ws\":%" G_GINT64_FORMAT "}\n", (int)group->device_len, group->device,
                                       average, group->count, self->window * self->window_ms);
      self->result->n_out++;
      self->result->check += average;
      group->count = 0;
      group->sum = 0;
    }
}

static inline guint64
hash_text (const char *text,
           guint       len)
{
  guint64 hash = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ len;
  guint64 word;

  for (; len >= 8; len -= 8, text += 8)
    {
      memcpy (&word, text, 8);
      hash = (hash ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
      hash ^= hash >> 32;
    }
  word = 0;
  memcpy (&word, text, len);
  hash = (hash ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);

  return (hash ^ (hash >> 32)) | 1;
}

static void __attribute__ ((noinline))
grow_groups (Pipeline *self)
{
  guint n_slots = self->n_slots * 2;
  Group *groups = g_new0 (Group, n_slots);

  for (guint i = 0; i < self->n_groups; i++)
    {
      Group *group = &self->groups[self->order[i]];
      guint at = (guint)(group->hash >> 20) & (n_slots - 1);

      while (groups[at].hash != 0)
        at = (at + 1) & (n_slots - 1);
      groups[at] = *group;
      self->order[i] = at;
    }

  g_free (self->groups);
  self->groups = groups;
  self->order = g_renew (guint, self->order, n_slots);
  self->n_slots = n_slots;
}

static inline Group *
find_group (Pipeline    *self,
            const Event *event)
{
  guint64 hash = hash_text (event->device, event->device_len);
  guint at;

  if (G_UNLIKELY (self->n_groups * 2 >= self->n_slots))
    grow_groups (self);

  for (at = (guint)(hash >> 20) & (self->n_slots - 1);; at = (at + 1) & (self->n_slots - 1))
    {
      Group *group = &self->groups[at];

      if (group->hash == hash && group->device_len == event->device_len &&
          memcmp (group->device, event->device, event->device_len) == 0)
        return group;

      if (group->hash == 0)
        {
          group->hash = hash;
          group->device_len = MIN (event->device_len, (guint)sizeof group->device);
          memcpy (group->device, event->device, group->device_len);
          self->order[self->n_groups++] = at;
          return group;
        }
    }
}

static inline void
add_to_window (Pipeline    *self,
               const Event *event)
{
  gint64 window = event->time / self->window_ms;
  Group *group;

  if (G_UNLIKELY (window != self->window))
    {
      emit_window (self);
      self->window = window;
    }

  group = find_group (self, event);
  group->sum += event->temperature;
  group->count++;
}

static inline void
copy_line (Pipeline   *self,
           const char *line,
           gsize       len)
{
  memcpy (make_room (self, len), line, len);
  self->out_len += len;
  self->result->n_out++;
}

/* Whole lines, followed by PADDING readable bytes. */
static void
process (Pipeline   *self,
         const char *at,
         const char *end)
{
  guint needed = self->window_ms > 0 ? HAS_TIME | HAS_DEVICE | HAS_TEMPERATURE : HAS_TEMPERATURE;
  Event event = { 0 };

  while (at < end)
    {
      const char *newline = read_line (at, needed, &event);

      self->result->n_rows++;
      if (G_UNLIKELY (newline == NULL))
        {
          self->result->n_bad++;
          newline = memchr (at, '\n', (gsize)(end - at));
        }
      else if (self->window_ms > 0)
        add_to_window (self, &event);
      else if (event.temperature > 50)
        copy_line (self, at, (gsize)(newline + 1 - at));

      at = newline + 1;
    }
}

static gboolean
run (const char *file,
     gint64      window_ms,
     HandResult *result)
{
  g_autofree char *in = g_malloc0 (2 * CHUNK + PADDING);
  g_autofree char *out = g_malloc (2 * CHUNK);
  Pipeline self = { .result = result, .out = out, .window_ms = window_ms };
  int fd = open (file, O_RDONLY | O_CLOEXEC);
  gsize have = 0;
  gssize n;

  memset (result, 0, sizeof *result);
  if (fd < 0)
    return FALSE;

  self.n_slots = N_GROUPS;
  self.groups = g_new0 (Group, self.n_slots);
  self.order = g_new0 (guint, self.n_slots);
  self.out_fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  while ((n = read (fd, in + have, CHUNK)) > 0)
    {
      const char *last;
      gsize used;

      have += (gsize)n;
      last = memrchr (in, '\n', have);
      if (last == NULL)
        {
          /* A line longer than a chunk is none of ours. */
          have = have > CHUNK ? 0 : have;
          continue;
        }
      used = (gsize)(last + 1 - in);
      process (&self, in, in + used);
      memmove (in, in + used, have - used);
      have -= used;
    }

  emit_window (&self);
  flush (&self);
  close (self.out_fd);
  close (fd);
  g_free (self.groups);
  g_free (self.order);

  return TRUE;
}

gboolean
hand_pipeline_filter (const char *file,
                      HandResult *ret_result)
{
  return run (file, 0, ret_result);
}

gboolean
hand_pipeline_window (const char *file,
                      gint64      window_ms,
                      HandResult *ret_result)
{
  return run (file, window_ms, ret_result);
}
