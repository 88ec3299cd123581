# SPDX-License-Identifier: MIT
#
# What the READMEs show is what really comes out, in both languages, and every command and fault stands in them. UPDATE=1 writes the
# session as it is here.

import os
import re

import pytest

from kernel import ROOT, comparable, run, typed_for

READMES = ["README.md", "README.bn.md"]


def session_of(name):
    return re.search(r"<!-- session -->\n```\n(.*?)```", (ROOT / name).read_text(), re.S)[1]


@pytest.mark.parametrize("name", READMES)
def test_the_session_is_real(name):
    shown = session_of(name)
    typed = re.findall(r"^minios> (.+)$", shown, re.M)
    assert typed[-1] == "halt"
    came = run("i386", typed_for("i386", "gcc", typed))[1]
    if os.environ.get("UPDATE"):
        (ROOT / name).write_text((ROOT / name).read_text().replace(shown, came))
    assert comparable(came) == comparable(session_of(name))


def levels_of(name, which):
    return re.search(rf"<!-- {which} -->\n```\n(.*?)```", (ROOT / name).read_text(), re.S)[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", READMES)
@pytest.mark.parametrize("which", ["levels", "levels interrupts"])
def test_the_table_of_levels_is_real(which, name):
    text = run("i386", f"bug {which}\n", compiler="gcc-sanitize")[1]
    assert re.search(rf"minios> bug {which}\n(.*?)minios> ", text, re.S)[1] == levels_of(name, which)


def test_both_show_the_same_session():
    assert session_of(READMES[0]) == session_of(READMES[1])


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_fault_is_named(name):
    text = (ROOT / name).read_text()
    table = (ROOT / "kernel" / "prompt" / "commands.c").read_text()
    for command in re.findall(r'^    \{ "(\w+)", "', table, re.M):
        assert re.search(rf"`{command}\b", text), command
    for code in range(1, 10):
        assert f"| E{code:02d} |" in text
    for code in re.findall(r"^RULE\((\d+),", (ROOT / "kernel" / "memory" / "rules.def").read_text(), re.M):
        assert f"| I{int(code):02d} |" in text


@pytest.mark.parametrize("name", READMES)
def test_every_subcommand_is_named(name):
    text = (ROOT / name).read_text()
    commands = re.findall(r"^(\w+)\) ", (ROOT / "minios").read_text(), re.M)
    assert len(commands) >= 5
    for command in commands:
        assert f"./minios {command}" in text, command


@pytest.mark.parametrize("name", READMES)
def test_the_wrong_answers_are_counted(name):
    """Of each track."""
    for place in ("exercises", "exercises/interrupts"):
        count = sum(len(re.findall(r"^== ", file.read_text(), re.M)) for file in (ROOT / place / "steps").glob("*/wrong.txt"))
        assert count and re.search(rf"(?<!\d){count}(?!\d)", (ROOT / name).read_text()), place
