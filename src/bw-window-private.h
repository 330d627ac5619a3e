/* bw-window-private.h - what the files of the window share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-change.h"
#include "bw-page.h"
#include "bw-plugins.h"
#include "bw-project.h"
#include "bw-session.h"
#include "bw-sidebar.h"
#include "bw-welcome.h"
#include "bw-window.h"

#include <libpanel.h>

G_BEGIN_DECLS

struct _BwWindow
{
  AdwApplicationWindow parent_instance;

  AdwToastOverlay *toasts;
  GtkStack        *stack;
  BwWelcome       *welcome;
  AdwWindowTitle  *title;
  AdwFlap         *flap;
  BwSidebar       *sidebar;
  PanelDock       *dock;
  PanelGrid       *grid;
  GtkWidget       *sidebar_toggle;
  GtkWidget       *new_button;
  GtkWidget       *deploy_button;
  GtkWidget       *status;
  GtkLabel        *state_label;
  GtkLabel        *position_label;

  BwProject       *project;      /* NULL: Welcome */
  BwSession       *session;
  BwPlugins       *plugins;
  BwPage          *page;         /* borrowed: the one with the focus last */
  char            *open_name;    /* to open when the project is read */
  gulong           position_handler;
  BwChange        *undoable;     /* the last rename or deletion */
  AdwToast        *undo_toast;   /* weak: offers that */
  GPtrArray       *reopen;       /* paths of pages, when the project is read again, and … */
  BwKind           focus_kind;   /* … what the sidebar's focus goes to then */
  char            *focus_name;
  gboolean         restored;     /* the pages of last time are open */
};

void    bw_window_install_actions (GtkWidgetClass *klass);
void    bw_window_update_actions  (BwWindow       *self);
void    bw_window_update_keys     (BwWindow       *self);
BwPage *bw_window_open_item       (BwWindow       *self,
                                   BwItem         *item);
void    bw_window_foreach_page    (BwWindow       *self,
                                   void          (*func) (BwPage *page, gpointer data),
                                   gpointer        data);
void    bw_window_export_plugin   (BwWindow       *self,
                                   const char     *plugin,
                                   GFile          *file);
void    bw_window_close_page      (BwWindow       *self,
                                   BwPage         *page);
void    bw_window_rename_item     (BwWindow       *self,
                                   BwItem         *item);
void    bw_window_delete_item     (BwWindow       *self,
                                   BwItem         *item);
void    bw_window_undo_change     (BwWindow       *self);
void    bw_window_offer_undo      (BwWindow       *self,
                                   BwChange       *change);
/* Once the project is read again, these pages are opened, and this gets the sidebar's focus. */
void    bw_window_expect          (BwWindow       *self,
                                   GPtrArray      *paths,
                                   BwKind          kind,
                                   const char     *name);
void    bw_window_finish_change   (BwWindow       *self);

G_END_DECLS
