/* bw-live.c - a rule that runs for real: true sources, open sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * An engine of its own in this process, with nothing on disk; it is made when
 * first switched on and stays until the page goes.
 */
#include "config.h"

#include "bw-live.h"

#include <glib/gi18n.h>

#define STATUS_MS 500  /* counters are looked at twice a second */

struct _BwLive
{
  GObject     parent_instance;

  BwSession  *session;
  BeltEngine *engine;
  char       *rule;          /* running; NULL: none */
  char       *sentence;
  char       *notice;        /* the last trouble, with its place */
  guint64     n_sent;
  guint       status_timeout;
};

enum
{
  PROP_0,
  PROP_SENTENCE,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (BwLive, bw_live, G_TYPE_OBJECT)

static void
say (BwLive *self,
     char   *sentence)
{
  g_free (self->sentence);
  self->sentence = sentence;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SENTENCE]);
}

static void
emission_cb (const char *rule_id,
             const char *sink,
             const char *payload,
             gsize       len,
             gpointer    data)
{
  ((BwLive *)data)->n_sent++;
}

static void
notice_cb (const char *rule_id,
           const char *place,
           const char *message,
           gpointer    data)
{
  BwLive *self = data;

  g_free (self->notice);
  self->notice = place != NULL && *place != '\0' ? g_strdup_printf ("%s: %s", place, message) : g_strdup (message);
}

/* eKuiper's flat object of counters: all that sources took in. */
static gint64
count_in (JsonObject *status)
{
  g_autoptr(GList) names = json_object_get_members (status);
  gint64 n = 0;

  for (GList *i = names; i != NULL; i = i->next)
    if (g_str_has_prefix (i->data, "source_") && g_str_has_suffix (i->data, "_records_out_total"))
      n += json_object_get_int_member_with_default (status, i->data, 0);

  return n;
}

static gboolean
status_cb (gpointer data)
{
  BwLive *self = data;
  g_autoptr(JsonObject) status = belt_engine_get_rule_status (self->engine, self->rule, NULL);
  const char *state = belt_engine_get_rule_state (self->engine, self->rule);

  if (status == NULL)
    return G_SOURCE_CONTINUE;
  if (state != NULL && g_str_has_prefix (state, "stopped"))
    say (self, g_strdup_printf (_("It stopped: %s."), belt_json_get_text (status, "message",
                                                                                                  state)));
  else
    say (self, g_strdup_printf (_("Sending for real: %ld rows in, %lu sent.%s%s"),
                                (long) count_in (status), (unsigned long) self->n_sent, self->notice != NULL ? " " : "",
                                self->notice != NULL ? self->notice : ""));

  return G_SOURCE_CONTINUE;
}

static gboolean
make_engine (BwLive  *self,
             GError **error)
{
  if (self->engine != NULL)
    return TRUE;

  self->engine = belt_engine_new (NULL, BELT_ENGINE_EXTENSIONS, error);
  if (self->engine == NULL)
    return FALSE;
  belt_engine_set_emission_func (self->engine, emission_cb, self, NULL);
  belt_engine_set_notice_func (self->engine, notice_cb, self, NULL);
  return TRUE;
}

static gboolean
make_streams (BwLive  *self,
              GError **error)
{
  BeltCatalog *catalog = bw_session_get_catalog (self->session);

  if (!belt_engine_put_schemas (self->engine, catalog, error))
    return FALSE;
  for (int tables = 0; tables < 2; tables++)
    {
      g_autoptr(GPtrArray) names = belt_catalog_list (catalog, tables == 1);

      for (guint i = 0; i < names->len; i++)
        {
          BeltStream *stream = belt_catalog_lookup_kind (catalog, g_ptr_array_index (names, i), tables == 1);
          g_autofree char *answer = belt_engine_execute (self->engine, stream->statement, tables == 1, TRUE, error);

          if (answer == NULL)
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
start_rule (BwLive      *self,
            const char  *rule,
            const char  *sql,
            GError     **error)
{
  JsonObject *on_disk = bw_session_get_rule (self->session, rule);
  g_autoptr(JsonObject) object = json_object_new ();

  for (guint i = 0; on_disk != NULL && i < 2; i++)
    {
      const char *member = i == 0 ? "actions" : "options";

      if (json_object_has_member (on_disk, member))
        json_object_set_member (object, member, json_node_copy (json_object_get_member (on_disk, member)));
    }
  json_object_set_string_member (object, "id", rule);
  json_object_set_string_member (object, "sql", sql);
  belt_engine_set_functions (self->engine, bw_session_get_functions (self->session));

  return belt_engine_create_rule (self->engine, rule, object, error);
}

static void
bw_live_get_property (GObject    *object,
                      guint       id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  BwLive *self = BW_LIVE (object);

  switch (id)
    {
    case PROP_SENTENCE:
      g_value_set_string (value, self->sentence);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_live_dispose (GObject *object)
{
  BwLive *self = BW_LIVE (object);

  g_clear_handle_id (&self->status_timeout, g_source_remove);
  if (self->engine != NULL)
    {
      belt_engine_set_emission_func (self->engine, NULL, NULL, NULL);
      belt_engine_set_notice_func (self->engine, NULL, NULL, NULL);
      belt_engine_shutdown (self->engine);
    }
  g_clear_object (&self->engine);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bw_live_parent_class)->dispose (object);
}

static void
bw_live_finalize (GObject *object)
{
  BwLive *self = BW_LIVE (object);

  g_clear_pointer (&self->rule, g_free);
  g_clear_pointer (&self->sentence, g_free);
  g_clear_pointer (&self->notice, g_free);

  G_OBJECT_CLASS (bw_live_parent_class)->finalize (object);
}

static void
bw_live_class_init (BwLiveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bw_live_get_property;
  object_class->dispose = bw_live_dispose;
  object_class->finalize = bw_live_finalize;

  properties[PROP_SENTENCE] =
    g_param_spec_string ("sentence", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
bw_live_init (BwLive *self)
{
}

BwLive *
bw_live_new (BwSession *session)
{
  BwLive *self = g_object_new (BW_TYPE_LIVE, NULL);

  self->session = g_object_ref (session);
  return self;
}

gboolean
bw_live_start (BwLive     *self,
               const char *rule,
               const char *sql)
{
  g_autoptr(GError) error = NULL;

  bw_live_stop (self);
  self->n_sent = 0;
  g_clear_pointer (&self->notice, g_free);
  if (!make_engine (self, &error) || !make_streams (self, &error) || !start_rule (self, rule, sql, &error))
    {
      say (self, g_strdup_printf (_("It does not start: %s"), error->message));
      return FALSE;
    }

  self->rule = g_strdup (rule);
  self->status_timeout = g_timeout_add (STATUS_MS, status_cb, self);
  say (self, g_strdup (_("Sending for real: starting…")));
  return TRUE;
}

void
bw_live_stop (BwLive *self)
{
  if (self->rule == NULL)
    return;

  g_clear_handle_id (&self->status_timeout, g_source_remove);
  /* Gone already is what we want. */
  belt_engine_delete_rule (self->engine, self->rule, NULL);
  g_clear_pointer (&self->rule, g_free);
}

gboolean
bw_live_is_running (BwLive *self)
{
  return self->rule != NULL;
}

const char *
bw_live_get_sentence (BwLive *self)
{
  return self->sentence;
}
