#!/usr/bin/env python3
"""`belt` as a user types it: results, exit codes, and what it says about bad input.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Tap

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
BELT = str(BUILD / "engine/cli/belt")
COMMANDS = ["new", "build", "check", "run", "test", "explain", "functions", "pack", "deploy", "engines", "conform",
            "format", "rename", "delete"]
tap = Tap()


def belt(*args, stdin=None, cwd=None):
    done = subprocess.run([BELT, *map(str, args)], capture_output=True, text=True, input=stdin, cwd=cwd, timeout=60)
    return done.returncode, done.stdout, done.stderr


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob("*") if "target" not in p.parts)


def project(folder, name="p"):
    path = pathlib.Path(folder) / name
    assert belt("new", "project", path)[0] == 0
    return path


def helps(folder):
    code, out, _ = belt("--help")
    tap.ok(code == 0 and all(f"  {name}" in out for name in COMMANDS), "belt --help lists every command", out)
    for name in COMMANDS:
        code, out, err = belt(name, "--help")
        tap.ok(code == 0 and "Usage" in out, f"belt {name} --help", out + err)
    code, _, err = belt("frobnicate")
    tap.ok(code == 2 and "frobnicate" in err, "an unknown command is refused by name", err)
    for name in COMMANDS:
        code, _, err = belt(name, "--no-such-option")
        tap.ok(code == 2 and "--no-such-option" in err, f"belt {name} refuses an unknown option by name", err)


def runs(folder):
    path = project(folder)
    code, out, err = belt("run", path, "hot", "--input", path / "samples/demo.jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    tap.equal((code, rows), (0, [{"device": "b", "temperature": 31.2}, {"device": "b", "temperature": 33.9}]),
              "belt run prints one JSON row a line")
    code, out, _ = belt("run", path, "hot", "--input", "-", stdin='{"device":"z","temperature":99}\n')
    tap.equal((code, out.strip()), (0, '{"device":"z","temperature":99}'), "--input - reads standard input")
    code, out, err = belt("run", SOURCE / "data/examples/cold-rooms", "overheat", "--input",
                          SOURCE / "data/examples/cold-rooms/samples/cold_rooms.jsonl")
    tap.ok(code == 0 and len(out.splitlines()) > 50 and "smoothed" in out.splitlines()[0],
           "the demo's rule runs with its C function", err)


def bad_rows(folder):
    path = project(folder, "bad-rows")
    data = path / "samples/bad.jsonl"
    data.write_text('{"device":"a","temperature":40}\n{"device":"b", temperature:41}\n{"device":"c","temperature":42}\n')
    code, out, err = belt("run", path, "hot", "--input", data)
    rows = [json.loads(line) for line in out.splitlines()]
    tap.equal([r["device"] for r in rows if "device" in r], ["a", "c"], "a bad row does not end the run")
    tap.equal(len([r for r in rows if "error" in r]), 1, "sendError sends it on as an error row, as eKuiper does")
    tap.equal(code, 1, "and the exit code says that rows failed")
    tap.ok(re.search(r"bad\.jsonl:2:\d+", err), "the message names file, line and column", err)


def refusals(folder):
    path = project(folder, "refusals")
    before = tree(path)
    code, out, err = belt("run", path, "hot", "--input", path / "nowhere.jsonl")
    tap.ok(code == 2 and "nowhere.jsonl" in err and not out, "a missing file is named", err)
    code, out, err = belt("run", path, "cold", "--input", path / "samples/demo.jsonl")
    tap.ok(code == 2 and "cold" in err and "hot" in err, "an unknown rule is named, and those there are", err)
    code, out, err = belt("run", pathlib.Path(folder) / "no-project", "hot", "--input", "-")
    tap.ok(code == 2 and "beltworks.json" in err, "a folder that is no project", err)
    (path / "rules/wrong.sql").write_text("SELECT device FROM demo WHERE temperature >\n")
    code, out, err = belt("run", path, "wrong", "--input", path / "samples/demo.jsonl")
    tap.ok(code == 2 and re.search(r"rules/wrong\.sql:\d+:\d+", err), "wrong SQL: file, line, column", err)
    (path / "rules/plug.sql").write_text("SELECT nosuch(device) AS x FROM demo\n")
    code, out, err = belt("run", path, "plug", "--input", path / "samples/demo.jsonl")
    tap.ok(code == 2 and "nosuch" in err, "an unknown function is named", err)
    (path / "rules/sinky.sql").write_text("SELECT * FROM demo\n")
    (path / "rules/sinky.json").write_text('{"id":"sinky","actions":[{"nosuchsink":{}}]}')
    code, out, err = belt("run", path, "sinky", "--input", path / "samples/demo.jsonl", "--sinks")
    tap.ok(code == 2 and "nosuchsink" in err, "an unknown sink is named", err)
    for name in ("wrong.sql", "plug.sql", "sinky.sql", "sinky.json"):
        (path / "rules" / name).unlink()
    manifest = path / "beltworks.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"plugins"', '"plugin"'))
    code, out, err = belt("build", path)
    tap.ok(code == 2 and re.search(r"beltworks\.json:\d+:\d+", err) and "plugins" in err,
           "a typo in the manifest: place, and what was meant", err)
    manifest.write_text(text)
    tap.equal(tree(path), before, "nothing half-written is left behind")


def new_things(folder):
    path = project(folder, "new-things")
    for kind, name in (("rule", "r2"), ("stream", "s2"), ("source", "ramp"), ("sink", "out"), ("function", "twice"),
                       ("aggregate", "spread")):
        code, out, err = belt("new", kind, name, "--project", path)
        tap.ok(code == 0 and (path / out.strip()).exists(), f"belt new {kind}", err)
    code, _, err = belt("new", "function", "twice", "--project", path)
    tap.ok(code == 2 and "there already" in err, "what is there is not overwritten", err)
    code, _, err = belt("new", "function", "9lives", "--project", path)
    tap.ok(code == 2 and "9lives" in err, "a bad name is refused", err)
    code, out, err = belt("build", path)
    tap.ok(code == 0 and len(out.splitlines()) == 4, "all templates compile", err)
    (path / "rules/r3.sql").write_text("SELECT device, twice(temperature) AS t FROM demo WHERE temperature > 30\n")
    code, out, err = belt("run", path, "r3", "--input", path / "samples/demo.jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    tap.equal((code, rows), (0, [{"device": "b", "t": 62.4}, {"device": "b", "t": 67.8}]), "a new function answers in SQL")
    (path / "functions/twice.c").write_text("#include <belt-plugin.h>\nint x = ;\n")
    code, _, err = belt("build", path, "twice")
    tap.ok(code == 1 and re.search(r"functions/twice\.c:2:\d+: error", err), "a C error: file, line, column", err)


def checks(folder):
    path = project(folder, "checks")
    code, out, err = belt("check", path)
    tap.equal(code, 0, "belt check is content with a new project")
    hot = path / "rules/hot.sql"
    text = hot.read_text()
    hot.write_text(text.replace("temperature", "temprature"))
    code, out, err = belt("check", path)
    tap.ok(code == 0 and "hot.sql:1:" in out + err and "in 5 rows" in out + err and "temperature" in out + err,
           "belt check warns of a column that no sample row has", out + err)
    hot.write_text(text)
    (path / "rules/typo.sql").write_text("SELECT device FROM demoo\n")
    code, out, err = belt("check", path)
    tap.ok(code == 1 and "typo.sql:1:" in out + err and "demo" in out + err, "belt check names the place and a likely name",
           out + err)
    (path / "rules/typo.sql").unlink()
    code, out, err = belt("explain", path, "hot")
    tap.ok(code == 0 and "FilterPlan" in out, "belt explain prints the plan", out + err)
    code, out, err = belt("functions", "--json")
    table = json.loads(out) if code == 0 else []
    tap.ok(code == 0 and len(table) > 150
           and all(f.get("doc") and f.get("example") and f.get("returns") and "arguments" in f for f in table)
           and [a["name"] for f in table if f["name"] == "substring" for a in f["arguments"]][:2] != [],
           "belt functions --json, every one documented",
           err)


def formats(folder):
    path = project(folder, "formats") / "rules/hot.sql"
    code, out, _ = belt("format", "-", stdin="select a , b from s where a>1 -- why\n")
    tap.equal((code, out), (0, "SELECT a, b\nFROM s\nWHERE a > 1 -- why\n"), "belt format - lays out standard input")
    path.write_text("select  device from demo")
    code, out, _ = belt("format", "--check", path)
    tap.ok(code == 1 and str(path) in out and path.read_text() == "select  device from demo",
           "belt format --check names the file and changes nothing", out)
    code, out, _ = belt("format", path)
    tap.equal((code, path.read_text()), (0, "SELECT device\nFROM demo\n"), "belt format writes the file")
    path.write_text("select device from")
    code, out, err = belt("format", path)
    tap.ok(code == 1 and "hot.sql:1:19" in out + err and path.read_text() == "select device from",
           "belt format leaves alone what does not parse, and says where", out + err)


def contents(path):
    return {str(p.relative_to(path)): p.read_text() for p in sorted(path.rglob("*")) if p.is_file()}


def renames(folder):
    path = project(folder, "renames")
    (path / "tests").mkdir()
    (path / "tests/hot.test").write_text("# why: what is hot comes out\nproject ..\nrule hot\nfeed demo\n"
                                         '{"device": "a", "temperature": 40}\nexpect\n'
                                         '{"device": "a", "temperature": 40}\n')
    before = contents(path)
    code, out, err = belt("rename", path, "stream/demo", "rooms", "--dry-run")
    tap.ok(code == 0 and "streams/demo.sql → streams/rooms.sql: 1 place" in out and "rules/hot.sql: 1 place" in out and
           "tests/hot.test: 1 place" in out and "nothing was changed" in err and contents(path) == before,
           "belt rename --dry-run prints what would change, and changes nothing", out + err)
    code, out, err = belt("rename", path, "stream/demo", "rooms", "--json")
    said = json.loads(out)
    tap.ok(code == 0 and said["done"] and
           {"from": "samples/demo.jsonl", "to": "samples/rooms.jsonl", "places": 0} in said["files"],
           "belt rename --json says what changed", out + err)
    code, out, err = belt("rename", path, "rule/hot", "warm")
    tap.ok(code == 0 and "rules/hot.json → rules/warm.json: 1 place" in out, "belt rename renames a rule", out + err)
    code, out, err = belt("run", path, "warm", "--input", path / "samples/rooms.jsonl")
    tap.ok(code == 0 and len(out.splitlines()) == 2, "the renamed rule runs over the renamed stream", out + err)
    code, out, err = belt("test", path / "tests/hot.test")
    tap.ok(code == 0, "the test names the new ones and passes", out + err)
    code, out, err = belt("check", path)
    tap.ok(code == 0, "belt check is content with what was renamed", out + err)

    before = contents(path)
    for args, said in ((("rename", path, "stream/rooms", "1st"), "1st"), (("rename", path, "rule/cold", "x"), "cold"),
                       (("rename", path, "rule/warm", "warm"), "warm"), (("rename", path, "warm", "x"), "KIND/NAME"),
                       (("rename", path, "planet/mars", "x"), "planet/mars"), (("delete", path, "rule/cold"), "cold"),
                       (("rename", path / "rules", "rule/warm", "x"), "belt check"), (("rename", path), "usage")):
        code, out, err = belt(*args)
        tap.ok(code == 2 and said in err and out == "" and contents(path) == before,
               f"belt {args[0]} {' '.join(map(str, args[2:]))} is refused", out + err)

    code, out, err = belt("delete", path, "stream/rooms", "--dry-run")
    tap.ok(code == 0 and "streams/rooms.sql: deleted" in out and "rules/warm.sql still names it" in err and
           contents(path) == before, "belt delete --dry-run says what goes and who still names it", out + err)
    code, out, err = belt("delete", path, "rule/warm", "--json")
    said = json.loads(out)
    tap.ok(code == 0 and not (path / "rules/warm.sql").exists() and not (path / "rules/warm.json").exists() and
           [f["from"] for f in said["users"]] == ["tests/hot.test"], "belt delete deletes a rule", out + err)


def tests(folder):
    code, out, err = belt("test", SOURCE / "data/examples/cold-rooms/tests/overheat.test")
    tap.ok(code == 0, "the demo's test passes", out + err)
    bad = pathlib.Path(folder) / "bad.test"
    bad.write_text("# why: it is wrong\nstream demo (a BIGINT)\nrule\nSELECT a FROM demo\nfeed demo\n"
                   "{\"a\": 1}\nexpect\n{\"a\": 2}\n")
    code, out, err = belt("test", bad)
    tap.ok(code == 1 and "bad.test" in out + err, "a failing test fails, with its name", out + err)


def interrupts(folder):
    path = project(folder, "interrupts")
    process = subprocess.Popen([BELT, "run", path, "hot", "--input", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    process.stdin.write('{"device":"z","temperature":99}\n')
    process.stdin.flush()
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    try:
        code = process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        code = None
    tap.ok("99" in first and code is not None and code >= 0, f"Ctrl+C ends a run cleanly (exit {code})", first)


def main():
    folder = tempfile.mkdtemp(prefix="belt-cli-")
    try:
        for story in (helps, runs, bad_rows, refusals, new_things, checks, formats, renames, tests, interrupts):
            tap.run(story, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


os.environ.pop("CC", None)
main()
