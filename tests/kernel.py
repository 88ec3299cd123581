# SPDX-License-Identifier: MIT
#
# Starts kernels for the tests and makes their output comparable: addresses relative to the heap, no build-dependent bytes.

import fcntl
import functools
import os
import pathlib
import re
import resource
import shutil
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACHINES = ["i386", "host"]
COVERAGE = "-coverage" if os.environ.get("COVERAGE") else ""  # test_coverage.py runs these tests over kernels that count
COMPILERS = ["gcc"] if COVERAGE else ["gcc", "clang"]
SANITIZED = [f"{compiler}-sanitize" for compiler in COMPILERS]  # the instrumented builds, named like their directories


# Of the clock; no test comes near it, however busy the machine is: only what hangs and does not even work.
HANG_SECONDS = 1800


def within(seconds):
    """For subprocess: so much processor time, which no neighbour takes away, to a program and each that it starts."""
    return {"timeout": HANG_SECONDS,
            "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))}


def in_terminal(rows, columns, *command, **more):
    """A program that begins in a terminal of this size. By itself pexpect sets the size a moment after the beginning."""
    return pexpect.spawn("/bin/sh", ["-c", f'stty rows {rows} cols {columns}; exec "$@"', "sh", *map(str, command)],
                         dimensions=(rows, columns), timeout=HANG_SECONDS, **more)


def slowly(*values):
    """Parameters that are only tried in `./minios test all`."""
    return pytest.param(*values, marks=pytest.mark.slow)


# Where a kernel as a process shows the same in a third of the time.
QUICK_ON_HOST = ["host", slowly("i386")]


def made_once(factory, name, make):
    """A folder that is dear to make(folder), made by the first worker of a run that asks, for all of them. Not to be changed."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, made = shared / name, shared / f"{name}.made"
    with open(shared / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def first_of_each(rows, key=lambda row: row[0]):
    """Parameters of which the quick tests take the first of each kind."""
    seen = set()
    return [slowly(*row) if key(row) in seen or seen.add(key(row)) else row for row in rows]


def bug_rows():
    """The tables of the lab's bugs: those of the heap, and those with interrupts."""
    return "".join((ROOT / "kernel" / "lab" / f"{name}.def").read_text() for name in ("bugs", "interrupt_bugs"))


OK, SCRIPT_FAILED, PANIC, NO_START = 0, 1, 2, 3


def image(machine, compiler="gcc"):
    path = ROOT / "build" / f"{machine}-{compiler}{COVERAGE}" / "minios.elf"
    settings = f"MACHINE={machine} CC={compiler.replace('-sanitize', ' SANITIZE=1')}"
    assert path.exists(), f"{path} is not built: make kernel {settings}"
    return path


def run(machine, typed="", options=("on_fault=report",), compiler="gcc", ram=None, seconds=60, qemu=""):
    """Types into a fresh kernel until it ends by itself, in so many seconds of the processor. Gives its exit status and
    what it printed."""
    env = dict(os.environ, QEMU_OPTIONS=f"{os.environ.get('QEMU_OPTIONS', '')} {qemu}")
    if ram:
        env["RAM"] = ram
    typed = typed if isinstance(typed, bytes) else typed.encode()
    done = subprocess.run([ROOT / "machine" / machine / "run", image(machine, compiler), *options], input=typed,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, check=False, **within(seconds))
    return done.returncode, done.stdout.decode("ascii", "backslashreplace")


def heap_start(text):
    found = re.search(r"^  heap    (0x[0-9a-f]+) - (0x[0-9a-f]+)", text, re.M)
    assert found, f"no heap line in the boot story:\n{text}"
    return int(found[1], 16), int(found[2], 16)


COMMON_START = 0x200000  # where every heap seems to lie in a transcript, its floor tag first


@functools.lru_cache
def floor_of(machine, compiler):
    """Where this build's heap really lies."""
    return heap_start(run(machine, "halt\n", compiler=compiler)[1])[0] & ~0xFFF


def typed_for(machine, compiler, commands):
    """Commands from a transcript, with the addresses that they have in this build."""
    shift = floor_of(machine, compiler) - COMMON_START

    def moved(match):
        address = int(match[0], 16)
        return f"{address + shift:#010x}" if COMMON_START <= address < 2 * COMMON_START else match[0]

    return "".join(re.sub(r"0x[0-9a-f]{6,8}\b", moved, command) + "\n" for command in commands)


def comparable(text):
    """As if every kernel's heap started at the same place, and without the bytes that differ from build to build."""
    start, end = heap_start(text)
    shift = COMMON_START - (start & ~0xFFF)

    kernel = [int(address, 16) for address in re.search(r"  kernel  (0x[0-9a-f]+) - (0x[0-9a-f]+)", text).groups()]

    def moved(match):
        address = int(match[1], 16)
        if start - 64 <= address <= end + 64:
            return match[0].replace(match[1], f"{address + shift:08x}")
        if kernel[0] + 4096 <= address < kernel[1]:
            return match[0].replace(match[1], "........")
        return match[0]

    text = re.sub(r"^  (memory  |kernel  0x|checks  ).*\n", "", text, flags=re.M)
    text = re.sub(r"    called from (run_words|shell_run|run_handler|run_command|run_line|serve_line)\+0x.*\n", "", text)  # the compiler may inline these
    text = re.sub(r"(?m)^( +\d+ +\d+  irq .*?)(?:0x[0-9a-f]{8}|elsewhere )", r"\g<1>0x........", text)  # wherever it came in
    text = re.sub(r"came in   at \w+\+0x[0-9a-f]+", "came in   at ..", text)
    text = re.sub(r"_kernel_end 0x[0-9a-f]+", "_kernel_end 0x........", text)
    text = re.sub(r"\b0x([0-9a-f]{8})\b", moved, text)
    text = re.sub(r"^  ([0-9a-f]{8}) [ \[]", moved, text, flags=re.M)
    text = re.sub(r"(?<=[a-z_0-9])\+0x[0-9a-f]+", "+0x..", text)
    text = re.sub(r"(?m)(^tag of .*|^floor tag.*)\n(?:  [0-9a-f]{8} .*\n)+", r"\1\n  (its bytes)\n", text)
    text = re.sub(r"there now: [0-9a-f ]+", "there now: ..", text)
    text = re.sub(r"(\.def|\.c):\d+:\d+ in", r"\1 in", text)  # compilers count columns differently

    def veiled(match):
        return match[1] + re.sub(r"[0-9a-f]{2}", "..", match[2]) + match[3]

    # In the picture of a bad access: what lies in tags, floor and free bytes.
    return re.sub(r"^(  [0-9a-f]{8} )((?:[ \[\]]{1,2}[0-9a-f]{2})+\]? +)(f[cde] f[cde])$", veiled, text, flags=re.M)
