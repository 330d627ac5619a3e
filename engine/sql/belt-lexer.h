/* belt-lexer.h - text to tokens, without loss
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tokens cover the text from its first to its last byte, blanks and comments
 * included, so the same stream serves the parser, the formatter and the editor's
 * colours.  The rules are eKuiper's, oddities included: two-character operators
 * may have blanks inside, "- -" begins a comment, a NUL ends the text.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_TOKEN_END,
  BELT_TOKEN_BLANK,
  BELT_TOKEN_COMMENT,
  BELT_TOKEN_ILLEGAL,      /* what no token begins with, and comments without an end */
  BELT_TOKEN_IDENT,
  BELT_TOKEN_QUOTED_IDENT, /* `any text` */
  BELT_TOKEN_INTEGER,
  BELT_TOKEN_NUMBER,
  BELT_TOKEN_STRING,       /* "text" */
  BELT_TOKEN_QUOTE,        /* 'text' */
  BELT_TOKEN_BAD_STRING,   /* no closing quote on its line */

  BELT_TOKEN_ADD,
  BELT_TOKEN_SUB,
  BELT_TOKEN_STAR,
  BELT_TOKEN_DIV,
  BELT_TOKEN_MOD,
  BELT_TOKEN_BIT_AND,
  BELT_TOKEN_BIT_OR,
  BELT_TOKEN_BIT_XOR,
  BELT_TOKEN_EQ,
  BELT_TOKEN_NEQ,
  BELT_TOKEN_LT,
  BELT_TOKEN_LTE,
  BELT_TOKEN_GT,
  BELT_TOKEN_GTE,
  BELT_TOKEN_ARROW,
  BELT_TOKEN_CONCAT,       /* extension || */
  BELT_TOKEN_COMMA,
  BELT_TOKEN_LPAREN,
  BELT_TOKEN_RPAREN,
  BELT_TOKEN_LBRACKET,
  BELT_TOKEN_RBRACKET,
  BELT_TOKEN_COLON,
  BELT_TOKEN_SEMICOLON,
  BELT_TOKEN_HASH,
  BELT_TOKEN_DOT,

  BELT_TOKEN_SELECT,       /* the reserved words */
  BELT_TOKEN_AS,
  BELT_TOKEN_FROM,
  BELT_TOKEN_WHERE,
  BELT_TOKEN_AND,
  BELT_TOKEN_OR,
  BELT_TOKEN_GROUP,
  BELT_TOKEN_HAVING,
  BELT_TOKEN_ORDER,
  BELT_TOKEN_BY,
  BELT_TOKEN_DESC,
  BELT_TOKEN_ASC,
  BELT_TOKEN_FILTER,
  BELT_TOKEN_INNER,
  BELT_TOKEN_LEFT,
  BELT_TOKEN_RIGHT,
  BELT_TOKEN_FULL,
  BELT_TOKEN_CROSS,
  BELT_TOKEN_JOIN,
  BELT_TOKEN_ON,
  BELT_TOKEN_CASE,
  BELT_TOKEN_WHEN,
  BELT_TOKEN_THEN,
  BELT_TOKEN_DEFAULT,
  BELT_TOKEN_ELSE,
  BELT_TOKEN_END_WORD,
  BELT_TOKEN_IN,
  BELT_TOKEN_NOT,
  BELT_TOKEN_BETWEEN,
  BELT_TOKEN_LIKE,
  BELT_TOKEN_OVER,
  BELT_TOKEN_PARTITION,
  BELT_TOKEN_REPLACE,
  BELT_TOKEN_EXCEPT,
  BELT_TOKEN_INVISIBLE,
  BELT_TOKEN_TRUE,
  BELT_TOKEN_FALSE,
  BELT_TOKEN_LIMIT,
  BELT_TOKEN_DD,
  BELT_TOKEN_HH,
  BELT_TOKEN_MI,
  BELT_TOKEN_SS,
  BELT_TOKEN_MS,
  BELT_N_TOKENS,
} BeltTokenKind;

typedef enum
{
  BELT_TOKEN_EXTENSION    = 1 << 0,  /* <>, || and exponents */
  BELT_TOKEN_LONE_BANG    = 1 << 1,  /* "!" alone, which eKuiper reads as "=" */
  BELT_TOKEN_UNTERMINATED = 1 << 2,  /* `name or comment that runs to the end of the text */
} BeltTokenFlags;

typedef struct
{
  guint16  kind;
  guint16  flags;
  BeltSpan span;
} BeltToken;

typedef struct
{
  const char *text;
  gsize       len;
  gsize       at;
  gboolean    extensions;
} BeltLexer;

void        belt_lexer_init          (BeltLexer       *self,
                                      const char      *text,
                                      gsize            len,
                                      gboolean         extensions);
/* The next token; END again and again once the text is over. */
BeltToken   belt_lexer_next          (BeltLexer       *self);
gboolean    belt_token_is_keyword    (BeltTokenKind    kind);
/* "SELECT", "<=": NULL for kinds without a text of their own. */
const char *belt_token_get_text      (BeltTokenKind    kind);
/* The kind of a reserved word, or IDENT. */
BeltTokenKind belt_token_lookup_word (const char      *word,
                                      gsize            len);
/* The value of a STRING, QUOTE or QUOTED_IDENT.
 * Returns: terminated, in the arena; NULL when an escape is wrong, then ret_error is where. */
const char *belt_token_decode        (const BeltToken *self,
                                      const char      *text,
                                      BeltArena       *arena,
                                      gsize           *ret_len,
                                      BeltSpan        *ret_error);

G_END_DECLS
