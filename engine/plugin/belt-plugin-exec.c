/* belt-plugin-exec.c - an instance of a plugin, its services and its requests
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crash may end any callback at any instruction, so nothing here is needed for
 * cleaning up afterwards: the process goes.  `head->unit` is written before each
 * call and says which row it was.
 */
#include "config.h"

#include "belt-plugin-exec.h"

/* Before plugin code runs. */
void
belt_exec_begin (BeltExec *self,
                 guint32   unit)
{
  self->failed = BELT_OK;
  self->fail_text[0] = 0;
  __atomic_store_n (&self->head->unit, unit, __ATOMIC_RELAXED);
  self->inside = TRUE;
}

/* After; a typed function cannot return a status, so belt_failf() in it counts. */
belt_status
belt_exec_end (BeltExec   *self,
               belt_status status)
{
  self->inside = FALSE;

  return status == BELT_OK ? self->failed : status;
}

void
belt_exec_fail (BeltExec   *self,
                belt_status status,
                const char *format,
                ...)
{
  va_list args;

  va_start (args, format);
  g_vsnprintf (self->fail_text, sizeof self->fail_text, format, args);
  va_end (args);
  self->failed = status;
}

gboolean
belt_exec_is_skipped (BeltExec *self,
                      guint32   unit)
{
  for (guint i = 0; i < MIN (self->head->rq.n_skips, BELT_WIRE_SKIPS_MAX); i++)
    if (self->head->rq.skips[i] == unit)
      return TRUE;

  return FALSE;
}

const char *
belt_exec_describe_status (belt_status status)
{
  static const struct { belt_status status; const char *text; } texts[] = {
    { BELT_E_FAIL, "failed" },
    { BELT_E_INVALID, "invalid argument or configuration" },
    { BELT_E_NOMEM, "out of memory" },
    { BELT_E_UNSUPPORTED, "not supported" },
    { BELT_E_TIMEOUT, "timed out" },
    { BELT_E_IO, "input/output error" },
    { BELT_E_REJECTED, "rejected" },
    { BELT_E_CANCELLED, "cancelled" },
    { BELT_E_VERSION, "the saved state has another version" },
    { BELT_E_AUTH, "not allowed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].status == status)
      return texts[i].text;

  return "the plugin returned a status that does not exist";
}

/* The value at `at` of the reply becomes an error with the text of the failure. */
void
belt_exec_put_error (BeltExec   *self,
                     gsize       at,
                     belt_status status)
{
  const char *text = self->fail_text[0] != 0 ? self->fail_text : belt_exec_describe_status (status);
  BeltFault fault = { .kind = BELT_FAULT_FUNCTION, .message = text };
  BeltValue error = { .tag = BELT_TAG_ERROR, .u.fault = &fault };

  belt_wire_put_values (&self->out, at, &error, 1, &self->scratch);
}

static const belt_def *
find_def (const belt_plugin *plugin,
          const BeltValue   *name)
{
  for (guint i = 0; i < BELT_PLUGIN_DEFS_MAX && plugin->defs != NULL && plugin->defs[i] != NULL; i++)
    if (name->tag == BELT_TAG_STR && strlen (plugin->defs[i]->name) == name->len &&
        memcmp (plugin->defs[i]->name, name->u.s, name->len) == 0)
      return plugin->defs[i];

  return NULL;
}

static belt_status
create_scalar (BeltExec        *self,
               const BeltValue *constants,
               guint            n_args)
{
  const belt_scalar *def = (const belt_scalar *)self->def;
  belt_arg args[BELT_WIRE_ARGS_MAX];

  if (!BELT_DEF_HAS (def, create))
    return BELT_OK;

  n_args = MIN (n_args, BELT_WIRE_ARGS_MAX);
  for (guint i = 0; i < n_args; i++)
    {
      args[i] = (belt_arg) { .struct_size = sizeof (belt_arg), .type = BELT_T_ANY };
      args[i].is_const = constants[i].tag != BELT_TAG_NULL || constants[i].flags != BELT_V_MISSING;
      memcpy (&args[i].value, &constants[i], sizeof args[i].value);
      if (args[i].is_const)
        args[i].type = args[i].value.type;
    }

  return def->create (self, args, n_args, &self->self);
}

static belt_status
run_create (BeltExec  *self,
            BeltValue *values)
{
  static const BeltValue nothing = { .tag = BELT_TAG_MAP };
  guint n = self->head->rq.n_rows;
  const BeltValue *config = n > 2 ? &values[2] : &nothing;

  self->def = n > 0 ? find_def (self->plugin, &values[0]) : NULL;
  if (self->def == NULL)
    {
      belt_exec_fail (self, BELT_E_INVALID, "the plugin does not define “%.*s”",
                      n > 0 && values[0].tag == BELT_TAG_STR ? (int)values[0].len : 0, n > 0 ? values[0].u.s : "");
      return BELT_E_INVALID;
    }

  switch (self->def->kind)
    {
    case BELT_KIND_SCALAR:
      return create_scalar (self, values + 1, n - 1);

    case BELT_KIND_AGGREGATE:
      return BELT_OK;

    case BELT_KIND_SOURCE:
      self->datasource = n > 1 && values[1].tag == BELT_TAG_STR ? g_strndup (values[1].u.s, values[1].len) : NULL;
      return ((const belt_source *)self->def)->create (self, belt_exec_get_info (self, BELT_INFO_DATASOURCE),
                                                       (const belt_value *)config, &self->self);

    case BELT_KIND_SINK:
      return ((const belt_sink *)self->def)->create (self, (const belt_value *)config, &self->self);

    default:
      return BELT_E_UNSUPPORTED;
    }
}

static belt_status
run_probe (BeltExec  *self,
           BeltValue *values)
{
  const belt_def *def = find_def (self->plugin, &values[0]);

  if (def != NULL && def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)def, probe))
    return ((const belt_source *)def)->probe (self, (const belt_value *)&values[1]);
  if (def != NULL && def->kind == BELT_KIND_SINK && BELT_DEF_HAS ((const belt_sink *)def, probe))
    return ((const belt_sink *)def)->probe (self, (const belt_value *)&values[1]);

  return BELT_E_UNSUPPORTED;
}

static belt_status
run_open (BeltExec *self)
{
  belt_status status = BELT_OK;

  if (self->def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)self->def, open))
    status = ((const belt_source *)self->def)->open (self, self->self);
  else if (self->def->kind == BELT_KIND_SINK && BELT_DEF_HAS ((const belt_sink *)self->def, open))
    status = ((const belt_sink *)self->def)->open (self, self->self);
  self->open = status == BELT_OK && self->failed == BELT_OK;

  return status;
}

static void
run_close (BeltExec *self)
{
  if (!self->open)
    return;

  self->open = FALSE;
  if (self->def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)self->def, close))
    ((const belt_source *)self->def)->close (self, self->self);
  else if (self->def->kind == BELT_KIND_SINK && BELT_DEF_HAS ((const belt_sink *)self->def, close))
    ((const belt_sink *)self->def)->close (self, self->self);
}

static void
run_destroy (BeltExec *self)
{
  if (self->def == NULL || self->self == NULL)
    return;

  run_close (self);
  if (self->def->kind == BELT_KIND_SCALAR && BELT_DEF_HAS ((const belt_scalar *)self->def, destroy))
    ((const belt_scalar *)self->def)->destroy (self, self->self);
  else if (self->def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)self->def, destroy))
    ((const belt_source *)self->def)->destroy (self, self->self);
  else if (self->def->kind == BELT_KIND_SINK && BELT_DEF_HAS ((const belt_sink *)self->def, destroy))
    ((const belt_sink *)self->def)->destroy (self, self->self);
  self->self = NULL;
}

static void
run_control (BeltExec  *self,
             BeltValue *values)
{
  belt_status status = BELT_OK;

  belt_exec_begin (self, G_MAXUINT32);
  switch (self->head->rq.command)
    {
    case BELT_WIRE_CREATE:
      status = run_create (self, values);
      break;
    case BELT_WIRE_PROBE:
      status = self->head->rq.n_rows >= 2 ? run_probe (self, values) : BELT_E_INVALID;
      break;
    case BELT_WIRE_OPEN:
      status = run_open (self);
      break;
    case BELT_WIRE_CLOSE:
      run_close (self);
      break;
    case BELT_WIRE_QUIT:
      run_destroy (self);
      break;
    default:
      status = BELT_E_UNSUPPORTED;
      break;
    }
  self->head->rp.status = belt_exec_end (self, status);
}

void
belt_exec_run (BeltExec *self)
{
  BeltWireRequest *rq = &self->head->rq;
  BeltWireReply *rp = &self->head->rp;
  BeltValue *values;

  memset (rp, 0, G_STRUCT_OFFSET (BeltWireReply, text));
  rp->text[0] = 0;
  self->failed = BELT_OK;
  self->fail_text[0] = 0;
  self->batch_flags = (rq->flags & BELT_WIRE_RESENT) != 0 ? BELT_BATCH_RESENT : 0;
  belt_arena_reset (&self->scratch);
  belt_wire_init (&self->out, self->reply, BELT_WIRE_AREA_SIZE);
  if (rq->values_at > BELT_WIRE_AREA_SIZE || rq->n_args > BELT_WIRE_ARGS_MAX ||
      (guint64)MAX (rq->n_args, 1) * rq->n_rows * sizeof (BeltValue) > BELT_WIRE_AREA_SIZE - rq->values_at)
    {
      /* Only a plugin that writes where it should not can have done this. */
      rp->status = BELT_E_INVALID;
      return;
    }
  values = (BeltValue *)(self->request + rq->values_at);
  belt_wire_relocate (self->request, values, (gsize)MAX (rq->n_args, 1) * rq->n_rows);

  if (self->def == NULL && rq->command != BELT_WIRE_CREATE && rq->command != BELT_WIRE_PROBE &&
      rq->command != BELT_WIRE_QUIT)
    rp->status = BELT_E_INVALID;
  else if (rq->command == BELT_WIRE_EXEC)
    belt_exec_run_scalar (self);
  else if (rq->command == BELT_WIRE_AGGREGATE)
    belt_exec_run_aggregate (self);
  else if (rq->command == BELT_WIRE_SAVE)
    belt_exec_run_save (self);
  else if (rq->command == BELT_WIRE_RESTORE)
    belt_exec_run_restore (self);
  else if (rq->command == BELT_WIRE_COLLECT)
    belt_exec_run_collect (self);
  else if (rq->command == BELT_WIRE_POLL)
    belt_exec_run_poll (self);
  else
    run_control (self, values);

  if (self->out.failed && rp->status >= BELT_OK)
    {
      belt_exec_fail (self, BELT_E_NOMEM, "the results of one call exceed %u MiB", BELT_WIRE_AREA_SIZE >> 20);
      rp->status = BELT_E_NOMEM;
    }
  if (rp->status < BELT_OK || self->fail_text[0] != 0)
    {
      g_strlcpy (rp->text, self->fail_text[0] != 0 ? self->fail_text : belt_exec_describe_status (rp->status),
                 sizeof rp->text);
      rp->text_size = (guint32)strlen (rp->text);
    }
}

BeltExec *
belt_exec_new (const BeltExecHost *host,
               const belt_plugin  *plugin,
               BeltWireHead       *head,
               const BeltWireOpen *place)
{
  BeltExec *self = g_new0 (BeltExec, 1);

  self->host = host;
  self->plugin = plugin;
  self->head = head;
  if (head != NULL)
    {
      self->request = (char *)head + BELT_WIRE_HEAD_SIZE;
      self->reply = self->request + BELT_WIRE_AREA_SIZE;
    }
  if (place != NULL)
    self->place = *place;
  belt_arena_init (&self->scratch);

  return self;
}

/* The instance is destroyed by BELT_WIRE_QUIT; here only what the host owns goes. */
void
belt_exec_free (BeltExec *self)
{
  if (self == NULL)
    return;

  belt_exec_free_blocks (self);
  belt_arena_clear (&self->scratch);
  g_free (self->datasource);
  g_free (self);
}
