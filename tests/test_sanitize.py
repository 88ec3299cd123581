# SPDX-License-Identifier: MIT
#
# The instrumented build: its run time case by case, what its boot says, its two options, and what it costs. The sessions
# that it has to repeat word for word are those of test_transcripts.py.

import re

import pytest

from kernel import MACHINES, OK, QUICK_ON_HOST, SANITIZED, heap_start, run
from test_heap import PLAIN, listed, program
from test_heap import run as run_program

FEWEST_CASES = 30
MOST_SLOWDOWN = 8
EXACT = "-icount shift=0,sleep=off"  # the cycles are then instructions, the same in each run


@pytest.mark.parametrize("flavour, case", [pytest.param(flavour, case, id=f"{flavour}-{case}")
                                           for flavour in PLAIN for case in listed(flavour, "sanitize")])
def test_run_time(flavour, case):
    status, output = run_program(program(flavour, "sanitize"), case)
    if status != 0:
        pytest.fail(f"{program(flavour, 'sanitize')} {case}: exit status {status}\n{output}", pytrace=False)


@pytest.mark.parametrize("flavour", PLAIN)
def test_no_case_was_lost(flavour):
    assert len(listed(flavour, "sanitize")) >= FEWEST_CASES


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("compiler", SANITIZED)
def test_the_boot_tells_that_accesses_are_checked(machine, compiler):
    status, text = run(machine, "halt\n", compiler=compiler)
    assert status == OK
    assert text.count("\n  checks  every access to the heap is checked (instrumented build)\n") == 1
    assert "  checks  " not in run(machine, "halt\n")[1]


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("heap", ["64K", "300", "100001", "16M"])
def test_the_shadow_takes_nothing_from_the_heap(machine, heap):
    plain, checked = (re.search(r"heap  .*? (\d+) bytes, empty", run(machine, "halt\n", [f"heap={heap}"], compiler)[1])[1]
                      for compiler in ("gcc", "gcc-sanitize"))
    assert plain == checked


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_the_size_that_the_refusal_names_leaves_room_for_the_shadow(machine):
    text = run(machine, "", ["heap=1G"], "gcc-sanitize")[1]
    largest = re.search(r"Start with (heap=\d+K)", text)[1]
    assert run(machine, "check\nhalt\n", [largest], "gcc-sanitize")[0] == OK


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("option", ["poison=on", "reuse=off"])
def test_only_this_build_knows_its_options(machine, option):
    assert f"unknown option '{option}'" in run(machine, "halt\n", [option])[1]
    assert "unknown option" not in run(machine, "halt\n", [option], "gcc-sanitize")[1]


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("options", [[], ["poison=on"], ["reuse=off"], ["poison=on", "reuse=off"]])
def test_a_sound_session_brings_no_report(machine, options):
    typed = "".join(f"alloc {size}\nzalloc {size}\nfill last ab\nmark\nalloc 9 64\nresize last 40\nresize last 3\nrelease\n"
                    "free\ncheck\n" for size in (0, 1, 13, 16, 100, 5000))
    status, text = run(machine, typed + "map\nblocks\nfree all\ncheck\nhalt\n", [*options, "on_fault=panic"], "gcc-sanitize")
    assert status == OK, text[-2000:]
    assert "KASAN" not in text and "UBSan" not in text


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_without_reuse_each_block_lies_higher_and_the_map_shows_why(machine):
    status, text = run(machine, "alloc 20\nfree\nalloc 20\nblocks\nfree\nstats\nhalt\n", ["reuse=off"], "gcc-sanitize")
    first, second = (int(at, 16) for at in re.findall(r"^#\d at (0x[0-9a-f]+)", text, re.M))
    assert status == OK
    assert second > first
    assert re.search(rf"- +{first:#010x} .*quarantine\+", text), text
    assert re.search(r"^used +0 bytes", text, re.M), text


@pytest.mark.parametrize("machine", QUICK_ON_HOST)
@pytest.mark.parametrize("option", ["poison=on", "poison=off"])
def test_the_check_finds_a_freed_byte_that_was_written(machine, option):
    block = heap_start(run(machine, "halt\n", compiler="gcc-sanitize")[1])[0]
    text = run(machine, f"alloc 40\nfree\ncheck\npoke {block + 7:#x} 90\ncheck\nhalt\n", [option], "gcc-sanitize")[1]
    found = f"a freed byte was written: {block + 7:#010x}; somebody kept a stale pointer"
    assert text.count("no damage found") == (1 if option == "poison=on" else 2), text
    assert (found in text) == (option == "poison=on"), text


def cycles(compiler):
    status, text = run("i386", "workload\nhalt\n", compiler=compiler, qemu=EXACT)
    assert status == OK, text
    return int(re.search(r"workload: (\d+) cycles", text)[1])


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_slowdown(compiler, record_property):
    plain, checked = cycles(compiler), cycles(f"{compiler}-sanitize")
    record_property("figure", f"the workload, {compiler}: {plain} instructions plain, {checked} instrumented, "
                              f"{checked / plain:.1f} times")
    assert checked < MOST_SLOWDOWN * plain
