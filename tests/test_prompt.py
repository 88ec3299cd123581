# SPDX-License-Identifier: MIT
#
# What the prompt answers where a transcript cannot say it: figures that differ from run to run, places that differ from
# build to build, more blocks than anybody wants to read of, and words that only a debugger can break.

import os
import re
import subprocess

import pytest

from kernel import HANG_SECONDS, MACHINES, OK, QUICK_ON_HOST, ROOT, heap_start, image, run


@pytest.mark.parametrize("machine", MACHINES)
def test_uptime_goes_up(machine):
    status, text = run(machine, "uptime\nworkload\nuptime\nclear\nhalt\n")
    told = re.findall(r"^(\d+)\.(\d{3}) seconds since the machine was ready, (\d+) cycles$", text, re.M)
    assert status == OK
    assert len(told) == 2
    (*first, cycles_before), (*second, cycles_after) = [[int(number) for number in line] for line in told]
    assert first <= second and cycles_before < cycles_after
    assert "\033" not in text, "nothing is cleared where no screen is"


@pytest.mark.parametrize("machine", MACHINES)
def test_the_workload_is_the_same_each_time_and_leaves_nothing(machine):
    status, text = run(machine, "workload\nworkload\nstats\ncheck\nhalt\n")
    sums = re.findall(r"20000 steps of the workload: \d+ cycles, sum of the bytes read ([0-9a-f]{8})", text)
    assert status == OK
    assert len(sums) == 2 and sums[0] == sums[1] != "00000000"
    assert re.search(r"^used +0 bytes", text, re.M) and "no damage found" in text


@pytest.mark.parametrize("machine", MACHINES)
def test_what_lies_outside_of_the_heap_is_called_so(machine):
    start, end = heap_start(run(machine, "halt\n")[1])
    text = run(machine, f"peek {end:#x} 16\npeek {end + 4096:#x} 16\npeek 0xfffff000 16\nhalt\n")[1]
    assert text.count("\noutside of the heap\n") == 2
    assert "0xfffff000 to 0xfffff010 is not all memory; `memory` shows what is" in text
    floor = run(machine, f"peek {start - 64:#x} 16\nhalt\n")[1]
    assert re.search(r"outside of the heap\n|is not all memory", floor), floor


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_more_blocks_than_there_are_numbers(machine):
    """Of 1025 blocks the last has none, and is shown and freed all the same."""
    status, text = run(machine, "alloc 16\n" * 1025 + "blocks 2\npeek last 16\ncheck\nfree\nfree #1024\nfree all\nhalt\n")
    assert status == OK
    found = re.search(r"^block without a number at (0x[0-9a-f]+); free_memory_pointer moved up", text, re.M)
    assert found, text[-2000:]
    assert re.search(rf"^ +- +{found[1]} +16 ", text, re.M), "its row in the table"
    assert f"\npayload of {found[1]}\n" in text
    assert "1025 blocks walked, floor and words sound: no damage found" in text
    assert "1023 blocks freed; the heap is empty" in text


@pytest.mark.parametrize("machine", MACHINES)
def test_sixteen_marks_and_no_more(machine):
    text = run(machine, "mark\n" * 17 + "alloc 8\nrelease\nmark\nrelease 1\nrelease\nhalt\n")[1]
    assert text.count("\n16 marks are set; release one first\n") == 1
    assert len(re.findall(r"^mark \d+ at 0x", text, re.M)) == 17
    assert "mark 16 released: 1 block given back" in text
    assert "mark 1 released: 0 blocks given back" in text
    assert "no mark is set; `mark` sets one" in text


@pytest.mark.parametrize("machine", MACHINES)
def test_on_an_empty_heap_there_is_no_last_block(machine):
    text = run(machine, "free\nresize last 10\npeek last\nfill last x\nhalt\n")[1]
    assert text.count("\nthere is no live block\n") == 4


@pytest.mark.parametrize("word,value", [("free_memory_pointer", "heap_end + 16"), ("heap_start", "heap_end + 16"),
                                        ("heap_end", "heap_start - 16"), ("free_memory_pointer", "heap_start + 1")])
def test_words_that_do_not_add_up(word, value, tmp_path):
    """Broken by a debugger, on the host, where it may reach into a running kernel at any time."""
    script = tmp_path / "commands"
    script.write_text(f"break shell\ncontinue\nset var kernel_heap.{word} = kernel_heap.{value}\ncontinue\n")
    options = 'color=off script="check; map; alloc 10; demo; free 1; stats"'
    done = subprocess.run([ROOT / "machine/host/debug", image("host")], cwd=ROOT, timeout=HANG_SECONDS, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, OPTIONS=options, GDB_SCRIPT=str(script)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.stdout.count("E08 damaged heap: the three words do not add up") >= 3, done.stdout
    assert "exited with code 01" in done.stdout, done.stdout
    if value != "heap_start + 1":
        assert "no map: the three words do not describe a heap" in done.stdout, done.stdout
