# SPDX-License-Identifier: MIT
#
# The states of a real heap that the book draws: read from what the running kernel prints.

import dataclasses
import re

import sessions
from pages import Trouble

MOST_BLOCKS = 16


@dataclasses.dataclass
class Piece:
    kind: str
    size: int
    block: str = ""
    text: str = ""


@dataclasses.dataclass
class State:
    start: int
    end: int
    pointer: int
    pieces: list
    said: str = ""  # the last command

    @property
    def used(self):
        return self.pointer - self.start


def number_after(word, text):
    found = re.search(rf"\b{word} (0x[0-9a-f]{{8}})", text)
    if not found:
        raise Trouble(f"the kernel did not tell where {word} is")
    return int(found[1], 16)


def state_from(text):
    """The heap as the last `map` and `blocks all` in what the kernel printed tell of it."""
    told = text.rsplit("minios> map\n", 1)[-1]
    state = State(number_after("heap_start", told), number_after("heap_end", told), number_after("free_memory_pointer", told), [])
    rows = re.findall(r"^ +(#\d+) +(0x[0-9a-f]{8}) +(\d+) +(\d+) +(\d+)  \S", told, re.M)
    blocks = [(name, int(payload, 16), int(size), int(gap), int(slack)) for name, payload, size, gap, slack in reversed(rows)]
    if len(blocks) > MOST_BLOCKS:
        raise Trouble(f"{len(blocks)} blocks are too many for a picture; {MOST_BLOCKS} at most")
    for at, (name, payload, size, gap, slack) in enumerate(blocks):
        boundary = blocks[at + 1][1] - blocks[at + 1][3] if at + 1 < len(blocks) else state.pointer
        parts = (("gap", gap), ("payload", size), ("slack", slack), ("tag", boundary - payload - size - slack))
        state.pieces += [Piece(kind, bytes_, name, str(bytes_)) for kind, bytes_ in parts if bytes_]
    if sum(piece.size for piece in state.pieces) != state.used:
        raise Trouble(f"the blocks do not fill what is used: {state.used} bytes")
    return state


def state_after(options, commands):
    state = state_from(sessions.run("i386", False, options, [*commands, "map", "blocks all"]))
    state.said = commands[-1] if commands else ""
    return state


@dataclasses.dataclass
class Region:
    start: int
    end: int
    name: str

    @property
    def kib(self):
        return -(-(self.end - self.start) // 1024)  # rounded up, as `memory` does it


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


def bytes_of(options, commands):
    """Each byte of the last block: address, value, what it belongs to."""
    last = state_after(options, commands).pieces
    if not last:
        raise Trouble("there is no block to show the tag of")
    name = last[-1].block
    size = sum(piece.size for piece in last if piece.block == name)
    text = sessions.run("i386", False, options, [*commands, f"peek {name} {size}"]).rsplit("minios> peek", 1)[-1]
    found, kind = {}, "payload"
    for line in text.split("\n")[1:]:
        head = re.match(r"(payload|slack|tag|gap)\b", line)
        kind = head[1] if head else kind
        row = re.match(r"  ([0-9a-f]{8})  (.{47})", line)
        if row and not head:
            for at in range(16):
                if value := row[2][3 * at:3 * at + 2].strip():
                    found[int(row[1], 16) + at] = (value, kind)
        if line.strip() == "*":
            raise Trouble("the block is too long to show each byte of it: take one of 40 bytes or less")
    return found
