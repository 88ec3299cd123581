# SPDX-License-Identifier: MIT
#
# How many bytes of code the heap is, by what it is for: a function belongs to what calls it, and the diagnosis is what is
# reached only once something is wrong. Functions stay apart (none goes in line because it is called once), to tell them.

import collections
import re
import subprocess

TARGETS = {
    "i386": ["gcc", "-m32", "-fno-pic"],
    "cortex-m0": ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"],
}
PREFIX = {"i386": "", "cortex-m0": "arm-none-eabi-"}
CORE = {"kheap_init", "kheap_alloc", "kheap_alloc_aligned", "kheap_free"}
OPERATIONS = CORE | {"kheap_try_alloc", "kheap_calloc", "kheap_resize", "kheap_mark", "kheap_release"}
# Refusing and telling: reached from the operations once something is wrong, and not part of them.
DIAGNOSIS = {"refuse_alloc", "refuse_free", "step", "kheap_check", "kheap_walk", "kheap_stats"}


def sizes_and_calls(target, build):
    """Bytes of each function, and which others it mentions."""
    path = build / f"size-{target}.o"
    subprocess.run([*TARGETS[target], "-std=c11", "-Os", "-ffreestanding", "-ffunction-sections", "-fno-inline-functions-called-once",
                    "-c", "heap/kheap.c", "-o", path], check=True, cwd=build.parent.parent)
    shown = {tool: subprocess.run([PREFIX[target] + tool, option, path], stdout=subprocess.PIPE, text=True, check=True).stdout
             for tool, option in (("size", "-A"), ("objdump", "-r"))}
    sizes = {name: int(size) for name, size in re.findall(r"^\.text\.([\w.]+) +(\d+)", shown["size"], re.M)}
    calls = collections.defaultdict(set)
    for name, body in re.findall(r"RELOCATION RECORDS FOR \[\.text\.([\w.]+)\]:\n(.*?)(?:\n\n|\Z)", shown["objdump"], re.S):
        calls[name] = {other for other in sizes if re.search(rf"[ .]{re.escape(other)}$", body, re.M)}
    return sizes, calls


def reached(roots, calls, stop):
    seen, ahead = set(), [name for name in roots if name not in stop]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += [other for other in calls[name] if other.split(".")[0] not in stop]
    return seen


def measure(build):
    found = {}
    for target in TARGETS:
        sizes, calls = sizes_and_calls(target, build)
        core, operations = reached(CORE, calls, DIAGNOSIS), reached(OPERATIONS, calls, DIAGNOSIS)
        found[target] = {"core": sum(sizes[name] for name in core if name in sizes),
                         "all operations": sum(sizes[name] for name in operations if name in sizes),
                         "diagnosis": sum(size for name, size in sizes.items() if name not in operations)}
    return found
