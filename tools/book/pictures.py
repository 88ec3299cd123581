# SPDX-License-Identifier: MIT
#
# Draws the pictures of the book from states that a real heap was in. docs/pictures/NAME.txt says which commands lead to
# the state and how to show it; NAME.bn.svg and NAME.en.svg are drawn from what the kernel then tells of itself.

import re
import shlex

import overview
import sessions
from pages import Trouble
from shapes import (CHAR, LEFT, PATTERNS, RIGHT, STYLE, TALL, WIDTH, anchor_at, arrow, box, element, label, legend, pointers,
                    scale_of, tape)
from states import bytes_of, state_after

# --- the kinds

def draw_map(states, _):
    out, x = tape(states[-1], 24)
    return out + pointers(states[-1], x, 24 + TALL) + legend(124), 134


def draw_rows(states, titles):
    scale, y, out = scale_of(states), 14, []
    for state, title in zip(states, titles):
        pieces, x = tape(state, y + 22, scale)
        out += [label(LEFT, y, title, class_="strong command"), *pieces, arrow(x, y + 38 + TALL, y + 22 + TALL)]
        text = f"free_memory_pointer {state.pointer:#010x}"
        side = anchor_at(x, text)
        out.append(label({"start": LEFT, "end": RIGHT, "middle": x}[side], y + 50 + TALL, text, side))
        y += 74 + TALL
    return out + legend(y + 2), y + 12


def draw_steps(states, _):
    return draw_rows(states, [f"minios> {state.said}" if state.said else "minios>" for state in states])


def draw_before_after(states, _):
    before, after = states[-2:]
    return draw_rows([before, after], [f"minios> {before.said}" if before.said else "minios>", f"minios> {after.said}"])


def draw_words(states, _):
    state = states[-1]
    pieces, x = tape(state, 112)
    out = [label(LEFT, 14, "struct kheap", class_="strong"), *pieces]
    words = (("heap_start", state.start, LEFT), ("free_memory_pointer", state.pointer, x), ("heap_end", state.end, RIGHT))
    for at, (name, value, goal) in enumerate(words):
        left = LEFT + at * 158
        out += [element("rect", x=left, y=22, width=144, height=36, class_="edge"),
                label(left + 72, 37, name, "middle", "strong"), label(left + 72, 52, f"{value:#010x}", "middle"),
                element("path", d=f"M{left + 72} 58C{left + 72} 84 {goal:.1f} 74 {goal:.1f} 102", class_="pointer"),
                element("path", d=f"M{goal - 4:.1f} 104h8L{goal:.1f} 111z", class_="head")]
    return out + legend(168), 178


CELL, ROW = 22, 34


def draw_tag(states, source):
    found, out = bytes_of(*source), []
    rows = sorted({address & ~15 for address in found})
    for number, row in enumerate(rows):
        y = 8 + number * ROW
        out.append(label(LEFT, y + 16, f"{row:08x}"))
        for at in range(16):
            if row + at in found:
                value, kind = found[row + at]
                x = 78 + at * CELL + at // 4 * 6
                out.append(box(x, y, CELL, 24, kind) + label(x + CELL / 2, y + 16, value, "middle", f"in-{kind}"))
    y = 8 + len(rows) * ROW
    for at, word in enumerate(("FENCE", "SIZE", "OWNER", "SEAL")):
        out.append(label(78 + at * (4 * CELL + 6) + 2 * CELL, y + 8, word, "middle", "strong"))
    end = 78 + 16 * CELL + 3 * 6
    out += [arrow(end, y + 22, y - 8), label(RIGHT + 4, y + 34, f"free_memory_pointer {states[-1].pointer:#010x}", "end", "strong")]
    return out + legend(y + 58), y + 68


DRAWN = {"map": draw_map, "words": draw_words, "steps": draw_steps, "before-after": draw_before_after, "tag": draw_tag}
NEEDED = ("show", "bn", "en")
KNOWN = (*NEEDED, "run", "options", "caption-bn", "caption-en")


def described(file):
    """What a picture's .txt says: {key: text}, and the commands."""
    said, commands = {}, []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            key, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or key not in KNOWN:
                raise Trouble(f"{file.name}:{number}: write one of {', '.join(KNOWN)}, a colon, and the text")
            if key == "run":
                commands.append(value)
            else:
                said[key] = value
    missing = [key for key in NEEDED if not said.get(key)]
    if missing:
        raise Trouble(f"{file.name}: has no line {', '.join(key + ':' for key in missing)}")
    if said["show"] not in (*DRAWN, "overview"):
        raise Trouble(f"{file.name}: show: is one of {', '.join(DRAWN)}, overview")
    return said, commands


def drawn(file):
    """{language: SVG} of a picture."""
    said, commands = described(file)
    options = shlex.split(said.get("options", ""))
    if said["show"] == "overview":
        return {language: svg(said, language, *overview.draw(options, commands)) for language in ("bn", "en")}
    counts = range(len(commands) + 1) if said["show"] in ("steps", "before-after") else [len(commands)]
    if said["show"] == "before-after":
        counts = [len(commands) - 1, len(commands)]
        if not commands:
            raise Trouble(f"{file.name}: before-after needs a line run:")
    states = [state_after(options, commands[:count]) for count in counts]
    shapes, height = DRAWN[said["show"]](states, (options, commands))
    return {language: svg(said, language, shapes, height) for language in ("bn", "en")}


def svg(said, language, shapes, height):
    title = said.get(f"caption-{language}") or said[language]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {round(height)}" width="{WIDTH}" height="{round(height)}"'
            f' role="img" lang="{language}" aria-labelledby="title desc">\n'
            + element("title", title, id="title") + "\n" + element("desc", said[language], id="desc") + "\n"
            + f"<style>{STYLE}</style>\n<defs>{PATTERNS}</defs>\n" + element("rect", width="100%", height="100%", class_="paper") + "\n"
            + "\n".join(shapes) + "\n</svg>\n")


def each(root, say):
    """File and text of every picture."""
    for file in sorted((root / "docs" / "pictures").glob("*.txt")):
        try:
            for language, text in drawn(file).items():
                yield file.with_suffix(f".{language}.svg"), text
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
