# SPDX-License-Identifier: MIT
#
# Puts the hints of tests/proof/hints.txt into a copy of the heart. A hint is something to be proved on the way, an ACSL assert,
# so it can make no proof out of what is not true; and it stands in a comment, so what is proved is the code as it is shipped.

import re

SOURCES = ("kheap.c", "kheap_tag.h")
HINT = "//@ assert"
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)


def without_comments(text):
    return COMMENT.sub("", text).split()


def parsed(text):
    """The hints: (number of the line, function, what is proved, "before" or "behind", the line of code)."""
    hints, function, place = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("== "):
            function, place = rest, None
        elif not line.startswith(" ") and word in ("before", "behind") and function:
            place = (word, rest.strip())
        elif line.startswith("    ") and place and not re.search(r"[*]/|\badmit\b", line):
            hints.append((number, function, line.strip(), *place))
        else:
            raise SystemExit(f"tests/proof/hints.txt, line {number}: neither == FUNCTION, before CODE, behind CODE, nor a hint")
    return hints


def place_of(lines, function, side, code):
    """The index in lines where the hint goes; or the reason why there is none."""
    text = "\n".join(lines)
    body = re.search(rf"^[^\s#/][^;{{}}]*\b{function}\([^;{{}}]*\)\n\{{\n.*?^\}}$", text, re.M | re.S)
    if not body:
        return f"no function {function}"
    first = text.count("\n", 0, body.start())
    last = first + body[0].count("\n")
    found = [n for n in range(first, last + 1) if COMMENT.sub("", lines[n]).strip() == code]
    if len(found) != 1:
        return f"{len(found)} lines of {function} are '{code}', and it has to be one"
    at = found[0] + (side == "behind")
    above = "".join(without_comments("\n".join(lines[first:at])))
    if at == first or above[-1:] not in (";", "{", "}"):
        return f"no statement of {function} begins {side} '{code}'"
    return at


def annotated(sources, hints):
    """The sources, by name, with the hints in them."""
    lines = {name: text.split("\n") for name, text in sources.items()}
    for number, function, claim, side, code in hints:
        places = {name: place_of(lines[name], function, side, code) for name in lines}
        fitting = [name for name in places if isinstance(places[name], int)]
        if len(fitting) != 1:
            reason = next((why for why in places.values() if why != f"no function {function}"), f"no function {function}")
            raise SystemExit(f"tests/proof/hints.txt, line {number}: {reason}; mend the place")
        at, text = places[fitting[0]], lines[fitting[0]]
        while side == "behind" and text[at].startswith(HINT):
            at += 1
        text.insert(at, f"{HINT} {claim};")
    return {name: "\n".join(text) for name, text in lines.items()}


def annotate(root, target):
    """Writes the sources with their hints below target; ends the program where code and copy differ in more than comments."""
    sources = {name: (root / "heap" / name).read_text() for name in SOURCES}
    hints = parsed((root / "tests/proof/hints.txt").read_text())
    target.mkdir(parents=True, exist_ok=True)
    for name, text in annotated(sources, hints).items():
        if without_comments(text) != without_comments(sources[name]):
            raise SystemExit(f"heap/{name} and its copy with hints differ in more than comments")
        (target / name).write_text(text)
