# SPDX-License-Identifier: MIT
#
# The catalogue of wrong answers: each is real code that fails at its step, and with its own diagnosis.

import re
import sys

import pytest

from kernel import COMPILERS, ROOT
from learn import BOSS, EXERCISES, FAILED, LANGUAGES, STEPS, Learner, diagnosis, solution, wrong_answers

FEWEST = 5

# What a learner who begins a step is told, with the heap that passed the step before it.
FRIENDLIEST = ["init-unwritten", "alloc-unwritten", "aligned-unwritten", "no-boundary", "stats-unwritten", "no-room-for-tag",
               "free-unwritten", "pops-without-comparing", "gap-unwritten", "slack-not-filled", "damage-followed"]

# The classics, whatever else there is.
CLASSICS = {2: {"returns-moved-pointer"}, 3: {"mask-without-not", "aligns-the-end", "align-zero"},
            4: {"exact-fit-refused", "adds-then-compares", "rounding-wraps", "no-boundary", "zero-refused"},
            6: {"tag-size-forgotten"}, 8: {"pops-without-comparing"}, 9: {"padding-lost"}}


def as_it_begins(step):
    return solution(step - 1) if step > 1 else (EXERCISES / "template.c").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_as_shipped_a_step_fails_with_the_friendliest_message(step, tmp_path):
    status, said = Learner(tmp_path).try_out(as_it_begins(step), step)
    assert status == FAILED and diagnosis(said) == FRIENDLIEST[step - 1], said
    for piece in ("What was called:", "Your heap at that moment", f"./minios learn hint {step}"):
        assert piece in said


def cases():
    for compiler in COMPILERS:
        for step in range(1, BOSS + 1):
            for number, (name, code) in enumerate(wrong_answers(step)):
                yield pytest.param(compiler, step, name, code, id=f"{compiler}-{step}-{name}",
                                   marks=pytest.mark.slow if number > 0 else ())


@pytest.mark.parametrize("compiler,step,name,code", cases())
def test_a_wrong_answer_gets_its_own_diagnosis(compiler, step, name, code, tmp_path):
    status, said = Learner(tmp_path, compiler).try_out(code, step)
    assert status == FAILED and f"a check of step {step} failed" in said, said
    assert re.findall(r"^What it looks like  \((.*)\)$", said, re.M) == [name], said


def test_the_catalogue_is_wide():
    for step in range(1, BOSS + 1):
        names = [name for name, _ in wrong_answers(step)]
        assert len(set(names)) == len(names) >= FEWEST, STEPS[step - 1].name
        assert CLASSICS.get(step, set()) <= set(names), STEPS[step - 1].name


# ---- The words of the diagnoses ----

def entries(language):
    text = (EXERCISES / "words" / f"diagnoses.{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[([\w.-]+)\]\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def names_in_the_checks():
    """All string constants that can be a diagnosis: words with hyphens, in what runs the checks."""
    texts = [path.read_text(encoding="utf-8") for path in [*(EXERCISES / "check").rglob("*.c"), EXERCISES / "learn/checking.py"]]
    return set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', "\n".join(texts)))


def names_of_checks():
    tables = re.findall(r"^const struct check .*?;$", "\n".join(path.read_text() for path in (EXERCISES / "check").rglob("*.c")),
                        re.M | re.S)
    return set(re.findall(r'\{ "([\w-]+)",', "".join(tables)))


def test_each_diagnosis_has_its_text_in_both_languages_and_each_text_is_used():
    wanted = names_in_the_checks() - names_of_checks()
    for language in LANGUAGES:
        told = entries(language)
        assert set(told) == wanted, language
        assert all(len(text.split()) >= 4 for text in told.values()), language
        assert len(set(told.values())) == len(told), f"{language}: one text for two mistakes"


def test_each_diagnosis_was_earned_by_a_wrong_heap():
    """What is left are the answers for heaps that nobody thought of, and those for crashes, which test_learn.py makes."""
    proved = {name for step in range(1, BOSS + 1) for name, _ in wrong_answers(step)} | set(FRIENDLIEST)
    left = set(entries("en")) - proved
    assert {name for name in left if not re.search(r"-wrong$|^boss-|^crash-|^wrote-|^init-broken$", name)} == set()


def test_the_bengali_is_bengali():
    for name, text in entries("bn").items():
        assert re.search(r"[\u0980-\u09ff]", text) and text != entries("en")[name], name


def test_whatever_is_said_is_said_in_both_languages_and_each_text_is_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (EXERCISES / "learn").glob("*.py"))
    crashes = {f"report.{name}" for name in names_in_the_checks() if name.startswith("crash-")} - {"report.crash-unknown"}
    used = set(re.findall(r"""["']([a-z]+(?:\.[a-z_0-9]+)+)["']""", code)) | crashes | \
        {"report.look", "report.wanted", "report.came", "boot.host", "boot.i386"} | {"usage"}
    for language in LANGUAGES:
        text = (EXERCISES / "words" / f"say.{language}.txt").read_text(encoding="utf-8")
        told = set(re.findall(r"^\[([\w.-]+)\]$", text, re.M))
        assert told - used == set() and {name for name in used if name.split(".")[0] in ("check", "hint", "list", "done", "boot")} <= told


def test_each_bug_of_the_lab_has_its_words_in_both_languages():
    sys.path.append(str(EXERCISES / "learn"))
    from booting import BOOTS, LAST
    assert list(LAST) == BOOTS[-1][1] and len(set(LAST.values())) == len(LAST) > 14
    for language in LANGUAGES:
        text = (EXERCISES / "words" / f"bugs.{language}.txt").read_text(encoding="utf-8")
        assert re.findall(r"^\[bug\.([\w-]+)\]$", text, re.M) == list(LAST.values())


# ---- One heap, in the book and here ----

@pytest.mark.parametrize("name", ["power_of_two", "padding"])
def test_solutions_are_the_code_of_the_book_where_they_coincide(name):
    sys.path.append(str(ROOT / "tools" / "book"))
    from listings import listing
    books = listing(ROOT, f"heap/kheap_tag.h#{name},bare").replace("static inline ", "static ")
    for step in range(3, BOSS + 1):
        assert listing(ROOT, f"exercises/steps/{STEPS[step - 1].name}/solution.c#{name},bare") == books, step
