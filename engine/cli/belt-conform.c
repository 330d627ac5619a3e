/* belt-conform.c - recorded cases of eKuiper run again
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A case is a definition of streams, a rule, messages and what came out; or the
 * phase that refused it.  Each is a trial of its own.  Input is handed on as the
 * bytes that stand in the file, since `1` and `1.0` differ.  Cases marked unsure
 * are recorded defects and leave the count.
 */
#include "config.h"

#include "belt-conform.h"

#include "belt-conform-compare.h"
#include "belt-graph.h"
#include "belt-json-member.h"
#include "belt-json.h"
#include "belt-plan.h"
#include "belt-stream.h"
#include "belt-trial.h"

#include <string.h>

#define START_MS G_GINT64_CONSTANT (1700000000000)   /* of cases without a clock */

typedef struct
{
  char *area;
  guint n_passed;
  guint n_failed;
  guint n_skipped;
} AreaCount;

typedef struct
{
  BeltArena   arena;
  BeltValue   line;      /* the case as text, for input */
  BeltValue   fields;    /* the case taken apart */
  JsonObject *object;    /* the same for options and sinks */
  char       *sql;       /* the rule's, or what its graph says */
  GString    *got;       /* what came instead, for the report */
} Case;

static const BeltValue *
get_field (const Case *self,
           const char *name)
{
  return belt_value_get_member (&self->fields, name, strlen (name));
}

static const char *
get_text (Case       *self,
          const char *name)
{
  return belt_json_get_text (self->object, name, "");
}

static char *
dup_value (const BeltValue *value)
{
  return value != NULL && value->tag == BELT_TAG_STR ? g_strndup (value->u.s, value->len) : NULL;
}

/* Which phase refuses the streams, or NULL and the catalog. */
static const char *
create_streams (Case         *self,
                BeltCatalog **ret_catalog)
{
  g_autoptr(BeltCatalog) catalog = belt_catalog_new ();
  const BeltValue *streams = get_field (self, "streams");
  const BeltValue *one = get_field (self, "stream");
  guint n_streams = streams != NULL ? streams->len : 1;

  for (guint i = 0; i < n_streams; i++)
    {
      g_autofree char *sql = dup_value (streams != NULL ? &streams->u.items[i] : one);
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltStream) stream = sql != NULL ? belt_stream_new_from_sql (sql, &error) : NULL;
      BeltCatalog *with;

      if (stream == NULL)
        {
          g_string_append_printf (self->got, "create: %s", error != NULL ? error->message : "no statement");
          return "create";
        }
      with = belt_catalog_with (catalog, stream);
      belt_catalog_unref (catalog);
      catalog = with;
    }
  *ret_catalog = g_steal_pointer (&catalog);
  return NULL;
}

/* One sink of the recorder's type with the case's properties; one that takes rows if those were recorded. */
static JsonArray *
make_actions (Case *self)
{
  JsonArray *actions = json_array_new ();
  JsonObject *action = json_object_new ();
  JsonObject *properties = json_object_has_member (self->object, "sink")
                             ? json_object_ref (json_object_get_object_member (self->object, "sink"))
                             : json_object_new ();
  gboolean takes_rows = json_object_has_member (self->object, "sink") &&
                        !json_object_get_boolean_member_with_default (self->object, "encoded", FALSE);

  json_object_set_object_member (action, takes_rows ? "memory" : "test", properties);
  json_array_add_object_element (actions, action);
  return actions;
}

static JsonObject *
get_options (Case *self)
{
  return json_object_has_member (self->object, "options") ? json_object_get_object_member (self->object, "options")
                                                          : NULL;
}

/* Which phase refuses the statement, or NULL and the plan.  EXPLAIN needs no plan that runs. */
static const char *
make_plan (Case         *self,
           BeltCatalog  *catalog,
           JsonArray    *actions,
           BeltPlan    **ret_plan)
{
  BeltPlanRequest request = {
    .catalog = catalog,
    .functions = belt_function_table_get_builtin (),
    .sql = self->sql,
    .len = -1,
    .options = get_options (self),
    .actions = actions,
  };
  BeltPlanResult *result = belt_plan_new (&request);
  const char *refused_by = NULL;

  if (result->explain != NULL && get_text (self, "area") != NULL && strcmp (get_text (self, "area"), "explain") == 0)
    g_string_append (self->got, result->explain);
  else if (result->plan != NULL)
    *ret_plan = belt_plan_ref (result->plan);
  else
    {
      refused_by = result->parsed ? "plan" : "parse";
      g_string_append_printf (self->got, "%s: %s", refused_by, result->error != NULL ? result->error : "");
    }
  belt_plan_result_free (result);
  return refused_by;
}

static void
add_input (BeltTrialSpec   *spec,
           BeltArena       *arena,
           const BeltValue *entry,
           const char      *only_stream)
{
  BeltValue stream = belt_json_get_member (entry, "stream", 6, arena);
  BeltValue data = belt_json_get_member (entry, "data", 4, arena);
  BeltValue raw = belt_json_get_member (entry, "raw", 3, arena);
  BeltValue at = belt_json_get_member (entry, "at", 2, arena);
  g_autofree char *name = stream.tag == BELT_TAG_STR ? dup_value (&stream) : g_strdup (only_stream);
  gint64 at_ms = belt_value_is_number (&at) ? (gint64)belt_value_as_f64 (&at) : -1;
  BeltTrialInput *input;

  if (data.tag == BELT_TAG_JSON)
    raw = belt_value_str (data.u.s, data.len);
  if (raw.tag != BELT_TAG_STR)
    {
      belt_trial_spec_add_input (spec, NULL, NULL, 0, at_ms);
      return;
    }
  belt_trial_spec_add_input (spec, name, raw.u.s, raw.len, at_ms);
  input = g_ptr_array_index (spec->inputs, spec->inputs->len - 1);
  g_free (input->metadata);
  input->metadata = g_strdup_printf ("{\"topic\":\"%s\"}", name);
}

/* Calls for each element of an array that is still text. */
static void
add_inputs (BeltTrialSpec   *spec,
            BeltArena       *arena,
            const BeltValue *array,
            const char      *only_stream,
            gboolean         is_bare)
{
  const char *at = array->u.s + 1;
  const char *end = array->u.s + array->len;
  BeltJsonError error;

  while (at < end && *at != ']')
    {
      const char *next;
      BeltValue entry = { .tag = BELT_TAG_JSON, .flags = BELT_VALUE_JSON_INTEGERS };

      if (g_ascii_isspace (*at) || *at == ',')
        {
          at++;
          continue;
        }
      if (!(next = belt_json_skip_value (at, end, &error)))
        return;
      entry.u.s = at;
      entry.len = (guint32)(next - at);
      if (is_bare)
        belt_trial_spec_add_input (spec, only_stream, at, next - at, -1);
      else
        add_input (spec, arena, &entry, only_stream);
      at = next;
    }
}

/* Rows of the bus come first, as messages of the tables that read the topic. */
static void
add_memory (Case          *self,
            BeltTrialSpec *spec)
{
  BeltValue memory = belt_json_get_member (&self->line, "memory", 6, &self->arena);
  g_autoptr(GPtrArray) tables = belt_catalog_list (spec->catalog, TRUE);

  for (guint i = 0; memory.tag == BELT_TAG_JSON && i < tables->len; i++)
    {
      const char *name = g_ptr_array_index (tables, i);
      BeltStream *table = belt_catalog_lookup (spec->catalog, name);
      const char *topic = table->datasource != NULL ? table->datasource : "";
      BeltValue rows = belt_json_get_member (&memory, topic, strlen (topic), &self->arena);

      if (rows.tag == BELT_TAG_JSON)
        add_inputs (spec, &self->arena, &rows, name, TRUE);
    }
}

static BeltTrialSpec *
make_spec (Case        *self,
           BeltCatalog *catalog,
           JsonArray   *actions)
{
  BeltTrialSpec *spec = belt_trial_spec_new ();
  BeltValue input = belt_json_get_member (&self->line, "input", 5, &self->arena);
  g_autoptr(GPtrArray) streams = belt_catalog_list (catalog, FALSE);
  const char *only_stream = streams->len > 0 ? g_ptr_array_index (streams, 0) : "";

  spec->catalog = belt_catalog_ref (catalog);
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->rule_id = g_strdup ("rule1");
  spec->sql = g_strdup (self->sql);
  spec->options = get_options (self) != NULL ? json_object_ref (get_options (self)) : NULL;
  spec->actions = json_array_ref (actions);
  spec->start_ms = START_MS;
  spec->end_of_stream = TRUE;
  if (json_object_has_member (self->object, "clock"))
    {
      JsonObject *clock = json_object_get_object_member (self->object, "clock");

      spec->start_ms = json_object_get_int_member (clock, "start");
      spec->advance_ms = json_object_get_int_member_with_default (clock, "advance", 0);
    }
  add_memory (self, spec);
  if (input.tag == BELT_TAG_JSON)
    add_inputs (spec, &self->arena, &input, only_stream, FALSE);
  return spec;
}

/* The sink's encoder, JSON's if there is none of its format: then the case fails by what it gives. */
static BeltEncoder *
make_encoder (Case *self)
{
  JsonObject *sink = json_object_get_object_member (self->object, "sink");
  const char *format = belt_json_get_text (sink, "format", NULL);
  BeltEncoder *encoder = belt_encoder_new (format, sink, NULL);

  return encoder != NULL ? encoder : belt_encoder_new (NULL, NULL, NULL);
}

static gboolean
run_trial (Case        *self,
           BeltCatalog *catalog,
           JsonArray   *actions)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (self, catalog, actions);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run (spec, NULL, &error);
  const BeltValue *expect = get_field (self, "expect");
  g_autoptr(BeltEncoder) encoder = NULL;
  GPtrArray *emissions;
  gboolean same;

  if (trial == NULL)
    {
      g_string_append (self->got, error->message);
      return FALSE;
    }
  if (json_object_get_boolean_member_with_default (self->object, "encoded", FALSE))
    encoder = make_encoder (self);

  emissions = belt_trial_get_emissions (trial);
  same = expect != NULL && expect->tag == BELT_TAG_LIST && expect->len == emissions->len;
  for (guint i = 0; i < emissions->len; i++)
    {
      const BeltValue *got = g_ptr_array_index (emissions, i);
      const BeltFault *fault = belt_trial_get_emission_fault (trial, i);

      if (same)
        same = belt_conform_is_emission (&expect->u.items[i], got, fault, encoder);
      g_string_append (self->got, i > 0 ? "," : "[");
      belt_conform_describe (self->got, got, fault);
    }
  g_string_append (self->got, emissions->len > 0 ? "]" : "[]");
  return same;
}

static gboolean
is_expected_topo (Case     *self,
                  BeltPlan *plan)
{
  g_autoptr(JsonNode) topo = belt_plan_get_topo (plan);
  g_autofree char *text = json_to_string (topo, FALSE);

  g_string_append (self->got, text);
  return json_node_equal (topo, json_object_get_member (self->object, "expect_topo"));
}

/* A rule drawn as a graph becomes a statement over the streams it defines; FALSE: it cannot. */
static gboolean
translate_graph (Case         *self,
                 BeltCatalog **catalog)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltGraphRule) rule = belt_graph_translate (json_object_get_object_member (self->object, "graph"), &error);
  BeltCatalog *extended;

  if (rule == NULL)
    {
      g_string_append_printf (self->got, "graph: %s", error->message);
      return FALSE;
    }
  /* The messages are those of the recorder's one stream. */
  belt_catalog_unref (*catalog);
  *catalog = belt_catalog_new ();
  extended = belt_graph_rule_extend (rule, *catalog);
  belt_catalog_unref (*catalog);
  *catalog = extended;
  self->sql = g_strdup (rule->sql);
  return TRUE;
}

static gboolean
run_case (Case *self)
{
  const BeltValue *expect = get_field (self, "expect");
  const char *expect_error = belt_json_get_text (self->object, "expect_error", NULL);
  g_autoptr(BeltCatalog) catalog = NULL;
  g_autoptr(BeltPlan) plan = NULL;
  g_autoptr(JsonArray) actions = make_actions (self);
  const char *refused_by = create_streams (self, &catalog);

  if (refused_by == NULL && json_object_has_member (self->object, "graph"))
    {
      if (!translate_graph (self, &catalog))
        return FALSE;
    }
  else if (json_object_has_member (self->object, "sql"))
    self->sql = g_strdup (get_text (self, "sql"));
  else if (refused_by == NULL)
    return expect != NULL && expect->tag == BELT_TAG_STR;   /* created */
  if (refused_by == NULL)
    refused_by = make_plan (self, catalog, actions, &plan);
  if (refused_by != NULL || expect_error != NULL)
    {
      if (refused_by == NULL)
        g_string_append (self->got, "no refusal");
      return g_strcmp0 (refused_by, expect_error) == 0;
    }
  if (json_object_has_member (self->object, "expect_explain"))
    return g_strcmp0 (self->got->str, get_text (self, "expect_explain")) == 0;
  if (json_object_has_member (self->object, "expect_topo"))
    return is_expected_topo (self, plan);
  if (expect != NULL && expect->tag == BELT_TAG_STR)
    return TRUE;   /* planned */
  return run_trial (self, catalog, actions);
}

static AreaCount *
find_area (GPtrArray  *areas,
           const char *name)
{
  AreaCount *area;

  for (guint i = 0; i < areas->len; i++)
    {
      area = g_ptr_array_index (areas, i);
      if (strcmp (area->area, name) == 0)
        return area;
    }
  area = g_new0 (AreaCount, 1);
  area->area = g_strdup (name);
  g_ptr_array_add (areas, area);
  return area;
}

static void
free_area (gpointer data)
{
  AreaCount *area = data;

  g_free (area->area);
  g_free (area);
}

static void
report (Case *self)
{
  static const char *const names[] = { "expect", "expect_error", "expect_explain", "expect_topo" };

  g_print ("FAILED %s: %s\n", get_text (self, "id"), get_text (self, "sql"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const BeltValue *expected = get_field (self, names[i]);
      g_autoptr(GString) text = g_string_new (NULL);

      if (expected == NULL)
        continue;
      belt_json_write (text, expected);
      g_print ("  expected %s\n", text->str);
    }
  g_print ("  got      %s\n", self->got->str);
}

static gboolean
read_case (Case       *self,
           const char *line,
           gsize       len)
{
  char *padded = belt_arena_alloc0 (&self->arena, len + BELT_JSON_PADDING);
  g_autoptr(JsonParser) parser = json_parser_new ();
  BeltJsonError error;

  memcpy (padded, line, len);
  self->line = (BeltValue) { .tag = BELT_TAG_JSON, .flags = BELT_VALUE_JSON_INTEGERS, .len = (guint32)len };
  self->line.u.s = padded;
  if (!belt_json_parse (padded, len, BELT_JSON_INTEGERS, &self->arena, &self->fields, &error) ||
      self->fields.tag != BELT_TAG_MAP || !json_parser_load_from_data (parser, line, (gssize)len, NULL))
    return FALSE;
  self->object = json_object_ref (json_node_get_object (json_parser_get_root (parser)));
  return TRUE;
}

static gboolean
run_line (const char *line,
          gsize       len,
          GPtrArray  *areas,
          gboolean    is_quiet)
{
  Case self = { .got = g_string_new (NULL) };
  gboolean is_case;

  belt_arena_init (&self.arena);
  is_case = read_case (&self, line, len);
  if (is_case)
    {
      AreaCount *area = find_area (areas, get_text (&self, "area"));

      if (json_object_get_boolean_member_with_default (self.object, "unsure", FALSE))
        area->n_skipped++;
      else if (run_case (&self))
        area->n_passed++;
      else
        {
          area->n_failed++;
          if (!is_quiet)
            report (&self);
        }
    }
  g_clear_pointer (&self.object, json_object_unref);
  g_free (self.sql);
  g_string_free (self.got, TRUE);
  belt_arena_clear (&self.arena);
  return is_case;
}

static gboolean
run_file (const char *path,
          GPtrArray  *areas,
          gboolean    is_quiet)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  guint number = 1;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      g_printerr ("belt: %s\n", error->message);
      return FALSE;
    }
  for (char *line = text; *line != '\0'; number++)
    {
      gsize len = strcspn (line, "\n");

      if (len > 0 && !run_line (line, len, areas, is_quiet))
        {
          g_printerr ("belt: %s:%u: not a case: one JSON object is expected\n", path, number);
          return FALSE;
        }
      line += len + (line[len] == '\n' ? 1 : 0);
    }
  return TRUE;
}

int
belt_conform_run (const char *const *files,
                  guint              n_files,
                  gboolean           is_quiet)
{
  g_autoptr(GPtrArray) areas = g_ptr_array_new_with_free_func (free_area);
  AreaCount all = { 0 };

  for (guint i = 0; i < n_files; i++)
    {
      if (!run_file (files[i], areas, is_quiet))
        return 2;
    }
  for (guint i = 0; i < areas->len; i++)
    {
      const AreaCount *area = g_ptr_array_index (areas, i);

      g_print ("%-12s %4u passed, %4u failed, %4u skipped\n", area->area, area->n_passed, area->n_failed,
               area->n_skipped);
      all.n_passed += area->n_passed;
      all.n_failed += area->n_failed;
      all.n_skipped += area->n_skipped;
    }
  g_print ("%u passed, %u failed, %u skipped\n", all.n_passed, all.n_failed, all.n_skipped);
  return all.n_failed > 0 ? 1 : 0;
}
