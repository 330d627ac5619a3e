#!/usr/bin/env python3
"""Builds twice (plain, and with sanitizers), runs all tests of both, adds up.

SPDX-License-Identifier: Apache-2.0

Each build is a meson build folder; a second run builds nothing that has not
changed.  The last line is "N passed, N failed, N skipped", counted from the
cases inside the test programs (TAP) where they say so, else one a program.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

BUILDS = {
    "plain": ("build", []),
    # Leak checks have a job of their own inside: LSan cannot run under ptrace-less containers.
    "sanitizers": ("build-asan", ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbuildtype=debugoptimized"]),
}


def say(text):
    print(text, flush=True)


def run_logged(command, log):
    with open(log, "wb") as out:
        return subprocess.call(command, stdout=out, stderr=subprocess.STDOUT)


def build(folder, options):
    path = pathlib.Path(folder)
    if not (path / "build.ninja").exists():
        log = pathlib.Path(f"{folder}-setup.log")
        if run_logged(["meson", "setup", folder, *options], log):
            sys.stdout.write(log.read_text())
            return False
        log.rename(path / "setup.log")
    start = time.monotonic()
    log = path / "ninja.log"
    if run_logged(["ninja", "-C", folder], log):
        text = log.read_text(errors="replace")
        at = text.find("FAILED")
        sys.stdout.write(text[max(at, 0):][:8000])
        return False
    say(f"{folder}: built in {time.monotonic() - start:.0f} s")
    return True


def count(result):
    """(passed, failed, skipped) of one test program."""
    passed = failed = skipped = 0
    for line in (result.get("stdout") or "").splitlines():
        if line.startswith("ok ") or line.startswith("ok\t"):
            if "# SKIP" in line.upper():
                skipped += 1
            else:
                passed += 1
        elif line.startswith("not ok"):
            failed += 1
    kind = result["result"]
    if passed + failed + skipped == 0:
        return {"OK": (1, 0, 0), "EXPECTEDFAIL": (1, 0, 0), "SKIP": (0, 0, 1)}.get(kind, (0, 1, 0))
    if kind not in ("OK", "SKIP", "EXPECTEDFAIL") and failed == 0:
        failed = 1          # crashed or timed out after its last line
    return passed, failed, skipped


def test(folder, suites, names):
    command = ["meson", "test", "-C", folder, "--no-rebuild", "--num-processes", "2"]
    for suite in suites:
        command += suite
    run_logged(command + names, pathlib.Path(folder) / "test.log")
    results = []
    log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
    if log.exists():
        for line in log.read_text(errors="replace").splitlines():
            results.append(json.loads(line))
    return results


def report(label, results):
    totals = [0, 0, 0]
    for result in sorted(results, key=lambda r: r["name"]):
        counts = count(result)
        totals = [a + b for a, b in zip(totals, counts)]
        mark = "ok  " if counts[1] == 0 else "FAIL"
        say(f"{mark} {label}: {result['name']}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped"
            f" ({result.get('duration', 0):.1f} s)")
        if counts[1]:
            for stream in ("stdout", "stderr"):
                text = (result.get(stream) or "").strip()
                if text:
                    say(f"--- {stream} (end)\n" + "\n".join(text.splitlines()[-40:]))
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sanitizers", choices=("yes", "no"), default="yes")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    os.environ.setdefault("G_DEBUG", "fatal-criticals")
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1"
    os.environ["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    # Tests of speed and of whole machines say nothing more under a sanitizer.
    plan = [("plain", [])]
    if options.sanitizers == "yes":
        plan.append(("sanitizers", [["--no-suite", "no-sanitizer"]]))
    totals = [0, 0, 0]
    for label, suites in plan:
        folder, setup = BUILDS[label]
        if not build(folder, setup):
            say(f"FAIL {label}: the build failed")
            totals[1] += 1
            continue
        results = test(folder, suites, options.names)
        if not results:
            say(f"FAIL {label}: no test ran; see {folder}/test.log")
            totals[1] += 1
            continue
        totals = [a + b for a, b in zip(totals, report(label, results))]
    say(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
