#!/usr/bin/env python3
# test-run.py - `belt run` as a person or a script meets it
#
# SPDX-License-Identifier: Apache-2.0
#
# The program is the first argument.  Each function is one test in a folder of its own.
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile

BELT = os.path.abspath(sys.argv[1])
DEADLINE = 60  # seconds; only a broken program needs it


class Project:
    def __init__(self, folder, sql, stream=None, rule=None):
        self.folder = folder
        for name in ("streams", "rules"):
            os.makedirs(os.path.join(folder, name))
        self.write("beltworks.json", '{"format": 1}')
        self.write("streams/demo.sql", stream or
                   'CREATE STREAM demo (id BIGINT, t FLOAT) WITH (DATASOURCE="demo", TYPE="memory", FORMAT="JSON")')
        self.write("rules/r.sql", sql)
        self.write("rules/r.json", json.dumps(rule or {"id": "r", "actions": [{"nop": {}}]}))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)
        return os.path.join(self.folder, name)

    def run(self, *arguments, stdin=""):
        done = subprocess.run([BELT, "run", self.folder, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=DEADLINE)
        return done.returncode, done.stdout, done.stderr


def check(got, expected):
    if got != expected:
        raise AssertionError("expected %r, got %r" % (expected, got))


def check_in(part, text):
    if part not in text:
        raise AssertionError("%r is not in %r" % (part, text))


def test_rows_on_stdout(folder):
    project = Project(folder, "SELECT id, t FROM demo WHERE t > 50")
    rows = project.write("rows.jsonl", '{"id":1,"t":51.5}\n{"id":2,"t":7}\n{"id":3,"t":60}\n')
    check(project.run("r", "--input", rows), (0, '{"id":1,"t":51.5}\n{"id":3,"t":60}\n', ""))


def test_several_rows_an_emission(folder):
    project = Project(folder, "SELECT id, count(*) AS n FROM demo GROUP BY id, COUNTWINDOW(3)")
    rows = project.write("rows.json", '[{"id":1,"t":1},\n{"id":2,"t":"]"},{"id":1,"t":3},{"id":1,"t":4}]')
    code, out, err = project.run("r", "--input", rows)
    check(code, 1)
    check(out, '{"id":1,"n":3}\n')
    check_in("rows.json:2:", err)


def test_bad_json_has_its_place(folder):
    project = Project(folder, "SELECT id FROM demo")
    rows = project.write("rows.jsonl", '{"id":1}\n{"id":oops}\n\n{"id":4,}\n{"id":5}\n')
    code, out, err = project.run("r", "--input", rows)
    check((code, out), (1, '{"id":1}\n{"id":5}\n'))
    check_in(rows + ":2:7: ", err)
    check_in(rows + ":4:9: ", err)
    check_in("4 rows in, 2 out, 2 failed\n", err)


def test_stdin_and_its_name(folder):
    project = Project(folder, "SELECT id FROM demo")
    code, out, err = project.run("r", "--input", "-", stdin='{"id":1}\nnonsense\n')
    check((code, out), (1, '{"id":1}\n'))
    check_in("-:2:1: ", err)


def test_csv(folder):
    project = Project(folder, "SELECT id, t FROM demo WHERE t > 20")
    rows = project.write("rows.csv", 'id,t,note\n1,21.5,a\n2,"19","b,c"\n3,hot,x\n4,22,\n')
    code, out, err = project.run("r", "--input", rows)
    check((code, out), (1, '{"id":1,"t":21.5}\n{"id":4,"t":22}\n'))
    check_in(rows + ":4: ", err)


def test_what_happened_in_json(folder):
    project = Project(folder, "SELECT id FROM demo WHERE t > 50")
    rows = project.write("rows.jsonl", '{"id":1,"t":1}\n{"id":\n{"id":3,"t":99}\n')
    code, out, err = project.run("r", "--json", "--input", rows)
    lines = [json.loads(line) for line in err.splitlines()]
    check((code, out), (1, '{"id":3}\n'))
    check_in("rows.jsonl:2:", lines[0]["message"])
    check((lines[-1]["in"], lines[-1]["out"], lines[-1]["exceptions"]), (3, 1, 1))
    check(lines[-1]["dropped"], {"DECODE_ERROR": 1, "PREDICATE_FALSE": 1})


def test_missing_input(folder):
    project = Project(folder, "SELECT id FROM demo")
    code, out, err = project.run("r", "--input", "/nonexistent/rows.jsonl")
    check((code, out), (2, ""))
    check(err, "belt run: Opening “/nonexistent/rows.jsonl”: No such file or directory\n")


def test_wrong_statement(folder):
    project = Project(folder, "SELECT id,\n       tt FROM demo")
    code, out, err = project.run("r", "--input", project.write("rows.jsonl", '{"id":1}\n'))
    check((code, out), (2, ""))
    check_in("rules/r.sql:2:8: error: ", err)


def test_unknown_sink(folder):
    project = Project(folder, "SELECT id FROM demo", rule={"id": "r", "actions": [{"teleport": {}}]})
    code, out, err = project.run("r", "--input", project.write("rows.jsonl", '{"id":1}\n'))
    check((code, out), (2, ""))
    check(err, "belt run: rules/r.json: sink teleport is not defined\n")


def test_unknown_rule(folder):
    code, out, err = Project(folder, "SELECT id FROM demo").run("q")
    check((code, out), (2, ""))
    check_in("q", err)


def test_no_stream_of_that_name(folder):
    project = Project(folder, "SELECT id FROM demo")
    code, out, err = project.run("r", "--stream", "other", "--input", project.write("rows.jsonl", '{"id":1}\n'))
    check((code, out), (2, ""))
    check_in("reads no stream “other”", err)


def test_muted_unless_asked(folder):
    rule = {"id": "r", "actions": [{"file": {"path": "out.jsonl", "sendSingle": True}}]}
    project = Project(folder, "SELECT id FROM demo", rule=rule)
    rows = project.write("rows.jsonl", '{"id":1}\n{"id":2}\n')
    out_path = os.path.join(folder, "out.jsonl")
    check(project.run("r", "--input", rows), (0, '{"id":1}\n{"id":2}\n', ""))
    check(os.path.exists(out_path), False)
    check(project.run("r", "--sinks", "--input", rows), (0, '{"id":1}\n{"id":2}\n', ""))
    with open(out_path) as file:
        check(file.read(), '{"id":1}\n{"id":2}\n')


def with_table(folder, options):
    project = Project(folder, "SELECT demo.id, lk.name FROM demo LEFT JOIN lk ON demo.id = lk.id")
    project.write("streams/lk.sql", 'CREATE TABLE lk () WITH (DATASOURCE="devices", KIND="lookup", %s)' % options)
    rows = project.write("rows.jsonl", '{"id":1,"t":1}\n{"id":3,"t":1}\n{"id":2,"t":1}\n')
    return project, rows


def test_lookup_table_has_its_sample(folder):
    project, rows = with_table(folder, 'TYPE="memory", KEY="id"')
    check(project.run("r", "--input", rows)[1], '{"id":1}\n{"id":3}\n{"id":2}\n')
    os.makedirs(os.path.join(folder, "samples"))
    project.write("samples/lk.jsonl", '{"id":1,"name":"old"}\n{"id":2,"name":"two"}\n{"id":1,"name":"one"}\n')
    check(project.run("r", "--input", rows), (0, '{"id":1,"name":"one"}\n{"id":3}\n{"id":2,"name":"two"}\n', ""))


def test_lookup_table_of_sqlite(folder):
    project, rows = with_table(folder, 'TYPE="sql", EXTRA="{\\"dburl\\":\\"sqlite:devices.db\\"}"')
    database = sqlite3.connect(os.path.join(folder, "devices.db"))
    database.execute("CREATE TABLE devices (id INTEGER, name TEXT)")
    database.execute("INSERT INTO devices VALUES (1, 'one'), (2, 'two')")
    database.commit()
    database.close()
    check(project.run("r", "--input", rows), (0, '{"id":1,"name":"one"}\n{"id":3}\n{"id":2,"name":"two"}\n', ""))
    os.makedirs(os.path.join(folder, "samples"))
    project.write("samples/lk.csv", "id,name\n3,of the sample\n")
    check(project.run("r", "--input", rows)[1], '{"id":1}\n{"id":3,"name":"of the sample"}\n{"id":2}\n')
    check(project.run("r", "--input", rows, "--sinks")[1], '{"id":1,"name":"one"}\n{"id":3}\n{"id":2,"name":"two"}\n')


def test_lookup_table_that_is_not_there(folder):
    project, rows = with_table(folder, 'TYPE="sql", EXTRA="{\\"dburl\\":\\"sqlite:nowhere.db\\"}"')
    code, out, err = project.run("r", "--input", rows)
    check((code, out), (1, ""))
    check_in("lk: looking up in “%s/nowhere.db”: unable to open database file" % os.path.realpath(folder), err)
    check_in("3 rows in, 0 out, 3 failed", err)


def test_interrupted(folder):
    project = Project(folder, "SELECT id FROM demo")
    process = subprocess.Popen([BELT, "run", folder, "r", "--input", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write('{"id":1}\n')
    process.stdin.flush()
    check(process.stdout.readline(), '{"id":1}\n')
    process.send_signal(signal.SIGINT)
    process.wait(DEADLINE)
    check((process.returncode, process.stderr.read()), (0, ""))


def main():
    tests = [(name, function) for name, function in sorted(globals().items()) if name.startswith("test_")]
    failed = False
    print("1..%d" % len(tests))
    for number, (name, function) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                function(os.path.join(folder, "project"))
                print("ok %d %s" % (number, name))
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed = True
                print("not ok %d %s\n# %s" % (number, name, error))
    return 1 if failed else 0


sys.exit(main())
