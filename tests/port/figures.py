# SPDX-License-Identifier: MIT
#
# What the calls cost, measured: instructions by callgrind, stack by the compiler's call graph and by painting it, code by nm; for how
# long interrupts are off, by the kernel's own `latency`, on a PC whose clock counts instructions.
# Prints the tables of the port guide; with --keep it writes them there.
#
#     figures.py [--keep]

import collections
import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/port"
GUIDE = ROOT / "examples/port-to-your-kernel.md"
PORT = ROOT / "tests/port"
HEAP = sorted((ROOT / "heap").glob("*.c"))
BRIEF = [ROOT / "package/kheap_brief.c", *HEAP]  # first, as it has to be in an archive; on a command line the order is free
CALLS = re.findall(r"^(?:call|yours) .*?\b(kheap_\w+)\(", (ROOT / "package/abi.txt").read_text(), re.M)
DEPTHS = (1, 1000, 100000)
PICOLIBC = ("--specs=picolibc.specs --oslib=semihost --crt0=semihost -Tpicolibc.ld -Wl,--defsym=__stack_size=0x8000 "
            "-Wl,--defsym=__flash=0 -Wl,--defsym=__flash_size=0x400000 -Wl,--defsym=__ram=0x21000000 -Wl,--defsym=__ram_size=0x100000")
BOARD = ("qemu-system-arm -M mps2-an385 -accel tcg -display none -monitor none -serial none "
         "-semihosting-config enable=on,target=native -kernel")
TICKING = "-M mps2-an385 -icount shift=5"
MACHINES = {
    "Cortex-M0, -Os": "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -Os",
    "i386, -O2": "gcc -m32 -fno-pic -O2",
    "x86-64, -O2": "gcc -m64 -O2",
}
M0 = MACHINES["Cortex-M0, -Os"]
C11 = "-std=c11 -Wall -Wextra -Werror -Iheap"


def run(*words):
    """What it prints, on either channel: what the emulated board says comes by the second."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"figures: {' '.join(map(str, words))} failed\n{done.stdout}")
    return done.stdout


def compiled(compiler, options, sources, folder):
    """Objects, each source on its own, and beside each its call graph."""
    place = BUILD / folder
    place.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sources:
        objects.append(place / f"{source.stem}.o")
        run(*compiler.split(), *C11.split(), *options, "-fcallgraph-info=su", "-c", source, "-o", objects[-1])
    return objects


# ---- Instructions: the calls are toggled on, the fault function off, and what was counted is written down after each way

def cost_program(heap, folder):
    renamed = [f"-D{call}=set_{call}" for call in [*CALLS, "kheap_begin_of", *(f"kheap_refuse_{what}" for what in ("alloc", "free", "mark", "release"))]]
    objects = [*compiled("gcc -O2", [], [PORT / "cost.c", *heap], folder),
               *compiled("gcc -O2", renamed, [PORT / "stage.c", *HEAP], "stage")]
    run("gcc", *objects, "-Wl,--defsym=set_kheap_fault=kheap_fault", "-o", BUILD / folder / "cost")
    return BUILD / folder / "cost"


def counted(program, call):
    """(call, way) and its instructions at each depth."""
    output = program.with_name(f"{call}.out")
    said = run("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}", f"--toggle-collect={call}",
               "--toggle-collect=kheap_fault", "--dump-after=end_of_way", program, call).splitlines()
    found = collections.defaultdict(list)
    for number, line in enumerate(said, 1):
        name, way, _ = line.split("|")
        found[name, way].append(int(re.search(r"^totals: (\d+)", pathlib.Path(f"{output}.{number}").read_text(), re.M)[1]))
    return found


def instructions(heap, folder):
    program = cost_program(heap, folder)
    return {key: counts for call in CALLS if call != "kheap_fault" for key, counts in counted(program, call).items()}


# ---- Stack

def deepest(objects):
    """Bytes of stack of each function together with whatever it may call; your own fault function counts as none."""
    text = "".join(path.with_suffix(".ci").read_text() for path in objects)
    own, calls = collections.defaultdict(int), collections.defaultdict(set)
    assert "bytes (dynamic)" not in text
    for name, size in re.findall(r'node: \{ title: "(?:[^":]+:)?(\w[\w.]*)" label: "[^"]*?\\n(\d+) bytes \(', text):
        own[name] = max(own[name], int(size))
    for caller, called in re.findall(r'edge: \{ sourcename: "(?:[^":]+:)?([^":]+)" targetname: "(?:[^":]+:)?([^":]+)"', text):
        calls[caller].add(called)

    def depth(name, above=()):
        assert name not in above, f"{name} calls itself"
        return own.get(name, 0) + max((depth(called, (*above, name)) for called in calls[name]), default=0)

    return {name: depth(name) for name in list(own)}


def bounds(machine, heap):
    return deepest(compiled(MACHINES[machine], [], heap, f"{machine.split(',')[0]}/{len(heap)}"))


def painted():
    """(call, way): what it took on the emulated board, and the most that the call graph allows; less the frame of who called."""
    sources = [PORT / "paint.c", PORT / "stage.c", *HEAP]
    objects = compiled(M0, ["--specs=picolibc.specs", "-DMOST_BLOCKS=10"], sources, "paint")
    run(*M0.split(), *PICOLIBC.split(), *objects, "-o", BUILD / "paint/paint.elf")
    most, found = deepest(objects), {}
    for line in run(*BOARD.split(), BUILD / "paint/paint.elf").splitlines():
        call, way, function, size = line.split("|")
        found[call, way] = int(size) - (most[function] - most[call]), most[call]
    return found


# ---- Code

GROUPS = {
    "`kheap_init`, `alloc`, `free`": ["kheap_init", "kheap_alloc", "kheap_free"],
    "and `alloc_aligned`, `try_alloc`, `calloc`, `resize`": ["kheap_alloc_aligned", "kheap_try_alloc", "kheap_calloc", "kheap_resize"],
    "and `mark`, `release`": ["kheap_mark", "kheap_release"],
    "and `check`, `walk`, `stats`": ["kheap_check", "kheap_walk", "kheap_stats"],
}


def linked(sources):
    """Bytes of the heap in a program that makes these calls and whose linker leaves out what nobody calls."""
    objects = compiled(M0, ["-ffunction-sections"], sources, "code")
    wanted, sizes = [], {}
    outside = [f"-Wl,--defsym={name}=0" for name in ("kheap_fault", "memset", "memcpy")]
    for group, calls in GROUPS.items():
        wanted += calls
        run(*M0.split(), "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,kheap_init", *(f"-Wl,-u,{call}" for call in wanted), *outside,
            *objects, "-o", BUILD / "code/linked.elf")
        sizes[group] = int(run("arm-none-eabi-size", BUILD / "code/linked.elf").splitlines()[1].split()[0])
    return sizes


def functions():
    """Bytes of each function."""
    lines = [run("arm-none-eabi-nm", "-S", "-t", "d", path).splitlines() for path in compiled(M0, [], HEAP, "code/all")]
    return {words[3]: int(words[1]) for file in lines for words in map(str.split, file) if len(words) == 4 and words[2] in "tTrRwW"}


# ---- Interrupts off

def repeated(count, *commands):
    return [*commands] * count


SIZES = [f"alloc {size}" for size in range(33)]  # whatever the last 16 bytes hold
ALIGNED = [f"alloc {size} {align}" for size in (0, 7, 16, 100) for align in (32, 256, 4096)]
BOUNDED, UNBOUNDED = "in a call of the heap", "krelease, kcalloc: not bounded"
# What is done before, what is counted, and in which line of `latency` its longest stands.
OFF = {
    "`kmalloc`": ([], SIZES, BOUNDED),
    "`kmalloc_aligned`, up to 4,096": ([], ALIGNED, BOUNDED),
    "`kfree`": (SIZES + ALIGNED, repeated(len(SIZES + ALIGNED), "free"), BOUNDED),
    "`kresize`": (["alloc 100"], [f"resize last {size}" for size in (0, 1, 15, 200, 4096, 7)], BOUNDED),
    "`kmalloc` refused with E02": ([], ["alloc 2G"], BOUNDED),
    "`kfree` refused with E04, 1 block above": (repeated(2, "alloc 10"), ["free #1"], BOUNDED),
    "`kfree` refused with E04, 100 blocks above": (repeated(101, "alloc 10"), ["free #1"], BOUNDED),
    **{f"`krelease` of {blocks:,} block{'s' * (blocks > 1)}": (["mark", *repeated(blocks, "alloc 10")], ["release"], UNBOUNDED)
       for blocks in (1, 16, 1000)},
    "`kzalloc` of 100 bytes": ([], ["zalloc 100"], UNBOUNDED),
    "`kzalloc` of 4,096 bytes": ([], ["zalloc 4096"], UNBOUNDED),
}


def longest_off(before, commands, line):
    """Instructions, for with this clock the processor's counter goes on by one at each."""
    typed = "\n".join([*before, "latency again", *commands, "latency", "halt", ""])
    done = subprocess.run(["machine/i386/run", "build/i386-gcc/minios.elf", "on_fault=report"], cwd=ROOT, input=typed, check=False, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, "QEMU_OPTIONS": "-icount shift=0,sleep=off"})
    found = re.search(rf"^  {line} +(\d+) +\d+  cmd_", done.stdout, re.M)
    if done.returncode != 0 or not found:
        sys.exit(f"figures: the kernel did not tell for how long interrupts were off\n{done.stdout}")
    return f"{int(found[1]):,}"


def off_table():
    return table(["with interrupts off", "instructions"], [(what, longest_off(*OFF[what])) for what in OFF])


def ticks_told():
    sources = [ROOT / f"examples/firmware/{name}.c" for name in ("interrupts", "board")]
    objects = compiled(M0, ["-ffreestanding"], [*sources, *HEAP], "ticks")
    run(*M0.split(), "-nostdlib", "-T", "examples/firmware/link.ld", *objects, "-lgcc", "-o", BUILD / "ticks/interrupts.elf")
    return f"```\n{run('examples/firmware/run', BUILD / 'ticks/interrupts.elf', *TICKING.split()).rstrip()}\n```"


# ---- The tables

def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
                      *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def instruction_table(heap=None, folder="cost", only=""):
    rows = []
    for (call, way), counts in instructions(heap or HEAP, folder).items():
        if only not in way:
            continue
        told = [f"{count:,}" for count in counts]
        told[0] = "-" if "E04" in way else told[0]  # the lowest block of one is the last: it may go
        rows.append((f"`{call}`{' ' + way if way else ''}", *told, "yes" if counts[1] == counts[2] else "**no**"))
    return table(["call", *(f"{depth:,} block{'s' * (depth > 1)}" for depth in DEPTHS), "bounded"], rows)


def stack_table():
    of = {machine: bounds(machine, HEAP) for machine in MACHINES}
    brief = bounds("Cortex-M0, -Os", [path for path in BRIEF if path.name != "kheap_look.c"])
    well = {call: took for (call, way), (took, _) in painted().items() if "refused" not in way and "NULL" not in way}
    return table(["call", "goes well: Cortex-M0", "refused in brief", *(f"never more: {machine}" for machine in MACHINES)],
                 [(f"`{call}`", well[call], brief.get(call, "-"), *(of[machine][call] for machine in MACHINES)) for call in CALLS if call in well])


def brief_table():
    return instruction_table(BRIEF, "brief", "refused")


def code_table():
    return table(["a program that calls", "bytes"], linked(HEAP).items())


def brief_code_table():
    return table(["a program that calls", "bytes, refused in brief"], linked(BRIEF).items())


def function_table():
    told = ", ".join(f"`{name}` {size}" for name, size in sorted(functions().items(), key=lambda item: -item[1])) + "."
    return textwrap.fill(told, 120, break_long_words=False)


TABLES = {"instructions": instruction_table, "stack": stack_table, "brief": brief_table, "code": code_table, "brief-code": brief_code_table,
          "functions": function_table, "off": off_table, "ticks": ticks_told}


def compilers():
    return " and ".join(f"{name} {run(name, '-dumpfullversion').strip()}" for name in ("gcc", "arm-none-eabi-gcc"))


def place(name):
    return re.compile(rf"(<!-- {name} -->\n)((?:.*?\n)??)(<!-- end -->)", re.S)


def main():
    text = GUIDE.read_text()
    for name, make in {**TABLES, "compilers": lambda: f"Measured with {compilers()}."}.items():
        made = make()
        print(made, end="\n\n")
        text = place(name).sub(lambda found, made=made: f"{found[1]}{made}\n{found[3]}", text)
    if "--keep" in sys.argv:
        GUIDE.write_text(text)


if __name__ == "__main__":
    main()
