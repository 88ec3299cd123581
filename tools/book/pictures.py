# SPDX-License-Identifier: MIT
#
# Draws the pictures of the book from states that a real heap was in. docs/pictures/NAME.txt says which commands lead to
# the state and how to show it; NAME.bn.svg and NAME.en.svg are drawn from what the kernel then tells of itself.

import dataclasses
import html
import re
import shlex

import sessions
from pages import Trouble

WIDTH, LEFT, RIGHT = 480, 10, 470  # narrow enough for a telephone
CHAR = 6.7  # how wide a letter is, at most
MOST_BLOCKS = 16
KINDS = ("payload", "padding", "tag", "free")

STYLE = """
  text { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink) }
  .strong { font-weight: bold } .command { font-size: 12px }
  :root { --ink: #1b1f24; --paper: #ffffff; --line: #57606a; --payload: #b6d4f5; --padding: #fbe3b5; --tag: #44546a; --pointer: #a40e26 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e6e6; --paper: #1b1b1f; --line: #9aa4b0; --payload: #28527f; --padding: #6b5014; --tag: #b8c4d6; --pointer: #ff8f9c }
  }
  .paper { fill: var(--paper) } .edge { fill: none; stroke: var(--line) } .free { fill: none; stroke: var(--line); stroke-dasharray: 3 3 }
  .pointer { stroke: var(--pointer); stroke-width: 1.5; fill: none } .head { fill: var(--pointer) }
  .on-payload { fill: var(--payload) } .on-padding { fill: var(--padding) } .on-tag { fill: var(--tag) } .mark { stroke: var(--ink) }
  .dot { fill: var(--ink) } text.in-payload { stroke: var(--payload) } text.in-padding { stroke: var(--padding) }
  text.in-tag { fill: var(--paper); stroke: var(--tag) }
"""
# Told apart by pattern as well as by colour: payload is plain, padding dotted, a tag striped.
PATTERNS = """
  <pattern id="payload" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="on-payload"/></pattern>
  <pattern id="padding" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="on-padding"/><circle cx="2" cy="2" r="0.9" class="dot"/></pattern>
  <pattern id="tag" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" class="on-tag"/><path d="M-1 1l2-2M0 4l4-4M3 5l2-2" stroke="var(--paper)" stroke-width="0.5"/></pattern>
"""


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


# --- what the kernel tells

def number_after(word, text):
    found = re.search(rf"\b{word} (0x[0-9a-f]{{8}})", text)
    if not found:
        raise Trouble(f"the kernel did not tell where {word} is")
    return int(found[1], 16)


def state_after(options, commands):
    """The heap after these commands, out of what `map` and `blocks` print."""
    text = sessions.run("i386", False, options, [*commands, "map", "blocks all"])
    told = text.rsplit("minios> map\n", 1)[-1]
    state = State(number_after("heap_start", told), number_after("heap_end", told), number_after("free_memory_pointer", told), [])
    rows = re.findall(r"^ +(#\d+) +(0x[0-9a-f]{8}) +(\d+) +(\d+) +(\d+)  \S", told, re.M)
    blocks = [(name, int(payload, 16), int(size), int(gap), int(slack)) for name, payload, size, gap, slack in reversed(rows)]
    if len(blocks) > MOST_BLOCKS:
        raise Trouble(f"{len(blocks)} blocks are too many for a picture; {MOST_BLOCKS} at most")
    for at, (name, payload, size, gap, slack) in enumerate(blocks):
        boundary = blocks[at + 1][1] - blocks[at + 1][3] if at + 1 < len(blocks) else state.pointer
        parts = (("padding", gap), ("payload", size), ("padding", slack), ("tag", boundary - payload - size - slack))
        state.pieces += [Piece(kind, bytes_, name, str(bytes_)) for kind, bytes_ in parts if bytes_]
    if sum(piece.size for piece in state.pieces) != state.used:
        raise Trouble(f"the blocks do not fill what is used: {state.used} bytes")
    if commands:
        state.said = commands[-1]
    return state


# --- SVG

def element(name, text=None, **attributes):
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{value if isinstance(value, str) else round(value, 1)}"'
                      for key, value in attributes.items())
    return f"<{name}{written}/>" if text is None else f"<{name}{written}>{html.escape(str(text), quote=False)}</{name}>"


def label(x, y, text, anchor="start", class_=""):
    more = {"class_": class_} if class_ else {}
    return element("text", text, x=x, y=y, text_anchor=anchor, **more)


def box(x, y, width, height, kind):
    if kind == "free":
        return element("rect", x=x, y=y, width=width, height=height, class_="free")
    return element("rect", x=x, y=y, width=width, height=height, fill=f"url(#{kind})") + element(
        "rect", x=x, y=y, width=width, height=height, class_="edge")


def arrow(x, y, towards):
    """A short arrow whose point is at (x, towards)."""
    back = 5 if towards < y else -5
    return (element("path", d=f"M{x:.1f} {y:.1f}V{towards + back:.1f}", class_="pointer")
            + element("path", d=f"M{x - 4:.1f} {towards + back:.1f}h8L{x:.1f} {towards:.1f}z", class_="head"))


def legend(y):
    out, x = [], LEFT
    for kind in KINDS:
        out += [box(x, y - 10, 22, 12, kind), label(x + 28, y, kind)]
        x += 50 + len(kind) * CHAR + 12
    return out


# --- a heap as a tape

TALL = 30


LEAST = 9  # how narrow a piece may become


def scale_of(states):
    """How wide a byte is, so that the fullest of these states fits and leaves room for what is free."""
    full = max(states, key=lambda state: state.used)
    room = (RIGHT - LEFT) * (1 if full.pointer == full.end else 0.78)
    return min(2.5, max(0, room - LEAST * len(full.pieces)) / max(full.used, 1))


def tape(state, y, scale=None):
    """The pieces of a heap in a row; what stands over and in them; x of the free pointer."""
    scale = scale_of([state]) if scale is None else scale
    shares = [LEAST + piece.size * scale for piece in state.pieces]
    free = RIGHT - LEFT - sum(shares)
    out, x, spans = [], LEFT, {}
    for piece, width in zip(state.pieces, shares):
        out.append(box(x, y, width, TALL, piece.kind))
        if len(piece.text) * CHAR + 4 < width and piece.kind != "tag":
            out.append(label(x + width / 2, y + TALL / 2 + 4, piece.text, "middle", f"in-{piece.kind}"))
        left, _ = spans.get(piece.block, (x, x))
        spans[piece.block] = (left, x + width)
        x += width
    for name, (left, right) in spans.items():
        out.append(label((left + right) / 2, y - 6, name, "middle", "strong"))
    if free > 1:
        out += free_part(x, y, free, state.end - state.pointer)
    return out, x


def free_part(x, y, width, size):
    """What is free is seldom to scale: a tear says so."""
    out, tear = [box(x, y, width, TALL, "free")], x + width * 0.8
    for shift in (0, 5):
        out.append(element("path", d=f"M{tear + shift:.1f} {y - 3:.1f}l4 9l-6 9l6 9l-4 9", class_="edge"))
    text = f"{size} free"
    if len(text) * CHAR + 8 < width * 0.8:
        out.append(label(x + width * 0.4, y + TALL / 2 + 4, text, "middle"))
    return out


def anchor_at(x, text):
    half = len(text) * CHAR / 2
    return "start" if x - half < LEFT else "end" if x + half > RIGHT else "middle"


def pointers(state, x, y):
    """The three words below the tape: start and end in one line, the one that moves in a line of its own."""
    moving = f"free_memory_pointer {state.pointer:#010x}"
    side = anchor_at(x, moving)
    return [arrow(LEFT, y + 18, y), arrow(RIGHT, y + 18, y), arrow(x, y + 34, y),
            label(LEFT - 4, y + 30, f"heap_start {state.start:#010x}"),
            label(RIGHT + 4, y + 30, f"heap_end {state.end:#010x}", "end"),
            label({"start": LEFT - 4, "end": RIGHT + 4, "middle": x}[side], y + 46, moving, side, "strong")]


# --- the kinds of pictures

def draw_map(states, _):
    out, x = tape(states[-1], 24)
    return out + pointers(states[-1], x, 24 + TALL) + legend(124), 134


def draw_rows(states, titles):
    scale, y, out = scale_of(states), 14, []
    for state, title in zip(states, titles):
        pieces, x = tape(state, y + 22, scale)
        out += [label(LEFT, y, title, class_="strong command"), *pieces, arrow(x, y + 38 + TALL, y + 22 + TALL)]
        text = f"free_memory_pointer {state.pointer:#010x}"
        side = anchor_at(x, text)
        out.append(label({"start": LEFT, "end": RIGHT, "middle": x}[side], y + 50 + TALL, text, side))
        y += 74 + TALL
    return out + legend(y + 2), y + 12


def draw_steps(states, _):
    return draw_rows(states, [f"minios> {state.said}" if state.said else "minios>" for state in states])


def draw_before_after(states, _):
    before, after = states[-2:]
    return draw_rows([before, after], [f"minios> {before.said}" if before.said else "minios>", f"minios> {after.said}"])


def draw_words(states, _):
    state = states[-1]
    pieces, x = tape(state, 112)
    out = [label(LEFT, 14, "struct kheap", class_="strong"), *pieces]
    words = (("heap_start", state.start, LEFT), ("free_memory_pointer", state.pointer, x), ("heap_end", state.end, RIGHT))
    for at, (name, value, goal) in enumerate(words):
        left = LEFT + at * 158
        out += [element("rect", x=left, y=22, width=144, height=36, class_="edge"),
                label(left + 72, 37, name, "middle", "strong"), label(left + 72, 52, f"{value:#010x}", "middle"),
                element("path", d=f"M{left + 72} 58C{left + 72} 84 {goal:.1f} 74 {goal:.1f} 102", class_="pointer"),
                element("path", d=f"M{goal - 4:.1f} 104h8L{goal:.1f} 111z", class_="head")]
    return out + legend(168), 178


CELL, ROW = 22, 34


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
        kind = {"slack": "padding", "gap": "padding"}.get(head[1], head[1]) if head else kind
        row = re.match(r"  ([0-9a-f]{8})  (.{47})", line)
        if row and not head:
            for at in range(16):
                if value := row[2][3 * at:3 * at + 2].strip():
                    found[int(row[1], 16) + at] = (value, kind)
        if line.strip() == "*":
            raise Trouble("the block is too long to show each byte of it: take one of 40 bytes or less")
    return found


def draw_tag(states, source):
    found, out = bytes_of(*source), []
    rows = sorted({address & ~15 for address in found})
    for number, row in enumerate(rows):
        y = 8 + number * ROW
        out.append(label(LEFT, y + 16, f"{row:08x}"))
        for at in range(16):
            if row + at in found:
                value, kind = found[row + at]
                x = 78 + at * CELL + at // 4 * 6
                out.append(box(x, y, CELL, 24, kind) + label(x + CELL / 2, y + 16, value, "middle", f"in-{kind}"))
    y = 8 + len(rows) * ROW
    for at, word in enumerate(("SIZE", "OWNER", "GAP", "SEAL")):
        out.append(label(78 + at * (4 * CELL + 6) + 2 * CELL, y + 8, word, "middle", "strong"))
    end = 78 + 16 * CELL + 3 * 6
    out += [arrow(end, y + 22, y - 8), label(RIGHT + 4, y + 34, f"free_memory_pointer {states[-1].pointer:#010x}", "end", "strong")]
    return out + legend(y + 58), y + 68


DRAWN = {"map": draw_map, "words": draw_words, "steps": draw_steps, "before-after": draw_before_after, "tag": draw_tag}
NEEDED = ("show", "bn", "en")
KNOWN = (*NEEDED, "run", "options", "caption-bn", "caption-en")


def described(file):
    """What a picture's .txt says: {key: text}, and the commands."""
    said, commands = {}, []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            key, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or key not in KNOWN:
                raise Trouble(f"{file.name}:{number}: write one of {', '.join(KNOWN)}, a colon, and the text")
            if key == "run":
                commands.append(value)
            else:
                said[key] = value
    missing = [key for key in NEEDED if not said.get(key)]
    if missing:
        raise Trouble(f"{file.name}: has no line {', '.join(key + ':' for key in missing)}")
    if said["show"] not in DRAWN:
        raise Trouble(f"{file.name}: show: is one of {', '.join(DRAWN)}")
    return said, commands


def drawn(file):
    """{language: SVG} of a picture."""
    said, commands = described(file)
    options = shlex.split(said.get("options", ""))
    counts = range(len(commands) + 1) if said["show"] in ("steps", "before-after") else [len(commands)]
    if said["show"] == "before-after":
        counts = [len(commands) - 1, len(commands)]
        if not commands:
            raise Trouble(f"{file.name}: before-after needs a line run:")
    states = [state_after(options, commands[:count]) for count in counts]
    shapes, height = DRAWN[said["show"]](states, (options, commands))
    return {language: svg(said, language, shapes, height) for language in ("bn", "en")}


def svg(said, language, shapes, height):
    title = said.get(f"caption-{language}") or said[language]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {round(height)}" width="{WIDTH}" height="{round(height)}"'
            f' role="img" lang="{language}" aria-labelledby="title desc">\n'
            + element("title", title, id="title") + "\n" + element("desc", said[language], id="desc") + "\n"
            + f"<style>{STYLE}</style>\n<defs>{PATTERNS}</defs>\n" + element("rect", width="100%", height="100%", class_="paper") + "\n"
            + "\n".join(shapes) + "\n</svg>\n")


def each(root, say):
    """File and text of every picture."""
    for file in sorted((root / "docs" / "pictures").glob("*.txt")):
        try:
            for language, text in drawn(file).items():
                yield file.with_suffix(f".{language}.svg"), text
        except Trouble as trouble:
            say(f"docs/pictures/{file.name}: {trouble}")


def draw(root, say):
    for file, text in each(root, say):
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"  drawn      {file.relative_to(root)}")


def check(root, say):
    there = set()
    for file, text in each(root, say):
        there.add(file.name)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            say(f"{file.relative_to(root)}: not the heap as it is now; `make book-update` draws it")
    for file in sorted((root / "docs" / "pictures").glob("*.*.svg")):
        if file.name not in there and not file.with_suffix("").with_suffix(".txt").exists():
            say(f"{file.relative_to(root)}: no {file.with_suffix('').stem}.txt says what it shows")
