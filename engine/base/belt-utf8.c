/* belt-utf8.c - checking and mending UTF-8
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-utf8.h"

static gboolean
is_continuation (char c)
{
  return ((guint8)c & 0xc0) == 0x80;
}

guint
belt_utf8_get_length (const char *text,
                      gsize       len)
{
  guint8 first = (guint8)text[0];
  guint8 second;

  if (first < 0x80)
    return 1;
  if (first < 0xc2 || first > 0xf4 || len < 2 || !is_continuation (text[1]))
    return 0;
  if (first < 0xe0)
    return 2;

  /* No overlong forms, no surrogates, nothing above U+10FFFF. */
  second = (guint8)text[1];
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
    return 0;
  if (len < 3 || !is_continuation (text[2]))
    return 0;
  if (first < 0xf0)
    return 3;
  if (len < 4 || !is_continuation (text[3]))
    return 0;

  return 4;
}

/* Returns: the offset of the first byte that belongs to no character, len when all do */
static gsize
find_invalid (const char *text,
              gsize       len)
{
  gsize i = 0;

  while (i < len)
    {
      guint64 word;
      guint n;

      while (len - i >= 8)
        {
          memcpy (&word, text + i, 8);
          if (word & G_GUINT64_CONSTANT (0x8080808080808080))
            break;
          i += 8;
        }
      if (i == len)
        break;
      n = belt_utf8_get_length (text + i, len - i);
      if (n == 0)
        break;
      i += n;
    }

  return i;
}

gboolean
belt_utf8_is_valid (const char *text,
                    gsize       len)
{
  return find_invalid (text, len) == len;
}

const char *
belt_utf8_mend (const char *text,
                gsize       len,
                BeltArena  *arena,
                gsize      *ret_len)
{
  gsize valid = find_invalid (text, len);
  char *mended;
  char *at;

  *ret_len = len;
  if (valid == len)
    return text;

  mended = belt_arena_alloc (arena, valid + 3 * (len - valid));
  memcpy (mended, text, valid);
  at = mended + valid;
  for (gsize i = valid; i < len;)
    {
      guint n = belt_utf8_get_length (text + i, len - i);

      if (n == 0)
        {
          memcpy (at, "\357\277\275", 3);
          at += 3;
          i++;
          continue;
        }
      memcpy (at, text + i, n);
      at += n;
      i += n;
    }

  *ret_len = (gsize)(at - mended);
  return mended;
}

/* Surrogates and what lies above U+10FFFF are written as U+FFFD.  At most 4 bytes. */
guint
belt_utf8_write (char   *out,
                 guint32 character)
{
  if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
    character = 0xfffd;

  if (character < 0x80)
    {
      out[0] = (char)character;
      return 1;
    }
  if (character < 0x800)
    {
      out[0] = (char)(0xc0 | character >> 6);
      out[1] = (char)(0x80 | (character & 0x3f));
      return 2;
    }
  if (character < 0x10000)
    {
      out[0] = (char)(0xe0 | character >> 12);
      out[1] = (char)(0x80 | (character >> 6 & 0x3f));
      out[2] = (char)(0x80 | (character & 0x3f));
      return 3;
    }
  out[0] = (char)(0xf0 | character >> 18);
  out[1] = (char)(0x80 | (character >> 12 & 0x3f));
  out[2] = (char)(0x80 | (character >> 6 & 0x3f));
  out[3] = (char)(0x80 | (character & 0x3f));
  return 4;
}
