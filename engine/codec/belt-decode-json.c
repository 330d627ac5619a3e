/* belt-decode-json.c - FORMAT="json"
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * An object is a row, a list of objects is as many rows, anything else fails.
 */
#include "config.h"

#include "belt-codec-private.h"

static const char *
skip_blanks (const char *p,
             const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    p++;
  return p;
}

static void
fail_json (BeltDecodeRun       *run,
           const char          *text,
           const BeltJsonError *error)
{
  g_autofree char *message = g_strconcat ("invalid JSON: ", error->message, NULL);

  belt_decode_run_fail_row (run, BELT_FAULT_DECODE, text, error->offset, message);
}

/* One object.  Returns: one past it, or NULL when the row failed */
static const char *
decode_object (BeltDecodeRun *run,
               const char    *text,
               const char    *object,
               const char    *end,
               gboolean       copy,
               gboolean       last)
{
  BeltDecoder *decoder = run->decoder;
  guint flags = decoder->scan_flags | (copy ? BELT_JSON_COPY : 0);
  BeltJsonError error;
  const char *after;

  belt_decode_run_begin_row (run);
  after = belt_json_scan_object (object, end, decoder->demand, run->columns, run->n, flags, &run->batch->arena, &error);
  if (after == NULL)
    {
      error.offset += (gsize)(object - text);
      fail_json (run, text, &error);
      return NULL;
    }
  if (last && skip_blanks (after, end) != end)
    {
      error.offset = (gsize)(skip_blanks (after, end) - text);
      error.message = "unexpected text after the object";
      fail_json (run, text, &error);
      return NULL;
    }

  if (run->wholes != NULL && !decoder->typed)
    run->wholes[run->n] = belt_value_json (object, (gsize)(after - object), decoder->scan_flags & BELT_JSON_INTEGERS);
  belt_decode_run_finish_row (run);
  return after;
}

static void
decode_items (BeltDecodeRun *run,
              const char    *text,
              const char    *p,
              const char    *end,
              gboolean       copy)
{
  while (*p != ']')
    {
      if (*p != '{')
        {
          belt_decode_run_fail_row (run, BELT_FAULT_DECODE, text, (gsize)(p - text),
                                    "a list of rows holds something that is no object");
          return;
        }
      p = decode_object (run, text, p, end, copy, FALSE);
      if (p == NULL || run->list_error != NULL)
        return;
      p = skip_blanks (p, end);
      if (*p == ',')
        p = skip_blanks (p + 1, end);
    }
}

static void
decode_array (BeltDecodeRun *run,
              const char    *text,
              const char    *array,
              const char    *end,
              gboolean       copy)
{
  BeltJsonError error;
  const char *p = belt_json_skip_value (array, end, &error);

  /* A list gives all its rows or none. */
  if (p == NULL)
    {
      error.offset += (gsize)(array - text);
      fail_json (run, text, &error);
      return;
    }
  if (skip_blanks (p, end) != end)
    {
      error.offset = (gsize)(skip_blanks (p, end) - text);
      error.message = "unexpected text after the list";
      fail_json (run, text, &error);
      return;
    }

  belt_decode_run_begin_list (run);
  decode_items (run, text, skip_blanks (array + 1, end), end, copy);
  belt_decode_run_end_list (run, text);
}

static void
decode_json (BeltDecodeRun *run,
             const char    *text,
             gsize          len,
             gboolean       copy)
{
  const char *end = text + len;
  const char *p = skip_blanks (text, end);

  if (G_LIKELY (*p == '{' && p < end))
    {
      decode_object (run, text, p, end, copy, TRUE);
      return;
    }
  if (p < end && *p == '[')
    {
      decode_array (run, text, p, end, copy);
      return;
    }

  if (p == end)
    belt_decode_run_fail_row (run, BELT_FAULT_DECODE, NULL, G_MAXSIZE, "invalid JSON: the payload is empty");
  else
    belt_decode_run_fail_row (run, BELT_FAULT_DECODE, text, (gsize)(p - text),
                              "a row must be an object or a list of objects");
}

const BeltDecoderFormat belt_decoder_json = { "json", FALSE, decode_json };
