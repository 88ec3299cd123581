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
from web import ALIVE, LANGUAGES, address_in, address_of, make_book, one_after_the_other, output_of, pages_of, parts_of, served

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
def looked(request, site, tmp_path_factory):
    """What the browser saw on every page of one language; the first worker that asks lets it look."""
    language = request.param
    alone = os.environ.get("PYTEST_XDIST_WORKER") is None
    seen = (tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent) / f"looked.{language}.json"
    with one_after_the_other(f"looked.{language}"):
        if not seen.exists():
            found = look("pages", site, *(address_of(language, name) for name in pages_of(language) + parts_of(language)))
            seen.write_text(json.dumps(found).replace(site, "/"), encoding="ascii")
    return language, json.loads(seen.read_text(encoding="ascii"))


in_each_language = pytest.mark.parametrize("looked", LANGUAGES, indirect=True)


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
        assert page["wide"] == {"by": 0, "what": []}, page["path"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_pushed_sideways(language, site):
    """What is too long goes on below, behind a mark, in letters that can be read; nor is a table, on any screen."""
    found = look("sessions", site, *(address_of(language, name) for name in pages_of(language) if name not in ALIVE))
