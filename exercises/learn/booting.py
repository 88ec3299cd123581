# SPDX-License-Identifier: MIT
#
# The learner's heap in the kernel: built, booted, typed at. A row of the table is a step: what is typed, and what has to
# come out, in this order. @N in a pattern is the address N bytes above heap_start.

import os
import re
import resource
import shutil
import signal
import subprocess

from compiling import linker_words, plain_quotes
from place import BUILD, CC, CC_NAME, FILE, ROOT, made_name, shown
from trouble import Trouble, look_for_trouble

WORK_SECONDS = 10  # of the processor; the longest step takes two
LONGEST_SECONDS = 60  # of the clock

LEVELS = [("double-free", "E05"), ("oom", "E02"), ("bad-align", "E03"), ("overflow", "E07"), ("overflow-exact", "E07"),
          ("overflow-neighbour", "E07"), ("underflow", "E08"), ("free-order", "E04"), ("middle-pointer", "E06"),
          ("foreign-pointer", "E06"), ("wrap", "E02"), ("smashed-tag", "E08"), ("before-init", "E01"), ("stale-mark", "E09")]

BOOTS = [
    (["memory"], [r"  heap    @0 - ", r"heap_start @0 "]),
    (["alloc 64", "alloc 64"], [r"#1 at @0; free_memory_pointer moved up by \d+ ", r"#2 at @[1-9]"]),
    (["alloc 13", "alloc 13", "alloc 200 256"],
     [r"#1 at @0; ", r"#2 at 0x[0-9a-f]+0; ", r"#3 at 0x[0-9a-f]+00; free_memory_pointer moved up by \d+ to 0x[0-9a-f]+0\n"]),
    (["alloc 100M", "alloc 0xffffffff", "alloc 100"],
     [r"E02 out of memory: wanted 104857600", r"E02 out of memory: wanted", r"#1 at @0; "]),
    (["alloc 100", "alloc 13", "stats"], [r"used  +[1-9]\d* bytes", r"free  +[1-9]\d* bytes", r"largest  +[1-9]\d* bytes"]),
    (["alloc 100", "alloc 13", "blocks", "map"],
     [r"#2  +0x[0-9a-f]+ +13 ", r"#1  +@0 +100 ", r"#1: 100"]),
    (["alloc 100", "alloc 13", "free #2", "free #1", "stats"],
     [r"free_memory_pointer moved down by \d+ to 0x", r"free_memory_pointer moved down by \d+ to @0", r"used  +0 bytes"]),
    (["alloc 100", "alloc 13", "alloc 7", "free #1", "free last", "free all"],
     [r"E04 free out of order: @0 is not", r"block +#1 ", r"newest +#3 ", r"2 blocks stand above", r"moved down",
      r"the heap is empty"]),
    (["alloc 100", "alloc 40 256", "blocks", "free all", "stats"],
     [r"#2  +0x[0-9a-f]+00 +40 +[1-9]", r"the heap is empty", r"used  +0 bytes"]),
    (["bug overflow", "bug overflow-exact", "alloc 13", "check"],
     [r"E07 overflow: a write of 1 byte", r"E07 overflow: a write of 1 byte", r"no damage found"]),
    (["bug levels", "bug control", "demo", "workload"],
     [*(rf"\n  {name} .*{code}" for name, code in LEVELS), r"bugs run without their mistake, 0 of them refused",
      r"The heap is as it was before the demo", r"20000 steps of the workload"]),
]


class Boot:
    def __init__(self, good, text, missing=None, hung=False, built=True):
        self.good, self.text, self.missing, self.hung, self.built = good, text, missing, hung, built


def can_boot(machine):
    return machine == "host" or shutil.which("qemu-system-i386") is not None


def build(machine):
    """The kernel on this heap; raises ValueError with the compiler's words. Should a build have been killed, half a file
    may look up to date: then all is built anew."""
    folder = BUILD / f"{machine}-{CC_NAME}-my"
    made = run_make(machine, folder)
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        made = run_make(machine, folder)
    if made.returncode != 0:
        raise ValueError(linker_words(plain_quotes(made.stderr)))
    return folder / "minios.elf"


def is_first(machine):
    """Is there no kernel yet? Then it takes a while."""
    return not (BUILD / f"{machine}-{CC_NAME}-my" / "minios.elf").exists()


def run_make(machine, folder):
    made = subprocess.run(["make", "-s", "-j2", f"MACHINE={machine}", f"LEARNER={made_name(FILE)}", f"CC={CC}",
                           f"BUILD={made_name(folder)}", made_name(folder / "minios.elf")],
                          cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
                          env=dict(os.environ, LC_ALL="C"))
    if made.returncode != 0:
        look_for_trouble(plain_quotes(made.stderr))
    if "Nothing was built" in made.stderr:
        raise Trouble("build", said=made.stderr.split("\n")[0])
    return made


def limit_work():
    """In the kernel's process: also when nobody is left to stop it."""
    resource.setrlimit(resource.RLIMIT_CPU, (WORK_SECONDS, WORK_SECONDS))


def work_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def type_at(machine, kernel, commands):
    """A fresh boot; None as status when it had to be stopped."""
    before = work_of_children()
    typed = "".join(command + "\n" for command in [*commands, "halt"])
    process = subprocess.Popen([str(ROOT / "machine" / machine / "run"), str(kernel), "on_fault=report"], cwd=ROOT,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, preexec_fn=limit_work)
    try:
        text, status = process.communicate(typed.encode(), timeout=LONGEST_SECONDS)[0], process.returncode
    except subprocess.TimeoutExpired:
        end(process)
        text, status = process.communicate()[0], None
    finally:
        end(process)
    if work_of_children() - before > WORK_SECONDS - 1:
        status = None
    return status, text.decode("ascii", "backslashreplace").replace("\r", "")


def missing_from(text, patterns):
    """The first pattern that does not come, in order; None when all do."""
    start = re.search(r"^  heap    0x([0-9a-f]+)", text, re.M)
    at = 0
    for pattern in patterns:
        wanted = re.sub(r"@(\d+)", lambda match: f"0x{int(start[1], 16) + int(match[1]):08x}" if start else "(no heap)", pattern)
        wanted = wanted.replace("@[1-9]", "0x[0-9a-f]+")
        found = re.search(wanted, text[at:])
        if not found:
            return wanted
        at += found.start() + 1
    return None


def boot(machine, step):
    commands, patterns = BOOTS[step - 1]
    try:
        kernel = build(machine)
    except ValueError as error:
        return Boot(False, str(error), built=False)
    status, text = type_at(machine, kernel, commands)
    missing = missing_from(text, patterns)
    return Boot(status is not None and missing is None, text, missing, status is None)


def transcript(text, most=22):
    """What was typed and came out, without the boot story and the last halt."""
    lines = text[text.find("minios> "):].rstrip().split("\n") if "minios> " in text else text.rstrip().split("\n")
    lines = [line for line in lines if line not in ("minios> halt", "minios> ")]
    return lines if len(lines) <= most else [*lines[:most - 1], f"... ({len(lines) - most + 1})"]


__all__ = ["BOOTS", "boot", "can_boot", "transcript", "shown"]
