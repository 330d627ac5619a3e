/* test-expr.c - the interpreter and the operators of the language
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-layout.h"

#include <string.h>

static BeltValue
text (const char *s)
{
  return belt_value_str (s, strlen (s));
}

static void
test_null_rules (void)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue one = belt_value_i64 (1);
  BeltValue null = belt_value_null ();
  const char *comparisons = "=!<l>g";
  const char *numbers = "+-*/%";

  for (const char *op = comparisons; *op != '\0'; op++)
    {
      BeltValue result = belt_value_compare (arena, *op, &one, &null);

      g_assert_cmpint (result.tag, ==, BELT_TAG_BOOL);
      g_assert_cmpint (result.u.i, ==, 0);
    }

  for (const char *op = numbers; *op != '\0'; op++)
    g_assert_cmpint (belt_value_arithmetic (arena, *op, &null, &one).tag, ==, BELT_TAG_NULL);

  g_assert_cmpint (belt_value_arithmetic (arena, '&', &null, &one).tag, ==, BELT_TAG_BOOL);
}

static void
test_integers_wrap (void)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue max = belt_value_i64 (G_MAXINT64);
  BeltValue min = belt_value_i64 (G_MININT64);
  BeltValue one = belt_value_i64 (1);
  BeltValue minus = belt_value_i64 (-1);

  g_assert_cmpint (belt_value_arithmetic (arena, '+', &max, &one).u.i, ==, G_MININT64);
  g_assert_cmpint (belt_value_arithmetic (arena, '/', &min, &minus).u.i, ==, G_MININT64);
  g_assert_cmpint (belt_value_arithmetic (arena, '%', &min, &minus).u.i, ==, 0);
  g_assert_cmpint (belt_value_arithmetic (arena, '*', &max, &max).u.i, ==, 1);
}

static void
test_kinds_that_do_not_fit (void)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue one = belt_value_i64 (1);
  BeltValue zero = belt_value_i64 (0);
  BeltValue abc = text ("abc");
  BeltValue result = belt_value_compare (arena, '>', &abc, &one);

  g_assert_cmpint (result.tag, ==, BELT_TAG_ERROR);
  g_assert_cmpstr (result.u.fault->message, ==, "invalid operation string(abc) > int64(1)");

  result = belt_value_arithmetic (arena, '/', &one, &zero);
  g_assert_cmpint (result.tag, ==, BELT_TAG_ERROR);
  g_assert_cmpint (result.u.fault->kind, ==, BELT_FAULT_DIVIDE_BY_ZERO);

  result = belt_value_arithmetic (arena, '+', &abc, &abc);
  g_assert_cmpint (result.tag, ==, BELT_TAG_ERROR);
}

static void
test_nan_is_not_equal (void)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue nan = belt_value_f64 (0.0 / 0.0);

  g_assert_cmpint (belt_value_compare (arena, '=', &nan, &nan).u.i, ==, 0);
  g_assert_cmpint (belt_value_compare (arena, '!', &nan, &nan).u.i, ==, 1);
  g_assert_cmpint (belt_value_compare (arena, 'l', &nan, &nan).u.i, ==, 0);
}

static void
test_like (void)
{
  static const struct { const char *pattern; const char *text; int matches; } cases[] = {
    { "a%", "abc", 1 }, { "%c", "abc", 1 }, { "a_c", "abc", 1 }, { "a_c", "aéc", 1 },
    { "a_", "abc", 0 }, { "%b%", "abc", 1 }, { "", "", 1 }, { "%", "", 1 },
    { "%", "a\nb", 0 }, { "a%b%c", "axxbyyc", 1 }, { "abc", "ABC", 0 }, { "%a%a%", "banana", 1 },
    { "a+", "aaa", 1 }, { "a.c", "abc", 1 }, { "[ab]%", "bx", 1 }, { "a\\%", "a\\%", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BeltLike *like = belt_like_new (cases[i].pattern, strlen (cases[i].pattern), &error);

      g_assert_no_error (error);
      if (belt_like_match (like, cases[i].text, strlen (cases[i].text)) != cases[i].matches)
        g_error ("“%s” LIKE “%s” is not %d", cases[i].text, cases[i].pattern, cases[i].matches);
      belt_like_free (like);
    }
}

static void
test_like_that_does_not_compile (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (belt_like_new ("a(", 2, &error));
  g_assert_nonnull (error);
}

/* An eval over one row of two slots: a column and an alias. */
typedef struct
{
  BeltBatch *batch;
  BeltEval   eval;
  BeltLayout layout;
  BeltSlot   slots[2];
} Fixture;

static void
set_up (Fixture  *self,
        BeltValue value)
{
  *self = (Fixture) { .batch = belt_batch_new (1, 2) };
  self->slots[0] = (BeltSlot) { BELT_SLOT_COLUMN, 0, (char *)"a", 1 };
  self->slots[1] = (BeltSlot) { BELT_SLOT_ALIAS, 0, (char *)"b", 1 };
  self->layout = (BeltLayout) { .n_slots = 2, .slots = self->slots, .n_streams = 1 };
  belt_batch_add_column (self->batch, 0)[0] = value;
  memset (belt_batch_add_column (self->batch, 1), 0xff, sizeof (BeltValue));
  self->eval = (BeltEval) { .batch = self->batch, .arena = &self->batch->arena, .layout = &self->layout };
}

static BeltExpr *
new_column (guint slot)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_COLUMN, (BeltSpan) { 0, 1 }, 0);

  expr->slot = slot;
  return expr;
}

static BeltExpr *
new_binary (BeltExprKind kind,
            char         op,
            BeltExpr    *a,
            BeltExpr    *b)
{
  BeltExpr *expr = belt_expr_new (kind, (BeltSpan) { 0, 5 }, 2);

  expr->op = op;
  expr->children[0] = a;
  expr->children[1] = b;
  return expr;
}

static BeltExpr *
new_constant (BeltValue value)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CONST, (BeltSpan) { 4, 5 }, 0);

  expr->constant = value;
  return expr;
}

static void
test_alias_is_computed_once (void)
{
  Fixture self;
  g_autoptr(BeltExpr) sum = new_binary (BELT_EXPR_ARITHMETIC, '+', new_column (0), new_constant (belt_value_i64 (1)));
  g_autoptr(BeltExpr) alias = belt_expr_new (BELT_EXPR_ALIAS, (BeltSpan) { 0, 1 }, 1);

  set_up (&self, belt_value_i64 (41));
  alias->slot = 1;
  alias->children[0] = sum;
  g_assert_cmpint (belt_expr_eval (alias, &self.eval).u.i, ==, 42);

  /* The column changes, the alias of this row does not. */
  self.batch->columns[0][0] = belt_value_i64 (0);
  g_assert_cmpint (belt_expr_eval (alias, &self.eval).u.i, ==, 42);
  belt_batch_unref (self.batch);
}

static void
test_and_stops_at_false (void)
{
  Fixture self;
  g_autoptr(BeltExpr) both = NULL;
  BeltExpr *bad = new_binary (BELT_EXPR_ARITHMETIC, '/', new_constant (belt_value_i64 (1)),
                              new_constant (belt_value_i64 (0)));
  BeltValue result;

  set_up (&self, belt_value_bool (FALSE));
  both = new_binary (BELT_EXPR_AND, 0, new_column (0), bad);
  result = belt_expr_eval (both, &self.eval);
  g_assert_cmpint (result.tag, ==, BELT_TAG_BOOL);
  g_assert_cmpint (result.u.i, ==, 0);

  self.batch->columns[0][0] = belt_value_bool (TRUE);
  result = belt_expr_eval (both, &self.eval);
  g_assert_cmpint (result.tag, ==, BELT_TAG_ERROR);
  g_assert_cmpuint (result.u.fault->span.end, ==, 5);
  belt_batch_unref (self.batch);
}

static void
count_values (gpointer         owner,
              const BeltExpr  *expr,
              const BeltValue *value)
{
  (*(guint *)owner)++;
}

static void
test_recorder_sees_every_part (void)
{
  Fixture self;
  guint n = 0;
  BeltRecorder recorder = { count_values, &n };
  g_autoptr(BeltExpr) compare = new_binary (BELT_EXPR_COMPARE, '>', new_column (0),
                                            new_constant (belt_value_i64 (30)));

  set_up (&self, belt_value_f64 (29.8));
  self.eval.recorder = &recorder;
  g_assert_cmpint (belt_expr_eval (compare, &self.eval).u.i, ==, 0);
  g_assert_cmpuint (n, ==, 3);
  belt_batch_unref (self.batch);
}

static void
test_lists (void)
{
  Fixture self;
  const BeltValue items[] = { belt_value_i64 (10), belt_value_i64 (20), belt_value_i64 (30) };
  g_autoptr(BeltExpr) index = NULL;
  g_autoptr(BeltExpr) slice = belt_expr_new (BELT_EXPR_SLICE, (BeltSpan) { 0, 1 }, 3);
  BeltValue result;

  set_up (&self, belt_value_list (items, 3));
  index = new_binary (BELT_EXPR_INDEX, 0, new_column (0), new_constant (belt_value_i64 (-1)));
  g_assert_cmpint (belt_expr_eval (index, &self.eval).u.i, ==, 30);

  index->children[1]->constant = belt_value_i64 (3);
  result = belt_expr_eval (index, &self.eval);
  g_assert_cmpint (result.tag, ==, BELT_TAG_ERROR);
  g_assert_cmpint (result.u.fault->kind, ==, BELT_FAULT_INDEX_OUT_OF_RANGE);

  slice->children[0] = new_column (0);
  slice->children[1] = new_constant (belt_value_i64 (1));
  result = belt_expr_eval (slice, &self.eval);
  g_assert_cmpint (result.tag, ==, BELT_TAG_LIST);
  g_assert_cmpuint (result.len, ==, 2);
  g_assert_cmpint (result.u.items[0].u.i, ==, 20);
  belt_batch_unref (self.batch);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/belt/expr/operators/null-rules", test_null_rules);
  g_test_add_func ("/belt/expr/operators/integers-wrap", test_integers_wrap);
  g_test_add_func ("/belt/expr/operators/kinds-that-do-not-fit", test_kinds_that_do_not_fit);
  g_test_add_func ("/belt/expr/operators/nan-is-not-equal", test_nan_is_not_equal);
  g_test_add_func ("/belt/expr/like/patterns", test_like);
  g_test_add_func ("/belt/expr/like/that-does-not-compile", test_like_that_does_not_compile);
  g_test_add_func ("/belt/expr/eval/alias-is-computed-once", test_alias_is_computed_once);
  g_test_add_func ("/belt/expr/eval/and-stops-at-false", test_and_stops_at_false);
  g_test_add_func ("/belt/expr/eval/recorder-sees-every-part", test_recorder_sees_every_part);
  g_test_add_func ("/belt/expr/eval/lists", test_lists);

  return g_test_run ();
}
