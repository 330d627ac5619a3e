/* belt-language.h - what the editor and `belt check` ask about a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions over a text and what is known around it; any thread, nothing is
 * kept between calls.  Text that does not parse is answered as far as it goes.
 */
#pragma once

#include "belt-catalog.h"
#include "belt-diagnostic.h"
#include "belt-function.h"
#include "belt-rule-options.h"

G_BEGIN_DECLS

/* A column met in the data of a stream.  Members of objects have dotted names: "pump.rpm". */
typedef struct
{
  const char *stream;
  const char *name;
  const char *type;     /* "float", "string", … as in CREATE STREAM; NULL: only null was seen */
  guint       n_seen;   /* rows that had it… */
  guint       n_rows;   /* …of so many */
  const char *last;     /* its last value as text, shortened; NULL: none that is worth showing */
} BeltColumnSeen;

/* What is known around a statement; everything may be absent.  Borrowed for the call. */
typedef struct
{
  BeltCatalog          *catalog;
  BeltFunctionTable    *functions;    /* NULL: the built-in ones */
  const BeltColumnSeen *columns_seen;
  guint                 n_columns_seen;
  gboolean              extensions;   /* allow what stock eKuiper does not know, with a warning */
  const BeltRuleOptions *options;     /* of the rule; NULL: the defaults */
} BeltLanguage;

/* ------------------------------------------------------------------ check */

/* Everything that is wrong or doubtful, in the order of the text, located, with fixes.
 * Returns: (transfer full) (element-type BeltDiagnostic) */
GPtrArray *belt_language_check (const BeltLanguage *self,
                                const char         *text,
                                gsize               len);

/* ------------------------------------------------------------------ complete */

typedef enum
{
  BELT_PROPOSAL_COLUMN,
  BELT_PROPOSAL_ALIAS,
  BELT_PROPOSAL_STREAM,
  BELT_PROPOSAL_TABLE,
  BELT_PROPOSAL_FUNCTION,
  BELT_PROPOSAL_WINDOW,
  BELT_PROPOSAL_UNIT,
  BELT_PROPOSAL_TYPE,
  BELT_PROPOSAL_OPTION,
  BELT_PROPOSAL_VALUE,
  BELT_PROPOSAL_KEYWORD,
} BeltProposalKind;

typedef struct
{
  BeltProposalKind kind;
  char            *label;    /* what the list shows */
  char            *insert;   /* replaces the span; functions end in "(" */
  char            *detail;   /* beside it: a type, a signature; may be NULL */
  char            *doc;      /* one line; may be NULL */
} BeltProposal;

typedef struct
{
  BeltSpan   span;        /* the word begun, to be replaced; empty between words */
  GPtrArray *proposals;   /* BeltProposal, best first */
} BeltCompletion;

BeltCompletion *belt_language_complete   (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len,
                                          gsize               offset);
void            belt_completion_free     (BeltCompletion     *self);

/* ------------------------------------------------------------------ hover and signature */

typedef struct
{
  BeltSpan span;
  char    *title;    /* "number round(number x, int digits?)", "temperature: float" */
  char    *text;     /* sentences; may be NULL */
} BeltHover;

/* NULL when there is nothing to say at this place. */
BeltHover     *belt_language_hover       (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len,
                                          gsize               offset);
void           belt_hover_free           (BeltHover          *self);

typedef struct
{
  char     *signature;
  char     *doc;         /* may be NULL */
  guint     argument;    /* the one the cursor is in, from 0 */
  BeltSpan  parameter;   /* its bytes in the signature; {0, 0}: it has no such */
} BeltSignature;

/* The innermost call around the place; NULL outside of calls. */
BeltSignature *belt_language_signature   (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len,
                                          gsize               offset);
void           belt_signature_free       (BeltSignature      *self);

/* ------------------------------------------------------------------ symbol */

typedef enum
{
  BELT_SYMBOL_COLUMN,
  BELT_SYMBOL_ALIAS,         /* made by AS in the select list */
  BELT_SYMBOL_STREAM,        /* a stream or table */
  BELT_SYMBOL_STREAM_ALIAS,  /* made by AS behind a stream */
  BELT_SYMBOL_FUNCTION,
} BeltSymbolKind;

typedef struct
{
  BeltSymbolKind kind;
  char          *name;
  BeltSpan       span;        /* the word at the place */
  BeltSpan       definition;  /* where an alias is made; {0, 0}: not in this text */
  GArray        *uses;        /* of BeltSpan: all places of the same thing, the definition included, in order */
} BeltSymbol;

/* The name at the place, or NULL. */
BeltSymbol    *belt_language_symbol      (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len,
                                          gsize               offset);
/* All places of a name that stands for this; NULL: there is none. */
BeltSymbol    *belt_language_find_symbol (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len,
                                          BeltSymbolKind      kind,
                                          const char         *name);
/* The text with the symbol renamed at all its places; a name that is no plain word gets backquotes. */
char          *belt_symbol_rename        (const BeltSymbol   *self,
                                          const char         *text,
                                          gsize               len,
                                          const char         *name);
void           belt_symbol_free          (BeltSymbol         *self);

/* ------------------------------------------------------------------ tokens */

typedef enum
{
  BELT_STYLE_KEYWORD,
  BELT_STYLE_FUNCTION,
  BELT_STYLE_NAME,       /* a column, alias or member */
  BELT_STYLE_STREAM,
  BELT_STYLE_TYPE,
  BELT_STYLE_OPTION,
  BELT_STYLE_CONSTANT,   /* TRUE, FALSE, units of time */
  BELT_STYLE_TEXT,
  BELT_STYLE_NUMBER,
  BELT_STYLE_OPERATOR,
  BELT_STYLE_COMMENT,
  BELT_STYLE_ERROR,
} BeltStyle;

typedef struct
{
  BeltSpan  span;
  BeltStyle style;
} BeltStyledToken;

/* Returns: (transfer full) (element-type BeltStyledToken): in order, blanks left out */
GArray        *belt_language_tokens      (const BeltLanguage *self,
                                          const char         *text,
                                          gsize               len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltCompletion, belt_completion_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltHover, belt_hover_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSignature, belt_signature_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSymbol, belt_symbol_free)

G_END_DECLS
