/* belt-stream.h - one stream or table: from its statement, and into eKuiper's descriptions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-ast.h"
#include "belt-catalog.h"
#include "belt-parser.h"

G_BEGIN_DECLS

/* From a parsed CREATE statement.  Errors are the user's (BELT_ERROR_INVALID), texts eKuiper's. */
BeltStream *belt_stream_new_from_ast (const BeltAst    *ast,
                                      GError          **error);
/* Parses one CREATE statement; a parse error is eKuiper's text with code BELT_ERROR_PARSE. */
BeltStream *belt_stream_new_from_sql (const char       *sql,
                                      GError          **error);
/* For a catalog: with the columns of its message when its FORMAT wants a schema, else the stream itself.
 * Returns: (transfer full) */
BeltStream *belt_stream_resolve      (BeltStream       *self,
                                      BeltCatalog      *catalog);
/* The same with fields of its own, in its own arena: for whoever gives them other types before anybody sees it.
 * Returns: (transfer full) */
BeltStream *belt_stream_copy         (BeltStream       *self);
/* GET /streams/NAME: Name, StreamFields, Options, StreamType, Statement. */
JsonObject *belt_stream_to_details   (BeltStream       *self);
/* GET /streams/NAME/schema; NULL node for a schemaless stream. */
JsonNode   *belt_stream_to_schema    (BeltStream       *self);
/* DESCRIBE STREAM: fields, then options, one a line. */
char       *belt_stream_describe     (BeltStream       *self);
const char *belt_type_kind_get_name  (BeltTypeKind      kind);
const BeltField *belt_stream_get_field (BeltStream     *self,
                                      const char       *name,
                                      gsize             name_len);

G_END_DECLS
