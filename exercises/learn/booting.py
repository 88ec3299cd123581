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
LONGEST_SECONDS = 600  # of the clock: for what waits and does not work

LEVELS = [("double-free", "E05"), ("oom", "E02"), ("bad-align", "E03"), ("overflow", "E07"), ("overflow-exact", "E07"),
          ("overflow-neighbour", "E07"), ("underflow", "E08"), ("free-order", "E04"), ("middle-pointer", "E06"),
          ("foreign-pointer", "E06"), ("wrap", "E02"), ("smashed-tag", "E08"), ("before-init", "E01"), ("stale-mark", "E09")]

# The lines of the last step, by the name of what is told where one is missing.
LAST = {f"  {name} ... {code}": name for name, code in LEVELS} | {
    "bugs run without their mistake, 0 of them refused": "control", "The heap is as it was before the demo": "demo",
    "20000 steps of the workload": "workload"}

# What may stand in a line that has to come out, besides @N; two blanks stand for any number of them.
PARTS = {"...": ".*", "<number>": r"\d+", "<more than 0>": r"[1-9]\d*", "<address>": "0x[0-9a-f]+",
         "<address ending in 0>": "0x[0-9a-f]*0(?![0-9a-f])", "<address ending in 00>": "0x[0-9a-f]*00(?![0-9a-f])"}

BOOTS = [
    (["memory"], ["  heap  @0 - ", "heap_start @0 "]),
    (["alloc 64", "alloc 64"], ["#1 at @0; free_memory_pointer moved up by <number> ", "#2 at <address>"]),
    (["alloc 13", "alloc 13", "alloc 200 256"],
     ["#1 at @0; ", "#2 at <address ending in 0>; ",
      "#3 at <address ending in 00>; free_memory_pointer moved up by <number> to <address ending in 0>"]),
    (["alloc 100M", "alloc 0xffffffff", "alloc 100"],
     ["E02 out of memory: wanted 104857600", "E02 out of memory: wanted", "#1 at @0; "]),
    (["alloc 100", "alloc 13", "stats"],
     ["used  <more than 0> bytes", "free  <more than 0> bytes", "largest  <more than 0> bytes"]),
    (["alloc 100", "alloc 13", "blocks", "map"], ["#2  <address>  13 ", "#1  @0  100 ", "#1: 100"]),
    (["alloc 100", "alloc 13", "free #2", "free #1", "stats"],
     ["free_memory_pointer moved down by <number> to <address>", "free_memory_pointer moved down by <number> to @0",
      "used  0 bytes"]),
    (["alloc 100", "alloc 13", "alloc 7", "free #1", "free last", "free all"],
     ["E04 free out of order: @0 is not", "block  #1 ", "newest  #3 ", "2 blocks stand above", "moved down",
      "the heap is empty"]),
    (["alloc 100", "alloc 40 256", "blocks", "free all", "stats"],
     ["#2  <address ending in 00>  40  <more than 0>", "the heap is empty", "used  0 bytes"]),
    (["bug overflow", "bug overflow-exact", "alloc 13", "check"],
     ["E07 overflow: a write of 1 byte", "E07 overflow: a write of 1 byte", "no damage found"]),
    (["bug levels", "bug control", "demo", "workload"], list(LAST)),
]


class Boot:
    def __init__(self, good, text, missing=None, instead=None, hung=False, built=True):
        self.good, self.text, self.hung, self.built = good, text, hung, built
        self.missing, self.instead = missing, instead  # the line that should have come, and the one that did


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


def pattern_of(line):
    pieces = re.split(r"(\.\.\.|<[^>]*>| {2,})", line)
    pattern = "".join(PARTS.get(piece) or (" +" if piece.startswith("  ") else re.escape(piece)) for piece in pieces)
    return "^" + pattern if line.startswith("  ") else pattern


def with_addresses(line, text):
    start = re.search(r"^  heap    0x([0-9a-f]+)", text, re.M)
    return re.sub(r"@(\d+)", lambda match: f"0x{int(start[1], 16) + int(match[1]):08x}" if start else "<the first address>", line)


def missing_from(text, wanted):
    """The first line that does not come, in order, and where it should have; None when all do."""
    at = 0
    for line in wanted:
        found = re.compile(pattern_of(with_addresses(line, text)), re.M).search(text, at)
        if not found:
            return line, at
        at = found.start() + 1
    return None, at


def nearest(text, wanted):
    """The line that begins as the wanted one does, by as many words as possible; None when not even the first one comes."""
    words = re.split(r"\.\.\.|<", wanted)[0].split()
    for count in range(len(words), 0, -1):
        begin = r"\s+".join(map(re.escape, words[:count]))
        found = re.search(rf"^.*(?<!\S){begin}(?!\S).*$", text, re.M)
        if found:
            return found[0]
    return None


def boot(machine, step):
    commands, wanted = BOOTS[step - 1]
    try:
        kernel = build(machine)
    except ValueError as error:
        return Boot(False, str(error), built=False)
    status, text = type_at(machine, kernel, commands)
    missing, at = missing_from(text, wanted)
    instead = nearest(text[text.find("\n", at):], with_addresses(missing, text)) if missing else None
    return Boot(status is not None and missing is None, text, missing, instead, status is None)


def transcript(text, most=22):
    """What was typed and came out, without the boot story and the last halt."""
    lines = text[text.find("minios> "):].rstrip().split("\n") if "minios> " in text else text.rstrip().split("\n")
    lines = [line for line in lines if line not in ("minios> halt", "minios> ")]
    return lines if len(lines) <= most else [*lines[:most - 1], f"... ({len(lines) - most + 1})"]


__all__ = ["BOOTS", "boot", "can_boot", "transcript", "shown"]
