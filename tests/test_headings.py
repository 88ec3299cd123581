# SPDX-License-Identifier: MIT
#
# A link to a heading ends with that heading at the top of the window, after all that comes late has come: on a desk, on a
# tablet and on a phone. And a chapter is read in parts, from one file.

import json
import sys

import pytest

from web import ALIVE, LANGUAGES, address_in, address_of, make_book, output_of, pages_of, parts_of, served

pytestmark = pytest.mark.slow
WIDTHS = (1440, 768, 375)
CHAPTER = "chapter-4-hands-on-heap-implementation"
LARGEST = 24  # pixels between the bars that stay and the words of the heading


@pytest.fixture(scope="session")
def site():
    book = make_book()
    with served(sys.executable, "-u", "tools/book/serve.py", book / "site") as line:
        yield address_in(line)


def shown(site, width, *addresses):
    return json.loads(output_of("node", "tests/site/headings.mjs", site, str(width), *addresses))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_lands_at_its_heading(site, language, width):
    """Where the page ends sooner, the heading is in sight, and the page can go no further."""
    names = [name for name in pages_of(language) + parts_of(language) if name not in ALIVE]
    found = shown(site, width, *(address_of(language, name) for name in names))
    assert len(found) > 100 and {one["path"] for one in found} == {address_of(language, name) for name in names}
    for one in found:
        at_top = 0 <= one["below"] <= LARGEST
        assert at_top or (one["atEnd"] and 0 <= one["top"] < 700), one
    assert sum(0 <= one["below"] <= LARGEST for one in found) > 0.6 * len(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_is_read_in_parts(site, language):
    """From the first to the last by the link that says next, and each heading of the whole is in one part."""
    told = json.loads(output_of("node", "tests/site/parts.mjs", site, address_of(language, parts_of(language)[0]), address_of(language, CHAPTER)))
    assert [one["path"] for one in told["parts"]] == [address_of(language, name) for name in parts_of(language)]
    assert sum((one["ids"] for one in told["parts"]), []) == told["whole"]
    assert all(one["tall"] < 30 for one in told["parts"]), "windows of a phone"
    assert told["away"] == [], "links that lead to the chapter as a whole"
