/* bw-preferences.c - what a person can choose
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-preferences.h"

#include "bw-names.h"
#include "bw-settings.h"

#include <glib/gi18n.h>

struct _BwPreferences
{
  AdwPreferencesWindow parent_instance;

  AdwComboRow         *appearance;
  GtkFontButton       *font;
  GtkSwitch           *line_numbers;
  GtkSpinButton       *tab_width;
  GtkSpinButton       *rows_max;
  GtkSpinButton       *delay;
};

G_DEFINE_FINAL_TYPE (BwPreferences, bw_preferences, ADW_TYPE_PREFERENCES_WINDOW)

static gboolean
get_appearance (GValue   *value,
                GVariant *variant,
                gpointer  data)
{
  static const char *const nicks[] = { "system", "light", "dark" };

  for (guint i = 0; i < G_N_ELEMENTS (nicks); i++)
    if (g_str_equal (g_variant_get_string (variant, NULL), nicks[i]))
      g_value_set_uint (value, i);

  return TRUE;
}

static GVariant *
set_appearance (const GValue       *value,
                const GVariantType *type,
                gpointer            data)
{
  static const char *const nicks[] = { "system", "light", "dark" };

  return g_variant_new_string (nicks[MIN (g_value_get_uint (value), 2u)]);
}

static void
bw_preferences_class_init (BwPreferencesClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-preferences.ui");
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, appearance);
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, font);
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, line_numbers);
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, tab_width);
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, rows_max);
  gtk_widget_class_bind_template_child (widget_class, BwPreferences, delay);
}

static void
bw_preferences_init (BwPreferences *self)
{
  GSettings *settings = bw_settings_get_default ();

  gtk_widget_init_template (GTK_WIDGET (self));
  bw_names_set_choices (self->appearance);
  bw_names_set (GTK_WIDGET (self->font), _("Editor font"));
  bw_names_set (GTK_WIDGET (self->tab_width), _("Width of a tab"));
  bw_names_set (GTK_WIDGET (self->rows_max), _("Rows to compute over"));
  bw_names_set (GTK_WIDGET (self->delay), _("Wait after typing, in milliseconds"));
  g_settings_bind_with_mapping (settings, "appearance", self->appearance, "selected", G_SETTINGS_BIND_DEFAULT,
                                get_appearance, set_appearance, NULL, NULL);
  g_settings_bind (settings, "editor-font", self->font, "font", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "line-numbers", self->line_numbers, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "tab-width", gtk_spin_button_get_adjustment (self->tab_width), "value",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "sample-rows-max", gtk_spin_button_get_adjustment (self->rows_max), "value",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "typing-delay-ms", gtk_spin_button_get_adjustment (self->delay), "value",
                   G_SETTINGS_BIND_DEFAULT);
}

BwPreferences *
bw_preferences_new (GtkWindow *parent)
{
  return g_object_new (BW_TYPE_PREFERENCES, "transient-for", parent, "modal", TRUE, NULL);
}
