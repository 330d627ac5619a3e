/* belt-template-private.h - the tree of a template
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-arena.h"
#include "belt-template.h"

G_BEGIN_DECLS

#define BELT_TEMPLATE_ARGS_MAX 32u

typedef struct _BeltTemplateNode     BeltTemplateNode;
typedef struct _BeltTemplatePipeline BeltTemplatePipeline;
typedef struct _BeltTemplateFunction BeltTemplateFunction;

typedef enum
{
  BELT_OPERAND_DOT,
  BELT_OPERAND_VARIABLE,
  BELT_OPERAND_CONST,
  BELT_OPERAND_FUNCTION,
  BELT_OPERAND_PIPELINE,   /* (…) */
} BeltTemplateOperandKind;

typedef struct
{
  BeltTemplateOperandKind     kind;
  char                       *name;       /* VARIABLE, with its $ */
  GPtrArray                  *fields;     /* names of .a.b.c after it */
  BeltValue                   constant;   /* CONST; texts are owned by the template's arena */
  const BeltTemplateFunction *function;
  BeltTemplatePipeline       *pipeline;
} BeltTemplateOperand;

/* $a, $b := command | command | … */
struct _BeltTemplatePipeline
{
  char      *variables[2];
  gboolean   assigns;      /* =, not := */
  GPtrArray *commands;     /* of GPtrArray of BeltTemplateOperand */
};

typedef enum
{
  BELT_TEMPLATE_TEXT,
  BELT_TEMPLATE_ACTION,
  BELT_TEMPLATE_IF,
  BELT_TEMPLATE_WITH,
  BELT_TEMPLATE_RANGE,
  BELT_TEMPLATE_BREAK,
  BELT_TEMPLATE_CONTINUE,
} BeltTemplateNodeKind;

struct _BeltTemplateNode
{
  BeltTemplateNodeKind  kind;
  guint                 line;
  char                 *text;
  BeltTemplatePipeline *pipeline;
  GPtrArray            *body;       /* of BeltTemplateNode */
  GPtrArray            *otherwise;
};

struct _BeltTemplate
{
  GPtrArray *nodes;
  BeltArena  arena;
};

/* FALSE with *ret_text set: the function does not take these. */
struct _BeltTemplateFunction
{
  const char *name;
  guint       args_min;
  guint       args_max;
  gboolean  (*call) (const BeltTemplateFunction *self, BeltArena *arena, const BeltValue *args, guint n_args,
                     BeltValue *ret_value, const char **ret_text);
  int         op;          /* for functions that share a call */
};

#define BELT_TEMPLATE_FUNCTION(name)                                                                            \
  static gboolean                                                                                               \
  call_ ## name (const BeltTemplateFunction *self, BeltArena *arena, const BeltValue *args, guint n_args,         \
                 BeltValue *ret_value, const char **ret_text)

const BeltTemplateFunction *belt_template_function_lookup (const char      *name);
/* Those that read or make texts: belt-template-text.c. */
const BeltTemplateFunction *belt_template_text_lookup     (const char      *name);
/* sprig's reading of anything as an int. */
gint64                      belt_template_to_int          (const BeltValue *value);
/* Go's idea of truth: not false, 0, "", empty or nil. */
gboolean                    belt_template_is_true         (const BeltValue *value);
/* As fmt.Print writes it; nothing at all is "<no value>". */
void                        belt_template_print           (GString         *out,
                                                           BeltArena       *arena,
                                                           const BeltValue *value);

G_END_DECLS
