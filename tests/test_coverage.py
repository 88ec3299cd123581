# SPDX-License-Identifier: MIT
#
# Which lines and branches the tests execute, over booted and hosted runs together: the sessions and the tests at the
# prompt, on both machines, plain and instrumented, over kernels that count (tests/coverage/build.mk); and the hosted
# cases of the heap, of formatted output and of the instrumented kernel's run time.

import os
import shutil
import subprocess
import sys

import pytest

from kernel import ROOT
from test_heap import listed, program, run

sys.path.insert(0, str(ROOT / "tests" / "coverage"))
from counts import Executed, write_dumps  # noqa: E402  (its folder has to be known first)

BOOTED = ["test_transcripts.py", "test_interrupts.py", "test_terminal.py", "test_boot.py", "test_prompt.py", "test_lab.py", "test_sanitize.py",
          "test_bench_kernel.py::test_the_bench_leaves_the_heap_as_it_was",
          "test_bench_kernel.py::test_a_heap_without_room_is_told", "test_machine_i386.py::test_modules_stay_whole",
          "test_machine_i386.py::test_many_modules"]
# The size and the speed of the plain kernel, debuggers that end it, repetitions, and what is no kernel at all.
NOT_BOOTED = ["image", "bit_for_bit", "milliseconds", "gdb", "ten_thousand", "slowdown", "run_time", "case_was_lost",
              "each_instruction", "a_storm and 0000", "lock_alone"]
FEWEST_KERNELS = 400
FLAVOURS = ["gcc64-coverage", "gcc32-coverage"]
PROGRAMS = ["heap", "print", "sanitize"]

LEAST_PERCENT = {("heap", "lines"): 100, ("heap", "branches"): 100, ("kernel", "lines"): 95}
FOLDER = ROOT / "build" / "coverage"
MISSING = ROOT / "build" / "coverage-missing"

# What cannot be executed, as `missing` writes it but without its line's number, and why not. It counts as executed.
NEVER = {}


def build():
    done = subprocess.run(["make", "-s", "-j2", "coverage-programs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def counter_files():
    """Where the counters of heap/ and kernel/ go, one for each object of each build."""
    return [path.with_suffix(".gcda") for folder in ("*-coverage", "tests/*-coverage/obj") for part in ("heap", "kernel")
            for path in (ROOT / "build").glob(f"{folder}/{part}/**/*.gcno")]


def forget():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for path in (ROOT / "build").rglob("*.gcda"):
        path.unlink()


def run_kernels():
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    chosen = " and ".join(f"not ({name})" for name in NOT_BOOTED)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-k", chosen,
                           *BOOTED], cwd=ROOT / "tests", env=dict(env, COVERAGE=str(FOLDER)), capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, f"these tests fail over kernels that count:\n{done.stdout[-5000:]}"
    kernels = write_dumps(sorted(FOLDER.iterdir()))
    assert kernels >= FEWEST_KERNELS, f"only {kernels} kernels wrote down what they counted"


def run_cases():
    for flavour in FLAVOURS:
        for name in PROGRAMS:
            cases = listed(flavour, name)
            assert cases, f"no case in {program(flavour, name)}"
            for case in cases:
                status, output = run(program(flavour, name), case)
                assert status == 0, f"{program(flavour, name)} {case}: exit status {status}\n{output}"


def missing(file, executed, kind):
    """Each line or branch that nothing executed: its place, and what stands there."""
    source = [""] + (ROOT / file).read_text().splitlines()
    if kind == "lines":
        return [(f"{file}:{line}", source[line].strip()) for line, count in sorted(executed.lines[file].items()) if not count]
    return [(f"{file}:{line}", f"{source[line].strip()}  (branch {which + 1} of {many} in {function})")
            for (line, function, many, which), count in sorted(executed.branches[file].items()) if not count]


def gate(part, kind, executed):
    """The figure, its percentage, and what is missing."""
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / part).rglob("*.c"))]
    counts = {file: getattr(executed, kind)[file] for file in files}
    unread = [file for file in files if not executed.lines[file]]
    assert not unread, f"no build counts in {unread}"
    gone = [(place, text) for file in files for place, text in missing(file, executed, kind)
            if f"{place.split(':')[0]}: {text}" not in NEVER]
    total = sum(map(len, counts.values()))
    percent = 100 * (total - len(gone)) / total
    return f"coverage: {total - len(gone)} of {total} {kind} of {part}/, {percent:.1f} %", percent, gone


def check_never(executed):
    known = {f"{file}: {text}" for kind in ("lines", "branches") for file in list(executed.lines) if file.endswith(".c")
             for _, text in missing(file, executed, kind)}
    assert set(NEVER) <= known, f"executed after all, or gone: {set(NEVER) - known}"


@pytest.mark.slow
def test_the_tests_execute_the_heap_wholly_and_nearly_all_of_the_kernel(record_property):
    build()
    forget()
    run_kernels()
    run_cases()
    executed = Executed(ROOT)
    executed.read([path for path in counter_files() if path.exists()])
    check_never(executed)
    results = {key: gate(*key, executed) for key in LEAST_PERCENT}
    MISSING.write_text("".join(f"{place}: {text}\n" for _, _, gone in results.values() for place, text in gone))
    failures = []
    for key, (figure, percent, gone) in results.items():
        record_property("figure", figure)
        if percent < LEAST_PERCENT[key]:
            failures.append(f"{figure}, but {LEAST_PERCENT[key]} % are asked for; never executed:\n" +
                            "".join(f"  {place}: {text}\n" for place, text in gone))
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)
