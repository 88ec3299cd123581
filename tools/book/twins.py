# SPDX-License-Identifier: MIT
#
# A page and its twin in the other language have the same blocks in the same order, the same fences, and no paragraph
# that was changed in one language only. docs/twins.json remembers which pairs somebody has read side by side.

import hashlib
import json

from pages import Page, Trouble

KEPT = "docs/twins.json"


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


def same_shape(page, twin, say):
    """Are the blocks of the two pages alike, one by one? Tells of the first that is not."""
    for one, other in zip(page.blocks, twin.blocks):
        if one.kind != other.kind:
            say(f"{page.path}:{one.line}: a {one.kind} here is a {other.kind} in {twin.path}:{other.line}: {opening(one.text)}")
            return False
    if len(page.blocks) != len(twin.blocks):
        longer = max(page, twin, key=lambda one: len(one.blocks))
        first = longer.blocks[min(len(page.blocks), len(twin.blocks))]
        say(f"{longer.path}:{first.line}: this and what follows has no counterpart in {longer.twin}: {opening(first.text)}")
        return False
    return True


def same_fences(page, twin, say):
    """What is shown is the same to the letter: code and output stay English."""
    for one, other in zip(page.fences, twin.fences):
        if one.kind and (one.info, one.text) != (other.info, other.text):
            say(f"{one.place}: not the same as {other.place}: {one.info}")


def pairs(page, twin):
    return [(digest(one.text), digest(other.text)) for one, other in zip(page.blocks, twin.blocks)]


def unconfirmed(page, twin, known):
    """The pairs that nobody has confirmed, and what seems to have happened to each."""
    bengali, english = {one for one, _ in known}, {other for _, other in known}
    for number, pair in enumerate(pairs(page, twin)):
        if pair in known:
            continue
        one, other = page.blocks[number], twin.blocks[number]
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
        elif same_shape(page, twin, say):
            same_fences(page, twin, say)
            for what, block in unconfirmed(page, twin, set(known.get(name_of(page), []))):
                say(f"{what}; compare them, then `make book-twins`: {opening(block.text)}")


def name_of(page):
    return str(page.path.relative_to("docs"))


def confirm(root, found, say):
    """Takes all pairs of these pages as read, and says which are taken anew."""
    known, fresh = kept(root), 0
    for page, twin in couples(root, found):
        if page is None or twin is None or not same_shape(page, twin, say):
            continue
        for what, block in unconfirmed(page, twin, set(known.get(name_of(page), []))):
            print(f"  {what}: {opening(block.text)}")
            fresh += 1
        known[name_of(page)] = pairs(page, twin)
    rows = {name: [" ".join(pair) for pair in known[name]] for name in sorted(known) if (root / "docs" / name).exists()}
    (root / KEPT).write_text(json.dumps(rows, indent=1) + "\n", encoding="ascii")
    print(f"{fresh} pairs confirmed.")
