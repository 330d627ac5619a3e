/* belt-project-change.h - what another name, or the end, of a thing changes in a project
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * First a plan, which only reads; it can be shown, applied, and undone.  A change is
 * done whole or not at all, and only to files that are as the plan saw them.  May be
 * used on any thread, by one at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltProjectChange BeltProjectChange;

typedef enum
{
  BELT_THING_STREAM,    /* or a table */
  BELT_THING_RULE,
  BELT_THING_PLUGIN,
  BELT_THING_SAMPLE,    /* its name may have the ending of one file: "demo.csv" */
  BELT_THING_TEST,
  BELT_THING_ENGINE,
  BELT_N_THINGS
} BeltThing;

typedef struct
{
  char *from;       /* path from the folder */
  char *to;         /* the same: its text changes; another: it moves; NULL: it goes */
  guint n_places;   /* of its text that name the thing */
} BeltChangedFile;

const char        *belt_thing_get_name       (BeltThing           thing);   /* "stream" */
/* May a thing of this kind have this name?  Whether it is taken is another question. */
gboolean           belt_thing_check_name     (BeltThing           thing,
                                              const char         *name,
                                              GError            **error);

/* Another name, wherever the project has it: the thing's files, its samples, rules, tests.  The name it has already
 * makes a plan that says where it stands and cannot be applied.  A plugin's name is in its C code, too: refused. */
BeltProjectChange *belt_project_plan_rename  (const char         *folder,
                                              BeltThing           thing,
                                              const char         *from,
                                              const char         *to,
                                              GError            **error);
/* Its files, and its entry in the manifest.  Files that name it stay as they are: see the users. */
BeltProjectChange *belt_project_plan_delete  (const char         *folder,
                                              BeltThing           thing,
                                              const char         *name,
                                              GError            **error);
void               belt_project_change_free  (BeltProjectChange  *self);
/* Returns: (element-type BeltChangedFile) */
GPtrArray         *belt_project_change_get_files (BeltProjectChange *self);
/* Files that name what is deleted.  Returns: (element-type BeltChangedFile) */
GPtrArray         *belt_project_change_get_users (BeltProjectChange *self);
/* trash: what is deleted goes there, if there is one. */
gboolean           belt_project_change_apply (BeltProjectChange  *self,
                                              gboolean            trash,
                                              GError            **error);
/* As it was before, if nobody changed these files since. */
gboolean           belt_project_change_undo  (BeltProjectChange  *self,
                                              GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltProjectChange, belt_project_change_free)

G_END_DECLS
