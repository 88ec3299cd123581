# SPDX-License-Identifier: MIT
#
# ./minios learn as a learner meets it: all steps in a row, the commands, what is kept, and what a wild heap may do.

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from kernel import COMPILERS, HANG_SECONDS, MACHINES, NO_START, PANIC, QUICK_ON_HOST, ROOT, first_of_each, slowly
from learn import (BOSS, EXERCISES, FAILED, LANGUAGES, MISUSED, PASSED, STEPS, Learner, diagnosis, learner,  # noqa: F401
                   second_step_done, solution)

TEMPLATE = (EXERCISES / "template.c").read_text(encoding="utf-8")


# ---- All steps in a row ----

I_KNOW = {"en": "I know where my kernel gets memory from.", "bn": "\u0986\u09ae\u09bf \u099c\u09be\u09a8\u09bf"}
STEP = r"^(Step|\u09a7\u09be\u09aa) {}: "


@pytest.mark.slow
@pytest.mark.parametrize("compiler,language", zip(COMPILERS, ["en", "bn"]))
def test_the_solutions_pass_all_steps_up_to_theirs(compiler, language, tmp_path):
    """And at the end the last one passes each step by itself."""
    learner = Learner(tmp_path, compiler, language)
    for step in range(1, BOSS + 1):
        status, said = learner.try_out(solution(step))
        assert status == PASSED and re.search(STEP.format(step), said, re.M), said
        assert learner.ticks() == list(range(1, step + 1))
        assert said.count("  [x] ") == 3, f"checked, booted as a process, booted in QEMU:\n{said}"
    assert I_KNOW[language] in said
    assert "faults/E01.md" in said, "what to read next"
    status, said = learner.learn()
    assert status == PASSED and "faults/E01.md" in said
    for step in (1, 5, 6, BOSS):
        assert learner.learn("check", step)[0] == PASSED


@pytest.mark.slow
def test_a_passed_step_is_asked_by_the_rules_of_today(learner):
    """While step 6 is written, blocks have a tag already."""
    assert learner.try_out(solution(5), 5)[0] == PASSED
    assert learner.try_out(solution(6), 3)[0] == PASSED
    assert learner.try_out(solution(5), 3)[0] == PASSED
    status, said = learner.try_out(solution(6).replace("& (align - 1);", "& 15;"), 3)
    assert status == FAILED and diagnosis(said), said


def test_a_step_that_was_broken_again_is_named(learner):
    status, said = learner.try_out(solution(3).replace("h->free_memory_pointer = h->heap_start;", ""), 3)
    assert status == FAILED and "init-broken" in said, said
    status, said = learner.try_out(solution(5).replace("h == NULL || ", ""), 5)
    assert "step 1, which you had passed, does not hold any more" in said and diagnosis(said) == "null-handle", said


# ---- The commands ----

@pytest.mark.slow
def test_the_first_time_a_file_is_made_and_told(tmp_path):
    learner = Learner(tmp_path)
    status, said = learner.run(ROOT / "minios", "learn")  # here nobody types, so it checks once
    assert status == FAILED and re.search(r"my_heap\.c\s+is\s+made", said) and "init-unwritten" in said, said
    assert learner.file.read_text() == TEMPLATE
    assert "the first time takes a moment" in learner.try_out(solution(1))[1]
    assert "made" not in learner.learn("list")[1]


def test_list_shows_ticks_and_where_one_is(learner):
    status, said = learner.learn("list")
    assert status == PASSED and "2 of 11 done" in said and "[##.........]" in said
    assert re.findall(r"\[(.)\] +(\d+)  \w", said) == [("x", "1"), ("x", "2"), (">", "3")] + [(" ", str(n)) for n in range(4, 12)]


def test_text_of_each_step(learner):
    for step in range(1, BOSS + 1):
        status, said = learner.learn("text", step)
        title = (STEPS[step - 1] / "text.en.md").read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        assert status == PASSED and title in said and "In the book: section 4." in said
    assert learner.learn("text")[1] == learner.learn("text", 3)[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_that_a_step_names_is_in_the_book(language, second_step_done):  # noqa: F811
    for step in range(1, BOSS + 1):
        said = Learner(second_step_done, language=language).learn("text", step)[1].splitlines()[-3:]
        section, page = re.search(r"4\.\d+", "".join(said))[0], re.search(r"docs/[\w/.-]+\.md", "".join(said))[0]
        assert f"{{#{section.replace('.', '-')}}}" in (ROOT / page).read_text(encoding="utf-8")


def test_hints_come_one_after_the_other(learner):
    told = [learner.learn("hint")[1] for _ in range(4)]
    assert [re.search(r"Step 3, hint (\d) of 3", hint)[1] for hint in told] == ["1", "2", "3", "3"]
    assert "learn hint 3" in told[0] and "solution 3 anyway" in told[2]
    assert "Step 9, hint 1 of 3" in learner.learn("hint", 9)[1]


def test_a_solution_is_shown_after_its_step_or_when_insisted_on(learner):
    assert learner.learn("solution", 2) == (PASSED, solution(2))
    status, said = learner.learn("solution", 3)
    assert status == FAILED and "solution 3 anyway" in said and "padding" not in said
    assert learner.learn("solution", 3, "anyway") == (PASSED, solution(3))


def test_reset_gives_the_beginning_of_a_step_and_keeps_what_was_written(learner):
    learner.write("int mine;\n")
    for step, before in ((3, solution(2)), (2, solution(2)), (1, TEMPLATE)):
        status, said = learner.learn("reset", step)
        assert status == PASSED and learner.file.read_text() == before
        assert learner.ticks() == list(range(1, step))
    kept = re.search(r"What you had written is in (\S+)", said)[1]
    assert (ROOT / kept).read_text() == solution(2)
    written = [path.read_text() for path in sorted((learner.home / ".learn").glob("before-reset-*.c"))]
    assert written == ["int mine;\n", solution(2), solution(2)]


def test_a_step_that_has_not_begun_is_not_reset(learner):
    status, said = learner.learn("reset", 9)
    assert status == FAILED and "Nothing was changed" in said
    assert learner.file.read_text() == solution(2) and learner.ticks() == [1, 2]


def test_the_language_is_kept(learner):
    assert learner.learn("lang") == (PASSED, "en\n")
    assert learner.learn("lang", "bn")[0] == PASSED
    for command in ("list", "text", "hint", "check"):
        assert re.search(r"[\u0980-\u09ff]{3}", learner.learn(command)[1]), command
    assert learner.learn("lang", "en") == (PASSED, "From now on in English.\n")
    assert not re.search(r"[\u0980-\u09ff]", learner.learn("list")[1])
    assert learner.learn("lang", "fr")[0] == MISUSED
    assert Learner(learner.home, language="bn").learn("list")[1].isascii(), "what was chosen counts more than the system's"


def test_the_system_s_language_counts_at_first(tmp_path):
    for language in LANGUAGES:
        assert Learner(tmp_path, language=language).learn("lang")[1].splitlines()[-1] == language


@pytest.mark.parametrize("arguments", [["chekc"], ["list", "3"], ["check", "0"], ["check", "12"], ["hint", "x"],
                                       ["text", "-1"], ["solution", "1", "2", "3"], ["check", "\u00b2"], ["run", "my"]])
def test_misuse_is_told(arguments, learner):
    status, said = learner.learn(*arguments)
    assert status == MISUSED and ("there is no such command" in said or "is no step" in said), said


def test_help_names_each_command(learner):
    status, said = learner.learn("help")
    assert status == PASSED
    for command in ("check", "text", "hint", "solution", "reset", "list", "lang"):
        assert f"./minios learn {command}" in said


# ---- What is seen ----

def columns(line):
    sys.path.append(str(EXERCISES / "learn"))
    from screen import width_of
    return width_of(line)


@pytest.mark.parametrize("language", ["bn", slowly("en")])
def test_everything_fits_80_columns_without_colour(language, second_step_done):
    learner = Learner(second_step_done, language=language)
    commands = ["list", "help", "check", "hint 1", "solution 7", "reset 9", "nonsense"]
    told = [learner.learn(*command.split())[1] for command in commands]
    told += [learner.learn("text", step)[1] for step in range(1, BOSS + 1)]
    for text in told:
        assert "\033" not in text
        for line in text.splitlines():
            assert columns(line.replace(str(learner.file), "exercises/my_heap.c")) <= 80, line


# ---- What is kept ----

@pytest.mark.slow
@pytest.mark.parametrize("step", [6, BOSS])
def test_a_heap_that_comes_from_elsewhere_is_taken_as_far_as_it_is(step, tmp_path):
    """Its blocks are larger than step 2 asks for; that is no mistake."""
    status, said = Learner(tmp_path).try_out(solution(step))
    assert status == PASSED and f"it passes step {step} and all before it" in said, said
    assert f"Step {step} is done" in said and Learner(tmp_path).ticks() == list(range(1, step + 1))


@pytest.mark.slow
def test_a_heap_from_elsewhere_is_found_out_later_too(learner):
    assert "passes step 7 and all before it" in learner.try_out(solution(7))[1]
    assert learner.ticks() == list(range(1, 8))


def test_a_heap_that_was_deleted_comes_back(learner):
    learner.file.unlink()
    status, said = learner.learn("list")
    assert status == PASSED and "as it was when you passed step 2" in said
    assert learner.file.read_text() == solution(2)


@pytest.mark.parametrize("written", ["", "{", "[]", "null", "7", '{"hints": 7, "language": "en"}',
                                     '{"hints": {"1": "x"}, "language": []}', '{"hints": {}, "language": []}'])
def test_a_spoilt_progress_file_costs_nothing(written, learner):
    (learner.home / ".learn" / "progress.json").write_text(written)
    assert learner.ticks() == [1, 2]
    assert learner.learn("hint")[0] == PASSED


@pytest.mark.slow
def test_progress_survives_a_kill_at_any_moment(learner):
    """Nine times between the start and the end of a check that would pass; what was passed before stays passed."""
    learner.write(solution(4))
    for tenths in (0, 1, 2, 3, 4, 6, 8, 11, 15):
        process = subprocess.Popen([sys.executable, "exercises/learn", "check", "4"], cwd=ROOT, env=learner.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(tenths / 10)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert learner.ticks() in ([1, 2], [1, 2, 3], [1, 2, 3, 4])
        assert learner.file.read_text() == solution(4)
    status, said = learner.learn("check", 4)
    assert status == PASSED and learner.ticks() == [1, 2, 3, 4], said


@pytest.mark.slow
def test_progress_is_replaced_as_a_whole(learner):
    """Killed while it is written: the half of it lies beside, and is never read."""
    (learner.home / ".learn" / "progress.json.99.new").write_text('{"hints": {"3": 1')
    (learner.home / ".learn" / "passed-03.c.99.new").write_text("int half")
    assert learner.ticks() == [1, 2]
    assert learner.try_out(solution(3))[0] == PASSED
    assert learner.ticks() == [1, 2, 3]


@pytest.mark.slow
def test_each_byte_is_kept(learner):
    """Also of a comment that is no UTF-8."""
    written = solution(3).encode() + b"/* caf\xe9 */\n"
    learner.file.write_bytes(written)
    assert learner.learn("check", "3")[0] == PASSED
    assert learner.learn("reset", "3")[0] == PASSED
    kept = learner.home / ".learn"
    assert (kept / "before-reset-1.c").read_bytes() == written
    learner.file.write_bytes(written)
    assert learner.learn("check", "3")[0] == PASSED
    assert (kept / "passed-03.c").read_bytes() == written
    learner.file.unlink()
    assert learner.learn("list")[0] == PASSED and learner.file.read_bytes() == written


@pytest.mark.slow
def test_half_a_file_of_a_build_that_was_killed_does_not_stay(learner):
    for half in ("host-gcc-my/kernel/base/print.c.o", "i386-gcc-my/symbols.c", "host-gcc-my/minios.elf.new"):
        path = learner.home / "build" / half
        path.write_bytes(path.read_bytes()[:1000] if path.exists() else b"\x7fELF")
    status, said = learner.try_out(solution(3))
    assert status == PASSED, said


@pytest.mark.slow
@pytest.mark.parametrize("age", [pytest.param(0, marks=pytest.mark.slow), 2 * 24 * 3600])
def test_the_heap_that_is_checked_is_the_heap_that_boots(age, learner):
    """Also one that comes back with its old time, from cp -p, mv, tar or rsync."""
    for step, status in ((3, PASSED), (2, FAILED), (3, PASSED)):
        learner.write(solution(step))
        os.utime(learner.file, (time.time() - age,) * 2)
        assert learner.learn("check", 3)[0] == status
        said = learner.run(ROOT / "minios", "run", "my", "host", "script=alloc 13; alloc 13")[1]
        assert bool(re.search(r"moved up by 16 ", said)) == (step == 3), said


@pytest.mark.slow
def test_two_terminals_at_once(learner):
    learner.write(solution(3))
    both = [subprocess.Popen([sys.executable, "exercises/learn", "check", "3"], cwd=ROOT, env=learner.env,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    for process in both:
        said = process.communicate(timeout=HANG_SECONDS)[0]
        assert process.returncode == PASSED, said.decode()


# ---- Contained ----

MOVE = "    h->free_memory_pointer = h->heap_start;\n"
ALLOC = "void *my_alloc(struct my_heap *h, size_t size)\n{\n"

# The likely mistake | the step | what stands there | what the learner wrote | what is said besides | in which function
WILD = [
    ("crash-loop", 2, ALLOC, ALLOC + "    while (size > 0)\n        size |= 1;\n", "did not come back", "my_alloc"),
    ("crash-stack", 3, ALLOC, ALLOC + "    if (size)\n        return my_alloc(h, size);\n", "used up the whole stack",
     "my_alloc"),
    ("crash-null", 2, ALLOC, ALLOC + "    *(volatile char *)0 = 1;\n", "near NULL", "my_alloc"),
    ("crash-wild", 1, MOVE, MOVE + "    *(char *)0x123456789000 = 1;\n", "nobody gave it", "my_init"),
    ("crash-wild", 1, MOVE, MOVE + "    h->heap_end[(size_t)1 << 60] = 1;\n", "nobody gave it", "my_init"),
    ("crash-wild", 2, ALLOC, ALLOC + "    h->heap_end[4000000] = 1;\n", "nobody gave it", "my_alloc"),
    ("crash-division", 2, ALLOC, ALLOC + "    size /= (size_t)(h->free_memory_pointer - h->heap_start);\n", "divided by zero",
     "my_alloc"),
    ("crash-abort", 2, ALLOC, ALLOC + "    __builtin_trap();\n", "ended the program itself", "my_alloc"),
    ("crash-abort", 2, ALLOC, "_Noreturn void exit(int);\n" + ALLOC + "    exit(0);\n", "ended the program itself", "my_alloc"),
    ("crash-unknown", 2, ALLOC, "_Noreturn void _exit(int);\n" + ALLOC + "    _exit(0);\n", "      -\n", None),
    ("wrote-outside", 1, MOVE, MOVE + "    h->heap_start[-100] = 1;\n", "memory - 100", None),
    ("wrote-into-block", 5, "    size_t left = ", "    h->heap_start[3] = 0;\n    size_t left = ", "belongs to block A", None),
]


@pytest.mark.slow
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name,step,right,written,besides,function", first_of_each(WILD),
                         ids=[f"{n}-{row[0]}" for n, row in enumerate(WILD)])
def test_a_wild_heap_is_contained_and_named(name, step, right, written, besides, function, compiler, tmp_path):
    assert solution(step).count(right) == 1
    text = solution(step).replace(right, written)
    before = os.times().children_user
    status, said = Learner(tmp_path, compiler).try_out(text, step)
    assert os.times().children_user - before < 40, "seconds of the processor"
    assert status == FAILED and diagnosis(said) == name and besides in said, said
    assert name == "crash-unknown" or re.search(rf"^      (\w = )?{function or 'my_'}", said, re.M), "the call is named"
    if function:
        number = int(re.search(rf"In {function}\(\), line (\d+) of my_heap\.c:", said)[1])
        line = text.splitlines()[number - 1]
        assert line.strip() and line not in solution(step).splitlines(), line
        assert f"{number:4} | {line.strip()}" in said


WALK = "        boundary = b.payload;\n"
ANYWAY = "    size_t left = (size_t)(h->heap_end - h->free_memory_pointer);\n"

# The step | what stands there | what the learner wrote | the function with the loop | the line in which it begins
LOOPS = [
    (8, WALK, "        boundary = boundary;\n", "why_not", "while (my_block_below(h, boundary, &b)) {"),
    (8, ANYWAY, ANYWAY + "    for (size_t i = 0; i < 8; i = rounded(i)) {\n        if (i == 4)\n            size--;\n    }\n",
     "my_alloc_aligned", "for (size_t i = 0; i < 8; i = rounded(i)) {"),
]


@pytest.mark.slow
@pytest.mark.parametrize("step,right,written,function,begins", LOOPS,
                         ids=["walk", "sizes"])
def test_an_endless_loop_is_named_and_not_what_it_calls(step, right, written, function, begins, tmp_path):
    assert solution(step).count(right) == 1
    status, said = Learner(tmp_path).try_out(solution(step).replace(right, written), step)
    assert status == FAILED and diagnosis(said) == "crash-loop", said
    assert f"In {function}(), line " in said and f" | {begins}\n" in said, said


def test_what_the_learner_prints_is_shown(tmp_path):
    status, said = Learner(tmp_path).try_out(solution(2).replace(ALLOC, ALLOC + '    kprintf("asked for %zu\\n", size);\n')
                                             .replace("h->free_memory_pointer += size;", ";"), 2)
    assert status == FAILED and "Your kprintf said:\n      asked for 32\n" in said, said


# ---- The kernel on the learner's heap ----

ONLY_I386 = "    if (sizeof(void *) == 4)\n"


@pytest.mark.slow
def test_a_heap_that_is_right_here_and_wrong_in_the_kernel(learner):
    status, said = learner.try_out(solution(3).replace(ALLOC, ALLOC + ONLY_I386 + "        return NULL;\n"))
    assert status == FAILED and "the kernel on your heap (i386) did not do this" in said, said
    assert "minios> alloc 13" in said and "What should have come out" in said and "./minios run my" in said
    assert learner.ticks() == [1, 2]
    expected, came = re.search(r"What should have come out:\n +(.*)\n.*What came instead:\n +(.*)\n", said).groups()
    assert re.fullmatch(r"#1 at 0x[0-9a-f]{8};", expected) and re.match(r"#1 at 0x", came) and not came.startswith(expected)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bug_of_the_lab_that_is_not_noticed_is_told_in_words(language, learner):
    learner = Learner(learner.home, language=language)
    right = "        return OVERFLOW;\n    if (tag->seal"
    written = "        return sizeof(void *) == 4 ? DAMAGED : OVERFLOW;\n    if (tag->seal"  # right in the checks, of 64 bits
    assert solution(BOSS).count(right) == 1
    status, said = learner.try_out(solution(BOSS).replace(right, written), BOSS)
    assert status == FAILED, said
    expected, came = re.findall(r"^      overflow(?:-\w+)? .*$", said, re.M)[-2:]
    assert expected.split() == ["overflow-exact", "...", "E07"] and re.search(r"overflow-exact .*E08", came), said
    words = (EXERCISES / "words" / f"bugs.{language}.txt").read_text(encoding="utf-8")
    told = re.search(r"\[bug\.overflow-exact\]\n(.*)", words)[1]
    assert " ".join(told.split()) in " ".join(said.split()), said


@pytest.mark.slow
def test_a_heap_that_does_not_come_back_in_the_kernel(learner):
    status, said = learner.try_out(solution(3).replace(ALLOC, ALLOC + ONLY_I386 + "        for (;;)\n            size++;\n"))
    assert status == FAILED and "did not come back: it was stopped after" in said, said


@pytest.mark.slow
@pytest.mark.parametrize("written,wanted", [
    ("void panic(const char *why)\n{\n}\n\n" + ALLOC, r"multiple definition of panic\(\).*Write static in front of it"),
    ("int puts(const char *);\n\n" + ALLOC + ONLY_I386 + "        puts(\"\");\n", r"undefined reference to puts\(\).*no C library"),
])
def test_a_heap_that_no_kernel_can_be_made_of(written, wanted, learner):
    status, said = learner.try_out(solution(3).replace(ALLOC, written))
    assert status == FAILED and "can be made of your heap" in said and re.search(wanted, " ".join(said.split())), said


@pytest.mark.slow
def test_without_qemu_the_host_machine_is_enough(learner, tmp_path):
    for folder in ("/usr/bin", "/bin"):
        for program in pathlib.Path(folder).iterdir():
            if not program.name.startswith("qemu") and not (tmp_path / program.name).is_symlink():
                (tmp_path / program.name).symlink_to(program)
    learner.env["PATH"] = str(tmp_path)
    status, said = learner.try_out(solution(3))
    assert status == PASSED and "QEMU is not here" in said and learner.ticks() == [1, 2, 3], said


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_run_my_boots_on_the_learner_s_heap(machine, learner):
    learner.write(solution(BOSS))
    typed = "alloc 100\nalloc 13\nmap\nblocks\nstats\nfree #1\nbug overflow\nbug levels\nfree all\nhalt\n"
    status, said = learner.run(ROOT / "minios", "run", "my", machine, typed=typed)
    assert status == PASSED, said
    tag = 32 if machine == "host" else 16
    wanted = [rf"free_memory_pointer moved up by {112 + tag} ", r"#1: 100", r"#2 .* cmd_alloc\+0x", r"blocks +2 live", "E04 free out of order",
              "E07 overflow: ", r"double-free .*E05 at once", "the heap is empty"]
    assert re.search(".*".join(wanted), said, re.S), said


def test_run_my_takes_the_heap_as_far_as_it_is(learner):
    """The heap of step 2 knows no tag and no alignment; and its makers see just that."""
    typed = "alloc 100\nalloc 13\nmap\nblocks\nstats\nbug free-order\nhalt\n"
    status, said = learner.run(ROOT / "minios", "run", "my", "host", typed=typed)
    assert status in (PASSED, PANIC), said
    assert re.search(r"moved up by 100 .*moved up by 13 ", said, re.S), said


@pytest.mark.slow
def test_run_my_without_a_heap_yet_says_what_to_do(learner):
    learner.file.unlink()
    for machine in MACHINES:
        status, said = learner.run(ROOT / "minios", "run", "my", machine)
        assert status == NO_START and "my_init() in my_heap.c answered false" in said and "./minios learn" in said, said


@pytest.mark.slow
def test_run_my_names_the_function_in_which_it_crashes(learner):
    learner.write(solution(BOSS).replace(ALLOC, ALLOC + "    *(volatile char *)0 = 1;\n"))
    for machine in MACHINES:
        status, said = learner.run(ROOT / "minios", "run", "my", machine, typed="alloc 5\n")
        assert status == PANIC and re.search(r"PANIC.*\bmy_alloc\+0x", said, re.S), said
