#!/usr/bin/env python3
# compare-duckdb.py - the rules of bench-rules beside the same questions to DuckDB
#
# SPDX-License-Identifier: Apache-2.0
#
# usage: compare-duckdb.py BENCH-RULES [--rows N] [--rounds N] [--only NAME]
#
# Each round runs the rule on the engine and the question on DuckDB (one thread)
# over the same file, and compares CPU time of the two; the ratio is the median of
# the rounds', above 1 where the engine needs less.  Both count what comes out and
# encode nothing.  DuckDB is told the columns and their types; it sees a finite
# file, so a window is a division of the time.

import argparse
import statistics
import subprocess
import sys
import time

try:
    import duckdb
except ImportError:
    print("DuckDB is not installed (Python package duckdb): nothing to compare with")
    sys.exit(77)

WINDOW = ("SELECT count(*), sum(a), sum(c) FROM (SELECT ts // {ms} AS w, deviceId, avg(temperature) AS a, "
          "count(*) AS c FROM {rows} GROUP BY ALL)")

PLAIN = {"ts": "BIGINT", "deviceId": "VARCHAR", "temperature": "DOUBLE"}
SMALL = {"temperature": "BIGINT", "humidity": "BIGINT"}

# Name, columns, question.  SELECT * hands on the text of whole rows on the engine; DuckDB is asked for three
# columns of them, which is less than it would need for all.
QUESTIONS = {
    "filter": (PLAIN, "SELECT count(*), sum(temperature), max(deviceId) FROM {rows} WHERE temperature > 50"),
    "filter-32-bytes": (SMALL, "SELECT count(*), sum(humidity) FROM {rows} WHERE temperature > 50"),
    "filter-shuffled": (PLAIN, "SELECT count(*), sum(temperature), max(deviceId) FROM {rows} WHERE temperature > 50"),
    "project": (PLAIN | {"humidity": "BIGINT"},
                "SELECT count(d), sum(f), sum(humidity) FROM (SELECT deviceId AS d, temperature * 1.8 + 32 AS f, "
                "humidity FROM {rows} WHERE temperature > 50)"),
    "project-all-rows": (PLAIN, "SELECT count(deviceId), sum(temperature) FROM {rows}"),
    "tumbling-10-keys": (PLAIN, WINDOW.replace("{ms}", "5000")),
    "tumbling-100-keys": (PLAIN, WINDOW.replace("{ms}", "5000")),
    "tumbling-shuffled": (PLAIN, WINDOW.replace("{ms}", "5000")),
    "tumbling-1000-keys": (PLAIN, WINDOW.replace("{ms}", "5000")),
    "tumbling-100000-keys": (PLAIN, WINDOW.replace("{ms}", "5000")),
    "hopping": (PLAIN, "SELECT count(*), sum(a), sum(c) FROM (SELECT ts // 5000 - h AS w, deviceId, "
                       "avg(temperature) AS a, count(*) AS c FROM {rows}, (VALUES (0), (1)) AS hops(h) GROUP BY ALL)"),
    "sliding-10000-rows": ({"ts": "BIGINT", "temperature": "DOUBLE"},
                           "SELECT count(*), sum(m) FROM (SELECT max(temperature) OVER (ORDER BY ts RANGE BETWEEN "
                           "10000 PRECEDING AND CURRENT ROW) AS m FROM {rows})"),
    "join": (PLAIN | {"humidity": "BIGINT"},
             "SELECT count(*), sum(a.temperature), sum(b.humidity) FROM {rows} AS a JOIN {rows} AS b "
             "ON a.deviceId = b.deviceId AND a.ts // 1000 = b.ts // 1000"),
}


def make_rows(file, columns):
    pairs = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"read_json('{file}', format = 'newline_delimited', columns = {{{pairs}}})"


def run_engine(arguments, name):
    """CPU nanoseconds a row, and rows."""
    out = subprocess.run([arguments.bench, "--rows", str(arguments.rows), "--rounds", "1", "--only", name],
                         check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        fields = line.split()
        if fields[0] == name:
            return float(fields[4]), int(fields[1])
    raise SystemExit(f"{arguments.bench} knows no rule {name}")


def run_duckdb(question):
    connection = duckdb.connect(config={"threads": 1})
    start = time.process_time()
    connection.execute(question).fetchall()
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()

    listed = subprocess.run([arguments.bench, "--list", "--rows", str(arguments.rows)], check=True,
                            capture_output=True, text=True).stdout
    print(f"DuckDB {duckdb.__version__}, 1 thread")
    print(f"{'rule':22} {'rows':>9} {'engine ns':>10} {'DuckDB ns':>10} {'ratio':>7}")
    for line in listed.splitlines():
        name, file, _n_rows = line.split("\t")
        if name not in QUESTIONS or not name.startswith(arguments.only):
            continue

        columns, question = QUESTIONS[name]
        question = question.replace("{rows}", make_rows(file, columns))
        rounds = []
        for _ in range(arguments.rounds):
            engine, rows = run_engine(arguments, name)
            rounds.append((engine, run_duckdb(question) / rows * 1e9))
        engine = statistics.median(one for one, _ in rounds)
        other = statistics.median(one for _, one in rounds)
        ratio = statistics.median(theirs / ours for ours, theirs in rounds)
        print(f"{name:22} {rows:9} {engine:10.1f} {other:10.1f} {ratio:7.2f}", flush=True)


main()
