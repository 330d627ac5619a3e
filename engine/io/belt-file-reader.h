/* belt-file-reader.h - one file taken apart into payloads and rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads 256 KiB at a time and hands over what is whole; the rest waits for the
 * next portion.  It knows nothing of timers: belt-source-file.c says when.
 */
#pragma once

#include "belt-compress.h"
#include "belt-source.h"

G_BEGIN_DECLS

#define BELT_FILE_PORTION (256u * 1024u)
#define BELT_FILE_ROW_MAX (16u * 1024u * 1024u)  /* a longer line or element is an error, not memory */

typedef enum
{
  BELT_FILE_JSON,   /* one array, or values one after another, or JSON lines */
  BELT_FILE_CSV,    /* records of RFC 4180; each a row of strings */
  BELT_FILE_LINES,  /* each line is a payload of the stream's FORMAT */
} BeltFileType;

typedef struct
{
  BeltFileType type;
  char         delimiter;     /* CSV */
  gboolean     has_header;    /* CSV */
  char       **columns;       /* CSV; NULL: from the header, else col0, col1, … */
  guint        ignore_start;  /* lines */
  guint        ignore_end;    /* lines */
  BeltCompression compression;  /* none, gzip or zstd */
  char        *name;          /* what messages call the file; NULL: its path */
} BeltFileOptions;

typedef enum
{
  BELT_FILE_MORE,
  BELT_FILE_END,
  BELT_FILE_FAILED,
} BeltFileResult;

typedef struct _BeltFileReader BeltFileReader;

/* options must outlive the reader. */
BeltFileReader *belt_file_reader_new         (const char            *path,
                                              const BeltFileOptions *options,
                                              GError               **error);
void            belt_file_reader_free        (BeltFileReader        *self);
/* The descriptor to wait for when it is a pipe or a terminal; -1 for a real file. */
int             belt_file_reader_get_poll_fd (BeltFileReader        *self);
/* Delivers one portion, or one row; may block for a disk, not for a pipe that is readable. */
BeltFileResult  belt_file_reader_deliver     (BeltFileReader        *self,
                                              BeltSourceHost        *host,
                                              gboolean               one_row,
                                              GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltFileReader, belt_file_reader_free)

G_END_DECLS
