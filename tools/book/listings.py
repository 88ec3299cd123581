# SPDX-License-Identifier: MIT
#
# Takes definitions out of C files as they stand: a function, a struct, an enum, a macro, a typedef, a variable, by name;
# and out of other files what lies between `anchor: NAME` and `anchor-end: NAME`.

import dataclasses
import re

from pages import Trouble

HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"[ \t]*#(?:[^\n]*\\\n)*[^\n]*")
PROOF = re.compile(r"^[ \t]*/\*@.*?\*/[ \t]*\n|[ \t]*/\*@.*?\*/", re.S | re.M)


@dataclasses.dataclass
class Item:
    start: int
    end: int
    code: str  # without comments and strings


def masked(text):
    """The same text with comments and strings blanked out, so that braces in them do not count."""
    return HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def items(text):
    """What stands at file level, one after the other."""
    code, at = masked(text), 0
    while at < len(code):
        passed = re.compile(r"\s+|extern\s*\{|\}").match(code, at)  # a block for C++ hides nothing
        if passed:
            at = passed.end()
            continue
        end = end_of_item(code, at)
        yield Item(at, end, code[at:end])
        at = end


def end_of_item(code, at):
    directive = DIRECTIVE.match(code, at)
    if directive and code[at] == "#":
        return directive.end()
    depth, body = 0, False
    for place in range(at, len(code)):
        char = code[place]
        depth += (char in "{(") - (char in "})")
        body = body or (char == "{" and re.search(r"\)\s*$", code[at:place]) is not None and depth == 1)
        if depth == 0 and (char == ";" or (char == "}" and body) or (char == ")" and is_row(code, at, place))):
            return place + 1
    return len(code)


def is_row(code, at, place):
    """A row of a list such as KHEAP_FAULT(...), which no semicolon ends."""
    return bool(re.match(r"[A-Z_]+\(", code[at:])) and not re.match(r"\s*[;{\w]", code[place + 1:place + 2] or "")


def defines(item, name):
    """How well the item defines the name: 2 for a definition, 1 for a declaration, 0 not at all."""
    code, word = item.code, re.escape(name)
    if code.startswith("#"):
        return 2 * bool(re.match(rf"#\s*define\s+{word}\b", code))
    if re.match(r"typedef\b", code):
        return 2 * bool(re.search(rf"\b{word}\s*(\[.*\])?\s*;$|\(\s*\*\s*{word}\s*\)", code))
    head = code.split("{")[0]
    if re.search(rf"\b(struct|enum|union)\s+{word}\s*$", head) and "{" in code:
        return 2
    if re.search(rf"\b{word}\s*\(", head):
        return 2 if "{" in code and "=" not in head else 1
    return 2 * bool(re.search(rf"\b{word}\s*(\[[^\]]*\]\s*)*(=|;)", head + code[len(head):len(head) + 1]))


def comment_above(text, start):
    """Where the comments begin that stand right above, with no blank line between."""
    while True:
        above = re.search(r"(?:^|\n)([ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n)\Z", text[:start], re.S)
        if not above or "SPDX-License" in above[1]:
            return start
        start = above.start(1)


def definition(text, name, bare, where):
    found = sorted(((defines(item, name), -item.start, item) for item in items(text)), key=lambda row: row[:2])
    if not found or not found[-1][0]:
        raise Trouble(f"{where}: nothing named {name} is defined at file level there")
    best = found[-1][2]
    start = best.start if bare else comment_above(text, text.rfind("\n", 0, best.start) + 1)
    end = text.find("\n", best.end)
    taken = text[start:end if end >= 0 else len(text)] + "\n"
    return PROOF.sub("", taken)


def anchored(text, name):
    found = re.search(rf"^.*\banchor: {re.escape(name)}\b.*\n((?:.*\n)*?).*\banchor-end: {re.escape(name)}\b", text, re.M)
    return found and re.sub(r"^.*\banchor(-end)?: [\w-]+.*\n", "", found[1], flags=re.M)


def listing(root, source):
    """The text for PATH#NAME[+NAME...][,bare]."""
    match = re.fullmatch(r"([\w./-]+)#([\w+-]+)(,bare)?", source)
    if not match:
        raise Trouble(f"{source}: write PATH#NAME, PATH#NAME+NAME or PATH#NAME,bare")
    path, names, bare = match.groups()
    if not (root / path).is_file():
        raise Trouble(f"{source}: there is no file {path}")
    text = (root / path).read_text(encoding="utf-8")
    parts = []
    for name in names.split("+"):
        between = anchored(text, name)
        if between is None and not path.endswith((".c", ".h", ".def")):
            raise Trouble(f"{source}: no `anchor: {name}` with its `anchor-end: {name}` in {path}")
        parts.append(between if between is not None else definition(text, name, bool(bare), source))
    return "\n".join(parts)
