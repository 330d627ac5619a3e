/* mysql.c - the sink mysql: rows into a table of MySQL or MariaDB
 *
 * SPDX-License-Identifier: MIT-0
 *
 *   "mysql": { "url": "user:password@tcp(host:3306)/database", "table": "test" }
 *
 * With url and table alone a row goes as JSON text into the column `name`.  With
 * "fields": ["a", "b"] its members a and b go into columns of those names.  All
 * values are bound to a prepared statement, so text stays text.  The rows of a batch
 * are one transaction: when the connection breaks, none of them is there, and the
 * engine gives the batch again.
 */
#include <belt-plugin.h>

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdlib.h>

BELT_HOST_VAR;

#define FIELDS_MAX   64u
#define NAME_LEN_MAX 64u      /* MySQL's own limit for identifiers */
#define TIMEOUT_S    5u

typedef struct
{
  char        user[128], password[256], host[256], socket[108], database[NAME_LEN_MAX + 1];
  unsigned    port;
  char        insert[FIELDS_MAX * 72 + 160];
  uint32_t    n_fields;       /* 0: JSON text into `name` */
  char        fields[FIELDS_MAX][NAME_LEN_MAX + 1];
  MYSQL      *connection;     /* NULL: not connected */
  MYSQL_STMT *statement;
  int         in_transaction;
} mysql_sink;

/* Copies what stands before `stop`; returns what follows it, or NULL if it does not fit or is not there. */
static const char *
take (const char *from, const char *stop, char *to, size_t size)
{
  size_t len = stop ? (size_t) (stop - from) : strlen (from);

  if (len >= size)
    return NULL;
  memcpy (to, from, len);
  to[len] = '\0';
  return stop ? stop + 1 : from + len;
}

/* user[:password]@tcp(host[:port])/database[?parameters] or …@unix(/path)/… */
static int
parse_url (mysql_sink *self, const char *url)
{
  const char *at = strrchr (url, '@'), *colon, *open, *close, *slash, *question;
  char credentials[400], address[256];

  if (!at || !take (url, at, credentials, sizeof credentials))
    return 0;
  colon = strchr (credentials, ':');
  if (!take (credentials, colon, self->user, sizeof self->user) ||
      (colon && !take (colon + 1, NULL, self->password, sizeof self->password)))
    return 0;

  open = strchr (at, '(');
  close = open ? strchr (open, ')') : NULL;
  slash = close ? strchr (close, '/') : NULL;
  if (!slash || !take (open + 1, close, address, sizeof address))
    return 0;
  question = strchr (slash, '?');
  if (!take (slash + 1, question, self->database, sizeof self->database) || !self->database[0])
    return 0;

  if (!strncmp (at + 1, "unix(", 5))
    return take (address, NULL, self->socket, sizeof self->socket) != NULL;
  if (strncmp (at + 1, "tcp(", 4))
    return 0;
  colon = strrchr (address, ':');
  self->port = colon ? (unsigned) atoi (colon + 1) : 3306;
  return take (address, colon, self->host, sizeof self->host) != NULL && self->host[0] &&
         self->port > 0 && self->port < 65536;
}

/* `name` with backticks inside doubled, as identifiers are quoted in MySQL. */
static void
append_name (char *to, size_t size, const char *name)
{
  size_t n = strlen (to);

  if (n + 2 < size)
    to[n++] = '`';
  for (; *name && n + 3 < size; name++)
    {
      if (*name == '`')
        to[n++] = '`';
      to[n++] = *name;
    }
  to[n++] = '`';
  to[n] = '\0';
}

static void
write_insert (mysql_sink *self, const char *table)
{
  char *text = self->insert;
  size_t size = sizeof self->insert;

  snprintf (text, size, "INSERT INTO ");
  append_name (text, size, table);
  strncat (text, " (", size - strlen (text) - 1);
  for (uint32_t i = 0; i < self->n_fields; i++)
    {
      if (i)
        strncat (text, ",", size - strlen (text) - 1);
      append_name (text, size, self->fields[i]);
    }
  if (!self->n_fields)
    append_name (text, size, "name");
  strncat (text, ") VALUES (?", size - strlen (text) - 1);
  for (uint32_t i = 1; i < self->n_fields; i++)
    strncat (text, ",?", size - strlen (text) - 1);
  strncat (text, ")", size - strlen (text) - 1);
}

static belt_status
take_fields (belt_ctx *ctx, mysql_sink *self, const belt_value *fields)
{
  if (!fields || fields->type == BELT_T_NULL)
    return BELT_OK;
  if (fields->type != BELT_T_LIST || fields->len > FIELDS_MAX)
    return belt_failf (ctx, BELT_E_INVALID, "fields: a list of at most %u column names", FIELDS_MAX);
  for (uint32_t i = 0; i < fields->len; i++)
    {
      const belt_value *name = &fields->u.items[i];

      if (name->type != BELT_T_STR || !name->len || name->len > NAME_LEN_MAX)
        return belt_failf (ctx, BELT_E_INVALID, "fields: item %u is not a column name", i);
      memcpy (self->fields[i], name->u.str, name->len);
    }
  self->n_fields = fields->len;
  return BELT_OK;
}

static belt_status
sink_create (belt_ctx *ctx, const belt_value *config, void **ret_self)
{
  belt_str url = belt_get_str (config, "url", ""), table = belt_get_str (config, "table", "");
  char text[1024] = "", name[NAME_LEN_MAX + 1] = "";
  mysql_sink *self = belt_alloc (ctx, sizeof *self);

  if (!self)
    return BELT_E_NOMEM;
  memset (self, 0, sizeof *self);
  if (url.len >= sizeof text || !table.len || table.len > NAME_LEN_MAX)
    return belt_failf (ctx, BELT_E_INVALID, "table: a name of 1 to %u characters", NAME_LEN_MAX);
  memcpy (text, url.ptr, url.len);
  memcpy (name, table.ptr, table.len);
  if (!parse_url (self, text))
    return belt_failf (ctx, BELT_E_INVALID, "url: expected user:password@tcp(host:port)/database");
  if (take_fields (ctx, self, belt_get (config, "fields")) != BELT_OK)
    return BELT_E_INVALID;
  write_insert (self, name);
  *ret_self = self;
  return BELT_OK;
}

static void
disconnect (mysql_sink *self)
{
  if (self->statement)
    mysql_stmt_close (self->statement);
  if (self->connection)
    mysql_close (self->connection);
  self->statement = NULL;
  self->connection = NULL;
  self->in_transaction = 0;
}

/* What the engine should do about an error: give the batch again, drop the row, or stop asking. */
static belt_status
judge (belt_ctx *ctx, mysql_sink *self, unsigned code, const char *text)
{
  belt_status status = BELT_E_REJECTED;

  if ((code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code == ER_LOCK_DEADLOCK || code == ER_LOCK_WAIT_TIMEOUT ||
      code == ER_CON_COUNT_ERROR || code == ER_SERVER_SHUTDOWN || code == ER_CONNECTION_KILLED)
    status = BELT_E_IO;
  else if (code == ER_ACCESS_DENIED_ERROR || code == ER_DBACCESS_DENIED_ERROR)
    status = BELT_E_AUTH;
  else if (code == ER_BAD_DB_ERROR || code == ER_NO_SUCH_TABLE || code == ER_BAD_FIELD_ERROR)
    status = BELT_E_INVALID;

  status = belt_failf (ctx, status, "MySQL error %u: %s", code, text);
  if (status == BELT_E_IO)
    disconnect (self);
  return status;
}

static belt_status
connect_and_prepare (belt_ctx *ctx, mysql_sink *self)
{
  unsigned timeout = TIMEOUT_S;

  if (self->connection)
    return BELT_OK;
  if (!(self->connection = mysql_init (NULL)))
    return BELT_E_NOMEM;
  mysql_options (self->connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options (self->connection, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
  mysql_options (self->connection, MYSQL_OPT_READ_TIMEOUT, &timeout);
  mysql_options (self->connection, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  if (!mysql_real_connect (self->connection, self->socket[0] ? NULL : self->host, self->user, self->password,
                           self->database, self->port, self->socket[0] ? self->socket : NULL, 0))
    {
      unsigned code = mysql_errno (self->connection);
      belt_status status = belt_failf (ctx, code == ER_ACCESS_DENIED_ERROR ? BELT_E_AUTH :
                                       code == ER_BAD_DB_ERROR ? BELT_E_INVALID : BELT_E_IO,
                                       "connecting to %s: %s", self->socket[0] ? self->socket : self->host,
                                       mysql_error (self->connection));

      disconnect (self);
      return status;
    }

  mysql_autocommit (self->connection, 0);
  self->statement = mysql_stmt_init (self->connection);
  if (!self->statement || mysql_stmt_prepare (self->statement, self->insert, strlen (self->insert)))
    {
      unsigned code = mysql_errno (self->connection);
      belt_status status = belt_failf (ctx, code == ER_NO_SUCH_TABLE || code == ER_BAD_FIELD_ERROR ? BELT_E_INVALID :
                                       BELT_E_IO, "%s: %s", self->insert, mysql_error (self->connection));

      disconnect (self);
      return status;
    }
  return BELT_OK;
}

static belt_status
sink_open (belt_ctx *ctx, void *data)
{
  return connect_and_prepare (ctx, data);
}

static void
sink_close (belt_ctx *ctx, void *data)
{
  (void) ctx;
  disconnect (data);
}

static void
sink_destroy (belt_ctx *ctx, void *data)
{
  belt_free (ctx, data);
}

/* Lists, objects and times go as text; what a bind points to lives until the statement has run. */
static void
bind_value (belt_ctx *ctx, MYSQL_BIND *bind, const belt_value *value)
{
  belt_str text = { NULL, 0 };

  switch (value ? value->type : BELT_T_NULL)
    {
    case BELT_T_NULL:
      bind->buffer_type = MYSQL_TYPE_NULL;
      return;
    case BELT_T_BOOL:
    case BELT_T_I64:
      bind->buffer_type = MYSQL_TYPE_LONGLONG;
      bind->buffer = (void *) &value->u.i64;
      return;
    case BELT_T_F64:
      bind->buffer_type = MYSQL_TYPE_DOUBLE;
      bind->buffer = (void *) &value->u.f64;
      return;
    case BELT_T_STR:
    case BELT_T_BYTES:
      text.ptr = value->u.str;
      text.len = value->len;
      break;
    default:
      text = belt_json (ctx, value);
      if (value->type == BELT_T_TIME && text.len >= 2)   /* without the quotes of JSON */
        {
          text.ptr++;
          text.len -= 2;
        }
    }
  bind->buffer_type = value->type == BELT_T_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
  bind->buffer = (void *) text.ptr;
  bind->buffer_length = text.len;
}

static belt_status
sink_row (belt_ctx *ctx, void *data, const belt_value *row)
{
  mysql_sink *self = data;
  MYSQL_BIND binds[FIELDS_MAX];
  belt_status status = connect_and_prepare (ctx, self);
  char name[NAME_LEN_MAX + 1];

  if (status != BELT_OK)
    return status;

  memset (binds, 0, sizeof binds);
  if (!self->n_fields)
    {
      belt_str text = belt_json (ctx, row);

      binds[0].buffer_type = MYSQL_TYPE_STRING;
      binds[0].buffer = (void *) text.ptr;
      binds[0].buffer_length = text.len;
    }
  for (uint32_t i = 0; i < self->n_fields; i++)
    {
      snprintf (name, sizeof name, "%s", self->fields[i]);
      bind_value (ctx, &binds[i], belt_get (row, name));
    }

  self->in_transaction = 1;
  if (mysql_stmt_bind_param (self->statement, binds) || mysql_stmt_execute (self->statement))
    return judge (ctx, self, mysql_stmt_errno (self->statement), mysql_stmt_error (self->statement));
  return BELT_OK;
}

static belt_status
sink_flush (belt_ctx *ctx, void *data)
{
  mysql_sink *self = data;

  if (!self->in_transaction)
    return BELT_OK;
  self->in_transaction = 0;
  if (mysql_commit (self->connection))
    return judge (ctx, self, mysql_errno (self->connection), mysql_error (self->connection));
  return BELT_OK;
}

static const char schema[] =
  "{\"type\":\"object\",\"required\":[\"url\",\"table\"],\"properties\":{"
  "\"url\":{\"type\":\"string\",\"description\":\"user:password@tcp(host:port)/database\","
  "\"x-ui\":{\"control\":\"text\",\"secret\":true}},"
  "\"table\":{\"type\":\"string\",\"description\":\"Table that gets the rows\"},"
  "\"fields\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
  "\"description\":\"Columns; without them the row goes as JSON text into the column name\"}}}";

BELT_SINK (mysql_def, "mysql", .def.config_schema = schema,
           .create = sink_create, .destroy = sink_destroy, .open = sink_open, .close = sink_close,
           .row = sink_row, .flush = sink_flush);
BELT_DEFS (defs, &mysql_def.def);

static const char *const needs[] = { BELT_IF_JSON, NULL };

static belt_status
init (const belt_host *host, belt_ctx *ctx, void **state)
{
  (void) ctx;
  (void) state;
  belt_h = host;
  return BELT_OK;
}

BELT_PLUGIN ("io.github.beltworks.mysql", "1.0.0", .name = "MySQL and MariaDB", .requires_ = needs,
             .defs = defs, .init = init);
