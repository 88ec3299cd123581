# SPDX-License-Identifier: MIT
#
# The bench: a short run of all of it, whose exact counts may not have grown over the kept ones; a heap that does more work
# is noticed, and so is a peer that is not there.

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from kernel import HANG_SECONDS, ROOT

pytestmark = pytest.mark.slow
PEERS = {"kheap", "bump", "glibc", "obstack", "mimalloc", "jemalloc", "tcmalloc", "apr", "talloc"}
WORKLOADS = {"stack", "deep", "pair", "million", "trace", "page", "release"}


def bench(root, *options, path=""):
    return subprocess.run([sys.executable, root / "bench/bench.py", *(options or ("--quick", "--gate"))], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=HANG_SECONDS, check=False,
                          env={**os.environ, "PATH": path + os.environ["PATH"]})


def copy_to(folder):
    """A tree of its own, whose build folder is its own."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build", ".git", "node_modules", "*.timestamp-*"))
    return folder


@pytest.mark.alone
def test_bench_and_its_gate(tmp_path, record_property):
    done = bench(copy_to(tmp_path / "copy"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
    assert "run 1 of 3" in done.stderr
    found = json.loads((tmp_path / "copy/build/bench/bench.json").read_text())
    assert set(found["peers"]) == PEERS and set(found["peers"]["kheap"]["ns"]) == WORKLOADS
    drawn = (tmp_path / "copy/build/bench/bench.svg").read_text()
    xml.etree.ElementTree.fromstring(drawn)
    assert all(f">{peer}<" in drawn for peer in PEERS)
    pair = re.search(r"^  kheap +[\d.]+ +[\d.]+ +([\d.]+)$", done.stdout.split("Instructions")[1], re.M)
    record_property("figure", f"instructions of an allocation and its free, x86-64: {pair[1]}")


def test_more_work_is_noticed(tmp_path):
    copy_to(tmp_path / "copy")
    source = tmp_path / "copy/heap/kheap.c"
    text = source.read_text()
    right = "    if (!ends_last(h, block)) {\n"
    assert text.count(right) == 1
    source.write_text(text.replace(right, "    for (volatile int i = 0; i < 4; i++)\n        continue;\n" + right))
    done = bench(tmp_path / "copy")
    assert done.returncode != 0 and "instructions of a free, x86-64" in done.stderr, done.stderr
    assert "instructions of a free, i386" in done.stderr and "instructions of an allocation" not in done.stderr


def test_a_missing_heap_is_named(tmp_path):
    """One line with the packages to install, before anything is measured."""
    (tmp_path / "bin").mkdir()
    gcc = tmp_path / "bin/gcc"
    gcc.write_text('#!/bin/sh\ncase " $* " in *" -lmimalloc "* | *" -ltalloc "*) echo "cannot find -lx" >&2; exit 1 ;; esac\n'
                   f'exec {shutil.which("gcc")} "$@"\n')
    gcc.chmod(0o755)
    done = bench(copy_to(tmp_path / "copy"), "--quick", path=f"{tmp_path}/bin:")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines()[-1].endswith("apt-get install libmimalloc-dev libtalloc-dev"), done.stderr


@pytest.mark.parametrize("options, told", [(("--quik",), "there is no --quik"), (("--quick", "--keep"), "leave QUICK out")])
def test_wrong_options_change_nothing(options, told):
    before = (ROOT / "docs/bench.json").read_bytes()
    done = bench(ROOT, *options)
    assert done.returncode == 1 and done.stdout == "" and told in done.stderr and done.stderr.count("\n") == 1
    assert (ROOT / "docs/bench.json").read_bytes() == before


def test_kept_figures_are_shown():
    """The READMEs show the chart that lies beside the kept figures."""
    assert (ROOT / "docs/bench.json").exists()
    for name in ("README.md", "README.bn.md"):
        assert "docs/bench.svg" in (ROOT / name).read_text()
