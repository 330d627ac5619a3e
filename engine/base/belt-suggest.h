/* belt-suggest.h - did you mean …?
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finds the known name that is closest to a mistyped one: letters added, left
 * out, changed or swapped, at most one for every three.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltSuggestion BeltSuggestion;

BeltSuggestion *belt_suggestion_new   (const char      *wrong);
void            belt_suggestion_free  (BeltSuggestion  *self);
/* So many changes at most, where a wrong guess would be worse than none. */
void            belt_suggestion_set_most (BeltSuggestion *self,
                                       guint            most);
/* The name must live as long as the suggestion. */
void            belt_suggestion_offer (BeltSuggestion  *self,
                                       const char      *name);
/* The best of what was offered, or NULL when nothing is close. */
const char     *belt_suggestion_get   (BeltSuggestion  *self);

/* All at once: the name nearest to a misspelt one, or NULL when none is near enough. */
const char     *belt_suggest          (const char        *wrong,
                                       const char *const *candidates,
                                       guint              n_candidates);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSuggestion, belt_suggestion_free)

G_END_DECLS
