# SPDX-License-Identifier: MIT
#
# Draws the pictures of the book from states that a real heap was in. docs/pictures/NAME.txt says which commands lead to
# the state and how to show it; NAME.bn.svg and NAME.en.svg are drawn from what the kernel then tells of itself.

import re

import overview
import sessions
import sketches
import turns
from described import described
from pages import Trouble
from shapes import LEFT, RIGHT, STYLE, WIDTH, arrow, box, element, label, legend, patterns, pointing, words_of
from sketches import TAG_WORDS
from states import bytes_of, state_after

# --- the kinds

def draw_words(asked, say):
    out, y = pointing(state_after(asked.options, asked.commands), LEFT, 22, 150, RIGHT, say, asked.said.get("given"))
    out.append(label(LEFT, 14, "struct kheap", class_="strong"))
    if "given" in asked.said:
        return out, y + 10
    return out + legend(y + 26, say), y + 54


CELL, ROW, IN_A_ROW = 26, 46, 8


def runs_of(row, tag):
    """What a row of bytes is: name, first byte and last; of a tag each word has a name of its own."""
    found = []
    for address, (_, kind) in sorted(row.items()):
        name = TAG_WORDS[(address - tag) // 4] if kind == "tag" else kind
        if found and found[-1][0] == name:
            found[-1][2] = address
        else:
            found.append([name, address, address])
    return found


def draw_row(row, start, y, tag, say):
    place = lambda address: LEFT + 64 + (address - start) * CELL + (address - start) // 4 * 6
    out = [label(LEFT, y + 16, f"{start:08x}")]
    for address, (value, kind) in row.items():
        out += [box(place(address), y, CELL, 24, kind), element("rect", x=place(address) + 4, y=y + 4, width=CELL - 8, height=16, class_=f"ground-{kind}"),
                label(place(address) + CELL / 2, y + 16, value, "middle", f"in-{kind}")]
    for name, first, last in runs_of(row, tag):
        out.append(label((place(first) + place(last) + CELL) / 2, y + 38, name if name in TAG_WORDS else say(name), "middle", "strong"))
    return out, place(max(row)) + CELL


def draw_tag(asked, say):
    state, found, out, end = state_after(asked.options, asked.commands), bytes_of(asked.options, asked.commands), [], RIGHT
    tag = min(address for address, (_, kind) in found.items() if kind == "tag")
    rows = sorted({address // IN_A_ROW * IN_A_ROW for address in found})
    for number, start in enumerate(rows):
        row = {address: found[address] for address in range(start, start + IN_A_ROW) if address in found}
        more, end = draw_row(row, start, 8 + number * ROW, tag, say)
        out += more
    y = 8 + len(rows) * ROW
    out += [arrow(end, y + 10, y - ROW + 24), label(RIGHT, y + 24, f"free_memory_pointer {state.pointer:#010x}", "end", "strong")]
    return out + legend(y + 50, say), y + 78


DRAWN = {"words": draw_words, "tag": draw_tag, "turns": turns.draw, **sketches.DRAWN}
ARRANGED = {"": overview.WIDE, "-tall": overview.TALL}


def drawn(file):
    """{name: SVG} of a picture, in both languages; the whole of MiniOS is arranged for telephones, too."""
    asked, found = described(file, (*DRAWN, "overview")), {}
    for language in ("bn", "en"):
        say = words_of(language)
        if asked.said["show"] == "overview":
            for more, how in ARRANGED.items():
                name = file.stem + more
                found[f"{name}.{language}.svg"] = svg(name, asked.said, language, *overview.draw(asked.options, asked.commands, say, how))
        else:
            shapes = DRAWN[asked.said["show"]](asked.in_language(language), say)
            found[f"{file.stem}.{language}.svg"] = svg(file.stem, asked.said, language, *shapes, WIDTH)
    return found


def svg(name, said, language, shapes, height, width):
    title = said.get(f"caption-{language}") or said[language]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {round(height)}" width="{width}" height="{round(height)}"'
            f' role="img" lang="{language}" aria-labelledby="{name}-title {name}-desc">\n'
            + element("title", title, id=f"{name}-title") + "\n" + element("desc", said[language], id=f"{name}-desc") + "\n"
            + f"<style>{STYLE}</style>\n<defs>{patterns(name)}</defs>\n" + element("rect", width="100%", height="100%", class_="paper") + "\n"
            + "\n".join(shapes).replace("url(#NAME-", f"url(#{name}-") + "\n</svg>\n")


def each(root, say):
    """File and text of every picture."""
    for file in sorted((root / "docs" / "pictures").glob("*.txt")):
        try:
            for name, text in drawn(file).items():
                yield file.with_name(name), text
        except Trouble as trouble:
            say(f"docs/pictures/{file.name}: {trouble}")


# Of the words in a picture, those that another compiler may change: the bytes of a tag, and the addresses beside them.
TEXT = re.compile(r'<text([^>]*)>([^<]*)<')
ROW_OF_BYTES = re.compile(r"[0-9a-f]{8}")


def loose(attributes, said):
    if 'class="in-tag"' in attributes or ROW_OF_BYTES.fullmatch(said):
        return ".."
    return sessions.loose(said)


def words_in(text):
    """What a picture says, without what another compiler may change: addresses, sizes of code, callers that it inlined."""
    return [loose(*found) for found in TEXT.findall(text) if not found[1].endswith("()")]


def is_so(file, text, strict):
    """Does the picture that is there show what would be drawn now?"""
    shown = file.read_text(encoding="utf-8") if file.exists() else ""
    return shown == text if strict else words_in(shown) == words_in(text)


def draw(root, strict, say):
    """Draws those that are no longer so; gives how many."""
    count = 0
    for file, text in each(root, say):
        if not is_so(file, text, strict):
            file.write_text(text, encoding="utf-8")
            count += 1
            print(f"  drawn      {file.relative_to(root)}")
    return count


def check(root, strict, say):
    there = set()
    for file, text in each(root, say):
        there.add(file.name)
        if not is_so(file, text, strict):
            say(f"{file.relative_to(root)}: not the heap as it is now; `make book-update` draws it")
    for file in sorted((root / "docs" / "pictures").glob("*.*.svg")):
        if file.name not in there and not file.with_suffix("").with_suffix(".txt").exists():
            say(f"{file.relative_to(root)}: no {file.with_suffix('').stem}.txt says what it shows")
