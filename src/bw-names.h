/* bw-names.h - accessible names for what GTK leaves without one
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Of the widget and of what takes the focus inside it. */
void bw_names_set         (GtkWidget   *widget,
                           const char  *name);
/* Its title; the row and what is typed into or listed in it. */
void bw_names_set_row     (GtkWidget   *row);
/* The same, and every choice; the row's model has GtkStringObjects. */
void bw_names_set_choices (AdwComboRow *row);
/* Buttons below this widget that show a label made by hand have it as their name. */
void bw_names_set_buttons (GtkWidget   *root);
/* Tabs of pages below this widget, and their buttons. */
void bw_names_set_tabs    (GtkWidget   *root);

G_END_DECLS
