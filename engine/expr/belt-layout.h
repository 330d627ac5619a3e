/* belt-layout.h - the slots of a rule: which column of its batches means what
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The binder gives every source column, alias, analytic call, aggregate call and
 * plugin call of a statement one slot.  Each batch of the rule has n_slots
 * columns, from the scan to the sinks; operators fill the slots that are theirs.
 * Read-only once planned, shared by all that use the plan.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_SLOT_COLUMN,     /* a source column; name as in the data */
  BELT_SLOT_WHOLE,      /* the whole source row, JSON or MAP; exists when a wildcard needs it */
  BELT_SLOT_ALIAS,      /* computed on first use, see BELT_EXPR_ALIAS */
  BELT_SLOT_ANALYTIC,
  BELT_SLOT_AGGREGATE,
  BELT_SLOT_CALL,       /* plugin function */
  BELT_SLOT_FIELD,      /* output of project */
} BeltSlotKind;

typedef struct
{
  BeltSlotKind kind;
  guint        stream;  /* COLUMN, WHOLE: index in FROM/JOIN order */
  char        *name;
  gsize        name_len;
} BeltSlot;

typedef struct _BeltLayout BeltLayout;

struct _BeltLayout
{
  guint     n_slots;
  BeltSlot *slots;
  guint     n_streams;
  char    **streams;   /* names in FROM/JOIN order */
  char    **stream_aliases;  /* FROM x AS y, or NULL */
};

G_END_DECLS
