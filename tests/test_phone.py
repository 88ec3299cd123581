# SPDX-License-Identifier: MIT
#
# What a phone shows of the learner's file and of the lab's widest table, and where one is after a reload.

import json
import sys

import pytest

from web import address_in, make_site, output_of, served

pytestmark = pytest.mark.slow
PHONES = ("360", "375")


@pytest.fixture(scope="session")
def site():
    with served(sys.executable, "-u", "tools/book/serve.py", make_site() / "site") as line:
        yield address_in(line)


@pytest.fixture
def look(site):
    def run(what, *more):
        seen = json.loads(output_of("node", "tests/learn-page/phone.mjs", site, what, *more).splitlines()[-1])
        assert seen["trouble"] == []
        return seen
    return run


@pytest.mark.page
@pytest.mark.parametrize("width", PHONES)
def test_the_rulers_of_the_file_take_one_line(look, width):
    rulers = dict(look("rulers", "learn", width)["rulers"])
    assert len(rulers) == 6 and set(rulers.values()) == {1}, rulers


def test_the_table_of_levels_fits(look):
    """Both of them, in the columns that a phone's terminal has."""
    seen = look("levels", "en/lab", "375")
    lines = seen["text"].splitlines()
    assert sum(line.startswith("bug  ") for line in lines) == 2 and sum(line.split()[1:2] == ["never"] for line in lines) == 25
    assert max(map(len, lines)) <= seen["columns"], seen["columns"]


@pytest.mark.page
def test_a_reload_ends_where_it_began(look):
    """The page, the file and the cursor; who comes by a link begins where it leads."""
    seen = look("reload", "en/learn", "375")
    assert seen["before"][:2] == [900, 300] and seen["after"] == seen["before"]
    assert seen["written"], "the cursor stood at the file's end"
    assert seen["anew"][0] < 300
