# SPDX-License-Identifier: MIT
#
# The terminal: colours that can be switched off (NO_COLOR, a pipe), lines of 80 columns, and a little Markdown.

import os
import re
import sys
import textwrap
import unicodedata

WIDTH = 80
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
    wrapper = Wrapper(width=WIDTH - 2, initial_indent=indent if first is None else first, subsequent_indent=indent,
                      break_long_words=False, break_on_hyphens=False)
    in_one_line = re.sub(r"`[^`]*`", lambda match: match[0].replace(" ", "\u00a0"), text)
    return "\n".join(wrapper.wrap(in_one_line)).replace("\u00a0", " ")


MARKED = re.compile(r"`([^`]*)`|\*\*([^*]*)\*\*|(?<!\S)\*(?=\S)([^*]{1,60})(?<=\S)\*")


def inline(text):
    """Code, strong and stressed words; links as their text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return MARKED.sub(lambda match: style("code", match[1]) if match[1] is not None else
                      style("bold", match[2] or match[3]), text)


def blocks(text):
    """Headings, paragraphs and lists; a fence is one block, whatever it holds."""
    for part in re.split(r"(^```.*?^```$)", text, flags=re.M | re.S):
        if part.startswith("```"):
            yield part
        else:
            yield from (block for block in re.split(r"\n{2,}", part.strip("\n")) if block)


def shown_list(block, indent):
    items = re.split(r"\n(?=- |\d+\. )", block)
    return "\n".join(inline(wrapped(" ".join(item.split()), indent + ("  " if item[0] == "-" else "   "), indent))
                     for item in items)


def shown_block(block, indent):
    if block.startswith("```"):
        return "\n".join(f"{indent}  {line}".rstrip() for line in block.split("\n")[1:-1])
    if block.startswith("#"):
        return style("title", block.lstrip("# "))
    if re.match(r"- |\d+\. ", block):
        return shown_list(block, indent)
    return inline(wrapped(" ".join(block.split()), indent))


def markdown(text, indent="  "):
    """Headings, paragraphs, list items and fences, for a terminal."""
    return "\n\n".join(shown_block(block, indent) for block in blocks(text))


def can_show(text):
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def say(text=""):
    print(text, flush=True)


def tell(text, indent=""):
    say(inline(wrapped(text, indent)))


def bar(done, whole):
    return "[" + "#" * done + "." * (whole - done) + "]"
