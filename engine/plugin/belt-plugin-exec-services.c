/* belt-plugin-exec-services.c - what a plugin may ask of its host
 *
 * SPDX-License-Identifier: Apache-2.0
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

belt_str
belt_exec_get_info (BeltExec *self,
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

const void *
belt_exec_get_interface (const belt_host *host,
                         const char      *id)
{
  static const belt_json_api json = { sizeof json, 0, json_parse, json_print };

  return g_strcmp0 (id, BELT_IF_JSON) == 0 ? &json : NULL;
}

const belt_host *
belt_exec_get_table (void)
{
  static const belt_host table = {
    .struct_size = sizeof table,
    .abi = BELT_ABI,
    .name = "belt",
    .version = BELT_VERSION,
    .get_interface = belt_exec_get_interface,
    .alloc = host_alloc,
    .realloc = host_realloc,
    .free = host_free,
    .scratch = host_scratch,
    .log_enabled = host_log_enabled,
    .log = host_log,
    .fail = host_fail,
    .info = belt_exec_get_info,
    .now = belt_exec_get_now,
    .cancelled = host_cancelled,
    .heartbeat = host_heartbeat,
    .batch_flags = host_batch_flags,
  };

  return &table;
}

void
belt_exec_free_blocks (BeltExec *self)
{
  while (self->blocks != NULL)
    host_free (self, self->blocks + 1);
}
