# SPDX-License-Identifier: MIT
#
# MiniOS in one picture: how the kernel boots, what lies in memory, the heap in it, its three words, and who calls whom
# until a wrong free is refused. All of it from one run of the kernel, and from its source.

import dataclasses
import functools
import math
import re
import textwrap

import listings
import sessions
from pages import HERE, Trouble
from shapes import CHAR, LEFT, arrow, element, head, label, legend, pointing
from states import number_after, state_from

LANES = ("machine", "kernel", "heap")  # calls go from left to right
BESIDE = 29  # columns from a call of kmain to what is said of it
WIDTH, RIGHT = 540, 532  # a phone scrolls it rather than making its letters small
LANE_AT = {"machine": 28, "kernel": 186, "heap": 358}
ROW = 20


@dataclasses.dataclass
class Region:
    start: int
    end: int
    name: str

    @property
    def kib(self):
        return -(-(self.end - self.start) // 1024)  # rounded up, as `memory` does it


# --- what there is to draw

def boot_lines():
    """The calls of kmain, and what is said beside them; where that is long, a row without a call goes on with it."""
    text, rows = listings.listing(HERE, "kernel/main.c#kmain"), []
    for call, said in re.findall(r"^    (\w+\(\w*\));\s*(?:/\* (.*?) \*/)?$", text, re.M):
        first, *more = textwrap.wrap(said, int((RIGHT - LEFT - 24) / CHAR) - BESIDE) or [""]
        rows += [(call, first), *(("", rest) for rest in more)]
    return rows


def regions(text):
    """Memory by address, as `memory` tells it, with the heap cut out of the usable piece that holds it."""
    rows = [Region(int(start, 16), int(end, 16), "kernel" if name == "this" else name) for start, end, name
            in re.findall(r"^  (0x[0-9a-f]{8}) - (0x[0-9a-f]{8}) +\d+ KiB  (\w+)", text, re.M)]
    if "kernel" not in [row.name for row in rows]:
        raise Trouble("`memory` did not tell where the kernel is")
    start, end = number_after("heap_start", text), number_after("heap_end", text)
    found = []
    for row in rows:
        if row.start <= start < row.end:
            found += [Region(row.start, end, "heap"), Region(end, row.end, row.name)]
        else:
            found.append(row)
    return found


@functools.cache
def defined_in():
    """{function: the file that defines it}."""
    found = {}
    for path in sorted(path for folder in LANES for path in (HERE / folder).rglob("*.[chS]")):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^(?!static inline)[a-zA-Z_][\w ]*?[ *](\w+)\([^;]*?\)\n\{|^(\w+):$", text, re.M):
            found.setdefault(name[0] or name[1], path.relative_to(HERE))
    return found


def call_chain(text):
    """Who called whom until the panic, from the start of the machine: name and file."""
    names = re.findall(r"^    (?:at|called from) (\w+)\+0x", text.rsplit("PANIC", 1)[-1], re.M)
    if "_start" not in names:
        raise Trouble("the kernel did not panic with a list of its callers: the last line run: has to be a fault")
    return [(name, defined_in().get(name)) for name in reversed(names)]


# --- drawing

def title(y, number, text, x=LEFT):
    return [element("circle", cx=x + 8, cy=y - 4, r=8, class_="edge"), label(x + 8, y, number, "middle", "strong"),
            label(x + 24, y, text, class_="strong")]


def draw_boot(y, goal):
    """The list of calls; from init_heap a line to where the heap will be. Gives the y below."""
    out, lines = title(y, "1", "kernel/main.c: kmain()"), boot_lines()
    below = y + 18 + 15 * len(lines)
    for at, (call, said) in enumerate(lines):
        line = y + 20 + 15 * at
        mine = call == "init_heap()"
        out.append(label(LEFT + 24, line, call, class_="strong" if mine else ""))
        out.append(label(LEFT + 24 + BESIDE * CHAR, line, said))
        if mine:
            right = LEFT + 30 + (BESIDE + len(said)) * CHAR
            out.append(element("path", d=f"M{right:.1f} {line - 4}H{RIGHT - 4}V{below}H{goal[0]:.1f}V{goal[1] - 5}", class_="pointer"))
            out.append(head(goal[0], goal[1], "down"))
    return out, below


def widths(pieces):
    """By the logarithm of the size: else the smallest would not be seen."""
    gaps = 8 * sum(one.end < other.start for one, other in zip(pieces, pieces[1:]))
    logs = [math.log2(piece.kib) for piece in pieces]
    room = RIGHT - LEFT - gaps - 20 * len(pieces)
    return [20 + room * log / sum(logs) for log in logs]


def strip(pieces):
    """[(piece, x, width)]: a hole in memory is a hole in the picture."""
    x, placed, before = LEFT, [], None
    for piece, width in zip(pieces, widths(pieces)):
        x += 8 if before and before.end < piece.start else 0
        placed.append((piece, x, width))
        x, before = x + width, piece
    return placed


FILLS = {"heap": "ground-payload"}


def draw_memory(y, placed):
    out = title(y, "2", "memory")
    for piece, x, width in placed:
        out.append(element("rect", x=x, y=y + 24, width=width, height=36, class_=FILLS.get(piece.name, "free" if piece.name == "usable" else "edge")))
        for line, text in enumerate((piece.name, f"{piece.kib} KiB")):
            if len(text) * CHAR < width:
                out.append(label(x + width / 2, y + 39 + 14 * line, text, "middle", "strong" if piece.name == "heap" else ""))
        if piece.name == "kernel":
            out += [label(x - 2, y + 74, f"{piece.start:#010x}", "end"), tick(x, y + 60), tick(x + width, y + 12),
                    label(x + width - 4, y + 16, f"_kernel_end {piece.end:#010x}", "end")]
    return out


def tick(x, y):
    return element("path", d=f"M{x:.1f} {y}v12", class_="edge")


def draw_heap(y, state, heap, say):
    """The heap, out of its place in memory, with its blocks and its three words. Gives the y below."""
    _, x, width = heap
    out = [element("path", d=f"M{x:.1f} {y - 46}L{LEFT + 188} {y + 36}M{x + width:.1f} {y - 46}L{RIGHT} {y + 36}", class_="free")]
    pieces, below = pointing(state, LEFT, y + 18, 160, RIGHT, say)
    return out + title(y + 6, "3", "heap", LEFT + 330) + title(y + 6, "4", "struct kheap") + pieces, below


def draw_calls(y, chain, command, verdict):
    out = title(y, "5", f"minios> {command}")
    for lane in LANES:
        out.append(label(LANE_AT[lane], y + 24, lane + "/", class_="strong"))
    y, before = y + 46, None
    for name, file in chain:
        lane = file.parts[0] if file else "kernel"
        x = LANE_AT[lane]
        if before:
            out += step(before, x + 10, y - ROW, y)
        out.append(label(x, y, f"{name}()", class_="strong" if name == "kheap_fault" else ""))
        before, y = x + 10, y + ROW
    return [*out, label(LEFT, y + 8, verdict, class_="strong")], y


def step(x, to, y, below):
    """From one caller to the next: straight down, or over into another lane."""
    if x == to:
        return [arrow(x, y + 3, below - 9)]
    middle = y + 7
    return [element("path", d=f"M{x:.1f} {y + 3}V{middle}H{to:.1f}V{below - 13}", class_="pointer"),
            head(to, below - 9, "down")]


def draw(options, commands, say):
    """The shapes, how tall they are and how wide."""
    text = sessions.run("i386", False, options, commands)
    before, _, after = text.rpartition(f"minios> {commands[-1]}\n")
    state, placed = state_from(before), strip(regions(before))
    heap = next(one for one in placed if one[0].name == "heap")
    memory_at = 14 + 18 + 15 * len(boot_lines()) + 26
    out, _ = draw_boot(14, (heap[1] + heap[2] / 2, memory_at + 24))
    out += draw_memory(memory_at, placed)
    pieces, below = draw_heap(memory_at + 106, state, heap, say)
    out += pieces + legend(below + 28, say, RIGHT)
    calls, end = draw_calls(below + 64, call_chain(after), commands[-1], after.split("\n")[0])
    return [*out, *calls], end + 16, WIDTH
