# SPDX-License-Identifier: MIT
#
# Every link within the repository leads to a file, and to a heading that has that name.

import functools
import pathlib
import re
import urllib.parse

import moving
from pages import Page

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*([^)\s]+)(?:\s+\"[^\"]*\")?\s*\)|(?:href|src)=\"([^\"]+)\"")
OUTSIDE = re.compile(r"[a-z]+:|//")


def links(page):
    """Line, whether it is a picture, text, target. The text may go on in the next line."""
    whole = re.sub(r"`[^`\n]*`", lambda code: "`" * len(code[0]), page.text)
    for match in LINK.finditer(whole):
        picture, text, target, attribute = match.groups()
        yield whole.count("\n", 0, match.start()) + 1, bool(picture), text or "", target or attribute


@functools.cache
def page_at(root, path):
    return Page(root, path)


def goal_of(page, target):
    """The file that a target means, from the page or, with a leading /, from docs/; and the anchor."""
    path, _, anchor = urllib.parse.unquote(target).partition("#")
    path = path.partition("?")[0]
    start = page.root / "docs" if path.startswith("/") else page.file.parent
    goal = (start / path.lstrip("/")).resolve() if path else page.file.resolve()
    if not goal.suffix and not goal.is_dir() and goal.with_suffix(".md").exists():
        goal = goal.with_suffix(".md")
    return (goal / "index.md" if path.endswith("/") and (goal / "index.md").exists() else goal), anchor


def trouble_with(page, target):
    goal, anchor = goal_of(page, target)
    if not goal.exists():
        return f"leads nowhere: {target}"
    if not goal.is_relative_to(page.root):
        return f"leads out of the repository: {target}"
    if anchor and goal.suffix == ".md":
        there = page_at(page.root, goal.relative_to(page.root))
        if moving.STEP.fullmatch(anchor):
            return None if anchor in moving.anchors(page.root, there) else f"no picture of {there.path} has the step {anchor}"
        if anchor not in there.anchors:
            return f"there is no heading with {{#{anchor}}} in {there.path}"
    return None


def pictures_language(page, target):
    """A picture in the other language is a slip of the hand."""
    match = re.search(r"\.(bn|en)\.svg$", target)
    return f"this page is in {page.language}, the picture in {match[1]}: {target}" if match and match[1] != page.language else None


def name_only(page, target, text):
    """The site and the printed book do not hold the source: there such a link is its text and nothing else."""
    book = page.root / "docs"
    if not page.file.is_relative_to(book) or goal_of(page, target)[0].is_relative_to(book.resolve()) or "`" in text:
        return None
    return f"leads out of the book, so its text has to be the name of the file, in `code letters`: {target}"


def check(page, say):
    for number, picture, text, target in links(page):
        if OUTSIDE.match(target):
            continue
        for trouble in (trouble_with(page, target), pictures_language(page, target), name_only(page, target, text)):
            if trouble:
                say(f"{page.path}:{number}: {trouble}")
        if picture and not text.strip():
            say(f"{page.path}:{number}: a picture without a text: {target}")


NAMED = re.compile(r"`((?:\.ci|bench|docs|examples|exercises|heap|kernel|machine|package|tests|tools|web)/[\w./*-]+)`")
MADE = {"exercises/my_heap.c", "exercises/my_interrupts.c"}  # by ./minios learn


def check_files(page, say):
    """A file that the text names is there. NAME in capitals stands for any."""
    for number, line in enumerate(page.text.split("\n"), 1):
        for name in NAMED.findall(line):
            if name not in MADE and not any(page.root.glob(re.sub(r"\b[A-Z]{4,}\b", "*", name).rstrip("/"))):
                say(f"{page.path}:{number}: there is no {name}")


def contents(page, found, say):
    """The front page leads to every page of its language."""
    if page.path.stem != "index":
        return
    goals = {goal_of(page, target)[0] for _, _, _, target in links(page) if not OUTSIDE.match(target)}
    for other in found:
        if other.language == page.language and other.path != page.path and other.file.resolve() not in goals:
            say(f"{page.path}: the contents do not lead to {other.path}")


OUTSIDE_OF_THE_BOOK = ("README.md", "README.bn.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "examples/port-to-your-kernel.md")


def others(root):
    """The documents outside of the book: their links are looked at, too."""
    return [Page(root, pathlib.Path(name)) for name in OUTSIDE_OF_THE_BOOK if (root / name).exists()]
