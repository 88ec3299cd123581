#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The book's tool. Fills in what a page shows of the source and of the running kernel, and checks that nothing drifted.

import argparse
import itertools
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import epub
import links
import listings
import moving
import pictures
import programs
import sessions
import stages
import twins
import words
from pages import HERE, Missing, Trouble, pages

CAPTURED = "docs/captured-with.txt"
BENGALI = re.compile("[\u0980-\u09ff]")


def content(root, fence):
    """What belongs into a fence, or None when that is the writer's."""
    if fence.kind == "listing":
        return listings.listing(root, fence.name)
    if fence.kind == "wrong-listing":
        name, _, rest = fence.name.removeprefix("wrong:").partition("#")
        return listings.listing(root, f"docs/wrong/{name}.c#{rest}")
    if fence.kind == "session":
        return sessions.session(fence)
    if fence.kind == "shell":
        return sessions.shell(fence)
    if fence.kind == "wrong":
        return programs.wrong(root, fence.name.removeprefix("wrong:"))
    if fence.kind == "changes":
        return stages.changes(root, fence.name.removeprefix("stage:"))
    if fence.kind == "stage":
        return stages.output(root, fence.name.removeprefix("stage:"))
    if fence.kind == "fault":
        return programs.fault(root, fence.name)
    return None


def wanted(root, page, say):
    """{index of a fence's first line: what belongs into it}; troubles are told, each with its place."""
    found = {}
    for fence in page.fences:
        try:
            text = content(root, fence)
            if text is not None:
                found[fence.first] = text
        except Trouble as trouble:
            say(f"{fence.place}: {trouble}")
    return found


def compilers(root):
    """Those that the outputs in the book come from. The first one is the book's own."""
    file = root / CAPTURED
    return file.read_text(encoding="ascii").splitlines() if file.exists() else []


def compared(fence, text, strict):
    """What counts of a fence's text: with another compiler than the book's own, some of an output may differ; where the
    session shows what the clock tells, its numbers may."""
    if fence.kind == "session" and "clock" in fence.words:
        text = sessions.untimed(text)
    return sessions.loose(text) if fence.kind in ("session", "shell") and not strict else text


def update(root, only, say):
    """The book's own compiler makes each byte as it is here (and so does any, if none is named); another one only changes
    what is really no longer so, and is noted behind the first."""
    here, noted, changed = sessions.compiler(), compilers(root), 0
    strict = noted[:1] in ([], [here])
    for page in pages(root, only):
        real = wanted(root, page, say)
        text = page.filled({fence.first: real[fence.first] for fence in page.fences if fence.first in real
                            and compared(fence, fence.text, strict) != compared(fence, real[fence.first], strict)})
        if text != "\n".join(page.lines):
            page.file.write_text(text, encoding="utf-8")
            changed += 1
            print(f"  filled in  {page.path}")
    drawn = 0 if only else pictures.draw(root, strict, say) + moving.record(root, pages(root), strict, say)
    if strict and not only:
        noted = [here]
    elif (changed or drawn) and here not in noted:
        noted.append(here)
    (root / CAPTURED).write_text("".join(line + "\n" for line in noted), encoding="ascii")
    print(f"{changed} pages changed.")


def first_difference(shown, real):
    """Where two texts part: one line of each."""
    for number, (one, other) in enumerate(itertools.zip_longest(shown.split("\n"), real.split("\n")), 1):
        if one != other:
            return f"line {number} shows  {one!r}\n" + " " * 8 + f"it is really  {other!r}"
    return ""


def captured_here(root):
    """Was all of it captured with the compiler of this machine? Then each byte counts."""
    return compilers(root) == [sessions.compiler()]


def check_fences(root, page, say):
    strict = captured_here(root)
    for fence in page.fences:
        if fence.info.split()[:1] in (["c"], ["fault"]) and fence.kind is None:
            say(f"{fence.place}: a listing needs its anchor: ```c PATH#NAME (what is no listing is ```text)")
        if fence.info.split()[:1] == ["console"] and fence.kind is None:
            say(f"{fence.place}: a session needs a name: ```console NAME")
        if fence.kind is None and BENGALI.search(fence.text):
            say(f"{fence.place}: Bengali letters have no fixed width, so columns of them slip: draw it (docs/pictures), or make it a table")
    for first, real in wanted(root, page, say).items():
        fence = next(one for one in page.fences if one.first == first)
        shown, real = compared(fence, fence.text, strict), compared(fence, real, strict)
        if shown != real:
            say(f"{fence.place}: no longer so ({fence.info}); `make book-update` shows it as it is\n"
                + " " * 8 + first_difference(shown, real))


def check_names(page, say):
    """A session has a name of its own, so that both languages and the cache speak of the same one."""
    seen = {}
    for fence in page.fences:
        if fence.kind == "session":
            if fence.name in seen:
                say(f"{fence.place}: the session {fence.name} is there already, at line {seen[fence.name]}")
            seen.setdefault(fence.name, fence.first + 1)


def check_addresses(page, say):
    """An address that the text speaks of stands in an output or a listing of the same page."""
    shown = "\n".join(fence.text for fence in page.fences)
    for number, line in enumerate(page.lines, 1):
        if number - 1 not in page.in_code:
            for address in re.findall(r"\b0x00[0-9a-f]{6}\b", line):
                if address not in shown:
                    say(f"{page.path}:{number}: no output of this page shows {address}")


def check_items(page, say):
    """What is wrapped by a program may lose the ends of a list's items: then the list is one paragraph with dashes."""
    for number, line in page.prose:
        if re.search(r"\S - \S", line):
            say(f"{page.path}:{number}: an item of a list begins a line of its own")


def check(root, only, say):
    found = pages(root, only)
    for page in found:
        check_fences(root, page, say)
        check_names(page, say)
        check_addresses(page, say)
        check_items(page, say)
        words.terms(root, page, say)
    for page in found + ([] if only else links.others(root)):
        links.check(page, say)
        links.check_files(page, say)
    for page in found:
        links.contents(page, pages(root), say)
    if not only:
        pictures.check(root, captured_here(root), say)
        moving.check(root, found, captured_here(root), say)
    twins.check(root, found, say)
    words.spelling(root, found, say)


def confirm_twins(root, only, say):
    twins.confirm(root, pages(root, only), say)


def epubs(root, _only, _say):
    folder = HERE / "build" / "book"
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("bn", "en"):
        epub.build(root, language, folder)


COMMANDS = {"update": update, "check": check, "twins": confirm_twins, "epub": epubs}


def main():
    parser = argparse.ArgumentParser(description="The book's tool.")
    parser.add_argument("--root", type=pathlib.Path, default=HERE, help="the repository whose docs/ it works on")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("pages", nargs="*", help="only these, in both languages: chapter-4..., faults/E01")
    given = parser.parse_args()
    troubles = []
    try:
        COMMANDS[given.command](given.root.resolve(), given.pages, troubles.append)
    except Missing as missing:
        troubles = [str(missing)]
    except Trouble as trouble:
        troubles.append(str(trouble))
    except OSError as error:
        troubles.append(f"{error.filename or given.root}: {error.strerror}: put that right, then try again")
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if troubles:
        print(f"{len(troubles)} to mend.", file=sys.stderr)
    elif given.command == "check":
        print("The book agrees with the source, with the kernel and with itself.")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
