/* bw-application.c - the workbench as a process
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One window a project.  `--screenshot` is for the manual and for tests: it
 * waits until the window has said everything, writes a picture and ends.
 */
#include "config.h"

#include "bw-application.h"

#include "bw-screenshot.h"
#include "bw-settings.h"
#include "bw-window.h"

#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <libpanel.h>
#include <stdlib.h>

#define SETTLE_MS_MAX 15000  /* a picture is taken by then, settled or not */
#define SETTLE_MS     400    /* quiet time before the picture: two ticks of the demo */

struct _BwApplication
{
  AdwApplication parent_instance;

  char          *screenshot_path; /* NULL: a normal run */
  char          *screenshot_page; /* NULL, or the item to open first */
  int            width;           /* 0: as it was */
  int            height;
  int            settle_ms_left;
  int            quiet_ms;
};

G_DEFINE_FINAL_TYPE (BwApplication, bw_application, ADW_TYPE_APPLICATION)

static void
apply_appearance (GSettings  *settings,
                  const char *key,
                  gpointer    data)
{
  static const AdwColorScheme schemes[] = {
    ADW_COLOR_SCHEME_DEFAULT, ADW_COLOR_SCHEME_FORCE_LIGHT, ADW_COLOR_SCHEME_FORCE_DARK,
  };

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      schemes[g_settings_get_enum (settings, "appearance")]);
}

static void
load_css (void)
{
  g_autoptr(GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/io/github/beltworks/Beltworks/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

/* The editors' font, as a style of its own so that it can change. */
static void
apply_editor_font (GSettings  *settings,
                   const char *key,
                   gpointer    data)
{
  g_autofree char *name = g_settings_get_string (settings, "editor-font");
  PangoFontDescription *font = pango_font_description_from_string (name);
  const char *family = pango_font_description_get_family (font);
  int size = pango_font_description_get_size (font);
  g_autofree char *css = g_strdup_printf (".bw-code { font-family: \"%s\", monospace; font-size: %dpt; }",
                                          family != NULL ? family : "Monospace",
                                          size > 0 ? size / PANGO_SCALE : 11);

  gtk_css_provider_load_from_data (GTK_CSS_PROVIDER (data), css, -1);
  pango_font_description_free (font);
}

static void
load_editor_font (void)
{
  static GtkCssProvider *provider;

  provider = gtk_css_provider_new ();
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_signal_connect (bw_settings_get_default (), "changed::editor-font", G_CALLBACK (apply_editor_font), provider);
  apply_editor_font (bw_settings_get_default (), NULL, provider);
}

static void
bw_application_startup (GApplication *app)
{
  GSettings *settings = bw_settings_get_default ();
  GtkSourceLanguageManager *languages;

  G_APPLICATION_CLASS (bw_application_parent_class)->startup (app);

  gtk_source_init ();
  panel_init ();
  languages = gtk_source_language_manager_get_default ();
  gtk_source_language_manager_append_search_path (languages,
                                                  "resource:///io/github/beltworks/Beltworks/language-specs/");
  load_css ();
  load_editor_font ();
  gtk_window_set_default_icon_name (BELT_APP_ID);
  g_signal_connect_object (settings, "changed::appearance", G_CALLBACK (apply_appearance), app, 0);
  apply_appearance (settings, "appearance", NULL);
  bw_application_add_actions (BW_APPLICATION (app));
}

static gboolean
take_screenshot_cb (gpointer data)
{
  BwApplication *self = data;
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));
  g_autoptr(GError) error = NULL;

  self->settle_ms_left -= 50;
  if (window == NULL)
    return G_SOURCE_CONTINUE;
  self->quiet_ms = bw_window_is_settled (BW_WINDOW (window)) ? self->quiet_ms + 50 : 0;
  if (self->settle_ms_left > 0 && self->quiet_ms < SETTLE_MS)
    return G_SOURCE_CONTINUE;

  if (!bw_screenshot_save (GTK_WIDGET (window), self->screenshot_path, 1.0, &error))
    {
      /* What was resized a moment ago is not drawn yet. */
      if (self->settle_ms_left > 0)
        {
          gtk_widget_queue_draw (GTK_WIDGET (window));
          return G_SOURCE_CONTINUE;
        }
      g_printerr ("beltworks: %s\n", error->message);
      exit (2);
    }

  g_application_quit (G_APPLICATION (self));
  return G_SOURCE_REMOVE;
}

static BwWindow *
create_window (BwApplication *self)
{
  BwWindow *window = bw_window_new (GTK_APPLICATION (self));

  if (self->width > 0)
    gtk_window_set_default_size (GTK_WINDOW (window), self->width, self->height);
  gtk_window_present (GTK_WINDOW (window));

  if (self->screenshot_path != NULL && self->settle_ms_left == 0)
    {
      self->settle_ms_left = SETTLE_MS_MAX;
      g_timeout_add (50, take_screenshot_cb, self);
    }

  return window;
}

static void
bw_application_activate (GApplication *app)
{
  BwApplication *self = BW_APPLICATION (app);
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (app));

  if (window == NULL)
    create_window (self);
  else
    gtk_window_present (window);
}

/**
 * bw_application_open_folder:
 * @self: the application
 * @folder: a project
 *
 * Shows the project, in its window if it is open, in one without a project if
 * there is one, else in a new window.
 */
void
bw_application_open_folder (BwApplication *self,
                            GFile         *folder)
{
  BwWindow *vacant = NULL;

  g_return_if_fail (BW_IS_APPLICATION (self));
  g_return_if_fail (G_IS_FILE (folder));

  for (GList *i = gtk_application_get_windows (GTK_APPLICATION (self)); i != NULL; i = i->next)
    {
      GFile *shown;

      if (!BW_IS_WINDOW (i->data))
        continue;
      shown = bw_window_get_folder (i->data);
      if (shown == NULL)
        vacant = i->data;
      else if (g_file_equal (shown, folder))
        {
          gtk_window_present (i->data);
          return;
        }
    }

  if (vacant == NULL)
    vacant = create_window (self);
  bw_window_open_folder (vacant, folder);
  if (self->screenshot_page != NULL)
    bw_window_open_named (vacant, self->screenshot_page);
}

static void
bw_application_open (GApplication  *app,
                     GFile        **files,
                     int            n_files,
                     const char    *hint)
{
  for (int i = 0; i < n_files; i++)
    bw_application_open_folder (BW_APPLICATION (app), files[i]);
}

static int
bw_application_handle_local_options (GApplication *app,
                                     GVariantDict *options)
{
  BwApplication *self = BW_APPLICATION (app);
  const char *size = NULL;
  gboolean dark;

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("beltworks %s\n", BELT_VERSION);
      return 0;
    }

  g_variant_dict_lookup (options, "screenshot", "^ay", &self->screenshot_path);
  g_variant_dict_lookup (options, "page", "s", &self->screenshot_page);
  if (g_variant_dict_lookup (options, "size", "&s", &size) &&
      sscanf (size, "%dx%d", &self->width, &self->height) != 2)
    {
      g_printerr ("beltworks: --size wants WIDTHxHEIGHT, for example 1280x800, not “%s”.\n", size);
      return 2;
    }
  if (g_variant_dict_lookup (options, "dark", "b", &dark))
    g_settings_set_enum (bw_settings_get_default (), "appearance", 2);
  if (self->screenshot_path != NULL)
    g_application_set_flags (app, g_application_get_flags (app) | G_APPLICATION_NON_UNIQUE);

  return -1;
}

static void
bw_application_finalize (GObject *object)
{
  BwApplication *self = BW_APPLICATION (object);

  g_clear_pointer (&self->screenshot_path, g_free);
  g_clear_pointer (&self->screenshot_page, g_free);

  G_OBJECT_CLASS (bw_application_parent_class)->finalize (object);
}

static void
bw_application_class_init (BwApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *app_class = G_APPLICATION_CLASS (klass);

  object_class->finalize = bw_application_finalize;
  app_class->startup = bw_application_startup;
  app_class->activate = bw_application_activate;
  app_class->open = bw_application_open;
  app_class->handle_local_options = bw_application_handle_local_options;
}

static void
bw_application_init (BwApplication *self)
{
  static const GOptionEntry options[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and end"), NULL },
    { "screenshot", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_("Write a picture of the window and end"), N_("FILE") },
    { "page", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Open this rule, stream or plugin of the project"), N_("NAME") },
    { "size", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Size of the window"), N_("WIDTHxHEIGHT") },
    { "dark", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Use the dark appearance from now on"), NULL },
    { NULL }
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[PROJECT…]"));
  g_application_set_option_context_summary (G_APPLICATION (self), _("Write and watch rules and plugins for streams."));
}

BwApplication *
bw_application_new (void)
{
  return g_object_new (BW_TYPE_APPLICATION,
                       "application-id", BELT_APP_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/beltworks/Beltworks",
                       NULL);
}
