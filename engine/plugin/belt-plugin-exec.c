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

#include "belt-clock.h"
#include "belt-json.h"

G_STATIC_ASSERT (sizeof (belt_value) == sizeof (BeltValue));
G_STATIC_ASSERT (G_STRUCT_OFFSET (belt_value, type) == G_STRUCT_OFFSET (BeltValue, tag));
G_STATIC_ASSERT (G_STRUCT_OFFSET (belt_value, len) == G_STRUCT_OFFSET (BeltValue, len));
G_STATIC_ASSERT (G_STRUCT_OFFSET (belt_value, u) == G_STRUCT_OFFSET (BeltValue, u));
G_STATIC_ASSERT (sizeof (belt_field) == sizeof (BeltMember));
G_STATIC_ASSERT (G_STRUCT_OFFSET (belt_field, value) == G_STRUCT_OFFSET (BeltMember, value));
G_STATIC_ASSERT (BELT_T_BOOL == (int)BELT_TAG_BOOL && BELT_T_STR == (int)BELT_TAG_STR);
G_STATIC_ASSERT (BELT_T_TIME == (int)BELT_TAG_TIME && BELT_T_MAP == (int)BELT_TAG_MAP);

#define SCRATCH_MAX (16u << 20)

/* A block of belt_alloc(), in front of what the plugin sees. */
struct _BeltExecBlock
{
  BeltExecBlock *next;
  BeltExecBlock *previous;
  gsize          size;
  gsize          padding;   /* keeps the block 16-aligned */
};

static void *
host_alloc (BeltExec *self,
            size_t    size)
{
  BeltExecBlock *block;

  if (size > G_MAXSIZE / 2 || (block = self->host->allocate (sizeof *block + size)) == NULL)
    return NULL;

  *block = (BeltExecBlock) { .next = self->blocks, .size = size };
  if (self->blocks != NULL)
    self->blocks->previous = block;
  self->blocks = block;

  return block + 1;
}

static void
host_free (BeltExec *self,
           void     *pointer)
{
  BeltExecBlock *block = pointer;

  if (pointer == NULL)
    return;

  block--;
  if (block->previous != NULL)
    block->previous->next = block->next;
  else
    self->blocks = block->next;
  if (block->next != NULL)
    block->next->previous = block->previous;
  self->host->release (block);
}

static void *
host_realloc (BeltExec *self,
              void     *pointer,
              size_t    size)
{
  void *moved = host_alloc (self, size);

  if (moved != NULL && pointer != NULL)
    {
      memcpy (moved, pointer, MIN (size, ((BeltExecBlock *)pointer)[-1].size));
      host_free (self, pointer);
    }

  return moved;
}

static void *
host_scratch (BeltExec *self,
              size_t    size,
              size_t    align)
{
  if (size > SCRATCH_MAX || self->scratch.n_bytes + size > SCRATCH_MAX || align > 16)
    return NULL;

  return belt_arena_alloc (&self->scratch, size);
}

static int
host_log_enabled (BeltExec *self,
                  int       level)
{
  return level >= BELT_LOG_INFO;
}

static void
host_log (BeltExec   *self,
          int         level,
          const char *file,
          int         line,
          belt_str    text)
{
  self->host->log (self, level, file, line, text.ptr, text.len);
}

static belt_status
host_fail (BeltExec   *self,
           belt_status status,
           belt_str    text)
{
  gsize len = MIN (text.len, sizeof self->fail_text - 1);

  self->failed = status;
  memcpy (self->fail_text, text.ptr, len);
  self->fail_text[len] = 0;

  return status;
}

static belt_str
host_info (BeltExec *self,
           uint32_t  key)
{
  const char *text = "";

  switch (key)
    {
    case BELT_INFO_RULE:
      text = self->place.rule;
      break;
    case BELT_INFO_OP:
      text = self->place.operator_name;
      break;
    case BELT_INFO_DATA_DIR:
      text = self->place.data_dir;
      break;
    case BELT_INFO_LOCALE:
      text = "en_US";
      break;
    case BELT_INFO_ISOLATION:
      text = self->host->isolation;
      break;
    case BELT_INFO_DATASOURCE:
      text = self->datasource != NULL ? self->datasource : "";
      break;
    default:
      break;
    }

  return (belt_str) { text, strlen (text) };
}

int64_t
belt_exec_get_now (BeltExec *self)
{
  static gsize clock;

  if (self->head != NULL && self->head->rq.now_ns != 0)
    return self->head->rq.now_ns;

  if (g_once_init_enter (&clock))
    g_once_init_leave (&clock, (gsize)belt_clock_new_wall ());

  return belt_clock_get_ns ((BeltClock *)clock);
}

static int
host_cancelled (BeltExec *self)
{
  return self->head != NULL && __atomic_load_n (&self->head->cancel, __ATOMIC_RELAXED) != 0;
}

static void
host_heartbeat (BeltExec *self)
{
  if (self->head != NULL)
    __atomic_add_fetch (&self->head->heartbeat, 1, __ATOMIC_RELAXED);
}

static uint32_t
host_batch_flags (BeltExec *self)
{
  return self->batch_flags;
}

static belt_status
json_parse (BeltExec   *self,
            belt_str    text,
            belt_value *out)
{
  BeltJsonError error = { 0 };
  char *padded;

  if (text.len > SCRATCH_MAX / 2)
    return BELT_E_NOMEM;

  padded = belt_arena_alloc (&self->scratch, text.len + BELT_JSON_PADDING);
  memcpy (padded, text.ptr, text.len);
  memset (padded + text.len, 0, BELT_JSON_PADDING);
  if (belt_json_parse (padded, text.len, BELT_JSON_INTEGERS, &self->scratch, (BeltValue *)out, &error))
    return BELT_OK;

  belt_exec_fail (self, BELT_E_INVALID, "JSON, byte %" G_GSIZE_FORMAT ": %s", error.offset, error.message);
  return BELT_E_INVALID;
}

static belt_status
json_print (BeltExec         *self,
            const belt_value *value,
            belt_str         *out)
{
  GString *text = g_string_sized_new (256);

  belt_json_write (text, (const BeltValue *)value);
  out->len = text->len;
  out->ptr = belt_arena_memdup (&self->scratch, text->str, text->len + 1);
  g_string_free (text, TRUE);

  return BELT_OK;
}

static const void *
get_interface (const belt_host *host,
               const char      *id)
{
  static const belt_json_api json = { sizeof json, 0, json_parse, json_print };

  return g_strcmp0 (id, BELT_IF_JSON) == 0 ? &json : NULL;
}

static const belt_host *
get_table (void)
{
  static const belt_host table = {
    .struct_size = sizeof table,
    .abi = BELT_ABI,
    .name = "belt",
    .version = BELT_VERSION,
    .get_interface = get_interface,
    .alloc = host_alloc,
    .realloc = host_realloc,
    .free = host_free,
    .scratch = host_scratch,
    .log_enabled = host_log_enabled,
    .log = host_log,
    .fail = host_fail,
    .info = host_info,
    .now = belt_exec_get_now,
    .cancelled = host_cancelled,
    .heartbeat = host_heartbeat,
    .batch_flags = host_batch_flags,
  };

  return &table;
}

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

static const char *
describe_status (belt_status status)
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
  const char *text = self->fail_text[0] != 0 ? self->fail_text : describe_status (status);
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
      return ((const belt_source *)self->def)->create (self, host_info (self, BELT_INFO_DATASOURCE),
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
      g_strlcpy (rp->text, self->fail_text[0] != 0 ? self->fail_text : describe_status (rp->status),
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

  while (self->blocks != NULL)
    host_free (self, self->blocks + 1);
  belt_arena_clear (&self->scratch);
  g_free (self->datasource);
  g_free (self);
}

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
    if (get_interface (NULL, plugin->requires_[i]) == NULL)
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

G_LOCK_DEFINE_STATIC (contexts);
static GSList *contexts;

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
    status = plugin->init (get_table (), self, &state);
  if (status >= BELT_OK)
    return TRUE;

  g_snprintf (text, text_size, "init: %s", self->fail_text[0] != 0 ? self->fail_text : describe_status (status));
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
