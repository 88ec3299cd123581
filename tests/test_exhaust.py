# SPDX-License-Identifier: MIT
#
# Every short sequence of heap calls against the model, a few seconds in each width and each way of telling states apart;
# `make exhaust` goes on for a minute. And over heaps that are broken on purpose, which have to be noticed as early as they
# can be.

import os
import re
import subprocess

import pytest

from kernel import HANG_SECONDS, ROOT

LAST = re.compile(r"every sequence of up to (\d+) of (\d+) operations, (\d+) bits: (\S+) sequences, (\d+) states, "
                  r"(\S+) operations compared, no difference")

# How the heap is broken | the fewest steps that show it, the last one.
BROKEN = {
    "exact": (1, "alloc(largest)"),
    "double": (1, "free(heap_start)"),
    "gap": (2, "free(newest)"),
    "scribble": (2, "alloc("),
    "stale": (4, "release(0)"),
    "clumsy": (2, "resize(newest, 0)"),
}


def exhaust(flavour, *words, way=None):
    program = ROOT / "build" / "tests" / flavour / ("exhaust-broken" if way else "exhaust")
    done = subprocess.run([program, *words], env=dict(os.environ, BREAK=way or ""), stdout=subprocess.PIPE, text=True,
                          timeout=HANG_SECONDS, check=False)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("way", [[], ["bytes"]], ids=["model", "every-byte"])
@pytest.mark.parametrize("flavour", ["gcc64", "gcc32"])
def test_every_short_sequence(flavour, way, record_property):
    status, lines = exhaust(flavour, "6", *way)
    assert status == 0, lines
    length, operations, bits, sequences, states, compared = (float(figure) for figure in LAST.match(lines[-1]).groups())
    assert length >= 3 and operations >= 71
    assert bits == int(flavour[3:])
    assert sequences == pytest.approx(sum(operations ** i for i in range(1, int(length) + 1)), rel=0.01)
    assert states > 2500
    assert compared > states
    record_property("figure", lines[-1])


@pytest.mark.parametrize("way", BROKEN)
@pytest.mark.parametrize("flavour", ["gcc64", "gcc32"])
def test_a_broken_heap_is_noticed(flavour, way):
    status, lines = exhaust(flavour, "60", way=way)
    assert status == 1, lines
    where = next(i for i, line in enumerate(lines) if line.endswith(" after"))
    steps = [line.strip() for line in lines[where + 1:]]
    assert len(steps) == BROKEN[way][0], lines
    assert steps[-1].startswith(BROKEN[way][1]), lines
    assert ("a call that crashes" in lines[where]) == (way == "clumsy")
