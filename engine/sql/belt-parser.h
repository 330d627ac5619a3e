/* belt-parser.h - text to tree, with everything that is wrong with it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One parser for the engine, the editor, `belt check` and REST.  It goes on after
 * an error, so a statement gets all its diagnostics at once; beside them it keeps
 * the text of the one error eKuiper would have answered with.  The parser knows no
 * functions: whoever calls it lends it a table through BeltParserHooks.
 */
#pragma once

#include "belt-ast.h"
#include "belt-diagnostic.h"

G_BEGIN_DECLS

#define BELT_PARSER_DIAGNOSTICS_MAX 50u  /* errors kept of one statement */
#define BELT_PARSER_ERRORS_MAX 1000u     /* errors counted; what follows them is not read any more */

typedef enum
{
  BELT_PARSER_FUNCTION_AGGREGATE     = 1 << 0,
  BELT_PARSER_FUNCTION_ANALYTIC      = 1 << 1,
  BELT_PARSER_FUNCTION_SET_RETURNING = 1 << 2,
  BELT_PARSER_FUNCTION_COLUMNS       = 1 << 3,  /* changed_cols */
  BELT_PARSER_FUNCTION_ROW_NUMBER    = 1 << 4,  /* eKuiper's "window functions" */
} BeltParserFunctionKinds;

typedef struct
{
  const char   *name;      /* as it is to stand in the tree; lives as long as the table */
  guint         kinds;     /* BeltParserFunctionKinds */
  gconstpointer function;  /* handed on in BeltNode.function */
} BeltParserFunction;

/* What the parser asks about functions.  With lookup NULL every name is a scalar function. */
typedef struct
{
  gpointer   data;
  gboolean (*lookup)  (gpointer            data,
                       const char         *name,
                       BeltParserFunction *ret_function);
  /* NULL, or what is wrong with these arguments, as eKuiper says it. */
  char    *(*check)   (gpointer                  data,
                       const BeltParserFunction *function,
                       BeltNode *const          *args,
                       guint                     n_args);
  /* A known name that is close, or NULL; free it. */
  char    *(*suggest) (gpointer            data,
                       const char         *name);
  /* Is there a decoder of this name (lower case)?  NULL: json, binary, delimited, urlencoded, protobuf. */
  gboolean (*format)  (gpointer            data,
                       const char         *name);
} BeltParserHooks;

typedef enum
{
  BELT_PARSER_EXTENSIONS = 1 << 0,  /* also IS NULL, <>, NOT, unary minus, ||, 1e3, COUNT (DISTINCT x) */
} BeltParserFlags;

typedef struct
{
  BeltAst   *ast;            /* never NULL; complete only if there are no errors */
  GPtrArray *diagnostics;    /* BeltDiagnostic, in the order of the text; located */
  guint      n_errors;       /* of them */
  char      *ekuiper_error;  /* the text of eKuiper's parser, or NULL: it parses there (as far as we know) */
} BeltParseResult;

BeltParseResult *belt_parse             (const char            *text,
                                         gsize                  len,
                                         guint                  flags,
                                         const BeltParserHooks *hooks);
void             belt_parse_result_free (BeltParseResult       *self);
/* The word of the language that a name is a misspelling of, or NULL. */
const char      *belt_parser_suggest_word (const char          *text,
                                         BeltSpan               span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltParseResult, belt_parse_result_free)

G_END_DECLS
