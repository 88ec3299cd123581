# SPDX-License-Identifier: MIT
#
# The pictures that move: what a session of the book does to the heap, step by step, as the lab's own eyes see it.
# docs/moving/sessions.txt names the sessions; docs/moving/NAME.json is what the kernel did in each.

import functools
import json
import re
import subprocess

import sessions
from pages import HERE, Missing, Trouble

FOLDER, TABLE = "docs/moving", "docs/moving/sessions.txt"
ROW = re.compile(r"([\w-]+)(?: \+ ([^:]+))?:((?: \d+)+)")
STEP = re.compile(r"step-([\w-]+)-(\d+)")
RECORDER = ("record", "recorder", "recorded", "figures", "session", "history", "heap", "description", "guest", "clock", "node", "elf", "row")


@functools.cache
def table(root):
    """{session: the steps that stand on paper, and the commands with which the picture goes on where the session ends}."""
    found, file = {}, root / TABLE
    lines = file.read_text(encoding="ascii").split("\n") if file.exists() else []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            row = ROW.fullmatch(line.strip())
            if not row:
                raise Trouble(f"{TABLE}:{number}: write NAME, a colon and the numbers of steps, as in `lifo: 1 3 4`")
            more = [command.strip() for command in (row[2] or "").split(";") if command.strip()]
            found[row[1]] = ([int(step) for step in row[3].split()], more)
    return found


@functools.cache
def recording(root, name):
    """What is kept of a session, or None."""
    file = root / FOLDER / f"{name}.json"
    return json.loads(file.read_text(encoding="ascii")) if file.exists() else None


def anchors(root, page):
    """What a link may name that moves a picture of this page: step-NAME-N."""
    names = [fence.name for fence in page.fences if fence.kind == "session" and fence.name in table(root)]
    return {f"step-{name}-{step}" for name in names if recording(root, name)
            for step in range(len(recording(root, name)["steps"]))}


@functools.cache
def recorder():
    """Changes with each file that a recording comes from."""
    return [sessions.digest(HERE / "web" / "lab" / f"{name}.mjs") for name in RECORDER]


def recorded(fence, more):
    """The recording of a session as the kernel makes it now."""
    machine, sanitize, options, commands = sessions.typed(fence)
    commands = commands + more
    if machine != "i386" or sanitize:
        raise Trouble(f"session {fence.name}: a picture moves only for the PC, in the plain build")
    image = sessions.kernel(machine, sanitize)

    def work():
        import build  # pylint: disable=import-outside-toplevel
        build.packages()
        command = ["node", HERE / "web" / "lab" / "record.mjs", image, " ".join(["on_fault=report", *options]), *commands]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=sessions.SECONDS, check=False)
        except OSError as error:
            raise Missing("node") from error
        if done.returncode:
            raise Trouble(f"session {fence.name}: {done.stderr.strip()[-500:]}")
        return done.stdout

    text = sessions.kept(["moving", sessions.digest(image), *recorder(), options, commands], work)
    told = sessions.heap_range(sessions.run(machine, sanitize, options, []))
    if told and told[0] != int(json.loads(text)["heap_start"], 16):
        raise Trouble(f"session {fence.name}: the heap begins elsewhere than in the session that the book shows")
    return text


def each(root, found, say):
    """Name and recording of each picture, as it is now."""
    fences = {fence.name: fence for page in found for fence in page.fences if fence.kind == "session"}
    for name, (steps, more) in table(root).items():
        try:
            if name not in fences:
                raise Trouble(f"no page has a session {name}")
            text = recorded(fences[name], more)
            if max(steps) >= len(json.loads(text)["steps"]):
                raise Trouble(f"{name} has no step {max(steps)}; its last is {len(json.loads(text)['steps']) - 1}")
            yield name, text
        except Trouble as trouble:
            say(f"{TABLE}: {trouble}")


def loose(text):
    """What another compiler may change is taken out: where the heap lies, who called, which bytes of a tag changed."""
    record = json.loads(text)
    record.pop("heap_start")
    for step in record["steps"]:
        for moved in ("changed", "place"):
            step.pop(moved, None)
        step["blocks"] = [[part for part in block if not isinstance(part, str)] for block in step["blocks"]]
    record["lines"] = [sessions.loose(line) for line in record["lines"]]
    return record


def is_so(file, text, strict):
    shown = file.read_text(encoding="ascii") if file.exists() else "{}"
    return shown == text if strict or shown == "{}" else loose(shown) == loose(text)


def record(root, found, strict, say):
    """Keeps those that are no longer so; gives how many."""
    count = 0
    for name, text in each(root, found, say):
        file = root / FOLDER / f"{name}.json"
        if not is_so(file, text, strict):
            file.write_text(text, encoding="ascii")
            count += 1
            print(f"  recorded   {file.relative_to(root)}")
    return count


def check(root, found, strict, say):
    for name, text in each(root, found, say):
        if not is_so(root / FOLDER / f"{name}.json", text, strict):
            say(f"{FOLDER}/{name}.json: not what the kernel does now; `make book-update` records it")
    for file in sorted((root / FOLDER).glob("*.json")):
        if file.stem not in table(root):
            say(f"{FOLDER}/{file.name}: {TABLE} does not name it")
