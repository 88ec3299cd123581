# SPDX-License-Identifier: MIT
#
# The house rules that a machine can hold: layout, licence lines, who may include whom, how long a function may be.

import ast
import re
import subprocess

import pytest

from kernel import ROOT

C_FILES = sorted(path for folder in ("heap", "kernel", "machine", "tests", "tools", "exercises", "docs/kernels")
                 for ending in ("c", "h") for path in (ROOT / folder).rglob(f"*.{ending}")
                 if path.name not in ("my_heap.c", "my_interrupts.c") and ".learn" not in path.parts)  # those are a learner's own
SCRIPTS = [ROOT / "minios", *sorted(ROOT.glob("machine/*/run")), *sorted(ROOT.glob("machine/*/debug")),
           *(ROOT / name for name in ("tools/run-tests", "tools/look-first", "tools/own", "package/fill", "package/places",
                                      "tests/debian13/run", "tests/debian13/step"))]
TEXTS = [*C_FILES, *SCRIPTS, ROOT / "Makefile", *ROOT.glob("*/*.mk"), *ROOT.glob("machine/*/*.[Sl]*"),
         *ROOT.glob("machine/*/*.mk"), *ROOT.glob("machine/*/hole/*.[lm]*"), *ROOT.glob("exercises/kernel/hole/*.mk"), *ROOT.glob("docs/kernels/*.[Sl]*"), *ROOT.glob("heap/*.def"), *ROOT.glob("tests/*.py"), *ROOT.glob("exercises/learn/*.py"),
         *ROOT.glob("exercises/**/wrong.txt"),
         *(path for path in ROOT.glob("tools/*") if path.is_file())]
LONGEST_FUNCTION = 40
LONGEST_HEART = 350  # heap/kheap.c, which is read aloud in ten minutes

# Which room of the kernel may include which others, itself apart: always one further down. "" is kernel/ itself: what a
# machine must give, how the kernel ends, and main.c, which calls them all. Every room may look into heap/, which knows nobody.
ROOMS = {
    "base": {""},
    "memory": {"", "base"},
    "interrupts": {"", "base", "memory"},
    "lab": {"", "base", "memory", "interrupts"},
    "prompt": {"", "base", "memory", "interrupts", "lab"},
    "plain": {"base"},
    "sanitize": {"", "base", "memory"},
}


def name(path):
    return str(path.relative_to(ROOT))


def test_layout():
    assert len(C_FILES) > 40
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *C_FILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]


def test_shell_scripts():
    for script in SCRIPTS:
        done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_licence_line_and_ascii():
    for path in TEXTS:
        text = path.read_text()
        assert "SPDX-License-Identifier: MIT" in "\n".join(text.splitlines()[:2]), name(path)
        assert text.isascii(), name(path)
        assert text.endswith("\n") and not re.search(r"[ \t]+$", text, re.M), f"{name(path)}: blanks at the end"


def functions(text):
    """Name and number of lines of each function body: from the opening brace in column 0 to the closing one."""
    for match in re.finditer(r"^(?:[\w*].*?(\w+)\(.*\n(?:[ \t].*\n)*)\{\n((?:.*\n)*?)\}", text, re.M):
        yield match[1], match[2].count("\n")


def forgotten(text):
    """Names that are imported or, in a test, set, and then not used: something is missing there."""
    tree, lines = ast.parse(text), text.split("\n")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    used |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} | set(re.findall(r'"(\w+)"', text))  # fixtures; __all__
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) and "noqa: F401" not in lines[node.end_lineno - 1]]
    imported = [(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names]
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    of_tests = [(test, node) for test in tests for node in ast.walk(test) if isinstance(node, ast.Name)]
    read = {(test, node.id) for test, node in of_tests if isinstance(node.ctx, ast.Load)}
    return [one for one in imported if one not in used] + [
        node.id for test, node in of_tests if isinstance(node.ctx, ast.Store) and node.id[0] != "_" and (test, node.id) not in read]


def test_what_is_named_is_used():
    """A file that lost its end, or a test its assertion, still passes; this tells it."""
    found = {name(path): forgotten(path.read_text(encoding="utf-8")) for folder in ("tests", "tools", "bench", "exercises")
             for path in (ROOT / folder).rglob("*.py") if "build" not in path.parts}
    assert len(found) > 90 and not {path: names for path, names in found.items() if names}
    assert forgotten("import re\nimport sys\nsys.exit()\n") == ["re"] and forgotten("def test_a():\n    found = 1\n") == ["found"]


def test_functions_are_short():
    seen = 0
    for path in C_FILES:
        for function, lines in functions(path.read_text()):
            seen += 1
            assert lines <= LONGEST_FUNCTION, f"{name(path)}: {function} has {lines} lines"
    assert seen > 300


def test_the_heart_is_short():
    assert (ROOT / "heap/kheap.c").read_text().count("\n") <= LONGEST_HEART


def includes(path):
    return re.findall(r'^#include "(.*?)"', path.read_text(), re.M)


def test_the_heap_knows_nobody():
    for path in (ROOT / "heap").iterdir():
        assert set(includes(path)) <= {"kheap.h", "kheap_tag.h", "kheap_faults.def"}, name(path)
        assert set(re.findall(r"^#include <(.*?)>", path.read_text(), re.M)) <= {"stdbool.h", "stddef.h", "stdint.h"}


def room_of(include):
    """The room that an include names; None is the heap's."""
    return None if include.startswith("kheap") else include.rpartition("/")[0]


def test_no_arrow_between_the_rooms_of_the_kernel_runs_back_up():
    arrows = {room: set() for room in ROOMS}
    for path in sorted((ROOT / "kernel").glob("*/*.[ch]")):
        arrows[path.parent.name] |= {room_of(include) for include in includes(path)} - {path.parent.name, None}
    assert arrows == ROOMS
    below = {""}
    for room in ("base", "plain", "memory", "sanitize", "interrupts", "lab", "prompt"):
        assert ROOMS[room] <= below, room
        below.add(room)


def test_each_include_in_the_kernel_names_a_file_that_is_there():
    for path in (ROOT / "kernel").rglob("*.[ch]"):
        for include in includes(path):
            assert (ROOT / ("heap" if include.startswith("kheap") else "kernel") / include).exists(), f"{name(path)}: {include}"


def test_events_know_the_numbers_and_numbers_no_events():
    knows = {stem: {include for path in (ROOT / "kernel" / "memory").glob(f"{stem}.[ch]") for include in includes(path)}
             for stem in ("events", "numbers")}
    assert "memory/numbers.h" in knows["events"] and "memory/events.h" not in knows["numbers"]


def test_the_booted_kernel_needs_no_c_library():
    """<limits.h> is the trap: it is freestanding by name, but takes the C library's along, which may not be there."""
    for folder in ("heap", "kernel", "machine/i386", "exercises/kernel", "docs/kernels"):
        for path in (ROOT / folder).rglob("*.[ch]"):
            included = set(re.findall(r"^#include <(.*?)>", path.read_text(), re.M))
            assert included <= {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}, name(path)


def test_the_kernel_names_no_machine():
    machines = [folder.name for folder in (ROOT / "machine").iterdir()]
    words = re.compile(r"\b(" + "|".join(machines + ["x86", "qemu", "linux", "vga", "serial"]) + r")\b", re.I)
    for path in [*(ROOT / "kernel").rglob("*.[ch]"), *(ROOT / "exercises/kernel").rglob("*.[ch]")]:
        for line in path.read_text().splitlines():
            if path.name != "machine.h" and "host machine" not in line:
                assert not words.search(line), f"{name(path)}: {line}"
            assert not re.match(r"#\s*if.*__\w+__", line), f"{name(path)}: {line}"


@pytest.mark.parametrize("command", [["./minios", "help"], ["make", "help"]], ids=" ".join)
def test_what_a_command_says_of_itself_fits_a_terminal(command):
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line for line in told.splitlines() if len(line) > 80] == []
