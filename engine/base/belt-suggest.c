/* belt-suggest.c - did you mean …?
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Optimal string alignment, without case, over three rows of a table.
 */
#include "config.h"

#include "belt-suggest.h"

#include <string.h>

#define NAME_MAX_LEN 64u   /* longer names are not compared */

struct _BeltSuggestion
{
  char        wrong[NAME_MAX_LEN + 1];
  gsize       len;
  guint       most;      /* changes */
  const char *best;
  guint       best_distance;
};

BeltSuggestion *
belt_suggestion_new (const char *wrong)
{
  BeltSuggestion *self = g_new0 (BeltSuggestion, 1);

  self->len = strlen (wrong);
  self->most = G_MAXUINT;
  self->best_distance = G_MAXUINT;
  if (self->len > NAME_MAX_LEN)
    self->len = 0;
  for (gsize i = 0; i < self->len; i++)
    self->wrong[i] = g_ascii_tolower (wrong[i]);
  return self;
}

void
belt_suggestion_free (BeltSuggestion *self)
{
  g_free (self);
}

void
belt_suggestion_set_most (BeltSuggestion *self,
                          guint           most)
{
  self->most = most;
}

static guint
measure (const char *a,
         gsize       n_a,
         const char *b,
         gsize       n_b)
{
  guint rows[3][NAME_MAX_LEN + 1];

  for (gsize j = 0; j <= n_b; j++)
    rows[0][j] = (guint)j;
  for (gsize i = 1; i <= n_a; i++)
    {
      guint *row = rows[i % 3];
      const guint *above = rows[(i + 2) % 3];
      const guint *above2 = rows[(i + 1) % 3];

      row[0] = (guint)i;
      for (gsize j = 1; j <= n_b; j++)
        {
          char x = a[i - 1];
          char y = g_ascii_tolower (b[j - 1]);

          row[j] = MIN (MIN (above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
          if (i > 1 && j > 1 && x == g_ascii_tolower (b[j - 2]) && a[i - 2] == y)
            row[j] = MIN (row[j], above2[j - 2] + 1);
        }
    }
  return rows[n_a % 3][n_b];
}

void
belt_suggestion_offer (BeltSuggestion *self,
                       const char     *name)
{
  gsize n = strlen (name);
  gsize longer = MAX (n, self->len);
  guint distance;

  if (self->len == 0 || n == 0 || n > NAME_MAX_LEN || longer - MIN (n, self->len) > (longer + 2) / 3)
    return;

  distance = measure (self->wrong, self->len, name, n);
  if (distance > MIN (self->most, (longer + 2) / 3) || distance >= longer || distance >= self->best_distance)
    return;
  self->best = name;
  self->best_distance = distance;
}

const char *
belt_suggestion_get (BeltSuggestion *self)
{
  return self->best;
}

const char *
belt_suggest (const char        *wrong,
              const char *const *candidates,
              guint              n_candidates)
{
  g_autoptr(BeltSuggestion) suggestion = belt_suggestion_new (wrong);

  for (guint i = 0; i < n_candidates; i++)
    belt_suggestion_offer (suggestion, candidates[i]);
  return belt_suggestion_get (suggestion);
}
