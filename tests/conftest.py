# SPDX-License-Identifier: MIT
#
# The end of a run: the figures that tests measured (record_property("figure", ...)), and a last line that counts, in one
# form for people and machines. A skipped test counts as failed: a missing tool is no reason to look green. Only the proof
# may be left out, if ./minios found that this system has no Frama-C (MINIOS_WITHOUT=proof), and the page in which the heap is
# written, if its compiler cannot be made here (MINIOS_WITHOUT=page), and never in CI; the end says so.

import fcntl
import os
import pathlib

import pytest

from kernel import COMPILERS, SANITIZED
from test_heap import FLAVOURS

# What tools/run-tests builds for the quick tests. A test with another build among its parameters is a slow one; so is one of
# the instrumented kernel on a PC, since as a process it says the same.
QUICK = {"gcc", "gcc-sanitize", "gcc32", "clang64-asan"}
ONLY_IN_ALL = {*COMPILERS, *SANITIZED, *FLAVOURS} - QUICK

# What takes longest is begun first, so that no worker is left alone with it at the end; and what keeps two processors busy by
# itself (mutants, proof, coverage) turn by turn with what looks through a browser and waits much.
LONGEST = ("test_mutants.py::test_heap", "test_headings.py", "test_proof.py::test_every", "test_site.py", "test_coverage.py",
           "test_moving.py", "test_proof.py", "test_lab_page.py", "test_learn_page.py", "test_targets.py", "test_bench.py")


def count_into_own_file(folder, worker):
    """Kernels that count write into one file a worker, one after the other."""
    os.environ["COVERAGE_DUMP"] = f"{folder}/{worker}"
    os.environ["QEMU_OPTIONS"] = (f"-chardev file,id=coverage,path={folder}/{worker},append=on "
                                  "-device isa-debugcon,chardev=coverage")


def pytest_configure(config):
    for name in ("LINES", "COLUMNS"):  # readline puts them there, and programs believe them more than their terminal
        os.environ.pop(name, None)
        os.unsetenv(name)
    if os.environ.get("COVERAGE"):
        count_into_own_file(os.environ["COVERAGE"], os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    config.addinivalue_line("markers", "slow: only in `./minios test all`")
    for name in MAY_LACK:
        config.addinivalue_line("markers", f"{name}: not where MINIOS_WITHOUT={name}, unless CI is set")
    config.addinivalue_line("markers", "alone: at the end, when no other test takes the processor")


# What is said at the end, by the mark of the tests that were left out.
MAY_LACK = {"proof": "no proof on this machine: its tests were left out, because there is no Frama-C for this system",
            "page": "no page to write the heap in on this machine: its tests were left out, because its compiler cannot be made here"}


def lacking():
    return [] if os.environ.get("CI") else [name for name in MAY_LACK if name in os.environ.get("MINIOS_WITHOUT", "").split()]


def needs_another_build(item):
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = {value for value in values if isinstance(value, str)}
    return bool(names & ONLY_IN_ALL) or {"i386", "gcc-sanitize"} <= names


def turn(item):
    """The longest first; what measures time last, when no other test takes the processor."""
    begins = [number for number, name in enumerate(LONGEST) if item.nodeid.startswith(f"tests/{name}")]
    return item.get_closest_marker("alone") is not None, begins[0] if begins else len(LONGEST)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in filter(needs_another_build, items):
        item.add_marker(pytest.mark.slow)
    items[:] = [item for item in items if not any(item.get_closest_marker(name) for name in lacking())]
    items.sort(key=turn)


@pytest.fixture(autouse=True)
def share_the_processor(request):
    """Workers hold one lock together; a test that measures time waits until it has it for itself."""
    alone = request.node.get_closest_marker("alone") is not None
    with open(pathlib.Path(__file__), encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


COUNTS = {"passed": 0, "failed": 0}


FIGURES = []


def pytest_runtest_logreport(report):
    if report.when == "call":
        FIGURES.extend(value for name, value in report.user_properties if name == "figure")
    if report.skipped or report.failed:
        COUNTS["failed"] += 1
    elif report.when == "call":
        COUNTS["passed"] += 1


def pytest_collectreport(report):
    COUNTS["failed"] += report.failed


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput") and COUNTS["failed"] and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        for figure in FIGURES:
            print(figure)
        for name in lacking():
            print(MAY_LACK[name])
        print(f"{COUNTS['passed']} passed, {COUNTS['failed']} failed", flush=True)
