/* belt-catalog.h - what exists: streams, tables and schemas of payloads
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * An immutable, ref-counted snapshot; an edit makes a new one, so a plan or an
 * editor can hold one on any thread.  Rules are kept by the engine (run/), they
 * are not needed to plan.
 */
#pragma once

#include "belt-value.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltCatalog BeltCatalog;
typedef struct _BeltStream  BeltStream;
typedef struct _BeltField   BeltField;
typedef struct _BeltType    BeltType;
typedef struct _BeltProtoMessage BeltProtoMessage;

typedef enum
{
  BELT_TYPE_BIGINT,
  BELT_TYPE_FLOAT,
  BELT_TYPE_STRING,
  BELT_TYPE_BYTEA,
  BELT_TYPE_DATETIME,
  BELT_TYPE_BOOLEAN,
  BELT_TYPE_ARRAY,
  BELT_TYPE_STRUCT,
} BeltTypeKind;

struct _BeltType
{
  BeltTypeKind kind;
  BeltType    *element;   /* ARRAY */
  BeltField   *fields;    /* STRUCT */
  guint        n_fields;
};

struct _BeltField
{
  char     *name;
  BeltType *type;
  gboolean  has_default;
  BeltValue default_value;  /* owned by the stream's arena */
};

/* A stream or table definition.  Ref-counted, immutable. */
struct _BeltStream
{
  int          ref_count;
  gboolean     is_table;
  char        *name;
  char        *statement;        /* as created */
  BeltField   *fields;           /* in order; n_fields 0: schemaless */
  guint        n_fields;
  char        *datasource;       /* options as given; NULL when absent */
  char        *format;           /* NULL: json */
  char        *type;             /* NULL: mqtt, or file for tables */
  char        *conf_key;
  char        *key;
  char        *timestamp;
  char        *timestamp_format;
  char        *delimiter;
  char        *schema_id;
  char        *kind;             /* "scan", "lookup" */
  char        *version;
  char        *extra_text;       /* EXTRA as given */
  JsonObject  *extra;            /* parsed EXTRA or NULL */
  gint64       retain_size;
  gboolean     shared;
  gboolean     strict_validation;
  gboolean     temp;
  BeltArena   *arena;
  /* A stream of FORMAT protobuf in a catalog: its columns are those of the message that SCHEMAID names. */
  BeltStream       *declared;      /* the stream as its statement has it, NULL: this is it */
  BeltProtoMessage *message;       /* NULL with schema_error */
  char             *schema_error;
};

BeltStream        *belt_stream_ref          (BeltStream   *self);
void               belt_stream_unref        (BeltStream   *self);

BeltCatalog       *belt_catalog_new         (void);
BeltCatalog       *belt_catalog_ref         (BeltCatalog  *self);
void               belt_catalog_unref       (BeltCatalog  *self);
/* Returns: (transfer full): a snapshot with the definition added or replaced. */
BeltCatalog       *belt_catalog_with        (BeltCatalog  *self,
                                             BeltStream   *stream);
BeltCatalog       *belt_catalog_without     (BeltCatalog  *self,
                                             const char   *name,
                                             gboolean      is_table);
/* Borrowed; NULL when there is none.  Streams and tables have separate names in REST, one space in FROM. */
BeltStream        *belt_catalog_lookup      (BeltCatalog  *self,
                                             const char   *name);
BeltStream        *belt_catalog_lookup_kind (BeltCatalog  *self,
                                             const char   *name,
                                             gboolean      is_table);
/* Returns: (transfer container): names in order of creation, borrowed. */
GPtrArray         *belt_catalog_list        (BeltCatalog  *self,
                                             gboolean      tables);

/* .proto files by name.  A text that does not parse is kept: whoever needs a message of it is told why.
 * Returns: (transfer full): a snapshot with the schema added or replaced. */
BeltCatalog       *belt_catalog_with_schema (BeltCatalog  *self,
                                             const char   *name,
                                             const char   *text);
BeltCatalog       *belt_catalog_without_schema (BeltCatalog *self,
                                             const char   *name);
/* Borrowed; NULL when there is none. */
const char        *belt_catalog_get_schema  (BeltCatalog  *self,
                                             const char   *name);
/* Why it cannot be read; NULL: it can. */
const char        *belt_catalog_get_schema_problem (BeltCatalog *self,
                                             const char   *name);
/* Returns: (transfer container): names in order of creation, borrowed. */
GPtrArray         *belt_catalog_list_schemas (BeltCatalog *self);
/* "book.Author" or "book.shop.v1.Author", as SCHEMAID has it.  Lives with the catalog. */
BeltProtoMessage  *belt_catalog_find_message (BeltCatalog *self,
                                             const char   *schema_id,
                                             GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltStream, belt_stream_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltCatalog, belt_catalog_unref)

G_END_DECLS
