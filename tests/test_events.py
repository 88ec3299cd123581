# SPDX-License-Identifier: MIT
#
# The ring of events against what was done, at the prompt and from outside: a debugger reads the kernel's memory by the
# kernel's own description of it, and must see what the kernel prints.

import os
import random
import re
import subprocess

import pytest

from kernel import COMPILERS, HANG_SECONDS, MACHINES, OK, QUICK_ON_HOST, ROOT, SANITIZED, heap_start, image, run, slowly

HEAD = "event command  what     block  address          size align  free pointer"
ROOM = 1024


def event_rows(text):
    """Of the last table: number, command, what, block, address, size, align, free pointer."""
    table = text[text.rindex(HEAD):]
    return [(int(row[0]), int(row[1]), *row[2:4], int(row[4], 16), int(row[5]), int(row[6]), int(row[7], 16)) for row in
            re.findall(r"^ *(\d+) +(\d+)  (\S+) +(\S+) +(0x[0-9a-f]+) +(\d+) +(\d+)  (0x[0-9a-f]+)$", table, re.M)]


class Model:
    """What each command has to leave in the ring, by what the kernel answered to it."""

    def __init__(self, start, end):
        self.expected = [(1, 0, "init", "-", start & ~0xFFF, (end - start + 0xFFF) & ~0xFFF, 0, start)]
        self.pointer, self.command, self.live, self.marks = start, 0, [], []

    def note(self, what, block, address, size=0, align=0):
        self.expected.append((len(self.expected) + 1, self.command, what, block, address, size, align, self.pointer))

    def alloc(self, words, answer):
        number, address, self.pointer = re.search(r"(#\d+) at (0x\w+); .* to (0x\w+)", answer).groups()
        self.pointer = int(self.pointer, 16)
        self.live.append([number, int(address, 16), int(words[1])])
        align = int(words[2]) if len(words) > 2 else 16
        self.note("alloc", number, int(address, 16), int(words[1]), align)

    zalloc = alloc

    def refused(self, words, answer):
        block = next((block for block in self.live if block[0] == words[1]), ["-", int(words[1], 0) if words[1].isdigit() else 0])
        self.note(re.search(r"^(E\d\d) ", answer, re.M)[1], block[0], block[1])

    def free(self, words, answer):
        if "E0" in answer:
            self.refused(words, answer)
        elif "moved down" in answer:
            self.pointer = int(re.search(r"moved down by \d+ to (0x\w+)", answer)[1], 16)
            self.note("free", *self.live.pop()[:2])

    def resize(self, words, answer):
        if "now has" in answer:
            self.pointer = int(re.search(r"free_memory_pointer (0x\w+)", answer)[1], 16)
            self.live[-1][2] = int(words[2])
            self.note("resize", self.live[-1][0], self.live[-1][1], int(words[2]))

    def mark(self, _words, answer):
        if "mark " in answer and " at 0x" in answer:
            self.marks.append(self.pointer)
            self.note("mark", "-", self.pointer)

    def release(self, _words, answer):
        if "released" in answer:
            self.pointer = self.marks.pop()
            self.live = [block for block in self.live if block[1] < self.pointer]
            self.note("release", "-", self.pointer)
        elif "E09" in answer:
            self.note("E09", "-", self.marks.pop())

    def fill(self, words, answer):
        if "filled" in answer:
            block = next(block for block in self.live if block[0] == words[1])
            self.note("write", *block)

    def poke(self, words, _answer):
        self.note("write", self.live[-1][0] if self.live and self.live[-1][1] == int(words[1], 16) else "-",
                  int(words[1], 16), len(words) - 2)

    def step(self, line, answer):
        words = line.split()
        self.command += 1
        if words and hasattr(self, words[0]):
            getattr(self, words[0])(words, answer)


def random_lines(chance, count):
    kinds = ["alloc {size}", "alloc {size} {align}", "zalloc {size}", "free", "free", "resize last {size}", "mark", "release",
             "fill #{n} xyz", "free #{n}", "free 3", "stats", "nonsense"]
    for _ in range(count):
        yield chance.choice(kinds).format(size=chance.randrange(300), align=1 << chance.randrange(11),
                                          n=chance.randrange(1, 20))


def answers(text):
    return re.findall(r"^minios> (.+)\n((?:(?!minios> ).*\n)*)", text, re.M)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("seed", [0, *map(slowly, range(1, 4))])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_ring_is_what_was_done(machine, compiler, seed):
    lines = list(random_lines(random.Random(seed), 150))
    status, text = run(machine, "\n".join([*lines, "events all", "halt"]) + "\n", compiler=compiler)
    assert status == OK
    model = Model(*heap_start(text))
    for line, answer in answers(text)[:-2]:
        model.step(line, answer)
    assert event_rows(text) == model.expected
    assert len(model.expected) > 80


@pytest.mark.parametrize("machine", MACHINES)
def test_bytes_written_and_a_lab_are_events(machine):
    start, _ = heap_start(run(machine, "halt\n")[1])
    text = run(machine, f"alloc 100\npoke {start:#x} 1 2 3\nbug double-free\nevents\npoke {start:#x} 300\nevents 1\nhalt\n")[1]
    tables = text.split(HEAD)
    told = [row[2] for row in event_rows(HEAD + tables[1])]
    assert told == ["init", "alloc", "write", "alloc", "alloc", "free", "free", "setup", "E05", "mistake", "alloc", "restore"]
    write = event_rows(HEAD + tables[1])[2]
    assert write[3:6] == ("#1", start, 3)
    pointer = event_rows(HEAD + tables[1])[1][7]
    assert event_rows(text)[-1][7] == pointer, "the lab ends where it began, and a refused poke is no event"
    assert "and 11 older ones; `events all` shows those that are kept\n" in text


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("count", [ROOM - 1, ROOM, ROOM + 1, 3 * ROOM])
def test_the_ring_wraps(machine, count):
    """The boot's own event and so many more."""
    typed = "alloc 16\nfree\n" * (count // 2) + ("alloc 16\n" if count % 2 else "")
    text = run(machine, typed + "events all\nevents\nhalt\n")[1]
    everything, newest = (event_rows(HEAD + part) for part in text.split(HEAD)[1:])
    assert [row[0] for row in everything] == list(range(max(1, count + 2 - ROOM), count + 2))
    assert all(row[1] == row[0] - 1 and row[2] == ("alloc", "free")[row[0] % 2] for row in everything if row[0] > 1)
    assert newest == everything[-20:]
    forgotten = f"and {count + 1 - ROOM} older ones that are forgotten\n"
    assert (forgotten in text) == (count >= ROOM)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_count_that_is_none_is_told(machine):
    text = run(machine, "events much\nevents 0\nevents 1\nhalt\n")[1]
    assert "'much' is not a number; write 100, 0x40, 4K or 1M\n" in text
    assert len(answers(text)[1][1].splitlines()) == len(answers(text)[2][1].splitlines()) == 2, "0 counts as 1"


# ---- From outside -----------------------------------------------------------------------------------------------------

COMMANDS = "; ".join(["alloc 100", "alloc 13", "alloc 200 256", "free #1", "mark", "zalloc 0", "alloc 16 64", "free",
                      "fill #2 abc", "resize last 5", "alloc 4096 4096", "events all", "blocks"])


def debugged(machine, compiler, gdb_lines, tmp_path, script=COMMANDS):
    """What gdb prints where the kernel stops."""
    commands = tmp_path / "commands"
    commands.write_text(f"break machine_stop\ncontinue\n{gdb_lines}kill\n")
    env = dict(os.environ, OPTIONS=f'color=off script="{script}"', GDB_SCRIPT=str(commands))
    done = subprocess.run([ROOT / "machine" / machine / "debug", image(machine, compiler)], cwd=ROOT, env=env, timeout=HANG_SECONDS,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def part(text, begin, end):
    return re.search(rf"{begin}\n(.*?){end}", text, re.S)[1]


@pytest.mark.parametrize("compiler", COMPILERS + SANITIZED)
@pytest.mark.parametrize("machine", MACHINES)
def test_a_debugger_sees_what_the_kernel_prints(machine, compiler, tmp_path):
    kernel = run(machine, "", ["on_fault=report", f'script="{COMMANDS}"'], compiler)[1]
    shown = debugged(machine, compiler, "echo <events>\\n\nheap events 1000\necho <blocks>\\n\nheap blocks\n"
                                                "echo <words>\\n\nheap words\necho <end>\\n\n", tmp_path)
    kernel_rows = event_rows(kernel)
    rows = [row.split() for row in part(shown, "<events>", "<blocks>").splitlines()[1:]]
    assert [(int(row[0]), int(row[1]), row[2], row[3], int(row[4], 16), int(row[5]), int(row[6]), int(row[7], 16))
            for row in rows] == kernel_rows
    assert len(kernel_rows) == 12
    assert {row[8].split("+")[0] for row in rows[1:4]} <= {"cmd_alloc", "tell_new"}
    blocks = [row.split() for row in part(shown, "<blocks>", "<words>").splitlines()[1:]]
    kernel_blocks = [row.split() for row in re.findall(r"^ +#\d+ +0x.*$", kernel[kernel.rindex("slack  owner"):], re.M)]
    assert blocks == kernel_blocks and len(blocks) == 5
    words = re.findall(r"^0x\w+  (\w+) +(0x\w+)$", part(shown, "<words>", "<end>"), re.M)
    start, end = heap_start(kernel)
    assert [(name, int(value, 16)) for name, value in words] == [("heap_start", start), ("heap_end", end),
                                                                 ("free_memory_pointer", kernel_rows[-1][7])]


@pytest.mark.parametrize("compiler", COMPILERS + SANITIZED)
@pytest.mark.parametrize("machine", MACHINES)
def test_a_debugger_sees_who_came_in_between(machine, compiler, tmp_path):
    """The source as the kernel prints it; the handler by its name, and what it interrupted."""
    script = "after 20 alloc 10; wait 60; bug race; events all"
    text = run(machine, "", ["on_fault=report", f'script="{script}"'], compiler)[1]
    kernel = re.findall(r"^ +\d+ +\d+  (\S+) +(\S+) +(?:0x\w+|elsewhere) ", text[text.rindex(HEAD):], re.M)
    shown = debugged(machine, compiler, "echo <events>\\n\nheap events 1000\necho <end>\\n\n", tmp_path, script)
    rows = [row.split() for row in part(shown, "<events>", "<end>").splitlines()[1:]]
    assert [tuple(row[2:4]) for row in rows] == kernel and len(kernel) > 8
    came = [row for row in rows if row[2] == "irq"]
    assert [(row[3], row[8]) for row in came] == [("timer", "timer_tick"), ("progra", "takes_a_block"), ("progra", "takes_a_block")]
    assert all(row[9] == "in" and re.fullmatch(r"\w+\+0x[0-9a-f]+", row[10]) for row in came[1:]), came


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("word", range(4))
def test_a_debugger_notices_a_changed_word_of_a_tag(machine, word, tmp_path):
    """All of them: the formulas of the description are those of the heap."""
    shown = debugged(machine, "gcc", "heap blocks\n"
                        f"set var *((unsigned long *) kernel_heap.free_memory_pointer - {word + 1}) += 16\n"
                        "echo <broken>\\n\nheap blocks\n", tmp_path, "alloc 100; alloc 100 256")
    before, after = shown.split("<broken>")
    assert before.count("cmd_alloc+0x") == 2
    assert after.count("cmd_alloc+0x") < 2 and "does not add up" in after


def test_a_debugger_is_told_of_a_wrong_count(tmp_path):
    assert "'x' is not a number; write heap events 50" in debugged("host", "gcc", "heap events x\n", tmp_path)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_description_tells_how_the_kernel_ended(machine, tmp_path):
    look = "print minios_description.state\nprint minios_description.status\n"
    on = "set $steps = 0\nwhile minios_description.state == 2 && $steps++ < 9\nnext\nend\n"  # a line may be stepped onto twice
    shown = debugged(machine, "gcc", f"echo <before>\\n\n{look}{on}echo <after>\\n\n{look}", tmp_path, "alloc 1; nonsense")
    before, after = (re.findall(r"^\$\d+ = (\d+)$", half, re.M)[-2:] for half in shown.split("<after>"))
    assert before == ["2", "0"], "it runs a command"
    assert after == ["3", "1"], "it has stopped, and a command had failed"
