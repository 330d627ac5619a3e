/* belt-cmd-change.c - `belt rename` and `belt delete`: a thing of a project, wherever the project has it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-project-change.h"

#include <json-glib/json-glib.h>
#include <string.h>

typedef struct
{
  gboolean dry_run;
  gboolean json;
} Options;

static JsonArray *
list_to_json (GPtrArray *files)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < files->len; i++)
    {
      const BeltChangedFile *file = g_ptr_array_index (files, i);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "from", file->from);
      if (file->to != NULL)
        json_object_set_string_member (object, "to", file->to);
      else
        json_object_set_null_member (object, "to");
      json_object_set_int_member (object, "places", file->n_places);
      json_array_add_object_element (array, object);
    }

  return array;
}

static void
print_json (BeltProjectChange *change,
            gboolean           is_deletion,
            gboolean           is_done)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_boolean_member (object, "done", is_done);
  json_object_set_array_member (object, "files", list_to_json (belt_project_change_get_files (change)));
  if (is_deletion)
    json_object_set_array_member (object, "users", list_to_json (belt_project_change_get_users (change)));
  json_node_take_object (node, object);
  text = json_to_string (node, TRUE);
  g_print ("%s\n", text);
}

static void
print_file (const BeltChangedFile *file)
{
  g_autofree char *places = g_strdup_printf (file->n_places == 1 ? ": %u place" : ": %u places", file->n_places);

  if (file->to == NULL)
    g_print ("%s: deleted\n", file->from);
  else if (g_str_equal (file->from, file->to))
    g_print ("%s%s\n", file->from, places);
  else
    g_print ("%s → %s%s\n", file->from, file->to, file->n_places > 0 ? places : "");
}

static void
print_text (BeltProjectChange *change)
{
  GPtrArray *files = belt_project_change_get_files (change);
  GPtrArray *users = belt_project_change_get_users (change);

  for (guint i = 0; i < files->len; i++)
    print_file (g_ptr_array_index (files, i));
  for (guint i = 0; i < users->len; i++)
    g_printerr ("%s still names it\n", ((BeltChangedFile *)g_ptr_array_index (users, i))->from);
}

/* "rule/hot" */
static gboolean
parse_thing (const BeltCommand  *command,
             const char         *text,
             BeltThing          *ret_thing,
             const char        **ret_name)
{
  const char *slash = strchr (text, '/');
  g_autofree char *kind = g_strndup (text, slash != NULL ? (gsize)(slash - text) : 0);

  *ret_name = slash != NULL ? slash + 1 : NULL;
  for (BeltThing thing = 0; slash != NULL && thing < BELT_N_THINGS; thing++)
    if (g_str_equal (kind, belt_thing_get_name (thing)) ||
        (thing == BELT_THING_STREAM && g_str_equal (kind, "table")))
      {
        *ret_thing = thing;
        return TRUE;
      }

  belt_cli_complain (command, "“%s” is no KIND/NAME; KIND is one of: stream, table, rule, plugin, sample, test, engine",
                     text);
  return FALSE;
}

/* What cannot be planned did not start; what was planned and cannot be done has failed. */
static int
apply (const BeltCommand *command,
       BeltProjectChange *change,
       const Options     *options,
       gboolean           is_deletion)
{
  g_autoptr(GError) error = NULL;

  if (!options->dry_run && !belt_project_change_apply (change, FALSE, &error))
    {
      belt_cli_complain (command, "%s", error->message);
      return BELT_EXIT_FAILED;
    }
  if (options->json)
    print_json (change, is_deletion, !options->dry_run);
  else
    print_text (change);
  if (options->dry_run && !options->json)
    belt_cli_complain (command, "nothing was changed: --dry-run");

  return BELT_EXIT_OK;
}

static int
run_change (const BeltCommand *command,
            int                argc,
            char             **argv,
            gboolean           is_deletion)
{
  Options options = { FALSE, FALSE };
  const GOptionEntry entries[] =
  {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, "Change nothing; print what would change", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the files as JSON", NULL },
    { NULL },
  };
  int n_arguments = is_deletion ? 2 : 3;
  g_autoptr(BeltProjectChange) change = NULL;
  g_autoptr(GError) error = NULL;
  const char *name;
  BeltThing thing;
  int code;

  if (!belt_cli_parse (command, entries, &argc, &argv, n_arguments, n_arguments, &code))
    return code;
  if (!parse_thing (command, argv[2], &thing, &name))
    return BELT_EXIT_USAGE;
  if (!is_deletion && g_str_equal (name, argv[3]))
    {
      belt_cli_complain (command, "“%s” is its name already", name);
      return BELT_EXIT_USAGE;
    }

  change = is_deletion ? belt_project_plan_delete (argv[1], thing, name, &error)
                       : belt_project_plan_rename (argv[1], thing, name, argv[3], &error);
  if (change == NULL)
    {
      belt_cli_complain (command, "%s", error->message);
      return BELT_EXIT_USAGE;
    }

  return apply (command, change, &options, is_deletion);
}

static int
run_rename (int    argc,
            char **argv)
{
  return run_change (&belt_cmd_rename, argc, argv, FALSE);
}

static int
run_delete (int    argc,
            char **argv)
{
  return run_change (&belt_cmd_delete, argc, argv, TRUE);
}

const BeltCommand belt_cmd_rename =
{
  "rename", "PROJECT KIND/NAME NEW", "Give a stream, rule, sample, test or engine another name, wherever it is used",
  run_rename,
};

const BeltCommand belt_cmd_delete =
{
  "delete", "PROJECT KIND/NAME", "Delete a stream, rule, plugin, sample, test or engine, and say what still names it",
  run_delete,
};
