# SPDX-License-Identifier: MIT
#
# The proof of the heap, whole; and that it can fail: with a contract that is not true, and with a heap that breaks one.

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


@pytest.mark.parametrize("function, file, right, wrong", [
    ("fits", "kheap_tag.h", "left - gap >= size", "left >= size"),
    ("seal_for", "kheap_tag.h", "(size + owner + fence)", "(size + owner)"),
    ("stands", "kheap.c", "distance(boundary, h->heap_end) <= size_of_heap(h) &&", ""),
    ("put_tag", "kheap.c", "set_below(boundary, SIZE, told);", "set_below(boundary, SIZE, size);"),
    ("poison", "kheap.c", "set_at(up(from, n), POISON)", "set_at(up(from, n), 0)"),
    ("ends_last", "kheap.c", " || block < h->heap_start", ""),
    ("kheap_free", "kheap.c", "LIKELY(sealed(size_of_heap(h), block)) && ", ""),
    ("leads_to", "kheap.c", "at == mark.position && ", ""),
])
def test_a_broken_heap_is_not_proved(tmp_path, function, file, right, wrong):
    for name in ("heap", "tests/proof"):
        shutil.copytree(ROOT / name, tmp_path / name)
    source = tmp_path / "heap" / file
    text = source.read_text()
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong))
    (tmp_path / "tests/proof/prove.py").write_text(
        (ROOT / "tests/proof/prove.py").read_text()
        .replace("SECONDS_A_GOAL = 400", "SECONDS_A_GOAL = 5").replace("SECONDS_A_WAY = 40", "SECONDS_A_WAY = 5"))
    done = prove(tmp_path, function)
    assert done.returncode != 0 and "not proved" in done.stdout, done.stdout
