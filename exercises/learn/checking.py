# SPDX-License-Identifier: MIT
#
# Runs the checks over the learner's heap, in a process of their own, and reads their report.

import re
import subprocess

from place import FILE, ROOT

LONGEST_SECONDS = 60  # of the clock; the checks themselves stop a loop long before


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
                              timeout=LONGEST_SECONDS, check=False)
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


def first_frame(program, report):
    """(function, line) of the learner's code in which a crash happened, or None."""
    addresses = [f"{address:#x}" for address in addresses_of(report)]
    try:
        told = subprocess.run(["addr2line", "-f", "-e", str(program), *addresses], capture_output=True, text=True, check=False)
    except OSError:
        return None
    lines = told.stdout.splitlines()
    for function, place in zip(lines[::2], lines[1::2]):
        found = re.match(rf"{re.escape(str(FILE))}:(\d+)", place)
        if found:
            return function, int(found[1])
    return None
