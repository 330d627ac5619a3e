/* belt-resolve.h - which column, alias or stream each name of a SELECT means
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper's rules, its order included: aliases of earlier fields first, typed
 * streams checked, schemaless ones guessed.  The tree itself is not touched; the
 * answers stand in a table beside it.
 */
#pragma once

#include "belt-ast.h"
#include "belt-catalog.h"
#include "belt-diagnostic.h"
#include "belt-rule-options.h"

G_BEGIN_DECLS

#define BELT_RESOLVED_DIAGNOSTICS_MAX 1000u  /* nobody reads more */

typedef enum
{
  BELT_REF_COLUMN,   /* stream */
  BELT_REF_ANY,      /* of several schemaless streams, whichever has it */
  BELT_REF_ALIAS,    /* alias */
  BELT_REF_WILDCARD, /* stream.* */
  BELT_REF_NONE,     /* of a stream that FROM does not have: null; stream: n_streams and on, one a name */
} BeltRefKind;

typedef struct
{
  BeltRefKind kind;
  guint       stream;
  guint       alias;   /* index in aliases */
  gboolean    open;    /* ALIAS: eKuiper leaves the name unbound, and finds the value by it */
} BeltRef;

typedef struct
{
  BeltAst        *ast;
  BeltAstSelect  *select;
  guint           n_streams;
  BeltStream    **streams;      /* in FROM/JOIN order */
  gboolean        schemaless;   /* any of them has no schema */
  gboolean        extensions;
  guint          *order;        /* [n_fields]: fields as eKuiper orders them */
  guint           n_aliases;
  guint          *aliases;      /* alias → index in select->fields */
  GHashTable     *refs;         /* BeltNode* → BeltRef* */
  GPtrArray      *diagnostics;  /* BeltDiagnostic, BELT_RESOLVED_DIAGNOSTICS_MAX at most */
  BeltDiagnostic *further;      /* the last one beyond them, or NULL */
  char           *error;        /* eKuiper's text of the first error */
} BeltResolved;

typedef enum
{
  BELT_RESOLVE_TEMP       = 1 << 0,   /* temporary streams may be used */
  BELT_RESOLVE_EXTENSIONS = 1 << 1,   /* stream.* and columns of a stream's alias, which eKuiper refuses */
} BeltResolveFlags;

/* Never NULL; error says whether it worked.  Of fields with one alias the last stays, where eKuiper has it so:
 * the list of the statement gets shorter. */
BeltResolved  *belt_resolve              (BeltAst               *ast,
                                          BeltCatalog           *catalog,
                                          const BeltRuleOptions *options,
                                          BeltResolveFlags       flags);
void           belt_resolved_free        (BeltResolved          *self);
const BeltRef *belt_resolved_get         (const BeltResolved    *self,
                                          const BeltNode        *node);
/* Streams an expression reads, through aliases; bit i is stream i.  *ret_any: also names of any stream. */
guint64        belt_resolved_get_sources (const BeltResolved    *self,
                                          BeltNode              *node,
                                          gboolean              *ret_any);
/* Has the expression an aggregate call in it, through aliases? */
gboolean       belt_resolved_is_aggregate (const BeltResolved   *self,
                                          BeltNode              *node);
/* Has the select list an aggregate, or the statement groups? */
gboolean       belt_resolved_has_aggregates (const BeltResolved *self);
BeltNode      *belt_resolved_get_alias_expr (const BeltResolved *self,
                                          guint                  alias);
const char    *belt_resolved_get_alias_name (const BeltResolved *self,
                                          guint                  alias);
const char    *belt_ast_field_get_name   (const BeltAstField    *field);
/* Adds an error, and remembers the text if it is the first. */
void           belt_resolved_fail        (BeltResolved          *self,
                                          const char            *code,
                                          BeltSpan               span,
                                          const char            *hint,
                                          const char            *format,
                                          ...) G_GNUC_PRINTF (5, 6);
/* As belt_resolved_fail(), but the statement may still pass: eKuiper forgets all errors but the last of a clause. */
BeltDiagnostic *belt_resolved_note       (BeltResolved          *self,
                                          const char            *code,
                                          BeltSpan               span,
                                          const char            *hint,
                                          const char            *format,
                                          ...) G_GNUC_PRINTF (5, 6);
/* What eKuiper checks once names are known. */
void           belt_resolved_check       (BeltResolved          *self,
                                          const BeltRuleOptions *options);
/* What it refuses only when it makes operators: EXPLAIN still explains it. */
void           belt_resolved_check_operators (BeltResolved          *self,
                                              const BeltRuleOptions *options,
                                              gboolean               incremental);

#define BELT_STREAMS_MAX 64u

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltResolved, belt_resolved_free)

G_END_DECLS
