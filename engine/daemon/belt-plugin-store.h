/* belt-plugin-store.h - the plugins a daemon was given, on disk and in its engine
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DATA/plugins holds a folder for each installed zip, of a name never used
 * before, and plugins.json that says which of them is which plugin.  Installing
 * is: unpack, load in a plugin host of its own, put into the list, remove the
 * older folder.  Whatever fails before the list is written leaves all as it was.
 */
#pragma once

#include "belt-engine.h"
#include "belt-manifest.h"

G_BEGIN_DECLS

typedef struct _BeltPluginStore BeltPluginStore;

BeltPluginStore *belt_plugin_store_new            (const char        *data_dir,
                                                   GError           **error);
void             belt_plugin_store_free           (BeltPluginStore   *self);
/* Loads what is installed (a plugin that does not load is logged and stays listed) and gives the engine
 * its functions, now and after each change. */
void             belt_plugin_store_attach         (BeltPluginStore   *self,
                                                   BeltEngine        *engine);
/* Returns: (transfer container): names in order of installation, borrowed */
GPtrArray       *belt_plugin_store_list           (BeltPluginStore   *self,
                                                   BeltManifestKind   kind);
gboolean         belt_plugin_store_has            (BeltPluginStore   *self,
                                                   BeltManifestKind   kind,
                                                   const char        *name);
/* NULL when there is none. */
const char      *belt_plugin_store_get_version    (BeltPluginStore   *self,
                                                   BeltManifestKind   kind,
                                                   const char        *name);
/* Returns: (transfer full): those built in and those of all plugins loaded */
BeltFunctionTable *belt_plugin_store_dup_functions (BeltPluginStore *self);
/* Returns: (transfer container): functions of one plugin, of all with name NULL; borrowed */
GPtrArray       *belt_plugin_store_list_functions (BeltPluginStore   *self,
                                                   const char        *name);
/* Returns: (nullable): the function plugin that has the function */
const char      *belt_plugin_store_find_function  (BeltPluginStore   *self,
                                                   const char        *function);
/* Installs or, when there is one of the name, replaces: running rules go over to the new version between
 * two batches.  Error texts are eKuiper's where it has one. */
gboolean         belt_plugin_store_install        (BeltPluginStore   *self,
                                                   BeltManifestKind   kind,
                                                   const char        *name,
                                                   GBytes            *zip,
                                                   GError           **error);
/* NOT_FOUND when there is none. */
gboolean         belt_plugin_store_remove         (BeltPluginStore   *self,
                                                   BeltManifestKind   kind,
                                                   const char        *name,
                                                   GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginStore, belt_plugin_store_free)

G_END_DECLS
