# SPDX-License-Identifier: MIT
#
# kheap beside what a program would use instead, in one run: times, exact instructions, the dearest call, bytes a block, bytes
# of code. Prints tables, writes build/bench/bench.json and build/bench/bench.svg, and with --keep the copies in docs/.
#
#     bench.py [--quick] [--keep] [--gate]      gate: fail when an exact count grew over the one that is kept

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import chart
import code_size

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"
GCC = ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-builtin-malloc", "-fno-builtin-free", "-Iheap", "-Ibench"]
ENVIRONMENT = {**os.environ, "TRACE": str(ROOT / "bench/traces/make.txt")}

# name: what it is, what it is built with
PEERS = {
    "kheap": ("all checks on", ["build/bench/kheap.o"]),
    "bump": ("no checks: the limit", ["bench/bump.c"]),
    "glibc": ("malloc", []),
    "obstack": ("GNU, inline", []),
    "mimalloc": ("", ["-lmimalloc"]),
    "jemalloc": ("", ["-ljemalloc"]),
    "tcmalloc": ("", ["-ltcmalloc_minimal"]),
    "apr": ("pools", ["-I/usr/include/apr-1.0", "-lapr-1"]),
    "talloc": ("", ["-ltalloc"]),
}

# name: what it does, rounds a run
WORKLOADS = {
    "stack": ("64 blocks up and down, 1 to 256 bytes", 20000),
    "deep": ("10,000 blocks up and down", 120),
    "pair": ("one block of 64 bytes, again and again", 20000),
    "million": ("a million live blocks, then unwound", 1),
    "trace": ("the blocks of a real program (make)", 600),
    "page": ("64 pages, aligned to 4096", 5000),
    "release": ("1,000 blocks above a mark, released at once", 1200),
}

MAY_GROW = 0.05

# What is to be reached: figure, most, how it is told.
GOALS = [
    ("stack against glibc", "stack", "glibc", 0.5),
    ("stack against tcmalloc", "stack", "tcmalloc", 0.85),
    ("stack against mimalloc", "stack", "mimalloc", 0.65),
]


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} failed\n{done.stderr}")
    return done.stdout


def tell(text):
    print(f"\r{text:<78}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def program(name):
    return BUILD / name


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    run("gcc", "-std=c11", "-O2", "-c", "heap/kheap.c", "-o", BUILD / "kheap.o")
    for name, (_, more) in PEERS.items():
        tell(f"building {name}")
        run(*GCC, f"-DPEER_{name}", "bench/workloads.c", "-o", program(name), *more)
    run(*GCC, "-DPEER_nothing", "-DNOTHING", "bench/workloads.c", "bench/bump.c", "-o", program("nothing"))


def can_do():
    return {name: run(program(name), "list").split() for name in PEERS}


def times(able, runs, share):
    """Median nanoseconds a pair: each run measures all heaps once, so that what slows the machine slows all of them."""
    measured = {(peer, workload): [] for peer in PEERS for workload in able[peer]}
    for turn in range(runs):
        for workload, (_, rounds) in WORKLOADS.items():
            tell(f"run {turn + 1} of {runs}: {workload}")
            for peer in PEERS:
                if workload in able[peer]:
                    measured[peer, workload].append(float(run(program(peer), workload, "time", max(1, int(rounds * share)))))
    return {key: statistics.median(values) for key, values in measured.items()}


def collected(peer, function, rounds):
    output = BUILD / f"callgrind.{peer}"
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", f"--toggle-collect={function}", program(peer),
        "stack", "count", rounds)
    return int(re.search(r"^(?:totals|summary): (\d+)", output.read_text(), re.M)[1])


def instructions(able):
    """Of an allocation and of a free: what the second hundred rounds cost, less the loop around an empty call."""
    counts = {}
    for peer in [*PEERS, "nothing"]:
        if peer != "nothing" and "stack" not in able[peer]:
            continue
        tell(f"counting instructions: {peer}")
        counts[peer] = [(collected(peer, function, 200) - collected(peer, function, 100)) / 6400 for function in ("go_up", "go_down")]
    empty = counts.pop("nothing")
    empty_calls = (2, 1)  # what the empty functions themselves cost: one load and a return, a return
    return {peer: [a - e + c for a, e, c in zip(both, empty, empty_calls)] for peer, both in counts.items()}


def worst(able, calls):
    found = {}
    for peer in PEERS:
        if "stack" in able[peer]:
            for depth in (10, 10 ** 6 - 1 - calls):
                tell(f"the dearest call: {peer} above {depth} blocks")
                cold, warm = run(program(peer), "worst", depth, calls).splitlines()
                found[peer, depth == 10] = [[int(n) for n in line.split()] for line in (cold, warm)]
    return found


def overheads():
    return {peer: [int(line) for line in run(program(peer), "overhead").splitlines()] for peer in PEERS}


def results(quick):
    build()
    able = can_do()
    nanoseconds = times(able, 3 if quick else 9, 0.05 if quick else 1)
    counts, dearest = instructions(able), worst(able, 64 if quick else 640)
    per_block = overheads()
    tell("measuring code")
    found = {"peers": {}, "code": code_size.measure(BUILD)}
    for peer in PEERS:
        found["peers"][peer] = {
            "ns": {workload: round(nanoseconds[peer, workload], 2) for workload in able[peer]},
            "instructions": [round(n, 1) for n in counts[peer]] if peer in counts else None,
            "worst": {"depth 10": dearest[peer, True], "depth 1000000": dearest[peer, False]} if peer in counts else None,
            "overhead": dict(zip(("1", "16", "100", "256"), per_block[peer])),
        }
    tell("")
    return found


# ---- Telling ----

def table(title, heads, rows):
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))))


def show(found):
    peers = found["peers"]
    names = list(WORKLOADS)
    table("Nanoseconds a pair (a block, where no single one can be given back)", ["", *names],
          [[peer, *(f"{p['ns'][n]:.1f}" if n in p["ns"] else "-" for n in names)] for peer, p in peers.items()])
    table("kheap's time as a part of theirs", ["", *names],
          [[peer, *(f"{peers['kheap']['ns'][n] / p['ns'][n]:.2f}" if n in p["ns"] else "-" for n in names)]
           for peer, p in peers.items() if peer != "kheap"])
    counted = {peer: p for peer, p in peers.items() if p["instructions"]}
    table("Instructions: an allocation and a free; the dearest of each, cold, above 10 and 1,000,000 blocks; warm",
          ["", "alloc", "free", "pair", "cold 10", "cold 1e6", "warm 1e6"],
          [[peer, *(f"{n:.1f}" for n in p["instructions"]), f"{sum(p['instructions']):.1f}",
            *("{} + {}".format(*p["worst"][depth][i]) for depth, i in (("depth 10", 0), ("depth 1000000", 0), ("depth 1000000", 1)))]
           for peer, p in counted.items()])
    table("Bytes a block takes beyond its size", ["", "1", "16", "100", "256"],
          [[peer, *p["overhead"].values()] for peer, p in peers.items()])
    table("Bytes of code, -Os", ["", "core", "all operations", "diagnosis"],
          [[target, *sizes.values()] for target, sizes in found["code"].items()])
    print("  core: init, allocate, aligned, free; diagnosis: once something is wrong")
    show_goals(found)


def goals(found):
    """(what, reached, figure, most)"""
    kheap = found["peers"]["kheap"]
    for what, workload, peer, most in GOALS:
        yield what, kheap["ns"][workload] / found["peers"][peer]["ns"][workload], most
    for peer, p in found["peers"].items():
        for workload, ns in p["ns"].items():
            if peer not in ("kheap", "bump") and workload != "page":
                yield f"{workload} ahead of {peer}", kheap["ns"][workload] / ns, 1
    yield "instructions a pair, x86-64", sum(kheap["instructions"]), 60
    yield "dearest call, instructions", max(n for depth in kheap["worst"].values() for line in depth for n in line), 50
    yield "code of the core, i386, bytes", found["code"]["i386"]["core"], 700
    yield "code of all operations, i386, bytes", found["code"]["i386"]["all operations"], 1536


def show_goals(found):
    rows = [[what, f"{figure:.2f}" if figure < 10 else f"{figure:.0f}", most, "reached" if figure <= most else "MISSED"]
            for what, figure, most in goals(found)]
    missed = [row for row in rows if row[3] == "MISSED"]
    table(f"Goals: {len(rows) - len(missed)} of {len(rows)} reached", ["missed", "figure", "at most", ""], missed)


def counts_of(found):
    """What is exact, and may not grow: it does not depend on how busy the machine is."""
    kheap = found["peers"]["kheap"]
    for name, count in zip(("an allocation", "a free"), kheap["instructions"]):
        yield f"instructions of {name}", count
    yield "instructions of the dearest call", max(n for depth in kheap["worst"].values() for line in depth for n in line)
    for target, sizes in found["code"].items():
        for part, size in sizes.items():
            yield f"bytes of {part}, {target}", size
    for size, bytes_more in kheap["overhead"].items():
        yield f"bytes beyond a block of {size}", bytes_more


def grown(found, kept):
    before = dict(counts_of(kept))
    return [f"{what}: {count} instead of {before[what]}" for what, count in counts_of(found) if count > before[what] * (1 + MAY_GROW)]


def main():
    found = results("--quick" in sys.argv)
    found["workloads"] = {name: what for name, (what, _) in WORKLOADS.items()}
    (BUILD / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    (BUILD / "bench.svg").write_text(chart.draw(found))
    show(found)
    print("\nbuild/bench/bench.json and build/bench/bench.svg hold this run.")
    more = grown(found, json.loads((ROOT / "docs/bench.json").read_text())) if "--gate" in sys.argv else []
    if more:
        sys.exit("grown over docs/bench.json:\n  " + "\n  ".join(more))
    if "--keep" in sys.argv:
        for name in ("bench.json", "bench.svg"):
            (ROOT / "docs" / name).write_text((BUILD / name).read_text())


main()
