# SPDX-License-Identifier: MIT
#
# The tiny kernels of the first chapters, booted as a reader boots them: the right ones say what they should and end with 0,
# each wrong one fails in its own way.

import difflib
import re
import subprocess

import pytest

from kernel import COMPILERS, HANG_SECONDS, ROOT, in_terminal, slowly
from test_builds import copied, ended, start

KERNELS = ROOT / "docs" / "kernels"
GAVE_UP = "The processor gave up and reset the machine.\n"
TOLD = {
    "hello": ("hello\n", 0),
    "voice-1": ("M\n", 0),
    "voice-2": ("I am MiniOS.\nAnd I can talk.\n", 0),
    "voice-3": ("0\n7\n1024\n-35\n2147483647\n-2147483648\n", 0),
    "voice-4": ("10 is 0x0000000a\n4096 is 0x00001000\n753664 is 0x000b8000\n1048576 is 0x00100000\n0xffffffff is the last one\n", 0),
    "voice-5": ("The screen: 80 columns, 25 lines, at 0x000b8000.\nThe stack: 4096 bytes, 100% mine.\n"
                "And what is this: [no such %q]?\n", 0),
    "no-header": ("qemu-system-i386: Error loading uncompressed kernel without PVH ELF Note\nQEMU refused to load it.\n", 1),
    "no-stack": (f"hello\n{GAVE_UP}", 3),
    "returns": ("hello\nnobody called me\n", 1),
}


def tiny(*words, compiler="gcc", tree=ROOT):
    return ended(start(tree, "./minios", "tiny", *words, env={"CC": compiler}))


def listed(tree=ROOT):
    status, said = tiny(tree=tree)
    assert status == 0
    return dict(line.split(None, 1) for line in said.splitlines())


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", [slowly(name) if name in ("voice-1", "voice-2", "voice-4") else name for name in TOLD])
def test_it_says_and_ends_as_told(name, compiler):
    status, said = tiny(name, compiler=compiler)
    assert (said, status) == TOLD[name]


def test_the_list_is_all_of_them_in_a_line_each():
    assert set(listed()) == set(TOLD)
    for name, line in listed().items():
        assert line.startswith("Wrong: ") == (TOLD[name][1] != 0) and line.endswith(".")
    assert max(map(len, tiny()[1].splitlines())) <= 80


@pytest.mark.parametrize("name", ["nobody", "start", "", "hell", ".*", "../stages/1-init", "hello "])
def test_a_name_that_is_none_is_told_in_one_line(name):
    assert tiny(name) == (2, f"minios: there is no tiny kernel '{name}'; ./minios tiny lists them\n")


def test_without_a_stack_the_way_back_leads_to_an_instruction_that_is_none(tmp_path):
    """No table tells the processor what to do then, nor what to do about that: three faults, one from the other."""
    assert tiny("no-stack")[0] == 3
    log = tmp_path / "log"
    subprocess.run([ROOT / "machine/i386/run", ROOT / "build/tiny/gcc/no-stack.elf"], stdin=subprocess.DEVNULL, check=True,
                   env={"PATH": "/usr/bin:/bin", "RAM": "32M", "QEMU_OPTIONS": f"-no-reboot -d int,cpu_reset -D {log}"}, timeout=HANG_SECONDS)
    assert re.findall(r"^check_exception old: (\w+) new (\w+)|^(Triple fault)", log.read_text(errors="replace"), re.M) == [
        ("0xffffffff", "0x6", ""), ("0xffffffff", "0xd", ""), ("0xd", "0xd", ""), ("0x8", "0xd", ""), ("", "", "Triple fault")]


def shown(path):
    return [line for line in path.read_text().splitlines() if "anchor" not in line]


@pytest.mark.parametrize("name,gone", [("no-header", 2), ("no-stack", 5), ("returns", 4)])
def test_a_wrong_one_is_the_right_one_but_for_its_mistake(name, gone):
    """So many lines of start.S are not in it, whatever its comments say."""
    right, wrong = ([re.sub(r"\s*/\*.*", "", line) for line in shown(KERNELS / f"{one}.S")[4:]] for one in ("start", name))
    assert len([line for line in difflib.ndiff(right, wrong) if line[0] == "-" and line[1:].strip()]) == gone


def test_they_are_short_enough_to_be_read():
    lengths = {path.name: len(shown(path)) for path in KERNELS.iterdir()}
    assert lengths["start.S"] <= 25 and lengths["link.ld"] <= 15 and max(lengths.values()) <= 75
    assert max(len(line) for path in KERNELS.iterdir() for line in shown(path)) <= 132


@pytest.fixture
def tree(tmp_path):
    return copied(tmp_path / "minios")


def with_start(tree, name, *instructions):
    """A kernel that does this at once."""
    text = (KERNELS / "start.S").read_text()
    assert text.count("        call    kmain\n") == 1
    code = "".join(f"        {line}\n" for line in instructions)
    (tree / "docs/kernels" / f"{name}.S").write_text(text.replace("        call    kmain\n", code))


@pytest.mark.parametrize("instructions, told", [
    (["mov $0x501, %dx", "xor %eax, %eax", "out %eax, %dx"], ("", 1)),  # QEMU ends as it does where it refuses a kernel
    slowly(["mov $0xcf9, %dx", "mov $6, %al", "out %al, %dx", "hlt"], ("", 0)),  # and here as after a triple fault
    slowly(["ud2"], (GAVE_UP, 3)),
], ids=["1", "reset", "ud2"])
def test_only_what_happened_is_told(instructions, told, tree):
    with_start(tree, "mine", *instructions)
    assert "mine" in listed(tree)
    status, said = tiny("mine", tree=tree)
    assert (said, status) == told


def test_what_does_not_compile_is_told_by_the_compiler(tree):
    (tree / "docs/kernels/mine.c").write_text("void kmain(void)\n{\n    int unused;\n}\n")
    status, said = tiny("mine", tree=tree)
    assert status == 1 and "mine.c:3:9: error: unused variable" in said and "QEMU" not in said


def test_ctrl_c_ends_one_that_hangs(tree):
    (tree / "docs/kernels/mine.c").write_text(TOLD_AND_HANGS)
    with in_terminal(24, 80, "./minios", "tiny", "mine", cwd=tree) as child:
        child.expect_exact("M\r\n")
        child.sendintr()
        child.expect_exact("\r\n")
        child.read()
    assert child.exitstatus not in (None, 0, 3) and not list((tree / "build/tiny").rglob("*.log"))


TOLD_AND_HANGS = (KERNELS / "voice-1.c").read_text().replace("say_letter('\\n');", "say_letter('\\n');\n    for (;;)\n        ;")
