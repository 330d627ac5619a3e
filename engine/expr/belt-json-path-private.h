/* belt-json-path-private.h - the tree of a JSONPath
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-json-path.h"
#include "belt-regex.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_PATH_CONST,
  BELT_PATH_VALUE,    /* $… or @… */
  BELT_PATH_NOT,
  BELT_PATH_NEGATE,
  BELT_PATH_BINARY,
} BeltPathNodeKind;

typedef struct _BeltPathNode BeltPathNode;
typedef struct _BeltPathStep BeltPathStep;

/* Expression in a filter or between brackets. */
struct _BeltPathNode
{
  BeltPathNodeKind  kind;
  char              op;            /* BINARY: + - * / % = ! < l > g & | ~ */
  gboolean          is_current;    /* VALUE: starts at @ */
  gboolean          is_variable;   /* VALUE: a name with no $ before it, looked up more leniently */
  BeltValue         constant;      /* CONST; a text is owned */
  GPtrArray        *steps;         /* VALUE: BeltPathStep */
  BeltPathNode     *left;
  BeltPathNode     *right;
  BeltRegex        *regex;         /* =~ with a constant pattern */
};

typedef enum
{
  BELT_STEP_KEY,      /* one key or index; the only kind that is not ambiguous */
  BELT_STEP_STAR,
  BELT_STEP_KEYS,
  BELT_STEP_RANGE,    /* keys: from, to, step; NULL where omitted */
  BELT_STEP_FILTER,
  BELT_STEP_DESCEND,
} BeltPathStepKind;

struct _BeltPathStep
{
  BeltPathStepKind  kind;
  BeltPathNode    **keys;
  guint             n_keys;
};

struct _BeltJsonPath
{
  BeltPathNode *root;
};

void belt_path_node_free (BeltPathNode *self);
void belt_path_step_free (BeltPathStep *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPathNode, belt_path_node_free)

G_END_DECLS
