# SPDX-License-Identifier: MIT
#
# Whole sessions, compared word for word. A transcript holds its own commands (the lines at the prompt); one line at its
# top gives the kernel's options and the exit status. New or changed ones are written by:  UPDATE=1 pytest THIS_FILE
# and then read by a person before they are committed.

import os
import re

import pytest

from kernel import COMPILERS, MACHINES, SANITIZED, ROOT, comparable, run, slowly, typed_for

FOLDER = ROOT / "tests" / "transcripts"
NAMES = sorted(path.stem for path in (FOLDER / "i386").glob("*.txt"))
# What the instrumented kernel says as a process it says on a PC, too.
BUILDS = [(slowly if machine == "i386" and compiler in SANITIZED else lambda *build: build)(machine, compiler)
          for compiler in COMPILERS + SANITIZED for machine in MACHINES]


def test_both_machines_have_the_same_sessions():
    assert NAMES
    assert NAMES == sorted(path.stem for path in (FOLDER / "host").glob("*.txt"))


def parts(path):
    head, body = path.read_text().split("\n", 1)
    options = re.search(r"options: (.*?) *status:", head)[1]
    return head, re.findall(r'[^ "]*"[^"]*"|[^ ]+', options), body


def path_of(machine, name, compiler):
    """What the instrumented build tells differently has a transcript of its own."""
    own = FOLDER / f"{machine}-sanitize" / f"{name}.txt"
    return own if compiler in SANITIZED and own.exists() else FOLDER / machine / f"{name}.txt"


def session(machine, name, compiler):
    path = path_of(machine, name, compiler)
    head, options, expected = parts(path)
    typed = typed_for(machine, compiler, re.findall(r"^minios> (.+)$", expected, re.M))
    if any(option.startswith("script=") for option in options):
        typed = ""
    status, text = run(machine, typed, options, compiler)
    text = comparable(text)
    if os.environ.get("UPDATE") and compiler.startswith("gcc") and (compiler == "gcc" or "sanitize" in str(path)):
        path.write_text(re.sub(r"status: .*", f"status: {status}", head) + "\n" + text)
    return f"status: {status}\n{text}", f"status: {re.search('status: (.*)', head)[1]}\n{expected}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("machine,compiler", BUILDS)
def test_session(machine, name, compiler):
    got, expected = session(machine, name, compiler)
    assert got == expected
