# SPDX-License-Identifier: MIT
#
# The pictures of the book that move: each step is what the kernel did, words of the text lead to it, whoever wants no motion
# gets none, and paper has the decisive steps.

import gzip
import json
import pathlib
import re
import sys

import pytest

from kernel import ROOT, image
from web import LANGUAGES, address_in, address_of, make_site, one_after_the_other, output_of, pages_of, parts_of, served, together

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402
import moving  # noqa: E402
import sessions  # noqa: E402
from pages import pages  # noqa: E402

pytestmark = pytest.mark.slow
MOST_BYTES = 25_000  # compressed, of the code that draws them all
NAMES = list(moving.table(ROOT))


@pytest.fixture(scope="session")
def site():
    with served(sys.executable, "-u", "tools/book/serve.py", make_site() / "site") as line:
        yield address_in(line)


def names_in(page):
    return re.findall(r'data-moving="([\w-]+)"', (build.OUT / "site" / f"{page}.html").read_text(encoding="utf-8"))


def pages_with_pictures(language):
    """Pages on which a picture moves: the parts of the chapter, which is looked at in them, and the faults."""
    names = [address_of(language, name) for name in parts_of(language) + [name for name in pages_of(language) if name.startswith("faults/")]]
    return [name for name in names if names_in(name)]


@pytest.fixture(scope="session")
def seen(request, site):
    """What the browser saw on each of these pages."""
    return json.loads(output_of("node", "tests/site/moving.mjs", site, *pages_with_pictures(request.param)))


in_each_language = pytest.mark.parametrize("seen", together("moving", LANGUAGES), indirect=True)


def views(seen):
    for page, found in seen.items():
        for view in found["views"].values():
            yield page, found, view


def pictures(seen):
    for page, _, view in views(seen):
        for name, picture in view["pictures"].items():
            yield (page, name), picture, recording(name)


def recording(name):
    return json.loads((ROOT / "docs" / "moving" / f"{name}.json").read_text(encoding="ascii"))


def drawn(record, step):
    """A step as it has to be drawn, by the recording alone."""
    start = int(record["heap_start"], 16)
    blocks = []
    for number, gap, size, slack, _, *damage in step["blocks"]:
        pieces = [("gap", gap), ("payload", size), ("slack", slack), ("tag", record["tag_bytes"])]
        wrong = {piece for piece, *_ in damage[0]} if damage else set()
        blocks.append({"number": number if isinstance(number, str) else f"#{number}" if number else "\u2013", "wrong": [piece for piece, _ in pieces if piece in wrong],
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


@in_each_language
def test_each_session_of_the_table_has_its_picture(seen):
    """Once each; each section from 4.2 to 4.13 has one, and each page of a fault; the chapter on one page has all of its own."""
    names = [name for found in seen.values() for name in found["names"]]
    assert sorted(names) == sorted(NAMES)
    told = {re.sub(r"^en/", "", page) for page in seen}
    assert {f"chapter-4-{number}" for number in range(2, 14)} | {f"faults/E0{number}" for number in range(1, 10)} <= told
    assert {f"chapter-5-{number}" for number in (1, 5, 9, 11)} | {"faults/I01"} <= told
    language = "en" if any(page.startswith("en/") for page in seen) else "bn"
    for whole in (name for name in pages_of("bn") if name.startswith("chapter-")):
        part = "-".join(whole.split("-")[:2]) + "-"
        assert sorted(names_in(address_of(language, whole))) == sorted(name for page, found in seen.items() if part in page for name in found["names"])
    for page, _, view in views(seen):
        assert not view["errors"], page


@in_each_language
def test_each_step_is_as_it_was_recorded(seen):
    for where, picture, record in pictures(seen):
        assert [shown["step"] for shown in picture["steps"]] == list(range(len(record["steps"])))
        for number, (shown, step) in enumerate(zip(picture["steps"], record["steps"])):
            assert {key: shown[key] for key in ("pointer", "free", "blocks")} == drawn(record, step), (where, number)
            assert told_figures(shown["numbers"]) == figures(record, record["steps"][max(0, number - 1)], step), (where, number)
            line = record["lines"][step["line"]] if step["line"] >= 0 else ""
            assert line in shown["told"] and (number == 0 or line in shown["announced"]), (where, number)


@in_each_language
def test_what_changed_is_said_in_words(seen):
    for where, picture, record in pictures(seen):
        for number, shown in enumerate(picture["steps"][1:], 1):
            moved = record["steps"][number]["pointer"] - record["steps"][number - 1]["pointer"]
            assert shown["announced"].count(f"({by(moved)})") == (2 if moved else 0), (where, number)


@in_each_language
def test_nothing_is_unclear(seen):
    """No word lies on another, each piece holds its number, letters can be read on a phone, and the page below stands still."""
    for where, picture, _ in pictures(seen):
        for number, trouble in enumerate(picture["troubles"]):
            assert trouble == {"crossed": [], "out": [], "small": []}, (where, number)
        assert len({shown["height"] for shown in picture["steps"]}) == 1, (where, [shown["height"] for shown in picture["steps"]])


@in_each_language
def test_keys_and_words_move_it(seen):
    for where, picture, record in pictures(seen):
        last = len(record["steps"]) - 1
        assert picture["keys"] == [0, 1, min(2, last), min(2, last) - 1, last], where
    for page, found, view in views(seen):
        assert view["links"] and found["address"] == 0, f"{page}: no word of the page moves a picture"
        for link in view["links"]:
            assert (link["went"], link["inSight"], link["here"], link["stayed"]) == (link["href"], True, "step", True), (page, link)


@in_each_language
def test_sentences_move_it(seen):
    """Not only the commands of a session."""
    names = {link["went"].rsplit("-", 1)[0] for page, _, view in views(seen) if "chapter-4" in page for link in view["links"] if link["sentence"]}
    assert len(names) >= 10, names
    told = {page for page, _, view in views(seen) for link in view["links"] if link["sentence"]}
    assert {page for page in seen if "faults/" in page} <= told


@in_each_language
def test_it_moves_only_for_whoever_wants_that(seen):
    for page, found in seen.items():
        assert found["moves"]["asked"]["most"] > 0 and found["moves"]["reduced"]["most"] == 0, page


@in_each_language
def test_nothing_is_on_its_way_on_paper(seen):
    """It would be printed over what stands beside it."""
    for page, found in seen.items():
        assert found["moves"]["asked"]["printed"] == 0, page


@in_each_language
def test_paper_has_the_decisive_steps(seen):
    for page, found, view in views(seen):
        assert [picture["name"] for picture in view["paper"]] == found["names"]
        for picture in view["paper"]:
            record, steps = recording(picture["name"]), moving.table(ROOT)[picture["name"]][0]
            assert not picture["live"] and len(picture["stills"]) == len(steps), (page, picture["name"])
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


def test_a_letter_is_the_name_that_the_code_gives():
    """Blocks that the lab takes have no number; in the recording of a bug they are called as in the lines of C above it. What a
    handler took past the kernel's rule stands in none of these lines, and has no name but its owner's."""
    seen = 0
    for page in pages(ROOT):
        for fence in page.fences:
            if fence.kind == "session" and fence.name in NAMES and "minios> bug " in fence.text:
                sizes = re.findall(r"\b(\w) = kmalloc\w*\((\d+)\)", fence.text)
                blocks = [block for step in recording(fence.name)["steps"] for block in step["blocks"] if not isinstance(block[0], int)]
                assert all((letter, str(size)) in sizes or letter == "n" for letter, _, size, *_ in blocks), fence.place
                handlers = {step["handler"] for step in recording(fence.name)["steps"] if step["event"] == "irq"}
                owners = {block[4] for block in blocks}  # an interrupt that waited is told before the call that it waited for
                nameless = {block[4] for step in recording(fence.name)["steps"] for block in step["blocks"] if block[0] == 0} - owners
                assert {owner.split("+")[0] for owner in nameless} <= handlers, fence.place
                seen += len(blocks)
    assert seen > 50


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
