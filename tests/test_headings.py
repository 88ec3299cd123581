# SPDX-License-Identifier: MIT
#
# A link to a heading ends with that heading at the top of the window, after all that comes late has come: on a desk, on a
# tablet and on a phone. And a chapter is read in parts, from one file.

import json
import sys

import pytest

from web import ALIVE, LANGUAGES, address_in, address_of, make_site, output_of, pages_of, parts_of, served

pytestmark = pytest.mark.slow
WIDTHS = (1440, 768, 375)
CHAPTER = "chapter-4-hands-on-heap-implementation"
LARGEST = 24  # pixels between the bars that stay and the words of the heading


@pytest.fixture(scope="session")
def site():
    with served(sys.executable, "-u", "tools/book/serve.py", make_site() / "site") as line:
        yield address_in(line)


def shown(site, width, *addresses):
    return json.loads(output_of("node", "tests/site/headings.mjs", site, str(width), *addresses))


def landed(one):
    """Where the page ends sooner, the heading is in sight, and the page can go no further."""
    return 0 <= one["below"] <= LARGEST or (one["atEnd"] and 0 <= one["top"] < 700)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_lands_at_its_heading(site, language, width):
    names = [name for name in pages_of(language) + parts_of(language) if name not in ALIVE]
    found = shown(site, width, *(address_of(language, name) for name in names))
    assert len(found) > 100 and {one["path"] for one in found} == {address_of(language, name) for name in names}
    assert sum(one["opened"] for one in found) > len(names)
    assert [one for one in found if not landed(one)] == []
    assert sum(0 <= one["below"] <= LARGEST for one in found) > 0.6 * len(found)


def test_buttons_that_come_late_are_noticed(site):
    """The check of the check: without a place kept for them they push away each heading that such a page was opened at."""
    found = shown(site, WIDTHS[0], "--late-buttons", address_of("en", CHAPTER))
    assert [one["id"] for one in found if not landed(one)] == [one["id"] for one in found if one["opened"]] != []


@pytest.mark.parametrize("chapter", [name for name in pages_of("bn") if name.startswith("chapter-")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_is_read_in_parts(site, language, chapter):
    """From the first to the last by the link that says next, and each heading of the whole is in one part."""
    parts = [name for name in parts_of(language) if name.startswith("-".join(chapter.split("-")[:2]) + "-")]
    told = json.loads(output_of("node", "tests/site/parts.mjs", site, address_of(language, parts[0]), address_of(language, chapter)))
    assert [one["path"] for one in told["parts"]] == [address_of(language, name) for name in parts]
    assert sum((one["ids"] for one in told["parts"]), []) == told["whole"]
    assert all(one["tall"] < 30 for one in told["parts"]), "windows of a phone"
    assert told["away"] == [], "links that lead to the chapter as a whole"
