#!/usr/bin/env python3
# compare-ekuiper.py - beltd and a kuiperd that you built, driven alike, in the same run
#
# SPDX-License-Identifier: Apache-2.0
#
# usage: compare-ekuiper.py BENCH-RULES [KUIPERD [--base DIR]] [--beltd PATH] [--rounds N] [--rows N]
#
# Both are started on a free port of the loopback, get the same streams and rules
# over REST, and read the same file (made by BENCH-RULES, in whose build folder
# beltd is looked for).  CPU time is that of the process, from when the rule is
# started until no counter moves any more, and includes what REST itself costs;
# with 300 rules on one stream, over some seconds of rows at a fixed rate.
# DIR is the folder with kuiperd's etc/; without it, the nearest above KUIPERD.
#
# Without a KUIPERD there is nothing to compare with: it says so and exits with 77.

import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

LINGER_S = 3      # counters that stand still so long have arrived
DEADLINE_S = 300
SLOW_MS = 2       # between the rows that 300 rules share
SLOW_S = 5        # they are watched
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
N_RULES = 300

FILTER = "SELECT * FROM rows WHERE temperature > 50"
WINDOW = ("SELECT deviceId, avg(temperature) AS avg, count(*) AS cnt FROM rows "
          "GROUP BY deviceId, TUMBLINGWINDOW(ss, 10)")
MANY = "SELECT temperature FROM shared WHERE temperature > {constant}"


def take_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Engine:
    """One running engine."""

    def __init__(self, name, command, environment, folder, log):
        self.name = name
        self.port = take_port()
        environment = os.environ | environment | {
            "KUIPER__BASIC__RESTIP": "127.0.0.1", "KUIPER__BASIC__RESTPORT": str(self.port),
            "KUIPER__BASIC__IP": "127.0.0.1", "KUIPER__BASIC__PORT": str(take_port())}
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("GET", "/ping")
                return
            except (OSError, urllib.error.URLError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{name} does not answer on its port; its log is {log.name}")
                time.sleep(0.05)

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{self.name}: {method} {path}: {error.code} {error.read().decode()}") from None

    def read_cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def read_rss(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    def create_stream(self, name, file, shared=False, interval_ms=0):
        keys = {"fileType": "lines", "path": str(file.parent), "sendInterval": interval_ms}
        if self.name == "kuiperd":
            self.call("PUT", f"/metadata/sources/file/confKeys/{name}", keys | {"interval": 0})
            configuration = f'CONF_KEY="{name}"'
        else:
            configuration = "EXTRA=" + json.dumps(json.dumps(keys))
        self.call("POST", "/streams", {"sql": f'CREATE STREAM {name} () WITH (DATASOURCE="{file.name}", TYPE="file", '
                                              f'FORMAT="JSON", TIMESTAMP="ts", {configuration}, '
                                              f'SHARED="{"true" if shared else "false"}")'})

    def create_rule(self, name, sql, options, triggered=True):
        self.call("POST", "/rules", {"id": name, "sql": sql, "actions": [{"nop": {}}], "options": options,
                                     "triggered": triggered})

    def count(self, names):
        """Rows that the sources of the rules passed on, and rows that their filters saw."""
        read = seen = 0
        for name in names:
            status = json.loads(self.call("GET", f"/rules/{name}/status"))
            for key, value in status.items():
                if key.endswith("_records_out_total") and key.startswith("source_"):
                    read += value
                if key.endswith("_records_in_total") and "filter" in key:
                    seen += value
        return read, seen

    def wait(self, names):
        """CPU seconds at the last movement, and the counts then."""
        last, since, cpu = None, time.monotonic(), self.read_cpu()
        deadline = since + DEADLINE_S
        while time.monotonic() - since < LINGER_S and time.monotonic() < deadline:
            time.sleep(0.25)
            now = self.count(names)
            if now != last:
                last, since, cpu = now, time.monotonic(), self.read_cpu()
        return cpu, self.count(names)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_beltd(beltd, folder):
    log = open(folder / "beltd.log", "wb")
    return Engine("beltd", [beltd, "--data-dir", str(folder / "belt-data")], {}, folder, log)


def start_kuiperd(kuiperd, base, folder):
    home = folder / "kuiper"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(base / "etc", home / "etc")
    for name in ("data", "log", "plugins/sources", "plugins/sinks", "plugins/functions", "plugins/portable"):
        (home / name).mkdir(parents=True)
    log = open(folder / "kuiperd.log", "wb")
    return Engine("kuiperd", [kuiperd], {"KuiperBaseKey": str(home), "KUIPER__BASIC__CONSOLELOG": "false"}, home, log)


def run_rule(engine, sql, options, n_rows):
    """CPU microseconds a row of the file, and the part of the rows that was lost on the way."""
    engine.create_rule("one", sql, options, triggered=False)
    before = engine.read_cpu()
    engine.call("POST", "/rules/one/start")
    cpu, (_, seen) = engine.wait(["one"])
    engine.call("DELETE", "/rules/one")
    return (cpu - before) / n_rows * 1e6, 1 - seen / n_rows


def run_many(engine, options):
    """CPU microseconds a rule and row while rows come slowly, and KB a rule."""
    idle = engine.read_rss()
    names = [f"many{i}" for i in range(N_RULES)]
    for i, name in enumerate(names):
        engine.create_rule(name, MANY.format(constant=f"50.{i}"), options)
    time.sleep(LINGER_S)
    _, seen_before = engine.count(names[:1])
    before = engine.read_cpu()
    time.sleep(SLOW_S)
    cpu = engine.read_cpu() - before
    _, seen = engine.count(names[:1])
    rss = engine.read_rss() - idle
    for name in names:
        engine.call("DELETE", f"/rules/{name}")
    return cpu / max(seen - seen_before, 1) / N_RULES * 1e6, rss / 1024 / N_RULES


def list_file(arguments, name, n_rows):
    out = subprocess.run([arguments.bench, "--list", "--rows", str(n_rows), "--only", name], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        fields = line.split("\t")
        if fields[0] == name:
            return pathlib.Path(fields[1]).absolute(), int(fields[2])
    raise SystemExit(f"{arguments.bench} has no rule {name}")


def find_base(kuiperd):
    for folder in pathlib.Path(kuiperd).absolute().parents:
        if (folder / "etc" / "kuiper.yaml").exists():
            return folder
    raise SystemExit("no etc/kuiper.yaml above KUIPERD; say --base DIR")


def measure(engines, file, n_rows):
    """A round: every measure of every engine, by engine."""
    every = {"disableBufferFullDiscard": True}
    found = {}
    for engine in engines:
        engine.create_stream("rows", file)
        engine.create_stream("shared", file, shared=True, interval_ms=SLOW_MS)
        found[engine.name] = {
            "filter": run_rule(engine, FILTER, every, n_rows),
            "filter, default options": run_rule(engine, FILTER, {}, n_rows),
            "window 10 s, event time": run_rule(engine, WINDOW, every | {"isEventTime": True}, n_rows),
            "300 rules": run_many(engine, {}),
        }
        engine.stop()
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("kuiperd", nargs="?")
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--beltd")
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.kuiperd is None or not os.access(arguments.kuiperd, os.X_OK):
        print("no KUIPERD that can be run was given: nothing to compare with")
        return 77

    beltd = arguments.beltd or pathlib.Path(arguments.bench).absolute().parents[2] / "engine" / "daemon" / "beltd"
    base = arguments.base or find_base(arguments.kuiperd)
    file, n_rows = list_file(arguments, "filter", arguments.rows)
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i in range(arguments.rounds):
            shutil.rmtree(folder / "belt-data", ignore_errors=True)
            engines = (lambda: start_beltd(str(beltd), folder),
                       lambda: start_kuiperd(os.path.abspath(arguments.kuiperd), base, folder))
            found = {}
            for start in engines if i % 2 == 0 else engines[::-1]:
                found |= measure([start()], file, n_rows)
            rounds.append(found)

    print(f"{'':26} {'beltd':>12} {'kuiperd':>12} {'ratio':>8}")
    for what in rounds[0]["beltd"]:
        ours = statistics.median(one["beltd"][what][0] for one in rounds)
        theirs = statistics.median(one["kuiperd"][what][0] for one in rounds)
        ratio = statistics.median(one["kuiperd"][what][0] / max(one["beltd"][what][0], 1e-9) for one in rounds)
        print(f"{what + ', CPU ns':26} {ours * 1e3:12.1f} {theirs * 1e3:12.1f} {ratio:8.1f}")
        if what != "300 rules":
            print(f"{'  events per CPU second':26} {1e6 / ours:12.0f} {1e6 / theirs:12.0f}")
        if what == "filter, default options":
            lost = [statistics.median(one[engine][what][1] for one in rounds) for engine in ("beltd", "kuiperd")]
            print(f"{'  of the rows lost':26} {lost[0]:12.1%} {lost[1]:12.1%}")
    ours, theirs = (statistics.median(one[engine]["300 rules"][1] for one in rounds) for engine in ("beltd", "kuiperd"))
    print(f"{'300 rules, KB a rule':26} {ours:12.1f} {theirs:12.1f} {theirs / max(ours, 1e-9):8.1f}")
    return 0


sys.exit(main())
