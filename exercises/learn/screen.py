# SPDX-License-Identifier: MIT
#
# The terminal: colours that can be switched off (NO_COLOR, a pipe), lines of 80 columns, and a little Markdown.

import os
import re
import sys
import textwrap
import unicodedata

WIDTH = 80
UNBROKEN = "\u00a0"  # a blank at which no line ends
STYLES = {"title": "1;36", "good": "1;32", "bad": "1;31", "code": "33", "faint": "2", "bold": "1"}


def coloured():
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def style(name, text):
    return f"\033[{STYLES[name]}m{text}\033[0m" if coloured() and text else text


def width_of(text):
    """Columns, not characters: vowel signs stand on their letter."""
    return sum(unicodedata.category(c) not in ("Mn", "Me", "Cf") for c in text)


class Wrapper(textwrap.TextWrapper):
    """Breaks lines where the columns are full."""

    def _wrap_chunks(self, chunks):
        lines, line, used = [], [], 0
        for chunk in chunks:
            room = self.width - len(self.subsequent_indent if lines else self.initial_indent)
            if used + width_of(chunk) > room and line:
                lines.append(line)
                line, used = [], 0
            if line or chunk.strip():
                line.append(chunk)
                used += width_of(chunk)
        if line:
            lines.append(line)
        return [(self.subsequent_indent if i else self.initial_indent) + "".join(line).rstrip()
                for i, line in enumerate(lines)]


def wrapped(text, indent="", first=None):
    text = re.sub(r"`[^`\n]*`", lambda code: code[0].replace(" ", UNBROKEN), text)
    wrapper = Wrapper(width=WIDTH - 2, initial_indent=indent if first is None else first, subsequent_indent=indent,
                      break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrapper.wrap(text)).replace(UNBROKEN, " ")


def inline(text):
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`([^`]*)`", lambda match: style("code", match[1]), text)
    return re.sub(r"\*\*([^*]*)\*\*", lambda match: style("bold", match[1]), text)


def blocks(text):
    """Paragraphs, list items, headings, and fences as a whole: (kind, lines)."""
    kind, lines = None, []
    for line in text.split("\n"):
        starts = "fence" if line.startswith("```") else "heading" if line.startswith("#") else \
                 "item" if re.match(r"(-|\d+\.) ", line) else "blank" if not line.strip() else None
        if kind == "fence":
            if starts == "fence":
                yield kind, lines
                kind, lines = None, []
            else:
                lines.append(line)
        elif starts or kind in (None, "blank", "heading"):
            if lines and kind != "blank":
                yield kind, lines
            kind, lines = starts or "paragraph", [] if starts == "fence" else [line]
        else:
            lines.append(line)
    if lines and kind != "blank":
        yield kind, lines


def markdown(text, indent="  "):
    """For a terminal; items of one list stand close together."""
    out, before = [], None
    for kind, lines in blocks(text):
        if before is not None and not kind == before == "item":
            out.append("")
        before = kind
        whole = " ".join(" ".join(lines).split())
        if kind == "fence":
            out += [f"{indent}  {line}".rstrip() for line in lines]
        elif kind == "heading":
            out.append(style("title", whole.lstrip("# ")))
        else:
            hang = len(whole.split(" ", 1)[0]) + 1 if kind == "item" else 0
            out.append(inline(wrapped(whole, indent + " " * hang, indent)))
    return "\n".join(out)


def say(text=""):
    print(text, flush=True)


def bar(done, whole):
    return "[" + "#" * done + "." * (whole - done) + "]"
