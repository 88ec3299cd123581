# SPDX-License-Identifier: MIT
#
# The learner's heap in the kernel: built, booted, typed at. A row of steps/boots.json is a step: what is typed, and what has
# to come out, in this order. @N in a pattern is the address N bytes above heap_start.

import json
import os
import re
import resource
import shutil
import signal
import subprocess

from compiling import linker_words, plain_quotes
from place import BUILD, CC, CC_NAME, EXERCISES, FILE, ROOT, TRACK, made_name, shown
from trouble import Trouble, look_for_trouble

WORK_SECONDS = 10  # of the processor; the longest step takes two
LONGEST_SECONDS = 600  # of the clock: for what waits and does not work

# What is told where a line of the last step is missing: a bug of the lab by its name, and what comes after them.
AFTER_BUGS = {"bugs run": "control", "The heap": "demo", "20000 steps": "workload"}


def name_of(line):
    bug = re.match(r"([\w-]+) \.\.\. E\d\d$", line)
    return bug[1] if bug else next(name for begin, name in AFTER_BUGS.items() if line.startswith(begin))


# What may stand in a line that has to come out, besides @N; two blanks stand for any number of them.
PARTS = {"...": ".*", "<number>": r"\d+", "<more than 0>": r"[1-9]\d*", "<address>": "0x[0-9a-f]+",
         "<address ending in 0>": "0x[0-9a-f]*0(?![0-9a-f])", "<address ending in 00>": "0x[0-9a-f]*00(?![0-9a-f])"}

# What is not a heap is no part of a kernel.
BOOTS = [(boot["type"], boot["comes"]) for boot in json.loads((EXERCISES / "steps" / "boots.json").read_text(encoding="ascii"))
         if TRACK == "heap"]
LAST = {line: name_of(line) for line in BOOTS[-1][1]} if BOOTS else {}


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
