# SPDX-License-Identifier: MIT
#
# kheap beside what a program would use instead, in one run: times, exact instructions, the dearest call, bytes a block, bytes
# of code. Prints tables, writes build/bench/bench.json and build/bench/bench.svg, and with --keep the copies in docs/.
#
#     bench.py [--quick] [--keep] [--gate]      gate: fail when an exact count grew over the one that is kept

import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import chart
import code_size
import tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-builtin-malloc", "-fno-builtin-free", "-Iheap", "-Ibench"]
ENVIRONMENT = {**os.environ, "TRACE": str(ROOT / "bench/traces/make.txt")}

# name: what it is, what it is built with, its package in Debian
PEERS = {
    "kheap": ("all checks on", ["heap/kheap.c", "heap/kheap_look.c"], None),
    "bump": ("no checks: the limit", ["bench/bump.c"], None),
    "glibc": ("malloc", [], "libc6-dev"),
    "obstack": ("GNU", ["bench/called_obstack.c"], "libc6-dev"),
    "mimalloc": ("", ["-lmimalloc"], "libmimalloc-dev"),
    "jemalloc": ("", ["-ljemalloc"], "libjemalloc-dev"),
    "tcmalloc": ("", ["-ltcmalloc_minimal"], "libgoogle-perftools-dev"),
    "apr": ("pools", ["-I/usr/include/apr-1.0", "-lapr-1"], "libapr1-dev"),
    "talloc": ("", ["-ltalloc"], "libtalloc-dev"),
}
NOTHING = ["-DNOTHING", "bench/bump.c"]  # calls that do nothing: what the loops themselves cost

# Where instructions are counted: name of the machine, how to compile for it, heaps that are packaged for it. -m32 alone is what
# gcc makes for a PC unless it is told otherwise: for i686, in an order that suits processors of today. -march=i686 would take
# the order of 1995 as well, and eight instructions more.
MACHINES = {
    "x86-64": ([], [peer for peer in PEERS if peer != "apr"]),
    "i386": (["-m32", "-fno-pic", "-no-pie"], ["kheap", "bump", "glibc", "obstack"]),
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

EMPTY_CALLS = (2, 1)  # instructions of the calls that do nothing: one load and a return, a return
MISSING = re.compile(r"No such file or directory|cannot find -l|unrecognized command-line option '-m32'")


def execute(*command):
    try:
        return subprocess.run([str(word) for word in command], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        sys.exit(f"bench: there is no {command[0]}; ./minios doctor tells what to install")


def run(*command):
    done = execute(*command)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(str(word) for word in command)} failed\n{done.stderr}")
    return done.stdout


def tell(text):
    print(f"\r{text:<78}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def program(name, machine="x86-64"):
    return BUILD / (name if machine == "x86-64" else f"{name}-{machine}")


def build_one(name, machine, parts, compiler="gcc"):
    """Each source on its own, so that no call can be in line. Tells whether all was there that it needs. Another compiler
    makes the heap alone: the loops around it stay the same."""
    flags = [*MACHINES[machine][0], *FLAGS, "-Wno-unused-command-line-argument", f"-DPEER_{name.split('-')[0]}"]
    objects = []
    for part in ["bench/workloads.c", *parts]:
        if part.endswith(".c"):
            objects.append(f"{program(name, machine)}.{pathlib.Path(part).stem}.o")
            part = ["-c", part, "-o", objects[-1]]
            done = execute("gcc" if part[1].startswith("bench/") else compiler, *flags, *[other for other in parts if not other.endswith(".c")], *part)
            if done.returncode != 0:
                break
    else:
        done = execute("gcc", *flags, *objects, "-o", program(name, machine), *[part for part in parts if part.startswith("-l")])
    if done.returncode != 0 and not MISSING.search(done.stderr):
        sys.exit(f"bench: {name} does not compile for {machine}\n{done.stderr}")
    return done.returncode == 0


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    missing = []
    for machine in MACHINES:
        for name in PEERS if machine == "x86-64" else MACHINES[machine][1]:
            tell(f"building {name}, {machine}")
            if not build_one(name, machine, PEERS[name][1]):
                missing.append(PEERS[name][2] if machine == "x86-64" else "libc6-dev-i386")
        build_one("nothing", machine, NOTHING)
        build_one("kheap-clang", machine, PEERS["kheap"][1], "clang")
    if missing:
        tell("")
        names = " ".join(dict.fromkeys(missing))
        sys.exit(f"bench: heaps to compare with are missing; on Debian: apt-get install {names}")


def can_do():
    return {name: run(program(name), "list").split() for name in PEERS}


def times(able, runs, share):
    """Nanoseconds a pair, of each run: one run measures all heaps once, so that what slows the machine slows all of them."""
    measured = {(peer, workload): [] for peer in PEERS for workload in able[peer]}
    for turn in range(runs):
        for workload, (_, rounds) in WORKLOADS.items():
            tell(f"run {turn + 1} of {runs}: {workload}")
            for peer in PEERS:
                if workload in able[peer]:
                    measured[peer, workload].append(float(run(program(peer), workload, "time", max(1, int(rounds * share)))))
    return measured


def collected(binary, function, rounds):
    output = BUILD / f"callgrind.{binary.name}"
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", f"--toggle-collect={function}", binary,
        "stack", "count", rounds)
    return int(re.search(r"^(?:totals|summary): (\d+)", output.read_text(), re.M)[1])


def instructions(machine):
    """Of an allocation and of a free: what the second hundred rounds cost, less the loop around an empty call."""
    counts = {}
    for peer in [*MACHINES[machine][1], "kheap-clang", "nothing"]:
        tell(f"counting instructions, {machine}: {peer}")
        binary = program(peer, machine)
        counts[peer] = [(collected(binary, function, 200) - collected(binary, function, 100)) / 6400
                        for function in ("go_up", "go_down")]
    empty = counts.pop("nothing")
    return {peer: [round(a - e + c, 1) for a, e, c in zip(both, empty, EMPTY_CALLS)] for peer, both in counts.items()}


def worst(calls):
    """Of the dearest allocation and free: cold and warm, above few blocks and many; less what an empty call costs there."""
    found = {}
    for peer in ["nothing", *MACHINES["x86-64"][1]]:
        for depth in (10, 10 ** 6 - 1 - calls):
            tell(f"the dearest call: {peer} above {depth} blocks")
            lines = run(program(peer), "worst", depth, calls).splitlines()
            found[peer, depth == 10] = [[int(n) for n in line.split()] for line in lines]
    empty = found["nothing", True][1]
    return empty, {peer: {depth: [[n - e + c for n, e, c in zip(line, empty, EMPTY_CALLS)] for line in found[peer, depth == "depth 10"]]
                   for depth in ("depth 10", "depth 1000000")} for peer in MACHINES["x86-64"][1]}


def dearest(empty):
    """Of kheap, over all sizes from 0 to 63 and alignments from 16 to 4096: the dearest allocation and free, without a gap and
    with one; less what an empty call costs there."""
    lines = run(program("kheap"), "dearest", 63, 4096).splitlines()
    return dict(zip(("no gap", "gap"), [[int(n) - e + c for n, e, c in zip(line.split(), empty, EMPTY_CALLS)] for line in lines]))


def overheads():
    return {peer: [int(line) for line in run(program(peer), "overhead").splitlines()] for peer in PEERS}


def machine():
    """What the figures were taken on."""
    processor = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    packages = [package for _, _, package in PEERS.values() if package]
    known = shutil.which("dpkg-query") is not None
    versions = execute("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages).stdout if known else ""
    return {"processor": processor[1] if processor else "unknown", "compiler": f"gcc {run('gcc', '-dumpfullversion').strip()} -O2",
            "date": datetime.date.today().isoformat(), "packages": dict(line.split() for line in sorted(versions.splitlines()))}


def results(quick):
    build()
    able = can_do()
    nanoseconds = times(able, 3 if quick else 9, 0.05 if quick else 1)
    counts = {name: instructions(name) for name in MACHINES}
    empty, most = worst(64 if quick else 640)
    per_block = overheads()
    tell("measuring code")
    found = {"machine": machine(), "workloads": {name: what for name, (what, _) in WORKLOADS.items()},
             "peers": {}, "code": code_size.measure(BUILD), "dearest": dearest(empty),
             "clang": {name: of.pop("kheap-clang") for name, of in counts.items()}}
    for peer in PEERS:
        found["peers"][peer] = {
            "ns": {workload: round(statistics.median(nanoseconds[peer, workload]), 2) for workload in able[peer]},
            "ns from and to": {workload: [round(edge(nanoseconds[peer, workload]), 2) for edge in (min, max)] for workload in able[peer]},
            "instructions": {name: of[peer] for name, of in counts.items() if peer in of},
            "worst": most.get(peer),
            "overhead": dict(zip(("1", "16", "100", "256"), per_block[peer])),
        }
    tell("")
    found["runs"] = runs_with(found)
    return found


def runs_with(found):
    """The ratios of this run, behind those of the kept runs of the very same heap, whatever its comments say."""
    code = execute("gcc", "-E", "-P", "-Iheap", *PEERS["kheap"][1]).stdout
    heap = hashlib.sha256(code.encode()).hexdigest()[:16]
    kept = json.loads((ROOT / "docs/bench.json").read_text()).get("runs", [])
    now = {"at": datetime.datetime.now().isoformat(timespec="minutes"), "heap": heap, "ratios": tables.ratios(found)}
    return [*(one for one in kept if one["heap"] == heap), now]


def main():
    unknown = set(sys.argv[1:]) - {"--quick", "--keep", "--gate"}
    if unknown:
        sys.exit(f"bench: there is no {' '.join(sorted(unknown))}; there are --quick, --keep and --gate")
    if "--quick" in sys.argv and "--keep" in sys.argv:
        sys.exit("bench: the figures of a quick run are not kept; leave QUICK out")
    found = results("--quick" in sys.argv)
    (BUILD / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    (BUILD / "bench.svg").write_text(chart.draw(found))
    tables.show(found)
    print("\nbuild/bench/bench.json and build/bench/bench.svg hold this run.")
    more = tables.grown(found, json.loads((ROOT / "docs/bench.json").read_text())) if "--gate" in sys.argv else []
    if more:
        sys.exit("grown over docs/bench.json:\n  " + "\n  ".join(more))
    if "--keep" in sys.argv:
        for name in ("bench.json", "bench.svg"):
            (ROOT / "docs" / name).write_text((BUILD / name).read_text())
        print("They are kept in docs/.")


main()
