# SPDX-License-Identifier: MIT
#
# The proof of the heap, whole; and that it can fail: with a heap that breaks a contract, and with a hint that has lost its place.

import hashlib
import os
import re
import shutil
import subprocess
import sys

import pytest

from kernel import ROOT
from web import one_after_the_other

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


BROKEN = [
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
]


def unproved(root, *functions):
    """The goals of functions that are not proved, by name, or none; whatever else went wrong is no answer."""
    done = prove(root, *functions)
    named = re.fullmatch(r"not proved:\n((?:\w+\n)+)", done.stdout)
    goals = set(named[1].split()) if named else set()
    assert goals or done.returncode == 0, done.stdout
    return {goal for goal in goals if not goal.startswith("lemma_")}


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """The heap as it is, proved by the first prover alone, which is quick to give up: of a goal that is known to want more it is
    not even asked. And the few goals that it leaves. The first worker that asks lets it be proved."""
    alone = os.environ.get("PYTEST_XDIST_WORKER") is None
    place = (tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent) / "sound"
    with one_after_the_other("sound"):
        if not (place / "unproved").exists():
            copy_to(place)
            replace(place / "tests/proof/ask.py", "TURNS = ((0,), (1, 2), (3, 4))", "TURNS = ((0,),)")
            replace(place / "tests/proof/ask.py", "STEPS = (500_000, 2_000_000, 8_000_000)", "STEPS = (500_000,)")
            replace(place / "tests/proof/ask.py", "for way in [first] + [other for other in ways if other != first]:",
                    "for way in {*ways} & {first} if known_way(name) else ways:")
            (place / "unproved").write_text(" ".join(unproved(place, *{function for function, *_ in BROKEN})))
    return place


@pytest.mark.parametrize("function, file, right, wrong", BROKEN)
def test_a_broken_heap_is_not_proved(sound, tmp_path, function, file, right, wrong):
    """It leaves goals of this function that are proved, as quickly, of the heap as it is."""
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    replace(tmp_path / "heap" / file, right, wrong)
    more = unproved(tmp_path, function) - set((sound / "unproved").read_text().split())
    assert any(goal.startswith(f"{function}_") for goal in more)


TRUE, BY_LAW, FALSE = "(=> (> x 1) (> x 0))", "(=> (> x 1) (> y 0))", "(=> (> x 1) (> x 2))"


@pytest.mark.parametrize("goal, way, answer, how", [
    (TRUE, "", "unsat", "first 500000 0 0"),
    (TRUE, "500000 3 9", "unsat", "known 500000 3 9"),
    (BY_LAW, "500000 0 3", "unsat", "searched 500000 0 1"),
    (FALSE, "500000 3 9", "unknown", None),
])
def test_a_known_way_is_asked_first_and_proves_nothing(tmp_path, goal, way, answer, how):
    """If it fails, the others are asked; and what is false stays so, whoever proved its like."""
    copy_to(tmp_path)
    text = f";; Goal wp_goal\n(assert (not {goal}))\n(check-sat)\n"
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    (tmp_path / "tests/proof/ways.txt").write_text(f"{name} {way}\n" if way else "")
    (tmp_path / "goal.smt2").write_text(f";; x\n(declare-const x Int)\n(declare-const y Int)\n;; Q_poison\n(assert (> y 3))\n{text}")
    (tmp_path / "asked").mkdir()
    told = subprocess.run([sys.executable, tmp_path / "tests/proof/ask.py", tmp_path / "goal.smt2"], stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, ASKED=str(tmp_path / "asked")), check=True).stdout
    assert told == f"{answer}\n"
    assert [(asked.name, asked.read_text().strip()) for asked in (tmp_path / "asked").iterdir()] == ([(name, how)] if how else [])


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
