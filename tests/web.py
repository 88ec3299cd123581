# SPDX-License-Identifier: MIT
#
# The built book, its servers, and the lab's own table, for the tests that look at them from outside.

import contextlib
import fcntl
import os
import re
import signal
import subprocess

import pytest

from kernel import HANG_SECONDS, ROOT, bug_rows

LANGUAGES = {"bn": "", "en": "en/"}
ALIVE = ("lab", "learn")  # pages of the site alone; on paper there would be nothing to see
# How many bytes the mistake of a bug writes where they do harm; all others write none.
WRITES = {"overflow": 1, "overflow-exact": 1, "overflow-neighbour": 4, "underflow": 1, "smashed-tag": 1, "use-after-free": 1,
          "stale-pointer": 1}


# The mistakes of these are no stray writes: somebody comes in between.
WITH_INTERRUPTS = [bug.replace("_", "-") for bug in
                   re.findall(r"^BUG\((\w+),", (ROOT / "kernel" / "lab" / "interrupt_bugs.def").read_text(), re.M)]


def output_of(*command, **more):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def one_after_the_other(name):
    """Workers share what is done once; it is done under this lock."""
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def together(name, values):
    """Parameters of tests that share one dear look: one worker takes all of them, and no other waits for it."""
    return [pytest.param(value, marks=pytest.mark.xdist_group(f"{name}.{value}")) for value in values]


def make_book():
    with one_after_the_other("book"):
        output_of("make", "-s", "book")
    return ROOT / "build" / "book"


def make_site():
    """The site alone, without PDFs and EPUBs."""
    with one_after_the_other("book"):
        output_of("make", "-s", "book-lab")
    return ROOT / "build" / "book"


def pages_of(language):
    """Names of pages as they stand in the repository: index, faults/E04."""
    folder = ROOT / "docs" / LANGUAGES[language]
    names = [str(path.relative_to(folder).with_suffix("")) for path in sorted(folder.rglob("*.md"))]
    return [name for name in names if not re.match(r"(en|public)/", name)]


def parts_of(language):
    """The pages that a chapter is cut into, one for each section with a number: chapter-4-6."""
    chapters = sorted((ROOT / "docs" / LANGUAGES[language]).glob("chapter-*.md"))
    return [f"chapter-{name}" for chapter in chapters
            for name in re.findall(r"^## .*\{#(\d+-\d+)\}$", chapter.read_text(encoding="utf-8"), re.M)]


def address_of(language, name):
    return LANGUAGES[language] + re.sub(r"\bindex$", "", name)


@contextlib.contextmanager
def served(*command):
    """Starts it, gives the line with the address that it prints, and ends it by Ctrl-C, at which there must be no trouble."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as server:
        said = []
        try:
            for line in server.stdout:
                said.append(line)
                if "http://127.0.0.1:" in line:
                    yield line
                    break
        finally:
            os.killpg(server.pid, signal.SIGINT)
            said.append(server.communicate(timeout=HANG_SECONDS)[0])
    assert server.returncode == 0 and "Traceback" not in said[-1], "".join(said)


def address_in(line):
    return re.search(r"http://127\.0\.0\.1:\d+/", line)[0]


def bug_codes():
    """Each bug of the lab, with the number of the fault that refuses it; 0 where none does."""
    faults = re.findall(r"^KHEAP_FAULT\((\d+), (\w+),", (ROOT / "heap" / "kheap_faults.def").read_text(), re.M)
    rules = re.findall(r"^RULE\((\d+), (\w+),", (ROOT / "kernel" / "memory" / "rules.def").read_text(), re.M)
    bugs = re.findall(r"^BUG\((\w+), (?:(?:KHEAP_E|RULE)_(\w+)|0),", bug_rows(), re.M)
    numbers = {name: int(number) for number, name in faults} | {name: 100 + int(number) for number, name in rules}
    codes = {bug.replace("_", "-"): numbers[fault] if fault else 0 for bug, fault in bugs}
    assert len(numbers) == 12 and len(codes) == 25
    return codes
