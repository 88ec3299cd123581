# SPDX-License-Identifier: MIT
#
# What the bench found, for the terminal: tables of 80 columns, the goals that are missed, and what has grown.

MAY_GROW = 0.05

# What is to be reached against a heap: workload, peer, the most that kheap's time may be of theirs. Any other is to be slower,
# but with pages, where the memory is measured. kheap looks at each block that it releases; APR's pools look at none.
AGAINST = {
    ("stack", "glibc"): 0.45,
    ("stack", "mimalloc"): 0.65,
    ("stack", "tcmalloc"): 0.80,
    ("pair", "glibc"): 0.40,
    ("release", "apr"): 2.0,
}
CODE = {"i386": (820, 1900), "cortex-m0": (700, 1600)}  # of the core, of all operations, at most
TAG = 32  # the most that a block may take beyond its size, rounded to 16


def table(title, heads, rows):
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def show_times(peers, names):
    table("Nanoseconds a pair (a block, where no single one can be given back)", ["", *names],
          [[peer, *(f"{p['ns'][n]:.1f}" if n in p["ns"] else "-" for n in names)] for peer, p in peers.items()])
    table("kheap's time as a part of theirs", ["", *names],
          [[peer, *(f"{peers['kheap']['ns'][n] / p['ns'][n]:.2f}" if n in p["ns"] else "-" for n in names)]
           for peer, p in peers.items() if peer != "kheap"])


def show_counts(peers, clang):
    machines = list(peers["kheap"]["instructions"])
    for machine in machines:
        table(f"Instructions, {machine}", ["", "alloc", "free", "pair"],
              [[peer, *(f"{n:.1f}" for n in p["instructions"][machine]), f"{sum(p['instructions'][machine]):.1f}"]
               for peer, p in [*peers.items(), ("kheap, clang", {"instructions": clang})] if machine in p["instructions"]])
    table(f"Instructions of the dearest allocation + free, {machines[0]}",
          ["", "above 10 cold", "warm", "above 1,000,000 cold", "warm"],
          [[peer, *("{} + {}".format(*p["worst"][depth][i]) for depth in ("depth 10", "depth 1000000") for i in (0, 1))]
           for peer, p in peers.items() if p["worst"]])


def show(found):
    peers, machine = found["peers"], found["machine"]
    print(f"{machine['processor']}, {machine['compiler']}, {machine['date']}")
    show_times(peers, list(found["workloads"]))
    show_counts(peers, found["clang"])
    table("Instructions of kheap's dearest call, sizes 0 to 63, alignments 16 to 4096", ["", "alloc", "free"],
          [[gap, *both] for gap, both in found["dearest"].items()])
    table("Bytes a block takes beyond its size", list(("", *peers["kheap"]["overhead"])),
          [[peer, *p["overhead"].values()] for peer, p in peers.items()])
    table("Bytes of code, -Os", ["", "core", "all operations", "diagnosis"],
          [[target, *(sizes[part] for part in ("core", "all operations", "diagnosis"))] for target, sizes in found["code"].items()])
    print("  core: init, allocate, aligned, free; diagnosis: once something is wrong")
    names = {name: None for sizes in found["code"].values() for name in sizes["functions"]}
    table("Bytes of each function of all operations, -Os", list(("", *found["code"])),
          [[name, *(sizes["functions"].get(name, "in line") for sizes in found["code"].values())] for name in names])
    show_goals(found)


def ratios(found):
    """kheap's time as a part of each other heap's, by "workload peer"."""
    kheap = found["peers"]["kheap"]["ns"]
    return {f"{workload} {peer}": round(kheap[workload] / ns, 3) for peer, p in found["peers"].items()
            for workload, ns in p["ns"].items() if peer not in ("kheap", "bump") and workload != "page"}


def goals(found):
    """(what, figure, most): of the times, the worst of the runs that are kept of this heap."""
    kheap = found["peers"]["kheap"]
    for pair in found["runs"][-1]["ratios"]:
        workload, peer = pair.split()
        most = AGAINST.get((workload, peer))
        yield (f"{workload} {'against' if most else 'ahead of'} {peer}",
               max(one["ratios"].get(pair, 0) for one in found["runs"]), most or 1)
    yield "instructions a pair, x86-64", sum(kheap["instructions"]["x86-64"]), 80
    yield "instructions a pair, i386", sum(kheap["instructions"]["i386"]), 108
    yield "dearest call without a gap, instructions", max(found["dearest"]["no gap"]), 45
    yield "dearest call with a gap, instructions", max(found["dearest"]["gap"]), 100
    for target, (core, operations) in CODE.items():
        yield f"code of the core, {target}, bytes", found["code"][target]["core"], core
        yield f"code of all operations, {target}, bytes", found["code"][target]["all operations"], operations
    yield "bytes a block beyond its size, rounded", max(n + int(s) - (int(s) + 15) // 16 * 16 for s, n in kheap["overhead"].items()), TAG


def show_goals(found):
    rows = [[what, f"{figure:.2f}" if figure < 10 else f"{figure:.0f}", most, "reached" if figure <= most else "MISSED"]
            for what, figure, most in goals(found)]
    missed = [row for row in rows if row[3] == "MISSED"]
    table(f"Goals: {len(rows) - len(missed)} of {len(rows)} reached", ["", "figure", "at most", ""], missed)
    if missed:
        print("Why, and what was tried: examples/port-to-your-kernel.md, section 6.")


def counts_of(found):
    """What is exact, and may not grow: it does not depend on how busy the machine is."""
    kheap = found["peers"]["kheap"]
    for machine, both in kheap["instructions"].items():
        for name, count in zip(("an allocation", "a free"), both):
            yield f"instructions of {name}, {machine}", count
    for gap, both in found.get("dearest", {}).items():
        yield f"instructions of the dearest call, {gap}", max(both)
    for target, sizes in found["code"].items():
        for part in ("core", "all operations", "diagnosis"):
            yield f"bytes of {part}, {target}", sizes[part]
    for size, bytes_more in kheap["overhead"].items():
        yield f"bytes beyond a block of {size}", bytes_more


def grown(found, kept):
    before = dict(counts_of(kept))
    return [f"{what}: {count} instead of {before[what]}" for what, count in counts_of(found)
            if count > before.get(what, 0) * (1 + MAY_GROW)]
