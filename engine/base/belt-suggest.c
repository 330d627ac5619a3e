/* belt-suggest.c - "did you mean …?"
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Edit distance where two swapped letters are one mistake.  A third of the
 * letters may be wrong.
 */
#include "config.h"

#include "belt-suggest.h"

#include <string.h>

#define BELT_SUGGEST_NAME_MAX 64u

static guint
get_distance (const char *a,
              const char *b)
{
  guint rows[3][BELT_SUGGEST_NAME_MAX + 1];
  gsize n_a = strlen (a);
  gsize n_b = strlen (b);
  guint *before = rows[0];
  guint *last = rows[1];
  guint *now = rows[2];

  if (n_a > BELT_SUGGEST_NAME_MAX || n_b > BELT_SUGGEST_NAME_MAX)
    return G_MAXUINT;

  for (guint j = 0; j <= n_b; j++)
    last[j] = j;

  for (guint i = 1; i <= n_a; i++)
    {
      guint *spare = before;

      now[0] = i;
      for (guint j = 1; j <= n_b; j++)
        {
          guint cost = g_ascii_tolower (a[i - 1]) != g_ascii_tolower (b[j - 1]);

          now[j] = MIN (MIN (last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
          if (i > 1 && j > 1 && g_ascii_tolower (a[i - 1]) == g_ascii_tolower (b[j - 2])
              && g_ascii_tolower (a[i - 2]) == g_ascii_tolower (b[j - 1]))
            now[j] = MIN (now[j], before[j - 2] + 1);
        }
      before = last;
      last = now;
      now = spare;
    }

  return last[n_b];
}

const char *
belt_suggest (const char        *name,
              const char *const *candidates,
              guint              n_candidates)
{
  const char *best = NULL;
  guint best_distance = (guint) (strlen (name) + 2) / 3 + 1;

  for (guint i = 0; i < n_candidates; i++)
    {
      guint distance = get_distance (name, candidates[i]);

      if (distance < best_distance && strcmp (name, candidates[i]) != 0)
        {
          best = candidates[i];
          best_distance = distance;
        }
    }

  return best;
}
