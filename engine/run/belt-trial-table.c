/* belt-trial-table.c - a lookup table of a trial: what was fed to it, the newest row a key
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-json.h"

#include <string.h>

struct _BeltTrialTable
{
  BeltLookupTable lookup;
  char           *key;    /* a member's name, or NULL: every row is one */
  GHashTable     *rows;   /* text of the key → BeltValue, owned */
};

static gboolean
matches_keys (const BeltValue   *row,
              const char *const *keys,
              const BeltValue   *values,
              guint              n_keys)
{
  for (guint i = 0; i < n_keys; i++)
    {
      const BeltValue *own = belt_value_get_member (row, keys[i], strlen (keys[i]));

      if (own == NULL)
        return FALSE;
      if (belt_value_is_number (own) && belt_value_is_number (&values[i]))
        {
          if (belt_value_as_f64 (own) != belt_value_as_f64 (&values[i]))
            return FALSE;
        }
      else if (!belt_value_equal (own, &values[i]))
        return FALSE;
    }

  return TRUE;
}

static void
find_rows (gpointer           owner,
           const char *const *keys,
           const BeltValue   *values,
           guint              n_keys,
           BeltArena         *arena,
           GArray            *ret_rows)
{
  BeltTrialTable *self = owner;
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    {
      if (matches_keys (row, keys, values, n_keys))
        g_array_append_vals (ret_rows, row, 1);
    }
}

static void
free_row (gpointer data)
{
  belt_value_clear_owned (data);
  g_free (data);
}

BeltTrialTable *
belt_trial_table_new (const char *key)
{
  BeltTrialTable *self = g_new0 (BeltTrialTable, 1);

  self->lookup = (BeltLookupTable) { find_rows, self };
  self->key = g_strdup (key);
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_row);

  return self;
}

void
belt_trial_table_free (BeltTrialTable *self)
{
  g_hash_table_unref (self->rows);
  g_free (self->key);
  g_free (self);
}

BeltLookupTable *
belt_trial_table_get_lookup (BeltTrialTable *self)
{
  return &self->lookup;
}

void
belt_trial_table_put (BeltTrialTable  *self,
                      const BeltValue *row)
{
  const BeltValue *member = self->key != NULL ? belt_value_get_member (row, self->key, strlen (self->key)) : NULL;
  BeltValue *owned = g_new0 (BeltValue, 1);

  belt_value_dup_owned (owned, row);
  g_hash_table_replace (self->rows,
                        member != NULL ? belt_trial_say_value (member)
                                       : g_strdup_printf ("%u", g_hash_table_size (self->rows)),
                        owned);
}
