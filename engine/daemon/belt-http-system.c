/* belt-http-system.c - / and /ping, and what is here only to be refused by name
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http.h"

#include <gnu/libc-version.h>
#include <string.h>
#include <sys/utsname.h>

/* eKuiper's version whose REST and SQL we follow. */
#define FOLLOWED_VERSION "2.4.0"

static void
handle_ping (BeltHttpRequest *request)
{
  soup_server_message_set_status (request->message, 200, NULL);
}

/* As Go names them. */
static const char *
go_arch (const char *machine)
{
  static const struct { const char *machine, *go; } names[] =
  {
    { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" }, { "armv6l", "arm" }, { "i686", "386" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (machine, names[i].machine))
      return names[i].go;
  return machine;
}

/* Bytes resident, from the second number of /proc/self/statm. */
static guint64
get_memory_used (void)
{
  g_autofree char *text = NULL;
  guint64 pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) && strchr (text, ' ') != NULL)
    pages = g_ascii_strtoull (strchr (text, ' '), NULL, 10);
  return pages * (guint64)sysconf (_SC_PAGESIZE);
}

static void
handle_root (BeltHttpRequest *request)
{
  struct utsname machine;
  gint64 uptime_s = (g_get_monotonic_time () - request->http->started_us) / G_USEC_PER_SEC;
  guint64 total = (guint64)sysconf (_SC_PHYS_PAGES) * (guint64)sysconf (_SC_PAGESIZE);
  g_autofree char *cpu = NULL;
  g_autofree char *lower = NULL;
  double cpu_s = (double)clock () / CLOCKS_PER_SEC;

  uname (&machine);
  lower = g_ascii_strdown (machine.sysname, -1);
  cpu = g_strdup_printf ("%.2f%%", uptime_s > 0 ? 100.0 * cpu_s / (double)uptime_s : 0.0);
  belt_http_answer_format (request, 200,
                           "{\"version\":\"" FOLLOWED_VERSION "\",\"os\":\"%s\",\"arch\":\"%s\","
                           "\"upTimeSeconds\":%" G_GINT64_FORMAT ",\"cpuUsage\":\"%s\","
                           "\"memoryUsed\":\"%" G_GUINT64_FORMAT "\",\"memoryTotal\":\"%" G_GUINT64_FORMAT "\","
                           "\"belt\":{\"version\":\"" BELT_VERSION "\",\"arch\":\"%s\",\"libc\":\"glibc\","
                           "\"libcVersion\":\"%s\",\"abi\":\"1.0\","
                           "\"pluginKinds\":[\"source\",\"sink\",\"function\"]}}",
                           lower, go_arch (machine.machine), uptime_s, cpu, get_memory_used (), total,
                           machine.machine, gnu_get_libc_version ());
}

const BeltHttpRoute belt_http_system_routes[] =
{
  { "GET", "/ping", handle_ping },
  { "GET POST", "/", handle_root },
  { NULL },
};

/* What eKuiper has besides: known, so that a client learns that it is missing here and not mistyped. */
const BeltHttpRoute belt_http_other_routes[] =
{
  { "GET POST", "/stop", NULL },
  { "PATCH", "/configs", NULL },
  { "POST", "/batch/req", NULL },
  { "GET", "/metrics/dump", NULL },
  { "GET", "/metrics/dump/check", NULL },
  { "GET", "/metrics", NULL },
  { "POST", "/ruleset/export", NULL },
  { "POST", "/ruleset/import", NULL },
  { "GET POST", "/data/export", NULL },
  { "POST", "/data/import", NULL },
  { "GET", "/data/import/status", NULL },
  { "GET", "/v2/data/export", NULL },
  { "POST", "/v2/data/import", NULL },
  { "POST", "/async/data/import", NULL },
  { "GET", "/async/task/{}", NULL },
  { "POST", "/async/task/{}/cancel", NULL },
  { "GET POST", "/connections", NULL },
  { "GET PUT DELETE", "/connections/{}", NULL },
  { "POST", "/ruletest", NULL },
  { "DELETE", "/ruletest/{}", NULL },
  { "POST", "/ruletest/{}/start", NULL },
  { "POST", "/tracer", NULL },
  { "GET", "/trace/rule/{}", NULL },
  { "GET", "/trace/{}", NULL },
  { "GET POST", "/plugins/portables", NULL },
  { "GET PUT DELETE", "/plugins/portables/{}", NULL },
  { "GET", "/plugins/portables/{}/status", NULL },
  { "GET", "/metadata/operators", NULL },
  { "GET", "/metadata/sources", NULL },
  { "GET", "/metadata/sinks", NULL },
  { "GET", "/metadata/connections", NULL },
  { "GET", "/metadata/sources/{}", NULL },
  { "GET", "/metadata/sinks/{}", NULL },
  { "GET", "/metadata/connections/{}", NULL },
  { "GET", "/metadata/sources/yaml/{}", NULL },
  { "GET", "/metadata/sinks/yaml/{}", NULL },
  { "GET", "/metadata/connections/yaml/{}", NULL },
  { "PUT DELETE", "/metadata/sources/{}/confKeys/{}", NULL },
  { "PUT DELETE", "/metadata/sinks/{}/confKeys/{}", NULL },
  { "PUT DELETE", "/metadata/connections/{}/confKeys/{}", NULL },
  { "GET", "/metadata/resources", NULL },
  { "GET", "/metadata/resource", NULL },
  { "PUT", "/schemas/{}/{}/upload", NULL },
  { "GET POST", "/services", NULL },
  { "GET", "/services/functions", NULL },
  { "GET", "/services/functions/{}", NULL },
  { "GET PUT DELETE", "/services/{}", NULL },
  { "GET POST", "/udf/javascript", NULL },
  { "GET PUT DELETE", "/udf/javascript/{}", NULL },
  { NULL },
};
