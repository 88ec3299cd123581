# SPDX-License-Identifier: MIT
#
# What the steps say: in both languages, block by block the same, in a terminal's width, in the words of the glossary,
# and no answer before the third hint.

import importlib.util
import re
import sys

import pytest

from kernel import ROOT
from learn import TRACKS, steps_of

BOOK, LEARN = ROOT / "tools" / "book", ROOT / "exercises" / "learn"
sys.path[:0] = [str(BOOK), str(LEARN)]

import pages  # noqa: E402
import screen  # noqa: E402


def loaded(name, path):
    """Both tools have a module of that name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spelling = loaded("book_words", BOOK / "words.py")
del sys.path[:2]

STEPS = [step for track in TRACKS for step in steps_of(track)]
BOTH = [pytest.param(step, kind, id=f"{step.name}-{kind}") for step in STEPS for kind in ("text", "hints")]


class Text(pages.Page):
    """A text of the exercises, read as the book's pages are."""

    language = "bn"


def read(path):
    return Text(ROOT, path.relative_to(ROOT))


def hints_of(path):
    return re.split(r"^## .*\n", path.read_text(encoding="utf-8"), flags=re.M)[1:]


def test_there_are_eleven_steps_and_four():
    assert [len(steps_of(track)) for track in TRACKS] == [11, 4]


@pytest.mark.parametrize("step, kind", BOTH)
def test_both_languages_say_the_same(step, kind):
    bengali, english = (read(step / f"{kind}.{language}.md") for language in ("bn", "en"))
    assert [block.kind for block in bengali.blocks] == [block.kind for block in english.blocks]
    assert [fence.text for fence in bengali.fences] == [fence.text for fence in english.fences]
    assert bengali.blocks[0].kind == "heading-1" and len(bengali.blocks) >= 5


@pytest.mark.parametrize("step, kind", BOTH)
def test_they_fit_a_terminal(step, kind):
    for language in ("bn", "en"):
        text = (step / f"{kind}.{language}.md").read_text(encoding="utf-8")
        wide = [line for line in screen.markdown(text).split("\n") if screen.width_of(line) > screen.WIDEST]
        assert not wide


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_only_the_third_hint_shows_code(step):
    for language in ("bn", "en"):
        hints = hints_of(step / f"hints.{language}.md")
        assert len(hints) == 3
        assert "?" in hints[0] and "```" in hints[2]
        for hint in hints[:2]:
            assert "```" not in hint
            assert not re.search(r"->|==|\w\(\w+, ", hint), hint
            assert not [code for code in re.findall(r"`([^`]*)`", hint) if re.search("[-+=;%&^|<>]", code)], hint


def test_a_text_draws_its_picture():
    for step in STEPS:
        assert len(read(step / "text.bn.md").fences) == 1, step.name


def test_the_bengali_words_are_those_of_the_book():
    told, texts = [], [read(path) for path in sorted((ROOT / "exercises").rglob("*.bn.*"))]
    assert len(texts) == 37
    for text in texts:
        spelling.terms(ROOT, text, told.append)
    spelling.spelling(ROOT, texts, told.append)
    assert not told, "\n".join(told)


def marks(lines):
    """What each mark of a picture points at: the sign above it."""
    rows = [(" " * len(below) if at == 0 else lines[at - 1].ljust(len(below)), below) for at, below in enumerate(lines)]
    return [above[column] for above, below in rows for column, sign in enumerate(below) if sign == "^"]


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_in_a_narrow_terminal_a_mark_stays_below_what_it_points_at(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    for step in STEPS:
        whole = read(step / "text.en.md").fences[0].text.strip("\n").split("\n")
        pieces = [piece.split("\n") for piece in "\n".join(screen.strips(whole, columns - 4)).split(f"\n{screen.CUT}\n")]
        assert all(len(line) <= columns - 4 for piece in pieces for line in piece), step.name
        assert sorted(sign for piece in pieces for sign in marks(piece)) == sorted(marks(whole)), step.name
        assert "".join(sorted("".join(map("".join, pieces)).replace(" ", ""))) == "".join(sorted("".join(whole).replace(" ", "")))


@pytest.mark.parametrize("columns", [40, 60])
def test_in_a_narrow_terminal_no_word_is_broken(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    for step in STEPS:
        for language in ("bn", "en"):
            shown = screen.markdown((step / f"text.{language}.md").read_text(encoding="utf-8"), drawn=True)
            assert not [line for line in shown.split("\n") if screen.width_of(line) > columns], step.name
    usage = "./minios learn check [N]   check once: the current step, or step N"
    assert screen.folded(usage).split("\n")[0] == usage[:columns].rsplit(" ", 1)[0].rstrip()
    assert all(len(line) <= columns for line in screen.folded(usage).split("\n"))


def test_markdown_for_a_terminal():
    text = "# T `x`\n\nSome *stress* and `a code` " + "word " * 8 + "last `two words`.\n\n```\nas  it   is\n\n*p\n```\n\n- one `*q`\n- two"
    shown = screen.markdown(text, "")
    assert shown.startswith("T `x`\n\nSome stress and a code word ")
    assert "\ntwo words.\n\n  as  it   is\n\n  *p\n\n- one *q\n- two" in shown


@pytest.mark.parametrize("track,least", [("heap", 150), ("interrupts", 80)])
def test_no_name_is_told_twice(track, least):
    """Within a track."""
    for language in ("bn", "en"):
        tables = [path.read_text(encoding="utf-8") for path in sorted((TRACKS[track] / "words").glob(f"*.{language}.txt"))]
        names = [name for text in tables for name in re.findall(r"^\[([\w.-]+)\]$", text, re.M)]
        assert len(names) > least and sorted(set(names)) == sorted(names)
