/* belt-plugin-version.h - one build of a plugin, and which build answers now
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A version is a file that is never overwritten; its host is started on demand
 * and again after a death.  An entry is a plugin's name: whoever runs it looks
 * at the entry's generation at the start of each batch and swaps itself.
 */
#pragma once

#include "belt-plugin-process.h"
#include "belt-plugin-symbol.h"

G_BEGIN_DECLS

#define BELT_PLUGIN_DEATHS_FALL_BACK 4u    /* without a batch in between: the last good version takes over */
#define BELT_PLUGIN_DEATHS_FAULTED   10u   /* and where there is none, nobody is started again */

typedef struct _BeltPluginVersion BeltPluginVersion;
typedef struct _BeltPluginEntry   BeltPluginEntry;

typedef enum
{
  BELT_NOTICE_SWAPPED,    /* a call site, source or sink runs the new version */
  BELT_NOTICE_KEPT_OLD,   /* it could not, the old one goes on */
  BELT_NOTICE_FAULT,      /* crash, budget, exit */
  BELT_NOTICE_FELL_BACK,  /* the last good version answers */
  BELT_NOTICE_FAULTED,    /* nobody answers until there is a new build */
  BELT_NOTICE_LOG,        /* a line the plugin logged */
} BeltPluginNoticeKind;

typedef struct
{
  BeltPluginNoticeKind  kind;
  char                 *plugin;
  char                 *definition;   /* function, source or sink; may be NULL */
  char                 *text;         /* one sentence */
  char                 *file;         /* may be NULL */
  guint                 line;
  double                ms;           /* SWAPPED: how long rows waited */
  gboolean              state_kept;   /* SWAPPED: FALSE, text says why */
  int                   level;        /* LOG */
} BeltPluginNotice;

void belt_plugin_notice_free (BeltPluginNotice *self);

/* Called on any thread; must not block. */
typedef void (*BeltPluginNoticeSink) (BeltPluginNotice *notice,   /* taken */
                                      gpointer          owner);

/* What one definition is, as the plugin says. */
typedef struct
{
  char     *name;
  guint     kind;            /* BELT_KIND_* of the SDK */
  char     *schema;
  char     *doc;
  char     *signature;
  guint64   flags;
  guint32   state_version;
  gboolean  saves;
} BeltPluginDef;

BeltPluginVersion *belt_plugin_version_new         (const char             *path,
                                                    BeltProcessKind         kind,
                                                    BeltPluginEntry        *entry,
                                                    GError                **error);
BeltPluginVersion *belt_plugin_version_ref         (BeltPluginVersion      *self);
void               belt_plugin_version_unref       (BeltPluginVersion      *self);
/* Returns: (transfer full) (nullable): a host that lives, started when there is none */
BeltPluginProcess *belt_plugin_version_acquire     (BeltPluginVersion      *self,
                                                    GError                **error);
const char        *belt_plugin_version_get_path    (BeltPluginVersion      *self);
const char        *belt_plugin_version_get_id      (BeltPluginVersion      *self);
const char        *belt_plugin_version_get_version (BeltPluginVersion      *self);
GPid               belt_plugin_version_get_pid     (BeltPluginVersion      *self);   /* 0: none */
BeltProcessKind    belt_plugin_version_get_kind    (BeltPluginVersion      *self);
/* Returns: (element-type BeltPluginDef): borrowed */
GPtrArray         *belt_plugin_version_get_defs    (BeltPluginVersion      *self);
const BeltPluginDef *belt_plugin_version_find_def  (BeltPluginVersion      *self,
                                                    const char             *name);

BeltPluginEntry   *belt_plugin_entry_new           (const char             *name,
                                                    BeltPluginNoticeSink    sink,
                                                    gpointer                owner);
BeltPluginEntry   *belt_plugin_entry_ref           (BeltPluginEntry        *self);
void               belt_plugin_entry_unref         (BeltPluginEntry        *self);
/* The owner of the notices is gone. */
void               belt_plugin_entry_detach        (BeltPluginEntry        *self);
const char        *belt_plugin_entry_get_name      (BeltPluginEntry        *self);
guint              belt_plugin_entry_get_generation (BeltPluginEntry       *self);
BeltPluginVersion *belt_plugin_entry_dup_version   (BeltPluginEntry        *self);
void               belt_plugin_entry_set_version   (BeltPluginEntry        *self,
                                                    BeltPluginVersion      *version);
void               belt_plugin_entry_set_budgets   (BeltPluginEntry        *self,
                                                    guint                   function_ms,
                                                    guint                   io_ms);
guint              belt_plugin_entry_get_function_ms (BeltPluginEntry      *self);
guint              belt_plugin_entry_get_io_ms     (BeltPluginEntry        *self);
char              *belt_plugin_entry_dup_data_dir  (BeltPluginEntry        *self);
void               belt_plugin_entry_set_data_dir  (BeltPluginEntry        *self,
                                                    const char             *data_dir);
/* "running", "fell back", "faulted"; and the last fault's sentence, may be NULL */
const char        *belt_plugin_entry_get_state     (BeltPluginEntry        *self,
                                                    char                  **ret_fault);
/* A batch of this version was answered. */
void               belt_plugin_entry_note_good     (BeltPluginEntry        *self,
                                                    BeltPluginVersion      *version);
/* A death; may fall back.  Tells it, too. */
void               belt_plugin_entry_note_death    (BeltPluginEntry        *self,
                                                    BeltPluginVersion      *version,
                                                    const char             *definition,
                                                    const BeltPluginFault  *fault);
/* Non-NULL: nobody answers any more, and this is why. */
char              *belt_plugin_entry_dup_faulted   (BeltPluginEntry        *self,
                                                    BeltPluginVersion      *version);
void               belt_plugin_entry_tell          (BeltPluginEntry        *self,
                                                    BeltPluginNotice       *notice);
BeltPluginNotice  *belt_plugin_entry_make_notice   (BeltPluginEntry        *self,
                                                    BeltPluginNoticeKind    kind,
                                                    const char             *definition,
                                                    const char             *format,
                                                    ...) G_GNUC_PRINTF (4, 5);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginVersion, belt_plugin_version_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginEntry, belt_plugin_entry_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginNotice, belt_plugin_notice_free)

G_END_DECLS
