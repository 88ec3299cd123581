# SPDX-License-Identifier: MIT
#
# How the checks of the exercises are put together.

import re
import subprocess

from kernel import ROOT
from learn import EXERCISES


def symbols(path, *options):
    told = subprocess.run(["nm", *options, path], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r" (\w+)$", told, re.M))


def calls_of_the_checks():
    """{file: files that it needs something of}, as the compiled files tell it."""
    subprocess.run(["make", "-sf", "exercises/rules.mk", "build/learn-gcc/checks.o", "CC=gcc"], cwd=ROOT, check=True)
    files = {path.stem: ROOT / "build/learn-gcc" / f"{path.stem}.o" for path in (EXERCISES / "check").glob("*.c")}
    given = {name: symbols(path, "--defined-only", "--extern-only") for name, path in files.items()}
    needed = {name: symbols(path, "--undefined-only") for name, path in files.items()}
    return {name: {other for other in files if other != name and needed[name] & given[other]} for name in files}


def test_no_two_files_of_the_checks_need_each_other():
    """Whatever needs nothing any more is taken away; with a circle something is left."""
    left = calls_of_the_checks()
    assert left["main"] >= {"contain", "say"} and left["contain"] >= {"arena", "say"}
    while free := {name for name, needs in left.items() if not needs & set(left)}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert not left, left
