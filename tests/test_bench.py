# SPDX-License-Identifier: MIT
#
# The bench: a short run of all of it, whose exact counts may not have grown over the kept ones; and a heap that does more
# work is noticed.

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from kernel import ROOT

pytestmark = pytest.mark.slow
PEERS = {"kheap", "bump", "glibc", "obstack", "mimalloc", "jemalloc", "tcmalloc", "apr", "talloc"}
WORKLOADS = {"stack", "deep", "pair", "million", "trace", "page", "release"}


def bench(root):
    return subprocess.run([sys.executable, root / "bench/bench.py", "--quick", "--gate"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=900, check=False)


@pytest.mark.alone
def test_bench_and_its_gate(tmp_path, record_property):
    shutil.copytree(ROOT, tmp_path / "copy", ignore=shutil.ignore_patterns("build", ".git"))
    done = bench(tmp_path / "copy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
    assert "run 1 of 3" in done.stderr
    found = json.loads((tmp_path / "copy/build/bench/bench.json").read_text())
    assert set(found["peers"]) == PEERS and set(found["peers"]["kheap"]["ns"]) == WORKLOADS
    drawn = (tmp_path / "copy/build/bench/bench.svg").read_text()
    xml.etree.ElementTree.fromstring(drawn)
    assert all(f">{peer}<" in drawn for peer in PEERS)
    pair = re.search(r"^  kheap +[\d.]+ +[\d.]+ +([\d.]+) ", done.stdout.split("Instructions")[1], re.M)
    record_property("figure", f"instructions of an allocation and its free, x86-64: {pair[1]}")


def test_more_work_is_noticed(tmp_path):
    shutil.copytree(ROOT, tmp_path / "copy", ignore=shutil.ignore_patterns("build", ".git"))
    source = tmp_path / "copy/heap/kheap.c"
    text = source.read_text()
    right = "    if (block == NULL)\n        return;\n"
    assert text.count(right) == 1
    source.write_text(text.replace(right, right + "    for (volatile int i = 0; i < 4; i++)\n        continue;\n"))
    done = bench(tmp_path / "copy")
    assert done.returncode != 0 and "instructions of a free" in done.stderr, done.stderr


def test_kept_figures_are_shown():
    """The READMEs show the chart that lies beside the kept figures."""
    assert (ROOT / "docs/bench.json").exists()
    for name in ("README.md", "README.bn.md"):
        assert "docs/bench.svg" in (ROOT / name).read_text()
