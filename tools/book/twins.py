# SPDX-License-Identifier: MIT
#
# A page and its twin in the other language say the same things, each in its own way. Section by section they have the same
# headings, show the same code, outputs, tables and pictures, lead to the same pages, and name the same faults, files and
# large numbers; how many paragraphs and sentences that takes is the writer's. And no section was changed in one language
# only: docs/twins.json remembers which pairs were read side by side.

import dataclasses
import functools
import hashlib
import json
import re

from pages import Page, Trouble

KEPT = "docs/twins.json"
LATIN_DIGITS = str.maketrans({0x9e6 + n: str(n) for n in range(10)})
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.\w+)`")
NUMBER = re.compile(r"(?<![\w.#/-])\d{3,}(?!\w)")


@dataclasses.dataclass
class Section:
    line: int  # counted from 1
    level: int
    anchor: str
    heading: str
    blocks: list

    @functools.cached_property
    def text(self):
        """All that is written for people, and the info strings of what a tool fills in."""
        return "\n\n".join(block.text for block in self.blocks)

    @functools.cached_property
    def prose(self):
        """With Latin digits, and without commas in numbers."""
        words = "\n\n".join(block.text for block in self.blocks if block.kind != "fence").translate(LATIN_DIGITS)
        return re.sub(r"(?<=\d),(?=\d{3})", "", words)

    def shown(self):
        """Fences, tables and pictures, in their order."""
        return [block.text.split("\n")[0] if block.kind == "fence" else block.kind for block in self.blocks
                if block.kind == "fence" or block.kind.startswith(("table", "picture"))]

    def goals(self):
        """Where it leads, but for other sections of the same page; the languages' folders and pictures count as one."""
        found = {re.sub(r"^(?:\.\.?/)+|\.(?:bn|en)(?=\.svg$)", "", goal) for goal in LINK.findall(self.prose)}
        return {goal for goal in found if not goal.startswith("#")}

    def named(self):
        return {"a link to": self.goals(), "the fault": set(re.findall(r"\b[EI]0[1-9]\b", self.prose)),
                "the file": set(FILE.findall(self.prose)),
                "the number": set(NUMBER.findall(LINK.sub("]", self.prose)))}


def sections(page):
    found = []
    for block in page.blocks:
        if block.kind.startswith("heading") or not found:
            anchor = re.search(r"\{#([\w-]+)\}", block.text)
            level = int(block.kind[-1]) if block.kind.startswith("heading") else 0
            found.append(Section(block.line, level, anchor[1] if anchor else "", opening(block.text), []))
        found[-1].blocks.append(block)
    return found


def digest(text):
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:10]


def kept(root):
    file = root / KEPT
    if not file.exists():
        return {}
    try:
        return {name: [tuple(pair.split()) for pair in pairs] for name, pairs in json.loads(file.read_text(encoding="ascii")).items()}
    except (ValueError, AttributeError) as error:
        raise Trouble(f"{KEPT} cannot be read ({error}): delete it, and `make book-twins` writes a new one") from error


def opening(text):
    return " ".join(text.split())[:50]


def same_sections(page, twin, say):
    """Have both pages the same headings, with the same anchors? Tells of the first that differs."""
    here, there = sections(page), sections(twin)
    for one, other in zip(here, there):
        if (one.level, one.anchor) != (other.level, other.anchor):
            say(f"{page.path}:{one.line}: this heading is another one in {twin.path}:{other.line}: {one.heading}")
            return False
    if len(here) != len(there):
        longer, extra = (page, here) if len(here) > len(there) else (twin, there)
        first = extra[min(len(here), len(there))]
        say(f"{longer.path}:{first.line}: this section has no counterpart in {longer.twin}: {first.heading}")
        return False
    return True


def same_claims(page, twin, say):
    """Within a section: what is shown, and what is named."""
    for one, other in zip(sections(page), sections(twin)):
        places = f"{page.path}:{one.line} and {twin.path}:{other.line}"
        if one.shown() != other.shown():
            only = [what for what in one.shown() if what not in other.shown()] + \
                   [what for what in other.shown() if what not in one.shown()]
            say(f"{places} do not show the same: {', '.join(only) or 'another order'}")
        there = other.named()
        for kind, here in one.named().items():
            for what in sorted(here ^ there[kind]):
                alone, lacks = (page, twin) if what in here else (twin, page)
                say(f"{places}: {kind} {what} stands in {alone.path} only, not in {lacks.path}")


def same_fences(page, twin, say):
    """What is shown is the same to the letter: code and output stay English."""
    for one, other in zip(page.fences, twin.fences):
        if one.kind and (one.info, one.text) != (other.info, other.text):
            say(f"{one.place}: not the same as {other.place}: {one.info}")


def pairs(page, twin):
    return [(digest(one.text), digest(other.text)) for one, other in zip(sections(page), sections(twin))]


def unconfirmed(page, twin, known):
    """The pairs that nobody has confirmed, and what seems to have happened to each."""
    bengali, english = {one for one, _ in known}, {other for _, other in known}
    for pair, one, other in zip(pairs(page, twin), sections(page), sections(twin)):
        if pair in known:
            continue
        if pair[0] in bengali and pair[1] not in english:
            what = f"{twin.path}:{other.line} changed, {page.path}:{one.line} did not"
        elif pair[1] in english and pair[0] not in bengali:
            what = f"{page.path}:{one.line} changed, {twin.path}:{other.line} did not"
        else:
            what = f"{page.path}:{one.line} and {twin.path}:{other.line} are new"
        yield what, other


def couples(root, found):
    """Bengali page and English page, for each name; those without a twin come alone."""
    seen = set()
    for page in found:
        bengali = page.path if page.language == "bn" else page.twin
        if bengali not in seen:
            seen.add(bengali)
            here = Page(root, bengali) if (root / bengali).exists() else None
            there = page.twin if page.language == "bn" else page.path
            yield here, (Page(root, there) if (root / there).exists() else None)


def check(root, found, say):
    known = kept(root)
    for page, twin in couples(root, found):
        if page is None or twin is None:
            alone = page or twin
            say(f"{alone.path}: has no twin {alone.twin}")
        elif same_sections(page, twin, say):
            same_claims(page, twin, say)
            same_fences(page, twin, say)
            for what, section in unconfirmed(page, twin, set(known.get(name_of(page), []))):
                say(f"{what}; compare them, then `make book-twins`: {section.heading}")


def name_of(page):
    return str(page.path.relative_to("docs"))


def confirm(root, found, say):
    """Takes all pairs of these pages as read, and says which are taken anew."""
    known, fresh = kept(root), 0
    for page, twin in couples(root, found):
        if page is None or twin is None or not same_sections(page, twin, say):
            continue
        for what, section in unconfirmed(page, twin, set(known.get(name_of(page), []))):
            print(f"  {what}: {section.heading}")
            fresh += 1
        known[name_of(page)] = pairs(page, twin)
    rows = {name: [" ".join(pair) for pair in known[name]] for name in sorted(known) if (root / "docs" / name).exists()}
    (root / KEPT).write_text(json.dumps(rows, indent=1) + "\n", encoding="ascii")
    print(f"{fresh} pairs confirmed.")
