# SPDX-License-Identifier: MIT
#
# Runs the fuzzed targets over their committed inputs, each of which reaches code that no other one does, and looks at how
# a find is told. Looking for new inputs is `make fuzz`.

import os
import re
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT

pytestmark = pytest.mark.slow  # five builds with libFuzzer
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
TARGETS = ["clang64/heap", "clang64/prompt", "clang64/boot", "clang32/heap", "clang32/boot"]
FEWEST_EDGES = {"heap": 600, "prompt": 1150, "boot": 340}  # fewer: the inputs do not mean any more what they did
MOST_FILES, MOST_BYTES = 100, 2048
SETTINGS = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


def run(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=SETTINGS,
                          timeout=HANG_SECONDS, check=False)
    return done.returncode, done.stdout.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("target", TARGETS)
def test_corpus(target):
    name = target.split("/")[1]
    files = list((CORPUS / name).iterdir())
    status, output = run(ROOT / "build" / "fuzz" / target, "-runs=0", "-timeout=100", CORPUS / name)
    assert status == 0, output[-5000:]
    assert f"seed corpus: files: {len(files)} " in output
    assert int(re.search(r"INITED cov: (\d+)", output)[1]) >= FEWEST_EDGES[name]


@pytest.mark.parametrize("name", FEWEST_EDGES)
def test_corpus_is_small(name):
    sizes = [path.stat().st_size for path in (CORPUS / name).iterdir()]
    assert 10 <= len(sizes) <= MOST_FILES
    assert max(sizes) <= MOST_BYTES


def test_a_find_is_told_and_can_be_seen_again():
    status, output = run(sys.executable, "tests/fuzz/run.py", "clang64", "60", "selftest")
    assert status == 1, output
    assert re.search(r"selftest\.c:\d+: next_byte\(&in\) != .g.: ", output), output
    again = re.search(r"FOUND SOMETHING. See it again: (\S+) (\S+)$", output, re.M)
    assert (ROOT / again[2]).read_bytes()[:3] == b"bug"
    status, output = run(*again.groups())
    assert status != 0 and "selftest.c:" in output


def test_no_find_is_told_too():
    status, output = run(sys.executable, "tests/fuzz/run.py", "clang64", "1", "boot")
    assert status == 0, output
    assert re.search(r"^boot +nothing found in 1 seconds: \d+ runs, \d+ edges", output, re.M)
