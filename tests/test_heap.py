# SPDX-License-Identifier: MIT
#
# Runs each case of the heap, of formatted output and of boot information in a process of its own, with every compiler
# and width, plain and with the sanitizers; and looks at what the heap's object and header ask of those who take them along.

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLAIN = ["gcc64", "gcc32", "clang64", "clang32"]
FLAVOURS = PLAIN + [name + "-asan" for name in PLAIN]
FIGURES_OF = ["gcc64", "gcc32"]  # both widths; with the sanitizers damage.c does a part
TIMEOUT_SECONDS = 1800  # of the clock: none comes near, however busy the machine is
LONG_CASES = {"damage_of_every_tag"}  # but for the sanitizers, which do a part of it
LONG_WITH_SANITIZERS = {"every_size_at_every_place", "many_blocks_unwound_one_by_one", "pairs_of_words"}
FEWEST_CASES = {"heap": 148, "print": 6, "multiboot": 17}  # raise it with the cases: fewer means that a file was lost on the way

# What a freestanding C compiler may ask for on its own, and what 32-bit position-independent code does.
ALLOWED_SYMBOLS = {"kheap_fault", "memset", "memcpy", "_GLOBAL_OFFSET_TABLE_"}


def program(flavour, name="heap"):
    return ROOT / "build" / "tests" / flavour / name


def run(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        return "timeout", (late.stdout or b"").decode("utf-8", "backslashreplace")
    except OSError as error:
        return "not run", f"{error}\nbuild it with: make test-programs"
    return done.returncode, done.stdout.decode("utf-8", "backslashreplace")


def listed(flavour, name):
    status, output = run(program(flavour, name), "--list")
    return output.split() if status == 0 else []


def marks_of(flavour, case):
    return [pytest.mark.slow] if case in (LONG_CASES if flavour in PLAIN else LONG_WITH_SANITIZERS) else []


def every_case():
    return [pytest.param(flavour, name, case, id=f"{flavour}-{name}-{case}", marks=marks_of(flavour, case))
            for flavour in FLAVOURS for name in FEWEST_CASES for case in listed(flavour, name)]


def symbols_of(flavour, *options):
    folder = program(flavour).parent / "obj" / "heap"
    objects = sorted(folder.glob("*.o"))
    assert objects, f"no object in {folder}"
    status, output = run("nm", *options, *objects)
    assert status == 0, output
    return [line.split() for line in output.splitlines() if line and not line.endswith(":")]


@pytest.mark.parametrize("flavour, name, case", every_case())
def test_case(flavour, name, case, record_property):
    status, output = run(program(flavour, name), case)
    if status != 0:
        pytest.fail(f"{program(flavour, name)} {case}: exit status {status}\n{output}", pytrace=False)
    for line in output.splitlines():
        if line.startswith("figure: ") and flavour in FIGURES_OF:
            record_property("figure", line.split(": ", 1)[1])


@pytest.mark.parametrize("name", FEWEST_CASES)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_no_case_is_lost(flavour, name):
    status, output = run(program(flavour, name), "--list")
    assert status == 0, output
    assert len(output.split()) >= FEWEST_CASES[name]
    assert len(set(output.split())) == len(output.split()), "two cases with one name"
    assert output.split() == listed("gcc32", name), "other cases than gcc32"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_unknown_case_fails(flavour):
    for arguments in (["no_such_case"], [], ["--lis"]):
        status, output = run(program(flavour), *arguments)
        assert status == 2, output


@pytest.mark.parametrize("flavour", PLAIN)
def test_heap_calls_nothing_but_kheap_fault(flavour):
    wanted = {words[-1] for words in symbols_of(flavour, "-u")}
    assert "kheap_fault" in wanted
    assert wanted <= ALLOWED_SYMBOLS | {words[-1] for words in symbols_of(flavour, "--defined-only")}


@pytest.mark.parametrize("flavour", PLAIN)
def test_heap_keeps_no_state(flavour):
    writable = [words for words in symbols_of(flavour, "--defined-only") if words[-2] in "BbDdCcSsGg"]
    assert writable == []


def test_heap_includes_and_asks_nothing_else():
    lines = [line.strip() for path in sorted((ROOT / "heap").glob("*.[ch]")) for line in path.read_text().splitlines()]
    included = {line.split()[1] for line in lines if line.startswith("#include")}
    assert included == {"<stdbool.h>", "<stddef.h>", "<stdint.h>", '"kheap.h"', '"kheap_tag.h"', '"kheap_faults.def"'}
    assert {line for line in lines if line.startswith(("#if", "#elif"))} == \
        {"#ifndef KHEAP_H", "#ifndef KHEAP_TAG_H", "#ifdef __cplusplus", "#ifdef __OPTIMIZE_SIZE__"}  # nothing that names a machine


@pytest.mark.parametrize("language", [["c", "-std=c11"], ["c++", "-std=c++11"]], ids=["c", "c++"])
def test_header_stands_alone(language):
    status, output = run("clang", "-x", language[0], language[1], "-ffreestanding", "-fsyntax-only", "-Wall", "-Wextra",
                         "-Wconversion", "-Werror", ROOT / "heap" / "kheap.h")
    assert status == 0, output
