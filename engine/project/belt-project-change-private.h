/* belt-project-change-private.h - what planning a change and doing it share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-project-change.h"
#include "belt-project.h"

G_BEGIN_DECLS

/* A file as it was and as it is to be. */
typedef struct
{
  BeltChangedFile file;         /* first: the public part */
  char           *before;       /* NULL: the text does not matter */
  gsize           before_len;
  char           *after;        /* NULL: only the path changes, or the file goes */
  gsize           after_len;
  int             kept_fd;      /* of a deleted file: what undoing reads; -1: none */
  gboolean        done;
} BeltEdit;

struct _BeltProjectChange
{
  BeltProject *project;
  const char  *folder;          /* the project's */
  BeltThing    thing;
  char        *from;
  char        *to;              /* of a deletion: the same */
  gboolean     is_deletion;
  gboolean     is_applied;
  GPtrArray   *edits;           /* of BeltEdit */
  GPtrArray   *users;           /* of BeltEdit */
};

/* The text of a file; a byte 0 in it is an error: no text of ours has one. */
gboolean  belt_project_change_load (BeltProjectChange  *self,
                                    const char         *path,
                                    char              **ret_text,
                                    gsize              *ret_len,
                                    GError            **error);
/* Takes the texts. */
void      belt_project_change_add  (GPtrArray          *edits,
                                    const char         *from,
                                    const char         *to,
                                    char               *before,
                                    char               *after,
                                    guint               n_places);
gboolean  belt_project_change_has  (BeltProjectChange  *self,
                                    const char         *path);

/* Each puts the files that name the thing on the list, with their new texts. */
gboolean  belt_project_change_collect_rules  (BeltProjectChange  *self,
                                              GPtrArray          *edits,
                                              GError            **error);
gboolean  belt_project_change_collect_tests  (BeltProjectChange  *self,
                                              GPtrArray          *edits,
                                              GError            **error);
/* A plugin's: streams it is the source of, rules that it is a sink of. */
void      belt_project_change_collect_endpoints (BeltProjectChange *self,
                                              GPtrArray          *edits);
/* The name in CREATE STREAM name (…); NULL: there is none. */
char     *belt_project_change_dup_defined    (const char         *sql);
/* The statement with the new name. */
char     *belt_project_change_rename_definition (BeltProjectChange *self,
                                              const char         *sql);

G_END_DECLS
