#!/usr/bin/env python3
"""The corpus recorded from a real eKuiper, area by area.

SPDX-License-Identifier: Apache-2.0

A case that does not pass must stand in known-failures.txt with its reason, and a case that
stands there must not pass: the list can only get shorter by work.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))
from tap import Tap

tap = Tap()


def known_failures():
    known = {}
    for line in (HERE / "known-failures.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            case, reason = line.split(":", 1)
            known[case.strip()] = reason.strip()
    return known


def main(build):
    known = known_failures()
    files = sorted(map(str, HERE.glob("*.jsonl")))
    done = subprocess.run([f"{build}/engine/cli/belt", "conform", *files], capture_output=True, text=True, timeout=600)
    failed = set(re.findall(r"^FAILED ([^:\s]+)", done.stdout, re.M))
    tap.ok(done.returncode in (0, 1), "belt conform ends by itself", done.stderr[-2000:])
    for area, passed, bad, unsure in re.findall(r"^(\w+) +(\d+) passed, +(\d+) failed, +(\d+) skipped", done.stdout, re.M):
        tap.ok(int(passed) > 0 or int(bad) <= len(known), f"{area}: {passed} passed, {bad} failed, {unsure} unsure left out")
    new = sorted(failed - known.keys())
    tap.equal(new, [], "no case fails that is not known to")
    tap.equal(sorted(known.keys() - failed), [], "every known failure still fails")
    for case in sorted(failed & known.keys()):
        tap.skip(case, known[case])
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    tap.ok(re.match(r"\d+ passed, \d+ failed, \d+ skipped$", last), f"the whole corpus: {last}", done.stdout[-2000:])
    tap.done()


main(sys.argv[1])
