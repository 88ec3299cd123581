# SPDX-License-Identifier: MIT
#
# The kernel in v86, as the page runs it, but in plain Node: what is read from its memory against what it prints, the way
# back in time, and its ends.

import contextlib
import fcntl
import json
import re
import subprocess
import sys

import pytest

from kernel import ROOT, image

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402
import sessions  # noqa: E402

pytestmark = pytest.mark.slow
BUG = re.compile(r"^BUG\((\w+), (?:KHEAP_E_(\w+)|0),", re.M)
FAULT = re.compile(r"^KHEAP_FAULT\((\d+), (\w+),", re.M)


@contextlib.contextmanager
def one_after_the_other(name):
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def machine():
    """Runs one of the programs of machine.mjs over the image that ./minios run boots."""
    with one_after_the_other("book"):
        build.packages()

    def run(what, *more):
        done = subprocess.run(["node", ROOT / "tests/v86/machine.mjs", image("i386"), what, *more], capture_output=True, text=True,
                              timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])
    return run


def test_it_boots_to_the_prompt(machine, record_property):
    seen = machine("boots")
    assert seen["text"].startswith("MiniOS on i386 PC, multiboot 1\n") and seen["text"].endswith("\nminios> ")
    assert seen["symbol"] and seen["missing"]
    assert seen["took"] < 5000 and seen["idle"] < 0.5
    record_property("figure", f"the kernel in v86, in Node: {seen['took']:.0f} ms to the prompt, {100 * seen['idle']:.0f} % of a core idle")


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_picture_is_what_the_kernel_prints(machine, seed):
    """50 sequences each; afterwards every step, in any order, is as it was when it was the newest."""
    seen = machine("sequences", str(seed))
    assert seen["different"] == []
    assert seen["compared"] == 50 and seen["steps"] > 100 and seen["again"] == []


def test_the_mistake_of_each_bug_is_seen_when_it_is_made(machine):
    """In the picture before any call notices it; and the call that does tells the code of the lab's table."""
    codes = {name: int(number) for number, name in FAULT.findall((ROOT / "heap/kheap_faults.def").read_text())}
    table = {name.replace("_", "-"): codes[code] if code else 0 for name, code in
             BUG.findall((ROOT / "kernel/bugs.def").read_text())}
    seen = machine("bugs")
    assert list(seen) == list(table) and len(codes) == 9 and len(table) == 18
    for name, bug in seen.items():
        assert set(bug["faults"]) == ({table[name]} if table[name] else set()), name
        assert bug["restored"], name
        writes = name in ("overflow", "overflow-exact", "overflow-neighbour", "underflow", "smashed-tag")
        assert bool(bug["damage"]) == writes, name
        assert (bug["changed"] > 0) == (writes or name in ("use-after-free", "stale-pointer")), name
        if writes:
            assert sum(length for _, length in bug["damage"]) == bug["changed"], f"{name}: the very bytes, and no others"
    assert seen["overflow"]["damage"] == [["slack", 1]] and seen["overflow-neighbour"]["damage"] == [["tag", 8]]


def test_each_damaged_byte_around_a_block_is_shown(machine):
    seen = machine("damage")
    assert len(seen) == 48
    for byte in seen:
        payload = 0 <= byte["at"] < byte["size"]
        assert byte["shown"] == byte["any"] == (not payload), byte
        assert (byte["kernel"] != "") == (not payload), byte
        assert byte["blocks"] == 3, byte


def test_back_to_any_line(machine):
    seen = machine("back")
    assert seen["wrong"] == []
    assert 1 <= seen["states"] <= 4, "states are taken sparingly, but some are"


def test_the_ends(machine):
    assert machine("ends") == {"halt": ["stopped", 0], "panic null": ["stopped", 2], "reboot": ["rebooted", 0],
                               "panic stack": ["failed", 0], "free 5": ["stopped", 2]}


def test_lines_are_known_however_they_were_edited(machine):
    assert machine("typed") == [["alloc 10", 1], ["alloc 5", 2], ["alloc  7; free", 3], ["alloc  7; free", 5],
                                ["stats now", 7], ["map", 8]]


def test_the_book_comes_true_here_too(machine):
    """All sessions of chapter 4 but the one that shows the PC's own memory."""
    seen = machine("book", str(ROOT / "docs/en/chapter-4-hands-on-heap-implementation.md"))
    assert len(seen) > 20
    for session in seen:
        same = sessions.loose(session["shown"]) == sessions.loose(session["here"])
        assert same or session["name"] == "memory-map", f"{session['shown']}\n---\n{session['here']}"
