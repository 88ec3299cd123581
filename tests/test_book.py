# SPDX-License-Identifier: MIT
#
# The book says what the source and the kernel say today; and each way in which it could drift is noticed.

import concurrent.futures
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT

sys.path.insert(0, str(ROOT / "tools/book"))

import listings
import programs
import words

pytestmark = pytest.mark.slow


def check(root, *page):
    return subprocess.run([sys.executable, root / "tools/book/book.py", "check", *page], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)


def test_the_book_is_true():
    done = check(ROOT)
    assert done.returncode == 0, done.stdout


def test_a_listing_begins_at_its_own_comment(tmp_path):
    (tmp_path / "part.c").write_text("/* ---- Freeing ---- */\n\n/* Why. */\n// And how.\nint part(void)\n{\n    return 1;\n}\n")
    assert listings.listing(tmp_path, "part.c#part") == "/* Why. */\n// And how.\nint part(void)\n{\n    return 1;\n}\n"


@pytest.fixture
def copy(tmp_path):
    target = tmp_path / "copy"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns("build", ".git", "node_modules", "*.timestamp-*"))
    (target / "build").symlink_to(ROOT / "build")
    return target


@pytest.mark.parametrize("tool", ["gcc", "npm"])
def test_a_tool_that_is_not_there_is_told_once(tool, copy, tmp_path):
    """Not for each of the sessions that need it."""
    with (copy / "web/lab/record.mjs").open("a") as recorder:
        recorder.write("\n")  # else what was recorded before is taken
    (tmp_path / "bin").mkdir()
    for program in pathlib.Path("/usr/bin").iterdir():
        if program.name != tool:
            (tmp_path / "bin" / program.name).symlink_to(program)
    done = subprocess.run([sys.executable, copy / "tools/book/book.py", "check"], env={**os.environ, "PATH": str(tmp_path / "bin")},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode != 0 and done.stdout.count(f"{tool} is missing: ./minios doctor\n") == 1, done.stdout


# The page, what stands there, what somebody makes of it, and what the check says of that.
DRIFTS = {
    "an output": ("docs/faults/E04.md", "1 block stands above", "2 blocks stand above", "E04.md"),
    "a word where the clock tells the numbers": ("docs/en/chapter-5-interrupts-and-timer.md", "0 were lost; it is off", "0 were lost; it is on", "no longer so (console hold-back clock)"),
    "a text of the list": ("docs/faults/E04.md", "free out of order\n  what", "free in order\n  what", "E04.md"),
    "a text of the kernel's own rules": ("docs/en/faults/I02.md", "interrupts left off\n  what", "interrupts left on\n  what", "I02.md"),
    "a rule that its twin names": ("docs/en/how-to-read.md", "[its page](faults/E04.md)", "its page, or I02, [here](faults/E04.md)", "the fault I02 stands in docs/en/how-to-read.md only"),
    "a link": ("docs/faults/E04.md", "#4-11)", "#4-99)", "4-99"),
    "a twin": ("docs/en/faults/E04.md", "For a whole group", "For a small group", "make book-twins"),
    "a link that its twin has": ("docs/en/faults/E07.md", "[E08](E08.md)", "E08", "a link to E08.md stands in docs/faults/E07.md only"),
    "a fault that its twin names": ("docs/en/one-picture.md", "left us [E04]", "left us [E05]", "the fault E05 stands in docs/en/one-picture.md only"),
    "a number that its twin tells": ("docs/en/how-to-read.md", "1048576", "1000000", "the number 1048576 stands in docs/how-to-read.md"),
    "a file that its twin names": ("docs/en/faults/E01.md", "`kernel/main.c`", "`kernel/kernel.h`", "the file kernel/main.c stands in"),
    "a link over two lines": ("docs/en/chapter-4-hands-on-heap-implementation.md", "(#step-gap-and-slack-3)", "(#step-gap-and-slack-99)", "has the step step-gap-and-slack-99"),
    "a file that is gone": ("docs/testing.md", "`tests/mutants/equivalent.txt`", "`tests/mutants/untold.txt`", "there is no tests/mutants/untold.txt"),
    "a name that is no link on the site": ("docs/en/one-picture.md", "[`kernel/main.c`]", "[kernel/main.c]", "in `code letters`: ../../kernel/main.c"),
    "a table": ("docs/en/how-to-read.md", "| `.` | free |\n", "", "do not show the same: table of 8 rows"),
    "a heading": ("docs/en/faults/E04.md", "## How to mend it\n", "", "this section has no counterpart in docs/en/faults/E04.md"),
    "a word": ("docs/faults/E04.md", "\u09af\u09c7 \u0995\u09cd\u09b0\u09ae\u09c7 \u09a8\u09bf\u09af\u09bc\u09c7\u099b\u09cb", "\u09af\u09c7 \u0995\u09cd\u09b0\u09b0\u09ae\u09c7 \u09a8\u09bf\u09af\u09bc\u09c7\u099b\u09cb", "\u0995\u09cd\u09b0\u09b0\u09ae\u09c7"),
    "the contents": ("docs/index.md", "- [E04](faults/E04.md)", "- E04", "do not lead to docs/faults/E04.md"),
    "a picture in letters": ("docs/chapter-4-hands-on-heap-implementation.md", "![", "```text\n| \u09a6\u09c7\u0993\u09af\u09bc\u09be | ... |\n```\n\n![", "columns of them slip"),
    "an item of a list": ("docs/en/how-to-read.md", "\n- **The rule.**", " - **The rule.**", "an item of a list begins a line of its own"),
    "a listing": ("docs/en/chapter-4-hands-on-heap-implementation.md", "heap/kheap_tag.h#fits", "heap/kheap_tag.h#fitsss", "fitsss"),
}


@pytest.mark.parametrize("what", DRIFTS)
def test_a_drift_is_noticed(copy, what):
    page, right, wrong, said = DRIFTS[what]
    text = (copy / page).read_text()
    assert right in text
    (copy / page).write_text(text.replace(right, wrong, 1))
    done = check(copy, pathlib.Path(page).stem)
    assert done.returncode != 0 and said in done.stdout, done.stdout


def test_what_the_clock_tells_may_be_another_number(copy):
    for page in (copy / "docs" / folder / "chapter-5-interrupts-and-timer.md" for folder in ("", "en")):
        text = page.read_text()
        for old, new in ((r"(?m)^(  timer  .*) \d+  timer_tick", r"\1 98765  timer_tick"), (r"\d+ came, \d+ were lost", "4 came, 1234567 were lost")):
            assert re.search(old, text)
            text = re.sub(old, new, text, count=1)
        page.write_text(text)
    assert "agrees" in book(copy, "check", page.stem)


def test_each_language_goes_its_own_way_through_a_section(copy):
    page = copy / "docs/en/faults/E04.md"
    text = page.read_text()
    assert " If the free pointer" in text
    page.write_text(text.replace(" If the free pointer", "\n\nAnd if the free pointer", 1))
    assert "1 pairs confirmed" in book(copy, "twins", "faults/E04")
    assert "agrees" in book(copy, "check", "faults/E04")


@pytest.mark.parametrize("folder", ["docs", "docs/en"])
def test_each_fault_has_its_page(folder):
    """Of the heap, and of the kernel's own rules: what `explain` says of it, and what a session of the lab shows."""
    told = programs.faults(ROOT)
    assert {code[0] for code in told} == {"E", "I"} and len(told) == 12
    for code, (title, *_) in told.items():
        text = (ROOT / folder / "faults" / f"{code}.md").read_text(encoding="utf-8")
        assert f"```fault {code}\n{code} {title}\n" in text and f"\n```console {code}" in text, code
        assert re.search(rf"^{code} {title}.*$(?:\n    .*)+", text, re.M), f"{code}: no report"


@pytest.mark.parametrize("folder", ["docs", "docs/en"])
def test_each_section_ends_with_its_step(folder):
    """What the learner writes is named where the section about it ends: from 4.2 to 4.13."""
    text = (ROOT / folder / "chapter-4-hands-on-heap-implementation.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## .*?\{#4-(\d+)\}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    without = [number for number, body in sections if 2 <= int(number) <= 13 and "`./minios learn`" not in body.strip().rsplit("\n\n", 1)[-1]]
    assert len(sections) == 15 and without == []


def test_no_picture_cuts_a_word_off():
    letter = 7.3  # the widest
    for picture in sorted((ROOT / "docs/pictures").glob("*.svg")):
        wide = int(re.search(r'viewBox="0 0 (\d+)', picture.read_text(encoding="utf-8"))[1])
        for x, anchor, text in re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="(\w+)"[^>]*>([^<]*)<', picture.read_text(encoding="utf-8")):
            left = float(x) - len(html.unescape(text)) * letter * {"start": 0, "middle": 0.5, "end": 1}[anchor]
            assert left >= -2 and left + len(html.unescape(text)) * letter <= wide + 2, (picture.name, text)


# Of a picture's .txt, what somebody makes of it, and what is said of that.
MISDESCRIBED = {
    "show: bytes": ("show: byte", "aligned.txt: show: is one of"),
    "bytes: 16": ("bites: 16", "aligned.txt:2: write one of"),
    "item=int:4:4": ("item=int:4", "aligned.txt:4: scene: BENGALI | ENGLISH"),
    "16": ("many", "aligned.txt: bytes: is a number"),
    "| item=int:9:4": ("|", "aligned.txt: show: bytes needs item= in each scene"),
    "a tap: it waits": ("a tap, which has to wait", "closed.txt: `a tap, which has to wait` is too long for its lane"),
    "reads 5 | in=code": ("reads 5 | in=kernel", "closed.txt: in=kernel: each scene names its lane; there are code, handler"),
    "| in=handler kind=free": ("| kind=free", "closed.txt: in=: each scene names its lane"),
    "kind=free": ("kind=slack", "closed.txt: kind=slack: there are payload, tag, free"),
    "ordinary code, the handler": ("ordinary code", "closed.txt: lanes: names, their BENGALI and their ENGLISH are as many"),
}


@pytest.mark.parametrize("right", MISDESCRIBED)
def test_a_picture_that_cannot_be_drawn_is_told(copy, right):
    wrong, said = MISDESCRIBED[right]
    file = copy / "docs/pictures" / said.split(":")[0]
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = check(copy)
    assert done.returncode != 0 and said in done.stdout and "Traceback" not in done.stdout, done.stdout


def book(root, *command):
    done = subprocess.run([sys.executable, root / "tools/book/book.py", *command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def pages_of(root):
    return {path.relative_to(root): path.read_text() for path in (root / "docs").rglob("*") if path.suffix in (".md", ".svg", ".txt")}


def moved(copy, changes):
    """As a kernel of another compiler would show it: other addresses, other bytes in a tag."""
    (copy / "docs/captured-with.txt").write_text("another compiler\n")
    for name, right, wrong in changes:
        text = (copy / "docs" / name).read_text()
        assert re.search(right, text), name
        (copy / "docs" / name).write_text(re.sub(right, wrong, text))
    return pages_of(copy)


ANOTHER_COMPILER = [*((name, "0x001[0-9]", "0x001f") for name in ("pictures/minios.en.svg", "faults/E04.md", "en/faults/E04.md")),
                    ("pictures/tag.en.svg", r">001[0-9](?=[0-9a-f]{4}<)", ">001f"), ("pictures/tag.en.svg", r'class="in-tag">..<', 'class="in-tag">77<')]


def test_another_compiler_may_move_addresses(copy):
    before = moved(copy, ANOTHER_COMPILER)
    assert "agrees" in book(copy, "check")
    assert "0 pages changed" in book(copy, "update")
    assert pages_of(copy) == before


def test_another_compiler_changes_what_is_no_longer_so_and_the_first_one_makes_it_whole(copy):
    before = pages_of(copy)
    here = before[pathlib.Path("docs/captured-with.txt")]
    moved(copy, [*ANOTHER_COMPILER, ("faults/E04.md", "1 block stands above", "2 blocks stand above")])
    assert "filled in  docs/faults/E04.md\n1 pages changed" in book(copy, "update")
    after = pages_of(copy)
    assert after.pop(pathlib.Path("docs/captured-with.txt")) == "another compiler\n" + here
    assert {path for path in after if after[path] != before[path]} == {pathlib.Path("docs", name) for name in (
        "pictures/minios.en.svg", "pictures/tag.en.svg", "en/faults/E04.md")}  # they still show what another compiler may move
    (copy / "docs/captured-with.txt").write_text(here + "another compiler\n")
    book(copy, "update")
    assert pages_of(copy) == before


OUT_OF_DATE = {"minios.en": (">kheap_free()<", ">kheap_alloc()<"), "minios-tall.bn": (">init_heap()<", ">init()<"), "beyond.en": (">no: 960 too many<", ">no: 961 too many<"),
               "lifo.en": (">B on top<", ">A on top<"), "init.bn": (">heap_start<", ">heap_begin<")}


@pytest.mark.parametrize("name", OUT_OF_DATE)
def test_a_picture_that_is_out_of_date_is_noticed(copy, name):
    picture, (right, wrong) = copy / f"docs/pictures/{name}.svg", OUT_OF_DATE[name]
    text = picture.read_text(encoding="utf-8")
    assert right in text
    picture.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = check(copy)
    assert done.returncode != 0 and f"{name}.svg: not the heap as it is now" in done.stdout, done.stdout


def test_two_may_look_into_the_dictionary_at_once():
    """Nobody finds half of it, while another lays it there anew."""
    with concurrent.futures.ThreadPoolExecutor(6) as hands:
        assert list(hands.map(words.not_in_dictionary, [{"\u0986\u09ae\u09bf"}] * 24)) == [set()] * 24
