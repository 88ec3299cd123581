# SPDX-License-Identifier: MIT
#
# The heap's cases on other processors, a test each; and that a heap which is wrong on one of them is found there.

import shutil
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT

TARGETS = ["cortex-m0", "cortex-m4", "arm", "aarch64", "riscv32", "riscv64", "powerpc", "s390x"]


def run_target(root, name):
    return subprocess.run([sys.executable, root / "tests/targets/run.py", name], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_target(name, record_property):
    done = run_target(ROOT, name)
    assert done.returncode == 0, done.stdout
    record_property("figure", done.stdout.strip())


# What is believed of memory and does not hold here: it does on a little-endian machine that may read a word anywhere, which
# 64-bit RISC-V under Linux is.
FIRST_BYTE_LOWEST = "uintptr_t w = 0; for (size_t i = WORD; i > 0; i--) w = w << 8 | down(edge, n * WORD)[i - 1]; return w;"
ELSEWHERE_WRONG = {
    "powerpc": ("return *(const word *)(const void *)down(edge, n * WORD);", FIRST_BYTE_LOWEST),
    "cortex-m0": ("return *(const word_anywhere *)(const void *)anywhere;", "return *(const word *)(const void *)anywhere;"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ELSEWHERE_WRONG)
def test_a_heap_for_one_machine_fails_on_another(tmp_path, name):
    right, wrong = ELSEWHERE_WRONG[name]
    for part in ("heap", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part)
    source = tmp_path / "heap/kheap_tag.h"
    text = source.read_text()
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong))
    done = run_target(tmp_path, name)
    assert done.returncode != 0 and "FAILED" in done.stdout and "does not compile" not in done.stdout, done.stdout
    control = run_target(tmp_path, "riscv64")
    assert control.returncode == 0, control.stdout


def test_unknown_target_is_told():
    done = run_target(ROOT, "pdp-11")
    assert done.returncode != 0 and done.stdout.startswith("there is no target pdp-11; there are: cortex-m0")
