# SPDX-License-Identifier: MIT
#
# What comes in between: the commands that speak of it, commands that wait for their time, the heap in front of interrupts at
# each instruction and in a storm. Whole sessions with nothing that a clock decides stand in the transcripts.

import re
import subprocess

import pexpect
import pytest

from kernel import (COMPILERS, MACHINES, OK, PANIC, QUICK_ON_HOST, SANITIZED, SCRIPT_FAILED, image, in_terminal, ROOT, run,
                    slowly, within)

ON_QEMUS_CLOCK = "-icount shift=4,sleep=off"  # an instruction takes 16 ns, whatever the machine below it does
REPORTS = "on_fault=report"


def answers(machine, *commands, compiler="gcc", qemu=""):
    """What a script's commands answer, one after the other."""
    status, text = run(machine, "", [REPORTS, 'script="' + "; ".join(commands) + '"'], compiler=compiler, qemu=qemu, seconds=300)
    assert status in (OK, SCRIPT_FAILED), text
    return [part.split("\n", 1)[1] for part in text.split("minios> ")[1:]]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_table_counts_who_came(machine):
    first, _, second = answers(machine, "interrupts", "wait 100", "interrupts")

    def came(table):
        return int(re.search(r"^  timer +on +(\d+)", table, re.M)[1])

    assert 1 <= came(second) - came(first) <= 1000
    if machine == "host":
        assert len(re.findall(r"^  (?:keyboard|terminal) +none here: a process asks for its input$", first, re.M)) == 2
    else:
        assert re.search(r"^  terminal +on +\d+ +\d+ ", first, re.M)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_masked_timer_stands_still(machine):
    """And what it was to do is done when it comes again."""
    masked, during, table = answers(machine, "interrupts off timer", "every 1 stats", "interrupts")[-3:]
    assert masked == "" and during == "[1] every 1 ms: stats\n"
    assert re.search(r"^  timer +off ", table, re.M)


def test_a_key_wakes_the_processor():
    text = run("i386", "alloc 1\ninterrupts\nhalt\n")[1]
    assert int(re.search(r"^  terminal +on +(\d+)", text, re.M)[1]) > 0


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_commands_run_at_their_time(machine):
    """Three in their order, the second of them more than once, however busy the machine is; after its cancel it comes no more."""
    *before, cancelled, timer, blocks = answers(machine, "after 20 alloc 1", "every 30 alloc 2", "after 100 alloc 3", "wait 1000",
                                                "cancel 2", "wait 100", "timer", "blocks all")
    sizes = [int(size) for size in re.findall(r"^ +#\d+ +0x\w+ +(\d+) ", blocks, re.M)][::-1]
    assert sizes[0] == 1 and sizes.count(3) == 1 and sizes.count(2) >= 2, blocks
    assert "[2] alloc 2\n" in before[3] and "[2]" not in cancelled and "[" not in timer
    assert re.search(r"^100 ticks a second; \d+ came, \d+ were lost\n$", timer)


def test_commands_run_as_often_as_they_should():
    """By QEMU's clock, which counts instructions."""
    text = answers("i386", "every 30 alloc 2", "wait 140", "cancel 1", "wait 100", "blocks all", qemu=ON_QEMUS_CLOCK)[-1]
    assert len(re.findall(r"^ +#\d+ ", text, re.M)) == 4


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_eight_wait_and_the_ninth_is_told(machine):
    commands = [f"every {60000 + n} check" for n in range(9)] + ["timer", "cancel all", "timer"]
    *_, ninth, full, _, empty = answers(machine, *commands)
    assert ninth == "8 commands wait already; cancel one first\n"
    assert len(re.findall(r"^  \[\d\] in \d+ ms, every 6000\d\n      check$", full, re.M)) == 8
    assert "[" not in empty


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_who_comes_too_late_is_counted(machine):
    """Every ms, but looked at only between commands, and one command rests for a while without looking."""
    text = answers(machine, "every 1 stats", "bug interrupts-off", "bug long-handler", "timer")[-1]
    assert int(re.search(r"every 1; (\d+) times too late\n      stats\n", text)[1]) > 0


@pytest.mark.parametrize("machine", MACHINES)
def test_a_script_whose_late_command_ends_the_machine(machine):
    assert run(machine, "", [REPORTS, 'script="after 10 halt; wait 60000"'])[0] == OK
    assert run(machine, "", [REPORTS, 'script="after 10 panic; wait 60000"'])[0] == PANIC


@pytest.mark.parametrize("rate", [100, *map(slowly, [19, 1000, 10000])])
def test_the_rates_of_the_timer(rate):
    """By QEMU's clock, which counts instructions: as many ticks as there should be, and the machine's clock goes on right."""
    *_, before, _, after = answers("i386", "wait 50", f"timer {rate}", "wait 2000", "timer", qemu=ON_QEMUS_CLOCK)
    ticks = [int(count) for text in (before, after) for count in re.findall(r"; (\d+) came", text)]
    assert abs(ticks[1] - ticks[0] - 2 * rate) <= 2 + rate // 100
    assert f"{rate} ticks a second" in after


def test_a_line_that_is_being_typed_comes_back():
    """The output of another command stands above it, and nothing of it is lost."""
    child = in_terminal(24, 80, ROOT / "machine/i386/run", image("i386"), REPORTS, "color=off", encoding="ascii")
    child.expect_exact("minios> ")
    child.send("after 300 alloc 7\r")
    child.expect(r"\[1\] after 300 ms: alloc 7\r+\n")
    child.expect_exact("minios> ")
    child.send("alloc 10")
    child.expect(r"\[1\] alloc 7\r+\n#1 at 0x\w+; .*\r+\nminios> alloc 10")
    child.send("0\r")
    child.expect(r"#2 at 0x\w+; free_memory_pointer moved up by 128 ")
    child.send("halt\r")
    child.expect(pexpect.EOF)


LATENCY = [r"in a call of the heap +(\d+) +(\d+)  (\w+)", r"krelease, kcalloc: not bounded +(\d+) +(\d+)  (\w+)",
           r"in the handler of timer +(\d+) +(\d+)  timer_tick$"]


@pytest.mark.parametrize("machine", MACHINES)
def test_latency_names_who_kept_others_out(machine):
    text = answers(machine, "latency again", "alloc 100", "zalloc 100000", "wait 20", "latency")[-1]
    who = [re.search(line, text, re.M) for line in LATENCY]
    assert who[0][3] in ("cmd_alloc", "cmd_zalloc") and who[1][3] == "cmd_zalloc" and who[2]
    assert all(int(found[1]) > 0 for found in who)
    assert ("longest wait of a tick" in text) == (machine == "i386")
    assert ("not told by this machine" in text) == (machine == "host")


def test_a_bounded_call_keeps_others_out_for_no_longer_above_many_blocks():
    """By QEMU's clock. A release does, and says so."""
    longest = []
    for blocks in (2, 100):
        commands = ["mark"] + ["alloc 16"] * blocks + ["latency again", "alloc 16", "free", "release", "latency"]
        text = run("i386", "\n".join(commands) + "\nhalt\n", qemu=ON_QEMUS_CLOCK)[1]
        longest.append([int(re.search(line, text)[1]) for line in LATENCY[:2]])
    assert longest[1][0] <= longest[0][0] * 1.2 and longest[1][1] > 10 * longest[0][1]


@pytest.mark.parametrize("machine", MACHINES)
def test_what_these_commands_print_fits_on_a_screen(machine):
    text = "".join(answers(machine, "interrupts", "every 60000 fill last " + 40 * "x", "timer", "zalloc 100000", "storm 300000 unlocked",
                           "sweep 97", "bug handler-keeps-block", "events", "latency", "map handlers", "stats handlers"))
    assert max(map(len, text.splitlines())) <= 80, text


CALLS = ["kmalloc", "kmalloc_aligned", "kzalloc", "kfree", "kresize", "krelease"]


SWEPT = r"^  (k\w+) +(\d+)  sound   refused$"


def swept(machine, command, compiler):
    text = answers(machine, "alloc 100", command, "check", "blocks", compiler=compiler)
    rows = re.findall(SWEPT, text[1], re.M)
    assert [name for name, _ in rows] == CALLS, text[1]
    assert "1 block walked, floor and words sound: no damage found" in text[2] and "#1 " in text[3]
    return [int(count) for _, count in rows]


@pytest.mark.parametrize("machine,compiler", [("i386", "gcc"), ("i386", "clang"), slowly("i386", "gcc-sanitize"), slowly("host", "gcc")])
def test_an_interrupt_at_each_instruction(machine, compiler):
    assert min(swept(machine, "sweep", compiler)) > 100


@pytest.mark.parametrize("machine", MACHINES)
def test_an_interrupt_at_some_instructions(machine):
    assert max(swept(machine, "sweep 97", "gcc")) < 100


@pytest.mark.parametrize("distance", ["0", "x", "65536"])
def test_a_sweep_of_no_sense_is_refused_in_one_line(distance):
    assert answers("host", f"sweep {distance}") == [f"'{distance}' is no distance; from 1, each instruction, to 65535\n"]


STORM = r"(\d+) calls of the heap, (\d+) handlers in between\n(\d+) ticks came, (\d+) more were lost\n"


@pytest.mark.parametrize("calls", [20000, slowly(750000)])
def test_a_storm(calls):
    """By QEMU's clock. At 750,000 calls there are more than 100,000 interrupts; and no tick is lost."""
    text = answers("i386", "alloc 100", f"storm {calls}", "check", qemu=ON_QEMUS_CLOCK)
    made, handlers, ticks, lost = map(int, re.match(STORM, text[1]).groups())
    assert text[1].endswith(f"the heap held, and {handlers} calls by a handler were refused\n"), text[1]
    assert made == calls and handlers == ticks and lost == 0 and ticks > calls / 10
    assert "1 block walked, floor and words sound: no damage found" in text[2]


def test_a_storm_leaves_time_for_the_calls():
    """Where a handler takes longer than a tick, as on a slow machine: here an instruction takes a microsecond."""
    text = answers("i386", "storm 300", qemu="-icount shift=10,sleep=off")[0]
    assert "the heap held" in text and re.match(STORM, text)[1] == "300"
    came, ticks, refused = (re.search(rf"(\d+) {what}", text)[1] for what in ("handlers in between", "ticks came", "calls by a handler"))
    assert came == ticks == refused, "counted at one moment"


@pytest.mark.parametrize("kind,held", [("nested", True), ("unlocked", False)])
def test_a_storm_with_the_lock_alone_and_without(kind, held):
    """The same handler, which takes a block and gives it back. All that differs is whether calls keep it out."""
    text = answers("i386", "alloc 100", f"storm 20000 {kind}", "check", qemu=ON_QEMUS_CLOCK)
    assert ("the heap held, and 0 calls by a handler were refused" in text[1]) == held
    assert ("THE HEAP DID NOT HOLD" in text[1]) != held
    assert "1 block walked, floor and words sound: no damage found" in text[2], "the heap is as before"


@pytest.mark.parametrize("machine", MACHINES)
def test_a_storm_on_each_machine(machine):
    text = answers(machine, "storm 3000", "storm x", "storm 10 locked", "storm 1 2 3", "storm 300 unlocked")
    assert "the heap held" in text[0]
    assert text[1:3] == ["'x' is no number of calls\n", "storm CALLS, storm CALLS nested, or storm CALLS unlocked to see it fail\n"]
    assert text[3] == "usage: storm [CALLS [nested | unlocked]]\n"
    assert re.match(STORM, text[4])


@pytest.mark.parametrize("command,needs", [("sweep", 1024), ("storm", 8192)])
def test_a_full_heap_is_told(command, needs):
    text = run("host", f"alloc 64900\n{command}\nhalt\n", ["heap=64K", REPORTS])[1]
    assert f"the {command} needs {needs} free bytes of heap; free something first" in text


@pytest.mark.parametrize("machine", MACHINES)
def test_a_panic_in_a_handler_tells_both_ways(machine):
    status, text = run(machine, "panic handler\n", [REPORTS])
    assert status == PANIC
    handler, ordinary = text.split("    in the handler of program, which came in between\n")
    assert "PANIC the handler has no memory" in handler and "at ask_for_memory+0x" in handler
    assert "called from cmd_panic+0x" in ordinary and "called from kmain+0x" in ordinary


@pytest.mark.parametrize("machine", MACHINES)
def test_after_a_caught_exception_the_clock_goes_on(machine):
    """A misaligned word traps on one of them, and a trap begins with interrupts off."""
    before, *_, after = answers(machine, "interrupts", "bug levels", "wait 50", "interrupts")
    ticks = [int(re.search(r"^  timer +on +(\d+)", table, re.M)[1]) for table in (before, after)]
    assert ticks[1] >= ticks[0] + 2
    assert "I02" not in after


@pytest.mark.parametrize("compiler", ["gcc", *map(slowly, COMPILERS[1:] + SANITIZED[:1])])
@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_ten_thousand_lines_with_timers_running(machine, compiler):
    lines = ["alloc 30", "free last", "alloc 7 64", "mark", "release", "fill last abc", "zalloc 5", "check"] * 1250
    typed = "every 1 check\nevery 7 stats\nevery 13 blocks\n" + "\n".join(lines) + "\ncancel all\nfree all\ncheck\nhalt\n"
    status, text = run(machine, typed, compiler=compiler, seconds=600)
    assert status == OK
    assert "0 blocks walked, floor and words sound: no damage found" in text[text.rindex("free all"):]
    assert not re.search(r"^[EI]0\d|unknown command", text, re.M)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_who_keeps_everybody_out_may_be_kept_out_already(compiler, tmp_path):
    """The inner release leaves interrupts off; the outermost one puts back what was there before."""
    sources = [ROOT / "tests/context/nested.c", ROOT / "kernel/base/context.c"]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/kernel", f"-I{ROOT}/heap"]
    subprocess.run([compiler, *flags, *sources, "-o", tmp_path / "nested"], check=True)
    done = subprocess.run([tmp_path / "nested"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module", params=COMPILERS)
def panics(request, tmp_path_factory):
    """What a panic prints that goes wrong at a character of it, and its status."""
    program = tmp_path_factory.mktemp("panic") / "panic"
    sources = [ROOT / "tests/context/panic.c", *(ROOT / f"kernel/base/{name}.c" for name in ("panic", "print", "string"))]
    flags = ["-std=c11", "-O1", "-fno-omit-frame-pointer", "-ffreestanding", f"-I{ROOT}/kernel", f"-I{ROOT}/heap"]
    subprocess.run([request.param, *flags, *sources, "-o", program], check=True)

    def panicked(when, character):
        done = subprocess.run([program, when, str(character)], stdout=subprocess.PIPE, text=True, check=False, **within(10))
        return done.returncode, done.stdout

    return panicked


PARTS = ["PANIC the first\n    at ", "    called from ", "    in the handler of timer\n", "the picture\n", "The machine stops with status 2.\n"]


def test_a_panic_in_a_panic_is_told_wherever_it_comes(panics):
    """What was printed stays, what went wrong is told, and the parts behind that one follow."""
    status, whole = panics("once", 0)
    begins = [whole.index(part) for part in PARTS]
    assert status == PANIC and begins == sorted(begins) and whole.endswith(PARTS[-1])
    for character in range(1, len(whole) + 1):
        status, text = panics("once", character)
        assert status == PANIC
        assert text.startswith(whole[:character])
        rest = text[character:]
        assert re.search(r"^PANIC in the midst of a panic: no way to print\n    at function\+0x", rest, re.M), text
        assert all(part in rest for part, begin in zip(PARTS[1:], begins[1:]) if begin >= character), text


def test_a_panic_that_cannot_print_ends(panics):
    for character in range(1, 1 + len(panics("once", 0)[1])):
        assert panics("always", character)[0] == PANIC, character
