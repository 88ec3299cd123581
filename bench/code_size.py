# SPDX-License-Identifier: MIT
#
# How many bytes of code the heap is, by what it is for: a function belongs to what calls it, and the diagnosis is what is
# reached only once something is wrong. Functions stay apart (none goes in line because it is called once), to tell them.

import collections
import pathlib
import re
import subprocess

TARGETS = {
    "i386": ["gcc", "-m32", "-fno-pic"],
    "cortex-m0": ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"],
}
PREFIX = {"i386": "", "cortex-m0": "arm-none-eabi-"}
CORE = {"kheap_init", "kheap_alloc", "kheap_alloc_aligned", "kheap_free"}
OPERATIONS = CORE | {"kheap_try_alloc", "kheap_calloc", "kheap_resize", "kheap_mark", "kheap_release"}
# The heart; and what looks, refuses and tells: reached from the heart only once something is wrong.
SOURCES = ["heap/kheap.c", "heap/kheap_look.c"]


def sizes_and_calls(target, build, source):
    """Bytes of each function of a source, and which others of it each mentions."""
    path = build / f"size-{target}-{source.stem}.o"
    subprocess.run([*TARGETS[target], "-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-fno-inline-functions-called-once",
                    "-c", source, "-o", path], check=True, cwd=build.parent.parent)
    shown = {tool: subprocess.run([PREFIX[target] + tool, option, path], stdout=subprocess.PIPE, text=True, check=True).stdout
             for tool, option in (("size", "-A"), ("objdump", "-r"))}
    sizes = {name: int(size) for name, size in re.findall(r"^\.text\.([\w.]+) +(\d+)", shown["size"], re.M)}
    calls = collections.defaultdict(set)
    for name, body in re.findall(r"RELOCATION RECORDS FOR \[\.text\.([\w.]+)\]:\n(.*?)(?:\n\n|\Z)", shown["objdump"], re.S):
        calls[name] = {other for other in sizes if re.search(rf"[ .]{re.escape(other)}$", body, re.M)}
    return sizes, calls


def reached(roots, calls):
    seen, ahead = set(), list(roots)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += calls[name]
    return seen


def measure(build):
    found = {}
    for target in TARGETS:
        (sizes, calls), (looking, _) = (sizes_and_calls(target, build, pathlib.Path(source)) for source in SOURCES)
        core, operations = reached(CORE, calls), reached(OPERATIONS, calls)
        found[target] = {"core": sum(sizes[name] for name in core if name in sizes),
                         "all operations": sum(sizes[name] for name in operations if name in sizes),
                         "diagnosis": sum(looking.values()),
                         "functions": {name.split(".")[0]: size for name, size in sorted(sizes.items()) if name in operations}}
    return found
