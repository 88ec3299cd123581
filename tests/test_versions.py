# SPDX-License-Identifier: MIT
#
# What a version of kheap promises: one number everywhere, a CHANGELOG that knows it, and nothing gone or moved of what
# programs have built in.

import re
import subprocess

import pytest

from kernel import ROOT

VERSION = (ROOT / "VERSION").read_text().strip()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
HEADER = (ROOT / "heap/kheap.h").read_text()
LIST = [line.split(" ", 1) for line in (ROOT / "package/abi.txt").read_text().splitlines() if line and line[0] != "#"]
TARGETS = ["gcc -m64", "gcc -m32", "gcc -m64 -fshort-enums", "clang -m32"]


def listed(kind, rows=None):
    return [text for name, text in rows or LIST if name == kind]


def test_the_changelog_begins_with_this_version():
    headings = re.findall(r"^## (\d+)\.(\d+)\.(\d+)(.*)$", CHANGELOG, re.M)
    numbers = [tuple(map(int, heading[:3])) for heading in headings]
    assert numbers[0] == tuple(map(int, VERSION.split("."))) and len(numbers) > 1
    assert numbers == sorted(set(numbers), reverse=True)
    assert all(heading[3] in ("", ", not released yet") for heading in headings)
    assert not [heading for heading in headings[1:] if heading[3]]


def test_the_header_tells_this_version():
    assert re.findall(r'^#define KHEAP_VERSION "(.*)"$', HEADER, re.M) == [VERSION]


@pytest.mark.parametrize("name", ["CHANGELOG.md", "SECURITY.md"])
@pytest.mark.parametrize("readme", ["README.md", "README.bn.md"])
def test_the_readmes_lead_there(readme, name):
    assert f"({name})" in (ROOT / readme).read_text()


def assertions(rows):
    """Of one compilation: each call with its type, each structure with its fields, each value."""
    lines = [*listed("call", rows), *listed("yours", rows)]
    for text in listed("struct", rows):
        name, size, *fields = text.split()
        lines.append(f'_Static_assert(sizeof(struct {name}) == {size} * sizeof(void *), "size of {name}");')
        lines += ["_Static_assert(offsetof(struct {0}, {1}) == {2} * sizeof(void *), \"{1}\");".format(name, *field.split("="))
                  for field in fields]
    lines += ['_Static_assert({0} == {1}, "{0}");'.format(*text.split(" ", 1)) for text in listed("value", rows)]
    return "\n".join(['#include "kheap.h"', *lines, ""])


def compiled(target, text, folder):
    """What the compiler says to the list, over the header of the tree: nothing, if all is as it was."""
    (folder / "abi.c").write_text(text)
    return subprocess.run([*target.split(), "-std=c11", "-Wall", "-Werror", f"-I{ROOT}/heap", "-c", folder / "abi.c", "-o",
                           folder / "abi.o"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_gone_or_moved(tmp_path, target):
    assert compiled(target, assertions(LIST), tmp_path) == ""


@pytest.mark.parametrize("was, now", [("seal=1", "seal=2"), ("kheap_stats 7", "kheap_stats 8"), ("BYTE 0xCD", "BYTE 0xCC"),
                                      ("size_t count, size_t size", "size_t count")])
def test_what_moved_would_be_noticed(tmp_path, was, now):
    rows = [[kind, text.replace(was, now)] for kind, text in LIST]
    assert rows != LIST and "error" in compiled("gcc", assertions(rows), tmp_path)


def test_the_list_is_whole():
    """What is new in the header has to be promised too."""
    calls = set(re.findall(r"\b(kheap_\w+)\(", re.sub(r"/\*.*?\*/", "", HEADER, flags=re.S)))
    assert calls == {re.search(r"\b(kheap_\w+)\(", text)[1] for text in [*listed("call"), *listed("yours")]}
    structures = re.findall(r"^struct (\w+) \{\n(.*?)^\}", re.sub(r"/\*.*?\*/", "", HEADER, flags=re.S), re.M | re.S)
    assert {name: re.findall(r"(\w+);", body) for name, body in structures} == {
        text.split()[0]: [field.split("=")[0] for field in text.split()[2:]] for text in listed("struct")}
    values = {text.split()[0] for text in listed("value")}
    assert set(re.findall(r"^#define (KHEAP_\w+) ", HEADER, re.M)) - {"KHEAP_VERSION"} <= values
    names = re.findall(r"^KHEAP_FAULT\(\d+, (\w+)", (ROOT / "heap/kheap_faults.def").read_text(), re.M)
    assert {f"KHEAP_E_{name}" for name in names} <= values
