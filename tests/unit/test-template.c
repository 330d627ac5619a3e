/* test-template.c - templates of sinks, worked out as Go does
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-arena.h"
#include "belt-json.h"
#include "belt-template.h"

#include <string.h>

#define ROW "{\"a\": 1, \"b\": \"x\", \"f\": 2.5, \"big\": 1234567.0, \"t\": true, \"n\": null, \"odd key\": 7, " \
  "\"o\": {\"p\": {\"q\": \"deep\"}}, \"l\": [1, 2, 3], \"e\": [], \"html\": \"<b>&\"}"

static const struct
{
  const char *template;
  const char *expected;   /* starts with "ERROR " for a refusal */
} cases[] = {
  { "plain", "plain" },
  { "{\"v\":{{.a}},\"w\":\"{{.b}}\"}", "{\"v\":1,\"w\":\"x\"}" },
  { "{{.f}} {{.big}} {{.t}} {{.l}}", "2.5 1.234567e+06 true [1 2 3]" },
  { "{{.n}} {{.missing}}", "<no value> <no value>" },
  { "{{.o.p.q}} {{$.o.p.q}} {{(index .l 1)}}", "deep deep 2" },
  { "{{index . \"odd key\"}} {{len .l}} {{len .b}}", "7 3 1" },
  { "a {{- .b -}} b {{/* nothing */}}c", "axb c" },
  { "{{if .t}}yes{{else}}no{{end}} {{if .e}}yes{{else if .n}}null{{else}}no{{end}}", "yes no" },
  { "{{if gt .f 2.0}}high{{end}}{{if lt .f 2.0}}low{{end}} else", "high else" },
  { "{{if and .t (eq .b \"x\" \"y\")}}both{{end}} {{not .t}} {{or .n \"or\"}}", "both false or" },
  { "{{range .l}}{{.}};{{end}}{{range .e}}x{{else}}none{{end}}", "1;2;3;none" },
  { "{{range $i, $x := .l}}{{if $i}},{{end}}{{$i}}={{$x}}{{end}}", "0=1,1=2,2=3" },
  { "{{range $k, $v := .o}}{{$k}}:{{$v.q}}{{end}}", "p:deep" },
  { "{{range .l}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}", "1" },
  { "{{with .o.p}}{{.q}}{{end}}{{with .n}}x{{else}}nil{{end}}", "deepnil" },
  { "{{$x := .a}}{{$x}}{{$x = 5}}{{$x}}", "15" },
  { "{{json .o}} {{toJson .l}} {{.o | json}}", "{\"p\":{\"q\":\"deep\"}} [1,2,3] {\"p\":{\"q\":\"deep\"}}" },
  { "{{base64 .b}} {{base64 .a}} {{b64enc \"hello\"}} {{b64dec \"aGVsbG8=\"}}", "eA== MQ== aGVsbG8= hello" },
  { "{{printf \"%d|%5.2f|%s|%v|%q|%t|%%|%03d\" .a .f .b .l .b .t 7}}", "1| 2.50|x|[1 2 3]|\"x\"|true|%|007" },
  { "{{printf \"%d\" .f}}", "%!d(float64=2.5)" },
  { "{{printf \"%05d %q\" .f \"\\t\"}} {{printf \"%d\" .a .f .n}}",
    "%!d(float64=002.5) \"\\t\" 1%!(EXTRA float64=2.5, <nil>)" },
  { "{{int \"7\"}} {{int \"7x\"}} {{add1 .a}} {{rest .e}}", "7 0 2 []" },
  { "{{.missing.x}} {{html .missing}} {{urlquery .html}} {{js .html}}",
    "<no value> &lt;no value&gt; %3Cb%3E%26 \\u003Cb\\u003E\\u0026" },
  { "{{upper .a}}", "ERROR template: line 1: error calling upper: wrong type for value; expected string" },
  { "{{trim .missing}}", "ERROR template: line 1: error calling trim: invalid value; expected string" },
  { "{{.n.x}}", "ERROR template: line 1: nil pointer evaluating interface {}.x" },
  { "{{keys .o}} {{values .o | toJson}} {{dict \"k\" .a \"l\" | toJson}}",
    "[p] [{\"q\":\"deep\"}] {\"k\":1,\"l\":\"\"}" },
  { "{{rest .l}} {{initial .l}} {{reverse .l}} {{append .l 4}} {{prepend .l 0}} {{slice .l 1}} {{slice .l 0 1}}",
    "[2 3] [1 2] [3 2 1] [1 2 3 4] [0 1 2 3] [2 3] [1]" },
  { "{{max 1 .a 3}} {{min 2 .a}} {{maxf .f 1}} {{splitList \",\" \"a,b\"}} {{trimSuffix \"c\" \"abc\"}} "
    "{{trimPrefix \"a\" \"abc\"}} {{trimAll \"xy\" \"xayx\"}} {{substr 1 2 \"abc\"}} {{repeat 2 \"ab\"}}",
    "3 1 2.5 [a b] ab bc a b abab" },
  { "{{.b | upper | printf \"<%s>\"}} {{print 1 2 \"a\" 3}}", "<X> 1 2a3" },
  { "{{html .html}} {{quote .b}} {{squote .b}} {{trim \" x \"}}", "&lt;b&gt;&amp; \"x\" 'x' x" },
  { "{{contains \"b\" \"abc\"}} {{hasPrefix \"a\" \"abc\"}} {{replace \"b\" \"-\" \"abcb\"}} {{join \"-\" .l}}",
    "true true a-c- 1-2-3" },
  { "{{default \"d\" .n}} {{default \"d\" .b}} {{ternary 1 2 .t}} {{coalesce .n .e 3}}", "d x 1 3" },
  { "{{add 1 2 3}} {{sub 5 2}} {{mul 2 3}} {{div 7 2}} {{mod 7 2}} {{addf .f 1}} {{round 2.346 2}} {{int .f}}",
    "6 3 6 3 1 3.5 2.35 2" },
  { "{{len}}", "ERROR template: line 1: wrong number of args for len: got 0" },
  { "{{.b.c}}", "ERROR template: line 1: can't evaluate field c in type string" },
  { "{{nosuch .a}}", "ERROR template: line 1: function \"nosuch\" not defined" },
  { "{{if .a}}", "ERROR template: line 1: {{end}} is missing" },
  { "\n{{if .a}}x{{else}}y{{else}}z{{end}}", "ERROR template: line 2: unexpected {{else}}" },
  { "{{.a", "ERROR template: line 1: unclosed action" },
  { "{{index .l 3}}", "ERROR template: line 1: error calling index: index out of range" },
  { "{{gt .a 1.0}}", "ERROR template: line 1: error calling gt: incompatible types for comparison" },
  { "{{div 1 0}}", "ERROR template: line 1: error calling div: division by zero" },
  { "{{$y}}", "ERROR template: line 1: undefined variable \"$y\"" },
  { "{{template \"x\"}}", "ERROR template: line 1: {{template}} has no place in a sink's template" },
  { "{{end}}", "ERROR template: line 1: function \"end\" not defined" },
  { "x{{if .t}}{{range .l}}{{if .}}{{.}}{{end}}{{end}}{{end}}y", "x123y" },
};

static void
test_case (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  char padded[sizeof ROW + BELT_JSON_PADDING] = ROW;
  g_autoptr(BeltTemplate) template = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) out = g_string_new (NULL);
  BeltJsonError json_error;
  BeltArena arena;
  BeltValue row;

  belt_arena_init (&arena);
  g_assert_true (belt_json_parse (padded, strlen (ROW), BELT_JSON_INTEGERS, &arena, &row, &json_error));
  template = belt_template_new (cases[i].template, &error);
  if (template == NULL || !belt_template_run (template, &row, out, &error))
    {
      g_assert_cmpuint (out->len, ==, 0);
      g_string_printf (out, "ERROR %s", error->message);
    }
  g_assert_cmpstr (out->str, ==, cases[i].expected);
  belt_arena_clear (&arena);
}

#define LONG_TEXT "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Work and output are bounded whatever the template says. */
static void
test_limits (void)
{
  static const char *const templates[] = {
    "{{range 4000}}{{range 4000}}{{range 4000}}{{end}}{{end}}{{end}}",
    "{{range 100000}}{{range 100}}" LONG_TEXT "{{end}}{{end}}",
  };
  const BeltValue dot = belt_value_map (NULL, 0);
  g_autoptr(GString) deep = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (templates); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltTemplate) template = belt_template_new (templates[i], &error);
      g_autoptr(GString) out = g_string_new ("kept");

      g_assert_no_error (error);
      g_assert_false (belt_template_run (template, &dot, out, &error));
      g_assert_nonnull (error);
      g_assert_cmpstr (out->str, ==, "kept");
    }

  for (guint i = 0; i < 1000; i++)
    g_string_append (deep, "{{if .}}");
  g_assert_null (belt_template_new (deep->str, NULL));
  g_string_assign (deep, "{{");
  for (guint i = 0; i < 1000; i++)
    g_string_append_c (deep, '(');
  g_assert_null (belt_template_new (deep->str, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/template/%u", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
    }
  g_test_add_func ("/template/limits", test_limits);
  return g_test_run ();
}
