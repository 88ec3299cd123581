# SPDX-License-Identifier: MIT
#
# The pages of the book: which there are, their blocks, their fences, and what is written outside of code.

import dataclasses
import functools
import os
import pathlib
import re
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent  # the repository that this tool stands in

OPENING = re.compile(r"^([ >]*)(`{3,})\s*(\S[^`]*)?$")
ATTRIBUTE = re.compile(r'([\w-]+)=("[^"]*"|\S+)')


class Trouble(Exception):
    """One line for whoever writes the page."""


class Missing(Exception):
    """A tool that is not there. Nothing else can be said then."""

    def __str__(self):
        return f"{self.args[0]} is missing: ./minios doctor"


def put(file, content):
    """In one piece: whoever reads the file finds all of these bytes or all of those before, also while two put it at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as fresh:
        fresh.write(content)
    os.replace(fresh.name, file)


@dataclasses.dataclass
class Fence:
    page: "Page"
    first: int  # index of the opening line
    last: int  # index of the closing line
    indent: str
    info: str

    @property
    def kind(self):
        """What the book's tool does with it: listing, session, shell, wrong, wrong-listing, stage, changes, fault, or None."""
        words = self.info.split()
        if len(words) < 2:
            return None
        if words[0] == "c" and re.match(r"wrong:", words[1]):
            return "wrong-listing"
        if words[0] == "c" and "#" in words[1]:
            return "listing"
        if words[0] == "diff" and words[1].startswith("stage:"):
            return "changes"
        if words[0] == "fault":
            return "fault"
        if words[0] == "console":
            prefix = words[1].split(":")[0] if ":" in words[1] else "session"
            return prefix if prefix in ("session", "shell", "wrong", "stage") else None
        return None

    @property
    def name(self):
        return self.info.split()[1]

    @property
    def attributes(self):
        return {key: value.strip('"') for key, value in ATTRIBUTE.findall(self.info)}

    @property
    def words(self):
        """The words of the info string that stand alone, behind the name."""
        return ATTRIBUTE.sub("", self.info).split()[2:]

    @property
    def text(self):
        lines = self.page.lines[self.first + 1:self.last]
        return "".join(line.removeprefix(self.indent).removeprefix(self.indent.rstrip()) + "\n" for line in lines)

    @property
    def place(self):
        return f"{self.page.path}:{self.first + 1}"


@dataclasses.dataclass
class Block:
    kind: str  # heading-2, paragraph, list-5 (items), table-7 (rows), quote, html, fence
    line: int  # counted from 1
    text: str


class Page:
    def __init__(self, root, path):
        self.root, self.path = root, path  # path: relative to root, as it is told in messages
        self.file = root / path
        self.lines = self.file.read_text(encoding="utf-8").split("\n")

    @property
    def language(self):
        return "en" if self.path.parts[1] == "en" else "bn"

    @property
    def twin(self):
        docs, rest = self.path.parts[0], self.path.parts[1:]
        return pathlib.Path(docs, *rest[1:]) if self.language == "en" else pathlib.Path(docs, "en", *rest)

    @functools.cached_property
    def fences(self):
        found, start = [], None
        for number, line in enumerate(self.lines):
            match = OPENING.match(line)
            if start is None and match:
                start, (indent, ticks, info) = number, match.groups()
            elif start is not None and line.strip(" >") == ticks:
                found.append(Fence(self, start, number, indent, (info or "").strip()))
                start = None
        if start is not None:
            raise Trouble(f"{self.path}:{start + 1}: this fence is never closed")
        return found

    @functools.cached_property
    def in_code(self):
        return {number for fence in self.fences for number in range(fence.first, fence.last + 1)}

    @functools.cached_property
    def body(self):
        """Where the text begins: behind a front matter, if there is one."""
        if self.lines[0] != "---":
            return 0
        return self.lines.index("---", 1) + 1

    @functools.cached_property
    def text(self):
        """What stands outside of the fences, in as many lines as the page has."""
        return "\n".join("" if number in self.in_code or number < self.body else line for number, line in enumerate(self.lines))

    @functools.cached_property
    def prose(self):
        """Line number (from 1) and text of what is written for people, with code, comments and tags blanked out."""
        text = self.text
        for pattern in (r"<!--.*?-->", r"`[^`\n]*`", r"\{#[\w-]+\}", r"\]\([^)\s]*\)", r"<[^>\n]*>", r"https?://\S+"):
            text = re.sub(pattern, lambda match: re.sub(r"[^\n]", "\0", match[0]), text, flags=re.S)
        return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line]

    @functools.cached_property
    def blocks(self):
        """Headings, paragraphs, lists, tables, quotes and fences, in their order."""
        found, start = [], None
        fence_at = {fence.first: fence for fence in self.fences}
        for number in range(self.body, len(self.lines) + 1):
            line = self.lines[number] if number < len(self.lines) else ""
            ends = not line.strip() or number in self.in_code or re.match(r"#{1,6} ", line)
            if start is not None and ends:
                found.append(block(self.lines[start:number], start + 1))
                start = None
            if number in fence_at:
                found.append(fence_block(fence_at[number]))
            elif re.match(r"#{1,6} ", line) and number not in self.in_code:
                found.append(block([line], number + 1))
            elif start is None and not ends:
                start = number
        return found

    @functools.cached_property
    def anchors(self):
        """Explicit ones only: what a heading in Bengali turns into differs from program to program."""
        text = "\n".join(line for number, line in enumerate(self.lines) if number not in self.in_code)
        return set(re.findall(r"^#{1,6} .*\{#([\w-]+)\}\s*$", text, re.M)) | set(re.findall(r'\b(?:id|name)="([\w-]+)"', text))

    def filled(self, contents):
        """The page's text with new contents in its fences: {index of the opening line: text}."""
        lines = list(self.lines)
        for fence in reversed(self.fences):
            if fence.first in contents:
                inside = contents[fence.first].split("\n")[:-1]
                lines[fence.first + 1:fence.last] = [(fence.indent + line).rstrip() for line in inside]
        return "\n".join(lines)


def block(lines, number):
    text = "\n".join(lines)
    first = lines[0].lstrip()
    heading = re.match(r"(#{1,6}) ", first)
    if heading:
        kind = f"heading-{len(heading[1])}"
    elif first.startswith("|"):
        kind = f"table of {len(lines)} rows"
    elif re.match(r"([-*+]|[0-9\u09e6-\u09ef]+[.)])\s", first):
        kind = f"list of {sum(bool(re.match(r'[ ]*([-*+]|[0-9]+[.)]) ', line)) for line in lines)}"
    elif first.startswith(">"):
        kind = "quote"
    elif first.startswith("<"):
        kind = "html"
    elif first.startswith("!["):
        kind = "picture"
    else:
        kind = "paragraph"
    return Block(kind, number, text)


def fence_block(fence):
    """What a tool fills in is no paragraph to translate: only its info string counts."""
    text = fence.info if fence.kind else fence.info + "\n" + fence.text
    return Block("fence", fence.first + 1, text)


def pages(root, only=()):
    """All pages, or those that are named: a path, or a page's name in both languages."""
    found = [path.relative_to(root) for path in sorted((root / "docs").rglob("*.md"))
             if not {"node_modules", "public", ".vitepress"} & set(path.parts)]
    if only:
        wanted = [name.removesuffix(".md") for name in only]
        found = [path for path in found if any(str(path.with_suffix("")).endswith(name) for name in wanted)]
        if not found:
            raise Trouble(f"there is no page {' or '.join(only)} in {root / 'docs'}")
    return [Page(root, path) for path in found]
