# SPDX-License-Identifier: MIT
#
# The sketches with which a section begins: a heap before a call and after it, bytes in their boxes, a block piece by piece.
# Each is drawn from a run of the kernel; what a row of bytes holds stands in the picture's .txt. High addresses are above.

import re
import subprocess

import sessions
from pages import Trouble
from shapes import CHAR, LEFT, LIT, RIGHT, arrow, box, element, head, label, numbered, pointing, region_rows
from states import Piece, regions, state_after

BLOCK = 24  # how tall a block is


def line_at(x, y, width):
    """Where the free pointer stands."""
    return element("path", d=f"M{x:.1f} {y:.1f}h{width:.1f}", stroke=LIT, stroke_width="3")


def fitting(width, *texts):
    """The first of the texts that there is room for, from the long one to the short one."""
    return next((text for text in texts if len(text) * CHAR + 4 <= width), texts[-1])


# --- heaps side by side, one a moment

POINTED = 36  # room for the free pointer's name, and its arrow


def blocks_of(state):
    """[(name, bytes up to where the next block begins)], the oldest first."""
    names = dict.fromkeys(piece.block for piece in state.pieces)
    return [(name, sum(piece.size for piece in state.pieces if piece.block == name)) for name in names]


def pointer_over(x, y, width, text):
    """The free pointer: its line, and above it an arrow and, where there is room, its name."""
    out = [line_at(x, y, width), arrow(x + width / 2, y - 16, y - 2)]
    if len(text) * CHAR <= width + 2:
        out.append(label(x + width / 2, y - 20, text, "middle", "strong"))
    return out


def draw_column(state, scene, x, y, width, bottom, say):
    """One heap: free above, then the free pointer, then its blocks; `hole` is a block that was given back among them."""
    hole, blocks = scene.words.get("hole"), blocks_of(state)
    top, pointer = y + 8, bottom - BLOCK * len(blocks)
    rest = f"{state.end - state.pointer:,}"
    out = [label(x + width / 2, y, scene.text, "middle", "strong"), box(x, top, width, pointer - top, "free"),
           label(x + width / 2, top + 18, say("free"), "middle"),
           label(x + width / 2, top + 34, fitting(width, say("bytes", n=rest), rest), "middle")]
    for at, (name, size) in enumerate(blocks):
        y, name = bottom - BLOCK * (at + 1), scene.named(name)
        gone = name == hole
        text = f"{name}: ?" if gone else fitting(width, f"{name}: {say('bytes', n=size)}", f"{name} {size}")
        out += [box(x, y, width, BLOCK, "free"), label(x + width / 2, y + 16, text, "middle")] if gone else numbered(x, y, width, BLOCK, "payload", text)
    out += pointer_over(x, pointer, width, say("where") if hole else "free_memory_pointer")
    return [*out, element("path", d=f"M{x:.1f} {bottom}h{width:.1f}", class_="edge")]


def verdict(asked, scene, x, y, say):
    """What the kernel said of the last command: fine, or the fault, and which block is on top."""
    text = sessions.run("i386", False, asked.options, scene.commands)
    fault = re.search(r"^(E0\d) .*(?:\n.*)*?\n    newest +(#\d+)", text, re.M)
    lines = (fault[1], say("onTop", name=scene.named(fault[2]))) if fault else (say("fine"),)
    return [label(x, y + 15 * at, line, "middle", "strong") for at, line in enumerate(lines)]


def draw_heaps(asked, say):
    """Each scene a column; `columns` in a row, and `verdicts` below them."""
    many = int(asked.said.get("columns", len(asked.scenes)))
    rows = [asked.scenes[at:at + many] for at in range(0, len(asked.scenes), many)]
    width, out, y = (RIGHT - LEFT - 8 * (many - 1)) / many, [], 14
    for row in rows:
        states = [state_after(asked.options, scene.commands) for scene in row]
        bottom = y + 8 + 40 + POINTED + BLOCK * max(len(blocks_of(state)) for state in states)
        for at, (scene, state) in enumerate(zip(row, states)):
            x = LEFT + at * (width + 8)
            out += draw_column(state, scene, x, y, width, bottom, say)
            if "verdicts" in asked.said:
                out += verdict(asked, scene, x + width / 2, bottom + 16, say)
        y = bottom + (54 if "verdicts" in asked.said else 24)
    if width < len("free_memory_pointer") * CHAR:
        out += [line_at(LEFT, y - 8, 22), arrow(LEFT + 11, y - 24, y - 10), label(LEFT + 30, y - 6, "free_memory_pointer", class_="strong")]
        y += 12
    return out, y - 8


# --- the three words, before and after the heap is told where it is

def draw_born(asked, say):
    """First the words as the kernel's report shows them, then the heap as it begins."""
    before, after = asked.scenes
    told = sessions.run("i386", False, asked.options, before.commands).rsplit("heap_start", 1)[-1]
    words = re.findall(r"(\w+) (0x[0-9a-f]{8})", "heap_start" + told)
    if [name for name, _ in words] != ["heap_start", "free_memory_pointer", "heap_end"]:
        raise Trouble(f"`{before.commands[-1]}` did not end with the three words")
    out, y = [label(LEFT, 14, before.text, class_="strong")], 22
    for name, value in reversed(words):
        out += [element("rect", x=LEFT, y=y, width=RIGHT - LEFT, height=BLOCK, class_="edge"), label(LEFT + 8, y + 16, name, class_="strong"),
                label(RIGHT - 8, y + 16, value, "end")]
        y += BLOCK + 4
    pieces, below = pointing(state_after(asked.options, after.commands), LEFT, y + 32, 150, RIGHT, say, "used")
    return [*out, label(LEFT, y + 20, after.text, class_="strong"), *pieces], below + 10


# --- memory around the heap

def code_ends():
    """Where the kernel's code ends and its data begins, as the linker put it."""
    image = sessions.kernel("i386", False)
    names = subprocess.run(["nm", image], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^([0-9a-f]+) \w _rodata_end$", names, re.M)[1], 16)


def draw_memory(asked, say):
    """The kernel, its heap, and what is free above it; each piece with its size, each edge with its address."""
    text, code = sessions.run("i386", False, asked.options, asked.commands), code_ends()
    found, at = regions(text), next(n for n, one in enumerate(regions(text)) if one.name == "kernel")
    kernel, heap, rest = found[at:at + 3]
    rows = [(say("freeRam"), rest.start, rest.end, "free", 54), ("heap", heap.start, heap.end, "payload", 40),
            (say("kernelData"), code, kernel.end, "edge", 44), (say("kernelCode"), kernel.start, code, "edge", 30)]
    out, _, y = region_rows(rows, LEFT + 92, 14, RIGHT - LEFT - 92)
    return [*out, label(LEFT + 86, 14 + 54 + 40 + 18, "_kernel_end", "end", "strong")], y + 14


# --- bytes in their boxes

IN_A_BOX = 4  # bytes that the processor reads at once


def largest_part(start, size):
    """Its first and last byte in the box that holds the most of it."""
    boxes = {}
    for at in range(start, start + size):
        boxes.setdefault(at // IN_A_BOX, []).append(at)
    part = max(boxes.values(), key=len)
    return part[0], part[-1]


def draw_items(scene, y, cell, many):
    """A row of bytes, each with its number, in boxes; what lies in them is coloured, with its name."""
    place = lambda at: LEFT + at * cell + at // IN_A_BOX * 6
    out, held = [], {at: item for item in scene.items for at in range(item[1], item[1] + item[2])}
    for at in range(many):
        out += [label(place(at) + cell / 2, y, f"{scene.words.get('sign', '')}{at}", "middle"),
                box(place(at), y + 6, cell, BLOCK, "payload" if at in held else "free")]
    for name, start, size in scene.items:
        first, last = largest_part(start, size)
        middle = (place(first) + place(last) + cell) / 2
        text = fitting((last - first + 1) * cell, f"{name} {size}", name)
        room = len(text) * CHAR + 2
        out += [element("rect", x=middle - room / 2, y=y + 11, width=room, height=14, class_="ground-payload"), label(middle, y + 22, text, "middle")]
    return out, place


def boxes_told(start, size, say):
    first = min(size, IN_A_BOX - start % IN_A_BOX)
    return say("oneBox", n=start) if first == size else say("twoBoxes", n=start, first=first, rest=size - first)


def draw_bytes(asked, say):
    """Each scene a row; below it an arrow at its last item, and what is to say of that one."""
    many, out, y = int(asked.said["bytes"]), [], 16
    cell = min(26, (RIGHT - LEFT - 6 * (many // IN_A_BOX)) // many)
    for scene in asked.scenes:
        more, place = draw_items(scene, y, cell, many)
        _, start, size = scene.items[-1]
        text, x = scene.text or boxes_told(start, size, say), place(start) + 6
        out += [*more, arrow(x, y + 46, y + 32)]
        over = x + len(text) * CHAR > RIGHT
        out.append(label(RIGHT if over else x - 6, y + 60, text, "end" if over else "start", "strong"))
        y += 84
    return out, y - 14


def draw_boxes(asked, say):
    """A heap of a few boxes, with how many of them are given at each moment."""
    many = int(asked.said["boxes"])
    width, bottom = (RIGHT - LEFT - 8) / len(asked.scenes), 20 + POINTED + many * BLOCK
    out = []
    for at, scene in enumerate(asked.scenes):
        x, given = LEFT + at * (width + 8), int(scene.words["given"])
        out.append(label(x + width / 2, 14, scene.text, "middle", "strong"))
        for number in range(many):
            y = bottom - BLOCK * (number + 1) - (POINTED if number >= given else 0)
            if number < given:
                out += numbered(x, y, width, BLOCK, "payload", f"{number}: {say('given')}")
            else:
                out += [box(x, y, width, BLOCK, "free"), label(x + width / 2, y + 16, f"{number}: {say('free')}", "middle")]
        out += pointer_over(x, bottom - BLOCK * given, width, "free_memory_pointer")
    return out, bottom + 10


# --- more than there is

def draw_beyond(asked, say):
    """What the last command asked for, beside what is free: it reaches past the end of the heap."""
    refused = re.search(r"^E02 .*wanted (\d+) bytes, free (\d+), missing (\d+)", sessions.run("i386", False, asked.options, asked.commands), re.M)
    if not refused:
        raise Trouble(f"`{asked.commands[-1]}` asked for no more than there is")
    wanted, free, missing = (int(number) for number in refused.groups())
    state = state_after(asked.options, asked.commands[:-1])
    tall = lambda size: 90 * size / free
    width, right = 158, LEFT + 174
    end = 14 + max(34, tall(missing)) + 4
    pointer = end + tall(free)
    out = [element("rect", x=LEFT, y=14, width=width, height=end - 14, class_="edge"), label(LEFT + width / 2, 34, say("foreign"), "middle"),
           box(LEFT, end, width, pointer - end, "free"), label(LEFT + 4, end + 16, "heap_end", class_="strong"),
           label(LEFT + width / 2, end + 44, say("free"), "middle"), label(LEFT + width / 2, end + 60, say("bytes", n=f"{free:,}"), "middle"),
           *numbered(LEFT, pointer, width, 40, "payload", f"{say('given')}: {say('bytes', n=f'{state.used:,}')}"),
           line_at(LEFT, pointer, RIGHT - LEFT), label(right, pointer + 18, "free_memory_pointer", class_="strong"),
           element("rect", x=right, y=pointer - tall(wanted), width=RIGHT - right, height=tall(wanted) - 2, class_="edge"),
           element("path", d=f"M{LEFT} {end:.1f}H{RIGHT}", class_="edge")]
    middle = (right + RIGHT) / 2
    return [*out, label(middle, end - 12, say("missing", n=f"{missing:,}"), "middle", "strong"), label(middle, end + 44, say("wanted"), "middle"),
            label(middle, end + 60, say("bytes", n=f"{wanted:,}"), "middle"),
            label(LEFT + 4, pointer + 56, "heap_start", class_="strong")], pointer + 66


# --- a block, piece by piece

TAG_WORDS = ("FENCE", "SIZE", "OWNER", "SEAL")


def split(pieces):
    """The tag of the last block, word by word."""
    *rest, tag = pieces
    word = Piece("tag", tag.size // len(TAG_WORDS), tag.block, str(tag.size // len(TAG_WORDS)))
    return [(piece, piece.kind) for piece in rest] + [(word, name) for name in TAG_WORDS]


def hop(x, y, to, text):
    """From a boundary to where the block below it begins."""
    middle = (y + to) / 2
    return [element("path", d=f"M{x} {y + 2:.1f}C{x + 20} {y + 6:.1f} {x + 20} {to - 6:.1f} {x + 7} {to - 1:.1f}", class_="pointer"),
            head(x, to - 1, "left"), label(x + 22, middle + 4, text)]


def pointer_beside(x, y, width, text):
    """The free pointer: its line, and on the right an arrow with its name."""
    return [line_at(x, y, width), element("path", d=f"M{x + width + 20} {y}H{x + width + 8}", class_="pointer"), head(x + width + 3, y, "left"),
            label(x + width + 24, y + 4, text, class_="strong")]


def draw_rows(rows, x, y, width, say):
    """The pieces, each a row; {block: the y of its boundary}; and the y below."""
    out, boundaries = [], {}
    for piece, name in reversed(rows):
        if piece.block not in boundaries:
            out.append(label(LEFT, y + 15, piece.block, class_="strong"))
            boundaries[piece.block] = y
        out += numbered(x, y, width, BLOCK - 2, piece.kind, f"{name if name in TAG_WORDS else say(name)} {piece.text}")
        y += BLOCK - 2
    return out, boundaries, y


def draw_pieces(asked, say):
    """All that lies in the heap, one piece above the other, and the free pointer on top; `split` shows the last tag word by word."""
    state, x, width, pointer = state_after(asked.options, asked.commands), LEFT + 30, 170, 46
    free = f"{say('free')} {state.end - state.pointer:,}"
    out = [box(x, 14, width, pointer - 14, "free"), label(x + width / 2, 34, free, "middle"),
           *pointer_beside(x, pointer, width, asked.said.get("edge", "free pointer"))]
    rows = split(state.pieces) if "split" in asked.said else [(piece, piece.kind) for piece in state.pieces]
    pieces, boundaries, y = draw_rows(rows, x, pointer, width, say)
    if "split" in asked.said:
        return out + pieces, y + 12
    edges = [*boundaries.values(), y]
    for boundary, start in zip(edges, edges[1:]):
        out += hop(x + width + 2, boundary + 6, start, say("toStart"))
    return [*out, *pieces, *numbered(x, y, width, 18, "tag", say("floor"))], y + 30


DRAWN = {"heaps": draw_heaps, "born": draw_born, "memory": draw_memory, "bytes": draw_bytes, "boxes": draw_boxes, "beyond": draw_beyond,
         "pieces": draw_pieces}
