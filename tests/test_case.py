# SPDX-License-Identifier: MIT
#
# The tests of the test runner: each kind of broken case ends with a failing status and says where and why.

import pytest

import test_heap

PROGRAM = test_heap.program("gcc64").parent / "case"

# name, exit status, and what the output has to say
ENDS = [
    ("passes", 0, ["passes: 4 checks"]),
    ("integers_differ", 1, ["selftest.c:", "in integers_differ", "6 * 7 == 43", "left  0x2a (42)", "right 0x2b (43)"]),
    ("pointers_differ", 1, ["with a note, 17", "left  0x1230", "right 0"]),
    ("memory_differs", 1, ["differs at byte 3 of 6", "left  64 65 66", "right 78 65 66"]),
    ("checks_nothing", 1, ["checks_nothing checked nothing"]),
    ("fails_at_its_end", 1, ["left_over == 0"]),
    ("crashes", -11, ["crashed in crashes: at step 3"]),
    ("leaves_early", 1, ["left before its end"]),
    ("hangs", "timeout", []),
]


@pytest.mark.parametrize("name, status, said", ENDS, ids=[end[0] for end in ENDS])
def test_end(name, status, said, monkeypatch):
    monkeypatch.setattr(test_heap, "TIMEOUT_SECONDS", 1)
    got, output = test_heap.run(PROGRAM, name)
    assert got == status, output
    for part in said:
        assert part in output


def test_each_end_is_tried():
    assert sorted(test_heap.run(PROGRAM, "--list")[1].split()) == sorted(end[0] for end in ENDS)


@pytest.mark.parametrize("names, status, last", [
    (["passes", "passes"], 0, "passes: 4 checks"),
    (["passes", "memory_differs", "hangs"], 1, "FAILED memory_differs"),
    (["passes", "crashes", "hangs"], 1, "FAILED crashes"),
    (["checks_nothing", "hangs"], 1, "FAILED checks_nothing"),
    (["hangs", "no_such_case"], 2, 'usage: '),
])
def test_several_up_to_the_first_that_fails(names, status, last):
    got, output = test_heap.run(PROGRAM, *names)
    assert got == status, output
    assert output.splitlines()[-1].startswith(last)


def test_missing_program_is_no_success():
    assert test_heap.run(PROGRAM.with_name("no-such-program"), "--list")[0] == "not run"
