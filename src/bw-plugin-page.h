/* bw-plugin-page.h - a plugin: its C, what is wrong with it, and what it does to rows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-page.h"
#include "bw-plugins.h"
#include "bw-rows-view.h"

G_BEGIN_DECLS

#define BW_TYPE_PLUGIN_PAGE (bw_plugin_page_get_type ())
G_DECLARE_FINAL_TYPE (BwPluginPage, bw_plugin_page, BW, PLUGIN_PAGE, BwPage)

BwPluginPage *bw_plugin_page_new        (BwDocument   *document,
                                         BwItem       *item,
                                         BwPlugins    *plugins,
                                         BwSession    *session);
BwRowsView   *bw_plugin_page_get_rows   (BwPluginPage *self);
BwPlugin     *bw_plugin_page_get_plugin (BwPluginPage *self);

G_END_DECLS
