/* bw-window-actions.c - win.* actions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-window-private.h"

#include <glib/gi18n.h>

static void
close_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  gtk_window_close (GTK_WINDOW (widget));
}

void
bw_window_install_actions (GtkWidgetClass *klass)
{
  gtk_widget_class_install_action (klass, "win.close", NULL, close_action);
}
