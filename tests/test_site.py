# SPDX-License-Identifier: MIT
#
# The book as readers get it: the built site in a real browser, on a desk in the light and on a phone in the dark, the PDF
# and the EPUB. `make book` builds it once for all of these tests.

import itertools
import json
import os
import re
import subprocess
import sys
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import zipfile

import pytest

from kernel import HANG_SECONDS, ROOT
from web import ALIVE, LANGUAGES, address_in, address_of, make_book, output_of, pages_of, parts_of, served, together

pytestmark = pytest.mark.slow
BENGALI = re.compile("[\u0980-\u09ff]")
CHAPTER, FAULT = "chapter-4-hands-on-heap-implementation", "faults/E04"
BOOK_TITLES = {"bn": "\u09a4\u09bf\u09a8\u099f\u09be word-\u098f\u09b0 \u098f\u0995\u099f\u09be heap", "en": "A heap of three words"}


@pytest.fixture(scope="session")
def book():
    return make_book()


@pytest.fixture(scope="session")
def site(book):
    with served(sys.executable, "-u", "tools/book/serve.py", book / "site") as line:
        yield address_in(line)


def look(task, *words):
    return json.loads(output_of("node", "tests/site/look.mjs", task, *words))


@pytest.fixture(scope="session")
def looked(request, site):
    """What the browser saw on every page of one language."""
    language = request.param
    found = look("pages", site, *(address_of(language, name) for name in pages_of(language) + parts_of(language)))
    return language, json.loads(json.dumps(found).replace(site, "/"))


in_each_language = pytest.mark.parametrize("looked", together("looked", LANGUAGES), indirect=True)


PICTURE = re.compile(r"^!\[[^\]]*\]\(\S+\.svg\)$", re.M)


def text_of(language, name):
    return (ROOT / "docs" / LANGUAGES[language] / f"{name}.md").read_text(encoding="utf-8")


def quiet(heard):
    """No error, nothing asked of another machine, nothing asked for in vain."""
    return heard == {"errors": [], "foreign": [], "failed": []}


@in_each_language
def test_every_page_opens_in_silence(looked):
    language, found = looked
    assert len(found) == 2 * len(pages_of(language) + parts_of(language)) >= 52
    for page in found:
        assert page["status"] == 200 and page["lang"] == language and quiet(page["heard"]), page
        assert page["dark"] == (page["view"] == "phone"), page["path"]


@in_each_language
def test_nothing_is_wider_than_the_window(looked):
    _, found = looked
    assert {page["view"] for page in found} == {"desk", "phone"}
    for page in found:
        assert page["wide"] == {"by": 0, "what": []} and not page["nameless"], (page["path"], page["wide"], page["nameless"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_pushed_sideways(language, site):
    """What is too long goes on below, behind a mark, in letters that can be read; nor is a table, on any screen."""
    found = look("sessions", site, *(address_of(language, name) for name in pages_of(language) if name not in ALIVE))
    assert len(found) > 100 and sum(box["broken"] for box in found) > 400
    for box in found:
        assert box["beyond"] <= 0 and box["marked"] == box["broken"] and box["letters"] >= 12, box
        assert not box["stray"] + box["short"], box


@in_each_language
def test_axe_finds_nothing(looked):
    _, found = looked
    told = {f"{page['path']} {page['view']}": page["axe"] for page in found if page["axe"]}
    assert not told, json.dumps(told, indent=1)


@in_each_language
def test_pictures_are_drawn_and_told(looked):
    language, found = looked
    seen = 0
    for page in found:
        for picture in page["pictures"]:
            seen += 1
            assert picture["drawn"] and len(picture["alt"]) > 20, (page["path"], picture)
            assert bool(BENGALI.search(picture["alt"])) == (language == "bn"), (page["path"], picture["alt"])
            assert picture["letters"] >= 12 and not picture["crossed"] + picture["stale"], (page["path"], page["view"], picture)
            assert picture["beyond"] <= 0, (page["path"], page["view"], picture)
    shown = sum(len(PICTURE.findall(text_of(language, name))) for name in pages_of(language))
    chapters = sum(len(PICTURE.findall(text_of(language, name))) for name in pages_of(language) if name.startswith("chapter-"))
    assert seen == 2 * (shown + chapters) and chapters > 18  # on a desk and on a phone; those of a chapter in its parts, too


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_have_their_letters_at_every_visit(language, site):
    """The second time the font is there before the page is, and before anybody listens for it."""
    for picture in look("visits", site, *(address_of(language, name) for name in ("chapter-4-3", "chapter-4-5", "chapter-4-10", "chapter-4-5", "index"))):
        assert picture["drawn"] and not picture["stale"], picture


def text_drawn(picture):
    return re.findall(r"<text[^>]*>(.*?)</text>", picture.read_text(encoding="utf-8"), re.S)


def test_the_words_of_a_picture_are_in_its_language():
    """The lab's own words: what the picture of the other language says in that one, this one says in this."""
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.bn.svg"))
    assert len(pictures) > 15
    words = {language: json.loads((ROOT / "web" / "lab" / f"words.{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES}
    kinds, with_legend = ("gap", "payload", "slack", "tag", "free", "floor", "used"), 0
    for picture in pictures:
        bengali, english = text_drawn(picture), text_drawn(picture.with_name(picture.name.replace(".bn.", ".en.")))
        assert not BENGALI.search("".join(english)), picture
        assert BENGALI.search("".join(bengali)) or set(bengali) == set(english) and picture.stem == "sealed.bn", picture
        for kind in kinds:
            assert (words["bn"][kind] in bengali) == (words["en"][kind] in english), (picture, kind)
        with_legend += {words["bn"][kind] for kind in kinds[:5]} <= set(bengali)
    assert with_legend == 4


def test_what_only_pictures_say_is_said_in_both_languages():
    """And nothing twice: what the lab says is said as the lab says it."""
    lab, pictures = ({language: json.loads((ROOT / folder / f"words.{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES}
                     for folder in ("web/lab", "docs/pictures"))
    assert pictures["bn"].keys() == pictures["en"].keys() and not pictures["bn"].keys() & lab["bn"].keys()
    drawn = "".join((ROOT / "tools/book" / f"{name}.py").read_text(encoding="ascii") for name in ("sketches", "shapes", "turns"))
    said = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "pictures").glob("*.txt"))
    assert [key for key in pictures["bn"] if f'say("{key}"' not in drawn and f"given: {key}\n" not in said] == []


def test_a_picture_is_described_in_the_language_of_its_page():
    for picture in (ROOT / "docs" / "pictures").glob("*.svg"):
        said = re.findall(r"<(?:title|desc)[^>]*>(.*?)</", picture.read_text(encoding="utf-8"), re.S)
        assert len(said) == 2 and all(bool(BENGALI.search(text)) == (picture.suffixes[0] == ".bn") for text in said), picture


@in_each_language
def test_bengali_is_drawn_by_the_font_that_comes_along(looked):
    language, found = looked
    for page in found:
        assert page["fonts"] or (language, page["view"]) == ("en", "phone"), page["path"]
        for sample in page["fonts"]:
            assert sample["fonts"] and all(font.startswith("Noto Sans Bengali") for font in sample["fonts"]), (page["path"], sample)
            assert not any(font.endswith("of this machine") for font in sample["fonts"]), (page["path"], sample)


def test_letters_have_one_form():
    """Search compares characters, and some letters of Bengali can be written in two ways."""
    for name in pages_of("bn"):
        text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), name


@in_each_language
def test_links_lead_somewhere(looked, book):
    _, found = looked
    ids = {f"/{page['path']}": set(page["ids"]) for page in found}
    for page in found:
        for link in page["links"]:
            address = urllib.parse.urlsplit(urllib.parse.unquote(link))
            file = book / "site" / address.path.lstrip("/")
            there = file.is_file() or file.with_name(file.name + ".html").is_file() or (file / "index.html").is_file()
            assert there or address.scheme == "https", (page["path"], link)
            if address.fragment and address.path in ids:
                assert address.fragment in ids[address.path], (page["path"], link)


@in_each_language
def test_the_other_language_is_one_click_away(looked):
    language, found = looked
    for page in found:
        other = f"/en/{page['path']}" if language == "bn" else "/" + page["path"].removeprefix("en/")
        assert page["twin"] == [other], page["path"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_switching_the_language_keeps_the_page(language, site):
    (other,) = LANGUAGES.keys() - {language}
    told = look("language", site, address_of(language, FAULT))
    assert quiet(told["heard"])
    assert [(one["address"], one["lang"]) for one in told["seen"]] == [
        (site + address_of(other, FAULT), other), (site + address_of(language, FAULT), language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menus_of_a_phone(language, site):
    (other,) = LANGUAGES.keys() - {language}
    told = look("menus", site, address_of(language, FAULT))
    listed = {link.removeprefix(site) for link in told["contents"]}
    assert {address_of(language, name) for name in pages_of(language) + parts_of(language)} | {f"minios.{language}.pdf", f"minios.{language}.epub"} == listed
    assert quiet(told["heard"]) and told["wide"]["by"] == 0
    assert told["address"] == site + address_of(other, FAULT)
    assert not told["axe"], told["axe"]


# Where somebody looks, for what, where it is, and what must be read there.
SEARCHES = {
    "Bengali": ("bn", "\u0997\u09cb\u09a1\u09bc\u09be\u09af\u09bc", "", "\u0997\u09cb\u09a1\u09bc\u09be\u09af\u09bc"),
    "Bengali in the other form": ("bn", "\u0997\u09cb\u09dc\u09be\u09df", "", "\u0997\u09cb\u09a1\u09bc\u09be\u09af\u09bc"),
    "conjuncts": ("bn", "\u09b6\u09ac\u09cd\u09a6\u0995\u09cb\u09b7", "glossary", "\u09b6\u09ac\u09cd\u09a6\u0995\u09cb\u09b7"),
    "English in the Bengali book": ("bn", "heap_start", "chapter-4", "heap_start"),
    "English": ("en", "overflow", "", "overflow"),
    "a code": ("en", "E09", "faults/E09", "stale"),
    "a fault by its name": ("bn", "E05 double free", "faults/E05", "E05 double free"),
}
# The search box is VitePress's: a list of links that it calls a button, whose parts axe counts as nested.
FOREIGN_BOX = {"nested-interactive", "label-content-name-mismatch"}


@pytest.mark.parametrize("what", SEARCHES)
def test_search_finds(what, site):
    language, word, place, text = SEARCHES[what]
    told = look("search", site, address_of(language, "glossary" if place != "glossary" else FAULT), word)
    assert "Noto Sans Bengali" in told["typedIn"]
    assert all(link.startswith(f"{site}en/") == (language == "en") for link in told["results"]), told["results"]
    assert told["address"].startswith(site + LANGUAGES[language] + place) and text in told["text"]
    assert quiet(told["heard"]) and {one["id"] for one in told["axe"]} <= FOREIGN_BOX, told["axe"]


@pytest.mark.parametrize("code", ("E05", "double free"))
def test_search_names_faults(code, site):
    assert look("search", site, "en/", code)["titles"][0] == "E05 double free"


def test_the_checklist_remembers(site):
    """What was ticked is ticked after a reload, in the other language and on the page with the whole chapter; and not for others."""
    told = look("checklist", site, "chapter-4-15", "en/chapter-4-15", f"en/{CHAPTER}")
    assert quiet(told["heard"]) and told["ticked"] == [[]] + 3 * [[0, 2]] and told["boxes"] == 6 and told["undone"] == [0]


def test_a_wrong_address_is_told(site):
    for page in look("pages", site, *(f"{prefix}no-such-page" for prefix in LANGUAGES.values())):
        assert page["lang"] == ("en" if page["path"].startswith("en/") else "bn")
        assert page["status"] == 404 and not page["axe"] and not page["heard"]["foreign"], page
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{site}..%2f..%2f..%2fMakefile", timeout=HANG_SECONDS).close()


def run_together(text):
    """Letters only: a PDF tells where they stand, not where a word ends."""
    return re.sub(r"[\s\u200b-\u200d]+", "", text)


def heading_of(path):
    return re.sub(r"\s*\{#[\w-]+\}|[`*]", "", re.search(r"^# (.*)", path.read_text(encoding="utf-8"), re.M)[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_holds_every_page(language, book):
    pdf = book / f"minios.{language}.pdf"
    text = run_together(output_of("pdftotext", pdf, "-"))
    for name in pages_of(language):
        assert run_together(heading_of(ROOT / "docs" / LANGUAGES[language] / f"{name}.md")) in text or name in ALIVE, name
    about = output_of("pdfinfo", pdf)
    assert f"MiniOS: {BOOK_TITLES[language]}" in about and int(re.search(r"Pages: +(\d+)", about)[1]) > 40
    fonts = [line.split() for line in output_of("pdffonts", pdf).splitlines()[2:]]
    assert any("NotoSansBengali" in words[0] for words in fonts)
    assert all(words[-5] == "yes" for words in fonts), "a font is not embedded"
    assert "127.0.0.1" not in output_of("pdfinfo", "-url", pdf), "a link that leads out of the book, to nobody"
    assert (book / "site" / pdf.name).read_bytes() == pdf.read_bytes()


# Colours of a block's pieces, and how many pixels of each there are at least where a block lies piece by piece.
FILLS = {"payload": ((0x9a, 0xd0, 0xf5), 900), "slack": ((0xf3, 0xc7, 0x7a), 700), "tag": ((0x8f, 0xd3, 0xbd), 2500)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_have_their_colours_on_paper(language, book):
    """Each kind fills its rows, and not only the ground of a word."""
    pdf = book / f"minios.{language}.pdf"
    pages = output_of("pdftotext", pdf, "-").split("\f")
    (number,) = [number for number, text in enumerate(pages, 1) if "OWNER 4" in text and "SEAL 4" in text]
    command = ("pdftoppm", "-r", "72", "-f", str(number), "-l", str(number), pdf)
    image = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\n", 3)[3]
    pixels = list(zip(image[::3], image[1::3], image[2::3]))
    for kind, (colour, least) in FILLS.items():
        assert sum(max(abs(one - other) for one, other in zip(pixel, colour)) < 4 for pixel in pixels) > least, kind


# Words that a reader looks for, made of letters that stand under, in front of and around others.
WORDS = {
    "bn": ("\u09a4\u09c1\u09ae\u09bf", "\u0995\u09bf\u09a8\u09cd\u09a4\u09c1", "\u09aa\u09c1\u09b0\u09cb", "\u09b8\u09c2\u099a\u09bf",
           "\u09aa\u09b0\u09cd\u09af\u09a8\u09cd\u09a4", "\u09a6\u09c1\u099f\u09cb", "\u09a8\u09bf\u09af\u09bc\u09ae"),
    "en": ("memory", "pointer", "Contents", "overflow"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_found_in_the_pdf(language, book):
    """Nearly as often as they stand in its source; the rest is broken into two lines, or written in a picture."""
    text = unicodedata.normalize("NFC", output_of("pdftotext", book / f"minios.{language}.pdf", "-"))
    folder = ROOT / "docs" / LANGUAGES[language]
    source = "".join((folder / f"{name}.md").read_text(encoding="utf-8") for name in pages_of(language) if name not in ALIVE)
    for word in WORDS[language]:
        word = unicodedata.normalize("NFC", word)
        assert text.count(word) >= max(1, 0.9 * source.count(word)), word
    broken = re.findall("(?<=[\u0985-\u09b9]) [\u09be-\u09cd]", text)
    assert not broken, "a mark that stands apart from its letter"


def lines_of_pages(pdf):
    """Of each page its height and its lines: how far down each reaches, and its words."""
    pages = re.split(r"<page ", output_of("pdftotext", "-bbox-layout", pdf, "-"))[1:]
    for page in pages:
        lines = re.findall(r'<line [^>]*yMax="([\d.]+)">(.*?)</line>', page, re.S)
        yield float(re.search(r'height="([\d.]+)"', page)[1]), [(float(y), " ".join(re.findall(r">([^<]+)</word>", line))) for y, line in lines]


def words_on(page):
    """Of a page of `pdftotext -bbox` where each word stands, from top to bottom: left, top, right, bottom, word."""
    found = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', page)
    return sorted(((*map(float, edges), word) for *edges, word in found), key=lambda word: word[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_printed_over_another(language, book):
    pages = output_of("pdftotext", "-bbox", book / f"minios.{language}.pdf", "-").split("<page ")[1:]
    over = []
    for number, page in enumerate(pages, 1):
        words = words_on(page)
        for at, (left, top, right, bottom, word) in enumerate(words):
            for left_2, top_2, right_2, bottom_2, other in itertools.takewhile(lambda below, end=bottom: below[1] < end, words[at + 1:]):
                wide, tall = min(right, right_2) - max(left, left_2), min(bottom, bottom_2) - top_2
                if wide > 2 and tall > min(bottom - top, bottom_2 - top_2) / 2:
                    over.append((number, word, other))
    assert not over, over[:5]


def contents_of(pdf):
    """The number of each title: what stands behind the cover, and in front of the page that is named first."""
    def told(first, last):
        listed = re.findall(r"^(.*\S) +(\d+)$", output_of("pdftotext", "-f", str(first), "-l", str(last), "-layout", pdf, "-"), re.M)
        return {run_together(title): int(number) for title, number in listed}
    return told(2, min(told(2, 2).values()) - 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_has_a_cover_numbers_and_full_pages(language, book):
    """What the contents say of a page's number is so. No page is half empty, in front of a new part neither; nor is the file heavy."""
    pages = list(lines_of_pages(book / f"minios.{language}.pdf"))
    foot = 55  # points, where the page's own number stands
    assert not any(text.isdigit() for height, lines in pages[:1] for y, text in lines if y > height - foot), "the cover has no number"
    assert any("MiniOS" == text for _, text in pages[0][1])
    for number, (height, lines) in enumerate(pages[1:], 2):
        assert str(number) in [text for y, text in lines if y > height - foot]
    text = {number: run_together(" ".join(line for _, line in lines)) for number, (_, lines) in enumerate(pages, 1)}
    order = json.loads((book / "order.json").read_text(encoding="utf-8"))[language]
    told = contents_of(book / f"minios.{language}.pdf")
    begins = min(told.values())
    for page in order:
        assert run_together(page["title"]) in text[told[run_together(page["title"])]], page["title"]
    (tall,) = [told[run_together(page["title"])] for page in order if page["name"] == "one-picture"]  # whose picture fills a page
    half = [number for number, (height, lines) in enumerate(pages, 1)
            if number >= begins and max(y for y, _ in lines if y < height - foot) < height / 2 and number + 1 != tall]
    assert half in ([], [len(pages)]), half
    assert (book / f"minios.{language}.pdf").stat().st_size < 6_000_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_sentence_leads_to_stands_on_its_page(language, book):
    """No page of the PDF ends with a colon, or with the words that open a picture."""
    opens = {"bn": "\u099b\u09ac\u09bf\u099f\u09be\u0964", "en": "The picture."}
    pages, foot = list(lines_of_pages(book / f"minios.{language}.pdf")), 55
    ends = [max((y, text) for y, text in lines if y < height - foot)[1] for height, lines in pages[1:]]
    assert len(ends) > 40
    apart = [(number, text) for number, text in enumerate(ends, 2) if text.endswith(":") or text == opens[language]]
    assert not apart, apart


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_epub_is_valid_and_holds_every_page(language, book):
    epub = book / f"minios.{language}.epub"
    output_of("java", "-XX:TieredStopAtLevel=1", "-jar", "/usr/share/java/epubcheck.jar", epub, "--failonwarnings")
    with zipfile.ZipFile(epub) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xhtml"))
        assert any("noto-sans-bengali" in name for name in parts.namelist())
        assert f'lang="{language}"' in text and BOOK_TITLES[language] in parts.read("EPUB/content.opf").decode()
        named = re.findall(r">(E0\d [^<]+)</a>", parts.read("EPUB/nav.xhtml").decode())
    assert len(named) == 9 and "E05 double free" in named
    text = run_together(re.sub(r"<[^>]*>", "", text))
    for name in pages_of(language):
        assert run_together(heading_of(ROOT / "docs" / LANGUAGES[language] / f"{name}.md")) in text or name in ALIVE, name
    assert (book / "site" / epub.name).read_bytes() == epub.read_bytes()


def left_edge_of(png):
    """Width, height, and the colours from top to bottom near the left edge."""
    script = """const { PNG } = require('playwright-core/lib/utilsBundle')
                const { width, height, data } = PNG.sync.read(require('fs').readFileSync(0))
                const colours = Array.from({ length: height }, (_, y) => data.subarray(4 * (y * width + 9), 4 * (y * width + 9) + 3).toString('hex'))
                console.log(JSON.stringify([width, height, [...new Set(colours)]]))"""
    return json.loads(subprocess.run(["node", "-e", script], cwd=ROOT / "web", input=png, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_epub_has_a_cover(language, book):
    """A picture of its own, as large and as high as readers' shelves want it, with the tape in its colours at the left."""
    with zipfile.ZipFile(book / f"minios.{language}.epub") as parts:
        (item,) = re.findall(r'<item [^>]*properties="cover-image"[^>]*>', parts.read("EPUB/content.opf").decode())
        cover = parts.read("EPUB/" + re.search(r'href="([^"]+)"', item)[1])
        assert "cover" in parts.read("EPUB/text/cover.xhtml").decode()
    assert 'media-type="image/png"' in item and cover == (book / f"cover.{language}.png").read_bytes()
    width, height, tape = left_edge_of(cover)
    assert width >= 1500 and 1.3 < height / width < 1.6 and {"9ad0f5", "8fd3bd", "e69f00", "ffffff"} <= set(tape), (width, height, tape)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_the_epub_can_be_read(language, book, tmp_path):
    """Those in the pictures of a heap, too, on their colours and by a font that has them; and no line ends beyond the edge."""
    with zipfile.ZipFile(book / f"minios.{language}.epub") as parts:
        parts.extractall(tmp_path)
    found = look("contrast", tmp_path / "EPUB" / "text", *sorted(path.name for path in (tmp_path / "EPUB" / "text").glob("ch*.xhtml")))
    assert len(found) > 12 and sum(page["read"] for page in found.values()) > 1000
    assert not {name: page["faint"] for name, page in found.items() if page["faint"]}
    assert not {name: page["cut"] for name, page in found.items() if page["cut"]}
    looks = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "EPUB" / "styles").glob("*.css"))
    named = re.findall(r"font(?:-family)?:([^;}]*monospace[^;}]*)", looks)
    assert len(named) > 3 and all("Noto Sans Bengali" in fonts for fonts in named), named


def test_one_command_serves_it_until_ctrl_c(book):
    with served("./minios", "book") as line:
        for page in ("", "en/", FAULT, "minios.bn.pdf", "minios.en.epub"):
            with urllib.request.urlopen(address_in(line) + page, timeout=HANG_SECONDS) as answer:
                assert answer.status == 200 and len(answer.read()) > 1000, page


# What a browser says that it takes, and what it gets of a page whose both codings are there.
ACCEPTED = {
    "gzip, deflate, br, zstd": "br", "gzip, deflate": "gzip", "X-GZIP": "gzip", "BR;Q=0.2 , gzip;q=0.3": "gzip", "br;q=0.5, *": "gzip",
    "*": "br", "*;q=0": None, "br;q=0, gzip;q=0.000": None, "br;q=0, *;q=0.1": "gzip", "identity, gzip;q=0.5": None, "identity;q=0": None,
    "br;q=2, gzip;q=x": None, "br;level=9": None, "deflate, zstd": None, "brotli, gz": None, "": None, ",,;, ;q": None, None: None,
}
UNPACK = {"br": "brotliDecompressSync", "gzip": "gunzipSync"}


def asked(address, method="GET", **headers):
    """Status, headers and body as they came, whatever the status."""
    wanted = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=wanted, method=method), timeout=HANG_SECONDS) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def unpacked(coding, body):
    script = f"process.stdout.write(require('zlib').{UNPACK[coding]}(require('fs').readFileSync(0)))"
    return subprocess.run(["node", "-e", script], input=body, capture_output=True, check=True).stdout


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_a_page_comes_compressed_to_whoever_accepts_it(accepted, site):
    plain = asked(site + "lab")[2]
    status, headers, body = asked(site + "lab", Accept_Encoding=accepted)
    coding = ACCEPTED[accepted]
    assert (status, headers["Content-Encoding"], headers["Vary"], headers["Content-Type"]) == (200, coding, "Accept-Encoding", "text/html")
    assert len(body) == int(headers["Content-Length"]) and (unpacked(coding, body) if coding else body) == plain
    head = asked(site + "lab", "HEAD", Accept_Encoding=accepted)
    assert head[2] == b"" and (head[1]["Content-Length"], head[1]["ETag"]) == (headers["Content-Length"], headers["ETag"])


def test_what_the_browser_has_is_not_sent_again(site):
    tags = {coding: asked(site + "lab", Accept_Encoding=coding)[1]["ETag"] for coding in ("br", "gzip", "identity")}
    assert len(set(tags.values())) == 3
    for coding, tag in tags.items():
        status, headers, body = asked(site + "lab", Accept_Encoding=coding, If_None_Match=f'"of yesterday", W/{tag}')
        assert (status, headers["ETag"], headers["Vary"], body) == (304, tag, "Accept-Encoding", b"")
        assert asked(site + "lab", Accept_Encoding=coding, If_None_Match='"of yesterday"')[0] == 200
    assert asked(site + "lab", Accept_Encoding="gzip", If_None_Match=tags["br"])[0] == 200


def test_what_is_compressed_is_what_is_there(site, book):
    """All that is worth it, each file by its own type; a part, a lost page and a directory as ever; a file put in its place wins."""
    for name, kind in {"icon.svg": "image/svg+xml", "": "text/html", "en/": "text/html"}.items():
        _, headers, body = asked(site + name, Accept_Encoding="br")
        assert (headers["Content-Encoding"], headers["Content-Type"]) == ("br", kind) and unpacked("br", body) == asked(site + name)[2]
    heavy = [path for path in (book / "site" / "assets").rglob("*") if path.suffix in (".wasm", ".elf", ".js", ".css")]
    large = [path for path in heavy if path.stat().st_size > 2000]
    assert len(large) > 20 and all(path.with_name(f"{path.name}.{end}").is_file() for path in large for end in ("br", "gz"))
    assert asked(site + "lab", Accept_Encoding="br", Range="bytes=0-9")[1]["Content-Encoding"] is None
    assert asked(site + "en", Accept_Encoding="br")[0] == 200 and asked(site + "none", Accept_Encoding="br")[1]["Content-Encoding"] is None
    page = book / "site" / "put-in-place.html"
    try:
        for path, text in ((page, b"new"), (page.with_name(page.name + ".br"), b"old")):
            path.write_bytes(text)
        os.utime(page, (1, 1))
        assert asked(site + "put-in-place", Accept_Encoding="br")[2] == b"new"
    finally:
        for path in book.glob("site/put-in-place*"):
            path.unlink()


def would_be_built(*more):
    return subprocess.run(["make", "-s", "-q", "book", *more], cwd=ROOT, check=False).returncode == 1


def test_only_what_changed_is_built_again(book):
    assert (book / "complete").exists() and not would_be_built()
    for changed in (f"docs/{FAULT}.md", "docs/faults", "docs", "heap/kheap.c", "docs/pictures/tag.bn.svg", "web/package-lock.json", "web/.vitepress/words.en.json", "tools/book/epub.py"):
        assert would_be_built("-W", changed), changed


def test_packages_are_pinned_and_name_no_registry():
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    assert not any("resolved" in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
    wanted = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    assert (ROOT / "web" / "node_modules" / ".complete").read_bytes() == (ROOT / "web" / "package-lock.json").read_bytes()
