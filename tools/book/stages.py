# SPDX-License-Identifier: MIT
#
# What grows from stage to stage: the small heap of chapter 4, docs/stages/N-*.c, whose stages are programs that are compiled
# and run; and the voice of a tiny kernel, docs/kernels/voice-N.c, which `./minios tiny` boots. A page shows what changed since the
# stage before.

import difflib
import re

import listings
import programs
from pages import Trouble

FOLDER = "docs/stages"
FAMILIES = (f"{FOLDER}/*.c", "docs/kernels/voice-*.c")


def sources(root, family):
    """The files of a family, in the order of the number in their names."""
    return sorted(root.glob(family), key=lambda path: int(re.search(r"\d+", path.name)[0]))


def names(root, family=FAMILIES[0]):
    return [path.stem for path in sources(root, family)]


def lines_of(source, function):
    """The lines of a definition; none where that stage has no such function yet."""
    items = listings.items(source.read_text(encoding="ascii"))
    if not any(listings.defines(item, function) == 2 for item in items):
        return []
    return listings.listing(source.parent, f"{source.name}#{function}").split("\n")[:-1]


def now_and_before(root, name):
    """The source of a stage and of the one before it; neither where there is no such stage."""
    for family in FAMILIES:
        found = sources(root, family)
        for before, now in zip([None, *found], found):
            if now.stem == name:
                return now, before
    return None, None


def changes(root, text):
    """STAGE#NAME[+NAME...]: the definitions as they are now, each line marked as new (+), gone (-) or kept."""
    name, _, functions = text.partition("#")
    source, source_before = now_and_before(root, name)
    if not source or not re.fullmatch(r"\w+(\+\w+)*", functions):
        known = ", ".join(name for family in FAMILIES for name in names(root, family))
        raise Trouble(f"stage:{text}: write stage:NAME#FUNCTION; there are {known or 'no stages'}")
    parts = []
    for function in functions.split("+"):
        now = lines_of(source, function)
        before = lines_of(source_before, function) if source_before else []
        if not now or now == before:
            raise Trouble(f"stage:{text}: {function} does not change there")
        parts.append("".join(f"{line.rstrip()}\n" for line in difflib.ndiff(before, now, charjunk=None) if line[0] != "?"))
    return " \n".join(parts).replace(" \n", "\n")


def output(root, name):
    """What the stage prints; it is right, so it ends with 0."""
    if name not in names(root):
        raise Trouble(f"there is no {FOLDER}/{name}.c")
    return programs.right(root / FOLDER / f"{name}.c")
