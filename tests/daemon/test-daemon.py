#!/usr/bin/env python3
"""beltd: plugins of three kinds over their life, state across a restart, who may do what.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import servers
from tap import Tap

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
PRIVATE = {"KUIPER__BASIC__ENABLEPRIVATENET": "true"}
tap = Tap()

FUNCTION = """
#include <belt-plugin.h>
BELT_FUNCTION (f64, twice, f64, x)
{
  return FACTOR * x;
}

BELT_PROVIDE ("test.twice", "1.0.0", twice);
"""


def compile_function(folder, factor, name="twice"):
    """The bytes of a shared object."""
    so = pathlib.Path(folder) / f"{name}-{factor}.so"
    source = so.with_suffix(".c")
    source.write_text(FUNCTION)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", f"-DFACTOR={factor}", f"-I{SOURCE}/plugin-sdk", str(source), "-o",
                    str(so)], check=True)
    return so.read_bytes()


def write_zip(folder, name, entries):
    path = pathlib.Path(folder) / name
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    return f"file://{path}"


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def add_rule(daemon, folder):
    """Rows of a simulator through twice() into a file."""
    out = pathlib.Path(folder) / "out.jsonl"
    daemon.must("POST", "/streams", {"sql": 'CREATE STREAM sim () WITH (TYPE="simulator", DATASOURCE="", FORMAT="json", '
                                            'EXTRA="{\\"data\\":[{\\"x\\":21}],\\"interval\\":\\"5ms\\",\\"loop\\":true}")'})
    daemon.must("POST", "/rules", {"id": "r", "sql": "SELECT twice(x) AS y FROM sim",
                                   "actions": [{"file": {"path": str(out), "fileType": "lines", "sendSingle": True,
                                                         "checkInterval": 10}}]})
    return out


def function_life(folder):
    first = write_zip(folder, "twice.zip", {"twice@v1.0.0.so": compile_function(folder, 2)})
    second = write_zip(folder, "twice2.zip", {"twice@v2.0.0.so": compile_function(folder, 3)})
    broken = write_zip(folder, "broken.zip", {"twice@v3.0.0.so": b"not an object"})
    data = pathlib.Path(folder) / "data"
    with servers.beltd(BUILD, data_dir=str(data)) as daemon:
        status, text = daemon.call("POST", "/rules", {"id": "r", "sql": "SELECT twice(x) FROM sim", "actions": [{"nop": {}}]})
        tap.ok(status == 400, "a rule with a function that is not there is refused", text)
        tap.equal(daemon.call("POST", "/plugins/functions", {"name": "twice", "file": first}),
                  (201, "functions plugin twice is created"), "a function plugin is installed")
        tap.equal(daemon.get("/plugins/functions"), ["twice"], "it is listed")
        tap.equal(daemon.get("/plugins/functions/twice"), {"name": "twice", "version": "1.0.0", "functions": ["twice"]},
                  "and described with its functions")
        tap.equal((daemon.get("/plugins/udfs"), daemon.get("/plugins/udfs/twice")),
                  (["twice"], {"name": "twice", "plugin": "twice"}), "its functions are known")
        status, text = daemon.call("POST", "/plugins/functions", {"name": "twice", "file": first})
        tap.equal((status, "invalid name twice: duplicate" in text), (400, True), "a second of the name is refused")

        out = add_rule(daemon, folder)
        servers.wait_for(lambda: {"y": 42} in rows(out), "rows through the first version")
        tap.ok(True, "a rule calls it")
        status, text = daemon.call("PUT", "/plugins/functions/twice", {"name": "twice", "file": broken})
        tap.ok(status == 400, "a build that does not load is refused", text)
        seen = len(rows(out))
        servers.wait_for(lambda: len(rows(out)) > seen + 3, "rows after the refused build")
        tap.equal((rows(out)[-1], daemon.get("/plugins/functions/twice")["version"]), ({"y": 42}, "1.0.0"),
                  "the older version goes on")
        tap.equal(daemon.call("PUT", "/plugins/functions/twice", {"name": "twice", "file": second})[0], 200,
                  "a new version replaces it")
        servers.wait_for(lambda: {"y": 63} in rows(out), "rows through the second version")
        kinds = [row["y"] for row in rows(out)]
        tap.ok(kinds == sorted(kinds), "from one row on the new version answers, without a restart")

    with servers.beltd(BUILD, data_dir=str(data)) as daemon:
        tap.equal(daemon.get("/plugins/functions/twice")["version"], "2.0.0", "after a restart the plugin is there")
        seen = len(rows(out))
        servers.wait_for(lambda: len(rows(out)) > seen, "rows after the restart")
        tap.equal(rows(out)[-1], {"y": 63}, "and the rule runs with it")
        tap.equal(daemon.call("DELETE", "/plugins/functions/twice")[0], 200, "it is deleted")
        tap.equal(daemon.get("/plugins/functions"), [], "and no longer listed")
        left = [p.name for p in (data / "plugins").iterdir() if p.is_dir() and p.name != "data"]
        tap.equal(left, [], "nothing of it is left on disk")


def refused_zips(folder):
    so = compile_function(folder, 2)
    cases = [
        ("no shared object", {"readme.txt": b"x"}, "invalid zip file"),
        ("a path that climbs", {"../evil.so": so, "twice.so": so}, "unsafe entry name"),
        ("an install script", {"twice.so": so, "install.sh": b"exit 0"}, "install.sh is not run here"),
        ("a sink that is none", {"other.so": so}, "has no sink named other"),
    ]
    with servers.beltd(BUILD) as daemon:
        for what, entries, why in cases:
            kind, name = ("sinks", "other") if "other.so" in entries else ("functions", "twice")
            uri = write_zip(folder, "refused.zip", entries)
            status, text = daemon.call("POST", f"/plugins/{kind}", {"name": name, "file": uri})
            tap.ok(status == 400 and why in text, f"refused: {what}", text)
            tap.equal(daemon.get(f"/plugins/{kind}"), [], f"nothing is installed: {what}")
        left = [p.name for p in (pathlib.Path(daemon.data_dir) / "plugins").iterdir() if p.is_dir() and p.name != "data"]
        tap.equal(left, [], "refused zips leave nothing on disk")
        tap.ok(not pathlib.Path(daemon.data_dir, "evil.so").exists(), "nothing is written outside")


def refused_addresses(folder):
    with servers.files_over_http(folder) as address:
        uri = f"{address}/twice.zip"
        local = uri.replace("127.0.0.1", "localhost")
        with servers.beltd(BUILD) as daemon:
            for each in (uri, local, uri.replace("127.0.0.1", "[::ffff:127.0.0.1]")):
                status, text = daemon.call("POST", "/plugins/functions", {"name": "twice", "file": each})
                tap.ok(status == 400 and "is in internal network" in text, f"refused by default: {each}", text)
        with servers.beltd(BUILD, env=PRIVATE) as daemon:
            tap.equal(daemon.call("POST", "/plugins/functions", {"name": "twice", "file": local})[0], 201,
                      "taken with ENABLEPRIVATENET")


def beltd_fails(*args, env=None):
    done = subprocess.run([f"{BUILD}/engine/daemon/beltd", *args], capture_output=True, text=True, timeout=20, env=env)
    return done.returncode, done.stderr


def startup(folder):
    code, text = beltd_fails("--listen", "0.0.0.0:0", "--data-dir", folder + "/s1")
    tap.ok(code == 2 and "needs a token" in text, "beyond this machine a token is wanted", text)
    code, text = beltd_fails("--listen", "127.0.0.1:nonsense", "--data-dir", folder + "/s2")
    tap.ok(code == 2 and "is not a port" in text, "a port that is none", text)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, text = beltd_fails("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data-dir", folder + "/s3")
        tap.ok(code == 2 and "listening" in text, "a port that is taken", text)


def with_token(folder):
    token = pathlib.Path(folder) / "token"
    token.write_text("s3cret\n")
    args = ["--token-file", str(token), "--listen", "0.0.0.0:0"]
    process = subprocess.Popen([f"{BUILD}/engine/daemon/beltd", "--data-dir", folder + "/t", *args],
                               stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+)$", process.stdout.readline().strip())[1]
        daemon = servers.Daemon(f"http://127.0.0.1:{port}", process, folder + "/t")
        tap.equal(daemon.call("GET", "/streams")[0], 401, "without the token nothing is told")
        tap.equal(daemon.call("GET", "/ping")[0], 200, "but that it lives")
        daemon.token = "s3cret"
        tap.equal(daemon.call("GET", "/streams")[0], 200, "with it all is")
        status, text = daemon.call("POST", "/plugins/functions", {"name": "twice", "file": f"file://{folder}/twice.zip"})
        tap.ok(status == 403 and "--allow-plugins" in text, "plugins are not taken there unless allowed", text)
    finally:
        servers.stop(process)


def lookup_tables(folder):
    """A table made by REST, filled by one rule, joined by another; it is there again after a restart."""
    data = pathlib.Path(folder) / "lookup"
    out = pathlib.Path(folder) / "joined.jsonl"
    database = pathlib.Path(folder) / "devices.db"
    stream = ('CREATE STREAM {} () WITH (TYPE="simulator", DATASOURCE="", FORMAT="json", EXTRA="{{\\"data\\":{},'
              '\\"interval\\":\\"5ms\\",\\"loop\\":true}}")')
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE rooms (room TEXT, floor INTEGER)")
        connection.execute("INSERT INTO rooms VALUES ('kitchen', 2)")
    connection.close()
    with servers.beltd(BUILD, data_dir=str(data)) as daemon:
        daemon.must("POST", "/streams", {"sql": stream.format("readings", '[{\\"id\\":1},{\\"id\\":2}]')})
        daemon.must("POST", "/streams", {"sql": stream.format(
            "changes", '[{\\"id\\":1,\\"room\\":\\"kitchen\\",\\"what\\":\\"upsert\\"},'
                       '{\\"id\\":2,\\"what\\":\\"delete\\"}]')})
        tap.equal(daemon.call("POST", "/tables", {"sql": 'CREATE TABLE devices () WITH (DATASOURCE="devices", TYPE="memory", '
                                                         'KIND="lookup", KEY="id")'}),
                  (201, "Table devices is created."), "a lookup table in memory is created")
        daemon.must("POST", "/tables", {"sql": 'CREATE TABLE rooms () WITH (DATASOURCE="rooms", TYPE="sql", KIND="lookup", '
                                               'EXTRA="{\\"dburl\\":\\"sqlite://%s\\",\\"lookup\\":{\\"cache\\":true}}")'
                                               % database})
        daemon.must("POST", "/rules", {"id": "joins", "sql": "SELECT readings.id, devices.room, rooms.floor FROM readings "
                                       "INNER JOIN devices ON readings.id = devices.id "
                                       "LEFT JOIN rooms ON devices.room = rooms.room",
                                       "actions": [{"file": {"path": str(out), "fileType": "lines", "sendSingle": True,
                                                             "checkInterval": 10}}]})
        daemon.must("POST", "/rules", {"id": "fills", "sql": "SELECT * FROM changes",
                                       "actions": [{"memory": {"topic": "devices", "keyField": "id", "rowkindField": "what",
                                                               "sendSingle": True}}]})
        servers.wait_for(lambda: len(rows(out)) > 3, "joined rows")
        tap.equal({json.dumps(row, sort_keys=True) for row in rows(out)}, {'{"floor": 2, "id": 1, "room": "kitchen"}'},
                  "a rule joins what another has put there")
        status, text = daemon.call("DELETE", "/tables/devices")
        tap.ok(status == 400 and "lookup table devices is still in use" in text, "it is not dropped under a rule", text)

    with servers.beltd(BUILD, data_dir=str(data)) as daemon:
        seen = len(rows(out))
        servers.wait_for(lambda: len(rows(out)) > seen + 3, "joined rows after the restart")
        tap.ok(True, "after a restart it fills and joins again")
        daemon.must("DELETE", "/rules/joins")
        tap.equal(daemon.call("DELETE", "/tables/devices"), (200, "Table devices is dropped."), "then it is dropped")


def functions():
    with servers.beltd(BUILD) as daemon:
        groups = json.loads(daemon.must("GET", "/metadata/functions"))
        listed = {function["name"]: function for group in groups for function in group["functions"]}
        tap.ok(len(listed) > 180 and all(f["hint"]["en_US"] and f["example"] for f in listed.values()),
               "every function is told with a line and an example", len(listed))
        tap.equal(listed["round"]["args"], [{"name": "x", "optional": False, "control": "field", "type": "number"},
                                            {"name": "digits", "optional": True, "control": "field", "type": "int"}],
                  "its arguments have types")
        tap.ok(listed["sum"]["aggregate"] and not listed["round"]["aggregate"], "what aggregates is known")


def missing_routes():
    with servers.beltd(BUILD) as daemon:
        for method, path in [("GET", "/connections"), ("GET", "/plugins/portables"), ("POST", "/ruletest"),
                             ("GET", "/metadata/sinks"), ("POST", "/data/import")]:
            status, text = daemon.call(method, path, {} if method == "POST" else None)
            tap.ok(status == 501 and f"{method} {path}" in text, f"{method} {path} says that it is missing", text)


def main():
    folder = tempfile.mkdtemp(prefix="belt-daemon-")
    try:
        tap.run(function_life, folder)
        tap.run(refused_zips, folder)
        tap.run(refused_addresses, folder)
        tap.run(startup, folder)
        tap.run(with_token, folder)
        tap.run(lookup_tables, folder)
        tap.run(functions)
        tap.run(missing_routes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


main()
