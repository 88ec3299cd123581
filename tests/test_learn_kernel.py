# SPDX-License-Identifier: MIT
#
# The checks of the exercises inside the kernel, on a heap in its hole: the same reports as the process on Linux gives, and
# the prompt on that heap. A build of its own, so only in `./minios test all`.

import os
import re
import subprocess
import time

import pytest

from hole import KERNEL, boot, command, diagnosis, kernel, linked
from kernel import HANG_SECONDS, NO_START, OK, PANIC, SCRIPT_FAILED
from learn import BOSS, solution, wrong_answers
from test_learn_checks import narrow_objects, report_of  # noqa: F401  (the first is a fixture)
from test_learn_wrong import FRIENDLIEST, as_it_begins

pytestmark = pytest.mark.slow

# What is no mistake where an address has 32 bits: there these heaps are right. (step, diagnosis)
NO_MISTAKE = {(1, "address-cut-short"), (3, "address-cut-short"), (4, "size-cut-short"), (11, "seal-cut-short")}


def check(text, folder, level, *options):
    return boot(linked(text, folder).path, f"check={level}", *options)


def comparable(said):
    """Without the addresses of code, which differ from program to program, and those that no known place is near to."""
    said = re.sub(r"^(?:frame|loop) .*\n|^end\n", "", said, flags=re.M)
    return re.sub(r"0x[0-9a-f]{5,8}\b", "0x...", said)


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_each_solution_passes_its_step_and_all_before(step, tmp_path):
    status, said = check(solution(step), tmp_path, step)
    assert diagnosis(said) is None and status == OK
    assert said.startswith(f"step {step}\n") and re.findall(r"^step (\d+)$", said, re.M)[1:] == [*map(str, range(1, step))]


def test_one_step_can_be_asked_for_by_the_rules_of_another(tmp_path):
    said = check(solution(6), tmp_path, "6.3")[1]
    assert re.findall(r"^step (\d+)$", said, re.M) == ["3"] and said.endswith("passed\nend\n")


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_as_shipped_a_step_fails_with_the_friendliest_message(step, tmp_path):
    status, said = check(as_it_begins(step), tmp_path, step)
    assert diagnosis(said) == FRIENDLIEST[step - 1] and status == SCRIPT_FAILED


CASES = [(step, name, code) for step in range(1, BOSS + 1) for name, code in wrong_answers(step)]


@pytest.mark.parametrize("step,name,code", CASES)
def test_a_wrong_answer_gets_the_report_that_it_gets_as_a_process(step, name, code, tmp_path, narrow_objects):  # noqa: F811
    said = check(code, tmp_path, step)[1]
    assert diagnosis(said) == (None if (step, name) in NO_MISTAKE else name)
    assert comparable(said) == comparable(report_of(code, step, tmp_path, narrow_objects, "-m32"))


# ---- What the processor refuses ----

ROUNDED = "static size_t rounded(size_t size)\n{\n"
CRASHES = [
    ("crash-division", "    volatile int zero = 0;\n    size /= zero;\n"),
    ("crash-null", "    *(volatile char *)8 = 0;\n"),
    ("crash-wild", "    *(volatile int *)0x7000000 = 0;\n"),
    ("crash-wild", "    __asm__ volatile(\"hlt\");\n"),
    ("crash-abort", "    __builtin_trap();\n"),
    ("crash-stack", "    volatile char much[1000];\n    much[0] = 1;\n    return rounded(size + much[0]) + much[0];\n"),
]


@pytest.mark.parametrize("name,crash", CRASHES)
def test_a_crash_is_told_as_in_a_process(name, crash, tmp_path, narrow_objects):  # noqa: F811
    text = solution(6).replace(ROUNDED, ROUNDED + crash)
    hole = linked(text, tmp_path)
    status, said = boot(hole.path, "check=6")
    assert status == SCRIPT_FAILED and f"\ncrash {name}\n" in said and diagnosis(said) == name
    assert comparable(said) == comparable(report_of(text, 6, tmp_path, narrow_objects, "-m32"))
    told = [int(place, 16) for place in re.findall(r"^(?:pc|frame) (0x[0-9a-f]+)$", said, re.M)]
    functions = [hole.function_at(place) for place in told]
    assert functions[0] == "rounded" and ("my_alloc_aligned" in functions or name == "crash-stack")


WIDE = """    volatile long long minus = -7000000000, seven = 7;
    volatile unsigned long long much = 7000000000;
    volatile int two = 2;
    if (minus / seven != -1000000000 || minus % 3 != -1 || minus / -seven != 1000000000 || minus >> two != -1750000000 ||
        minus >> (32 + two) != -1 || much / seven != 1000000000 || much % 4 != 0 || much << two >> two != much)
        return 0;
"""


def test_numbers_with_a_point_can_be_reckoned_with(tmp_path):
    text = solution(6).replace(ROUNDED, f"{ROUNDED}    volatile double half = 0.5;\n    if (half * 3 != 1.5)\n        return 0;\n")
    assert diagnosis(check(text, tmp_path, 6)[1]) is None


def test_numbers_of_64_bits_can_be_reckoned_with(tmp_path):
    assert diagnosis(check(solution(6).replace(ROUNDED, ROUNDED + WIDE), tmp_path, 6)[1]) is None


@pytest.mark.parametrize("where", ["hole_code", "_kernel_start", "hole_of_my_init", "hole_symbols"])
def test_nobody_writes_over_code_or_over_the_way_into_the_hole(where, tmp_path):
    hole = linked(solution(6).replace(ROUNDED, f"{ROUNDED}    extern char {where}[];\n    {where}[0] = 0;\n"), tmp_path)
    said = boot(hole.path, "check=6")[1]
    assert diagnosis(said) == "crash-wild" and f"\nwrote 0x{hole.names[where]:x}\n" in said


@pytest.mark.parametrize("kept", ["static int calls;", "static int calls = -70000;", "static const int first = 5;\nstatic const int *calls_at = &first;\n"
                                  "static int calls;"])
def test_a_heap_may_keep_words_of_its_own(kept, tmp_path):
    """No step asks for one, and the boss finds what two heaps share; but it is no crash."""
    text = solution(6).replace(ROUNDED, f"{kept}\n{ROUNDED}    calls++;\n")
    assert diagnosis(check(text, tmp_path, 6)[1]) is None


def test_an_empty_hole_that_is_checked_says_what_is_missing():
    kernel()
    status, said = boot(KERNEL, "check=2")
    assert status == NO_START and said.endswith("Next: link a my_heap.c into it.\n") and "crash" not in said


def test_a_report_that_is_stopped_itself_still_has_an_end(tmp_path, narrow_objects):  # noqa: F811
    lost = '    __asm__ volatile("mov $0x7000000, %esp\\n\\tmov %esp, %ebp\\n\\tpush %eax");\n'
    text = solution(6).replace(ROUNDED, ROUNDED + lost)
    status, said = check(text, tmp_path, 6)
    assert status == PANIC and said.endswith("\ncrash crash-stack\nend\n")
    assert comparable(said) == comparable(report_of(text, 6, tmp_path, narrow_objects, "-m32"))


# What is written | does the first check notice it? Only the byte at the room's lower end belongs to nobody in particular.
@pytest.mark.parametrize("place,noticed", [
    ("size", True), ("size + 4095", True), ("size + (9 << 20)", True), ("-1", True),
    ("(long)size - (8 << 20) - 1", True), ("(long)size - (8 << 20)", False)])
def test_the_walls_around_the_memory_stand_where_those_of_a_process_do(place, noticed, tmp_path, narrow_objects):  # noqa: F811
    text = solution(1).replace("h->heap_start =", f"((volatile char *)memory)[{place}] = 1;\n    h->heap_start =")
    said = check(text, tmp_path, 1)[1]
    assert comparable(said) == comparable(report_of(text, 1, tmp_path, narrow_objects, "-m32"))
    assert ("\nok even\n" in said) != noticed and diagnosis(said) is not None


# ---- Loops ----

# Over three addresses, with a call: which of the two functions does not return?
LOOP = """    if (tag->gap > room || tag->size > room - tag->gap)
        for (volatile int x = 0; x < 1;)
            rounded(7);
"""
FOLLOWED = "    if (tag->gap > room || tag->size > room - tag->gap) /* a damaged tag leads nowhere */\n        return false;\n"

# What the page does by its own means: some looks, and then the kernel is asked to tell.
LOOKS = """set $n = 0
while $n < 40
  if ($cs & 3) == 3
    set hole_looks[$n].pc = $eip
    set hole_looks[$n].stack = $esp
  else
    set hole_looks[$n].pc = *(unsigned *)((char *)&hole_kernel_stack_end - 20)
    set hole_looks[$n].stack = *(unsigned *)((char *)&hole_kernel_stack_end - 8)
  end
  set hole_looks[$n].frame = $ebp
  set $n = $n + 1
  stepi 3
end
set hole_look_count = $n
set $esp = (char *)&hole_stack_end
set $eip = hole_loop_found
detach
"""


def gdb(script, folder):
    """What it says. QEMU's socket has a name a moment before it answers, and may be gone before the last answer came."""
    (folder / "script").write_text(f"set confirm off\nset architecture i386\nset remotetimeout {HANG_SECONDS}\n"
                                   f"target remote {folder / 'gdb'}\n{script}")
    while True:
        done = subprocess.run(["gdb", "-nx", "-batch", "-x", folder / "script", KERNEL], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS)
        if "Connection refused" not in done.stdout:
            return done.stdout
        time.sleep(0.05)


def watched(path, folder, level, qemu=""):
    """The machine as a process, into which gdb can look."""
    env = dict(os.environ, QEMU_OPTIONS=f"-gdb unix:{folder / 'gdb'},server,nowait {qemu}")
    return subprocess.Popen(command(path, f"check={level}"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=env)


def told_of_loop(path, folder, level, before):
    """Lets the machine run until it said `before`, and a while longer."""
    with watched(path, folder, level) as machine:
        said = b""
        while not said.endswith(before.encode()):
            byte = machine.stdout.read(1)
            assert byte, said
            said += byte
        time.sleep(0.5)
        gdb(LOOKS, folder)
        return (said + machine.stdout.read()).decode()


@pytest.mark.parametrize("interrupts", ["", "    __asm__ volatile(\"cli\");\n"])
def test_a_loop_that_was_stopped_is_told_as_in_a_process(interrupts, tmp_path, narrow_objects):  # noqa: F811
    text = solution(BOSS).replace(FOLLOWED, interrupts.replace("    ", "    if (tag->gap > room)\n        ") + LOOP)
    hole = linked(text, tmp_path)
    said = told_of_loop(hole.path, tmp_path, f"{BOSS}.{BOSS}", "check damage\n")
    looks = [[int(number, 16) for number in look] for look in re.findall(r"^loop 0x([0-9a-f]+) ([0-9a-f]+)$", said, re.M)]
    assert len(looks) == 40 and [stack for _, stack in looks] == sorted((stack for _, stack in looks), reverse=True)
    assert hole.function_at(looks[0][0]) == "my_block_below" and {hole.function_at(pc) for pc, _ in looks} == {"my_block_below", "rounded"}
    assert diagnosis(said) == "damage-followed"
    assert comparable(said) == comparable(report_of(text.replace("cli", "nop"), BOSS, tmp_path, narrow_objects, "-m32"))


# ---- What it costs ----

MOST_OF_BOSS = 320  # millions of instructions: in a page 200 of them take a second
INSTRUCTIONS_A_TICK = 10  # millions, where an instruction counts as a nanosecond


def test_the_boss_is_over_soon(tmp_path, record_property):
    with watched(linked(solution(BOSS), tmp_path).path, tmp_path, f"{BOSS}.{BOSS}", "-S -icount shift=0,sleep=off") as machine:
        while not (tmp_path / "gdb").exists():
            assert machine.poll() is None, machine.stdout.read()
            time.sleep(0.05)
        told = gdb("break machine_stop\ncontinue\nprint status\nprint minios_description.ticks\ndetach\n", tmp_path)
        machine.communicate()
    status, ticks = map(int, re.findall(r"^\$\d = (\d+)$", told, re.M))
    record_property("figure", f"learn: the boss takes {ticks * INSTRUCTIONS_A_TICK} million instructions in the kernel")
    assert status == OK and 0 < ticks * INSTRUCTIONS_A_TICK <= MOST_OF_BOSS


# ---- What is asked for, and what is said ----

def test_what_the_heap_prints_is_marked_line_by_line(tmp_path, narrow_objects):  # noqa: F811
    text = solution(1).replace("    h->heap_start =", """    for (int i = 0; i < 30; i++)
        kprintf("%d of %s\\n\\n", i, "30");
    kprintf("%0400d", 7);
    h->heap_start =""")
    said = check(text, tmp_path, 1)[1]
    assert "\nsaid 0 of 30\nsaid 1 of 30\n" in said and len(re.findall("^said ", said, re.M)) == 40
    assert comparable(said) == comparable(report_of(text, 1, tmp_path, narrow_objects, "-m32"))


@pytest.mark.parametrize("asked", ["0", "3.4", "x", "12", "3.0", "3.", "", "3.1.", "99999999999"])
def test_a_check_that_there_is_not_is_refused_in_one_line(asked):
    kernel()
    status, said = boot(KERNEL, f"check={asked}")
    assert status == NO_START and said == (f"check={asked}: no such check.\n"
                                           f"Next: check=LEVEL or check=LEVEL.STEP, LEVEL from 1 to {BOSS}, STEP up to it.\n")


def test_pictures_are_as_wide_as_is_asked_for(tmp_path):
    said = check(as_it_begins(2), tmp_path, 2, "columns=40")[1]
    widths = [len(picture) for picture in re.findall(r"^picture (.*)$", said, re.M)]
    assert 30 < max(widths) <= 40


def test_a_machine_with_too_little_memory_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("RAM", "12M")
    status, said = check(solution(1), tmp_path, 1)
    assert status == NO_START and said.startswith("The checks need ") and "Next: " in said


# ---- The prompt on the heap in the hole ----

def test_it_boots_on_the_heap_in_the_hole(tmp_path):
    status, said = boot(linked(solution(BOSS), tmp_path).path, "on_fault=report", typed="alloc 100\nalloc 20\nfree #1\nfree #2\nblocks\nhalt\n")
    assert status == OK and "#1 at 0x" in said and "E04 free out of order" in said and "unknown option" not in said


def test_backtraces_know_the_functions_in_the_hole(tmp_path):
    text = solution(BOSS).replace(ROUNDED, f"{ROUNDED}    if (size == 77)\n        *(volatile int *)8 = 0;\n")
    status, said = boot(linked(text, tmp_path).path, typed="alloc 77\n")
    assert status == PANIC and re.search(r"\n    at rounded\+0x\w+\n    called from my_alloc_aligned\+0x", said), said


def test_what_the_heap_prints_at_the_prompt_is_not_marked(tmp_path):
    text = solution(BOSS).replace(ROUNDED, ROUNDED + '    kprintf("rounds %d\\n", (int)size);\n')
    assert "\nrounds 100\n" in boot(linked(text, tmp_path).path, typed="alloc 100\nhalt\n")[1]


def test_an_empty_hole_says_what_is_missing():
    kernel()
    status, said = boot(KERNEL)
    assert status == NO_START and said.endswith("Nothing in this kernel's hole answers my_init().\n"
                                                "Next: link a my_heap.c into it.\n")
