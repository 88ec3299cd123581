# SPDX-License-Identifier: MIT
#
# The small heap of chapter 4 that grows: docs/stages/*.c, in the order of their names. Each stage is a program that is
# compiled and run; a page shows what changed since the stage before.

import difflib
import re

import listings
import programs
from pages import Trouble

FOLDER = "docs/stages"


def names(root):
    return sorted((path.stem for path in (root / FOLDER).glob("*.c")), key=lambda name: int(name.split("-")[0]))


def lines_of(root, name, function):
    """The lines of a definition; none where that stage has no such function yet."""
    source = f"{FOLDER}/{name}.c"
    items = listings.items((root / source).read_text(encoding="ascii"))
    if not any(listings.defines(item, function) == 2 for item in items):
        return []
    return listings.listing(root, f"{source}#{function}").split("\n")[:-1]


def changes(root, text):
    """STAGE#NAME[+NAME...]: the definitions as they are now, each line marked as new (+), gone (-) or kept."""
    name, _, functions = text.partition("#")
    known = names(root)
    if name not in known or not re.fullmatch(r"\w+(\+\w+)*", functions):
        raise Trouble(f"stage:{text}: write stage:NAME#FUNCTION; there are {', '.join(known) or 'no stages'}")
    at = known.index(name)
    parts = []
    for function in functions.split("+"):
        now = lines_of(root, name, function)
        before = lines_of(root, known[at - 1], function) if at > 0 else []
        if not now or now == before:
            raise Trouble(f"stage:{text}: {function} does not change there")
        parts.append("".join(f"{line.rstrip()}\n" for line in difflib.ndiff(before, now, charjunk=None) if line[0] != "?"))
    return " \n".join(parts).replace(" \n", "\n")


def output(root, name):
    """What the stage prints; it is right, so it ends with 0."""
    if name not in names(root):
        raise Trouble(f"there is no {FOLDER}/{name}.c")
    return programs.right(root / FOLDER / f"{name}.c")
