# SPDX-License-Identifier: MIT
#
# The heap's own cases on other processors: built with a cross compiler, run under QEMU. Where there is an operating system
# (qemu-user) all of them run in one go; on a bare machine each has a start of its own, and what it says comes by semihosting.
#
#     run.py [TARGET...]        without names: all of them; MODEL_SEEDS=64 for all random programs

import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/targets"
SECONDS_A_RUN = 1800  # of the clock: none comes near, however busy the machine is
SEEDS, SEEDS_BARE = "16", "4"  # of 64 random programs: they take most of the time

Target = collections.namedtuple("Target", "what compiler run bare", defaults=[False])

PICOLIBC = "--specs=picolibc.specs --oslib=semihost --crt0=semihost -Tpicolibc.ld -Wl,--defsym=__stack_size=0x8000"


def memory(flash, ram, megabytes):
    places = {"flash": flash, "flash_size": 0x400000, "ram": ram, "ram_size": megabytes << 20}
    return " ".join(f"-Wl,--defsym=__{name}={value:#x}" for name, value in places.items())


def user(processor, compiler):
    return f"{compiler}-gcc -static", f"qemu-{processor}"


def cortex(processor, board):
    return (f"arm-none-eabi-gcc -mcpu={processor} -mthumb {PICOLIBC} {memory(0, 0x21000000, 16)}",
            f"qemu-system-arm -M {board}", True)


def risc_v(bits, march):
    return (f"riscv64-unknown-elf-gcc {march} -mcmodel=medany {PICOLIBC} {memory(0x80000000, 0x80400000, 64)}",
            f"qemu-system-riscv{bits} -M virt -bios none", True)


TARGETS = {
    "cortex-m0": Target("ARMv6-M, 32 bits, unaligned access refused, no division", *cortex("cortex-m0", "mps2-an385")),
    "cortex-m4": Target("ARMv7E-M, 32 bits", *cortex("cortex-m4", "mps2-an386")),
    "arm": Target("ARMv7-A with Linux, 32 bits", *user("arm", "arm-linux-gnueabihf")),
    "aarch64": Target("ARMv8-A with Linux, 64 bits", *user("aarch64", "aarch64-linux-gnu")),
    "riscv32": Target("RV32IMAC, 32 bits", *risc_v(32, "-march=rv32imac -mabi=ilp32")),
    "riscv64": Target("RV64GC with Linux, 64 bits", *user("riscv64", "riscv64-linux-gnu")),
    "powerpc": Target("PowerPC with Linux, 32 bits, big-endian", *user("ppc", "powerpc-linux-gnu")),
    "s390x": Target("z/Architecture with Linux, 64 bits, big-endian", *user("s390x", "s390x-linux-gnu")),
}

QEMU_SYSTEM = "-accel tcg -display none -monitor none -serial none -semihosting-config enable=on,target=native"

# What an emulated processor takes too long over, or what needs pages that nobody may touch.
LEFT_OUT_FILES = {"damage.c", "large.c"}
LEFT_OUT_BARE = {"free_pointer_in_a_forbidden_page", "pairs_of_words"}


def sources(bare):
    heap = [path for path in sorted((ROOT / "tests/heap").glob("*.c")) if path.name not in LEFT_OUT_FILES]
    model = [path for path in sorted((ROOT / "tests/model").glob("*.c")) if path.name != "told.c"]
    return [*sorted(ROOT.glob("heap/*.c")), ROOT / "tests/case.c", *heap, *model, *([ROOT / "tests/targets/bare/bare.c"] if bare else [])]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"MODEL_SEEDS": SEEDS, **os.environ}, cwd=ROOT, timeout=SECONDS_A_RUN, check=False,
                          errors="backslashreplace")


def built(name, target):
    program = BUILD / f"{name}.elf"
    seeds = os.environ.get("MODEL_SEEDS", SEEDS_BARE)
    bare = ["-Itests/targets/bare", f'-DMODEL_SEEDS="{seeds}"'] if target.bare else []
    options = f"{target.compiler} -O2 -std=c11 -Wall -Wextra -Werror -Wno-sign-compare -iquote heap -iquote tests".split()
    done = run([*options, *bare, *sources(target.bare), "-o", program])
    if done.returncode != 0:
        raise RuntimeError(f"does not compile\n{done.stdout}")
    return program


def command(target, program, *arguments):
    if not target.bare:
        return [*target.run.split(), program, *arguments]
    given = "".join(f",arg={argument}" for argument in arguments)
    return [*target.run.split(), *f"{QEMU_SYSTEM}{given}".split(), "-kernel", program]


def run_cases(target, program, names):
    """The case that failed with what it said, or nothing."""
    for some in ([[name] for name in names] if target.bare else [names]):
        done = run(command(target, program, *some))
        if done.returncode != 0 or f"{some[-1]}: " not in done.stdout:
            return "\n".join(done.stdout.splitlines()[-6:]) or f"{some[-1]}: status {done.returncode}, and said nothing"
    return ""


def attempt(name):
    """A line about one target, and whether it is a good one."""
    target, began = TARGETS[name], time.monotonic()
    try:
        program = built(name, target)
        names = run(command(target, program, "--list")).stdout.split()
        names = [case for case in names if not (target.bare and case in LEFT_OUT_BARE)]
        failed = run_cases(target, program, names) if len(names) > 100 else f"lists {len(names)} cases only"
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        failed = str(error)
    if failed:
        return f"{name}: FAILED\n{failed}", False
    return f"{name:10} {len(names)} cases passed in {time.monotonic() - began:3.0f} s   {target.what}", True


def main():
    wanted = sys.argv[1:] or list(TARGETS)
    unknown = [name for name in wanted if name not in TARGETS]
    if unknown:
        sys.exit(f"there is no target {unknown[0]}; there are: {' '.join(TARGETS)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for line, right in pool.map(attempt, wanted):
            print(line, flush=True)
            good &= right
    sys.exit(0 if good else 1)


main()
