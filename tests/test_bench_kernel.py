# SPDX-License-Identifier: MIT
#
# The command `bench`, and what holds its counts: a kernel whose heap is compiled without optimisation must be noticed.

import os
import re
import subprocess
import sys

import pytest

from kernel import COMPILERS, HANG_SECONDS, MACHINES, OK, ROOT, SCRIPT_FAILED, image, run

STORED = ROOT / "tests" / "bench-kernel"


def version(compiler):
    return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def compare(kernel, stored, compiler, **env):
    done = subprocess.run([sys.executable, STORED / "compare.py", kernel, stored, compiler], capture_output=True,
                          text=True, timeout=HANG_SECONDS, env=dict(os.environ, **env), check=False)
    return done.returncode, done.stdout + done.stderr


def scaled(stored, factor, path):
    """The stored counts, as if they had been larger or smaller by that much."""
    head, *lines = stored.read_text().splitlines()
    lines = [re.sub(r"(?<= )\d+\.\d", lambda count: f"{float(count[0]) * factor:.1f}", line) for line in lines]
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


@pytest.mark.parametrize("machine", MACHINES)
def test_the_bench_leaves_the_heap_as_it_was(machine):
    status, text = run(machine, "alloc 100\nstats\nbench\nstats\ncheck\nalloc 3\nhalt\n",
                       qemu="-icount shift=0,sleep=off")  # instructions: a busy machine's clock may make the least of them nothing
    assert status == OK
    stats = re.findall(r"minios> stats\n(.*?)minios> ", text, re.S)
    assert len(stats) == 2 and stats[0] == stats[1]
    assert "no damage found" in text and "\n#2 at " in text
    rows = re.findall(r"^  \S.*?  +(\d+\.\d) +(\d+\.\d) +(\d+\.\d) +(\d+\.\d)$", text, re.M)
    assert len(rows) == 7, text
    for least_get, median_get, least_give, median_give in (map(float, row) for row in rows):
        assert 0 <= least_get <= median_get and 0 <= least_give <= median_give
        assert machine == "host" or (least_get > 0 and least_give > 0)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_heap_without_room_is_told(machine):
    status, text = run(machine, "", ["heap=256K", "script=bench"])
    assert status == SCRIPT_FAILED
    assert "the bench needs 512K of free heap; free something, or start with heap=1M\n" in text


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_counts_are_those_that_are_stored(compiler, record_property):
    status, text = compare(image("i386", compiler), STORED / f"{compiler}.txt", version(compiler))
    assert status == 0, text
    plain = re.search(r"^  100 bytes, without poison +([\d.]+).*? ([\d.]+) +[\d.]+\s*\w*$", text, re.M)
    record_property("figure", f"kheap_alloc and kheap_free in the booted kernel, {compiler}: {plain[1]} and {plain[2]} "
                              "instructions")


@pytest.fixture(name="counted", scope="module")
def counted_now(tmp_path_factory):
    """What is counted here and now, whatever is stored."""
    path = tmp_path_factory.mktemp("counted") / "gcc.txt"
    assert compare(image("i386"), path, "this", UPDATE="1")[0] == 0
    return path


@pytest.mark.parametrize("compiler,factor,says", [
    ("this", 1.06, "more than 5 % above what is stored"), ("this", 1.04, None),
    ("other", 1.26, "more than 25 % above what is stored"), ("other", 1.24, "stored with this, counted with other"),
    ("this", 0.99, "lower than what is stored: UPDATE=1 make bench-kernel stores it"),
])
def test_how_much_more_is_too_much(counted, compiler, factor, says, tmp_path):
    stored = scaled(counted, 1 / factor, tmp_path / "stored.txt")
    status, text = compare(image("i386"), stored, compiler)
    assert (status != 0) == ("GREW" in text) == ("above" in (says or "")), text
    assert says is None or says in text


@pytest.mark.slow
def test_a_slower_heap_is_noticed_and_can_be_stored(counted, tmp_path):
    settings = ["MACHINE=i386", "CC=gcc", "SANITIZE=", "COVERAGE=", f"BUILD={tmp_path}", "OPTIMISE=-O0"]
    subprocess.run(["make", "-s", "-j2", *settings, f"{tmp_path}/minios.elf"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    stored = tmp_path / "stored.txt"
    stored.write_text(counted.read_text())
    status, text = compare(tmp_path / "minios.elf", stored, "this")
    assert status == 1 and text.count("GREW") >= 8, text
    assert compare(tmp_path / "minios.elf", stored, "this", UPDATE="1")[0] == 0
    status, text = compare(tmp_path / "minios.elf", stored, "this")
    assert status == 0 and "GREW" not in text, text
