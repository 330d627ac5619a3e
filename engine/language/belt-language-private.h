/* belt-language-private.h - a statement and what is known around it, made ready to ask
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-language.h"
#include "belt-lexer.h"
#include "belt-parser-hooks.h"

G_BEGIN_DECLS

#define BELT_SCOPE_TABLES_MAX 16u   /* of one statement; further ones are not looked into */

/* A stream of the statement. */
typedef struct
{
  char       *name;
  char       *alias;    /* NULL: none */
  BeltStream *stream;   /* borrowed of the catalog; NULL: unknown */
  gboolean    guessed;  /* no stream has the name: this is the one that was probably meant */
  guint       n_rows;   /* rows of it that were seen */
} BeltScopeTable;

/* What the names of a statement can mean. */
typedef struct
{
  const BeltLanguage *language;
  const char         *text;
  gsize               len;
  GArray             *tokens;     /* BeltToken without blanks; END is the last */
  BeltScopeTable      tables[BELT_SCOPE_TABLES_MAX];
  guint               n_tables;
  GPtrArray          *aliases;    /* names after AS in the select list, owned */
  GHashTable         *alias_set;  /* the same */
} BeltScope;

typedef struct
{
  const char           *name;
  const char           *stream;
  const BeltField      *field;    /* declared; else NULL */
  const BeltColumnSeen *seen;     /* met in data; else NULL */
} BeltScopeColumn;

typedef void (*BeltScopeColumnFunc) (const BeltScopeColumn *column,
                                     gpointer               data);

void                  belt_scope_init           (BeltScope           *self,
                                                 const BeltLanguage  *language,
                                                 const char          *text,
                                                 gsize                len);
void                  belt_scope_clear          (BeltScope           *self);
/* Takes the nearest stream for each that nobody knows, so that the columns can be looked at already. */
void                  belt_scope_guess_tables   (BeltScope           *self);
/* All streams of the catalog, for a statement that names none yet. */
void                  belt_scope_add_known_tables (BeltScope         *self);
/* The stream's own name. */
const char           *belt_scope_get_table_name (const BeltScopeTable *table);
BeltFunctionTable    *belt_scope_get_functions  (const BeltScope     *self);
const BeltScopeTable *belt_scope_find_table     (const BeltScope     *self,
                                                 const char          *name);
/* Columns of one table, or of all with table NULL: declared ones, then those only seen. */
void                  belt_scope_foreach_column (const BeltScope     *self,
                                                 const BeltScopeTable *table,
                                                 BeltScopeColumnFunc  func,
                                                 gpointer             data);
gboolean              belt_scope_find_column    (const BeltScope     *self,
                                                 const BeltScopeTable *table,
                                                 const char          *name,
                                                 BeltScopeColumn     *ret_column);
gboolean              belt_scope_is_alias       (const BeltScope     *self,
                                                 const char          *name);
/* Is everything about the columns known: all streams have declared ones? */
gboolean              belt_scope_is_typed       (const BeltScope     *self);
/* The index of the token that contains or ends at the offset; -1: between tokens. */
int                   belt_scope_find_token     (const BeltScope     *self,
                                                 gsize                offset);
char                 *belt_scope_get_name       (const BeltScope     *self,
                                                 const BeltToken     *token);
gboolean              belt_scope_is_word        (const BeltScope     *self,
                                                 const BeltToken     *token,
                                                 const char          *word);
/* "float", "array(string)": free it. */
char                 *belt_scope_describe_type  (const BeltType      *type);
/* "float, declared" or "float, in 20 of 20 rows": free it. */
char                 *belt_scope_describe_column (const BeltScopeColumn *column);

/* The documentation of a window or a keyword, or NULL. */
const char           *belt_language_get_window_doc  (const char      *name,
                                                     const char     **ret_signature);

/* Doubtful places in a statement that parses. */
void                  belt_language_lint        (const BeltScope     *scope,
                                                 const BeltAst       *ast,
                                                 GPtrArray           *diagnostics);
void                  belt_language_check_names (const BeltScope     *scope,
                                                 const BeltAst       *ast,
                                                 GPtrArray           *diagnostics);
BeltDiagnostic       *belt_language_add         (GPtrArray           *diagnostics,
                                                 BeltSeverity         severity,
                                                 const char          *code,
                                                 BeltSpan             span,
                                                 const char          *hint,
                                                 const char          *format,
                                                 ...) G_GNUC_PRINTF (6, 7);

G_END_DECLS
