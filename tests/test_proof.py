# SPDX-License-Identifier: MIT
#
# The proof of the heap, whole; and that it can fail: with a heap that breaks a contract, and with a hint that has lost its place.

import re
import shutil
import subprocess
import sys

import pytest

from kernel import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.proof]


def prove(root, *functions):
    return subprocess.run([sys.executable, root / "tests/proof/prove.py", *functions], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=3000, check=False)


def test_every_goal_is_valid(record_property):
    done = prove(ROOT)
    assert done.returncode == 0, done.stdout
    goals, functions = re.search(r"(\d+) goals of (\d+) functions", done.stdout).groups()
    assert int(goals) > 200
    assert f"{goals} goals of {functions} functions" in (ROOT / "README.md").read_text()
    in_bengali = rf"\b{functions}\S+ function-\S+ {goals}\S+ goal"
    assert re.search(in_bengali, (ROOT / "README.bn.md").read_text())
    record_property("figure", done.stdout.strip())


def copy_to(place):
    for name in ("heap", "tests/proof"):
        shutil.copytree(ROOT / name, place / name)


def replace(file, right, wrong):
    text = file.read_text()
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong))


@pytest.mark.parametrize("function, file, right, wrong", [
    ("fits", "kheap_tag.h", "left - gap >= size", "left >= size"),
    ("seal_for", "kheap_tag.h", "(size + owner + fence)", "(size + owner)"),
    ("stands", "kheap.c", "distance(boundary, h->heap_end) <= size_of_heap(h) &&", ""),
    ("put_tag", "kheap.c", "set_below(boundary, SIZE, told);", "set_below(boundary, SIZE, size);"),
    ("poison", "kheap.c", "set_at(up(from, n), POISON)", "set_at(up(from, n), 0)"),
    ("ends_last", "kheap.c", " || block < h->heap_start", ""),
    ("kheap_free", "kheap.c", "LIKELY(sealed(size_of_heap(h), block)) && ", ""),
    ("leads_to", "kheap.c", "at == mark.position && ", ""),
    ("kheap_init", "kheap.c", "size < lost + 2 * TAG + KHEAP_ALIGN", "size < lost + TAG"),
    ("filled", "kheap.c", "word_below(payload, 1) == POISON + gap", "word_below(payload, 1) == POISON"),
    ("put_quick", "kheap.c", "set_at(up(end, n * WORD), POISON)", "set_at(up(end, n * WORD), 0)"),
    ("fenced", "kheap.c", "*fence = down(boundary, TAG);", "*fence = down(boundary, TAG - 1);"),
    ("slack_whole", "kheap.c", "word_at(at) == word_at(up(right, WORD - left))", "word_at(at) == POISON"),
    ("slack_whole", "kheap.c", "return !QUICK || word_at(at) == word_at(up(right, WORD - left));", "return true;"),
    ("free_last", "kheap.c", "h->free_memory_pointer = down(block, gap);", "h->free_memory_pointer = down(block, 0);"),
])
def test_a_broken_heap_is_not_proved(tmp_path, function, file, right, wrong):
    copy_to(tmp_path)
    replace(tmp_path / "heap" / file, right, wrong)
    replace(tmp_path / "tests/proof/ask.py", "STEPS = (500_000, 2_000_000, 8_000_000)", "STEPS = (100_000,)")
    done = prove(tmp_path, function)
    assert done.returncode != 0 and "not proved" in done.stdout, done.stdout


@pytest.mark.parametrize("right, wrong, told", [
    ("behind const unsigned char *past =", "behind unsigned char *past =", "0 lines of boundary_of are"),
    ("== end_of\nbefore return up(payload, size);", "== fenced\nbefore return false;", "3 lines of fenced are"),
    ("== taken_told", "== token_told", "no function token_told"),
    ("before return size_word - size_word % KHEAP_ALIGN - KEY;", "before {", "no statement of taken_told begins before"),
    ("    (size_word - size_word % 16) % 16 == 0", "    \\true; */ x = 1; /*@ assert \\true", "neither == FUNCTION"),
    ("    (size_word - size_word % 16) % 16 == 0", "    \\true; admit \\false", "neither == FUNCTION"),
])
def test_a_hint_without_its_place_ends_the_proof(tmp_path, right, wrong, told):
    copy_to(tmp_path)
    replace(tmp_path / "tests/proof/hints.txt", right, wrong)
    done = prove(tmp_path)
    assert done.returncode == 1 and done.stdout.count("\n") == 1, done.stdout
    assert re.match(rf"tests/proof/hints.txt, line \d+: {told}", done.stdout), done.stdout
