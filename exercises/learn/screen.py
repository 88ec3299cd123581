# SPDX-License-Identifier: MIT
#
# The terminal: colours that can be switched off (NO_COLOR, a pipe), lines of at most 80 columns, and a little Markdown.

import os
import re
import shutil
import sys
import textwrap
import unicodedata

WIDEST, NARROWEST = 80, 24
INDENT = 6  # of code and of what is drawn in a report
CUT = "- - -"  # below a piece of a picture: the rest of it comes next
STYLES = {"title": "1;36", "good": "1;32", "bad": "1;31", "code": "33", "faint": "2", "bold": "1"}


def coloured():
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def style(name, text):
    return f"\033[{STYLES[name]}m{text}\033[0m" if coloured() and text else text


def width():
    """Of the terminal; where there is none, of a page."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((WIDEST, 0)).columns))


def width_of(text):
    """Columns, not characters: vowel signs stand on their letter, colours nowhere."""
    return sum(unicodedata.category(c) not in ("Mn", "Me", "Cf") for c in re.sub(r"\033\[[\d;]*m", "", text))


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
    wrapper = Wrapper(width=width() - 2, initial_indent=indent if first is None else first, subsequent_indent=indent,
                      break_long_words=False, break_on_hyphens=False)
    room = wrapper.width - len(indent)
    in_one_line = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\u00a0") if len(code[0]) <= room else code[0], text)
    return "\n".join(wrapper.wrap(in_one_line)).replace("\u00a0", " ")


def folded(line):
    """A line of any kind that is too long, broken between words. Of two columns the second one goes on below itself, if
    there is room."""
    indent = len(line) - len(line.lstrip(" "))
    if indent > width() // 2:
        line, indent = "  " + line.lstrip(" "), 2
    gaps = [gap.end() for gap in re.finditer(r"\S {2,}(?=\S)", line)]
    column = gaps[0] if len(gaps) == 1 and gaps[0] <= width() // 2 else indent + 2
    lines, used = [""], 0
    for word in re.findall(r" *(?:-> )?[^ ]+", line):
        if used + width_of(word) > width() and lines[-1].strip():
            lines.append(" " * column)
            word, used = word.lstrip(" "), column
        lines[-1] += word
        used += width_of(word)
    return "\n".join(lines)


def cost_of(lines, column):
    """What is torn apart there: words, and less dear, a mark and its name, or words that stand together."""
    pairs = [(line[:column], line[column:]) for line in lines]
    return sum(4 * bool(re.search(r"\w$", left) and re.match(r"\w", right)) +
               bool(re.search(r"[\w,^] ?$", left) and re.match(r" ?\w", right)) for left, right in pairs)


def strips(lines, room):
    """A picture that is too wide, in pieces one below the other: a mark stays below what it points at."""
    if max(map(len, lines), default=0) <= room:
        return lines
    cut = min(range(room, room // 3, -1), key=lambda column: cost_of(lines, column))
    left = "\n".join(line[:cut].rstrip() for line in lines)
    return [*left.strip("\n").split("\n"), CUT, *strips("\n".join(line[cut:] for line in lines).strip("\n").split("\n"), room)]


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


def shown_block(block, indent, drawn):
    if block.startswith("```"):
        lines = block.split("\n")[1:-1]
        return "\n".join(f"{indent}  {line}".rstrip() for line in (strips(lines, width() - len(indent) - 2) if drawn else lines))
    if block.startswith("#"):
        return style("title", block.lstrip("# "))
    if re.match(r"- |\d+\. ", block):
        return shown_list(block, indent)
    return inline(wrapped(" ".join(block.split()), indent))


def markdown(text, indent="  ", drawn=False):
    """Headings, paragraphs, list items and fences, for a terminal; in what is drawn each column counts."""
    return "\n\n".join(shown_block(block, indent, drawn) for block in blocks(text))


def can_show(text):
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def say(text=""):
    """In a terminal no word is broken at its edge; elsewhere a line stays a line."""
    if sys.stdout.isatty():
        text = "\n".join(folded(line) if width_of(line) > width() else line for line in text.split("\n"))
    print(text, flush=True)


def tell(text, indent=""):
    say(inline(wrapped(text, indent)))


def bar(done, whole):
    return "[" + "#" * done + "." * (whole - done) + "]"
