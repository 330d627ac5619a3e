/* bw-window-private.h - what the files of the window share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-welcome.h"
#include "bw-window.h"

G_BEGIN_DECLS

struct _BwWindow
{
  AdwApplicationWindow parent_instance;

  GFile           *folder;      /* NULL: Welcome */
  AdwToastOverlay *toasts;
  GtkStack        *stack;
  BwWelcome       *welcome;
  AdwWindowTitle  *title;
};

void bw_window_install_actions (GtkWidgetClass *klass);

G_END_DECLS
