# SPDX-License-Identifier: MIT
#
# Random programs against the model: a fixed number of fixed seeds in each width, more of them in `test all`. And the same
# over heaps that are broken on purpose: each has to be found, shrunk to the commands that are known to be the fewest, and
# those have to be commands that the real kernel takes.

import os
import re
import subprocess

import pytest

from kernel import HANG_SECONDS, OK, ROOT, heap_start, run

FLAVOURS = ["gcc64", "gcc32"]
MACHINE = {"gcc64": "host", "gcc32": "i386"}
START = {"gcc64": "./minios run host heap=", "gcc32": "./minios run heap="}
NOT_TAKEN = re.compile(r"unknown command|usage:|is not a number|there is no live block|no mark is set|there are marks")

# How the heap is broken | the commands that show it: A is an alignment that costs padding at heap_start, ADDRESS one in
# the free part | what the real kernel answers to the last of them.
FEWEST = {
    "exact": (["alloc LARGEST"], "#1 at"),
    "polite": (["alloc 40 16"], "#1 at"),
    "zero": (["zalloc 40"], "#1 at"),
    "crash": (["alloc 0", "resize #1 100"], "#1 now has 100 bytes"),
    "gap": (["alloc 0 A", "free #1"], "free_memory_pointer moved down by"),
    "depth": (["alloc 0"] * 5 + ["free #5"], "free_memory_pointer moved down by"),
    "double": (["free ADDRESS"], "E05 double free"),
    "hang": (["mark", "alloc 0", "alloc 0", "release 1"], "mark 1 released: 2 blocks given back"),
}


def run_random(flavour, *settings, way=None):
    program = ROOT / "build" / "tests" / flavour / ("random-broken" if way else "random")
    done = subprocess.run([program, *settings], env=dict(os.environ, BREAK=way or ""), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)
    return done.returncode, done.stdout


def programs_agree(flavour, programs, seed, record_property):
    status, output = run_random(flavour, f"programs={programs}", f"seed={seed}", f"seconds={HANG_SECONDS}")
    assert status == 0, output
    first, last = output.splitlines()
    assert first == f"{flavour[3:]} bits: from seed {seed} on"
    assert last.startswith(f"{flavour[3:]} bits: {programs} programs, ") and last.endswith(", no difference")
    record_property("figure", f"random programs, {last}")


@pytest.mark.parametrize("flavour", ["gcc32", "gcc64"])
def test_random_programs(flavour, record_property):
    programs_agree(flavour, 500, 1, record_property)


@pytest.mark.slow
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_many_random_programs(flavour, record_property):
    programs_agree(flavour, 4000, 1001, record_property)


def commands_of(output):
    """The remarks, the line that starts the kernel, and the commands behind it."""
    lines = output.split("At the prompt:\n")[1].splitlines()
    remarks = [line for line in lines if line.startswith("#")]
    assert lines[:len(remarks)] == remarks
    return remarks, lines[len(remarks)], lines[len(remarks) + 1:]


def expected(way, machine, heap):
    text = run(machine, "stats\nhalt\n", [heap])[1]
    largest = re.search(r"^largest +(\d+) bytes", text, re.M)[1]
    return [command.replace("LARGEST", largest) for command in FEWEST[way][0]]


@pytest.mark.slow
@pytest.mark.parametrize("way, seed", [pytest.param(way, seed, marks=[pytest.mark.slow] * (way == "hang" or seed != 1))
                                       for way in FEWEST for seed in (1, 50) if (way, seed) != ("hang", 50)])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_broken_heap_is_found_and_shrunk(flavour, way, seed):
    machine = MACHINE[flavour]
    start_of_heap = heap_start(run(machine, "halt\n")[1])[0]
    status, output = run_random(flavour, f"seed={seed}", f"seconds={HANG_SECONDS}", f"start={start_of_heap:#x}", way=way)
    assert status == 1, output
    remarks, start, commands = commands_of(output)
    assert ("the prompt asks loudly, by alloc" in "".join(remarks)) == (way == "polite")
    assert start.startswith(START[flavour]), output
    heap = start.split()[-1]
    plain = [re.sub(r"(?<=^alloc 0 )(32|64)$", "A", re.sub("0x[0-9a-f]+$", "ADDRESS", command)) for command in commands]
    assert plain == expected(way, machine, heap), output
    status, text = run(machine, "".join(f"{command}\n" for command in commands) + "halt\n", [heap, "on_fault=report"])
    assert status == OK, text
    assert not NOT_TAKEN.search(text), text
    answers = re.split(r"^minios> .*\n", text, flags=re.M)
    assert len(answers) == len(commands) + 2, text
    assert answers[-2].startswith(FEWEST[way][1]), text


def test_settings_that_it_does_not_know():
    for settings in (["seed=x"], ["seed="], ["sed=1"], ["1"]):
        assert run_random("gcc32", *settings)[0] == 2
