# SPDX-License-Identifier: MIT
#
# The checks of the exercises by themselves, without what ./minios learn says of them: how they are put together, that they
# ask the same of a heap of 32 bits, and what is right or wrong only where an address is wider than an int.

import re
import subprocess

import pytest

from kernel import HANG_SECONDS, ROOT, first_of_each
from learn import BOSS, EXERCISES, changed, solution, wrong_answers


def symbols(path, *options):
    told = subprocess.run(["nm", *options, path], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r" (\w+)$", told, re.M))


def calls_of_the_checks():
    """{file: files that it needs something of}, as the compiled files tell it."""
    files = {path.stem: path for path in objects()}
    given = {name: symbols(path, "--defined-only", "--extern-only") for name, path in files.items()}
    needed = {name: symbols(path, "--undefined-only") for name, path in files.items()}
    return {name: {other for other in files if other != name and needed[name] & given[other]} for name in files}


def sources():
    return sorted((EXERCISES / "check").rglob("*.c"))


def objects():
    subprocess.run(["make", "-sf", "exercises/rules.mk", "build/learn-gcc/checks.o", "CC=gcc"], cwd=ROOT, check=True)
    return [ROOT / "build/learn-gcc" / path.relative_to(EXERCISES / "check").with_suffix(".o") for path in sources()]


def test_no_two_files_of_the_checks_need_each_other():
    """Whatever needs nothing any more is taken away; with a circle something is left."""
    left = calls_of_the_checks()
    assert left["main"] >= {"run", "contain"} and left["contain"] >= {"crash"} and left["crash"] >= {"arena", "say", "told"}
    while free := {name for name, needs in left.items() if not needs & set(left)}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert not left, left


def test_the_checks_know_nothing_of_their_home():
    """Neither do the files that carry them, but for what home.h asks of it."""
    for path in (EXERCISES / "check").glob("*.[ch]"):
        ours, others = (set(re.findall(pattern, path.read_text(), re.M)) for pattern in (r'^#include "(.*)"', r"^#include <(.*)>"))
        assert others <= {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}, path.name
        assert all((EXERCISES / "check" / name).exists() for name in ours - {"my_heap.h"}), path.name
        if re.search("^const struct check ", path.read_text(), re.M):
            assert ours <= {"check.h", "say.h"}, path.name


# ---- One heap, one answer ----

def report_of(text, step, folder, linked, width="-m64"):
    source, program = folder / "heap.c", folder / "heap"
    source.write_text(text)
    subprocess.run(["gcc", width, "-std=c11", "-w", "-fno-pie", "-no-pie", "-iquote", EXERCISES, "-o", program, source, *linked],
                   check=True)
    return subprocess.run([program, str(step)], capture_output=True, text=True, timeout=HANG_SECONDS, check=False).stdout


def asked(*arguments):
    """The diagnosis; None when the heap passes."""
    said = report_of(*arguments)
    return None if said.endswith("passed\n") else re.search(r"^diagnosis (\S+)$", said, re.M)[1]


@pytest.fixture(scope="module")
def narrow_objects(tmp_path_factory):
    """The checks, compiled for 32 bits."""
    folder = tmp_path_factory.mktemp("narrow")
    subprocess.run(["gcc", "-m32", "-c", "-D_GNU_SOURCE", "-std=c11", "-O1", "-fno-omit-frame-pointer", "-fno-pie", "-Wall",
                    "-Wextra", "-Werror", "-iquote", EXERCISES, "-iquote", EXERCISES / "check", *sources()], cwd=folder, check=True)
    return [folder / f"{source.stem}.o" for source in sources()]


# What is no mistake where an address has 32 bits.
ONLY_WIDE = {"address-cut-short", "size-cut-short", "seal-cut-short"}


@pytest.mark.slow
@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_a_heap_of_32_bits_gets_the_same_diagnoses(step, narrow_objects, tmp_path):
    assert asked(solution(step), step, tmp_path, narrow_objects, "-m32") is None
    told = {name: asked(code, step, tmp_path, narrow_objects, "-m32") for name, code in wrong_answers(step)}
    assert {name for name, other in told.items() if other not in (name, None)} == set()
    assert {name for name, other in told.items() if other is None} <= ONLY_WIDE


# ---- Wide and narrow ----

INIT = """-    h->heap_start = (unsigned char *)memory + lost;
-    h->heap_end = h->heap_start + (size - lost) / KHEAP_ALIGN * KHEAP_ALIGN;
+    h->heap_start = (unsigned char *)({});
+    h->heap_end = (unsigned char *)({});
"""
ROUNDED = """-    return (size + (KHEAP_ALIGN - 1)) / KHEAP_ALIGN * KHEAP_ALIGN;
+    return {};
"""
PADDING = """-    return (size_t)(0 - address) & (align - 1);
+    return {};
"""
SEAL = """-    return (uintptr_t)tag ^ tag->size ^ (tag->gap << 1) ^ GUARD;
+    return {};
"""


def line(old, new):
    return f"-{old}\n+{new}\n"


# The step | what stands there instead | the diagnosis; None: it is right.
WIDTHS = [
    (1, INIT.format("((uintptr_t)memory + KHEAP_ALIGN - 1) & ~(KHEAP_ALIGN - 1)",
                    "((uintptr_t)memory + size) & ~(KHEAP_ALIGN - 1)"), None),
    (1, INIT.format("((uintptr_t)memory + 15) & ~15u", "((uintptr_t)memory + size) & ~15u"), "address-cut-short"),
    (1, INIT.format("(uintptr_t)(((int)(uintptr_t)memory + 15) & ~15)", "(((uintptr_t)memory + size) & ~15)"), "address-cut-short"),
    (1, INIT.format("((uintptr_t)memory + 15) & ~(uintptr_t)15", "((uintptr_t)memory + size) & ~15u"), "address-cut-short"),
    (3, """-    unsigned char *payload = h->free_memory_pointer + padding((uintptr_t)h->free_memory_pointer, align);
+    unsigned low = (unsigned)(uintptr_t)h->free_memory_pointer;
+    unsigned char *payload = (unsigned char *)(uintptr_t)((low + align - 1) & ~(unsigned)(align - 1));
+    if (payload < h->free_memory_pointer)
+        return NULL;
""", "address-cut-short"),
    (BOSS, ROUNDED.format("(size + KHEAP_ALIGN - 1) & ~(KHEAP_ALIGN - 1)"), None),
    (BOSS, ROUNDED.format("(size + 15) & ~15u"), "size-cut-short"),
    (BOSS, ROUNDED.format("((unsigned)size + 15) / 16 * 16"), "size-cut-short"),
    (BOSS, PADDING.format("(unsigned)(0 - address) & (align - 1)"), "gap-cut-short"),
    (BOSS, PADDING.format("(size_t)(0 - (int)address) & (align - 1)"), "gap-cut-short"),
    (BOSS, line("static bool fits(size_t left, size_t gap, size_t size)", "static bool fits(unsigned left, size_t gap, size_t size)"),
     "size-cut-short"),
    (BOSS, line("static bool fits(size_t left, size_t gap, size_t size)", "static bool fits(size_t left, unsigned gap, size_t size)"),
     "gap-cut-short"),
    (BOSS, line("    size_t gap = padding((uintptr_t)h->free_memory_pointer, align);",
                "    unsigned gap = padding((uintptr_t)h->free_memory_pointer, align);"), "gap-cut-short"),
    (BOSS, line("    tag->size = size;", "    tag->size = (unsigned)size;"), "size-cut-short"),
    (BOSS, line("    tag->gap = gap;", "    tag->gap = (unsigned)gap;"), "gap-cut-short"),
    (BOSS, line("    b->size = tag->size;", "    b->size = (unsigned)tag->size;"), "size-cut-short"),
    (BOSS, line("    b->gap = tag->gap;", "    b->gap = (unsigned)tag->gap;"), "gap-cut-short"),
    (BOSS, line("    stats.used = (size_t)(h->free_memory_pointer - h->heap_start);",
                "    stats.used = (unsigned)(h->free_memory_pointer - h->heap_start);"), "size-cut-short"),
    (BOSS, line("    size_t room = (size_t)((const unsigned char *)tag - h->heap_start);",
                "    unsigned room = (unsigned)((const unsigned char *)tag - h->heap_start);"), "size-cut-short"),
    (BOSS, line("static uintptr_t seal_of(const struct my_tag *tag)", "static unsigned seal_of(const struct my_tag *tag)"),
     "seal-cut-short"),
    (BOSS, SEAL.format("(uintptr_t)tag ^ tag->size * 31 ^ tag->gap"), None),
    (10, SEAL.format("(uintptr_t)tag ^ tag->size ^ tag->gap ^ GUARD"), "seal-cancels"),
    (10, SEAL.format("(uintptr_t)tag + (tag->size + tag->gap)"), "seal-cancels"),
]


@pytest.mark.parametrize("step,change,diagnosis", first_of_each(WIDTHS, lambda row: (row[0], row[2])))
def test_what_is_cut_to_32_bits_is_told(step, change, diagnosis, tmp_path):
    assert asked(changed(solution(step), change), step, tmp_path, objects()) == diagnosis


def test_a_heap_that_fills_what_it_gives_is_no_worse(tmp_path):
    filled = "    for (size_t i = 0; i < size; i++)\n+        payload[i] = 0xCD;\n+    tag->size = size;"
    text = changed(solution(BOSS), line("    tag->size = size;", filled))
    assert asked(text, BOSS, tmp_path, objects()) is None


def test_figures_that_wrapped_around_are_shown_whole(tmp_path):
    turned = line("    stats.used = (size_t)(h->free_memory_pointer - h->heap_start);",
                  "    stats.used = (size_t)(h->heap_start - h->free_memory_pointer);") + "...\n" + line(
        "    stats.free = (size_t)(h->heap_end - h->free_memory_pointer);",
        "    stats.free = SIZE_MAX / 3;") + "...\n" + line(
            "    stats.largest = stats.free > TAG ? stats.free - TAG : 0;", "    stats.largest = 0 - TAG;")
    said = report_of(changed(solution(6), turned), 6, tmp_path, objects())
    assert re.search(rf"^call my_stats\(&heap\)   -> used SIZE_MAX - \d+, free {(2 ** 64 - 1) // 3}, largest SIZE_MAX - 31$", said, re.M)


SIGNED = ["(int)size > (int)left", "(long)size > (long)left - (long)gap", "(ptrdiff_t)(left - gap - size) < 0",
          "(ptrdiff_t)left < (ptrdiff_t)(gap + rounded(size))"]


@pytest.mark.parametrize("compared", SIGNED)
def test_a_signed_compare_is_not_told_as_a_sum_that_wraps(compared, tmp_path):
    text = changed(solution(4), line("    if (!fits(left, gap, size))", f"    if ({compared})"))
    assert asked(text, 4, tmp_path, objects()) == ("size-cut-short" if "int)" in compared else "signed-compare")
