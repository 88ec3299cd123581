# SPDX-License-Identifier: MIT
#
# Runs the checks over the learner's heap, in a process of their own, and reads their report.

import os
import re
import subprocess

from place import FILE, ROOT
from screen import INDENT, width

LONGEST_SECONDS = 600  # of the clock; the checks themselves stop a loop long before


class Report:
    """`key value` lines, by their key; a key may come several times."""

    def __init__(self, text):
        self.lines = [line.partition(" ")[::2] for line in text.splitlines() if line]
        self.passed = any(key == "passed" for key, _ in self.lines)

    def all(self, key):
        return [value for name, value in self.lines if name == key]

    def get(self, key):
        return next(iter(reversed(self.all(key))), None)

    @property
    def diagnosis(self):
        return self.get("diagnosis")


def run_checks(program, level, only=None):
    command = [str(program), str(level), *([str(only)] if only else [])]
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=LONGEST_SECONDS, check=False, env=dict(os.environ, COLUMNS=str(width() - INDENT)))
        text, ended = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        text, ended = late.stdout or b"", None
    report = Report(text.decode("ascii", "backslashreplace"))
    if not report.passed and report.diagnosis is None:
        report.lines.append(("diagnosis", "crash-loop" if ended is None else "crash-unknown"))
    return report


def addresses_of(report):
    """Where it happened, and the calls that led there: a return address is one behind its call."""
    return ([int(caller, 16) - 1 for caller in report.all("caller")] + [int(pc, 16) for pc in report.all("pc")] +
            [int(frame, 16) - 1 for frame in report.all("frame")])


def places_of(program, addresses):
    """(function, line) of each address; None where it is not the learner's code."""
    try:
        told = subprocess.run(["addr2line", "-f", "-e", str(program), *map(hex, addresses)], capture_output=True, text=True,
                              check=False)
    except OSError:
        return [None] * len(addresses)
    lines = told.stdout.splitlines()
    found = [re.match(rf"{re.escape(str(FILE))}:(\d+)", place) for place in lines[1::2]]
    return [(function, int(line[1])) if line else None for function, line in zip(lines[::2], found)]


def loop_of(program, report):
    """Where a loop begins that does not end, in the outermost function that was met."""
    looks = [(int(pc, 16), int(stack, 16)) for pc, stack in map(str.split, report.all("loop"))]
    places = places_of(program, [pc for pc, _ in looks])
    met = [(*place, stack) for place, (_, stack) in zip(places, looks) if place]
    lines = [line for function, line, stack in met if (function, stack) == (met[0][0], met[0][2])]
    return (met[0][0], first_line(FILE.read_text(encoding="utf-8", errors="replace").split("\n"), min(lines))) if met else None


def first_line(code, number):
    """The line of the for, while or do that a line stands in, as far as it is indented; else that line."""
    depth = 10 ** 6
    for above in range(number, 0, -1):
        line = code[above - 1].expandtabs(4)
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < depth:
            depth = indent
            if re.match(r"[}\s]*(for|while|do)\b", line):
                return above
    return number


def first_frame(program, report):
    """(function, line) of the learner's code in which a crash happened, or None."""
    loop = loop_of(program, report)
    return loop or next((place for place in places_of(program, addresses_of(report)) if place), None)
