# SPDX-License-Identifier: MIT
#
# The book's programs that are wrong on purpose: each compiles without a warning, fails, and says just what its pages show.

import re
import subprocess

import pytest
from kernel import HANG_SECONDS, ROOT

PROGRAMS = sorted((ROOT / "docs" / "wrong").glob("*.c"))
PAGES = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "en").glob("*.md")]


def test_there_are_some():
    assert len(PROGRAMS) >= 7


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_fails_as_told(program, tmp_path):
    made = tmp_path / program.stem
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", made, program], check=True)
    done = subprocess.run([made], capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 1
    fence = re.compile(rf"^```console wrong:{program.stem}\n(.*?)^```", re.M | re.S)
    shown = [match for page in PAGES for match in fence.findall(page.read_text())]
    assert len(shown) >= 2, "shown in one language only"
    assert set(shown) == {done.stdout}
