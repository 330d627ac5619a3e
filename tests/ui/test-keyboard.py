#!/usr/bin/python3
"""A newcomer with twenty rows and a keyboard: paste, misspell, fix, write a C function, see its value.

At the end a rule with four slips of four kinds, mended by one key each, yields rows.

SPDX-License-Identifier: Apache-2.0

Runs inside run-under-xvfb.sh.  Keys come from xdotool, what is on screen is read
through AT-SPI, as a screen reader does.  Names and values are drawn anew each time.
usage: test-keyboard.py BELTWORKS PICTURE-FOLDER
"""
import os
import random
import string
import subprocess
import sys
import time

import gi
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

WAIT_S = 60
PROGRAM, PICTURES = sys.argv[1], sys.argv[2]
os.makedirs(PICTURES, exist_ok=True)
Atspi.init()
Atspi.set_timeout(3000, 10000)
app = None
n_pictures = 0


def xdotool(*arguments):
    subprocess.run(["xdotool", *arguments], check=True, stdout=subprocess.DEVNULL)


def key(*names):
    for name in names:
        xdotool("key", "--clearmodifiers", name)
        time.sleep(0.06)


def type_text(text):
    xdotool("type", "--clearmodifiers", "--delay", "3", text)


def picture(name):
    global n_pictures
    n_pictures += 1
    subprocess.run(["import", "-window", "root", f"{PICTURES}/keyboard-{n_pictures}-{name}.png"], check=False)


def windows():
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(i)
        try:
            if child is not None and child.get_process_id() == app.pid:
                for j in range(child.get_child_count()):
                    window = child.get_child_at_index(j)
                    if window is not None:
                        yield window
        except GLib.Error:
            pass


def walk(node, depth=0):
    yield node
    if depth > 40:
        return
    try:
        n = min(node.get_child_count(), 60)
    except GLib.Error:
        return
    for i in range(n):
        try:
            child = node.get_child_at_index(i)
        except GLib.Error:
            continue
        if child is not None:
            yield from walk(child, depth + 1)


def every():
    for window in windows():
        yield from walk(window)


def name_of(node):
    try:
        return node.get_name() or ""
    except GLib.Error:
        return ""


def focused():
    for node in every():
        try:
            if node.get_state_set().contains(Atspi.StateType.FOCUSED):
                return name_of(node)
        except GLib.Error:
            pass
    return ""


def wait_for(what, predicate):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if app.poll() is not None:
            sys.exit(f"the program ended with {app.returncode} while waiting for {what}")
        for node in every():
            name = name_of(node)
            if name and predicate(name):
                return name
        time.sleep(0.1)
    picture("failed")
    sys.exit(f"waited in vain for {what}; focus is on {focused()!r}")


def tab_to(name, keys="Tab"):
    for _ in range(60):
        if name in focused():
            return
        key(keys)
    picture("failed")
    sys.exit(f"no way to {name!r} by {keys}; focus is on {focused()!r}")


def draw_name():
    return "".join(random.choice(string.ascii_lowercase) for _ in range(6)) + "_v"


text_column, number_column = draw_name(), draw_name()
values = [10, 91] + [random.randrange(0, 100) for _ in range(18)]
rows = "".join(f'{{"{text_column}":"u{i % 5}","{number_column}":{value}}}\n' for i, value in enumerate(values))
above = sum(value > 50 for value in values)
misspelt = number_column[:2] + number_column[3:]

environment = dict(os.environ, NO_AT_BRIDGE="0", GTK_A11Y="atspi")
errors = open(f"{PICTURES}/keyboard-stderr.txt", "w")
app = subprocess.Popen([PROGRAM, "--size", "1200x780"], stderr=errors, env=environment)
wait_for("Welcome", lambda n: "rows are above" in n)
picture("welcome")

tab_to("Your data")
for line in rows.split():
    type_text(line)
    key("Return")
picture("pasted")
tab_to("Use It")
key("space")
wait_for("the rule's rows", lambda n: n.startswith("Sink") and "20 in" in n)
picture("rows")

# The focus is in the editor of the rule.
key("ctrl+2", "ctrl+a")
type_text(f"SELECT * FROM pasted WHERE {misspelt} > 50")
key("Escape")
said = wait_for("why there are no rows", lambda n: "let none of 20 rows through" in n)
print("#", said)
wait_for("the misspelt column", lambda n: f"“{misspelt}”" in n)
picture("misspelt")
key("ctrl+period")
wait_for("rows after the fix", lambda n: n.startswith("Filter") and f"20 in, {above} out" in n)
picture("fixed")
key("ctrl+s")

key("ctrl+n")
wait_for("the dialog", lambda n: n == "Create")
tab_to("What", "shift+Tab")
key("space")
time.sleep(0.3)
key("Down", "Down", "Return")
time.sleep(0.3)
# Rows of a list are an arrow apart.
key("Down")
key("ctrl+a")
type_text("twice")
picture("new-function")
key("Return")
wait_for("the function to be built", lambda n: n.startswith("Built and loaded"))
picture("function")
key("ctrl+2", "ctrl+a")
# The editor indents by itself: one line, so that it has nothing to add.
type_text('#include <belt-plugin.h>')
key("Return")
type_text('BELT_FUNCTION (f64, twice, f64, x) { return 2 * x + 1000; }')
key("Return")
type_text('BELT_PROVIDE ("test.twice", "0.1.0", twice);')
key("Return", "ctrl+s")
wait_for("the swap", lambda n: n.startswith("Swapped in"))
picture("swapped")

key("ctrl+1")
# The list stands on the plugin; rules are above.
tab_to("Rules: ", "Up")
key("Return")
time.sleep(0.3)
key("ctrl+2", "ctrl+a")
type_text(f"SELECT twice({number_column}) AS doubled FROM pasted WHERE {number_column} = 91")
key("Escape")
wait_for("the value of the function", lambda n: n == "1182")
picture("value")

# Four slips of four kinds in one rule: each is mended by one key, and rows come.
key("ctrl+2", "ctrl+a")
type_text(f"SELECT roun({misspelt}, 1) AS r FROM pastd WHERE {number_column} => 50")
key("Escape")
wait_for("all of them at once", lambda n: "“roun”" in n and "and 3 more" in n)
picture("four-slips")
for left in (" and 2 more", " and 1 more", ""):
    key("ctrl+period")
    wait_for(f"the next one{left}", lambda n: n.startswith("Line 1, ") and n.endswith(left)
             and ("more" in n) == ("more" in left))
key("ctrl+period")
at_least = sum(value >= 50 for value in values)
wait_for("the rows of the mended rule", lambda n: n.startswith("Filter") and f"20 in, {at_least} out" in n)
wait_for("a row to be seen", lambda n: n == "91")
picture("mended")

key("ctrl+q")
app.wait(20)
errors.close()
complaints = [line for line in open(f"{PICTURES}/keyboard-stderr.txt", errors="replace")
              if "WARNING" in line or "CRITICAL" in line]
for line in complaints:
    print("#", line.strip())
if complaints:
    sys.exit("there are warnings on stderr")
print("ok: by keyboard alone")
