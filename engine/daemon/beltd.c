/* beltd.c - the daemon: options, environment, and a main loop
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Listens on 127.0.0.1:9081 like eKuiper.  On any other address it wants a token,
 * and takes plugins only when that was allowed: a plugin is code.
 */
#include "config.h"

#include "belt-http.h"
#include "belt-plugin-store.h"
#include "belt-zone.h"

#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_PORT 9081u

typedef struct
{
  char     *data_dir;
  char     *listen;
  char     *token_file;
  gboolean  allow_plugins;
  gboolean  version;
} Options;

/* KUIPER__BASIC__RESTPORT and its like; NULL when not set. */
static const char *
get_setting (const char *name)
{
  g_autofree char *variable = g_strconcat ("KUIPER__BASIC__", name, NULL);

  return g_getenv (variable);
}

static gboolean
is_on (const char *text)
{
  return text != NULL && (g_ascii_strcasecmp (text, "true") == 0 || g_str_equal (text, "1"));
}

static gboolean
parse_options (Options   *options,
               int       *argc,
               char    ***argv,
               GError   **error)
{
  const GOptionEntry entries[] =
  {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->data_dir, "Where streams, rules and plugins are kept", "DIR" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options->listen, "Where to listen; port 0 takes a free one",
      "ADDRESS:PORT" },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options->token_file,
      "File with the token that requests must carry in Authorization", "FILE" },
    { "allow-plugins", 0, 0, G_OPTION_ARG_NONE, &options->allow_plugins,
      "Take plugins on an address that is not loopback", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("- runs stream rules, spoken to over eKuiper's REST");

  g_option_context_set_description (context,
                                    "eKuiper's settings are read from the environment: KUIPER__BASIC__RESTIP,\n"
                                    "KUIPER__BASIC__RESTPORT, KUIPER__BASIC__TIMEZONE,\n"
                                    "KUIPER__BASIC__ENABLEPRIVATENET.\n");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

/* "127.0.0.1:9081", "[::1]:9081", ":9081" or "9081" */
static GSocketAddress *
parse_listen (const char  *text,
              GError     **error)
{
  const char *ip = get_setting ("RESTIP");
  const char *port_text = get_setting ("RESTPORT");
  g_autofree char *host = g_strdup (ip != NULL && ip[0] != '\0' ? ip : "127.0.0.1");
  guint64 port = DEFAULT_PORT;
  GSocketAddress *address;

  if (text != NULL)
    {
      const char *colon = strrchr (text, ':');

      port_text = colon != NULL ? colon + 1 : text;
      if (colon != NULL && colon > text)
        {
          g_free (host);
          host = text[0] == '[' ? g_strndup (text + 1, (gsize)(colon - text) - 2)
                                : g_strndup (text, (gsize)(colon - text));
        }
    }
  if (port_text != NULL && !g_ascii_string_to_unsigned (port_text, 10, 0, 65535, &port, NULL))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "“%s” is not a port from 0 to 65535", port_text);
      return NULL;
    }
  if (g_str_equal (host, "localhost"))
    {
      g_free (host);
      host = g_strdup ("127.0.0.1");
    }
  if (!(address = g_inet_socket_address_new_from_string (host, (guint)port)))
    g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "“%s” is not an IP address to listen on", host);
  return address;
}

static gboolean
take_token (BeltHttp       *http,
            const Options  *options,
            GSocketAddress *address,
            GError        **error)
{
  GInetAddress *ip = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  gboolean loopback = g_inet_address_get_is_loopback (ip);

  if (options->token_file != NULL)
    {
      if (!g_file_get_contents (options->token_file, &http->token, NULL, error))
        return FALSE;
      g_strstrip (http->token);
      if (http->token[0] == '\0')
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "the token file “%s” is empty", options->token_file);
          return FALSE;
        }
    }
  if (!loopback && http->token == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "listening beyond this machine needs a token: --token-file FILE");
      return FALSE;
    }
  http->plugins_allowed = loopback || options->allow_plugins;
  return TRUE;
}

static gboolean
make_folders (BeltHttp       *http,
              const Options  *options,
              GError        **error)
{
  if (options->data_dir != NULL)
    http->data_dir = g_canonicalize_filename (options->data_dir, NULL);
  else
    http->data_dir = g_build_filename (g_get_user_data_dir (), "beltd", NULL);
  http->uploads_dir = g_build_filename (http->data_dir, "uploads", NULL);
  if (g_mkdir_with_parents (http->uploads_dir, 0750) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", http->uploads_dir,
                   g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

static gboolean
listen_and_say (BeltHttp       *http,
                GSocketAddress *address,
                GError        **error)
{
  g_autoptr(GError) failure = NULL;
  g_autofree char *uri = NULL;

  http->server = soup_server_new ("server-header", "beltd/" BELT_VERSION, NULL);
  belt_http_attach (http);
  if (!(http->listener = belt_http_listener_new (http->server, address, &failure)))
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&failure), "listening: ");
      return FALSE;
    }
  uri = belt_http_listener_dup_uri (http->listener);
  g_print ("listening on %s\n", uri);
  fflush (stdout);
  return TRUE;
}

/* The zone of times that name none; that of the system when it is not set. */
static gboolean
take_zone (GError **error)
{
  const char *name = get_setting ("TIMEZONE");
  guint16 zone;

  if (name == NULL || name[0] == '\0')
    return TRUE;
  if (!belt_zone_lookup (name, strlen (name), &zone))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "KUIPER__BASIC__TIMEZONE: there is no time zone “%s”", name);
      return FALSE;
    }
  belt_zone_set_default (zone);
  return TRUE;
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
serve (BeltHttp       *http,
       const Options  *options,
       GError        **error)
{
  g_autoptr(GSocketAddress) address = parse_listen (options->listen, error);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  if (address == NULL || !take_token (http, options, address, error) || !make_folders (http, options, error))
    return FALSE;
  if (!(http->plugins = belt_plugin_store_new (http->data_dir, error)))
    return FALSE;
  if (!(http->engine = belt_engine_new (http->data_dir, 0, error)))
    return FALSE;
  belt_plugin_store_attach (http->plugins, http->engine);
  if (!listen_and_say (http, address, error))
    return FALSE;

  g_unix_signal_add (SIGINT, quit_cb, loop);
  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_main_loop_run (loop);
  g_clear_pointer (&http->listener, belt_http_listener_free);
  soup_server_disconnect (http->server);
  belt_engine_shutdown (http->engine);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  Options options = { NULL };
  BeltHttp http = { .started_us = g_get_monotonic_time () };
  g_autoptr(GError) error = NULL;
  int code = 0;

  setlocale (LC_CTYPE, "");
  if (!parse_options (&options, &argc, &argv, &error))
    {
      g_printerr ("beltd: %s\nTry “beltd --help”.\n", error->message);
      return 2;
    }
  if (options.version)
    {
      g_print ("beltd %s\n", BELT_VERSION);
      return 0;
    }

  http.private_net = is_on (get_setting ("ENABLEPRIVATENET"));
  if (!take_zone (&error) || !serve (&http, &options, &error))
    {
      g_printerr ("beltd: %s\n", error->message);
      code = 2;
    }
  g_clear_object (&http.server);
  g_clear_object (&http.session);
  g_clear_pointer (&http.plugins, belt_plugin_store_free);
  g_clear_object (&http.engine);
  g_free (http.data_dir);
  g_free (http.uploads_dir);
  g_free (http.token);
  g_free (options.data_dir);
  g_free (options.listen);
  g_free (options.token_file);
  return code;
}
