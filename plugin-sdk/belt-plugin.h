/* belt-plugin.h - everything a Beltworks plugin needs: one header, no library
 *
 * SPDX-License-Identifier: MIT-0
 *
 * A plugin is a shared object with exactly ONE exported symbol, the constant
 * `belt_plugin_v1`.  What it may call arrives as a table of function pointers
 * (`belt_host`); what the engine may call stands in the constant.  Most plugins
 * never see the tables: the front door at the end of this file makes them.
 *
 *   #include "belt-plugin.h"
 *
 *   BELT_FUNCTION (f64, fahrenheit, f64, celsius)
 *   {
 *     return celsius * 9 / 5 + 32;
 *   }
 *
 *   BELT_PROVIDE ("io.example.fahrenheit", "1.0.0", fahrenheit);
 *
 * ---------------------------------------------------------------- contract --
 * C1  GROWTH     Structs marked [grow] begin with `struct_size` and only ever gain
 *                fields at the end; a field beyond struct_size is absent (BELT_HAS).
 *                Structs marked [frozen] never change for the life of ABI major 1.
 * C2  VERSION    abi numbers are (major << 16 | minor).  Minor grows with every
 *                field; major changes only together with the exported symbol's name.
 *                A plugin states in abi_min the oldest engine it can live with.
 * C3  CAPABILITY Optional services are looked up by id ("belt.json/1"); those a
 *                plugin cannot live without stand in `requires_`.
 * C4  MEMORY     Whoever allocates frees, except: memory from belt_alloc() is the
 *                engine's and goes with the instance at the latest; memory from
 *                belt_scratch() dies when the callback's results are consumed.  No
 *                pointer handed to a callback outlives it.  malloc/free is fine.
 * C5  STRINGS    (pointer, length), UTF-8, not terminated - except the `const char *`
 *                members of definitions, and the strings of a typed config.
 * C6  THREADS    Every callback carries a tag.  All callbacks of one instance come
 *                from one thread; several instances run at the same time.
 *                [ctl]  may block, 10 s at most.
 *                [data] returns within its budget: functions 100 ms a batch, sources
 *                       and sinks 10 s; belt_heartbeat() starts the budget anew.
 * C7  UNLOAD     After quiesce() no thread runs plugin code and no callback into it
 *                stays registered (timers, signal handlers, atexit).
 * C8  FAULTS     A callback may be abandoned at any instruction (crash, budget).
 *                The instance is then gone WITHOUT close/destroy; a new one takes
 *                over: a function from its last saved state, a source from its last
 *                saved offset, a sink gets the unanswered batch again (RESENT).
 * C9  FORBIDDEN  exit/abort on purpose, fork without exec, signal handlers, dlclose
 *                on itself, setlocale, chdir, umask, closing foreign descriptors,
 *                longjmp across a callback, C++ exceptions out.
 * C10 TIME       int64 nanoseconds since 1970 UTC.  Ask belt_now(), not the clock.
 */
#ifndef BELT_PLUGIN_H
#define BELT_PLUGIN_H 1

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BELT_ABI_MAJOR 1u
#define BELT_ABI_MINOR 0u
#define BELT_ABI       ((BELT_ABI_MAJOR << 16) | BELT_ABI_MINOR)

/* Define BELT_ABI_TARGET before including this header to build for an older minor:
 * newer members stay visible but abi_min says that the older engine is enough. */
#ifndef BELT_ABI_TARGET
#define BELT_ABI_TARGET BELT_ABI
#endif
#define BELT_MAGIC 0x544c4542u  /* "BELT", little endian */

#define BELT_UNUSED __attribute__ ((unused))
#define BELT_PRINTF(text, first) __attribute__ ((format (printf, text, first)))
#define BELT_HIDDEN __attribute__ ((visibility ("hidden")))
#ifdef __cplusplus
#define BELT_ASSERT(condition, text) static_assert (condition, text)
#else
#define BELT_ASSERT(condition, text) _Static_assert (condition, text)
#endif

/* True when `field` lies inside the struct the other side gave us and is set. */
#define BELT_HAS(p, field) \
  ((p) && (p)->struct_size >= offsetof (__typeof__ (*(p)), field) + sizeof ((p)->field) && (p)->field)
/* The same for a definition (source, sink, scalar, aggregate): its size stands in .def. */
#define BELT_DEF_HAS(p, field) \
  ((p) && (p)->def.struct_size >= offsetof (__typeof__ (*(p)), field) + sizeof ((p)->field) && (p)->field)
#define BELT_COUNTOF(array) (sizeof (array) / sizeof ((array)[0]))

/* ------------------------------------------------------------------ status */
typedef int32_t belt_status;
#define BELT_OK             0
#define BELT_AGAIN          1   /* nothing now, or buffer full: later */
#define BELT_EOF            2   /* a source's normal end */
#define BELT_SKIP           3   /* scalar: the value of this row is NULL */
#define BELT_E_FAIL        -1   /* unspecified; text by belt_failf() */
#define BELT_E_INVALID     -2   /* bad configuration or argument: never retried */
#define BELT_E_NOMEM       -3
#define BELT_E_UNSUPPORTED -4
#define BELT_E_TIMEOUT     -5   /* retried */
#define BELT_E_IO          -6   /* broken connection, full disk: retried with back-off */
#define BELT_E_REJECTED    -7   /* this row will never be accepted */
#define BELT_E_CANCELLED   -8   /* belt_cancelled() turned true */
#define BELT_E_VERSION     -9   /* saved state has a version we cannot read */
#define BELT_E_AUTH       -10   /* not retried until the configuration changes */
#define BELT_E_CRASHED    -11   /* set by the engine only */
#define BELT_E_BUDGET     -12   /* set by the engine only */

/* ------------------------------------------------------------------ values */
/* [frozen] */
typedef struct belt_str
{
  const char *ptr;
  size_t      len;
} belt_str;

typedef uint8_t belt_type;
#define BELT_T_NULL  0
#define BELT_T_BOOL  1   /* u.i64 is 0 or 1; vector: uint8_t[] */
#define BELT_T_I64   2   /* BIGINT  ; vector: int64_t[] */
#define BELT_T_F64   3   /* FLOAT   ; vector: double[] */
#define BELT_T_STR   4   /* STRING  ; vector: belt_str[] */
#define BELT_T_BYTES 5   /* BYTEA   ; vector: belt_str[] */
#define BELT_T_TIME  6   /* DATETIME; vector: int64_t[], ns */
#define BELT_T_LIST  7   /* ARRAY   ; vector: belt_value[] */
#define BELT_T_MAP   8   /* STRUCT  ; vector: belt_value[] */
#define BELT_T_ANY   15  /* mixed column; vector: belt_value[] */
/* 9-14 and 16-127 are reserved: a type you do not know is BELT_E_UNSUPPORTED. */

#define BELT_V_MISSING 1u  /* flags of a NULL: the row has no such member at all */

/* [frozen] 16 bytes on every machine.  An immutable tree, borrowed. */
typedef struct belt_value
{
  belt_type type;
  uint8_t   flags;
  uint16_t  reserved;   /* TIME: the engine's zone number */
  uint32_t  len;        /* bytes (STR, BYTES), items (LIST), fields (MAP) */
  union
  {
    int64_t                  i64;
    double                   f64;
    const char              *str;
    const struct belt_value *items;
    const struct belt_field *fields;
    uint64_t                 bits;
  } u;
} belt_value;

/* [frozen] */
typedef struct belt_field
{
  belt_str   name;
  belt_value value;
} belt_field;

/* [frozen] One column, read only.  valid == NULL: no NULLs; else bit (i % 64) of
 * valid[i / 64] is 1 for a value.  A CONST column has one element for all rows. */
#define BELT_ENC_FLAT  0
#define BELT_ENC_CONST 1
typedef struct belt_vec
{
  belt_type       type;
  uint8_t         enc;
  uint16_t        reserved;
  uint32_t        len;
  const uint64_t *valid;
  const void     *data;
  const void     *aux;   /* NULL in 1.x */
} belt_vec;

/* [frozen] A column to fill: `len` elements and a bitmap of ones are there. */
typedef struct belt_vec_out
{
  belt_type type;
  uint8_t   enc;         /* you may set BELT_ENC_CONST */
  uint16_t  reserved;
  uint32_t  len;
  uint64_t *valid;
  void     *data;
  void     *aux;
} belt_vec_out;

BELT_ASSERT (sizeof (belt_value) == 16 && offsetof (belt_value, len) == 4 && offsetof (belt_value, u) == 8,
    "belt_value");
BELT_ASSERT (sizeof (belt_str) == 2 * sizeof (void *), "belt_str");
BELT_ASSERT (offsetof (belt_field, value) == 2 * sizeof (void *), "belt_field");
BELT_ASSERT (sizeof (belt_vec) == 8 + 3 * sizeof (void *) && offsetof (belt_vec, valid) == 8, "belt_vec");
BELT_ASSERT (sizeof (belt_vec_out) == sizeof (belt_vec), "belt_vec_out");

/* [grow] Rows in columns, in stream order: one or more whole emissions. */
typedef struct belt_batch
{
  uint32_t        struct_size;
  uint32_t        nrows;
  uint32_t        ncols;
  uint32_t        flags;        /* BELT_BATCH_* */
  const belt_str *names;        /* ncols */
  const belt_vec *cols;         /* ncols, each of nrows; type ANY unless the stream is typed */
  const int64_t  *ts;           /* event time a row, or NULL */
  uint64_t        seq;          /* number of the first row within the instance */
  uint32_t        nemissions;
  uint32_t        reserved;
  const uint32_t *emission_ends;  /* nemissions: one past the last row of each */
} belt_batch;
#define BELT_BATCH_RESENT 1u    /* may have been delivered already */

/* ---------------------------------------------------------- engine services */
typedef struct belt_ctx  belt_ctx;    /* opaque: plugin + rule + operator + instance */
typedef struct belt_host belt_host;

#define BELT_LOG_TRACE 0
#define BELT_LOG_DEBUG 1
#define BELT_LOG_INFO  2
#define BELT_LOG_WARN  3
#define BELT_LOG_ERROR 4

#define BELT_INFO_RULE       1  /* rule id */
#define BELT_INFO_OP         2  /* operator inside the rule */
#define BELT_INFO_INSTANCE   3  /* decimal number */
#define BELT_INFO_DATA_DIR   4  /* a directory of this plugin, writable */
#define BELT_INFO_CONF_DIR   5  /* files shipped in the zip, read only */
#define BELT_INFO_LOCALE     6  /* "en_US" */
#define BELT_INFO_ISOLATION  7  /* "host" or "in-process" */
#define BELT_INFO_DATASOURCE 8  /* a source's DATASOURCE */

/* [grow] */
struct belt_host
{
  uint32_t    struct_size;
  uint32_t    abi;
  const char *name;             /* "belt-plugin-host", "belt" */
  const char *version;
  void       *reserved;
  /* NULL when not offered.  The table lives as long as the plugin. */
  const void *(*get_interface) (const belt_host *, const char *id);
  void       *(*alloc)         (belt_ctx *, size_t);
  void       *(*realloc)       (belt_ctx *, void *, size_t);
  void        (*free)          (belt_ctx *, void *);
  /* Not zeroed; NULL when the call's cap of 16 MiB is hit. */
  void       *(*scratch)       (belt_ctx *, size_t size, size_t align);
  int         (*log_enabled)   (belt_ctx *, int level);
  void        (*log)           (belt_ctx *, int level, const char *file, int line, belt_str text);
  /* Remembers the text for the status about to be returned; returns st. */
  belt_status (*fail)          (belt_ctx *, belt_status st, belt_str text);
  belt_str    (*info)          (belt_ctx *, uint32_t key);
  int64_t     (*now)           (belt_ctx *);
  int         (*cancelled)     (belt_ctx *);
  void        (*heartbeat)     (belt_ctx *);
  uint32_t    (*batch_flags)   (belt_ctx *);  /* sinks: BELT_BATCH_RESENT for the rows at hand */
};

/* [grow] belt.json/1 - so that plugins need no JSON library.  Results in scratch;
 * text as the engine writes it: sorted keys, Go's number spelling. */
#define BELT_IF_JSON "belt.json/1"
typedef struct belt_json_api
{
  uint32_t    struct_size, reserved;
  belt_status (*parse) (belt_ctx *, belt_str text, belt_value *out);
  belt_status (*print) (belt_ctx *, const belt_value *, belt_str *out);
} belt_json_api;

/* ---------------------------------------------------- saving and restoring */
/* [grow] State travels between versions and machines: write it with belt_w_*(). */
typedef struct belt_writer
{
  uint32_t    struct_size, reserved;
  void       *h;
  belt_status (*write) (struct belt_writer *, const void *, size_t);
} belt_writer;

/* [grow] */
typedef struct belt_reader
{
  uint32_t    struct_size;
  uint32_t    state_version;   /* as the writer declared it */
  void       *h;
  uint64_t    remaining;
  belt_status (*read) (struct belt_reader *, void *, size_t);  /* all or BELT_EOF */
} belt_reader;

/* -------------------------------------------------------------- definitions */
#define BELT_KIND_SOURCE    1u
#define BELT_KIND_SINK      2u
#define BELT_KIND_SCALAR    3u
#define BELT_KIND_AGGREGATE 4u
/* 5-8 are reserved; an engine skips kinds it does not know and says so. */

/* [grow] Common head.  `name` is what SQL and REST use: [A-Za-z_][A-Za-z0-9_]{0,63}.
 * `config_schema` is JSON Schema (type, enum, default, minimum, maximum, required,
 * title, description, "x-ui"); the engine validates and fills defaults BEFORE the
 * plugin sees the configuration.  `doc` is JSON: summary, description, examples. */
typedef struct belt_def
{
  uint32_t    struct_size;      /* of the WHOLE definition */
  uint32_t    kind;
  const char *name;
  const char *config_schema;
  const char *doc;
  uint64_t    flags;
  uint32_t    state_version;    /* of what save() writes; raise it when that changes */
  uint32_t    reserved;
} belt_def;

/* ---- source ---- */
typedef struct belt_ingest belt_ingest;   /* opaque: where rows go */

/* [grow] */
typedef struct belt_emit_meta
{
  uint32_t          struct_size, nmeta;
  int64_t           ts;         /* event time; 0: arrival */
  const belt_field *meta;       /* becomes meta(…) in SQL */
} belt_emit_meta;

/* [grow] BELT_AGAIN: the row was NOT taken, give it again in the next poll. */
typedef struct belt_ingest_api
{
  uint32_t    struct_size, reserved;
  belt_status (*row)    (belt_ingest *, const belt_field *fields, uint32_t n, const belt_emit_meta *);
  belt_status (*bytes)  (belt_ingest *, belt_str payload,
      const belt_emit_meta *);  /* decoded by the stream's FORMAT */
  void        (*status) (belt_ingest *, belt_status st, belt_str text);
} belt_ingest_api;

#define BELT_SRC_REPLAYABLE 2u  /* save/restore carries an offset */
#define BELT_SRC_FINITE     4u  /* returns BELT_EOF some day */

/* [grow] Life: create, restore?, open, poll* with save?, close, destroy. */
typedef struct belt_source
{
  belt_def    def;
  belt_status (*create)  (belt_ctx *, belt_str datasource, const belt_value *config, void **self);  /* [ctl] */
  void        (*destroy) (belt_ctx *, void *self);                     /* [ctl] */
  belt_status (*open)    (belt_ctx *, void *self);                     /* [ctl] E_IO is retried */
  void        (*close)   (belt_ctx *, void *self);                     /* [ctl] */
  /* [data] At most max_rows, back by `deadline`.  OK: call again at once; AGAIN: nothing now; EOF: end. */
  belt_status (*poll)    (belt_ctx *, void *self, const belt_ingest_api *, belt_ingest *, uint32_t max_rows,
      int64_t deadline);
  belt_status (*save)    (belt_ctx *, void *self, belt_writer *);      /* [data] position after the last TAKEN row */
  belt_status (*restore) (belt_ctx *, void *self, belt_reader *);      /* [ctl] */
  belt_status (*probe)   (belt_ctx *, const belt_value *config);       /* [ctl] "Test connection" */
} belt_source;

/* ---- sink ---- */
typedef struct belt_delivery belt_delivery;   /* opaque: the batch awaiting its answer */

/* [grow] */
typedef struct belt_delivery_api
{
  uint32_t struct_size, reserved;
  void     (*reject_row) (belt_delivery *, uint32_t row, belt_str text);  /* this row only; counted */
} belt_delivery_api;

#define BELT_SINK_IDEMPOTENT 4u  /* sending again does no harm */

/* [grow] Life: create, open, collect or row…, flush, close, destroy.  The returned
 * status answers for the whole batch: E_IO and E_TIMEOUT send it again. */
typedef struct belt_sink
{
  belt_def    def;
  belt_status (*create)  (belt_ctx *, const belt_value *config, void **self);    /* [ctl] */
  void        (*destroy) (belt_ctx *, void *self);                               /* [ctl] */
  belt_status (*open)    (belt_ctx *, void *self);                               /* [ctl] E_IO is retried */
  void        (*close)   (belt_ctx *, void *self);                               /* [ctl] */
  belt_status (*collect) (belt_ctx *, void *self, const belt_batch *, const belt_delivery_api *,
      belt_delivery *);  /* [data] */
  /* [data] Instead of collect: one row, a MAP.  E_REJECTED and E_INVALID drop this row, counted. */
  belt_status (*row)     (belt_ctx *, void *self, const belt_value *row);
  belt_status (*flush)   (belt_ctx *, void *self);                               /* [data] after each batch's rows */
  belt_status (*probe)   (belt_ctx *, const belt_value *config);                 /* [ctl] "Test connection" */
} belt_sink;

/* ---- scalar function ---- */
/* [grow] What the planner knows of an argument. */
typedef struct belt_arg
{
  uint32_t   struct_size;
  belt_type  type;              /* ANY when unknown */
  uint8_t    is_const, reserved[2];
  belt_value value;             /* when is_const */
} belt_arg;

#define BELT_FN_PURE     1u     /* same arguments, same result */
#define BELT_FN_STRICT   2u     /* NULL when any argument is NULL, no call made */
#define BELT_FN_STATEFUL 4u     /* one instance a call site, rows strictly in order */

/* [grow] `signature`: "f64(f64 lat, f64 lon)"; '?' after a type: optional; "any... rest": any number. */
typedef struct belt_scalar
{
  belt_def    def;
  const char *signature;
  belt_status (*create)     (belt_ctx *, const belt_arg *args, uint32_t n, void **self);   /* [ctl] optional */
  void        (*destroy)    (belt_ctx *, void *self);                                      /* [ctl] */
  belt_status (*exec)       (belt_ctx *, void *self, const belt_value *args, uint32_t n,
      belt_value *out);  /* [data] */
  /* [data] optional: all rows at once, must give what exec gives row by row.  BELT_E_UNSUPPORTED
   * (types you have no loop for): exec is called instead. */
  belt_status (*exec_batch) (belt_ctx *, void *self, const belt_vec *args, uint32_t n, belt_vec_out *out);
  belt_status (*save)       (belt_ctx *, void *self, belt_writer *);                       /* [data] */
  belt_status (*restore)    (belt_ctx *, void *self, belt_reader *);                       /* [ctl] */
} belt_scalar;

/* ---- aggregate function ---- */
/* [grow] `state_size` zeroed, 16-aligned bytes a group; after clear() they are gone. */
typedef struct belt_aggregate
{
  belt_def    def;
  const char *signature;
  uint32_t    state_size, reserved;
  belt_status (*init)             (belt_ctx *, void *state);                                          /* optional */
  belt_status (*accumulate)       (belt_ctx *, void *state, const belt_value *args, uint32_t n);      /* [data] */
  belt_status (*accumulate_batch) (belt_ctx *, void *state, const belt_vec *args, uint32_t n);        /* optional */
  belt_status (*retract)          (belt_ctx *, void *state, const belt_value *args, uint32_t n);      /* optional */
  belt_status (*merge)            (belt_ctx *, void *into, const void *from);                         /* optional */
  belt_status (*finish)           (belt_ctx *, const void *state, belt_value *out);                   /* [data] */
  void        (*clear)            (belt_ctx *, void *state);                                          /* optional */
  belt_status (*save)             (belt_ctx *, const void *state, belt_writer *);                     /* optional */
  belt_status (*restore)          (belt_ctx *, void *state, belt_reader *);                           /* optional */
} belt_aggregate;

/* --------------------------------------------------------------- the plugin */
/* [grow] */
typedef struct belt_plugin
{
  uint32_t               struct_size;
  uint32_t               magic;
  uint32_t               abi_built, abi_min;
  const char            *id;          /* "io.example.geo": reverse DNS, never changes */
  const char            *version;     /* semver */
  const char            *name, *vendor, *license, *homepage;
  const char            *about;       /* JSON: description, help, i18n */
  const char *const     *requires_;   /* interface ids, NULL-terminated */
  const belt_def *const *defs;        /* NULL-terminated */
  uint64_t               flags;
  belt_status          (*init)    (const belt_host *, belt_ctx *, void **state);  /* [ctl] first of all */
  void                 (*quiesce) (belt_ctx *, void *state);                      /* [ctl] see C7 */
  void                 (*deinit)  (belt_ctx *, void *state);                      /* [ctl] */
} belt_plugin;

#define BELT_SYMBOL "belt_plugin_v1"

/* [frozen] An ELF note: id, version and ABI of a .so of ANY machine, without loading it. */
#define BELT_NOTE_OWNER "belt"
#define BELT_NOTE_TYPE  1u
typedef struct belt_note
{
  uint32_t namesz, descsz, type;
  char     owner[8];
  uint32_t format, abi_built, abi_min, reserved;
  char     id[64], version[32], build[64];
} belt_note;
BELT_ASSERT (sizeof (belt_note) == 196, "belt_note");

#ifndef BELT_BUILD_ID   /* `belt build` passes a hash of sources and flags */
#define BELT_BUILD_ID ""
#endif

/* BELT_PLUGIN ("io.example.geo", "1.2.0", .defs = defs, .init = init); */
#define BELT_PLUGIN(ID, VERSION, ...)                                                              \
  extern const belt_plugin belt_plugin_v1;                                                         \
  __attribute__ ((section (".note.belt"), used, aligned (4)))                                      \
  static const belt_note belt_note_v1 = {                                                          \
    5u, (uint32_t) (sizeof (belt_note) - 20u), BELT_NOTE_TYPE, BELT_NOTE_OWNER,                    \
    1u, BELT_ABI, BELT_ABI_TARGET, 0u, ID, VERSION, BELT_BUILD_ID };                               \
  __attribute__ ((visibility ("default"), used)) const belt_plugin belt_plugin_v1 = {              \
    .struct_size = sizeof (belt_plugin), .magic = BELT_MAGIC,                                      \
    .abi_built = BELT_ABI, .abi_min = BELT_ABI_TARGET, .id = ID, .version = VERSION, __VA_ARGS__ }
#define BELT_DEFS(variable, ...) static const belt_def *const variable[] = { __VA_ARGS__, NULL }
#define BELT_DEFINE_(type, KIND, variable, NAME, ...)                                              \
  static const type variable = { .def = { .struct_size = sizeof (type), .kind = KIND, .name = NAME }, __VA_ARGS__ }
#define BELT_SOURCE(variable, NAME, ...)    BELT_DEFINE_ (belt_source, BELT_KIND_SOURCE, variable, NAME, __VA_ARGS__)
#define BELT_SINK(variable, NAME, ...)      BELT_DEFINE_ (belt_sink, BELT_KIND_SINK, variable, NAME, __VA_ARGS__)
#define BELT_SCALAR(variable, NAME, ...)    BELT_DEFINE_ (belt_scalar, BELT_KIND_SCALAR, variable, NAME, __VA_ARGS__)
#define BELT_AGGREGATE(variable, NAME, ...) BELT_DEFINE_ (belt_aggregate, BELT_KIND_AGGREGATE, variable, \
    NAME, __VA_ARGS__)

/* Embed a file (schema, docs, lookup data) as a NUL-terminated string. */
#define BELT_EMBED(symbol, path)                                                                   \
  __asm__ (".pushsection .rodata\n.global " #symbol "\n.hidden " #symbol "\n" #symbol ":\n"        \
           ".incbin \"" path "\"\n.byte 0\n.popsection\n");                                        \
  extern const char symbol[]

/* ------------------------------------------------------------- conveniences
 * Inline, compiled into the plugin; none of it is ABI. */
BELT_UNUSED static inline belt_value
belt_v_null (void)
{
  belt_value v;

  memset (&v, 0, sizeof v);
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_i64 (int64_t x)
{
  belt_value v = belt_v_null ();

  v.type = BELT_T_I64;
  v.u.i64 = x;
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_f64 (double x)
{
  belt_value v = belt_v_null ();

  v.type = BELT_T_F64;
  v.u.f64 = x;
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_bool (int x)
{
  belt_value v = belt_v_i64 (x != 0);

  v.type = BELT_T_BOOL;
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_time (int64_t ns)
{
  belt_value v = belt_v_i64 (ns);

  v.type = BELT_T_TIME;
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_strn (const char *text, size_t len)
{
  belt_value v = belt_v_null ();

  v.type = BELT_T_STR;
  v.len = (uint32_t) len;
  v.u.str = text;
  return v;
}

BELT_UNUSED static inline belt_value
belt_v_strz (const char *text)
{
  return belt_v_strn (text, strlen (text));
}

BELT_UNUSED static inline belt_str
belt_strz (const char *text)
{
  belt_str s = { text, strlen (text) };

  return s;
}

BELT_UNUSED static inline belt_field
belt_f (const char *name, belt_value value)
{
  belt_field f = { { name, strlen (name) }, value };

  return f;
}

BELT_UNUSED static inline const char *
belt_type_name (belt_type type)
{
  static const char *const names[] = { "null", "a boolean", "an integer", "a float", "a string", "bytes",
      "a time", "an array", "an object" };

  return type < BELT_COUNTOF (names) ? names[type] : "of an unknown type";
}

/* A number as double. */
BELT_UNUSED static inline int
belt_as_f64 (const belt_value *v, double *x)
{
  if (v->type == BELT_T_F64)
    *x = v->u.f64;
  else if (v->type == BELT_T_I64)
    *x = (double) v->u.i64;
  else
    return 0;

  return 1;
}

/* A whole number as int64, also when it came as a float. */
BELT_UNUSED static inline int
belt_as_i64 (const belt_value *v, int64_t *x)
{
  if (v->type == BELT_T_I64 || v->type == BELT_T_TIME)
    *x = v->u.i64;
  else if (v->type == BELT_T_F64 && v->u.f64 >= -9007199254740992.0 && v->u.f64 <= 9007199254740992.0 &&
           (double) (int64_t) v->u.f64 == v->u.f64)
    *x = (int64_t) v->u.f64;
  else
    return 0;

  return 1;
}

/* A member of a MAP, or NULL. */
BELT_UNUSED static inline const belt_value *
belt_get (const belt_value *map, const char *name)
{
  size_t n = strlen (name);

  if (map == NULL || map->type != BELT_T_MAP)
    return NULL;

  for (uint32_t i = 0; i < map->len; i++)
    if (map->u.fields[i].name.len == n && memcmp (map->u.fields[i].name.ptr, name, n) == 0)
      return &map->u.fields[i].value;

  return NULL;
}

BELT_UNUSED static inline int64_t
belt_get_i64 (const belt_value *map, const char *name, int64_t otherwise)
{
  const belt_value *v = belt_get (map, name);
  int64_t x;

  return v != NULL && belt_as_i64 (v, &x) ? x : otherwise;
}

BELT_UNUSED static inline double
belt_get_f64 (const belt_value *map, const char *name, double otherwise)
{
  const belt_value *v = belt_get (map, name);
  double x;

  return v != NULL && belt_as_f64 (v, &x) ? x : otherwise;
}

BELT_UNUSED static inline int
belt_get_bool (const belt_value *map, const char *name, int otherwise)
{
  const belt_value *v = belt_get (map, name);

  return v != NULL && v->type == BELT_T_BOOL ? v->u.i64 != 0 : otherwise;
}

BELT_UNUSED static inline belt_str
belt_get_str (const belt_value *map, const char *name, const char *otherwise)
{
  const belt_value *v = belt_get (map, name);
  belt_str s;

  if (v == NULL || v->type != BELT_T_STR)
    return belt_strz (otherwise);

  s.ptr = v->u.str;
  s.len = v->len;
  return s;
}

BELT_UNUSED static inline int
belt_is_valid (const uint64_t *valid, uint32_t i)
{
  return valid == NULL || ((valid[i >> 6] >> (i & 63)) & 1u);
}

BELT_UNUSED static inline void
belt_set_null (uint64_t *valid, uint32_t i)
{
  valid[i >> 6] &= ~(UINT64_C (1) << (i & 63));
}

/* Element i of a column as a value, whatever its form. */
BELT_UNUSED static inline belt_value
belt_vec_at (const belt_vec *column, uint32_t i)
{
  belt_value v = belt_v_null ();

  if (column->enc == BELT_ENC_CONST)
    i = 0;
  if (!belt_is_valid (column->valid, i))
    return v;
  v.type = column->type;
  switch (column->type)
    {
    case BELT_T_NULL:
      break;
    case BELT_T_BOOL:
      v.u.i64 = ((const uint8_t *) column->data)[i];
      break;
    case BELT_T_I64:
    case BELT_T_TIME:
      v.u.i64 = ((const int64_t *) column->data)[i];
      break;
    case BELT_T_F64:
      v.u.f64 = ((const double *) column->data)[i];
      break;
    case BELT_T_STR:
    case BELT_T_BYTES:
      v.u.str = ((const belt_str *) column->data)[i].ptr;
      v.len = (uint32_t) ((const belt_str *) column->data)[i].len;
      break;
    default:
      v = ((const belt_value *) column->data)[i];
    }

  return v;
}

/* Little endian, whatever the machine. */
BELT_UNUSED static inline belt_status
belt_w_i64 (belt_writer *w, int64_t x)
{
  uint8_t b[8];

  for (int i = 0; i < 8; i++)
    b[i] = (uint8_t) ((uint64_t) x >> (8 * i));
  return w->write (w, b, sizeof b);
}

BELT_UNUSED static inline belt_status
belt_w_f64 (belt_writer *w, double x)
{
  int64_t bits;

  memcpy (&bits, &x, sizeof bits);
  return belt_w_i64 (w, bits);
}

BELT_UNUSED static inline belt_status
belt_r_i64 (belt_reader *r, int64_t *x)
{
  uint8_t b[8];
  uint64_t bits = 0;
  belt_status st = r->read (r, b, sizeof b);

  if (st != BELT_OK)
    return st;
  for (int i = 0; i < 8; i++)
    bits |= (uint64_t) b[i] << (8 * i);
  *x = (int64_t) bits;
  return BELT_OK;
}

BELT_UNUSED static inline belt_status
belt_r_f64 (belt_reader *r, double *x)
{
  int64_t bits = 0;
  belt_status st = belt_r_i64 (r, &bits);

  if (st == BELT_OK)
    memcpy (x, &bits, sizeof bits);
  return st;
}

#ifndef BELT_HOST_SIDE   /* the engine includes this header too */

/* The engine's table, set before anything else.  BELT_PROVIDE defines it; a plugin
 * that writes its own BELT_PLUGIN says BELT_HOST_VAR; once and sets it in init(). */
extern BELT_HIDDEN const belt_host *belt_h;
#define BELT_HOST_VAR BELT_HIDDEN const belt_host *belt_h

BELT_UNUSED static inline void *
belt_alloc (belt_ctx *ctx, size_t size)
{
  return belt_h->alloc (ctx, size);
}

BELT_UNUSED static inline void *
belt_realloc (belt_ctx *ctx, void *block, size_t size)
{
  return belt_h->realloc (ctx, block, size);
}

BELT_UNUSED static inline void
belt_free (belt_ctx *ctx, void *block)
{
  belt_h->free (ctx, block);
}

BELT_UNUSED static inline void *
belt_scratch (belt_ctx *ctx, size_t size)
{
  return belt_h->scratch (ctx, size, 16);
}

BELT_UNUSED static inline int64_t
belt_now (belt_ctx *ctx)
{
  return belt_h->now (ctx);
}

BELT_UNUSED static inline int
belt_cancelled (belt_ctx *ctx)
{
  return belt_h->cancelled (ctx);
}

BELT_UNUSED static inline void
belt_heartbeat (belt_ctx *ctx)
{
  belt_h->heartbeat (ctx);
}

BELT_UNUSED static inline belt_str
belt_info (belt_ctx *ctx, uint32_t key)
{
  return belt_h->info (ctx, key);
}

/* Sinks: the rows at hand may have been delivered already. */
BELT_UNUSED static inline int
belt_resent (belt_ctx *ctx)
{
  return BELT_HAS (belt_h, batch_flags) && (belt_h->batch_flags (ctx) & BELT_BATCH_RESENT) != 0;
}

BELT_UNUSED static inline const void *
belt_interface (const char *id)
{
  return belt_h->get_interface (belt_h, id);
}

BELT_PRINTF (5, 6) BELT_UNUSED static inline void
belt_logf_ (belt_ctx *ctx, int level, const char *file, int line, const char *format, ...)
{
  char text[1024];
  va_list ap;
  int n;
  belt_str s;

  va_start (ap, format);
  n = vsnprintf (text, sizeof text, format, ap);
  va_end (ap);
  s.ptr = text;
  s.len = n < 0 ? 0 : (size_t) n < sizeof text ? (size_t) n : sizeof text - 1;
  belt_h->log (ctx, level, file, line, s);
}

#define belt_log(ctx, level, ...)                                                                  \
  do                                                                                               \
    {                                                                                              \
      if (belt_h->log_enabled ((ctx), (level)))                                                    \
        belt_logf_ ((ctx), (level), __FILE__, __LINE__, __VA_ARGS__);                              \
    }                                                                                              \
  while (0)

/* Says why; the row, batch or instance fails with `st`.  Returns st. */
BELT_PRINTF (3, 4) BELT_UNUSED static inline belt_status
belt_failf (belt_ctx *ctx, belt_status st, const char *format, ...)
{
  char text[512];
  va_list ap;
  int n;
  belt_str s;

  va_start (ap, format);
  n = vsnprintf (text, sizeof text, format, ap);
  va_end (ap);
  s.ptr = text;
  s.len = n < 0 ? 0 : (size_t) n < sizeof text ? (size_t) n : sizeof text - 1;
  return belt_h->fail (ctx, st, s);
}

/* In a typed function: the result is NULL, whatever is returned. */
BELT_UNUSED static inline int
belt_null (belt_ctx *ctx)
{
  belt_str none = { "", 0 };

  belt_h->fail (ctx, BELT_SKIP, none);
  return 0;
}

/* A value as JSON text, in scratch, NUL-terminated; "null" when that fails. */
BELT_UNUSED static inline belt_str
belt_json (belt_ctx *ctx, const belt_value *value)
{
  const belt_json_api *api = (const belt_json_api *) belt_interface (BELT_IF_JSON);
  belt_str text = { "null", 4 };

  if (api != NULL)
    api->print (ctx, value, &text);
  return text;
}

/* A copy that lives as long as the instance, NUL-terminated. */
BELT_UNUSED static inline belt_str
belt_keep (belt_ctx *ctx, belt_str text)
{
  char *copy = (char *) belt_alloc (ctx, text.len + 1);
  belt_str s = { "", 0 };

  if (copy == NULL)
    return s;
  memcpy (copy, text.ptr, text.len);
  copy[text.len] = 0;
  s.ptr = copy;
  s.len = text.len;
  return s;
}

/* ============================================================ the front door
 * C functions with C types as SQL functions; sinks and sources row by row with a
 * typed configuration.  C only (designated initialisers).  Whoever needs batches,
 * retraction or state of another form opens the tables above.
 *
 * Types: f64 i64 boolean str bytes time any; up to eight arguments.
 * NULL in gives NULL out; an argument of another type is a row error that names
 * function, argument and types; belt_failf (ctx, …) is a row error of your own. */
typedef double     belt_c_f64;
typedef int64_t    belt_c_i64;
typedef int        belt_c_boolean;
typedef belt_str   belt_c_str;
typedef belt_str   belt_c_bytes;
typedef int64_t    belt_c_time;
typedef belt_value belt_c_any;

BELT_UNUSED static inline int belt_take_f64     (const belt_value *v, double *x)     { return belt_as_f64 (v, x); }
BELT_UNUSED static inline int belt_take_i64     (const belt_value *v, int64_t *x)    { return belt_as_i64 (v, x); }
BELT_UNUSED static inline int
belt_take_time (const belt_value *v, int64_t *x)
{
  *x = v->u.i64;
  return v->type == BELT_T_TIME;
}

BELT_UNUSED static inline int
belt_take_boolean (const belt_value *v, int *x)
{
  *x = v->u.i64 != 0;
  return v->type == BELT_T_BOOL;
}

BELT_UNUSED static inline int
belt_take_str (const belt_value *v, belt_str *x)
{
  x->ptr = v->u.str;
  x->len = v->len;
  return v->type == BELT_T_STR;
}

BELT_UNUSED static inline int
belt_take_bytes (const belt_value *v, belt_str *x)
{
  x->ptr = v->u.str;
  x->len = v->len;
  return v->type == BELT_T_BYTES;
}

BELT_UNUSED static inline int belt_take_any     (const belt_value *v, belt_value *x) { *x = *v; return 1; }
BELT_UNUSED static inline belt_value belt_give_f64     (double x)     { return belt_v_f64 (x); }
BELT_UNUSED static inline belt_value belt_give_i64     (int64_t x)    { return belt_v_i64 (x); }
BELT_UNUSED static inline belt_value belt_give_time    (int64_t x)    { return belt_v_time (x); }
BELT_UNUSED static inline belt_value belt_give_boolean (int x)        { return belt_v_bool (x); }
BELT_UNUSED static inline belt_value belt_give_str     (belt_str x)   { return belt_v_strn (x.ptr, x.len); }
BELT_UNUSED static inline belt_value
belt_give_bytes (belt_str x)
{
  belt_value v = belt_v_strn (x.ptr, x.len);
  v.type = BELT_T_BYTES;
  return v;
}

BELT_UNUSED static inline belt_value belt_give_any     (belt_value x) { return x; }

/* One step a pair of arguments: M (type, name), joined by SEP. */
#define BELT_NONE_()
#define BELT_COMMA_() ,
#define BELT_E1_(M, S, t, a)      M (t, a)
#define BELT_E2_(M, S, t, a, ...) M (t, a) S () BELT_E1_ (M, S, __VA_ARGS__)
#define BELT_E3_(M, S, t, a, ...) M (t, a) S () BELT_E2_ (M, S, __VA_ARGS__)
#define BELT_E4_(M, S, t, a, ...) M (t, a) S () BELT_E3_ (M, S, __VA_ARGS__)
#define BELT_E5_(M, S, t, a, ...) M (t, a) S () BELT_E4_ (M, S, __VA_ARGS__)
#define BELT_E6_(M, S, t, a, ...) M (t, a) S () BELT_E5_ (M, S, __VA_ARGS__)
#define BELT_E7_(M, S, t, a, ...) M (t, a) S () BELT_E6_ (M, S, __VA_ARGS__)
#define BELT_E8_(M, S, t, a, ...) M (t, a) S () BELT_E7_ (M, S, __VA_ARGS__)
#define BELT_PICK16_(a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7, a8, b8, m, ...) m
#define BELT_PAIRS_(M, S, ...)                                                                     \
  BELT_PICK16_ (__VA_ARGS__, BELT_E8_, 0, BELT_E7_, 0, BELT_E6_, 0, BELT_E5_, 0, BELT_E4_, 0,      \
                BELT_E3_, 0, BELT_E2_, 0, BELT_E1_, 0, 0) (M, S, __VA_ARGS__)
#define BELT_ARG_PARAMETER_(t, a) belt_c_##t a
#define BELT_ARG_NAME_(t, a)      a
#define BELT_ARG_TEXT_(t, a)      #t " " #a
#define BELT_TEXT_COMMA_()        ", "
#define BELT_ARG_DECLARE_(t, a)   belt_c_##t a;
#define BELT_ARG_TAKE_(t, a)                                                                       \
  if (i_++ >= n_ || !belt_take_##t (&v_[i_ - 1], &a))                                              \
    return belt_failf (ctx, BELT_E_INVALID, "argument %u (" #a ") is %s, not " #t, i_,             \
                       i_ <= n_ ? belt_type_name (v_[i_ - 1].type) : "not given");
#define BELT_PARAMETERS_(...) BELT_PAIRS_ (BELT_ARG_PARAMETER_, BELT_COMMA_, __VA_ARGS__)
#define BELT_NAMES_(...)      BELT_PAIRS_ (BELT_ARG_NAME_, BELT_COMMA_, __VA_ARGS__)
#define BELT_SIGNATURE_(ret, ...) #ret "(" BELT_PAIRS_ (BELT_ARG_TEXT_, BELT_TEXT_COMMA_, __VA_ARGS__) ")"
#define BELT_TAKE_(...)                                                                            \
  uint32_t i_ = 0;                                                                                 \
  BELT_PAIRS_ (BELT_ARG_DECLARE_, BELT_NONE_, __VA_ARGS__)                                         \
  BELT_PAIRS_ (BELT_ARG_TAKE_, BELT_NONE_, __VA_ARGS__)

/* BELT_FUNCTION (f64, fahrenheit, f64, celsius) { return celsius * 9 / 5 + 32; } */
#define BELT_FUNCTION(ret, fn, ...)                                                                \
  static belt_c_##ret fn (belt_ctx *ctx, BELT_PARAMETERS_ (__VA_ARGS__));                          \
  static belt_status fn##_exec_ (belt_ctx *ctx, void *self_, const belt_value *v_, uint32_t n_, belt_value *out_) \
  {                                                                                                \
    (void) self_;                                                                                  \
    BELT_TAKE_ (__VA_ARGS__)                                                                       \
    *out_ = belt_give_##ret (fn (ctx, BELT_NAMES_ (__VA_ARGS__)));                                 \
    return BELT_OK;                                                                                \
  }                                                                                                \
  BELT_SCALAR (fn##_def_, #fn, .def.flags = BELT_FN_PURE | BELT_FN_STRICT,                         \
               .signature = BELT_SIGNATURE_ (ret, __VA_ARGS__), .exec = fn##_exec_);               \
  static belt_c_##ret fn (BELT_UNUSED belt_ctx *ctx, BELT_PARAMETERS_ (__VA_ARGS__))

/* A function that remembers: `state` points to a zeroed struct of the call site.  It
 * holds no pointers; it is saved whole, and restored when `version` and size agree.
 * BELT_STATEFUL (f64, ema, ema_state, 1, f64, x, f64, k) { … state->value … } */
#define BELT_STATEFUL(ret, fn, state_t, version, ...)                                              \
  static belt_c_##ret fn (belt_ctx *ctx, state_t *state, BELT_PARAMETERS_ (__VA_ARGS__));          \
  static belt_status fn##_create_ (belt_ctx *ctx, const belt_arg *args, uint32_t n, void **self)   \
  {                                                                                                \
    (void) args;                                                                                   \
    (void) n;                                                                                      \
    return belt_new_ (ctx, sizeof (state_t), self);                                                \
  }                                                                                                \
  static belt_status fn##_save_ (belt_ctx *ctx, void *self, belt_writer *w)                        \
  {                                                                                                \
    (void) ctx;                                                                                    \
    return w->write (w, self, sizeof (state_t));                                                   \
  }                                                                                                \
  static belt_status fn##_restore_ (belt_ctx *ctx, void *self, belt_reader *r)                     \
  {                                                                                                \
    return belt_read_whole_ (ctx, r, #fn, self, sizeof (state_t), (version));                      \
  }                                                                                                \
  static belt_status fn##_exec_ (belt_ctx *ctx, void *self_, const belt_value *v_, uint32_t n_, belt_value *out_) \
  {                                                                                                \
    BELT_TAKE_ (__VA_ARGS__)                                                                       \
    *out_ = belt_give_##ret (fn (ctx, (state_t *) self_, BELT_NAMES_ (__VA_ARGS__)));              \
    return BELT_OK;                                                                                \
  }                                                                                                \
  BELT_SCALAR (fn##_def_, #fn, .def.flags = BELT_FN_STRICT | BELT_FN_STATEFUL, .def.state_version = (version), \
               .signature = BELT_SIGNATURE_ (ret, __VA_ARGS__), .create = fn##_create_,            \
               .destroy = belt_drop_, .exec = fn##_exec_, .save = fn##_save_, .restore = fn##_restore_); \
  static belt_c_##ret fn (BELT_UNUSED belt_ctx *ctx, state_t *state, BELT_PARAMETERS_ (__VA_ARGS__))

/* An aggregate in two steps: each row (rows with a NULL argument are passed over), then
 * the result.  `state` is a zeroed struct of the group; it holds no pointers.
 * BELT_AGGREGATE_FN (f64, mean, mean_state, f64, x) { state->sum += x; state->n++; }
 * BELT_RESULT (f64, mean, mean_state) { return state->sum / state->n; } */
#define BELT_AGGREGATE_FN(ret, fn, state_t, ...)                                                   \
  static void fn##_step (belt_ctx *ctx, state_t *state, BELT_PARAMETERS_ (__VA_ARGS__));           \
  static belt_c_##ret fn##_result (belt_ctx *ctx, const state_t *state);                           \
  static belt_status fn##_accumulate_ (belt_ctx *ctx, void *state_, const belt_value *v_, uint32_t n_) \
  {                                                                                                \
    BELT_TAKE_ (__VA_ARGS__)                                                                       \
    fn##_step (ctx, (state_t *) state_, BELT_NAMES_ (__VA_ARGS__));                                \
    return BELT_OK;                                                                                \
  }                                                                                                \
  static belt_status fn##_finish_ (belt_ctx *ctx, const void *state_, belt_value *out_)            \
  {                                                                                                \
    *out_ = belt_give_##ret (fn##_result (ctx, (const state_t *) state_));                         \
    return BELT_OK;                                                                                \
  }                                                                                                \
  BELT_AGGREGATE (fn##_def_, #fn, .def.flags = BELT_FN_PURE | BELT_FN_STRICT,                      \
                  .signature = BELT_SIGNATURE_ (ret, __VA_ARGS__), .state_size = sizeof (state_t), \
                  .accumulate = fn##_accumulate_, .finish = fn##_finish_);                         \
  static void fn##_step (BELT_UNUSED belt_ctx *ctx, state_t *state, BELT_PARAMETERS_ (__VA_ARGS__))
#define BELT_RESULT(ret, fn, state_t)                                                              \
  static belt_c_##ret fn##_result (BELT_UNUSED belt_ctx *ctx, const state_t *state)

/* A typed configuration.  The options become a struct NAME_config, its JSON Schema and
 * its reader; strings in it are NUL-terminated and live as long as the instance.
 *   #define lines_options(REQUIRED, OPTIONAL)                \
 *     REQUIRED (str, path, "File that gets the rows")        \
 *     OPTIONAL (boolean, append, true, "Keep what is there")
 *   BELT_CONFIG (lines); */
#define BELT_O_MEMBER_R_(t, n, text)         belt_c_##t n;
#define BELT_O_MEMBER_O_(t, n, d, text)      belt_c_##t n;
#define BELT_O_SCHEMA_R_(t, n, text)         ",\"" #n "\":{\"type\":" BELT_O_TYPE_##t ",\"description\":\"" text "\"}"
#define BELT_O_SCHEMA_O_(t, n, d, text)      ",\"" #n "\":{\"type\":" BELT_O_TYPE_##t ",\"default\":" #d \
    ",\"description\":\"" text "\"}"
#define BELT_O_REQUIRED_R_(t, n, text)       ",\"" #n "\""
#define BELT_O_REQUIRED_O_(t, n, d, text)
#define BELT_O_READ_R_(t, n, text)           belt_option_##t##_ (ctx, map, #n, BELT_O_ZERO_##t, &config->n);
#define BELT_O_READ_O_(t, n, d, text)        belt_option_##t##_ (ctx, map, #n, d, &config->n);
#define BELT_O_TYPE_str     "\"string\""
#define BELT_O_TYPE_i64     "\"integer\""
#define BELT_O_TYPE_f64     "\"number\""
#define BELT_O_TYPE_boolean "\"boolean\""
#define BELT_O_TYPE_any     "[\"null\",\"boolean\",\"number\",\"string\",\"array\",\"object\"]"
#define BELT_O_ZERO_str     ""
#define BELT_O_ZERO_i64     0
#define BELT_O_ZERO_f64     0
#define BELT_O_ZERO_boolean 0
BELT_UNUSED static inline void
belt_option_str_ (belt_ctx *ctx, const belt_value *map, const char *name, const char *otherwise, belt_str *x)
{
  *x = belt_keep (ctx, belt_get_str (map, name, otherwise));
}

BELT_UNUSED static inline void
belt_option_i64_ (belt_ctx *ctx, const belt_value *map, const char *name, int64_t otherwise, int64_t *x)
{
  (void) ctx;
  *x = belt_get_i64 (map, name, otherwise);
}

BELT_UNUSED static inline void
belt_option_f64_ (belt_ctx *ctx, const belt_value *map, const char *name, double otherwise, double *x)
{
  (void) ctx;
  *x = belt_get_f64 (map, name, otherwise);
}

BELT_UNUSED static inline void
belt_option_boolean_ (belt_ctx *ctx, const belt_value *map, const char *name, int otherwise, int *x)
{
  (void) ctx;
  *x = belt_get_bool (map, name, otherwise);
}


#define BELT_CONFIG(name)                                                                          \
  typedef struct { char belt_none_; name##_options (BELT_O_MEMBER_R_, BELT_O_MEMBER_O_) } name##_config; \
  static const char name##_schema_[] = "{\"type\":\"object\",\"required\":[\"\""                   \
    name##_options (BELT_O_REQUIRED_R_, BELT_O_REQUIRED_O_) "],\"properties\":{\"\":{}"            \
    name##_options (BELT_O_SCHEMA_R_, BELT_O_SCHEMA_O_) "}}";                                      \
  static void name##_configure_ (belt_ctx *ctx, const belt_value *map, name##_config *config)      \
  {                                                                                                \
    (void) ctx;                                                                                    \
    (void) map;                                                                                    \
    (void) config;                                                                                 \
    name##_options (BELT_O_READ_R_, BELT_O_READ_O_)                                                \
  }                                                                                                \
  typedef struct name##_instance_ name##_instance_

/* What both sinks and short sources have.  `state` is a zeroed NAME_state. */
#define BELT_OPEN(name)                                                                            \
  static belt_status name##_open (BELT_UNUSED belt_ctx *ctx, BELT_UNUSED const name##_config *config, \
                                  BELT_UNUSED name##_state *state, BELT_UNUSED int64_t offset)
#define BELT_CLOSE(name)                                                                           \
  static void name##_close (BELT_UNUSED belt_ctx *ctx, BELT_UNUSED const name##_config *config,    \
                            BELT_UNUSED name##_state *state)
#define BELT_INSTANCE_(name)                                                                       \
  struct name##_instance_ { name##_config config; name##_state state; int64_t offset; };           \
  static belt_status name##_open_ (belt_ctx *ctx, void *self_)                                     \
  {                                                                                                \
    name##_instance_ *self = (name##_instance_ *) self_;                                           \
    return name##_open (ctx, &self->config, &self->state, self->offset);                           \
  }                                                                                                \
  static void name##_close_ (belt_ctx *ctx, void *self_)                                           \
  {                                                                                                \
    name##_instance_ *self = (name##_instance_ *) self_;                                           \
    name##_close (ctx, &self->config, &self->state);                                               \
    memset (&self->state, 0, sizeof self->state);                                                  \
  }

/* A sink row by row, between BELT_OPEN and BELT_CLOSE; `row` is a MAP (belt_get_str (row, "name", "")).
 * More of the table after the name: BELT_ROW_SINK (db, .flush = db_flush_) with BELT_FLUSH (db) { … }
 * before it, called after the rows of each batch. */
#define BELT_ROW_SINK(...) BELT_ROW_SINK_ (__VA_ARGS__, .def.reserved = 0)
#define BELT_ROW_SINK_(name, ...)                                                                  \
  static belt_status name##_row (belt_ctx *ctx, const name##_config *config, name##_state *state,  \
      const belt_value *row);                                                                      \
  BELT_SINK_INSTANCE_ (name)                                                                       \
  static belt_status name##_row_ (belt_ctx *ctx, void *self_, const belt_value *row)               \
  {                                                                                                \
    name##_instance_ *self = (name##_instance_ *) self_;                                           \
    return name##_row (ctx, &self->config, &self->state, row);                                     \
  }                                                                                                \
  BELT_SINK (name##_def_, #name, .def.config_schema = name##_schema_, .create = name##_create_,    \
             .destroy = belt_drop_, .open = name##_open_, .close = name##_close_, .row = name##_row_, __VA_ARGS__); \
  static belt_status name##_row (BELT_UNUSED belt_ctx *ctx, BELT_UNUSED const name##_config *config, \
                                 BELT_UNUSED name##_state *state, const belt_value *row)
#define BELT_SINK_INSTANCE_(name)                                                                  \
  BELT_INSTANCE_ (name)                                                                            \
  static belt_status name##_create_ (belt_ctx *ctx, const belt_value *config, void **self)         \
  {                                                                                                \
    belt_status st = belt_new_ (ctx, sizeof (name##_instance_), self);                             \
    if (st == BELT_OK)                                                                             \
      name##_configure_ (ctx, config, &((name##_instance_ *) *self)->config);                      \
    return st;                                                                                     \
  }
#define BELT_FLUSH(name)                                                                           \
  static belt_status name##_flush (belt_ctx *ctx, const name##_config *config, name##_state *state); \
  static belt_status name##_flush_ (belt_ctx *ctx, void *self_);                                   \
  BELT_FLUSH_LAYOUT_ (name)                                                                        \
  static belt_status name##_flush_ (belt_ctx *ctx, void *self_)                                    \
  {                                                                                                \
    name##_flush_view_ *self = (name##_flush_view_ *) self_;                                       \
    return name##_flush (ctx, &self->config, &self->state);                                        \
  }                                                                                                \
  static belt_status name##_flush (BELT_UNUSED belt_ctx *ctx, BELT_UNUSED const name##_config *config, \
                                   BELT_UNUSED name##_state *state)
#define BELT_FLUSH_LAYOUT_(name)  /* the beginning of NAME_instance_ */                            \
  typedef struct { name##_config config; name##_state state; int64_t offset; } name##_flush_view_;

/* A source row by row: each call gives one row with belt_emit() and says BELT_OK, or BELT_AGAIN
 * (nothing now: asked again in 10 ms), or BELT_EOF.  `*offset` is yours and is saved with the rows:
 * after a crash or a new build BELT_OPEN gets it back.
 *   belt_field row[] = { belt_f ("n", belt_v_i64 (*offset)) };
 *   *offset += 1;
 *   return belt_emit (out, row); */
typedef struct belt_emitter
{
  const belt_ingest_api *api;
  belt_ingest           *ingest;
} belt_emitter;
#define belt_emit(out, row)       ((out)->api->row ((out)->ingest, (row), (uint32_t) BELT_COUNTOF (row), NULL))
#define belt_emit_text(out, text) ((out)->api->bytes ((out)->ingest, (text), NULL))
#define BELT_ROW_SOURCE(...) BELT_ROW_SOURCE_ (__VA_ARGS__, .def.reserved = 0)
#define BELT_ROW_SOURCE_(name, ...)                                                                \
  static belt_status name##_next (belt_ctx *ctx, const name##_config *config, name##_state *state, \
      int64_t *offset, belt_emitter *out);                                                         \
  BELT_INSTANCE_ (name)                                                                            \
  static belt_status name##_create_ (belt_ctx *ctx, belt_str datasource, const belt_value *config, void **self) \
  {                                                                                                \
    belt_status st = belt_new_ (ctx, sizeof (name##_instance_), self);                             \
    (void) datasource;                                                                             \
    if (st == BELT_OK)                                                                             \
      name##_configure_ (ctx, config, &((name##_instance_ *) *self)->config);                      \
    return st;                                                                                     \
  }                                                                                                \
  static belt_status name##_poll_ (belt_ctx *ctx, void *self_, const belt_ingest_api *api, belt_ingest *ingest, \
                                   uint32_t rows_max, int64_t deadline)                            \
  {                                                                                                \
    name##_instance_ *self = (name##_instance_ *) self_;                                           \
    belt_emitter out = { api, ingest };                                                            \
    for (uint32_t i = 0; i < rows_max && !belt_cancelled (ctx) && (i == 0 || belt_now (ctx) < deadline); i++) \
      {                                                                                            \
        int64_t before = self->offset;                                                             \
        belt_status st = name##_next (ctx, &self->config, &self->state, &self->offset, &out);      \
        if (st != BELT_OK)                                                                         \
          return st != BELT_EOF && st != BELT_AGAIN ? (self->offset = before, st) : st;            \
      }                                                                                            \
    return BELT_OK;                                                                                \
  }                                                                                                \
  static belt_status name##_save_ (belt_ctx *ctx, void *self, belt_writer *w)                      \
  {                                                                                                \
    (void) ctx;                                                                                    \
    return belt_w_i64 (w, ((name##_instance_ *) self)->offset);                                    \
  }                                                                                                \
  static belt_status name##_restore_ (belt_ctx *ctx, void *self, belt_reader *r)                   \
  {                                                                                                \
    (void) ctx;                                                                                    \
    return belt_r_i64 (r, &((name##_instance_ *) self)->offset);                                   \
  }                                                                                                \
  BELT_SOURCE (name##_def_, #name, .def.config_schema = name##_schema_, .def.flags = BELT_SRC_REPLAYABLE, \
               .def.state_version = 1, .create = name##_create_, .destroy = belt_drop_, .open = name##_open_, \
               .close = name##_close_, .poll = name##_poll_, .save = name##_save_,                 \
                   .restore = name##_restore_, __VA_ARGS__);                                       \
  static belt_status name##_next (BELT_UNUSED belt_ctx *ctx, BELT_UNUSED const name##_config *config, \
                                  BELT_UNUSED name##_state *state, BELT_UNUSED int64_t *offset, belt_emitter *out)

BELT_UNUSED static belt_status
belt_new_ (belt_ctx *ctx, size_t size, void **self)
{
  *self = belt_alloc (ctx, size);
  if (*self == NULL)
    return BELT_E_NOMEM;
  memset (*self, 0, size);
  return BELT_OK;
}

BELT_UNUSED static void
belt_drop_ (belt_ctx *ctx, void *self)
{
  belt_free (ctx, self);
}

BELT_UNUSED static belt_status
belt_read_whole_ (belt_ctx *ctx, belt_reader *r, const char *name, void *state, size_t size, uint32_t version)
{
  if (r->state_version != version)
    return belt_failf (ctx, BELT_E_VERSION, "the state of %s is version %u, this build reads %u", name,
                       (unsigned) r->state_version, (unsigned) version);
  if (r->remaining != size)
    return belt_failf (ctx, BELT_E_VERSION, "the state of %s had %u bytes, this build has %u: raise its version",
                       name,
                       (unsigned) r->remaining, (unsigned) size);
  return r->read (r, state, size);
}

/* The last line of a plugin: BELT_PROVIDE ("io.example.ema", "1.0.0", ema, fahrenheit); up to eight. */
#define BELT_D1_(f)      &f##_def_.def
#define BELT_D2_(f, ...) BELT_D1_ (f), BELT_D1_ (__VA_ARGS__)
#define BELT_D3_(f, ...) BELT_D1_ (f), BELT_D2_ (__VA_ARGS__)
#define BELT_D4_(f, ...) BELT_D1_ (f), BELT_D3_ (__VA_ARGS__)
#define BELT_D5_(f, ...) BELT_D1_ (f), BELT_D4_ (__VA_ARGS__)
#define BELT_D6_(f, ...) BELT_D1_ (f), BELT_D5_ (__VA_ARGS__)
#define BELT_D7_(f, ...) BELT_D1_ (f), BELT_D6_ (__VA_ARGS__)
#define BELT_D8_(f, ...) BELT_D1_ (f), BELT_D7_ (__VA_ARGS__)
#define BELT_PICK8_(a, b, c, d, e, f, g, h, m, ...) m
#define BELT_PROVIDE(id, version, ...)                                                             \
  BELT_HOST_VAR;                                                                                   \
  BELT_DEFS (belt_defs_, BELT_PICK8_ (__VA_ARGS__, BELT_D8_, BELT_D7_, BELT_D6_, BELT_D5_, BELT_D4_, \
                                      BELT_D3_, BELT_D2_, BELT_D1_, 0) (__VA_ARGS__));             \
  static belt_status belt_init_ (const belt_host *host, belt_ctx *ctx, void **state)               \
  {                                                                                                \
    (void) ctx;                                                                                    \
    (void) state;                                                                                  \
    belt_h = host;                                                                                 \
    return BELT_OK;                                                                                \
  }                                                                                                \
  BELT_PLUGIN (id, version, .defs = belt_defs_, .init = belt_init_)

#endif /* BELT_HOST_SIDE */

#ifdef __cplusplus
}
#endif
#endif /* BELT_PLUGIN_H */
