# SPDX-License-Identifier: MIT
#
# The bug lab as a whole: every bug leaves the heap as it found it, no bug without its mistake is refused, and the prompt
# survives ten thousand of them. What each bug shows stands in the transcripts.

import random
import re

import pytest

from kernel import MACHINES, OK, PANIC, QUICK_ON_HOST, ROOT, bug_rows, floor_of, run, slowly

BUILDS = ["gcc", "gcc-sanitize"]  # the plain and the instrumented kernel

BUGS = [name.replace("_", "-") for name in re.findall(r"^BUG\((\w+),", bug_rows(), re.M)]
LAB_BYTES = 1024
TAKE_TIME = ["forgotten-end", "long-handler", "interrupts-off"]  # some ticks of the clock each


CODES = [f"E{code:02}" for code in range(1, 10)] + ["I01", "I02", "I03"]


def test_every_bug_has_its_transcript():
    assert len(BUGS) >= 25
    for machine in MACHINES:
        assert {f"bug-{name}" for name in BUGS} <= {path.stem for path in (ROOT / "tests/transcripts" / machine).iterdir()}


def dumps(text):
    """Each dump of the session: the lines between a peek and the next prompt."""
    return re.findall(r"minios> peek [^\n]*\n(.*?)(?=minios> )", text, re.S)


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("bug", BUGS)
def test_the_heap_is_as_before_bit_for_bit(machine, bug, build):
    """The floor, two blocks, and all that the lab may touch above them; and the three words."""
    floor = floor_of(machine, build)
    look = f"peek {floor:#x} 2048\nmap\nblocks\n"
    text = run(machine, f"alloc 77\nfill #1 abc\nalloc 10 256\n{look}bug {bug}\n{look}check\nhalt\n", compiler=build)[1]
    before, after = dumps(text)
    assert before == after
    assert "no damage found" in text
    parts = text.split("minios> map\n")
    assert parts[1].split("minios> blocks")[0] == parts[2].split("minios> blocks")[0]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", MACHINES)
def test_the_fault_policy_is_as_before(machine, build):
    """With on_fault=panic the lab still comes back, and a fault after it panics."""
    status, text = run(machine, "bug free-order\nbug levels\nbug levels interrupts\nbug control\ndemo\nfree 1\n", options=(), compiler=build)
    assert status == PANIC
    assert "E04 free out of order" in text and text.index("E04") < text.index("PANIC E06")


@pytest.mark.parametrize("machine", MACHINES)
def test_a_full_heap_is_told(machine):
    status, text = run(machine, "alloc 64900\nbug overflow\nbug levels\nbug control\nhalt\n", ["heap=64K", "on_fault=report"])
    assert status == OK
    assert text.count("the lab needs 1024 free bytes of heap; free something first") == 3


@pytest.mark.parametrize("build", ["gcc", slowly("gcc-sanitize")])
@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_ten_thousand_bugs_and_commands(machine, build):
    chance = random.Random(4)
    commands = [f"bug {name}" for name in BUGS if name not in TAKE_TIME] * 2 + ["alloc 100", "alloc 7 64", "free", "free last", "mark", "release",
                                                       "zalloc 33", "resize last 50", "free #3"]
    lines = [chance.choice(commands) for _ in range(10000)] + [f"bug {name}" for name in TAKE_TIME * 3]
    chance.shuffle(lines)
    status, text = run(machine, "\n".join(lines) + "\nfree all\ncheck\nhalt\n", seconds=300, compiler=build)
    assert status == OK
    assert "0 blocks walked, floor and words sound: no damage found" in text
    assert text.count("\nlesson") == sum(line.startswith("bug ") for line in lines)


@pytest.mark.parametrize("machine", MACHINES)
def test_explanations_fit_on_a_screen(machine):
    text = run(machine, "".join(f"explain {code}\n" for code in CODES))[1]
    answers = re.findall(r"minios> explain [EI]0\d\n(.*?)(?=minios> )", text, re.S)
    assert len(answers) == len(CODES)
    for answer in answers:
        assert answer.count("\n") <= 15
        assert all(re.search(rf"^  {part} ", answer, re.M) for part in ("what", "danger", "find", "fix"))


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", MACHINES)
def test_one_bug_fits_on_one_screen(machine, build):
    text = run(machine, "".join(f"bug {name}\n" for name in BUGS), compiler=build)[1]
    answers = re.findall(r"minios> bug [a-z-]+\n(.*?)(?=minios> )", text, re.S)
    assert len(answers) == len(BUGS)
    for answer in answers:
        assert answer.count("\n") <= 24, answer
        assert max(map(len, answer.splitlines())) <= 80, answer


CRASHES = {
    "null": ("page fault reading 0x00000008, a null pointer", "Segmentation fault at address 0x00000008", "read_null"),
    "code": ("page fault writing 0x001", "Segmentation fault at address 0x00", "write_code"),
    "divide": ("divide error", "Floating point exception", "divide"),
    "instruction": ("invalid opcode", "Illegal instruction", "invalid_instruction"),
    "jump": ("page fault executing 0x00000008", "Segmentation fault at address 0x00000008", "crash_run"),
    "stack": ("stack overflow", "Segmentation fault", "overflow_stack"),
}


# The instrumented build sees these before the processor does.
CAUGHT_EARLIER = {"null": "null pointer", "divide": "division by zero"}


def told(crash, machine, build):
    """What a panic says of it."""
    earlier = CAUGHT_EARLIER.get(crash) if build != "gcc" else None
    return earlier or CRASHES[crash][MACHINES.index(machine)]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("crash", ["null", "divide", "instruction"])
def test_what_the_processor_refuses_in_a_handler(machine, crash, build):
    """Both ways are told: the handler's, and that of what it interrupted."""
    status, text = run(machine, f"panic handler-{crash}\n", compiler=build)
    handler, interrupted = text.split("    in the handler of program, which came in between\n")
    assert status == PANIC
    assert f"PANIC {told(crash, machine, build)}" in handler
    assert f"at {CRASHES[crash][2]}+0x" in handler and "called from interrupt_arrived+0x" in handler
    assert "called from cmd_panic+0x" in interrupted and "called from kmain+0x" in interrupted
    assert text.endswith("The machine stops with status 2.\n")


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("where", ["twice", "handler-twice"])
def test_a_panic_in_the_midst_of_a_panic(machine, where, build):
    """Where the first one draws the heap: both are told, with their ways, and the machine stops."""
    status, text = run(machine, f"panic {where}\n", compiler=build)
    first, second = text.split("\nPANIC in the midst of a panic: ")
    assert status == PANIC
    assert f"PANIC {told('divide', machine, build)}" in first and "called from cmd_panic+0x" in first
    assert ("in the handler of program, which came in between" in first) == (where == "handler-twice")
    assert second.startswith(told("null", machine, build)) and "at read_null+0x" in second
    assert "called from panic_at+0x" in second
    assert text.count("PANIC") == 2 and text.endswith("The machine stops with status 2.\n")


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("crash", CRASHES)
def test_what_the_processor_refuses(machine, crash, build):
    status, text = run(machine, f"alloc 100\npanic {crash}\nstats\n", compiler=build)
    assert status == PANIC
    told = CAUGHT_EARLIER.get(crash) if build != "gcc" else None
    assert f"PANIC {told or CRASHES[crash][MACHINES.index(machine)]}" in text
    assert f"{CRASHES[crash][2]}+0x" in text
    assert "called from cmd_panic+0x" in text or crash == "stack"
    assert ("\n    and so on\n" in text) == (crash == "stack"), "a list of callers that is cut says so"
    assert re.search(r"^the used \d+ bytes", text, re.M), "the picture of the heap"
    assert "The machine stops with status 2." in text
    if machine == "i386" and not told:
        assert re.search(r"eax [0-9a-f]{8}  ebx [0-9a-f]{8}.*\n.*eflags", text)
