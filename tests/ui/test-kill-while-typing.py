#!/usr/bin/env python3
"""test-kill-while-typing.py - the workbench is killed while somebody types

SPDX-License-Identifier: Apache-2.0

Keys go into the real window through the X server, ten a second, now and then a
Ctrl+S.  `kill -9` comes at a moment drawn by chance.  Started again on the same
project it must show what was typed up to a second before, and whatever is on disk
must be a text that was once whole.  Run through run-under-xvfb.sh.

usage: test-kill-while-typing.py BELTWORKS EXAMPLE [ROUNDS]
"""
import ctypes
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import time

KEY_S = 0.1
MISSING_MAX_S = 1.0
READY_MAX_S = 60
SETTLE_S = 0.7
SEND_AGAIN_S = 5


def send(*keys):
    subprocess.run(["xdotool", "key", "--delay", "0", *keys], check=True)


def stop_repeating():
    """A busy machine lets go of a key late; the X server would take it for one held down."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    x11.XAutoRepeatOff(display)
    x11.XCloseDisplay(display)


def find_window(pid):
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(pid)],
                           capture_output=True, text=True)
    return found.stdout.split()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def list_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Workbench:
    """One process of it, on one project, with one document in front."""

    def __init__(self, program, project, document):
        self.document = document
        started = time.time()
        self.process = subprocess.Popen([program, project])
        deadline = time.monotonic() + READY_MAX_S
        while not find_window(self.process.pid):
            self.check(deadline, "no window")
            time.sleep(0.05)
        subprocess.run(["xdotool", "windowfocus", find_window(self.process.pid)[-1]], check=False)
        # The open pages are noted once they are back; their texts are read after that.
        while not self.has_noted_pages(started):
            self.check(deadline, "no page was opened")
            time.sleep(0.05)
        time.sleep(SETTLE_S)

    @staticmethod
    def has_noted_pages(since):
        notes = glob.glob(os.path.join(os.environ["XDG_STATE_HOME"], "**", "pages.ini"), recursive=True)
        return any(os.stat(note).st_mtime >= since and "average.sql" in read(note) for note in notes)

    def check(self, deadline, what):
        if self.process.poll() is not None:
            raise AssertionError(f"the workbench ended by itself with {self.process.returncode}")
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} after {READY_MAX_S} s; on disk: {read(self.document)!r}")

    def save(self, mark):
        """Types a mark at the end and saves; the text once it is on disk: keys come in order, so all of it."""
        deadline = time.monotonic() + READY_MAX_S
        send_again = 0
        while not read(self.document).endswith(mark):
            self.check(deadline, "the mark was not saved")
            # Keys that come before the text is there are lost.
            if time.monotonic() > send_again:
                send("ctrl+End", mark, "ctrl+s")
                send_again = time.monotonic() + SEND_AGAIN_S
            time.sleep(0.05)
        return read(self.document)

    def type(self, seconds, save_at):
        """Types until the time is up; what was typed, as (when, letter)."""
        typed = []
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            letter = random.choice("abcdefghijklmnopqrstuvwxyz")
            send(letter)
            typed.append((time.monotonic(), letter))
            if len(typed) == save_at:
                send("ctrl+s")
            time.sleep(max(0.0, min(start + len(typed) * KEY_S, start + seconds) - time.monotonic()))
        return typed

    def kill(self):
        hosts = list_children(self.process.pid)
        self.process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        self.process.wait()
        return killed, hosts


def check_prefix(name, text, before, letters):
    rest = text[len(before):]
    if not text.startswith(before) or not letters.startswith(rest):
        raise AssertionError(f"{name} is not what was there and a beginning of what was typed: "
                             f"{text!r}; typed {letters!r} after {before!r}")
    return len(rest)


def check_files(project):
    for folder, _, files in os.walk(os.path.join(project, "rules")):
        for name in files:
            if name.endswith(".sql") and not read(os.path.join(folder, name)):
                raise AssertionError(f"{name} is empty")


def main():
    program, example = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    project = os.path.join(os.environ["XDG_RUNTIME_DIR"], "typed")
    document = os.path.join(project, "rules", "average.sql")
    shutil.copytree(example, project)
    print("1..1", flush=True)
    stop_repeating()

    workbench = Workbench(program, project, document)
    before = workbench.save("0")
    worst_s = 0.0
    n_typed = n_missing = 0
    started = time.monotonic()
    for i in range(rounds):
        typed = workbench.type(random.uniform(1.1, 2.2), random.choice((0, 0, 5, 9)))
        killed, hosts = workbench.kill()
        letters = "".join(letter for _, letter in typed)

        on_disk = check_prefix("the file", read(document), before, letters)
        check_files(project)
        workbench = Workbench(program, project, document)
        mark = str((i + 1) % 10)
        after = workbench.save(mark)
        n_back = check_prefix("what came back", after.rstrip(mark), before, letters)
        missing_s = killed - typed[n_back][0] if n_back < len(typed) else 0.0
        print(f"# round {i + 1}: {len(typed)} keys, {on_disk} saved, {n_back} came back", flush=True)
        if missing_s > MISSING_MAX_S:
            raise AssertionError(f"a key typed {missing_s:.2f} s before the kill is missing")
        left = [host for host in hosts if is_alive(host)]
        if left:
            raise AssertionError(f"plugin hosts outlived the workbench: {left}")
        worst_s = max(worst_s, missing_s)
        n_typed += len(typed)
        n_missing += len(typed) - n_back
        before = after

    workbench.kill()
    print(f"# {rounds} kills, {n_typed} keys, {n_missing} missing, the oldest of them {worst_s * 1000:.0f} ms old, "
          f"{time.monotonic() - started:.0f} s")
    print("ok 1 /bw/kill-while-typing")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        print(f"# {error}\nnot ok 1 /bw/kill-while-typing")
        sys.exit(1)
