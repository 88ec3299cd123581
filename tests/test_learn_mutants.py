# SPDX-License-Identifier: MIT
#
# Mistakes that nobody thought of: the complete heap with one sign, word or statement changed. The checks find each, but
# those that change nothing, and those that my_heap.h leaves open.

import re
import subprocess

import pytest

from kernel import HANG_SECONDS, ROOT
from learn import BOSS, Learner, solution

CHANGES = [(r" <= ", " < "), (r" >= ", " > "), (r" < ", " <= "), (r" > ", " >= "), ("==", "!="), ("!=", "=="), ("&&", "||"),
           (r"\|\|", "&&"), (r" \+ ", " - "), (" - ", " + "), (r" \^ ", " | "), (" & ", " | "), (r" << 1", ""), (r" \+ 1\)", ")"),
           ("return true", "return false"), ("return false", "return true"), ("DAMAGED", "OVERFLOW"), ("OVERFLOW;", "DAMAGED;"),
           ("OUT_OF_ORDER", "NOT_A_BLOCK"), ("DOUBLE_FREE", "NOT_A_BLOCK"), ("KHEAP_ALIGN", "8u"),
           (r"^    +(?! |return|const|struct|size_t|bool|unsigned|enum)[^{}]*;$", "    ;")]

# What a change does not change, or what may be so as well.
HARMLESS = [
    ("while (from < tag)", "while (from <= tag)"),                 # the guard is written afterwards
    ("at < (const unsigned char *)tag; at++", "at <= (const unsigned char *)tag; at++"),  # the guard begins like slack
    ("stats.free > TAG ?", "stats.free >= TAG ?"),                 # 0 either way
    # A tag whose seal fits is a sound one, so the second question is never answered with yes.
    ("tag->gap > room || tag->size > room - tag->gap", "tag->gap > room && tag->size > room - tag->gap"),
    ("tag->size > room - tag->gap", "tag->size > room + tag->gap"),
    ("        return false;\n    b->size", "        return true;\n    b->size"),
    ("(h, size, KHEAP_ALIGN)", "(h, size, 8u)"),                   # the free pointer is at a multiple of 16 anyway
    # Damage further down: any refusal will do.
    ("if (my_check(h, boundary) == DAMAGED)", "if (my_check(h, boundary) == OVERFLOW)"),
    ("            return DAMAGED;", "            return OVERFLOW;"),
    ("? NOT_A_BLOCK : DAMAGED;", "? NOT_A_BLOCK : OVERFLOW;"),
]


def mutants():
    lines = solution(BOSS).split("\n")
    harmless = {solution(BOSS).replace(*pair) for pair in HARMLESS}
    for number, line in enumerate(lines):
        code = re.sub(r"/\*.*?\*/", lambda comment: " " * len(comment[0]), line)
        if re.match(r"\s*(#|\*|/\*)", line):
            continue
        for pattern, other in CHANGES:
            for found in re.finditer(pattern, code):
                changed = line[:found.start()] + other + line[found.end():]
                text = "\n".join([*lines[:number], changed, *lines[number + 1:]])
                if text not in harmless:
                    yield f"{number + 1}: {line.strip()} => {changed.strip()}", text


def passes(text, folder):
    """None when it is no C any more."""
    (folder / "mutant.c").write_text(text)
    made = subprocess.run(["gcc", "-std=c11", "-w", "-iquote", ROOT / "exercises", "-no-pie", "-o", folder / "mutant",
                           folder / "mutant.c", ROOT / "build/learn-gcc/checks.o"], capture_output=True, check=False)
    if made.returncode != 0:
        return None
    return subprocess.run([folder / "mutant", str(BOSS)], capture_output=True, timeout=HANG_SECONDS, check=False).returncode == 0


@pytest.mark.slow
def test_the_checks_find_each_mutant(tmp_path, record_property):
    Learner(tmp_path).try_out(solution(1).replace("return true", "return false"))  # builds the checks
    told = [(name, passes(text, tmp_path)) for name, text in mutants()]
    survivors = [name for name, passed in told if passed]
    found = sum(passed is False for _, passed in told)
    record_property("figure", f"learn: {found} mutants of the complete heap, {len(survivors)} not found by the checks")
    assert not survivors, "\n".join(survivors)
    assert found > 80
    assert passes(solution(BOSS), tmp_path)
