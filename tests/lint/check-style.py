#!/usr/bin/env python3
"""House rules that a machine can check; the rest is CONTRIBUTING.md.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys

# Words that would tie the repository to a machine or to tools outside it.
FORBIDDEN = [re.compile(p) for p in (r"/work/", r"\.\./shared", r"\.library", r"\bfarm-(?:studio|bench)\b")]
# The repository says these words only to forbid them.
SPEAKS_OF_THEM = {"tests/lint/check-style.py"}
LINE_MAX = 120      # 100 is the aim; tables and messages may run over
TEXT = {".c", ".h", ".py", ".md", ".ui", ".xml", ".in", ".json", ".sh", ".build", ".txt", ".test", ".sql", ".lang", ".css"}

bad = 0


def complain(path, n, text):
    global bad
    bad += 1
    print(f"{path}:{n}: {text}")


def tracked():
    out = subprocess.run(["git", "ls-files", "-z"], capture_output=True)
    if out.returncode == 0:
        return [pathlib.Path(p) for p in out.stdout.decode().split("\0") if p]
    return [p for p in pathlib.Path(".").rglob("*") if p.is_file() and "build" not in p.parts]


for path in tracked():
    if not path.exists() or (path.suffix not in TEXT and path.name not in ("run", "test")):
        continue
    if str(path).startswith(("tests/conformance/", "tests/rest/", "po/")) and path.suffix != ".py":
        continue
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    for n, line in enumerate(lines, 1):
        if str(path) not in SPEAKS_OF_THEM:
            for word in FORBIDDEN:
                if word.search(line):
                    complain(path, n, f"names something outside the repository: {line.strip()[:80]}")
    if path.suffix in (".c", ".h"):
        ours = not str(path).startswith(("data/examples/", "plugin-sdk/template/", "plugin-sdk/examples/", "tests/plugin/"))
        if ours and not any("SPDX-License-Identifier" in line for line in lines[:6]):
            complain(path, 1, "no SPDX line in the first six")
        for n, line in enumerate(lines, 1):
            if line.rstrip() != line:
                complain(path, n, "blank at the end of the line")
            if "\t" in line:
                complain(path, n, "tab")
            if len(line) > LINE_MAX:
                complain(path, n, f"{len(line)} characters, {LINE_MAX} at most")
        if text and not text.endswith("\n"):
            complain(path, len(lines), "no newline at the end")
    if path.suffix == ".c" and str(path).startswith("engine/") and path.name != "belt-clock.c":
        for n, line in enumerate(lines, 1):
            if re.search(r"\bg_get_real_time \(|\bg_date_time_new_now|\bgettimeofday \(", line):
                complain(path, n, "only base/belt-clock.c asks for the time")
    if path.suffix == ".c" and re.search(r"\bg_usleep \(|\bsleep \(", text) and str(path).startswith(("tests/unit", "engine/expr", "engine/ops")):
        complain(path, 1, "sleeps")

sys.exit(1 if bad else 0)
