# SPDX-License-Identifier: MIT
#
# What the pictures are made of, as SVG: boxes, arrows, and a heap as a tape.

import html

WIDTH, LEFT, RIGHT = 480, 10, 470  # narrow enough for a telephone
CHAR = 6.7  # how wide a letter is, at most
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
