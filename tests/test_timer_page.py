# SPDX-License-Identifier: MIT
#
# Who comes in between, on the lab's time line, and the timer's ticks, which one can let come slowly: in plain Node against
# what the kernel prints, and in the page.

import json
import sys

import pytest

from kernel import ROOT, image
from web import LANGUAGES, address_in, make_site, one_after_the_other, output_of, served

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402
import moving  # noqa: E402

pytestmark = pytest.mark.slow
SLOWER = 100


@pytest.fixture(scope="session")
def machine():
    with one_after_the_other("book"):
        build.packages()
    return lambda what: json.loads(output_of("node", "tests/v86/interrupts.mjs", image("i386"), what).splitlines()[-1])


@pytest.fixture(scope="session")
def site():
    with served(sys.executable, "-u", "tools/book/serve.py", make_site() / "site") as line:
        yield address_in(line)


@pytest.fixture
def look(site):
    """Runs one part of timer.mjs; nothing went wrong in the page, and nothing was asked of another machine."""
    def run(what, *more):
        seen = json.loads(output_of("node", "tests/lab/timer.mjs", site, what, *more).splitlines()[-1])
        assert seen["trouble"] == [] and seen["foreign"] == []
        return seen
    return run


def test_each_interrupt_is_a_step(machine):
    """With the source, the place and the count that `events` prints; also where many are one."""
    seen = machine("events")
    assert seen["rows"] == seen["printed"] and len(seen["rows"]) > 20
    race = [one for one in seen["told"] if one[4] == "bug race"]
    assert [one[:3] for one in race] == [["program", 1, "takes_a_block"]] * 2 and all("+0x" in one[3] for one in race)
    timer = [one for one in seen["told"] if one[0] == "timer"]
    assert {one[2] for one in timer} == {"timer_tick"} and any(one[1] > 1 for one in timer)
    assert {one[4] for one in timer} >= {"[1] stats"}


def test_each_step_knows_its_command(machine):
    """That of a line, or the one whose time had come; and whether the prompt waited when somebody came in."""
    seen = machine("commands")
    assert seen["seen"][:2] == [["alloc", 1, "alloc 100", False], ["alloc", 2, "alloc 7; every 40 free", False]]
    assert seen["seen"][-1][0] == "alloc" and seen["seen"][-1][2:] == ["alloc 9", False]
    assert ["alloc", 3, "[1] alloc 5", False] in seen["seen"] and "[2] free" in [one[2] for one in seen["seen"] if one[0] == "free"]
    came = [one for one in seen["seen"] if one[0] == "irq"]
    assert len(came) > 4 and all(one[3] for one in came) and came[0][2] == "alloc 7; every 40 free"
    assert seen["after"] == [1, True, "alloc 1"], "who went back knows nothing of later ones"


def test_the_machine_does_not_notice_that_its_clock_is_slow(machine):
    """In 4 s slowly there come fewer ticks than in one as usual, however busy the machine below is."""
    seen = machine("slow")
    assert 0 < seen["slowly"] < min(seen["usual"], seen["again"]), seen
    (_, before, lost), (_, after, lost_after) = seen["told"]
    assert lost == lost_after and 0 < after - before < seen["usual"], "no tick is lost to it"
    assert seen["late"] < 5000, "microseconds of its own: the timer and what is read of it have one time"
    assert 0 <= seen["ticks"] - after < seen["usual"] and seen["idle"] < 0.1, seen


def test_a_recording_keeps_who_came_in_between(machine):
    seen = machine("recording")
    assert len(seen["kept"]) == 4 and seen["read"] == seen["live"]
    assert all({"source", "times", "place", "handler"} <= set(step) and "address" not in step for step in seen["kept"])


def test_a_compiler_may_move_where_somebody_came_in():
    record = {"heap_start": "0x1000", "lines": ["bug race"], "steps": [
        {"line": 0, "event": "irq", "source": "program", "times": 1, "place": "f+0x15", "handler": "g", "pointer": 0, "blocks": []}]}
    other = json.loads(json.dumps(record).replace("f+0x15", "h+0x9"))
    assert moving.loose(json.dumps(record)) == moving.loose(json.dumps(other))
    assert moving.loose(json.dumps(record)) != moving.loose(json.dumps(record).replace("program", "timer"))


def test_marks_on_the_time_line(look):
    """Where the slider stands at that step; and one goes from one to the next, without a mouse too."""
    seen = look("marks", "en/lab")
    assert seen["before"] == 0 and seen["count"] == "2 interrupts" and len(seen["wanted"]) == 2
    assert len(seen["off"]) == 2 and max(map(abs, seen["off"])) < 1
    assert seen["back"] == [[n, 1] for n in reversed(seen["wanted"])]
    assert seen["forth"] == seen["wanted"][1] and seen["clicked"] == seen["wanted"][0]
    for said in seen["said"]:
        assert "an interrupt (program) comes in between at " in said and ", and takes_a_block serves it" in said and "in the command bug race" in said


def test_what_is_said_of_a_command_whose_time_has_come(look):
    seen = look("told", "en/lab")
    assert seen["now"].endswith("in the command [1] alloc 5")
    assert "an interrupt (timer) comes in" in seen["atPrompt"] and seen["atPrompt"].endswith("at the prompt, behind the command after 50 alloc 5")
    assert seen["times"] > 1 and f"{seen['times']} interrupts (timer), one right behind the other, the first at " in seen["merged"]


@pytest.mark.alone
def test_the_ticks_are_counted_and_can_be_slow(look):
    """Compared with each other, since a busy machine has fewer of all: in 4 s slowly there come fewer than in one as usual."""
    seen = look("ticks", "en/lab")
    assert seen["apart"] <= 2 * seen["usual"] and 0 < seen["slowly"] < seen["usual"] <= 4 * SLOWER, seen
    assert f"{SLOWER} times slower" in seen["said"] and seen["shown"][1] - seen["shown"][0] <= 2, seen
    assert 0 < seen["slowJobs"] < seen["usual"] and seen["missed"] == 0, seen
    for pressed, came in (seen["after"], seen["anew"]):
        assert pressed == "false" and came > seen["slowly"], "who goes back, or starts anew, has a clock that goes as usual"


@pytest.mark.parametrize("width", ("1280", "375"))
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(look, language, width):
    assert look("axe", LANGUAGES[language] + "lab", width)["found"] == []
