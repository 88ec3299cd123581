# SPDX-License-Identifier: MIT
#
# The kernel in v86, as the page runs it, but in plain Node: what is read from its memory against what it prints, the way
# back in time, and its ends.

import json
import sys

import pytest

from kernel import ROOT, image
from web import WITH_INTERRUPTS, WRITES, bug_codes, one_after_the_other, output_of

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402
import sessions  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def machine():
    """Runs one of the programs of machine.mjs over the image that ./minios run boots."""
    with one_after_the_other("book"):
        build.packages()

    def run(what, *more):
        return json.loads(output_of("node", "tests/v86/machine.mjs", image("i386"), what, *more).splitlines()[-1])
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
    table = bug_codes()
    seen = machine("bugs")
    assert list(seen) == list(table)
    for name, bug in seen.items():
        assert set(bug["faults"]) == ({table[name]} if table[name] else set()), name
        assert bug["restored"], name
        if name in WITH_INTERRUPTS:
            continue
        assert bug["changed"] == WRITES.get(name, 0), f"{name}: the bytes that the mistake wrote"
        damaged = bug["changed"] if table[name] else 0  # the rest is written into what belongs to nobody, or to somebody else
        assert sum(length for _, length in bug["damage"]) == damaged, f"{name}: the very bytes, and no others"
    assert seen["overflow"]["damage"] == [["slack", 1]] and seen["overflow-neighbour"]["damage"] == [["tag", 4]]


def test_each_damaged_byte_around_a_block_is_shown(machine):
    seen = machine("damage")
    assert len(seen) == 48
    for byte in seen:
        payload = 0 <= byte["at"] < byte["size"]
        assert byte["shown"] == byte["any"] == (not payload), byte
        assert (byte["kernel"] != "") == (not payload), byte
        assert byte["blocks"] == 3, byte


def test_a_block_whose_whole_tag_is_overwritten_keeps_its_place(machine):
    seen = machine("overwritten")
    lost = {"same": True, "complete": True, "damage": [["tag", 0, 16]], "disagreements": []}
    assert seen == [lost] * 3


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


@pytest.mark.parametrize("chapter,least", [("chapter-4-hands-on-heap-implementation", 20), ("chapter-5-interrupts-and-timer", 15)])
def test_the_book_comes_true_here_too(machine, chapter, least):
    """All sessions of a chapter but what shows the PC's own memory or single steps; what the clock tells is another number here,
    and where it decides what comes when, a busy machine has two more turns."""
    def others(*only):
        seen = machine("book", str(ROOT / f"docs/en/{chapter}.md"), *only)
        assert len(seen) >= (len(only) or least)
        return [one for one in seen if not true_here(one) and one["name"] not in ("memory-map", "sweep")]

    differ = others()
    for _ in range(2):
        if differ and all(one["clock"] for one in differ):
            differ = others(*(one["name"] for one in differ))
    assert not differ, "\n".join(f"{one['shown']}\n---\n{one['here']}" for one in differ)


def true_here(session):
    shown, here = ((sessions.untimed(text) if session["clock"] else text) for text in (session["shown"], session["here"]))
    return sessions.loose(shown) == sessions.loose(here)
