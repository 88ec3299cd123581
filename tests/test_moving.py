# SPDX-License-Identifier: MIT
#
# The pictures of the book that move: each step is what the kernel did, words of the text lead to it, whoever wants no motion
# gets none, and paper has the decisive steps.

import gzip
import json
import os
import pathlib
import re
import sys

import pytest

from kernel import ROOT, image
from web import LANGUAGES, address_in, make_site, one_after_the_other, output_of, served

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402
import moving  # noqa: E402
import sessions  # noqa: E402
from pages import pages  # noqa: E402

pytestmark = pytest.mark.slow
MOST_BYTES = 25_000  # compressed, of the code that draws them all
NAMES = list(moving.table(ROOT))


def with_pictures():
    """{page without its language: the pictures on it}."""
    found = {}
    for page in pages(ROOT):
        names = [fence.name for fence in page.fences if fence.kind == "session" and fence.name in NAMES]
        if names and page.language == "bn":
            found[str(page.path.relative_to("docs").with_suffix(""))] = names
    return found


PAGES = with_pictures()


@pytest.fixture(scope="session")
def site():
    with served(sys.executable, "-u", "tools/book/serve.py", make_site() / "site") as line:
        yield address_in(line)


@pytest.fixture(scope="session")
def seen(site, tmp_path_factory):
    """What the browser saw on the pages of a language; the first worker that asks lets it look."""
    alone = os.environ.get("PYTEST_XDIST_WORKER") is None
    folder = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent

    def look(language, page):
        file = folder / f"moving.{language}.json"
        with one_after_the_other(file.stem):
            if not file.exists():
                file.write_text(output_of("node", "tests/site/moving.mjs", site, *(LANGUAGES[language] + one for one in PAGES)), encoding="utf-8")
        return json.loads(file.read_text(encoding="utf-8"))[LANGUAGES[language] + page]
    return look


each_page = pytest.mark.parametrize("page", PAGES)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def recording(name):
    return json.loads((ROOT / "docs" / "moving" / f"{name}.json").read_text(encoding="ascii"))


def drawn(record, step):
    """A step as it has to be drawn, by the recording alone."""
    start = int(record["heap_start"], 16)
    blocks = []
    for number, gap, size, slack, _, *damage in step["blocks"]:
        pieces = [("gap", gap), ("payload", size), ("slack", slack), ("tag", record["tag_bytes"])]
        wrong = {piece for piece, *_ in damage[0]} if damage else set()
        blocks.append({"number": number if isinstance(number, str) else f"#{number}", "wrong": [piece for piece, _ in pieces if piece in wrong],
                       "pieces": [[piece, length] for piece, length in pieces if length or piece == "payload"]})
    return {"pointer": f"{start + step['pointer']:#010x}", "free": f"{record['bytes'] - step['pointer']:,}", "blocks": blocks}


def by(number):
    return f"+{number:,}" if number > 0 else f"\u2212{-number:,}" if number else ""


def figures(record, before, step):
    """The numbers beside it, and by how much they changed, as far as they are figures."""
    moved = step["pointer"] - before["pointer"]
    values = ((f"{int(record['heap_start'], 16) + step['pointer']:#010x}", moved), (f"{step['pointer']:,}", moved),
              (f"{record['bytes'] - step['pointer']:,}", -moved))
    return [f"{value} {by(change)}".strip() for value, change in values]


def told_figures(numbers):
    return [re.search(r"(0x[0-9a-f]{8}|[\d,]+)( [+\u2212][\d,]+)?$", text.strip())[0] for text in numbers]


@each_language
@each_page
def test_each_step_is_as_it_was_recorded(page, language, seen):
    found = seen(language, page)
    assert found["names"] == PAGES[page]
    for view in found["views"].values():
        assert not view["errors"]
        for name, picture in view["pictures"].items():
            record = recording(name)
            assert [shown["step"] for shown in picture["steps"]] == list(range(len(record["steps"])))
            for number, (shown, step) in enumerate(zip(picture["steps"], record["steps"])):
                assert {key: shown[key] for key in ("pointer", "free", "blocks")} == drawn(record, step), (name, number)
                assert told_figures(shown["numbers"]) == figures(record, record["steps"][max(0, number - 1)], step), (name, number)
                line = record["lines"][step["line"]] if step["line"] >= 0 else ""
                assert line in shown["told"] and (number == 0 or line in shown["announced"]), (name, number)


@each_language
@each_page
def test_what_changed_is_said_in_words(page, language, seen):
    for view in seen(language, page)["views"].values():
        for name, picture in view["pictures"].items():
            record = recording(name)
            for number, shown in enumerate(picture["steps"][1:], 1):
                moved = record["steps"][number]["pointer"] - record["steps"][number - 1]["pointer"]
                assert shown["announced"].count(f"({by(moved)})") == (2 if moved else 0), (name, number)


@each_language
@each_page
def test_nothing_is_unclear(page, language, seen):
    """No word lies on another, each piece holds its number, letters can be read on a phone, and the page below stands still."""
    for view, found in seen(language, page)["views"].items():
        for name, picture in found["pictures"].items():
            for number, trouble in enumerate(picture["troubles"]):
                assert trouble == {"crossed": [], "out": [], "small": []}, (view, name, number)
            assert len({shown["height"] for shown in picture["steps"]}) == 1, (view, name, [shown["height"] for shown in picture["steps"]])


@each_language
@each_page
def test_keys_and_words_move_it(page, language, seen):
    found = seen(language, page)
    for view in found["views"].values():
        for name, picture in view["pictures"].items():
            last = len(recording(name)["steps"]) - 1
            assert picture["keys"] == [0, 1, min(2, last), min(2, last) - 1, last], name
        assert view["links"], "no word of the page moves a picture"
        for link in view["links"]:
            assert (link["went"], link["inSight"], link["here"], link["stayed"]) == (link["href"], True, "step", True), link
    assert found["address"] == 0


@each_page
def test_it_moves_only_for_whoever_wants_that(page, seen):
    found = seen("en", page)["moves"]
    assert found["asked"] > 0 and found["reduced"] == 0


@each_language
@each_page
def test_paper_has_the_decisive_steps(page, language, seen):
    for view in seen(language, page)["views"].values():
        assert [picture["name"] for picture in view["paper"]] == PAGES[page]
        for picture in view["paper"]:
            record, steps = recording(picture["name"]), moving.table(ROOT)[picture["name"]][0]
            assert not picture["live"] and len(picture["stills"]) == len(steps)
            for still, step in zip(picture["stills"], (record["steps"][number] for number in steps)):
                assert still["pointer"] == drawn(record, step)["pointer"] and still["blocks"] == len(step["blocks"])


def code_of(chunk, seen=()):
    """A chunk of the site and all that only it brings: VitePress and Vue are there in any case."""
    found = {chunk}
    for name in re.findall(r'from"\./([\w.-]+\.js)"', chunk.read_text(encoding="utf-8")):
        other = chunk.with_name(name)
        if not name.startswith(("framework.", "theme.")) and other not in found and other not in seen:
            found |= code_of(other, found)
    return found


def test_all_of_it_weighs_little(site, record_property):
    chunks = build.OUT / "site" / "assets" / "chunks"
    parts = [*code_of(next(chunks.glob("MovingHeap.*.js"))), ROOT / "web" / "lab" / "heap.css", ROOT / "web" / "lab" / "words.bn.json"]
    weight = sum(len(gzip.compress(pathlib.Path(part).read_bytes())) for part in parts)
    record_property("figure", f"the pictures that move: {weight:,} bytes of code, gzip")
    assert weight < MOST_BYTES


def test_a_recording_is_what_the_lab_sees(tmp_path):
    """Run anew: each step given back by a recording is the heap that the lab reads from memory, and the last what `blocks` prints."""
    with one_after_the_other("book"):
        build.packages()
    fences = {fence.name: fence for page in pages(ROOT) for fence in page.fences if fence.kind == "session"}
    typed = [sessions.typed(fences[name]) for name in NAMES]
    (tmp_path / "runs").write_text(json.dumps([{"options": " ".join(options), "lines": [*lines, *moving.table(ROOT)[name][1], "blocks all"]} for name, (_, _, options, lines) in zip(NAMES, typed)]))
    found = json.loads(output_of("node", "tests/v86/machine.mjs", image("i386"), "recordings", tmp_path / "runs").splitlines()[-1])
    assert len(found) == len(NAMES)
    for name, run in zip(NAMES, found):
        assert len(run["same"]) >= 2 and all(run["same"]), (name, run["same"])
        damaged = any(len(block) > 5 for block in recording(name)["steps"][-1]["blocks"])
        assert run["shown"] == run["last"] or damaged, name  # below a damaged tag the kernel tells of no block
