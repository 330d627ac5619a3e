/* @NAME@.c - the sink @NAME@: appends rows to a file, one JSON object a line
 *
 * SPDX-License-Identifier: MIT-0
 */
#include "belt-plugin.h"

#include <errno.h>

#define @NAME@_options(REQUIRED, OPTIONAL)            \
  REQUIRED (str, path, "File that gets the rows")     \
  OPTIONAL (boolean, append, true, "Keep what is there")
BELT_CONFIG (@NAME@);

typedef struct { FILE *file; } @NAME@_state;

BELT_OPEN (@NAME@)
{
  state->file = fopen (config->path.ptr, config->append ? "a" : "w");
  if (state->file == NULL)
    return belt_failf (ctx, BELT_E_IO, "%s: %s", config->path.ptr, strerror (errno));
  return BELT_OK;
}

BELT_CLOSE (@NAME@)
{
  fclose (state->file);
}

BELT_ROW_SINK (@NAME@)
{
  belt_str json = belt_json (ctx, row);

  if (fprintf (state->file, "%s\n", json.ptr) < 0 || fflush (state->file) != 0)
    return belt_failf (ctx, BELT_E_IO, "%s: %s", config->path.ptr, strerror (errno));
  return BELT_OK;
}

BELT_PROVIDE ("@ID@", "1.0.0", @NAME@);
