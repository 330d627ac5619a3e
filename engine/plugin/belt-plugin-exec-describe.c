/* belt-plugin-exec-describe.c - what a plugin says of itself, checked
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-exec.h"

G_LOCK_DEFINE_STATIC (contexts);
static GSList *contexts;

static gboolean
is_name (const char *name)
{
  gsize n = name != NULL ? strlen (name) : 0;

  if (n < 1 || n > 64 || g_ascii_isdigit (name[0]))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (name[i]) && name[i] != '_')
      return FALSE;

  return TRUE;
}

static gsize
get_size_min (guint32 kind)
{
  switch (kind)
    {
    case BELT_KIND_SCALAR:
      return G_STRUCT_OFFSET (belt_scalar, exec_batch);
    case BELT_KIND_AGGREGATE:
      return G_STRUCT_OFFSET (belt_aggregate, clear);
    case BELT_KIND_SOURCE:
      return G_STRUCT_OFFSET (belt_source, save);
    case BELT_KIND_SINK:
      return G_STRUCT_OFFSET (belt_sink, flush);
    default:
      return sizeof (belt_def);
    }
}

static const char *
check_def (const belt_def *def,
           char           *text,
           gsize           text_size)
{
  const char *missing = NULL;

  if (!is_name (def->name))
    return "a definition has no name of the form [A-Za-z_][A-Za-z0-9_]{0,63}";
  if (def->struct_size < get_size_min (def->kind))
    missing = "its struct_size is too small; use BELT_SCALAR and its like";
  else if (def->kind == BELT_KIND_SCALAR && ((const belt_scalar *)def)->exec == NULL)
    missing = "exec is missing";
  else if (def->kind == BELT_KIND_AGGREGATE &&
           (((const belt_aggregate *)def)->accumulate == NULL || ((const belt_aggregate *)def)->finish == NULL))
    missing = "accumulate and finish are needed";
  else if (def->kind == BELT_KIND_SOURCE &&
           (((const belt_source *)def)->create == NULL || ((const belt_source *)def)->poll == NULL))
    missing = "create and poll are needed";
  else if (def->kind == BELT_KIND_SINK &&
           (((const belt_sink *)def)->create == NULL ||
            (((const belt_sink *)def)->collect == NULL && ((const belt_sink *)def)->row == NULL)))
    missing = "create, and collect or row, are needed";
  if (missing == NULL)
    return NULL;

  g_snprintf (text, text_size, "“%s”: %s", def->name, missing);
  return text;
}

const char *
belt_exec_check (const belt_plugin *plugin,
                 char              *text,
                 gsize              text_size)
{
  guint n = 0;

  if (plugin->magic != BELT_MAGIC)
    return "the symbol " BELT_SYMBOL " does not begin as a plugin does; is it made by BELT_PROVIDE or BELT_PLUGIN?";
  if (plugin->abi_min >> 16 != BELT_ABI_MAJOR || plugin->abi_min > BELT_ABI)
    {
      g_snprintf (text, text_size, "the plugin needs ABI %u.%u, this engine has %u.%u", plugin->abi_min >> 16,
                  plugin->abi_min & 0xffff, BELT_ABI_MAJOR, BELT_ABI_MINOR);
      return text;
    }
  if (plugin->struct_size < G_STRUCT_OFFSET (belt_plugin, init) || plugin->id == NULL || plugin->version == NULL)
    return "the descriptor has no id or version";

  for (guint i = 0; plugin->requires_ != NULL && plugin->requires_[i] != NULL; i++)
    if (belt_exec_get_interface (NULL, plugin->requires_[i]) == NULL)
      {
        g_snprintf (text, text_size, "the plugin requires “%s”, which this engine does not offer",
                    plugin->requires_[i]);
        return text;
      }

  while (plugin->defs != NULL && n < BELT_PLUGIN_DEFS_MAX && plugin->defs[n] != NULL)
    {
      const char *wrong = check_def (plugin->defs[n++], text, text_size);

      if (wrong != NULL)
        return wrong;
    }
  if (n == 0 || n == BELT_PLUGIN_DEFS_MAX)
    return n == 0 ? "the plugin defines nothing" : "the plugin has more than 255 definitions, or their list has no end";

  return NULL;
}

gboolean
belt_exec_init (const BeltExecHost *host,
                const belt_plugin  *plugin,
                char               *text,
                gsize               text_size)
{
  BeltExec *self = belt_exec_new (host, plugin, NULL, NULL);
  void *state = NULL;
  belt_status status = BELT_OK;

  /* Kept for good, because the plugin may: one a library loaded. */
  G_LOCK (contexts);
  contexts = g_slist_prepend (contexts, self);
  G_UNLOCK (contexts);
  if (BELT_HAS (plugin, init))
    status = plugin->init (belt_exec_get_table (), self, &state);
  if (status >= BELT_OK)
    return TRUE;

  g_snprintf (text, text_size, "init: %s",
              self->fail_text[0] != 0 ? self->fail_text : belt_exec_describe_status (status));
  return FALSE;
}

static BeltMember
make_member (const char *name,
             BeltValue   value)
{
  return (BeltMember) { .name = name, .name_len = strlen (name), .value = value };
}

static BeltValue
make_text (const char *text)
{
  return text != NULL ? belt_value_str (text, strlen (text)) : belt_value_null ();
}

static const char *
get_signature (const belt_def *def)
{
  return def->kind == BELT_KIND_SCALAR ? ((const belt_scalar *)def)->signature
         : def->kind == BELT_KIND_AGGREGATE ? ((const belt_aggregate *)def)->signature : NULL;
}

static gboolean
can_save (const belt_def *def)
{
  return (def->kind == BELT_KIND_SCALAR && BELT_DEF_HAS ((const belt_scalar *)def, save)) ||
         (def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)def, save));
}

gsize
belt_exec_describe (const belt_plugin *plugin,
                    BeltWire          *wire)
{
  BeltArena *arena = belt_arena_new ();
  GArray *items = g_array_new (FALSE, FALSE, sizeof (BeltValue));
  gsize at = belt_wire_reserve (wire, sizeof (BeltValue));
  BeltMember *members;
  BeltValue root;

  for (guint i = 0; plugin->defs[i] != NULL; i++)
    {
      const belt_def *def = plugin->defs[i];
      BeltValue item;

      members = belt_arena_new_array (arena, BeltMember, 8);
      members[0] = make_member ("name", make_text (def->name));
      members[1] = make_member ("kind", belt_value_i64 (def->kind));
      members[2] = make_member ("schema", make_text (def->config_schema));
      members[3] = make_member ("doc", make_text (def->doc));
      members[4] = make_member ("flags", belt_value_i64 ((gint64)def->flags));
      members[5] = make_member ("stateVersion", belt_value_i64 (def->state_version));
      members[6] = make_member ("signature", make_text (get_signature (def)));
      members[7] = make_member ("saves", belt_value_bool (can_save (def)));
      item = belt_value_map (members, 8);
      g_array_append_val (items, item);
    }

  members = belt_arena_new_array (arena, BeltMember, 6);
  members[0] = make_member ("id", make_text (plugin->id));
  members[1] = make_member ("version", make_text (plugin->version));
  members[2] = make_member ("abi", belt_value_i64 (plugin->abi_built));
  members[3] = make_member ("name", make_text (plugin->name));
  members[4] = make_member ("about", make_text (plugin->about));
  members[5] = make_member ("defs", belt_value_list ((const BeltValue *)items->data, items->len));
  root = belt_value_map (members, 6);
  belt_wire_put_values (wire, at, &root, 1, arena);
  g_array_unref (items);
  belt_arena_free (arena);

  return at;
}
