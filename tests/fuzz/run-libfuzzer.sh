#!/usr/bin/env bash
# run-libfuzzer.sh - runs a fuzz target under libFuzzer with ASan and UBSan
#
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/fuzz/run-libfuzzer.sh TARGET [SECONDS] [LIBFUZZER OPTIONS…]
# TARGET is sql, rule, json, payload, csv, template, project or proto.  Wants clang with its run-time
# libraries (Debian: clang libclang-rt-14-dev).  Builds into build-fuzz; what was
# learned stays in build-fuzz/corpus/TARGET.  A find is named in the last lines: make
# it small (-minimize_crash=1), fix it, and keep it in tests/fuzz/seeds/TARGET.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:?which target: sql, rule, json, payload, csv, template, project or proto}
seconds=${2:-600}
shift $(($# > 1 ? 2 : 1))
build=$root/build-fuzz

command -v clang >/dev/null || { echo "clang is not there; on Debian: apt-get install clang libclang-rt-14-dev" >&2; exit 77; }
if [ ! -e "$build/build.ninja" ]
then
  # The library is instrumented by the compiler's flags; the driver gives way to libFuzzer's main().
  CC=clang meson setup "$build" "$root" -Dworkbench=false -Db_sanitize=address,undefined -Db_lundef=false \
    -Dbuildtype=debugoptimized -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined' -Dlibfuzzer=true
fi
ninja -C "$build" "tests/fuzz/fuzz-$target"

seeds=$build/corpus/seeds-$target
mkdir -p "$build/corpus/$target" "$seeds"
python3 - "$root" "$target" "$seeds" <<'PYTHON'
import json, pathlib, sys

root, target, out = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
folders = [root / "tests/fuzz/seeds" / target] + ([root / "tests/conformance"] if target in ("sql", "rule") else [])

def texts(case):
    """The statements of a recorded case; a line of the seeds is a case, a list of texts or a text."""
    if isinstance(case, dict):
        case = [case.get("sql"), case.get("stream") if target == "sql" else None]
    return [text.encode() for text in (case if isinstance(case, list) else [case]) if isinstance(text, str)]

seen = set()
for folder in folders:
    for path in sorted(folder.iterdir()):
        if path.suffix == ".jsonl":
            items = [text for line in path.read_text().split("\n") if line for text in texts(json.loads(line))]
        else:
            items = [path.read_bytes()] if path.suffix != ".txt" and path.is_file() else []
        for item in items:
            if item not in seen:
                (out / f"{len(seen):05}").write_bytes(item)
            seen.add(item)
PYTHON
cd "$build/corpus"
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:quarantine_size_mb=32 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 G_DEBUG=fatal-criticals
dictionary=$root/tests/fuzz/dictionaries/$target.dict
[ -e "$dictionary" ] || dictionary=$root/tests/fuzz/dictionaries/sql.dict
exec "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
  -report_slow_units=5 -dict="$dictionary" -print_final_stats=1 "$@" "$target" "$seeds"
