/* belt-proto-schema.h - the messages of a .proto file
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Debian has no C library that reads .proto text at run time (protobuf-c wants
 * generated code, upb a descriptor made by protoc), so this is our own: proto2 and
 * proto3 with packages, imports, nested messages, enums, maps, oneofs and groups.
 * Services, extensions and custom options are read over.
 *
 * A file and all it holds are immutable and go with the last reference.
 */
#pragma once

#include "belt-catalog.h"

G_BEGIN_DECLS

#define BELT_PROTO_TEXT_MAX     (1024u * 1024u)  /* bytes of a .proto file */
#define BELT_PROTO_NESTING_MAX  32u              /* messages within messages */
#define BELT_PROTO_TYPES_MAX    10000u           /* messages and enums of a file and its imports */
#define BELT_PROTO_FIELDS_MAX   4096u            /* of a message */
#define BELT_PROTO_IMPORTS_MAX  64u              /* files that a file brings in */
#define BELT_PROTO_INFERRED_MAX 10000u           /* columns and members made of a message: messages may multiply */
#define BELT_PROTO_NUMBER_MAX   536870911u

typedef struct _BeltProtoFile    BeltProtoFile;
typedef struct _BeltProtoMessage BeltProtoMessage;
typedef struct _BeltProtoField   BeltProtoField;

typedef enum
{
  BELT_PROTO_DOUBLE,
  BELT_PROTO_FLOAT,
  BELT_PROTO_INT32,
  BELT_PROTO_INT64,
  BELT_PROTO_UINT32,
  BELT_PROTO_UINT64,
  BELT_PROTO_SINT32,
  BELT_PROTO_SINT64,
  BELT_PROTO_FIXED32,
  BELT_PROTO_FIXED64,
  BELT_PROTO_SFIXED32,
  BELT_PROTO_SFIXED64,
  BELT_PROTO_BOOL,
  BELT_PROTO_STRING,
  BELT_PROTO_BYTES,
  BELT_PROTO_ENUM,
  BELT_PROTO_MESSAGE,
  BELT_PROTO_GROUP,
} BeltProtoKind;

struct _BeltProtoField
{
  char             *name;
  guint32           number;
  BeltProtoKind     kind;
  gboolean          repeated;
  gboolean          required;
  gboolean          packed;         /* how it is written; both ways are read */
  gboolean          is_map;         /* repeated messages of key and value */
  int               oneof;          /* its number in the message, -1: none; proto3's optional is one of its own */
  guint             required_index; /* counted among the required ones */
  BeltProtoMessage *message;        /* of MESSAGE and GROUP */
  BeltValue         default_value;  /* of the others; NULL for bytes without one */
};

struct _BeltProtoMessage
{
  BeltProtoFile  *file;
  char           *name;        /* with its package: "demo.v1.Row" */
  guint           index;       /* in the file */
  BeltProtoField *fields;      /* as declared */
  guint           n_fields;
  guint16        *by_number;   /* [n_fields] indices of fields */
  gint16         *direct;      /* [n_direct] index of the field of a small number, -1: none */
  guint           n_direct;
  guint           n_oneofs;
  guint           n_required;
  gboolean        proto3;
  gboolean        is_entry;    /* of a map */
  gboolean        is_known;    /* google.protobuf.…: never null where eKuiper has its own code for it */
  gboolean        is_wrapper;  /* … a number or text that may be absent */
};

/* Text of an imported file, borrowed, NULL: there is none of the name. */
typedef const char *(*BeltProtoFindFunc) (const char *name,
                                          gpointer    user_data);

/* name: what errors call it.  Errors are the user's: "book.proto:3:14: …". */
BeltProtoFile    *belt_proto_file_new         (const char             *name,
                                               const char             *text,
                                               gsize                   len,
                                               BeltProtoFindFunc       find,
                                               gpointer                user_data,
                                               GError                **error);
BeltProtoFile    *belt_proto_file_ref         (BeltProtoFile          *self);
void              belt_proto_file_unref       (BeltProtoFile          *self);
/* Of the file itself and not of its imports, by its whole name; belongs to the file. */
BeltProtoMessage *belt_proto_file_find        (BeltProtoFile          *self,
                                               const char             *name);
/* Returns: (transfer full): "Book, Author", for messages */
char             *belt_proto_file_list        (BeltProtoFile          *self);
guint             belt_proto_file_get_n_messages (BeltProtoFile       *self);
BeltProtoMessage *belt_proto_file_get_message (BeltProtoFile          *self,
                                               guint                   index);
int               belt_proto_message_search   (const BeltProtoMessage *self,
                                               guint32                 number);
/* The columns eKuiper infers. */
BeltField        *belt_proto_message_make_fields (const BeltProtoMessage *self,
                                               BeltArena              *arena);

/* Index of a field or -1. */
static inline int
belt_proto_message_find (const BeltProtoMessage *self,
                         guint32                 number)
{
  return number < self->n_direct ? self->direct[number] : belt_proto_message_search (self, number);
}

static inline gboolean
belt_proto_kind_is_message (BeltProtoKind kind)
{
  return kind == BELT_PROTO_MESSAGE || kind == BELT_PROTO_GROUP;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltProtoFile, belt_proto_file_unref)

G_END_DECLS
