/* belt-op-project.c - the select list: rows as they leave the rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * All fields are evaluated before any is stored, then stored in SELECT order.  A
 * name of the list beats a like-named column of `*`.
 */
#include "config.h"

#include "belt-op-project.h"

#include "belt-layout.h"

typedef struct
{
  BeltOp                 op;
  const BeltProjectSpec *spec;
  BeltValue             *values;     /* [n_fields]: of the row at hand */
  guint                  n_members;  /* room that fields without wildcards take */
  gboolean               has_wildcard;
  int                    whole_slot; /* of the row that is the result as it stands; -1: rows are built */
} BeltOpProject;

static const BeltFault *
wrap_fault (const BeltProjectField *field,
            BeltEval               *eval,
            const BeltFault        *fault)
{
  BeltValue error;
  BeltFault *wrapped;

  if (field->kind == BELT_FIELD_ALIAS)
    error = belt_value_error (eval->arena, fault->kind,
                              "run Select error: alias: %s meet error, err:%s", field->name,
                              fault->message);
  else
    error = belt_value_error (eval->arena, fault->kind,
                              "run Select error: expr: %s meet error, err:%s", field->name,
                              fault->message);

  wrapped = (BeltFault *)error.u.fault;
  wrapped->function = fault->function;
  wrapped->span = fault->span;
  return wrapped;
}

/* Returns: NULL, or why the row fails. */
static const BeltFault *
eval_fields (BeltOpProject *self,
             BeltEval      *eval)
{
  for (guint k = 0; k < self->spec->n_fields; k++)
    {
      guint i = self->spec->order[k];
      const BeltProjectField *field = &self->spec->fields[i];

      self->values[i] = belt_value_null ();
      if (field->invisible && field->kind != BELT_FIELD_ALIAS)
        continue;

      self->values[i] = belt_expr_eval (field->expr, eval);
      if (G_UNLIKELY (belt_value_is_error (&self->values[i])))
        return wrap_fault (field, eval, self->values[i].u.fault);
    }

  return NULL;
}

/* Whether field i puts a member of its own into the row, and which value. */
static gboolean
is_stored (BeltOpProject *self,
           guint          i,
           BeltValue     *ret_value)
{
  const BeltProjectField *field = &self->spec->fields[i];
  BeltValue value = self->values[i];

  if (field->invisible || field->kind == BELT_FIELD_WILDCARD || field->kind == BELT_FIELD_COLUMNS)
    return FALSE;
  if (field->kind == BELT_FIELD_COLUMN && self->spec->wildcard != NULL &&
      belt_wildcard_excludes (self->spec->wildcard, field->name, field->name_len))
    return FALSE;

  *ret_value = value.tag == BELT_TAG_MISSING ? belt_value_null () : value;
  switch (field->kind)
    {
    case BELT_FIELD_COLUMN:
      return value.tag != BELT_TAG_MISSING || (self->spec->send_nil && !self->spec->has_star);
    case BELT_FIELD_ALIAS:
      return !belt_value_is_null (&value) || self->spec->send_nil;
    default:
      return !belt_value_is_null (&value);
    }
}

static gboolean
has_name (BeltOpProject    *self,
          const BeltMember *member)
{
  BeltValue value;

  for (guint i = 0; i < self->spec->n_fields; i++)
    {
      const BeltProjectField *field = &self->spec->fields[i];

      if (field->name_len == member->name_len &&
          memcmp (field->name, member->name, member->name_len) == 0 && is_stored (self, i, &value))
        return TRUE;
    }

  return FALSE;
}

static guint
count_members (BeltOpProject *self)
{
  guint n = self->n_members;

  for (guint i = 0; self->has_wildcard && i < self->spec->n_fields; i++)
    {
      if (self->values[i].tag == BELT_TAG_MAP)
        n += self->values[i].len;
    }

  return n;
}

/* Repeated wildcards and changed_cols() may meet a name again; the later one wins. */
static guint
store_member (BeltMember       *members,
              guint             n_members,
              guint             n_earlier,
              const BeltMember *member)
{
  for (guint i = 0; i < n_earlier; i++)
    {
      if (members[i].name_len == member->name_len &&
          memcmp (members[i].name, member->name, member->name_len) == 0)
        {
          members[i].value = member->value;
          return n_members;
        }
    }

  members[n_members] = *member;
  return n_members + 1;
}

static guint
store_map (BeltOpProject   *self,
           BeltMember      *members,
           guint            n_members,
           const BeltValue *map,
           gboolean         yields)
{
  guint n_earlier = n_members;

  for (guint i = 0; map->tag == BELT_TAG_MAP && i < map->len; i++)
    {
      if (!yields || !has_name (self, &map->u.members[i]))
        n_members = store_member (members, n_members, n_earlier, &map->u.members[i]);
    }

  return n_members;
}

/* Aliases come last, so that what REPLACE makes wins. */
static guint
store_replaced (BeltOpProject *self,
                BeltMember    *members)
{
  guint n_members = 0;

  for (guint pass = 0; pass < 2; pass++)
    {
      for (guint i = 0; i < self->spec->n_fields; i++)
        {
          const BeltProjectField *field = &self->spec->fields[i];
          BeltMember member = { field->name, field->name_len, belt_value_null () };

          if ((field->kind == BELT_FIELD_ALIAS) != (pass == 1))
            continue;
          if (field->kind == BELT_FIELD_WILDCARD || field->kind == BELT_FIELD_COLUMNS)
            n_members = store_map (self, members, n_members, &self->values[i], FALSE);
          else if (is_stored (self, i, &member.value))
            n_members = store_member (members, n_members, n_members, &member);
        }
    }

  return n_members;
}

static BeltValue
build_row (BeltOpProject *self,
           BeltEval      *eval)
{
  guint n_allocated = count_members (self) + 1;
  BeltMember *members = belt_arena_new_array (eval->arena, BeltMember, n_allocated);
  guint n_members = self->spec->has_replace ? store_replaced (self, members) : 0;
  BeltValue value;

  for (guint i = 0; !self->spec->has_replace && i < self->spec->n_fields; i++)
    {
      const BeltProjectField *field = &self->spec->fields[i];

      if (field->kind == BELT_FIELD_WILDCARD)
        n_members = store_map (self, members, n_members, &self->values[i], TRUE);
      else if (field->kind == BELT_FIELD_COLUMNS)
        n_members = store_map (self, members, n_members, &self->values[i], FALSE);
      else if (is_stored (self, i, &value))
        members[n_members++] = (BeltMember) { field->name, field->name_len, value }
      ;
    }

  if (self->spec->send_meta && eval->batch->metadata != NULL &&
      eval->batch->metadata[eval->row].tag == BELT_TAG_MAP)
    members[n_members++] = (BeltMember) { "__meta", 6, eval->batch->metadata[eval->row] }
  ;

  return belt_value_map (members, n_members);
}

static const BeltFault *
project_row (BeltOpProject *self,
             BeltBatch     *batch,
             guint          row)
{
  BeltEval *eval = self->op.eval;
  const BeltValue *whole = self->whole_slot >= 0 ? batch->columns[self->whole_slot] : NULL;
  const BeltFault *fault;

  if (whole != NULL && whole[row].tag == BELT_TAG_JSON)
    {
      batch->columns[self->spec->out_slot][row] = whole[row];
      return NULL;
    }

  eval->row = row;
  fault = eval_fields (self, eval);
  batch->columns[self->spec->out_slot][row] = fault == NULL ? build_row (self, eval) : belt_value_missing ();

  return fault;
}

static guint
project_rows (BeltOpProject *self,
              BeltBatch     *batch,
              guint32       *kept)
{
  guint n_kept = 0;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      const BeltFault *fault;

      if (belt_batch_get_fault (batch, row) != NULL)
        {
          kept[n_kept++] = row;
          continue;
        }

      if (self->spec->limit == 0)
        {
          belt_op_drop (&self->op, batch, row, BELT_DROP_LIMIT, NULL);
          continue;
        }

      fault = project_row (self, batch, row);
      if (fault == NULL || belt_op_fail (&self->op, batch, row, fault))
        kept[n_kept++] = row;
    }

  return n_kept;
}

/* One emission: keeps at most limit rows; a failed row takes all with it. */
static guint
project_emission (BeltOpProject *self,
                  BeltBatch     *batch,
                  guint          start,
                  guint          end,
                  guint32       *kept,
                  guint          n_kept)
{
  guint first = n_kept;
  const BeltFault *fault;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      self->op.eval->position = i - start;
      if (belt_batch_get_fault (batch, row) != NULL)
        {
          kept[n_kept++] = row;
          continue;
        }

      if (self->spec->limit >= 0 && n_kept - first >= self->spec->limit)
        {
          belt_op_drop (&self->op, batch, row, BELT_DROP_LIMIT, NULL);
          continue;
        }

      fault = project_row (self, batch, row);
      if (fault == NULL)
        kept[n_kept++] = row;
      else if (belt_op_fail (&self->op, batch, row, fault))
        {
          kept[first] = row;
          return first + 1;
        }
      else
        return first;
    }

  return n_kept;
}

static guint
project_emissions (BeltOpProject *self,
                   BeltBatch     *batch,
                   guint32       *kept)
{
  guint n_kept = 0;
  guint n_emissions = 0;
  guint start = 0;

  for (guint e = 0; e < batch->n_emissions; e++)
    {
      guint end = batch->emission_ends[e];
      guint before = n_kept;

      self->op.eval->range = batch->ranges != NULL ? &batch->ranges[e] : NULL;
      n_kept = project_emission (self, batch, start, end, kept, n_kept);
      if (n_kept == before && (end > start || self->spec->limit == 0))
        {
          start = end;
          continue;
        }

      start = end;
      if (batch->ranges != NULL)
        batch->ranges[n_emissions] = batch->ranges[e];
      batch->emission_ends[n_emissions++] = n_kept;
    }

  batch->n_emissions = n_emissions;
  self->op.eval->range = NULL;
  return n_kept;
}

static void
belt_op_project_push (BeltOp    *op,
                      BeltBatch *batch)
{
  BeltOpProject *self = (BeltOpProject *)op;
  guint32 *kept = belt_arena_new_array (&batch->arena, guint32, MAX (batch->n_selected, 1));

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;
  op->eval->position = 0;
  /* Rows that are not selected, or dropped here, are of interest to a tap only; failed ones are passed over. */
  if (batch->faults != NULL || op->tap != NULL)
    belt_batch_add_column (batch, self->spec->out_slot);
  else
    batch->columns[self->spec->out_slot] = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);

  if (batch->emission_ends != NULL)
    batch->n_selected = project_emissions (self, batch, kept);
  else
    batch->n_selected = project_rows (self, batch, kept);
  batch->selection = kept;

  if (belt_batch_get_n_emissions (batch) > 0)
    belt_op_emit (op, batch);
}

static void
belt_op_project_free (BeltOp *op)
{
  BeltOpProject *self = (BeltOpProject *)op;

  g_free (self->values);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_project_class = {
  .kind = "project",
  .push = belt_op_project_push,
  .free = belt_op_project_free,
};

/* `SELECT *` of one stream alone: the row's text is the result, and stays text until a sink wants more. */
static int
find_whole (const BeltProjectSpec *spec,
            const BeltEval        *eval)
{
  const BeltExpr *expr = spec->n_fields == 1 ? spec->fields[0].expr : NULL;

  if (eval->row_by_row || eval->layout == NULL || expr == NULL || spec->send_meta ||
      spec->fields[0].kind != BELT_FIELD_WILDCARD || spec->fields[0].invisible || expr->kind != BELT_EXPR_WILDCARD ||
      expr->compiled != NULL || expr->n_slots != 1 || eval->layout->slots[expr->slots[0]].kind != BELT_SLOT_WHOLE)
    return -1;

  return (int)expr->slots[0];
}

BeltOp *
belt_op_project_new (const BeltProjectSpec *spec,
                     BeltEval              *eval)
{
  BeltOpProject *self = g_new0 (BeltOpProject, 1);

  belt_op_init (&self->op, &belt_op_project_class);
  self->op.eval = eval;
  self->spec = spec;
  self->values = g_new0 (BeltValue, spec->n_fields + 1);
  self->n_members = spec->n_fields + 1;
  self->whole_slot = find_whole (spec, eval);
  for (guint i = 0; i < spec->n_fields; i++)
    self->has_wildcard |= spec->fields[i].kind == BELT_FIELD_WILDCARD ||
                          spec->fields[i].kind == BELT_FIELD_COLUMNS;

  return &self->op;
}
