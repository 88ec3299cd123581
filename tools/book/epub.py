# SPDX-License-Identifier: MIT
#
# The book for reading machines: all pages of a language in one EPUB, by pandoc.

import json
import pathlib
import re
import subprocess
import tempfile

import links
from pages import HERE, Trouble, pages

FONT = "web/node_modules/@fontsource/noto-sans-bengali/files/noto-sans-bengali-bengali-{weight}-normal.woff"
LOOKS = """
@font-face { font-family: "Noto Sans Bengali"; font-weight: normal; src: url(../fonts/noto-sans-bengali-bengali-400-normal.woff) }
@font-face { font-family: "Noto Sans Bengali"; font-weight: bold; src: url(../fonts/noto-sans-bengali-bengali-700-normal.woff) }
body { font-family: "Noto Sans Bengali", sans-serif; line-height: 1.6 }
code, pre { font-family: monospace, "Noto Sans Bengali" }
pre { white-space: pre-wrap; font-size: 0.75em; line-height: 1.35 }
table { border-collapse: collapse } td, th { border: 1px solid #888; padding: 0.2em 0.4em; text-align: left }
img { max-width: 100% }
"""
WORDS = "web/.vitepress/words.{language}.json"


def name_of(page):
    parts = page.path.parts[2:] if page.language == "en" else page.path.parts[1:]
    return str(pathlib.Path(*parts).with_suffix(""))


def key_of(page, anchor=""):
    return re.sub(r"[^\w-]", "-", name_of(page)) + (f"--{anchor}" if anchor else "")


def moved_link(page, match, names):
    """A link to another page becomes one within the book; one into the source becomes plain text."""
    picture, text, target = match.group(1), match.group(2), match.group(3)
    if not target or links.OUTSIDE.match(target):
        return match[0]
    goal, anchor = links.goal_of(page, target)
    if picture:
        return f"![{text}]({goal})"
    return f"[{text}](#{key_of(names[goal], anchor)})" if goal in names else text


def titled(page, heading):
    """A page about a fault is called as the fault's own line says, `E04 free out of order`, and not by its code alone."""
    faults = [fence.text.split("\n")[0] for fence in page.fences if fence.kind == "fault"]
    return f"# {faults[0]}" if faults and re.fullmatch(r"# E\d+", heading) else heading


def line_for_pandoc(page, line, names):
    line = re.sub(r"\{#([\w-]+)\}", lambda match: "{#" + key_of(page, match[1]) + "}", line)
    return links.LINK.sub(lambda match: moved_link(page, match, names), line)


def text_for_pandoc(page, names):
    """The page with ids that are unique in the whole book, and fences that pandoc knows."""
    lines, headed = [], False
    opening = {fence.first: fence for fence in page.fences}
    for number, line in enumerate(page.lines[page.body:], page.body):
        if number in opening:
            fence = opening[number]
            line = f"{fence.indent}```{ {'c': 'c', 'diff': 'diff'}.get(fence.info.split()[0] if fence.info else '', 'text') }"
        elif number not in page.in_code:
            line = line_for_pandoc(page, line, names)
            if line.startswith("# ") and not headed:
                headed = True
                line = titled(page, re.sub(r"\s*\{#[\w-]+\}$", "", line)) + " {#" + key_of(page) + "}"
        lines.append(line)
    return "\n".join(lines) + "\n\n"


def build(root, language, folder):
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))[language]  # as in the site's table of contents
    found = {name_of(page): page for page in pages(root) if page.language == language}
    book = [found[page["name"]] for page in order]
    names = {page.file.resolve(): page for page in book}
    fonts = [HERE / FONT.format(weight=weight) for weight in (400, 700)]
    words = json.loads((HERE / WORDS.format(language=language)).read_text(encoding="utf-8"))
    missing = [font.name for font in fonts if not font.exists()]
    if missing:
        raise Trouble(f"{', '.join(missing)} is missing: make book fetches it")
    out = folder / f"minios.{language}.epub"
    with tempfile.TemporaryDirectory() as scratch:
        source, looks = pathlib.Path(scratch, "book.md"), pathlib.Path(scratch, "book.css")
        source.write_text("".join(text_for_pandoc(page, names) for page in book), encoding="utf-8")
        looks.write_text(LOOKS, encoding="ascii")
        command = ["pandoc", "-f", "markdown-yaml_metadata_block-tex_math_dollars-citations", "-t", "epub3", "-o", out, "--toc", "--toc-depth=2",
                   f"--css={looks}", *(f"--epub-embed-font={font}" for font in fonts),
                   "-M", f"title={words['title']}: {words['subtitle']}", "-M", f"lang={language}", source]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise Trouble("pandoc is missing: ./minios doctor") from error
    if done.returncode or re.search(r"WARNING(?!\] Deprecated)", done.stderr):  # of its own options it may have changed its mind
        raise Trouble(f"pandoc: {done.stderr.strip()}")
    print(f"  made       {out.relative_to(HERE)}, {len(book)} pages of the site")
