# SPDX-License-Identifier: MIT
#
# Runs the real kernel, and commands of the shell, and keeps what came out: by the kernel image and what was typed, so
# that nothing runs twice for nothing.

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import re
import shlex
import subprocess

from pages import HERE, Missing, put, Trouble

CACHE = HERE / "build" / "book" / "captured"
SHOWN_BY_SHELL = ("./minios", "make", "nm", "objdump", "size")
FILTERS = ("grep", "head", "tail", "sort", "sed", "cut", "wc", "c++filt")
OUTSIDE = re.compile(r"[;&<>`]|\$\(")
HEAP_LINE = re.compile(r"^  heap    (0x[0-9a-f]{8}) - (0x[0-9a-f]{8})", re.M)
FIRST_BLOCK = re.compile(r"^#1 at (0x[0-9a-f]{8});", re.M)
START_WORD = re.compile(r"\bheap_start (0x[0-9a-f]{8})\b")
SECONDS = 1200  # of the clock, however busy the machine is


@functools.cache
def compiler():
    """The first line that gcc says of itself."""
    try:
        return subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    except OSError as error:
        raise Missing("gcc") from error


@functools.cache
def kernel(machine, sanitize):
    """The image, built first when it is not up to date; one build at a time."""
    if machine not in {path.name for path in (HERE / "machine").iterdir()}:
        raise Trouble(f"there is no machine {machine}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", "-s", "-j2", "kernel", f"MACHINE={machine}", "CC=gcc", f"SANITIZE={'1' if sanitize else ''}"]
        environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise Trouble(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return HERE / "build" / f"{machine}-gcc{'-sanitize' if sanitize else ''}" / "minios.elf"


@functools.cache
def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(key, work):
    """What work() gave for this key the last time, or now."""
    file = CACHE / (hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32] + ".txt")
    with contextlib.suppress(OSError):
        return file.read_text(encoding="utf-8")
    text = work()
    put(file, text.encode("utf-8"))
    return text


def run(machine, sanitize, options, commands, turn=1):
    """All that the kernel printed, from its first line to its last; another turn is another run."""
    image = kernel(machine, sanitize)
    quoted = [f'{key}="{value}"' if " " in value else f"{key}={value}" if value else key
              for key, _, value in (option.partition("=") for option in options)]
    typed = "".join(command + "\n" for command in commands)
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "QEMU_OPTIONS", "RAM")}

    def work():
        start = [HERE / "machine" / machine / "run", image, "on_fault=report", *quoted]
        try:
            done = subprocess.run(start, input=typed.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=environment, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Trouble(f"the kernel did not end within {SECONDS} s") from error
        return done.stdout.decode("ascii", "backslashreplace").replace("\r", "")

    return kept([digest(image), machine, quoted, typed, turn], work)


def commands_of(text):
    return re.findall(r"^minios> (.*\S)\s*$", text, re.M)


def heap_range(text):
    found = HEAP_LINE.search(text)
    return (int(found[1], 16), int(found[2], 16)) if found else None


def believed_start(text):
    """Where the heap began when this was captured, as far as the text itself tells."""
    for pattern in (HEAP_LINE, START_WORD, FIRST_BLOCK):
        found = pattern.search(text)
        if found:
            return int(found[1], 16)
    return None


def moved(commands, shift, low, high):
    """Addresses in typed commands follow the heap when a larger kernel pushes it up."""
    def one(match):
        address = int(match[0], 16)
        return f"{address + shift:#010x}" if low - 64 <= address <= high + 64 else match[0]
    return [re.sub(r"\b0x[0-9a-f]{6,8}\b", one, command) for command in commands]


def followed(fence, settings, commands):
    """The commands, with the addresses that they have in today's kernel."""
    before = believed_start(fence.text)
    if before is None or not any("0x" in command for command in commands):
        return commands
    now = heap_range(run(*settings, []))
    if now is None or now[0] == before:
        return commands
    return moved(commands, now[0] - before, before, before + now[1] - now[0])


def typed(fence):
    """Machine, whether instrumented, options, and the commands with the addresses of today's kernel."""
    attributes = fence.attributes
    settings = (attributes.get("machine", "i386"), "sanitize" in fence.words, shlex.split(attributes.get("options", "")))
    commands = commands_of(fence.text)
    if not commands and "boot" not in fence.words and not any(option.startswith("script=") for option in settings[2]):
        raise Trouble(f"session {fence.name}: no line `minios> COMMAND` to type")
    return *settings, followed(fence, settings, commands)


def session(fence):
    """What the clock decides may be otherwise on a busy machine: such a session has three turns to come out as it is shown."""
    shown = typed(fence)
    for turn in (1, 2, 3):
        text = ran(fence, *shown, turn)
        if "clock" not in fence.words or untimed(text) == untimed(fence.text):
            break
    return text


def ran(fence, machine, sanitize, options, commands, turn):
    text = run(machine, sanitize, options, commands, turn)
    lines = text.split("\n")
    prompts = [number for number, line in enumerate(lines) if line.startswith("minios> ")]
    echoed = commands_of(text)
    if echoed[:len(commands)] != commands and commands:
        raise Trouble(f"session {fence.name}: the kernel ended before `{commands[len(echoed)] if len(echoed) < len(commands) else commands[0]}`"
                      f" was typed; it said: {' / '.join(lines[-4:])}")
    first = 0 if "boot" in fence.words or not prompts else prompts[0]
    shown = "\n".join(line.rstrip() for line in lines[first:])
    return shown.rstrip().removesuffix("minios>").rstrip() + "\n"


@functools.cache
def tree():
    """Changes with every file that a command of the shell could depend on."""
    everything = hashlib.sha256()
    for folder in ("heap", "kernel", "machine", "tools", "tests", "package", "examples", "exercises", "docs/kernels"):
        for path in sorted((HERE / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                everything.update(str(path).encode() + path.read_bytes())
    for path in (HERE / "Makefile", HERE / "minios"):
        everything.update(path.read_bytes())
    return everything.hexdigest()


def allowed(command):
    stages = command.split("|")
    programs = [stage.split()[0] if stage.split() else "" for stage in stages]
    return not OUTSIDE.search(command) and programs[0] in SHOWN_BY_SHELL and all(one in FILTERS for one in programs[1:])


def shell(fence):
    commands = re.findall(r"^\$ (.*\S)\s*$", fence.text, re.M)
    if not commands:
        raise Trouble(f"{fence.name}: no line `$ COMMAND` to run")
    kernel("i386", False)
    return "".join(f"$ {command}\n{shell_output(command)}" for command in commands)


def shell_output(command):
    if not allowed(command):
        raise Trouble(f"`{command}`: only {', '.join(SHOWN_BY_SHELL)}, and {', '.join(FILTERS)} behind a |, may run here")

    def work():
        environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        done = subprocess.run(["sh", "-c", command], cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=dict(environment, LC_ALL="C.UTF-8"), timeout=10 * SECONDS, check=False)
        return "".join(line.rstrip() + "\n" for line in done.stdout.decode("utf-8", "replace").splitlines())

    return kept([tree(), compiler(), command], work)


# --- what the clock tells

def untimed(text):
    """Times and counts of ticks are others in each run: any number is as good as another one."""
    return re.sub(r" *(?<![\w#.])\d+(?![\w.])", " #", text)


# --- the compiler that the outputs come from

ADDRESS = re.compile(r"\b0x[0-9a-f]{6,8}\b|^  [0-9a-f]{8} ", re.M)


def loose(text):
    """What another compiler may change is taken out: addresses, offsets within functions, bytes, inlined callers."""
    text = re.sub(r"    called from .*\n", "", text)
    text = ADDRESS.sub("0x........", text)
    text = re.sub(r"(?<=[a-z_0-9])\+0x[0-9a-f]+", "+0x..", text)
    text = re.sub(r"\b[0-9a-f]{2}( [0-9a-f]{2})+\b.*", "..", text)
    return re.sub(r"\b[0-9]+ KiB", ".. KiB", text)
