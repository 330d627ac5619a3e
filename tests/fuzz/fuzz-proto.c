/* fuzz-proto.c - any text as a .proto file, any bytes as a payload of its first message
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The input is the file, a NUL and the payload.  What was read and can be written again is
 * read as the same row, and written as the same bytes.
 */
#include "config.h"

#include "belt-json.h"
#include "belt-proto.h"

#include "fuzz-driver.h"

#include <string.h>

#define COLUMNS_BYTES_MAX 20000000u

static const char *
find_import (const char *name,
             gpointer    unused)
{
  return strcmp (name, "beside.proto") == 0 ? "syntax = \"proto3\"; package b; message Beside { int32 x = 1; }" : NULL;
}

/* The row as JSON and, when it can be written, as bytes. */
static char *
read_row (BeltProtoReader        *reader,
          const BeltProtoMessage *message,
          const char             *payload,
          gsize                   len,
          gboolean                copy,
          GString               **ret_bytes)
{
  g_autofree gboolean *wanted = g_new (gboolean, message->n_fields + 1);
  g_autoptr(GError) error = NULL;
  BeltProtoTrouble trouble = { NULL };
  GString *text = NULL;
  BeltArena arena;

  belt_arena_init (&arena);
  for (guint i = 0; i < message->n_fields; i++)
    wanted[i] = TRUE;
  if (belt_proto_reader_read (reader, payload, len, wanted, copy, &arena, &trouble) == NULL)
    g_assert_true (trouble.problem != NULL && (trouble.offset <= len || trouble.offset == G_MAXSIZE));
  else
    {
      BeltValue row = belt_proto_reader_make_row (reader, &arena);

      text = g_string_new (NULL);
      belt_json_write (text, &row);
      *ret_bytes = g_string_new (NULL);
      if (!belt_proto_write (message, &row, *ret_bytes, &error))
        {
          g_assert_nonnull (error);
          g_string_free (g_steal_pointer (ret_bytes), TRUE);
        }
    }
  belt_arena_clear (&arena);
  return text != NULL ? g_string_free (text, FALSE) : NULL;
}

static void
check_payload (BeltProtoMessage *message,
               const char       *payload,
               gsize             len)
{
  g_autoptr(BeltProtoReader) reader = belt_proto_reader_new (message);
  /* Exactly as long as the data, so that a sanitizer sees reads behind it. */
  g_autofree char *exact = g_memdup2 (payload, len);
  g_autoptr(GString) bytes = NULL;
  g_autoptr(GString) again = NULL;
  g_autofree char *text = read_row (reader, message, exact != NULL ? exact : "", len, FALSE, &bytes);
  g_autofree char *same = NULL;

  if (bytes == NULL)
    return;
  same = read_row (reader, message, bytes->str, bytes->len, TRUE, &again);
  g_assert_cmpstr (same, ==, text);
  g_assert_true (again != NULL && g_string_equal (again, bytes));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  const char *start = (const char *)data;
  const char *split = size > 0 ? memchr (start, '\0', size) : NULL;
  gsize len = split != NULL ? (gsize)(split - start) : size;
  g_autofree char *text = g_strndup (size > 0 ? start : "", len);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProtoFile) file = belt_proto_file_new ("fuzz.proto", text, len, find_import, NULL, &error);
  BeltProtoMessage *message;
  BeltArena arena;

  if (file == NULL)
    {
      g_assert_true (error != NULL && g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  if (belt_proto_file_get_n_messages (file) == 0)
    return 0;

  message = belt_proto_file_get_message (file, 0);
  belt_arena_init (&arena);
  belt_proto_message_make_fields (message, &arena);
  g_assert_cmpuint (arena.n_bytes, <, COLUMNS_BYTES_MAX);
  belt_arena_clear (&arena);
  if (split != NULL)
    check_payload (message, split + 1, size - len - 1);
  return 0;
}
