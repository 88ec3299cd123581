# SPDX-License-Identifier: MIT
#
# What ./minios installs on systems that are not this one: a folder of programs plays a machine with nothing on it, and
# an apt that knows some packages.

import os
import re
import shutil
import subprocess
import sys

import pytest

from kernel import ROOT, slowly

TOOLS = ["sh", "env", "awk", "cat", "cut", "dirname", "grep", "sed", "tr", "true"]

# Says what apt says of what it does not know, and writes down what it was asked to install. Before `apt-get update` it
# knows nothing.
APT_GET = """#!/bin/sh
known="$MACHINE/known"
[ "$1" != update ] || { : > "$known"; exit 0; }
status=0
for package; do
    case $package in
    -* | install) continue ;;
    esac
    if [ ! -e "$known" ]; then echo "E: Unable to locate package $package" >&2; status=100; fi
    case " $NOWHERE " in
    *" $package "*) echo "E: Package '$package' has no installation candidate" >&2; status=100 ;;
    esac
    case $package in
    lib32*N-dev) echo "E: Unable to locate package $package" >&2; status=100 ;;
    esac
done
case " $* " in
*" -s "*) exit $status ;;
esac
[ $status = 0 ] || exit $status
printf '%s\\n' "$@" >> "$MACHINE/installed"
"""
APT_CACHE = """#!/bin/sh
[ -e "$MACHINE/known" ] || exit 100
printf '%s\\n' gcc '  Depends: cpp' "  Depends: gcc-$GCC" '  Depends: cpp-14'
"""
# The compiler of the page: it can be made, or not.
TCC_BUILD = '#!/bin/sh\n[ -z "$NO_TCC" ] || { echo "tcc: not here" >&2; exit 3; }\n'
SCRIPTS = {"tools/tcc/build": TCC_BUILD, "apt-get": APT_GET, "apt-cache": APT_CACHE, "sudo": '#!/bin/sh\nexec "$@"\n', "id": "#!/bin/sh\necho 1000\n"}


@pytest.fixture
def machine(tmp_path):
    """Runs ./minios there; gives its status, what it said, and the packages that were installed."""
    text = (ROOT / "minios").read_text()
    for outside in ("[ -e /usr/share/java/epubcheck.jar ]", "has_bengali_words"):  # no program, so this machine's would be seen
        assert f"|{outside}|" in text
        text = text.replace(f"|{outside}|", "|true|")
    (tmp_path / "minios").write_text(text)
    for tool in TOOLS:
        (tmp_path / tool).symlink_to(shutil.which(tool))
    (tmp_path / "tools/tcc").mkdir(parents=True)
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def minios(*command, **settings):
        settings = {"GCC": "14", "NOWHERE": "", **settings}
        done = subprocess.run([tmp_path / "sh", tmp_path / "minios", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={"PATH": str(tmp_path), "MACHINE": str(tmp_path), "PYTHON": "no-python", **settings})
        installed = tmp_path / "installed"
        return done.returncode, done.stdout, installed.read_text().split() if installed.exists() else []
    return minios


@pytest.mark.parametrize("version", ["12", "14", "16"])
def test_the_first_command_brings_what_belongs_to_the_gcc_that_comes(machine, version):
    _, told, installed = machine("test", GCC=version)
    assert f"lib32gcc-{version}-dev" in installed and f"lib32stdc++-{version}-dev" in installed, told
    assert not [package for package in installed if package.startswith("lib32") and f"-{version}-" not in package]


def test_the_quick_tests_bring_the_words_that_they_look_up(machine):
    assert "hunspell" in machine("test")[2]


def test_a_tiny_kernel_brings_a_compiler_and_qemu_and_no_more(machine, tmp_path):
    (tmp_path / "docs/kernels").mkdir(parents=True)
    (tmp_path / "docs/kernels/mine.c").write_text("/* SPDX\n *\n * Mine.\n */\n")
    assert machine("tiny") == (0, "mine        Mine.\n", [])
    assert {word for word in machine("tiny", "mine")[2] if word != "install" and word[0] != "-"} == {"gcc", "make", "libc6-dev", "qemu-system-x86"}


def test_what_is_nowhere_is_left_out_and_named(machine):
    status, told, installed = machine("test", "all", NOWHERE="mandoc libc6-dev-armhf-cross")
    assert "Not in the packages of this system: mandoc (mandoc)" in told
    assert "Not in the packages of this system: gcc-arm-linux-gnueabihf libc6-dev-armhf-cross (compiler for ARM Linux)" in told
    assert {"gcc", "clang", "valgrind"} <= set(installed) and not {"mandoc", "libc6-dev-armhf-cross"} & set(installed)
    assert status == 1 and "Still missing:" in told


@pytest.mark.parametrize("ci", ["", "true"])
def test_without_frama_c_all_else_is_tested_but_not_in_ci(machine, tmp_path, ci):
    table = (ROOT / "minios").read_text()
    for program in {"node", "chromium", "firefox", *re.findall(r"\|(?:command -v|compiles) ([\w.+-]+)", table)} - {"frama-c"}:
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "make").write_text('#!/bin/sh\necho "make $*, without: ${MINIOS_WITHOUT:-nothing}"\n')
    status, told, installed = machine("test", "all", NOWHERE="frama-c-base", CI=ci, PYTHON="true")
    assert "Not in the packages of this system: frama-c-base (Frama-C)" in told and installed == []
    assert (status, "make -s test-all, without: proof" in told) == ((1, False) if ci else (0, True)), told


@pytest.mark.parametrize("ci", ["", "true"])
@pytest.mark.parametrize("command, goal", [(["test", "all"], "test-all"), (["book"], "book"), (["web"], "book-lab")])
def test_without_a_compiler_for_the_page_all_else_is_there_but_not_in_ci(machine, tmp_path, command, goal, ci):
    table = (ROOT / "minios").read_text()
    for program in {"node", "chromium", "firefox", *re.findall(r"\|(?:command -v|compiles) ([\w.+-]+)", table)}:
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "make").write_text('#!/bin/sh\necho "make $*, without: ${MINIOS_WITHOUT:-nothing}"\n')
    for lacks, without in (("", "nothing"), ("yes", "page")):
        status, told, _ = machine(*command, NO_TCC=lacks, CI=ci, PYTHON="true")
        goes_on = not (ci and lacks)
        assert (status == 0, f"make -s {goal}, without: {without}" in told) == (goes_on, goes_on), told
        assert ("No page to write the heap in" in told) == bool(lacks and not ci)


@pytest.mark.parametrize("ci, left_out", [("", True), ("true", False)])
@pytest.mark.parametrize("lacks, said, file, test", [
    ("proof", "no proof on this machine", "test_proof.py", "test_every_goal_is_valid"),
    slowly("page", "no page to write the heap in", "test_learn_compile.py", "test_every_heap_of_the_exercises_compiles")])
def test_the_end_says_what_was_left_out(lacks, said, file, test, ci, left_out):
    told = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", f"tests/{file}"],
                          cwd=ROOT, env={**os.environ, "MINIOS_WITHOUT": f"nothing {lacks}", "CI": ci}, capture_output=True, text=True, check=False).stdout
    assert (said in told) == left_out == (test not in told), told


def test_the_doctor_says_the_line_that_works(machine, tmp_path):
    status, told, _ = machine("doctor")
    assert status == 1 and "sudo apt-get update" in told and "lib32" not in told
    (tmp_path / "known").touch()
    status, told, installed = machine("doctor", NOWHERE="frama-c-base")
    line = told[told.index("apt-get install"):].split()
    assert status == 1 and installed == []
    assert {"gcc", "lib32gcc-14-dev", "why3"} <= set(line) and "frama-c-base" not in line and len(line) == len(set(line))
    assert "Not in the packages of this system: frama-c-base (Frama-C)" in told
