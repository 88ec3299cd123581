# SPDX-License-Identifier: MIT
#
# What the pictures are made of, as SVG: boxes, arrows, and a heap as the lab draws it, high addresses above. Their words are
# those of the lab, in the language of the page; on the site they are drawn into the page itself, whose letters they take.

import html
import json
import math

from pages import HERE

WIDTH, LEFT, RIGHT = 340, 8, 332  # narrow enough for a telephone, where its letters are as large as here
CHAR = 7.3  # how wide a letter is, at most
KINDS = ("gap", "payload", "slack", "tag", "free")
LIT = "#e69f00"

RULES = """
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace, "Noto Sans Bengali"; fill: var(--ink) }
.strong { font-weight: bold } .paper { fill: var(--paper) } .edge { fill: none; stroke: var(--line) }
.free { fill: none; stroke: var(--line); stroke-dasharray: 3 3 } .pointer { stroke: var(--pointer); stroke-width: 2; fill: none }
.head { fill: var(--pointer) } .on-payload, .ground-payload { fill: var(--payload) } .on-gap, .ground-gap { fill: var(--gap) }
.on-slack, .ground-slack { fill: var(--slack) } .on-tag, .ground-tag { fill: var(--tag) } .dot { fill: var(--ink); fill-opacity: 0.35 }
.stripe { stroke: var(--paper); stroke-width: 2 }
"""
LIGHT = "--ink: #1b1f24; --paper: #ffffff; --line: #57606a; --payload: #9ad0f5; --gap: #f0e0a8; --slack: #f3c77a; --tag: #8fd3bd; --pointer: #b35c00"
DARK = "--ink: #e6e6e6; --paper: #1b1b1f; --line: #9aa4b0; --payload: #1f5b85; --gap: #5a5026; --slack: #7a5212; --tag: #17604b; --pointer: #e69f00"
# Alone, it goes by what the machine likes; in a page of the site it goes by the page (web/.vitepress/theme/book.css).
STYLE = f":root {{ {LIGHT} }} @media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}{RULES}"


def patterns(name):
    """Told apart by pattern as well as by colour, as in the lab: payload is plain, a tag dotted, gap and slack striped."""
    shapes = {"payload": "", "gap": '<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" class="stripe"/>', "slack": '<path d="M7 0v8" class="stripe"/>',
              "tag": '<circle cx="2" cy="2" r="0.9" class="dot"/><circle cx="6" cy="6" r="0.9" class="dot"/>'}
    return "".join(f'<pattern id="{name}-{kind}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" '
                   f'class="on-{kind}"/>{shape}</pattern>' for kind, shape in shapes.items())


WORDS = ("web/lab/words.{language}.json", "docs/pictures/words.{language}.json")


def words_of(language):
    """The lab's words, and those that only pictures say: say("freeArea", n="100")."""
    words = {}
    for name in WORDS:
        words |= json.loads((HERE / name.format(language=language)).read_text(encoding="utf-8"))
    return lambda key, **values: words[key].format(**values)


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
    return element("rect", x=x, y=y, width=width, height=height, fill=f"url(#NAME-{kind})") + element(
        "rect", x=x, y=y, width=width, height=height, class_="edge")


def numbered(x, y, width, height, kind, text):
    """A piece with its number, on a ground on which no stripe crosses a digit."""
    room = len(text) * CHAR + 2
    return [box(x, y, width, height, kind),
            element("rect", x=x + width / 2 - room / 2, y=y + height / 2 - 7, width=room, height=14, class_=f"ground-{kind}"),
            label(x + width / 2, y + height / 2 + 4, text, "middle", f"in-{kind}")]


def head(x, y, direction):
    """The point of an arrow, at (x, y)."""
    ends = {"up": "-4 6h8", "down": "-4 -6h8", "right": "-6 -4v8", "left": "6 -4v8"}[direction]
    return element("path", d=f"M{x:.1f} {y:.1f}l{ends}z", class_="head")


def arrow(x, y, towards):
    """A short arrow whose point is at (x, towards)."""
    direction = "up" if towards < y else "down"
    back = 5 if direction == "up" else -5
    return element("path", d=f"M{x:.1f} {y:.1f}V{towards + back:.1f}", class_="pointer") + head(x, towards, direction)


def legend(y, say, right=RIGHT, left=LEFT):
    out, x = [], left
    for kind in KINDS:
        width = 22 + len(say(kind)) * CHAR
        if x + width > right:
            x, y = left, y + 20
        out += [box(x, y - 10, 16, 12, kind), label(x + 20, y, say(kind))]
        x += width + 9
    return out


# --- a heap, high addresses above

BAR, BESIDE = 22, 30  # how tall a block is; the room of its number


def widths(pieces, room):
    """Longer pieces are drawn longer, though not to scale, and each holds its number."""
    least = [len(piece.text) * CHAR + 6 for piece in pieces]
    logs = [math.log2(piece.size + 1) for piece in pieces]
    return [one + (room - sum(least)) * log / sum(logs) for one, log in zip(least, logs)]


def draw_block(name, pieces, x, y, width):
    out, at = [label(x, y + BAR / 2 + 4, name, class_="strong")], x + BESIDE
    for piece, wide in zip(pieces, widths(pieces, width - BESIDE)):
        out += numbered(at, y, wide, BAR, piece.kind, piece.text)
        at += wide
    return out


def draw_blocks(state, x, y, width):
    """The blocks, the newest on top; and the y below them."""
    out = []
    for name in dict.fromkeys(piece.block for piece in reversed(state.pieces)):
        out += draw_block(name, [piece for piece in state.pieces if piece.block == name], x, y, width)
        y += BAR + 6
    return out, y


def draw_given(state, x, y, width, say, word):
    """All that is given in one piece, for who has not met the pieces yet."""
    if not state.used:
        return [], y + 4
    return numbered(x, y - 6, width, 40, "payload", f"{say(word)}: {say('bytes', n=f'{state.used:,}')}"), y + 34


def stack(state, x, y, width, say, given=None):
    """The heap as the lab draws it, or with all that is `given` in one piece; where its three words point to; and the y below it."""
    out = [box(x, y, width, 48, "free"), label(x + width / 2, y + 20, say("free"), "middle"),
           label(x + width / 2, y + 36, say("bytes", n=f"{state.end - state.pointer:,}"), "middle")]
    places, y = {"heap_end": y, "free_memory_pointer": y + 48}, y + 48
    out.append(element("path", d=f"M{x} {y}h{width}", stroke=LIT, stroke_width="3"))
    pieces, y = draw_given(state, x, y + 8, width, say, given) if given else draw_blocks(state, x, y + 8, width)
    out += pieces
    places["heap_start"] = y
    out += [element("path", d=f"M{x} {y}h{width}", class_="edge"), box(x + BESIDE, y + 2, width - BESIDE, 18, "tag")]
    room = len(say("floor")) * CHAR + 4
    out += [element("rect", x=x + BESIDE + (width - BESIDE) / 2 - room / 2, y=y + 4, width=room, height=14, class_="ground-tag"),
            label(x + BESIDE + (width - BESIDE) / 2, y + 15, say("floor"), "middle")]
    return out, places, y + 20


WORD_TALL = 38


def pointing(state, x, y, width, right, say, given=None):
    """The three words as boxes on the left, each pointing at its place in the heap on the right; and the y below."""
    gap = 28
    out, places, below = stack(state, x + width + gap, y + WORD_TALL / 2, right - x - width - gap, say, given)
    at = {"heap_end": y, "heap_start": max(below - WORD_TALL, y + 2 * (WORD_TALL + 6))}
    at["free_memory_pointer"] = min(max(places["free_memory_pointer"] - WORD_TALL / 2, y + WORD_TALL + 6), at["heap_start"] - WORD_TALL - 6)
    values = {"heap_end": state.end, "free_memory_pointer": state.pointer, "heap_start": state.start}
    for name, top in at.items():
        middle, goal = top + WORD_TALL / 2, places[name]
        out += [element("rect", x=x, y=top, width=width, height=WORD_TALL, class_="edge"), label(x + width / 2, top + 16, name, "middle", "strong"),
                label(x + width / 2, top + 31, f"{values[name]:#010x}", "middle"),
                element("path", d=f"M{x + width} {middle:.1f}C{x + width + 14} {middle:.1f} {x + width + 10} {goal:.1f} {x + width + gap - 6} {goal:.1f}",
                        class_="pointer"), head(x + width + gap, goal, "right")]
    return out, max(below, at["heap_start"] + WORD_TALL)


# --- memory, high addresses above

def region_rows(rows, x, y, width):
    """[(name, start, end, kind, how tall)], the highest first: each with its size, and the address of each edge on its left.
    Gives {name: its middle} and the y below."""
    out, middles, above = [], {}, None
    for name, start, end, kind, tall in rows:
        if above not in (None, end):
            y += 10  # a hole in memory is a hole in the picture
        if above != end:
            out.append(label(x - 6, y + 8, f"{end:#010x}", "end"))
        if kind in ("free", "edge"):
            out.append(element("rect", x=x, y=y, width=width, height=tall, class_=kind))
        else:
            out += [element("rect", x=x, y=y, width=width, height=tall, class_=f"ground-{kind}"), element("rect", x=x, y=y, width=width, height=tall, class_="edge")]
        out.append(label(x + width / 2, y + tall / 2 + 4, f"{name} {-(-(end - start) // 1024)} KiB", "middle"))
        middles[name], y, above = y + tall / 2, y + tall, start
        out.append(label(x - 6, y + 4, f"{start:#010x}", "end"))
    return out, middles, y
