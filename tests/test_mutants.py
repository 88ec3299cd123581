# SPDX-License-Identifier: MIT
#
# The tool that mutates the heap, tried on a small file whose mutants and their fates are known (tests/mutants/sample);
# and then, slowly, the whole of the heap: each mutant is killed or known to change nothing.

import re
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT

SAMPLE = ROOT / "tests" / "mutants" / "sample"
CASES = ["tests/case.o", "tests/mutants/sample/cases.o"]


def run(build, equivalent, *options, source=SAMPLE / "sample.c"):
    objects = [[f"--object{width}", *(ROOT / "build" / "tests" / f"gcc{width}" / "obj" / case for case in CASES)]
               for width in (64, 32)]
    tool = ROOT / "tests" / "mutants" / "mutants.py"
    done = subprocess.run([sys.executable, tool, "--source", source, "--build", build, "--equivalent", equivalent,
                           *objects[0], *objects[1], *options],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)
    return done.returncode, done.stdout


@pytest.mark.slow
def test_sample(tmp_path):
    status, output = run(tmp_path, SAMPLE / "equivalent.txt")
    fates = (tmp_path / "fates.txt").read_text()
    fates = re.sub(r"(?m)^\S*/|by \w+, | $", "", fates)  # which of several cases kills is a matter of luck
    assert fates == (SAMPLE / "fates.txt").read_text()
    assert status == 1 and "LISTED" not in output
    assert re.findall(r"(?m)^SURVIVED.*\n(?:[-+ @].*\n)*(\w+)\n.*\n    \+ (.*)", output) == [
        ("forget", ";"), ("forget", "*n = 1;")]
    assert "\n {\n-    *n = 0;\n+    *n = 1;\n }\n" in output
    assert "sample.c:11 TOP" in output and "sample.c:12 IS_MULTIPLE" in output
    assert "sample.c:40 IS_MULTIPLE" in output  # its arguments are not mutated either
    assert re.search(r"45 mutants of 7 functions, 7 cases: 35 killed, 1 same code, "
                     r"6 equivalent \(listed\), 2 survived, 1 not compiling; \d+ seconds\n$", output)


BEFORE = "clamped\n- if (*n > TOP)\n+ "
EQUIVALENT = BEFORE + "if (*n >= TOP)\n+ if (*n > (TOP - 1))\nsame\n"


@pytest.mark.slow
@pytest.mark.parametrize("listed, status, said", [
    (EQUIVALENT, 0, "6 killed, 0 same code, 2 equivalent (listed), 0 survived"),
    (EQUIVALENT.replace("if (*n >= TOP)\n+ ", ""), 1, "6 killed, 0 same code, 1 equivalent (listed), 1 survived"),
    (f"{EQUIVALENT}\n{BEFORE}if (*n <= TOP)\nwrong\n", 1, "LISTED, but killed by clamped_at_its_edge"),
    (f"{EQUIVALENT}\n{BEFORE}if (*n > 9)\ngone\n", 1, "LISTED, but there is no such mutant:\nclamped\n"),
    (f"{EQUIVALENT}\n{EQUIVALENT.replace('clamped', 'clamped #2')}", 1, "there is no such mutant:\nclamped #2\n"),
    (f"{EQUIVALENT}\n{EQUIVALENT.replace('clamped', 'another')}", 0, "2 equivalent"),
    (EQUIVALENT.replace("same\n", ""), 1, "not function, - and +, reason"),
], ids=["right", "survivor", "killed", "gone", "no-second", "another", "no-reason"])
def test_list(listed, status, said, tmp_path):
    (tmp_path / "equivalent.txt").write_text(listed)
    got, output = run(tmp_path, tmp_path / "equivalent.txt", "--only", "clamped")
    assert got == status, output
    assert said in output


def test_sample_of_the_mutants(tmp_path):
    status, output = run(tmp_path, SAMPLE / "equivalent.txt", "--only", "clamped", "--every", "3")
    assert status == 0 and "3 mutants of 1 functions" in output


def test_nothing_to_do_is_no_success(tmp_path):
    status, output = run(tmp_path, SAMPLE / "equivalent.txt", "--only", "no_such_function")
    assert status == 1 and "no mutant of no_such_function" in output


def test_cases_that_fail_anyway_prove_nothing(tmp_path):
    (tmp_path / "sample.c").write_text((SAMPLE / "sample.c").read_text().replace("*n = TOP", "*n = 7"))
    (tmp_path / "sample.h").write_text((SAMPLE / "sample.h").read_text())
    status, output = run(tmp_path, SAMPLE / "equivalent.txt", source=tmp_path / "sample.c")
    assert status == 1 and "clamped_at_its_edge fails without any mutation" in output


@pytest.mark.slow
def test_heap(record_property):
    done = subprocess.run(["make", "-s", "mutants"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout
    last = done.stdout.splitlines()[-1]
    assert int(re.match(r"(\d+) mutants of", last)[1]) > 500
    record_property("figure", last)


def test_case_of_one_width_is_no_case(tmp_path):
    (tmp_path / "more.c").write_text('#include "case.h"\nCASE(only_here) { CHECK(1, ==, 1); }\n')
    subprocess.run(["gcc", "-m32", "-c", "-iquote", ROOT / "tests", "-o", tmp_path / "more.o", tmp_path / "more.c"], check=True)
    objects = [ROOT / "build" / "tests" / "gcc32" / "obj" / case for case in CASES]
    status, output = run(tmp_path, SAMPLE / "equivalent.txt", "--only", "clamped", "--object32", *objects, tmp_path / "more.o")
    assert status == 1 and "in the other: only_here" in output
