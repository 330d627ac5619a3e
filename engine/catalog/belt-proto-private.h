/* belt-proto-private.h - a .proto file while it is read
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-arena.h"
#include "belt-proto-schema.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_PROTO_TOKEN_END,
  BELT_PROTO_TOKEN_NAME,
  BELT_PROTO_TOKEN_INTEGER,
  BELT_PROTO_TOKEN_NUMBER,
  BELT_PROTO_TOKEN_STRING,
  BELT_PROTO_TOKEN_SYMBOL,
} BeltProtoTokenKind;

typedef struct
{
  BeltProtoTokenKind kind;
  const char        *text;     /* as written; of a STRING what it means */
  gsize              len;
  guint              line;
  guint              column;
  guint64            integer;
  double             number;
} BeltProtoToken;

/* A value of an option, and where it stands. */
typedef struct
{
  BeltProtoToken token;
  gboolean       negative;
  gboolean       given;
} BeltProtoConstant;

typedef struct
{
  char       *name;      /* whole */
  const char **values;
  gint32     *numbers;
  guint       n_values;
} BeltProtoEnum;

/* A field whose type's name is not looked up yet. */
typedef struct
{
  BeltProtoMessage *message;
  guint             field;
  char             *type;      /* NULL: a kind of its own */
  BeltProtoConstant constant;  /* of `default` */
  const char       *file;
  guint             line;
  guint             column;
} BeltProtoPending;

struct _BeltProtoFile
{
  int         ref_count;
  BeltArena  *arena;
  GPtrArray  *messages;
  guint       n_own;      /* the first of them are of the file itself */
  GPtrArray  *enums;      /* of BeltProtoEnum */
  GHashTable *messages_by_name;
  GHashTable *enums_by_name;
};

typedef struct
{
  BeltProtoFile    *file;
  const char       *name;       /* of the text being read */
  const char       *p;
  const char       *end;
  const char       *line_start;
  guint             line;
  BeltProtoToken    token;      /* at hand */
  gboolean          proto3;
  GString          *scope;      /* "demo.v1" or "demo.v1.Outer" */
  guint             depth;
  GArray           *pending;    /* of BeltProtoPending, of all texts */
  GPtrArray        *imports;    /* names of texts read or to be read, in order */
  GError          **error;
} BeltProtoParser;

/* belt-proto-lexer.c; all return FALSE with the error set */
gboolean belt_proto_advance     (BeltProtoParser      *self);
gboolean belt_proto_fail        (BeltProtoParser      *self,
                                 const BeltProtoToken *at,
                                 const char           *format,
                                 ...) G_GNUC_PRINTF (3, 4);
gboolean belt_proto_is_symbol   (BeltProtoParser      *self,
                                 char                  symbol);
gboolean belt_proto_is_word     (BeltProtoParser      *self,
                                 const char           *word);
gboolean belt_proto_expect      (BeltProtoParser      *self,
                                 char                  symbol);
/* Returns: (transfer full): what stands there, for an error */
char    *belt_proto_name_token  (const BeltProtoToken *token);

/* belt-proto-words.c; FALSE with the error set.  Texts live as long as the file. */
gboolean belt_proto_refuse      (BeltProtoParser      *self,
                                 const char           *expected);
char    *belt_proto_keep        (BeltProtoParser      *self,
                                 const char           *text,
                                 gsize                 len);
gboolean belt_proto_read_word   (BeltProtoParser      *self,
                                 const char           *expected,
                                 char                **ret_word);
/* "a.b.C", ".a.b.C" */
gboolean belt_proto_read_full_name (BeltProtoParser   *self,
                                 const char           *expected,
                                 char                **ret_name);
gboolean belt_proto_read_text   (BeltProtoParser      *self,
                                 BeltProtoToken       *ret_token);
gboolean belt_proto_skip_block  (BeltProtoParser      *self);
gboolean belt_proto_read_constant (BeltProtoParser    *self,
                                 BeltProtoConstant    *ret_constant);
gboolean belt_proto_parse_option (BeltProtoParser     *self);
/* "[packed = true, default = 3]"; field may be NULL */
gboolean belt_proto_read_field_options (BeltProtoParser *self,
                                 BeltProtoField       *field,
                                 BeltProtoConstant    *ret_default);

/* belt-proto-parse.c */
gboolean belt_proto_parse       (BeltProtoParser      *self);

/* belt-proto-known.c: texts of google/protobuf/…, NULL: not one we know */
const char *belt_proto_find_known (const char         *name);

G_END_DECLS
