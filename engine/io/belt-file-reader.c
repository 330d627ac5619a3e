/* belt-file-reader.c - one file taken apart into payloads and rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DESIGN.  The buffer holds [start, len): bytes read and not yet handed over.
 * Lines go on as they lie there, many at once.  JSON that is not line by line is
 * copied so that each element is one line and every newline inside an element
 * follows it instead: then a wrong element is one bad row, and the decoder's
 * line numbers are the file's.  CSV records become rows whose strings point into
 * the buffer.
 */
#include "config.h"

#include "belt-file-reader.h"

#include "belt-error.h"
#include "belt-json.h"
#include "belt-unpacker.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define CSV_COLUMNS_MAX 4096u

typedef enum
{
  SHAPE_UNKNOWN,  /* JSON before its first value */
  SHAPE_LINES,
  SHAPE_VALUES,
  SHAPE_RECORDS,
} Shape;

struct _BeltFileReader
{
  const BeltFileOptions *options;
  char                  *path;
  GInputStream          *stream;
  int                    fd;
  gboolean               regular;
  gboolean               eof;
  Shape                  shape;
  gboolean               in_array; /* VALUES: inside the one array at the top */
  gboolean               header_done;
  guint                  to_skip;  /* lines still to ignore at the start */

  char                  *buffer;
  gsize                  start;
  gsize                  len;
  gsize                  capacity;
  guint64                line;     /* of start, from 1 */

  GString               *values;   /* VALUES: elements as lines */
  GArray                *members;  /* RECORDS: of BeltMember */
  GPtrArray             *columns;  /* RECORDS: names */
  BeltMember             file_member;
  BeltValue              metadata; /* {"file": path} */
};

BeltFileReader *
belt_file_reader_new (const char            *path,
                      const BeltFileOptions *options,
                      GError               **error)
{
  BeltFileReader *self;
  struct stat info;
  int fd;

  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "Opening “%s”: %s", path, g_strerror (errno));
      return NULL;
    }

  self = g_new0 (BeltFileReader, 1);
  self->options = options;
  self->path = g_strdup (options->name != NULL ? options->name : path);
  self->fd = fd;
  self->regular = fstat (fd, &info) == 0 && S_ISREG (info.st_mode);
  self->stream = g_unix_input_stream_new (fd, TRUE);
  if (options->compression != BELT_COMPRESSION_NONE)
    {
      g_autoptr(BeltUnpacker) unpacker = belt_unpacker_new (options->compression);
      g_autoptr(GInputStream) raw = g_steal_pointer (&self->stream);

      self->stream = g_converter_input_stream_new (raw, G_CONVERTER (unpacker));
    }
  self->to_skip = options->ignore_start;
  self->line = 1;
  self->shape = options->type == BELT_FILE_CSV ? SHAPE_RECORDS
              : options->type == BELT_FILE_LINES ? SHAPE_LINES : SHAPE_UNKNOWN;
  self->values = g_string_new (NULL);
  self->members = g_array_new (FALSE, FALSE, sizeof (BeltMember));
  self->columns = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; options->columns != NULL && options->columns[i] != NULL; i++)
    g_ptr_array_add (self->columns, g_strdup (options->columns[i]));
  self->file_member.name = "file";
  self->file_member.name_len = 4;
  self->file_member.value = belt_value_str (self->path, strlen (self->path));
  self->metadata = belt_value_map (&self->file_member, 1);

  return self;
}

void
belt_file_reader_free (BeltFileReader *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->stream);
  g_string_free (self->values, TRUE);
  g_array_unref (self->members);
  g_ptr_array_unref (self->columns);
  g_free (self->buffer);
  g_free (self->path);
  g_free (self);
}

int
belt_file_reader_get_poll_fd (BeltFileReader *self)
{
  return self->regular ? -1 : self->fd;
}

/* Moves what is left to the front and reads a portion behind it. */
static gboolean
fill (BeltFileReader *self,
      GError        **error)
{
  gsize left = self->len - self->start;
  g_autoptr(GError) io_error = NULL;
  gssize n_read;

  if (left > BELT_FILE_ROW_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO,
                   "Reading “%s”: what begins in line %" G_GUINT64_FORMAT " is longer than %u MiB",
                   self->path, self->line, BELT_FILE_ROW_MAX >> 20);
      return FALSE;
    }

  if (self->start > 0 && left > 0)
    memmove (self->buffer, self->buffer + self->start, left);
  self->start = 0;
  self->len = left;
  if (self->capacity < left + BELT_FILE_PORTION + 1 + BELT_JSON_PADDING)
    {
      /* With room to spare: what trickles in from a pipe does not move the buffer at each byte. */
      self->capacity = left * 2 + BELT_FILE_PORTION + 1 + BELT_JSON_PADDING;
      self->buffer = g_realloc (self->buffer, self->capacity);
    }

  n_read = g_input_stream_read (self->stream, self->buffer + left, BELT_FILE_PORTION, NULL, &io_error);
  if (n_read < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "Reading “%s”: %s", self->path, io_error->message);
      return FALSE;
    }

  self->len += (gsize)n_read;
  if (n_read == 0)
    {
      self->eof = TRUE;
      if (self->len > 0 && self->buffer[self->len - 1] != '\n')
        self->buffer[self->len++] = '\n';  /* so the last line ends like the others */
    }
  memset (self->buffer + self->len, 0, BELT_JSON_PADDING);

  return TRUE;
}

/* Of a whole portion: 16 bytes at a time, with no stop at each line. */
static guint64
count_newlines (const char *text,
                gsize       len)
{
  guint64 n = 0;
  gsize at = 0;

#ifdef __SSE2__
  const __m128i newline = _mm_set1_epi8 ('\n');

  while (len - at >= 16)
    {
      gsize block_end = at + MIN ((len - at) / 16, 255) * 16;
      __m128i counts = _mm_setzero_si128 ();
      __m128i sums;

      for (; at < block_end; at += 16)
        counts = _mm_sub_epi8 (counts, _mm_cmpeq_epi8 (_mm_loadu_si128 ((const __m128i *)(text + at)), newline));
      sums = _mm_sad_epu8 (counts, _mm_setzero_si128 ());
      n += (guint64)_mm_cvtsi128_si64 (sums) + (guint64)_mm_cvtsi128_si64 (_mm_srli_si128 (sums, 8));
    }
#endif

  for (; at < len; at++)
    n += text[at] == '\n';

  return n;
}

static void
advance (BeltFileReader *self,
         gsize           to)
{
  self->line += count_newlines (self->buffer + self->start, to - self->start);
  self->start = to;
}

/* Drops ignored lines at the start.  FALSE: needs more bytes. */
static gboolean
skip_start (BeltFileReader *self)
{
  while (self->to_skip > 0)
    {
      char *newline = memchr (self->buffer + self->start, '\n', self->len - self->start);

      if (newline == NULL)
        return FALSE;
      advance (self, (gsize)(newline + 1 - self->buffer));
      self->to_skip--;
    }

  return TRUE;
}

/* End of what may be handed over: after the last newline, less the lines ignored at the end. */
static gsize
find_limit (BeltFileReader *self)
{
  gsize limit = self->len;

  for (guint i = 0; i <= self->options->ignore_end; i++)
    {
      char *newline;

      if (limit <= self->start)
        return self->start;
      newline = memrchr (self->buffer + self->start, '\n', limit - self->start - (i > 0));
      if (newline == NULL)
        return self->start;
      limit = (gsize)(newline + 1 - self->buffer);
    }

  return limit;
}

static void
send_payload (BeltFileReader *self,
              BeltSourceHost *host,
              const char     *data,
              gsize           len,
              gboolean        lines)
{
  g_autofree char *place = g_strdup_printf ("%s:%" G_GUINT64_FORMAT, self->path, self->line);

  host->payload (host, data, len, lines, place, &self->metadata);
}

static gboolean
is_blank (const char *text,
          gsize       len)
{
  for (gsize i = 0; i < len; i++)
    {
      if (!g_ascii_isspace (text[i]))
        return FALSE;
    }

  return TRUE;
}

/* Returns: TRUE if something was handed over. */
static gboolean
deliver_lines (BeltFileReader *self,
               BeltSourceHost *host,
               gboolean        one_row)
{
  gsize limit = find_limit (self);

  if (!one_row)
    {
      if (limit == self->start)
        return FALSE;
      send_payload (self, host, self->buffer + self->start, limit - self->start, TRUE);
      advance (self, limit);
      return TRUE;
    }

  while (self->start < limit)
    {
      const char *line = self->buffer + self->start;
      const char *newline = memchr (line, '\n', limit - self->start);
      gsize len = (gsize)(newline - line);
      gboolean blank = is_blank (line, len);

      if (!blank)
        send_payload (self, host, line, len - (line[len - 1] == '\r'), FALSE);
      advance (self, (gsize)(newline + 1 - self->buffer));
      if (!blank)
        return TRUE;
    }

  return FALSE;
}

/* JSON lines if the first line is a whole value, else values one after another. */
static gboolean
guess_shape (BeltFileReader *self)
{
  const char *at = self->buffer + self->start;
  const char *end = self->buffer + self->len;
  const char *newline;
  const char *after;
  BeltJsonError ignored;  /* only asked whether it is whole */

  if (self->len - self->start >= 3 && memcmp (at, "\xef\xbb\xbf", 3) == 0)
    at += 3;
  while (at < end && g_ascii_isspace (*at))
    at++;
  if (at == end)
    return self->eof;

  if (*at == '[')
    {
      self->shape = SHAPE_VALUES;
      self->in_array = TRUE;
      advance (self, (gsize)(at + 1 - self->buffer));
      return TRUE;
    }

  newline = memchr (at, '\n', (gsize)(end - at));
  if (newline == NULL)
    return FALSE;

  advance (self, (gsize)(at - self->buffer));
  after = *at == '{' ? belt_json_skip_value (at, newline, &ignored) : NULL;
  self->shape = *at != '{' || (after != NULL && is_blank (after, (gsize)(newline - after)))
                ? SHAPE_LINES : SHAPE_VALUES;
  return TRUE;
}

/* End of the value at `from`, or 0 when it is not whole yet.  Only brackets and strings
 * matter here; the decoder checks the rest. */
static gsize
find_value_end (BeltFileReader *self,
                gsize           from)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = from; i < self->len; i++)
    {
      char c = self->buffer[i];

      if (in_string)
        {
          if (c == '\\')
            i++;
          else if (c == '"')
            in_string = FALSE;
          continue;
        }

      if (c == '"')
        in_string = TRUE;
      else if (c == '{' || c == '[')
        depth++;
      else if ((c == '}' || c == ']') && depth > 0)
        {
          if (--depth == 0)
            return i + 1;
        }
      else if (depth == 0 && (c == ',' || c == ']' || g_ascii_isspace (c)))
        return i;
    }

  return 0;
}

static void
append_as_line (GString    *out,
                const char *text,
                gsize       len,
                guint      *ret_newlines)
{
  gboolean in_string = FALSE;

  for (gsize i = 0; i < len; i++)
    {
      char c = text[i];

      if (c == '\n')
        {
          (*ret_newlines)++;
          c = in_string ? '\x01' : ' ';  /* stays an error inside a string */
        }
      else if (c == '"')
        in_string = !in_string;
      else if (c == '\\' && in_string && i + 1 < len)
        g_string_append_c (out, text[i++]), c = text[i];
      g_string_append_c (out, c);
    }
}

static gboolean
deliver_values (BeltFileReader *self,
                BeltSourceHost *host,
                gboolean        one_row)
{
  gsize at = self->start;
  gboolean same_line = FALSE;
  guint n_values = 0;

  g_string_truncate (self->values, 0);
  while (at < self->len)
    {
      char c = self->buffer[at];
      guint newlines = 0;
      gsize end;

      if (c == '\n')
        {
          if (n_values == 0)
            advance (self, at + 1);
          else
            g_string_append_c (self->values, '\n');
          same_line = FALSE;
          at++;
          continue;
        }
      if (g_ascii_isspace (c) || (c == ',' && self->in_array))
        {
          at++;
          continue;
        }
      if (c == ']' && self->in_array)
        {
          self->in_array = FALSE;
          at++;
          continue;
        }
      if (one_row && n_values > 0)
        break;

      end = find_value_end (self, at);
      if (end == 0 && !self->eof)
        break;
      if (end == 0)
        end = self->len;  /* cut short: the decoder says so */
      if (same_line)
        g_string_append_c (self->values, '\n');
      append_as_line (self->values, self->buffer + at, end - at, &newlines);
      same_line = newlines == 0;
      for (guint i = 0; i < newlines; i++)
        g_string_append_c (self->values, '\n');
      at = MAX (end, at + 1);
      n_values++;
    }

  if (n_values > 0)
    {
      gsize len = self->values->len;

      g_string_set_size (self->values, len + BELT_JSON_PADDING);
      memset (self->values->str + len, 0, BELT_JSON_PADDING);
      send_payload (self, host, self->values->str, len, TRUE);
    }
  advance (self, at);

  return n_values > 0;
}

/* End of the record at `from`, after its newline, or 0 when it is not whole yet.  A quote
 * counts only as the first byte of a field. */
static gsize
find_record_end (BeltFileReader *self,
                 gsize           from,
                 gsize           limit)
{
  gboolean at_start = TRUE;
  gboolean quoted = FALSE;

  for (gsize i = from; i < limit; i++)
    {
      char c = self->buffer[i];

      if (quoted)
        {
          if (c == '"' && self->buffer[i + 1] == '"')
            i++;
          else if (c == '"')
            quoted = FALSE;
          continue;
        }

      if (c == '\n')
        return i + 1;
      quoted = at_start && c == '"';
      at_start = c == self->options->delimiter;
    }

  return 0;
}

/* Splits the record at `from`, which is whole; fields are unquoted in place. */
static void
split_record (BeltFileReader *self,
              gsize           from)
{
  char *buffer = self->buffer;
  char delimiter = self->options->delimiter;
  gsize at = from;

  g_array_set_size (self->members, 0);
  for (;;)
    {
      BeltMember member = { 0 };
      char *text = buffer + at;
      gsize len = 0;

      if (buffer[at] == '"')
        {
          for (at++; buffer[at] != '"' || buffer[at + 1] == '"'; at++)
            {
              if (buffer[at] == '"')
                at++;
              text[len++] = buffer[at];
            }
          at++;
          while (buffer[at] != delimiter && buffer[at] != '\n')
            at++;
        }
      else
        {
          while (buffer[at] != delimiter && buffer[at] != '\n')
            at++;
          len = (gsize)(buffer + at - text);
          if (buffer[at] == '\n' && len > 0 && text[len - 1] == '\r')
            len--;
        }

      member.value = belt_value_str (text, len);
      if (self->members->len < CSV_COLUMNS_MAX)
        g_array_append_val (self->members, member);
      if (buffer[at++] == '\n')
        return;
    }
}

static void
take_header (BeltFileReader *self)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      const BeltValue *name = &g_array_index (self->members, BeltMember, i).value;
      gboolean bom = i == 0 && name->len >= 3 && memcmp (name->u.s, "\xef\xbb\xbf", 3) == 0;

      /* Names given in `columns` win over the file's. */
      if (i >= self->columns->len)
        g_ptr_array_add (self->columns, g_strndup (name->u.s + 3 * bom, name->len - 3 * bom));
    }
}

static void
name_fields (BeltFileReader *self)
{
  while (self->columns->len < self->members->len)
    g_ptr_array_add (self->columns, g_strdup_printf ("col%u", self->columns->len));

  for (guint i = 0; i < self->members->len; i++)
    {
      BeltMember *member = &g_array_index (self->members, BeltMember, i);

      member->name = g_ptr_array_index (self->columns, i);
      member->name_len = strlen (member->name);
    }
}

static gboolean
deliver_records (BeltFileReader *self,
                 BeltSourceHost *host,
                 gboolean        one_row)
{
  gsize limit = find_limit (self);
  gboolean delivered = FALSE;

  host->row_file = self->path;
  while (self->start < limit)
    {
      gsize from = self->start;
      gsize end = find_record_end (self, from, limit);
      BeltValue row;

      if (end == 0)
        break;

      host->row_line = self->line;
      advance (self, end);  /* counts lines, so before splitting moves bytes */
      split_record (self, from);
      if (self->options->has_header && !self->header_done)
        {
          take_header (self);
          self->header_done = TRUE;
        }
      else if (self->members->len > 1 ||
               g_array_index (self->members, BeltMember, 0).value.len > 0)
        {
          name_fields (self);
          row = belt_value_map ((BeltMember *)self->members->data, self->members->len);
          host->row (host, &row, &self->metadata);
          delivered = TRUE;
        }

      if (delivered && one_row)
        break;
    }

  return delivered;
}

static gboolean
deliver_buffered (BeltFileReader *self,
                  BeltSourceHost *host,
                  gboolean        one_row)
{
  if (!skip_start (self))
    return FALSE;
  if (self->shape == SHAPE_UNKNOWN && !guess_shape (self))
    return FALSE;

  switch (self->shape)
    {
    case SHAPE_LINES:
      return deliver_lines (self, host, one_row);

    case SHAPE_VALUES:
      return deliver_values (self, host, one_row);

    case SHAPE_RECORDS:
      return deliver_records (self, host, one_row);

    case SHAPE_UNKNOWN:  /* an empty file */
    default:
      return FALSE;
    }
}

BeltFileResult
belt_file_reader_deliver (BeltFileReader *self,
                          BeltSourceHost *host,
                          gboolean        one_row,
                          GError        **error)
{
  /* Paced reading lives on what is buffered until that is used up. */
  if (one_row && self->len > self->start && deliver_buffered (self, host, TRUE))
    return BELT_FILE_MORE;

  if (self->eof)
    return BELT_FILE_END;
  if (!fill (self, error))
    return BELT_FILE_FAILED;
  if (deliver_buffered (self, host, one_row))
    return BELT_FILE_MORE;
  if (!self->eof)
    return BELT_FILE_MORE;

  if (self->shape == SHAPE_RECORDS && self->start < find_limit (self))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO,
                   "%s:%" G_GUINT64_FORMAT ": a quote is opened and not closed before the end of the file",
                   self->path, self->line);
      return BELT_FILE_FAILED;
    }

  return BELT_FILE_END;
}
