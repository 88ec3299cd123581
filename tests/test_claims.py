# SPDX-License-Identifier: MIT
#
# What the book and the README say of the heap is so: tests/claims/claims.txt names each sentence and what shows it.

import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT, heap_start, run

sys.path.insert(0, str(ROOT / "tools/book"))

from pages import Page
from twins import sections

LIST = ROOT / "tests" / "claims" / "claims.txt"
WAYS = ("run", "code", "test", "sum", "program", "read")


@dataclasses.dataclass
class Claim:
    line: int
    page: str
    section: str
    sentence: str
    shown: list  # of (way, the rest of its line)


def parsed(text):
    """The claims; sentences that stand one below the other share what follows."""
    claims, group, place = [], [], ("", "")
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("== "):
            place = (*line.removeprefix("== ").split(), "")[:2]
        elif line.startswith(": "):
            group = [] if group and group[-1].shown else group
            group.append(Claim(number, *place, line.removeprefix(": "), group[0].shown if group else []))
            claims.append(group[-1])
        elif line and not line.startswith("#"):
            way, rest = line.split(" ", 1)
            assert way.rstrip(":") in WAYS and group, f"{LIST.name}:{number}: {line}"
            group[0].shown.append((way.rstrip(":"), rest))
    return claims


CLAIMS = parsed(LIST.read_text(encoding="utf-8"))


def one_line(text):
    """Without line breaks; words that only move the picture of a session count as words."""
    return " ".join(re.sub(r"\[([^\]]*)\]\(#step-[^)]*\)", r"\1", text).split())


def text_of(page, anchor):
    """What is written on a page, or in one of its sections."""
    path = pathlib.Path(page)
    if not anchor:
        return one_line((ROOT / page).read_text(encoding="utf-8"))
    found = [section.text for section in sections(Page(ROOT, path)) if section.anchor == anchor]
    assert found, f"{page} has no section {anchor}"
    return one_line(found[0])


def holds(text, wanted):
    """Is it there? TEXT, ~PATTERN, or N x either: in so many lines."""
    times, _, what = wanted.partition(" x ") if re.match(r"\d+ x ", wanted) else ("", "", wanted)
    if what.startswith("~"):
        count = len(re.findall(what[1:], text, re.M))
    else:
        count = text.count(what)
    return count == int(times) if times else count > 0


def show_run(rest):
    start, _, asked = rest.partition(": ")
    machine, *options = start.split()
    commands, *wanted = re.split(r" (?==/?> )", asked)
    options = ["on_fault=report", *options]
    if "{" in commands:
        low = heap_start(run(machine, "halt\n", options)[1])[0]
        commands = re.sub(r"\{(-?\d+)\}", lambda match: f"{low + int(match[1]):#010x}", commands)
    text = run(machine, "".join(command + "\n" for command in commands.split("; ")), options)[1]
    assert wanted
    for sign, what in (one.split(" ", 1) for one in wanted):
        assert holds(text, what) == (sign == "=>"), f"{rest}\n{sign} {what}\n{text}"


def show_code(rest):
    file, _, what = rest.partition(": ")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert holds(text if what.startswith("~") else one_line(text), what), f"{file} no longer has: {what}"


def show_test(rest):
    file, _, name = rest.partition(": ")
    assert re.search(rf"^(CASE\({name}\)|def {name}\()", (ROOT / file).read_text(encoding="utf-8"), re.M), rest


def show_sum(rest):
    assert eval(rest, {"__builtins__": {"max": max, "range": range}}), rest  # pylint: disable=eval-used


def show_program(rest, tmp_path):
    program = tmp_path / "program"
    subprocess.run(["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, ROOT / rest], check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout


def show_read(claim, rest):
    """Nobody reads it again here; but both languages lead to the very text that was read."""
    twin = Page(ROOT, pathlib.Path(claim.page)).twin
    for page in (claim.page, twin):
        assert f"]({rest})" in text_of(str(page), claim.section), f"{page} does not lead to {rest}"


BLOB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/blob/([^/]+)/")


def test_foreign_source_is_named_by_its_revision():
    """What a branch holds changes, and with it whether a sentence about it is so."""
    texts = [LIST, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")]
    revisions = [revision for path in texts for revision in BLOB.findall(path.read_text(encoding="utf-8"))]
    assert len(revisions) >= 12 and [one for one in revisions if not re.fullmatch("[0-9a-f]{40}", one)] == []


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=[f"{pathlib.Path(claim.page).stem[:9]}-{claim.section}-{claim.line}" for claim in CLAIMS])
def test_a_claim_is_so(claim, tmp_path):
    assert claim.sentence in text_of(claim.page, claim.section), f"{LIST.name}:{claim.line}: not said there: {claim.sentence}"
    assert claim.shown, f"{LIST.name}:{claim.line}: nothing shows it"
    for way, rest in claim.shown:
        if way == "read":
            show_read(claim, rest)
        elif way == "program":
            show_program(rest, tmp_path)
        else:
            {"run": show_run, "code": show_code, "test": show_test, "sum": show_sum}[way](rest)


@pytest.mark.parametrize("wrong", [
    "run i386: alloc 100 => moved up by 129", "run i386: alloc 100 =/> moved up by 128", "run i386: alloc 1 => 2 x moved up",
    "code heap/kheap.h: a fourth word", "code heap/kheap.h: ~four+th word", "test tests/heap/laws.c: law_of_nothing", "sum: 4 + 4 == 9"])
def test_what_is_not_so_is_noticed(wrong):
    way, rest = wrong.split(" ", 1)
    with pytest.raises(AssertionError):
        {"run": show_run, "code": show_code, "test": show_test, "sum": show_sum}[way.rstrip(":")](rest)


SLIP = ("left >= gap && left - gap >= size", "left >= gap && left >= size")


@pytest.mark.slow
def test_one_small_slip_meets_the_tests(tmp_path):
    """The story that docs/testing.md begins with."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git", "node_modules"))
    tag = tree / "heap" / "kheap_tag.h"
    text = tag.read_text(encoding="ascii")
    assert text.count(SLIP[0]) == 1
    tag.write_text(text.replace(*SLIP), encoding="ascii")
    programs = [f"build/tests/gcc64/{name}" for name in ("heap", "exhaust")]
    subprocess.run(["make", "-s", *programs], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    cases = ["law_used_and_free_make_the_heap", "every_size_at_every_place"]
    for case in cases:
        assert subprocess.run([tree / programs[0], case], capture_output=True, check=False).returncode != 0, case
    told = subprocess.run([tree / programs[1], "60"], capture_output=True, text=True, check=False)
    assert told.returncode != 0
    assert re.search(r"payload should be 0 .* after\n    aligned\(1, 128\)\n    aligned\(1, 128\)\n", told.stdout + told.stderr)
