#!/usr/bin/env python3
"""Replays recorded answers of a real eKuiper against beltd.

SPDX-License-Identifier: Apache-2.0

Every step of the scenarios below is one case.  A step that differs on purpose stands in
known-differences.txt with its reason; it is counted as skipped and must really differ.
"""
import fnmatch
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))
import servers
from tap import Tap

SCENARIOS = ["system-basics", "method-not-allowed", "http-bodies", "streams-basic", "streams-list-order", "streams-types",
             "streams-sql-errors", "streams-statements", "streams-replace", "rules-basic", "rules-create-errors",
             "rules-graph", "rules-update", "rules-lifecycle", "rules-unknown", "native-*", "uploads-*", "schemas-*"]
tap = Tap()


def known_differences():
    known = {}
    for line in (HERE / "known-differences.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            step, reason = line.split(":", 1)
            known[step.strip()] = reason.strip()
    return known


def scenario_names():
    """Those of the golden file that are ours, in its order."""
    names = [json.loads(line)["scenario"] for line in (HERE / "rest-golden.jsonl").read_text().splitlines()]
    return [name for name in dict.fromkeys(names) if any(fnmatch.fnmatch(name, ours) for ours in SCENARIOS)]


def replay(build, name):
    """A scenario was recorded on an empty engine."""
    with servers.beltd(build) as daemon:
        command = [sys.executable, str(HERE / "rest_replay.py"), "--base", daemon.url, "-v", "--only", name]
        return subprocess.run(command + [str(HERE / "rest-golden.jsonl")], capture_output=True, text=True).stdout


def main(build):
    known = known_differences()
    passed = different = 0
    out = "".join(replay(build, name) for name in scenario_names())
    details = {}
    current = None
    for line in out.splitlines():
        match = re.match(r"(ok  |FAIL) (\S+) step (\d+): (.*)", line)
        if match:
            current = f"{match[2]} {match[3]}"
            details[current] = [match[1] == "ok  ", match[4]]
        elif current and line.startswith("    "):
            details[current].append(line.strip())
    for step, (good, what, *more) in details.items():
        if good and step in known:
            tap.ok(False, f"{step}: {what}", "it is in known-differences.txt, and does not differ any more")
        elif good:
            passed += 1
            tap.ok(True, f"{step}: {what}")
        elif step in known:
            different += 1
            tap.skip(f"{step}: {what[:80]}", known[step])
        else:
            tap.ok(False, f"{step}: {what}", "\n".join(more))
    total = len(details)
    tap.ok(total >= 390 and passed >= 0.94 * total, f"{passed} of {total} steps as recorded, {different} differ on purpose")
    tap.done()


main(sys.argv[1])
