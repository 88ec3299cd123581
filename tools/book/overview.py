# SPDX-License-Identifier: MIT
#
# MiniOS in one picture: how the kernel boots, what lies in memory, the heap in it, its three words, and who calls whom
# until a wrong free is refused. All of it from one run of the kernel, and from its source. It is arranged twice: for a
# wide window and for paper, and for a telephone.

import dataclasses
import functools
import re
import textwrap

import listings
import sessions
from pages import HERE, Trouble
from shapes import CHAR, LEFT, arrow, element, head, label, legend, pointing, region_rows
from states import regions, state_from

LANES = ("machine", "kernel", "heap")  # calls go from left to right
BESIDE = 29  # columns from a call of kmain to what is said of it
ROW, LINE = 24, 15


@dataclasses.dataclass
class Arrangement:
    width: int
    beside: bool  # what is said of a call stands beside it, and the heap beside memory; else below
    lanes: tuple  # where the calls into each room stand
    strip: tuple  # where memory lies, from left to right

    @property
    def right(self):
        return self.width - 8


WIDE = Arrangement(580, True, (28, 186, 358), (94, 216))
TALL = Arrangement(340, False, (8, 96, 184), (100, 312))


# --- what there is to draw

def boot_lines(how):
    """[(x, text)] for each line: the calls of kmain, and what is said of them."""
    text, rows, at = listings.listing(HERE, "kernel/main.c#kmain"), [], LEFT + 24
    said_at = at + BESIDE * CHAR if how.beside else at + 2 * CHAR
    for call, said in re.findall(r"^    (\w+\(\w*\));\s*(?:/\* (.*?) \*/)?$", text, re.M):
        lines = [[(said_at, line)] for line in textwrap.wrap(said, int((how.right - said_at - 12) / CHAR))]
        if how.beside:
            rows += [[(at, call), *(lines[0] if lines else [])], *lines[1:]]
        else:
            rows += [[(at, call)], *lines]
    return rows


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


def draw_boot(y, how):
    """The list of calls; where the line of init_heap ends, and the y below the list."""
    out, start = title(y, "1", "kernel/main.c: kmain()"), None
    for at, row in enumerate(boot_lines(how)):
        line = y + 20 + LINE * at
        mine = row[0][1] == "init_heap()"
        out += [label(x, line, text, class_="strong" if mine and text == "init_heap()" else "") for x, text in row]
        if mine:
            x, text = row[-1]
            start = x + len(text) * CHAR + 6, line - 4
    return out, start, line + LINE


def way(start, below, lane, right, goal):
    """From init_heap() to the piece of memory that it took: out to the right, down beside what else there is, and in."""
    return [element("path", d=f"M{start[0]:.1f} {start[1]}H{right}V{below}H{lane}V{goal[1]:.1f}H{goal[0] + 5}", class_="pointer"),
            head(*goal, "left")]


KINDS = {"heap": ("payload", 40), "kernel": ("edge", 34), "usable": ("free", 20)}


def draw_memory(y, found, how):
    """All of memory, high addresses above; where the heap lies in it, and the y below."""
    left, right = how.strip
    rows = [(piece.name, piece.start, piece.end, *KINDS.get(piece.name, ("edge", 20))) for piece in reversed(found)]
    pieces, middles, below = region_rows(rows, left, y + 14, right - left)
    out = [*title(y, "2", "memory"), *pieces, label(left - 6, middles["kernel"] + 1, "_kernel_end", "end", "strong")]
    return out, (right, middles["heap"]), below


def draw_heap(x, y, state, how, say):
    """The heap, out of its place in memory, with its blocks and its three words; and the y below."""
    pieces, below = pointing(state, x, y + 12, 150, how.right, say)
    return title(y, "3", "heap", x + 208) + title(y, "4", "struct kheap", x) + pieces, below


def draw_calls(y, chain, command, verdict, how):
    out, at = title(y, "5", f"minios> {command}"), dict(zip(LANES, how.lanes))
    out += [label(at[lane], y + 24, lane + "/", class_="strong") for lane in LANES]
    y, before = y + 46, None
    for name, file in chain:
        x = at[file.parts[0] if file else "kernel"]
        if before:
            out += step(before, x + 10, y - ROW, y)
        out.append(label(x, y, f"{name}()", class_="strong" if name == "kheap_fault" else ""))
        before, y = x + 10, y + ROW
    lines = textwrap.wrap(verdict, int((how.right - LEFT) / CHAR))
    out += [label(LEFT, y + 8 + LINE * number, line, class_="strong") for number, line in enumerate(lines)]
    return out, y + LINE * len(lines)


def step(x, to, y, below):
    """From one caller to the next: straight down, or over into another lane."""
    if x == to:
        return [arrow(x, y + 5, below - 11)]
    return [element("path", d=f"M{x:.1f} {y + 5}v3H{to:.1f}V{below - 15}", class_="pointer"), head(to, below - 11, "down")]


def draw(options, commands, say, how):
    """The shapes, how tall they are and how wide."""
    text = sessions.run("i386", False, options, commands)
    before, _, after = text.rpartition(f"minios> {commands[-1]}\n")
    out, start, y = draw_boot(14, how)
    memory, goal, below = draw_memory(y + 30, regions(before), how)
    lane = goal[0] + 10 if how.beside else how.right - 4
    out += memory + way(start, y + 6, lane, how.right - 4, goal)
    heap, low = draw_heap(goal[0] + 20 if how.beside else LEFT, y + 30 if how.beside else below + 34, state_from(before), how, say)
    colours = legend(low + 28, say, how.right, goal[0] + 20 if how.beside else LEFT)
    calls, end = draw_calls(max(below, low + 48) + 44, call_chain(after), commands[-1], after.split("\n")[0], how)
    return [*out, *heap, *colours, *calls], end + 8, how.width
