#!/usr/bin/env python3
"""The mysql-sink example against a real MariaDB: run, pack, serve, deploy, replace while rows come.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import servers
from tap import Tap

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
BELT = str(BUILD / "engine/cli/belt")
tap = Tap()


def belt(*args, code=0):
    done = subprocess.run([BELT, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == code, f"belt {args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_project(folder, url, mqtt_port):
    project = pathlib.Path(folder) / "mysql-sink"
    shutil.copytree(SOURCE / "data/examples/mysql-sink", project, ignore=shutil.ignore_patterns("target"))
    rule = project / "rules/ruleTest.json"
    content = json.loads(rule.read_text())
    content["actions"][0]["mysql"]["url"] = url
    rule.write_text(json.dumps(content, indent=2))
    stream = project / "streams/demo.sql"
    extra = json.dumps({"server": f"tcp://127.0.0.1:{mqtt_port}"}).replace('"', '\\"')
    stream.write_text(stream.read_text().replace('TYPE="mqtt"', f'TYPE="mqtt", EXTRA="{extra}"'))
    return project


def names(db, table="test"):
    return [json.loads(text) for text in db.query(f"SELECT name FROM {table} ORDER BY id", "user")]


def run_locally(db, project):
    samples = project / "samples/demo.jsonl"
    want = [json.loads(line) for line in samples.read_text().splitlines()]
    belt("build", project)
    tap.ok(list((project / "target").rglob("*.so")), "belt build makes a shared object")

    belt("run", project, "ruleTest", "--input", samples)
    tap.equal(names(db), [], "without --sinks nothing is written")
    belt("run", project, "ruleTest", "--input", samples, "--sinks")
    got = names(db)
    tap.equal([r["note"] for r in got], [r["note"] for r in want],
              "quotes, emoji and “'); DROP TABLE” arrive as text, in order")
    tap.equal(got, want, "each row as JSON text in the column name")

    rule = project / "rules/ruleTest.json"
    before = rule.read_text()
    content = json.loads(before)
    content["actions"][0]["mysql"].update(table="readings", fields=["temperature", "humidity", "note"])
    rule.write_text(json.dumps(content))
    belt("run", project, "ruleTest", "--input", samples, "--sinks")
    rule.write_text(before)
    rows = db.query("SELECT temperature, humidity, IFNULL(note, '<null>') FROM readings ORDER BY id", "user")
    tap.equal(rows, [f"{r['temperature']:g}\t{r['humidity']}\t{'<null>' if r['note'] is None else r['note']}" for r in want],
              "with fields into columns of those names")


def pack(project, version, folder):
    manifest = project / "beltworks.json"
    content = json.loads(manifest.read_text())
    content["plugins"][0]["version"] = version
    manifest.write_text(json.dumps(content, indent=2))
    zip_file = pathlib.Path(folder) / "mysqlSink.zip"
    belt("build", project)
    belt("pack", project, "mysql", "-o", zip_file)
    return zip_file


def deploy_and_replace(db, project, folder, mqtt_port):
    import zipfile
    zip_file = pack(project, "1.0.0", folder)
    inside = zipfile.ZipFile(zip_file).namelist()
    tap.ok("mysql@v1.0.0.so" in inside and "mysql.json" in inside, "the zip has mysql@v1.0.0.so and its metadata", inside)

    with servers.files_over_http(folder) as address, \
            servers.beltd(BUILD, env={"KUIPER__BASIC__ENABLEPRIVATENET": "true"}) as daemon:
        db.query("TRUNCATE test", "user")
        body = {"name": "mysql", "file": f"{address}/mysqlSink.zip"}
        status, text = daemon.call("POST", "/plugins/sinks", body)
        tap.equal((status, text.strip()), (201, "sinks plugin mysql is created"), "POST /plugins/sinks installs it")
        about = daemon.get("/plugins/sinks/mysql")
        tap.equal((about.get("name"), about.get("version")), ("mysql", "1.0.0"), "GET answers name and version")

        daemon.must("POST", "/streams", {"sql": (project / "streams/demo.sql").read_text()})
        rule = json.loads((project / "rules/ruleTest.json").read_text())
        rule["sql"] = (project / "rules/ruleTest.sql").read_text().strip()
        daemon.must("POST", "/rules", rule)
        # A broker forgets what nobody subscribed to: begin when the source is connected.
        servers.wait_for(lambda: daemon.get("/rules/ruleTest/status").get("source_demo_0_connection_status") == 1,
                         "the source is connected")

        servers.publish(mqtt_port, "devices/a/messages", [json.dumps({"temperature": 20.5, "humidity": n, "note": "v1"})
                                                          for n in range(200)])
        servers.wait_for(lambda: len(names(db)) == 200, "200 rows in the table")
        tap.ok(True, "a rule there writes rows")

        # A new version while rows come.
        pack(project, "1.1.0", folder)
        publisher = subprocess.Popen([servers.tool("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(mqtt_port), "-t",
                                      "devices/a/messages", "-q", "1", "-l"], stdin=subprocess.PIPE, text=True)
        for n in range(200, 1200):
            publisher.stdin.write(json.dumps({"temperature": 20.5, "humidity": n, "note": "v2"}) + "\n")
            if n == 500:
                publisher.stdin.flush()
                status, text = daemon.call("PUT", "/plugins/sinks/mysql", body)
                tap.equal(status, 200, f"PUT replaces it: {text.strip()}")
        publisher.stdin.close()
        publisher.wait(30)
        servers.wait_for(lambda: len(names(db)) >= 1200, "all rows in the table")
        got = [r["humidity"] for r in names(db)]
        tap.equal(sorted(set(got)), list(range(1200)), "none lost")
        tap.equal(got, sorted(got), "in order")
        tap.equal(daemon.get("/plugins/sinks/mysql").get("version"), "1.1.0", "the new version answers, without a restart")
        status = daemon.get("/rules/ruleTest/status")
        tap.equal(status["status"], "running", "the rule runs on")


def refuses_private_addresses(folder):
    with servers.files_over_http(folder) as address, servers.beltd(BUILD) as daemon:
        status, text = daemon.call("POST", "/plugins/sinks", {"name": "mysql", "file": f"{address}/mysqlSink.zip"})
        tap.ok(status == 400 and "is in internal network" in text, "a loopback URL is refused by default", text)


def main():
    folder = tempfile.mkdtemp(prefix="belt-story-")
    try:
        with servers.mariadb() as db, servers.mosquitto() as mqtt_port:
            db.query("CREATE TABLE test (id INT AUTO_INCREMENT PRIMARY KEY, name TEXT);"
                     "CREATE TABLE readings (id INT AUTO_INCREMENT PRIMARY KEY, temperature DOUBLE, humidity BIGINT, note TEXT);",
                     "user")
            project = copy_project(folder, f"user:test@tcp(127.0.0.1:{db.port})/user", mqtt_port)
            tap.run(run_locally, db, project)
            tap.run(deploy_and_replace, db, project, folder, mqtt_port)
            tap.run(refuses_private_addresses, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


main()
