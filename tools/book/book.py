#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The book's tool. Fills in what a page shows of the source and of the running kernel, and checks that nothing drifted.

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import listings
import programs
import sessions
from pages import HERE, Trouble, pages

CAPTURED = "docs/captured-with.txt"


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


def update(root, only, say):
    changed = 0
    for page in pages(root, only):
        text = page.filled(wanted(root, page, say))
        if text != "\n".join(page.lines):
            page.file.write_text(text, encoding="utf-8")
            changed += 1
            print(f"  filled in  {page.path}")
    (root / CAPTURED).write_text(sessions.compiler() + "\n", encoding="ascii")
    print(f"{changed} pages changed.")


COMMANDS = {"update": update}


def main():
    parser = argparse.ArgumentParser(description="The book's tool.")
    parser.add_argument("--root", type=pathlib.Path, default=HERE, help="the repository whose docs/ it works on")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("pages", nargs="*", help="only these, in both languages: chapter-4..., faults/E01")
    given = parser.parse_args()
    troubles = []
    try:
        COMMANDS[given.command](given.root.resolve(), given.pages, troubles.append)
    except Trouble as trouble:
        troubles.append(str(trouble))
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if troubles:
        print(f"{len(troubles)} to mend.", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
