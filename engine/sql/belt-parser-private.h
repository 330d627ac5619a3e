/* belt-parser-private.h - what the files of the parser share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * belt-parser.c holds the tokens, the errors and the way back after one;
 * belt-parse-expr.c, belt-parse-operand.c, belt-parse-call.c, belt-parse-select.c and
 * belt-parse-ddl.c are the grammar.  No function of the grammar returns NULL: what did not parse
 * becomes an ERROR node, so that whoever called goes on.
 */
#pragma once

#include "belt-lexer.h"
#include "belt-parser.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_CLAUSE_SELECT,
  BELT_CLAUSE_FROM,
  BELT_CLAUSE_JOIN,
  BELT_CLAUSE_WHERE,
  BELT_CLAUSE_GROUP_BY,
  BELT_CLAUSE_HAVING,
  BELT_CLAUSE_ORDER_BY,
  BELT_CLAUSE_LIMIT,
} BeltClause;

typedef struct
{
  const char            *text;
  gsize                  len;
  BeltArena             *arena;
  BeltAst               *ast;
  guint                  flags;
  const BeltParserHooks *hooks;
  GArray                *tokens;      /* BeltToken, without blanks and comments; END is the last */
  guint                  at;
  guint                  nesting;
  guint                  error_at;    /* token of the last error: one token is complained of once */
  gboolean               in_meta;     /* inside the brackets of meta() or mqtt() */
  BeltClause             clause;
  guint                  n_unnamed;   /* for kuiper_field_N */
  GPtrArray             *diagnostics;
  guint                  n_errors;
  char                  *ekuiper_error;
  GArray                *extensions;  /* BeltAstExtension */
} BeltParser;

/* What to say at an error; all text but the message may be NULL. */
typedef struct
{
  const char *hint;
  const char *fix;
  const char *fix_label;
  char       *ekuiper;   /* taken over */
} BeltComplaint;

/* What replaces a span; texts are to be freed. */
typedef struct
{
  BeltSpan span;
  char    *fix;
  char    *label;
} BeltMend;

/* tokens */
static inline const BeltToken *
belt_parser_peek_at (const BeltParser *self,
                     guint             ahead)
{
  guint i = MIN (self->at + ahead, self->tokens->len - 1);

  return &g_array_index (self->tokens, BeltToken, i);
}

static inline BeltTokenKind
belt_parser_peek (const BeltParser *self)
{
  return belt_parser_peek_at (self, 0)->kind;
}

static inline gboolean
belt_parser_is_ident (const BeltToken *token)
{
  return token->kind == BELT_TOKEN_IDENT || token->kind == BELT_TOKEN_QUOTED_IDENT;
}

const BeltToken *belt_parser_next        (BeltParser       *self);
gboolean         belt_parser_accept      (BeltParser       *self,
                                          BeltTokenKind     kind);
/* Is the token this word, which is not reserved? */
gboolean         belt_parser_is_word     (const BeltParser *self,
                                          const BeltToken  *token,
                                          const char       *word);
guint32          belt_parser_last_end    (const BeltParser *self);
BeltSpan         belt_parser_span_from   (const BeltParser *self,
                                          guint32           start);
/* The name an identifier spells. */
const char      *belt_parser_get_name    (BeltParser       *self,
                                          const BeltToken  *token);
/* What eKuiper's messages call the token: "EOF", "FROM", the value of a string. */
const char      *belt_parser_get_literal (BeltParser       *self,
                                          const BeltToken  *token);
/* The same within quotes as Go's %q writes them; free it. */
char            *belt_parser_quote       (BeltParser       *self,
                                          const BeltToken  *token);
char            *belt_go_quote           (const char       *text);

/* errors */
void             belt_parser_complain    (BeltParser       *self,
                                          BeltSpan          span,
                                          const char       *code,
                                          BeltComplaint     how,
                                          const char       *format,
                                          ...) G_GNUC_PRINTF (5, 6);
void             belt_parser_warn        (BeltParser       *self,
                                          BeltSpan          span,
                                          const char       *code,
                                          BeltComplaint     how,
                                          const char       *format,
                                          ...) G_GNUC_PRINTF (5, 6);
/* Complains of the token at hand; ekuiper is a format with one %s for the quoted literal. */
void             belt_parser_unexpected  (BeltParser       *self,
                                          const char       *wanted,
                                          const char       *ekuiper,
                                          const char       *hint);
/* A change that probably gives what was meant, where another thing was wanted than the token at hand. */
gboolean         belt_parser_mend        (const BeltParser *self,
                                          const char       *wanted,
                                          BeltMend         *ret_mend);
/* The unit of time that is meant by "sec" or 'ss', or NULL. */
const char      *belt_parser_suggest_unit (const char      *text,
                                          BeltSpan          span);
/* Skips to a token that ends an expression: , ) ] ; a clause or the end.  Brackets are skipped whole. */
void             belt_parser_synchronize (BeltParser       *self);
/* Takes a word that eKuiper passes over, and says so. */
void             belt_parser_skip_word   (BeltParser       *self);
gboolean         belt_parser_enter       (BeltParser       *self);
void             belt_parser_leave       (BeltParser       *self);
gboolean         belt_parser_allows      (BeltParser       *self,
                                          BeltSpan          span,
                                          const char       *what,
                                          const char       *hint);

/* nodes */
BeltNode        *belt_parser_new_node    (BeltParser       *self,
                                          BeltNodeKind      kind,
                                          BeltSpan          span,
                                          BeltNode *const  *children,
                                          guint             n_children);
BeltNode        *belt_parser_new_error   (BeltParser       *self);

/* grammar */

/* How tightly operators bind. */
enum
{
  BELT_LEVEL_OR = 1,
  BELT_LEVEL_AND,
  BELT_LEVEL_COMPARE,
  BELT_LEVEL_ADD,
  BELT_LEVEL_MULTIPLY,
  BELT_LEVEL_POSTFIX,   /* only what stands behind an operand: the extensions' minus binds so */
};

BeltNode        *belt_parse_expr         (BeltParser       *self);
/* Operators of at least this level. */
BeltNode        *belt_parse_level        (BeltParser       *self,
                                          guint             min);
/* The same behind an operand that is read already. */
BeltNode        *belt_parse_operators    (BeltParser       *self,
                                          BeltNode         *left,
                                          guint             min);
BeltNode        *belt_parse_unary        (BeltParser       *self);
BeltNode        *belt_parse_call         (BeltParser       *self);
BeltAstField     belt_parse_field        (BeltParser       *self);
BeltAstSort     *belt_parse_order_by     (BeltParser       *self,
                                          guint            *ret_n);
void             belt_parse_select       (BeltParser       *self);
void             belt_parse_create       (BeltParser       *self);

G_END_DECLS
