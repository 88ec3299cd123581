# SPDX-License-Identifier: MIT
#
# The command `bench`, and what holds its counts: a kernel whose heap is compiled without optimisation must be noticed.

import os
import re
import subprocess
import sys

import pytest

from kernel import COMPILERS, MACHINES, OK, ROOT, SCRIPT_FAILED, image, run

STORED = ROOT / "tests" / "bench-kernel"


def compare(kernel, stored, **env):
    done = subprocess.run([sys.executable, STORED / "compare.py", kernel, stored, "this compiler"], capture_output=True,
                          text=True, timeout=120, env=dict(os.environ, **env), check=False)
    return done.returncode, done.stdout + done.stderr


def scaled(compiler, factor, path):
    """The stored counts, as if they had been larger or smaller by that much."""
    head, *lines = (STORED / f"{compiler}.txt").read_text().splitlines()
    lines = [re.sub(r"(?<= )\d+\.\d", lambda count: f"{float(count[0]) * factor:.1f}", line) for line in lines]
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


@pytest.mark.parametrize("machine", MACHINES)
def test_the_bench_leaves_the_heap_as_it_was(machine):
    status, text = run(machine, "alloc 100\nstats\nbench\nstats\ncheck\nalloc 3\nhalt\n")
    assert status == OK
    stats = re.findall(r"minios> stats\n(.*?)minios> ", text, re.S)
    assert len(stats) == 2 and stats[0] == stats[1]
    assert "no damage found" in text and "\n#2 at " in text
    rows = re.findall(r"^  \S.*?  +(\d+\.\d) +(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$", text, re.M)
    assert len(rows) == 7, text
    for least_get, median_get, least_give, median_give in (map(float, row) for row in rows):
        assert 0 < least_get <= median_get and 0 < least_give <= median_give


@pytest.mark.parametrize("machine", MACHINES)
def test_a_heap_without_room_is_told(machine):
    status, text = run(machine, "", ["heap=256K", "script=bench"])
    assert status == SCRIPT_FAILED
    assert "the bench needs 512K of free heap; free something, or start with heap=1M\n" in text


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_counts_are_those_that_are_stored(compiler, record_property):
    status, text = compare(image("i386", compiler), STORED / f"{compiler}.txt")
    assert status == 0, text
    plain = re.search(r"^  100 bytes, without poison +([\d.]+).*? ([\d.]+) +[\d.]+\s*\w*$", text, re.M)
    record_property("figure", f"kheap_alloc and kheap_free in the booted kernel, {compiler}: {plain[1]} and {plain[2]} "
                              "instructions")


@pytest.mark.parametrize("factor,fails,says", [(1 / 1.06, True, "GREW"), (1 / 1.04, False, None),
                                               (1.01, False, "UPDATE=1 make bench-kernel stores it")])
def test_five_percent_more_and_no_less_fail(factor, fails, says, tmp_path):
    status, text = compare(image("i386"), scaled("gcc", factor, tmp_path / "stored.txt"))
    assert (status != 0) == fails, text
    assert says is None or says in text


def test_a_slower_heap_is_noticed_and_can_be_stored(tmp_path):
    settings = ["MACHINE=i386", "CC=gcc", "SANITIZE=", "COVERAGE=", f"BUILD={tmp_path}", "OPTIMISE=-O0"]
    subprocess.run(["make", "-s", "-j2", *settings, f"{tmp_path}/minios.elf"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    stored = tmp_path / "stored.txt"
    stored.write_text((STORED / "gcc.txt").read_text())
    status, text = compare(tmp_path / "minios.elf", stored)
    assert status == 1 and text.count("GREW") >= 8, text
    assert compare(tmp_path / "minios.elf", stored, UPDATE="1")[0] == 0
    status, text = compare(tmp_path / "minios.elf", stored)
    assert status == 0 and "GREW" not in text, text
