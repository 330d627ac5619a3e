"""Test programs in Python that say what they did, line by line, in TAP.

SPDX-License-Identifier: Apache-2.0
"""
import sys
import traceback


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, name, why=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}", flush=True)
        if not good and why:
            print("\n".join("# " + line for line in str(why).splitlines()), flush=True)
        return good

    def equal(self, got, want, name):
        return self.ok(got == want, name, f"got  {got!r}\nwant {want!r}")

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}", flush=True)

    def run(self, function, *args):
        """A story: an exception in it is one failure, with its traceback."""
        try:
            function(*args)
        except Exception:
            self.ok(False, function.__name__, traceback.format_exc())

    def done(self):
        print(f"1..{self.n}", flush=True)
        sys.exit(1 if self.failed else 0)
