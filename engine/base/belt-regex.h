/* belt-regex.h - regular expressions in RE2's syntax
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper's are Go's (RE2); ours run on PCRE2 with its JIT and with limits on
 * steps and memory, so that a hostile pattern fails instead of hanging.  What
 * RE2 spells differently is translated, what it lacks (look-around, references
 * back) is refused.  A compiled pattern is immutable; any thread may match.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltRegex BeltRegex;

BeltRegex *belt_regex_new      (const char *pattern,
                                gsize       len,
                                GError    **error);
BeltRegex *belt_regex_ref      (BeltRegex  *self);
void       belt_regex_unref    (BeltRegex  *self);
/* 1 matches somewhere in the text, 0 does not, -1 a limit was hit. */
int        belt_regex_match    (BeltRegex  *self,
                                const char *text,
                                gsize       len);
/* Finds the first match at or after start: byte offsets of the match and its groups, 2 * n_groups of them
 * (G_MAXSIZE for a group that took no part).  Returns: as belt_regex_match() */
int        belt_regex_find     (BeltRegex  *self,
                                const char *text,
                                gsize       len,
                                gsize       start,
                                gsize      *offsets,
                                guint       n_groups);
#define BELT_REGEX_GROUPS_MAX 64u
/* Groups, the whole match counted. */
guint      belt_regex_get_n_groups (BeltRegex *self);
/* Go's ReplaceAllString: $1, ${1}, ${name}, $$ in the replacement.  FALSE: a limit was hit. */
gboolean   belt_regex_replace  (BeltRegex  *self,
                                const char *text,
                                gsize       len,
                                const char *replacement,
                                gsize       replacement_len,
                                GString    *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRegex, belt_regex_unref)

G_END_DECLS
