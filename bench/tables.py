# SPDX-License-Identifier: MIT
#
# What the bench found, for the terminal: tables of 80 columns, the goals that are missed, and what has grown.

MAY_GROW = 0.05

# What is to be reached against a heap: workload, peer, the most that kheap's time may be of theirs.
AGAINST = [
    ("stack", "glibc", 0.5),
    ("stack", "tcmalloc", 0.85),
    ("stack", "mimalloc", 0.65),
]
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


def show_counts(peers):
    machines = list(peers["kheap"]["instructions"])
    for machine in machines:
        table(f"Instructions, {machine}", ["", "alloc", "free", "pair"],
              [[peer, *(f"{n:.1f}" for n in p["instructions"][machine]), f"{sum(p['instructions'][machine]):.1f}"]
               for peer, p in peers.items() if machine in p["instructions"]])
    table(f"Instructions of the dearest allocation + free, {machines[0]}",
          ["", "above 10 cold", "warm", "above 1,000,000 cold", "warm"],
          [[peer, *("{} + {}".format(*p["worst"][depth][i]) for depth in ("depth 10", "depth 1000000") for i in (0, 1))]
           for peer, p in peers.items() if p["worst"]])


def show(found):
    peers, machine = found["peers"], found["machine"]
    print(f"{machine['processor']}, {machine['compiler']}, {machine['date']}")
    show_times(peers, list(found["workloads"]))
    show_counts(peers)
    table("Bytes a block takes beyond its size", list(("", *peers["kheap"]["overhead"])),
          [[peer, *p["overhead"].values()] for peer, p in peers.items()])
    table("Bytes of code, -Os", ["", "core", "all operations", "diagnosis"],
          [[target, *sizes.values()] for target, sizes in found["code"].items()])
    print("  core: init, allocate, aligned, free; diagnosis: once something is wrong")
    show_goals(found)


def dearest(kheap):
    return max(n for depth in kheap["worst"].values() for line in depth for n in line)


def goals(found):
    """(what, figure, most)"""
    kheap, code = found["peers"]["kheap"], found["code"]["i386"]
    for workload, peer, most in AGAINST:
        yield f"{workload} against {peer}", kheap["ns"][workload] / found["peers"][peer]["ns"][workload], most
    for peer, p in found["peers"].items():
        for workload, ns in p["ns"].items():
            if peer not in ("kheap", "bump") and workload != "page":
                yield f"{workload} ahead of {peer}", kheap["ns"][workload] / ns, 1
    yield "instructions a pair, x86-64", sum(kheap["instructions"]["x86-64"]), 60
    yield "instructions a pair, i386", sum(kheap["instructions"]["i386"]), 80
    yield "dearest call, instructions", dearest(kheap), 50
    yield "code of the core, i386, bytes", code["core"], 700
    yield "code of all operations, i386, bytes", code["all operations"], 1536
    yield "bytes a block beyond its size, rounded", max(n + int(s) - (int(s) + 15) // 16 * 16 for s, n in kheap["overhead"].items()), TAG


def show_goals(found):
    rows = [[what, f"{figure:.2f}" if figure < 10 else f"{figure:.0f}", most, "reached" if figure <= most else "MISSED"]
            for what, figure, most in goals(found)]
    missed = [row for row in rows if row[3] == "MISSED"]
    table(f"Goals: {len(rows) - len(missed)} of {len(rows)} reached", ["", "figure", "at most", ""], missed)


def counts_of(found):
    """What is exact, and may not grow: it does not depend on how busy the machine is."""
    kheap = found["peers"]["kheap"]
    for machine, both in kheap["instructions"].items():
        for name, count in zip(("an allocation", "a free"), both):
            yield f"instructions of {name}, {machine}", count
    yield "instructions of the dearest call", dearest(kheap)
    for target, sizes in found["code"].items():
        for part, size in sizes.items():
            yield f"bytes of {part}, {target}", size
    for size, bytes_more in kheap["overhead"].items():
        yield f"bytes beyond a block of {size}", bytes_more


def grown(found, kept):
    before = dict(counts_of(kept))
    return [f"{what}: {count} instead of {before[what]}" for what, count in counts_of(found)
            if count > before.get(what, 0) * (1 + MAY_GROW)]
