# SPDX-License-Identifier: MIT
#
# The second track of ./minios learn: how it is chosen beside the first one, its steps in a row, its wrong answers, and that an
# interrupt comes in front of each instruction indeed.

import re
import shutil
import subprocess
import sys

import pytest

from kernel import COMPILERS, HANG_SECONDS, ROOT, in_terminal, slowly
from learn import (EXERCISES, FAILED, LANGUAGES, MISUSED, PASSED, TRACKS, Learner, diagnosis, learner,  # noqa: F401
                   second_step_done, solution, steps_of, wrong_answers)  # noqa: F401

TRACK = "interrupts"
PLACE = TRACKS[TRACK]
STEPS = steps_of(TRACK)
LAST = len(STEPS)
ALL = range(1, LAST + 1)
TEMPLATE = (PLACE / "template.c").read_text(encoding="utf-8")

# What a learner who begins a step is told.
FRIENDLIEST = ["count-unwritten", "put-unwritten", "timer-unwritten", "get-unwritten"]


def on_track(home, compiler="gcc", language="en"):
    return Learner(home, compiler, language, TRACK)


# ---- Two tracks, one command ----

def test_the_first_track_tells_of_the_second_one(learner):
    said = learner.learn("list")[1]
    assert re.search(r"a second, short track, interrupts, 0 of 4\s+done:\s+./minios learn interrupts", said)
    assert "interrupts" in learner.learn("help")[1]


def test_it_goes_on_with_the_track_that_was_used_last(learner):
    first = learner.learn("list")[1]
    status, said = learner.learn(TRACK, "list")
    assert status == PASSED and re.search(r"my_interrupts\.c\s+is made", said) and "0 of 4 done" in said
    assert (learner.home / "my_interrupts.c").read_text() == TEMPLATE
    assert re.search(r"The first track is your heap, 2 of 11\s+done", said)
    assert "0 of 4 done" in learner.learn("list")[1] and "Step 1, hint 1" in learner.learn("hint")[1]
    assert learner.learn("heap", "list") == (PASSED, first) and learner.learn("list") == (PASSED, first)


@pytest.mark.parametrize("written", ["", "hea", "interrupts/..", "\u00ff", "heap\nheap"])
def test_a_spoilt_choice_is_the_first_track(written, learner):
    (learner.home / ".learn" / "track").write_text(written)
    assert "2 of 11 done" in learner.learn("list")[1]


def test_each_track_has_its_own_progress_and_one_language(learner):
    other = on_track(learner.home)
    learner.learn("hint")
    assert other.try_out(solution(2, TRACK), 2)[0] == PASSED
    assert other.ticks() == [1, 2] and learner.learn("heap", "list")[1].count("[x]") == 2
    assert "Step 3, hint 1 of 3" in other.learn("hint")[1] and "Step 3, hint 2 of 3" in learner.learn("heap", "hint")[1]
    assert other.learn("lang", "bn")[0] == PASSED
    assert learner.learn("heap", "lang") == (PASSED, "bn\n") and other.learn("lang") == (PASSED, "bn\n")
    assert learner.learn("heap", "hint")[1].count("3") >= 2, "no hint was forgotten with the language"
    assert other.learn("reset", 1)[0] == PASSED and other.ticks() == [] and other.file.read_text() == TEMPLATE
    assert learner.learn("heap", "list")[1].count("[x]") == 2 and learner.file.read_text() == solution(2)


@pytest.mark.parametrize("arguments", [["interrupt"], [TRACK, "chekc"], [TRACK, TRACK], [TRACK, "check", "5"], ["check", TRACK]])
def test_misuse_is_told(arguments, learner):
    status, said = learner.learn(*arguments)
    assert status == MISUSED and ("there is no such command" in said or "is no step" in said), said


def test_a_file_that_was_deleted_comes_back(learner):
    other = on_track(learner.home)
    assert other.try_out(solution(1, TRACK), 1)[0] == PASSED
    other.file.unlink()
    assert "as it was when you passed step 1" in " ".join(other.learn("list")[1].split())
    assert other.file.read_text() == solution(1, TRACK) and learner.file.read_text() == solution(2)


def test_a_solution_is_shown_after_its_step_or_when_insisted_on(learner):
    other = on_track(learner.home)
    status, said = other.learn("solution", 4)
    assert status == FAILED and "solution 4 anyway" in said
    assert other.learn("solution", 4, "anyway") == (PASSED, solution(4, TRACK))


# ---- The steps ----

@pytest.mark.parametrize("compiler,language", zip(COMPILERS, ["en", "bn"]))
def test_the_solutions_pass_all_steps_up_to_theirs(compiler, language, tmp_path):
    learner = on_track(tmp_path, compiler, language)
    for step in ALL:
        status, said = learner.try_out(solution(step, TRACK))
        assert status == PASSED and said.count("  [x] ") == 2, said
        assert learner.ticks() == list(range(1, step + 1))
    assert "kernel/interrupts/timer.c" in said, "what to look at next"
    assert "kernel/interrupts/timer.c" in learner.learn()[1]


@pytest.mark.parametrize("step", ALL)
def test_as_shipped_a_step_fails_with_the_friendliest_message(step, tmp_path):
    status, said = on_track(tmp_path).try_out(solution(step - 1, TRACK) if step > 1 else TEMPLATE, step)
    assert status == FAILED and diagnosis(said) == FRIENDLIEST[step - 1], said
    assert "What was called:" in said and f"./minios learn hint {step}" in " ".join(said.split())


@pytest.mark.parametrize("language", ["bn", slowly("en")])
def test_everything_fits_80_columns(language, tmp_path):
    learner = on_track(tmp_path, language=language)
    learner.write(TEMPLATE)
    told = [learner.learn(*command.split())[1] for command in ("list", "help", "hint 1", "reset 4")]
    told += [learner.learn("text", step)[1] for step in ALL]
    told += [learner.try_out(dict(wrong_answers(step, TRACK))[name], step)[1].replace(str(learner.file), "exercises/my_interrupts.c")
             for step, name in ((1, "update-lost"), (2, "slot-not-wrapped"), (3, "off-too-short"), (4, "shared-between-hands"))]
    sys.path.append(str(EXERCISES / "learn"))
    from screen import width_of
    for text in told:
        assert not [line for line in text.splitlines() if width_of(line) > 80], text


@pytest.mark.parametrize("language,folder", [("bn", "docs"), ("en", "docs/en")])
def test_a_step_and_its_section_name_each_other(language, folder, tmp_path):
    chapter = (ROOT / folder / "chapter-5-interrupts-and-timer.md").read_text(encoding="utf-8")
    for step in ALL:
        told = on_track(tmp_path, language=language).learn("text", step)[1].split("\n\n")[-1]
        section, page = re.search(r"5\.\d+", told)[0], re.search(r"docs/[\w/.-]+\.md", told)[0]
        assert page == f"{folder}/chapter-5-interrupts-and-timer.md"
        body = re.search(rf"{{#{section.replace('.', '-')}}}\n(.*?)^## ", chapter, re.M | re.S)[1]
        end = " ".join(body.strip().rsplit("\n\n", 1)[-1].split())
        assert re.search(rf"Step {step} of `./minios learn interrupts`|`./minios learn interrupts`-\S+ \S+ {step}\b", end), end


# ---- Wrong answers ----

def cases():
    for compiler in COMPILERS:
        for step in ALL:
            for number, (name, code) in enumerate(wrong_answers(step, TRACK)):
                yield pytest.param(compiler, step, name, code, id=f"{compiler}-{step}-{name}",
                                   marks=pytest.mark.slow if number > 0 else ())


@pytest.mark.parametrize("compiler,step,name,code", cases())
def test_a_wrong_answer_gets_its_own_diagnosis(compiler, step, name, code, tmp_path):
    status, said = on_track(tmp_path, compiler).try_out(code, step)
    assert status == FAILED and f"a check of step {step} failed" in said, said
    assert re.findall(r"^What it looks like  \((.*)\)$", said, re.M) == [name], said


def texts(language):
    text = (PLACE / "words" / f"diagnoses.{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[([\w.-]+)\]\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def names_in_the_checks():
    """Words with hyphens, but for the names of the checks themselves."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (PLACE / "check").rglob("*.c"))
    tables = "".join(re.findall(r"^const struct check .*?;$", code, re.M | re.S))
    return set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', code)) - set(re.findall(r'\{ "([\w-]+)",', tables))


def test_each_diagnosis_has_its_text_in_both_languages_and_was_earned():
    named, crashes = names_in_the_checks(), set()
    for language in LANGUAGES:
        told = texts(language)
        crashes = {name for name in told if name.startswith("crash-")}
        assert set(told) - crashes == named, language
        assert len(set(told.values())) == len(told) and all(len(text.split()) >= 4 for text in told.values()), language
    assert all(re.search(r"[\u0980-\u09ff]", text) for text in texts("bn").values())
    proved = {name for step in ALL for name, _ in wrong_answers(step, TRACK)} | set(FRIENDLIEST)
    assert {name for name in named - proved if not name.endswith("-wrong")} == set()
    assert crashes <= {name for name in re.findall(r'"(crash-[a-z]+)"', (EXERCISES / "check/crash.c").read_text())}


def test_the_catalogue_is_wide():
    for step in ALL:
        names = [name for name, _ in wrong_answers(step, TRACK)]
        assert len(set(names)) == len(names) >= 5


def test_what_is_said_in_other_words_is_said_of_something():
    """Each name is one of the first track's, or one that only what is interrupted needs; and the same in both languages."""
    def names(folder, pattern):
        return {name for path in folder.glob(pattern) for name in re.findall(r"^\[([\w.-]+)\]$", path.read_text(encoding="utf-8"), re.M)}
    for language in LANGUAGES:
        ours = names(PLACE / "words", f"say.{language}.txt")
        assert ours - names(EXERCISES / "words", f"*.{language}.txt") == {"report.interrupt_came", "report.interrupt_waited"}
        assert ours == names(PLACE / "words", "say.en.txt")


# ---- The same, with less around it ----

INCLUDED = [option for folder in ("exercises", "exercises/check", "exercises/interrupts", "exercises/interrupts/check")
            for option in ("-iquote", ROOT / folder)]


@pytest.fixture(scope="module")
def checks(tmp_path_factory):
    """The checks, compiled for addresses of 64 and of 32 bits."""
    subprocess.run(["make", "-sf", "exercises/rules.mk", "build/learn-gcc/checks-interrupts.o", "CC=gcc"], cwd=ROOT, check=True)
    folder = tmp_path_factory.mktemp("narrow")
    shared = [EXERCISES / "check" / f"{name}.c" for name in ("run", "say", "crash")] + [*(EXERCISES / "check/linux").glob("*.c")]
    subprocess.run(["gcc", "-m32", "-c", "-D_GNU_SOURCE", "-std=c11", "-O1", "-fno-omit-frame-pointer", "-fno-pie", "-Wall", "-Wextra",
                    "-Wconversion", "-Werror", *INCLUDED, *shared, *(PLACE / "check").rglob("*.c")], cwd=folder, check=True)
    return {"-m64": [ROOT / "build/learn-gcc/checks-interrupts.o"], "-m32": [*folder.glob("*.o")]}


def program_of(text, folder, checks, width="-m64"):
    (folder / "mine.c").write_text(text)
    subprocess.run(["gcc", width, "-std=c11", "-O0", "-w", "-ffreestanding", "-fno-pie", "-iquote", PLACE, "-c", "-o", folder / "mine.o",
                    folder / "mine.c"], check=True)
    subprocess.run(["objcopy", "--rename-section", ".text=learner_code", folder / "mine.o"], check=True)
    subprocess.run(["gcc", width, "-no-pie", "-o", folder / "mine", folder / "mine.o", *checks[width]], check=True)
    return folder / "mine"


def report_of(text, step, folder, checks, width="-m64"):
    return subprocess.run([program_of(text, folder, checks, width), str(step)], capture_output=True, text=True,
                          timeout=HANG_SECONDS, check=False).stdout


def asked(*arguments):
    """The diagnosis; None when all is well."""
    said = report_of(*arguments)
    return None if said.endswith("passed\n") else re.search(r"^diagnosis (\S+)$", said, re.M)[1]


@pytest.mark.slow
@pytest.mark.parametrize("step", ALL)
def test_with_addresses_of_32_bits_the_diagnoses_are_the_same(step, checks, tmp_path):
    assert asked(solution(step, TRACK), step, tmp_path, checks, "-m32") is None
    told = {name: asked(code, step, tmp_path, checks, "-m32") for name, code in wrong_answers(step, TRACK)}
    assert {name: other for name, other in told.items() if other != name} == {}


def instructions_of(program, function):
    text = subprocess.run(["objdump", "-d", f"--disassemble={function}", program], capture_output=True, text=True, check=True).stdout
    return len(re.findall(r"^ +[0-9a-f]+:\t", text, re.M)) - len(re.findall(r"^ +[0-9a-f]+:\t(?:[0-9a-f]{2} )+\s*$", text, re.M))


@pytest.mark.parametrize("width", ["-m64", "-m32"])
def test_an_interrupt_comes_in_front_of_each_instruction(width, checks, tmp_path):
    """my_read has no branch, so there are as many as the disassembler counts; what it calls is not the learner's."""
    said = report_of(solution(1, TRACK), 1, tmp_path, checks, width)
    tried = list(map(int, re.findall(r"^swept (\d+)$", said, re.M)))
    assert len(tried) == 3 and tried[-1] == instructions_of(tmp_path / "mine", "my_read") > 10


WRONG = dict(wrong_answers(1, TRACK))
BARE = WRONG["update-lost"]

# The same mistake in other clothes, and right answers that are not ours: what it is | the step | the text | the diagnosis.
OTHERS = {
    "volatile": (1, BARE.replace("c->low++;\n    if (c->low == 0)", """volatile uint32_t *low = &c->low;

    (*low)++;
    if (*low == 0)"""), "update-lost"),
    "looks again": (1, WRONG["read-torn"].replace("    return (uint64_t)c->high << 32 | c->low;\n", """    uint32_t high, low;

    do {
        high = c->high;
        low = c->low;
    } while (high != c->high);
    return (uint64_t)high << 32 | low;
"""), None),
    "adds, but right": (2, solution(2, TRACK).replace("r->put - r->taken == MY_SLOTS", "r->put == r->taken + MY_SLOTS"), None),
    "not sorted": (3, solution(3, TRACK).replace("(*at != NULL && !is_before(timer->due, (*at)->due))", "(*at != NULL)").replace(
        """    while (t->first != NULL && !is_before(t->now, t->first->due)) {
        struct my_timer *timer = t->first;
        t->first = timer->next;
""", """    for (;;) {
        struct my_timer *timer = t->first;
        while (timer != NULL && timer->due != t->now)
            timer = timer->next;
        if (timer == NULL)
            return;
        my_timer_cancel(t, timer);
"""), None),
    "rounds first": (4, solution(4, TRACK).replace("    if (size > (size_t)(b->heap_end - block))\n", """    size_t rounded = (size + 15) & ~(size_t)15;

    if (rounded < size || rounded > (size_t)(b->heap_end - block))
"""), None),
    "a breakpoint": (1, solution(1, TRACK).replace("    c->low++;\n", '    __asm__ volatile("int3");\n    c->low++;\n'), "crash-abort"),
    "near NULL": (1, solution(1, TRACK).replace("    c->low++;\n", "    *(volatile int *)8 = 1;\n    c->low++;\n"), "crash-null"),
    "waits for the prompt": (1, BARE.replace("    c->low++;\n", """    static volatile int busy;

    while (busy)
        ;
    busy = 1;
    c->low++;
    busy = 0;
"""), "crash-loop"),
}


@pytest.mark.parametrize("name", [name if OTHERS[name][2] is None else slowly(name) for name in OTHERS])
def test_what_others_may_write(name, checks, tmp_path):
    step, text, wanted = OTHERS[name]
    assert text not in (solution(step, TRACK), BARE, WRONG["read-torn"])
    assert asked(text, step, tmp_path, checks) == wanted


CHANGES = [(" <= ", " < "), (" >= ", " > "), (" < ", " <= "), (" > ", " >= "), ("==", "!="), ("!=", "=="), ("&&", "||"), (r"\|\|", "&&"),
           (r" \+ ", " - "), (" - ", " + "), (" << 32", " << 31"), (r"\+\+", "--"), ("true", "false"), ("false", "true"),
           ("MY_OTHERS", "MY_NOT_LIVE"), ("MY_NOT_LIVE", "MY_OTHERS"), ("h->handler", "h->prompt"),
           (r"^    +(?! |return|const|struct|size_t|bool|unsigned|enum|uint64_t)[^{}]*;", "    ;")]


def mutants():
    lines = solution(LAST, TRACK).split("\n")
    for number, line in enumerate(lines):
        code = "" if re.match(r"\s*(#|\*|/\*)", line) else re.sub(r"/\*.*?\*/", lambda comment: " " * len(comment[0]), line)
        for pattern, other in CHANGES:
            for found in re.finditer(pattern, code):
                changed_line = line[:found.start()] + other + line[found.end():]
                yield f"{number + 1}: {line.strip()} => {changed_line.strip()}", "\n".join([*lines[:number], changed_line, *lines[number + 1:]])


@pytest.mark.slow
def test_the_checks_find_each_mutant(checks, tmp_path, record_property):
    """Mistakes that nobody thought of: one sign, word or statement changed."""
    told = []
    for name, text in mutants():
        try:
            told.append((name, asked(text, LAST, tmp_path, checks)))
        except subprocess.CalledProcessError:
            pass  # no C any more
    record_property("figure", f"learn: {len(told)} mutants of what interrupts meet, each found by the checks")
    assert len(told) > 50 and not [name for name, diagnosed in told if diagnosed is None]


@pytest.mark.parametrize("text,wanted", [(solution(1, TRACK), None), (WRONG["carry-early"], "carry-early")])
def test_where_nothing_can_be_stepped_through_it_is_told(text, wanted, checks, tmp_path):
    """As on a machine without such a flag: with a section of another name no instruction is the learner's."""
    program_of(text, tmp_path, checks)
    subprocess.run(["gcc", "-O0", "-w", "-ffreestanding", "-fno-pie", "-iquote", PLACE, "-no-pie", "-o", tmp_path / "mine",
                    tmp_path / "mine.c", *checks["-m64"]], check=True)
    said = subprocess.run([tmp_path / "mine", "1"], capture_output=True, text=True, timeout=HANG_SECONDS, check=False).stdout
    assert said.endswith("passed\n" if wanted is None else f"diagnosis {wanted}\nend\n")
    assert ("left-out stepping" in said) == (wanted is None) and "swept" not in said


# ---- What is told of it ----

def told_of(name, tmp_path, step=1):
    return on_track(tmp_path).try_out(dict(wrong_answers(step, TRACK))[name], step)[1]


def test_the_instruction_and_the_line_are_told(tmp_path):
    said = " ".join(told_of("update-lost", tmp_path).split())
    line = int(re.search(r"The interrupt came in front of instruction \d+ of the call, in my_count\(\), line (\d+):", said)[1])
    code = (tmp_path / "my_interrupts.c").read_text().split("\n")[line - 1].strip()
    assert f"{line} | {code}" in said and code == "c->low++;"
    assert "my_count(&c) handler: my_read(&c) -> 3 handler: my_count(&c)" in said


def test_one_that_waited_is_told_so(tmp_path):
    said = " ".join(told_of("seen-half-done", tmp_path).split())
    line = re.search(r"instruction \d+ of the call, waited, and came in as soon as interrupts were on again, in my_count\(\), line (\d+):", said)[1]
    assert f"{line} | interrupts_restore(before);" in said


def test_what_is_missing_is_not_the_learner_s_fault(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("gcc", "make", "ld", "as", "sh", "cksum", "find", "awk", "mkdir", "mv", "rm", "id", "cmp", "echo", "touch", "tail", "cat"):
        (tools / name).symlink_to(shutil.which(name))
    learner = on_track(tmp_path / "home")
    learner.env["PATH"] = str(tools)
    status, said = learner.try_out(solution(1, TRACK), 1)
    assert status == 3 and "objcopy is not there" in said, said


# ---- In a terminal ----

def test_each_save_is_checked(tmp_path):
    learner = on_track(tmp_path)
    child = in_terminal(200, 60, ROOT / "minios", "learn", TRACK, encoding="utf-8", cwd=ROOT, env=dict(learner.env, TERM="xterm"))
    child.expect(r"Save my_interrupts\.c and I look at it\.")
    learner.write(WRONG["update-lost"])
    child.expect(r"came in front of\s+instruction \d+")
    child.expect("update-lost")
    learner.write(solution(1, TRACK))
    child.expect("Step 1 is done")
    child.expect("A ring between two hands")
    child.expect(r"Save my_interrupts\.c and I look at it\.")
    child.send("q")
    child.expect(r"What you have done is\s+kept.")
    child.close()
