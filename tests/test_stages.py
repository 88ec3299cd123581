# SPDX-License-Identifier: MIT
#
# What grows in stages. The small heap of chapter 4: each stage compiles without a warning, is right, and is shown in both
# languages with what is new in it. The voice of a tiny kernel: each stage keeps what the one before had, and where a page
# shows it, it shows what is new.

import re
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT, slowly

sys.path.insert(0, str(ROOT / "tools/book"))

import stages
from pages import Trouble

NAMES = stages.names(ROOT)
CHAPTERS = [(ROOT / "docs" / folder / "chapter-4-hands-on-heap-implementation.md").read_text(encoding="utf-8") for folder in ("", "en")]


def test_they_stand_in_their_order():
    assert [int(name.split("-")[0]) for name in NAMES] == list(range(1, 9))


@pytest.mark.parametrize("optimise", [slowly("-O0"), "-O2"])
@pytest.mark.parametrize("name", NAMES)
def test_a_stage_is_right(name, optimise, tmp_path):
    made = tmp_path / name
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", optimise, "-fsanitize=address,undefined",
                    "-fno-sanitize-recover", "-o", made, ROOT / stages.FOLDER / f"{name}.c"], check=True)
    done = subprocess.run([made], capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    for chapter in CHAPTERS:
        assert f"```console stage:{name}\n{done.stdout}```" in chapter


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_all_that_is_new(name):
    """Each definition that the stage before has not, or has otherwise, but for the part that only prints."""
    text = (ROOT / stages.FOLDER / f"{name}.c").read_text(encoding="ascii")
    source, before = stages.now_and_before(ROOT, name)
    mine = set(re.findall(r"^(?:static [^=;]*?\b(\w+)\([^;]*\)|struct (\w+) \{)$", text, re.M))
    defined = {function or struct for function, struct in mine} - {"at", "tell", "main"}
    new = {one for one in defined if before is None or stages.lines_of(source, one) != stages.lines_of(before, one)}
    for chapter in CHAPTERS:
        shown = set(re.search(rf"^```diff stage:{name}#(.*)$", chapter, re.M)[1].split("+"))
        assert shown == new, name


def test_what_does_not_change_is_refused():
    for text in ("3-align#init_heap", "3-align#kfree", "9-more#kmalloc", "3-align", "voice-3#say_string", "voice-6#say", "hello#kmain"):
        with pytest.raises(Trouble, match="stage:"):
            stages.changes(ROOT, text)


VOICES = stages.names(ROOT, stages.FAMILIES[1])


def test_the_voice_grows_and_forgets_nothing():
    assert VOICES == [f"voice-{number}" for number in range(1, 6)]
    for name, new in zip(VOICES, ("letter", "string", "number", "address", "")):
        source, before = stages.now_and_before(ROOT, name)
        said = {one: stages.lines_of(source, one) for one in re.findall(r"^static void (\w+)\(", source.read_text(), re.M)}
        old = re.findall(r"^static void (\w+)\(", before.read_text(), re.M) if before else []
        assert list(said) == [*old, f"say_{new}".rstrip("_")]
        assert all(said[one] == stages.lines_of(before, one) for one in old)


def test_a_stage_of_the_voice_is_shown_with_what_is_new():
    assert stages.changes(ROOT, "voice-2#say_string").splitlines()[0] == "+ static void say_string(const char *text)"
    text = stages.changes(ROOT, "voice-2#kmain")
    assert "  void kmain(void)\n" in text and "-     say_letter('M');\n" in text and '+     say_string("I am MiniOS.\\n");\n' in text
    with pytest.raises(Trouble, match="no docs/stages/voice-2.c"):
        stages.output(ROOT, "voice-2")
