/* belt-go-json.h - request bodies, refused in the words of Go's encoding/json
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients of eKuiper match on its error texts, so a body that is not what a route
 * wants is refused as Go's decoder would.  Member names match without regard to
 * case, as they do there.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  BELT_GO_STRING,
  BELT_GO_BOOL,
  BELT_GO_INT,
  BELT_GO_DURATION,     /* a number or a text such as "1h5m" */
  BELT_GO_STRINGS,      /* []string */
  BELT_GO_MAP,          /* map[string]interface {} */
  BELT_GO_MAPS,         /* []map[string]interface {} */
  BELT_GO_STRUCT,       /* fields */
  BELT_GO_ANY,
} BeltGoKind;

typedef struct _BeltGoField BeltGoField;

struct _BeltGoField
{
  const char        *name;
  BeltGoKind         kind;
  const BeltGoField *fields;    /* STRUCT; ends with a NULL name */
  const char        *type;      /* STRUCT: "def.RuleOption" */
};

typedef struct
{
  const char        *type;      /* "server.statementDescriptor": for a body that is no object */
  const BeltGoField *fields;    /* ends with a NULL name */
} BeltGoStruct;

/* As json.NewDecoder (body).Decode: what follows the first value is ignored.  As json.Unmarshal
 * (whole TRUE): the body is one value.  NULL with *ret_error (free it) when it does not fit.
 * "null" gives an empty object. */
JsonObject *belt_go_decode     (const char         *text,
                                gsize               len,
                                gboolean            whole,
                                const BeltGoStruct *type,
                                char              **ret_error);
/* The member by its name or by its name in other case; NULL when absent or null. */
JsonNode   *belt_go_get        (JsonObject         *object,
                                const char         *name);
const char *belt_go_get_string (JsonObject         *object,
                                const char         *name);
/* "300ms", "1h5m": TRUE if Go's time.ParseDuration takes it. */
gboolean    belt_go_parse_duration (const char     *text,
                                gint64             *ret_ms);

G_END_DECLS
