# SPDX-License-Identifier: MIT
#
# The book for reading machines: all pages of a language in one EPUB, by pandoc.

import functools
import json
import pathlib
import re
import subprocess
import tempfile

import links
import moving
from pages import HERE, Missing, Trouble, pages

FONT = "web/node_modules/@fontsource/noto-sans-bengali/files/noto-sans-bengali-bengali-{weight}-normal.woff"
LOOKS = """
@font-face { font-family: "Noto Sans Bengali"; font-weight: normal; src: url(../fonts/noto-sans-bengali-bengali-400-normal.woff) }
@font-face { font-family: "Noto Sans Bengali"; font-weight: bold; src: url(../fonts/noto-sans-bengali-bengali-700-normal.woff) }
body { font-family: "Noto Sans Bengali", sans-serif; line-height: 1.6 }
code, pre { font-family: monospace, "Noto Sans Bengali" }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.75em; line-height: 1.35 } pre > code.sourceCode { white-space: pre-wrap !important }
table { border-collapse: collapse } td, th { border: 1px solid #888; padding: 0.2em 0.4em; text-align: left }
img { max-width: 100% } svg { max-width: 100%; height: auto }
"""
# Where the site has drawn the decisive steps of a session, and which of its looks belong to them.
STILLS = re.compile(r'(<section class="moving-stills" data-stills="([\w-]+)".*?</section>)', re.S)
ANY_STILL = re.compile(r"\.lab-(bar|payload|gap|slack|tag|floor|stack|edge|pointer|number|told|unseen|digits)\b|\.(lab-stack|moving-still)\b")
STILL_LOOKS = """
.moving-stills { display: flex; flex-wrap: wrap } .moving-still { flex: 1 1 30%; min-width: 9em; max-width: 20em; margin: 0.5em; page-break-inside: avoid }
.lab-stack ol { list-style: none; margin: 0; padding: 0 } .lab-stack { min-height: 0; font-size: 0.75em } .lab-free { padding: 0.5em; text-align: center }
.lab-block { border: 1px solid #888; margin: 2px 0; padding: 2px } .moving-caption { font-size: 0.8em; margin: 0 } .lab-bar { display: flex }
.lab-stack .lab-free { color: inherit; background: none } .lab-stack .lab-floor > span { background: #8fd3bd }
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
    if moving.STEP.search(target):
        return text  # a picture on paper does not move
    goal, anchor = links.goal_of(page, target)
    if picture:
        return f"![{text}]({goal})"
    return f"[{text}](#{key_of(names[goal], anchor)})" if goal in names else text


def titled(page, heading):
    """A page about a fault is called as the fault's own line says, `E04 free out of order`, and not by its code alone."""
    faults = [fence.text.split("\n")[0] for fence in page.fences if fence.kind == "fault"]
    return f"# {faults[0]}" if faults and re.fullmatch(r"# [EI]\d+", heading) else heading


PICTURE = re.compile(r"!\[[^\]]*\]\((\S+/pictures/\S+\.svg)\)")


def lines_with_moved_links(page, names):
    """A link may go on in the next line; there are as many lines as before."""
    return links.LINK.sub(lambda match: moved_link(page, match, names), page.text).split("\n")


def line_for_pandoc(page, line, moved):
    alone = PICTURE.fullmatch(line.strip())
    if alone:  # drawn into the page, so that it has the book's letters
        return f"\n```{{=html}}\n<div>{links.goal_of(page, alone[1])[0].read_text(encoding='utf-8')}</div>\n```\n"
    return re.sub(r"\{#([\w-]+)\}", lambda match: "{#" + key_of(page, match[1]) + "}", moved)


@functools.cache
def still_pictures(folder, language):
    """{session: its decisive steps as the site draws them}."""
    found, site = {}, folder / "site"
    for file in sorted(site.rglob("*.html")):
        if (file.relative_to(site).parts[0] == "en") == (language == "en"):
            found.update((name, whole) for whole, name in STILLS.findall(file.read_text(encoding="utf-8")))
    return found


def stills_of(page, fence, folder):
    """What stands below a session in a book: the picture that moves on the site, standing still."""
    if fence.kind != "session" or fence.name not in moving.table(page.root):
        return ""
    stills = still_pictures(folder, page.language).get(fence.name)
    if not stills:
        raise Trouble(f"{fence.place}: the site has no picture of {fence.name}")
    return f"\n\n```{{=html}}\n<div class=\"lab\">{stills}</div>\n```\n"


def text_for_pandoc(page, names, folder):
    """The page with ids that are unique in the whole book, and fences that pandoc knows."""
    lines, headed, closing = [], False, {}
    moved = lines_with_moved_links(page, names)
    opening = {fence.first: fence for fence in page.fences}
    for number, line in enumerate(page.lines[page.body:], page.body):
        if number in opening:
            fence = opening[number]
            line = f"{fence.indent}```{ {'c': 'c', 'diff': 'diff'}.get(fence.info.split()[0] if fence.info else '', 'text') }"
            closing[fence.last] = stills_of(page, fence, folder)
        elif number not in page.in_code:
            line = line_for_pandoc(page, line, moved[number])
            if line.startswith("# ") and not headed:
                headed = True
                line = titled(page, re.sub(r"\s*\{#[\w-]+\}$", "", line)) + " {#" + key_of(page) + "}"
        lines.append(line + closing.get(number, ""))
    return "\n".join(lines) + "\n\n"


def looks_of_stills():
    """The looks of a heap, by light, for readers that know neither names for colours nor masks."""
    text = (HERE / "web" / "lab" / "heap.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"(--lab-\w+): (#\w+);", text.split(".dark", 1)[0]))
    grounds = {name: colours[f"--lab-{name}"] for name in ("gap", "slack", "tag")}
    wanted = [rule for rule in re.findall(r"^[^@\s/*}][^{}]*\{[^}]*\}", text, re.M) if ANY_STILL.match(rule)]
    colours |= {"--lab-mono": 'monospace, "Noto Sans Bengali"', "--lab-ground": "transparent", "--vp-c-text-1": "#1b1f24", "--vp-c-text-2": "currentColor"}
    text = re.sub(r"var\((--[\w-]+)\)", lambda match: colours.get(match[1], "#888"), "\n".join(wanted))
    return text + STILL_LOOKS + "".join(f".lab-{name} .lab-digits {{ background: {colour} }}\n" for name, colour in grounds.items())


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
        source.write_text("".join(text_for_pandoc(page, names, folder) for page in book), encoding="utf-8")
        looks.write_text(LOOKS + looks_of_stills(), encoding="ascii")
        command = ["pandoc", "-f", "markdown-yaml_metadata_block-tex_math_dollars-citations", "-t", "epub3", "-o", out, "--toc", "--toc-depth=2",
                   "--highlight-style=monochrome", f"--css={looks}", *(f"--epub-embed-font={font}" for font in fonts),
                   f"--epub-cover-image={folder / f'cover.{language}.png'}",  # as it was printed
                   "-M", f"title={words['title']}: {words['subtitle']}", "-M", f"lang={language}", source]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise Missing("pandoc") from error
    if done.returncode or re.search(r"WARNING(?!\] Deprecated)", done.stderr):  # of its own options it may have changed its mind
        raise Trouble(f"pandoc: {done.stderr.strip()}")
    print(f"  made       {out.relative_to(HERE)}, {len(book)} pages of the site")
