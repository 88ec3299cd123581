# SPDX-License-Identifier: MIT
#
# The compiler of the page is made of one known source, without root, and says in one line why it cannot be made.

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from kernel import ROOT

BUILD = ROOT / "tools/tcc/build"
HASH, ARCHIVE = (ROOT / "tools/tcc/source.sha256").read_text(encoding="ascii").split()
TOOLS = ["sh", "dirname", "find", "sort", "xargs", "sha256sum", "head", "mkdir", "flock", "cmp", "tr", "id", "grep", "rm", "cat"]

# An apt with one archive; what it serves as the source package is no TCC, unless there is nothing.
APT_GET = """#!/bin/sh
case " $* " in
*" indextargets "*) [ -z "$KNOWS" ] || echo "Debian mirror/ suite main" ;;
*" update "*) echo "$*" >>"$LOG" ;;
*" source "*) [ -n "$SERVES" ] && echo other >"$SERVES" || { echo 'E: Unable to find a source package for tcc' >&2; exit 100; } ;;
esac
"""


@pytest.fixture
def tree():
    """A tree of its own with nothing in it but how the compiler is made, and a folder of programs."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # whoever is not root, too, comes in
        yield tree_in(pathlib.Path(folder))


def tree_in(tmp_path):
    shutil.copytree(BUILD.parent, tmp_path / "tools/tcc")
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))

    def program(name, text="#!/bin/sh\n"):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(**settings):
        done = subprocess.run([tmp_path / "tools/tcc/build"], env={"PATH": str(programs), "LOG": str(tmp_path / "log"), **settings},
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.splitlines()
    return tmp_path, program, run


def test_what_is_missing_is_told_in_one_line(tree):
    folder, program, run = tree
    assert run() == (3, ["tcc: its source comes by apt, and this system has none"])
    program("apt-get", APT_GET)
    assert run() == (3, ["tcc: there is no compiler for WebAssembly: ./minios doctor"])
    program("clang")
    assert run() == (3, ["tcc: apt knows no packages yet. First: sudo apt-get update"])
    if not pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        return
    assert run(KNOWS="yes") == (3, ["tcc: apt cannot fetch the source package tcc: E: Unable to find a source package for tcc"])
    assert run(KNOWS="yes", SERVES=ARCHIVE) == (3, [f"tcc: this system's package has another version than {ARCHIVE}"])
    assert f"Dir::State={folder}/build/tcc-work/state" in (folder / "log").read_text(), "the machine's own lists stay as they are"
    assert not (folder / "build/tcc").exists()


@pytest.mark.slow
@pytest.mark.page
def test_it_is_made_without_root_and_lays_beside_what_the_licence_asks_for(tree):
    folder, _, _ = tree
    drop = [] if os.getuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]
    if drop:
        subprocess.run(["chown", "-R", "65534:65534", folder], check=True)

    def make():
        return subprocess.run([*drop, folder / "tools/tcc/build"], env={"PATH": os.environ["PATH"], "HOME": str(folder)},
                              capture_output=True, text=True, check=False)
    done = make()
    assert done.returncode == 0, done.stderr
    made = folder / "build/tcc"
    assert {path.name for path in made.iterdir()} == {"tcc.wasm", "COPYING.txt", "NOTICE.txt", "how", ARCHIVE}
    assert subprocess.run(["sha256sum", made / ARCHIVE], capture_output=True, text=True, check=True).stdout.split()[0] == HASH
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (made / "COPYING.txt").read_text()
    notice = (made / "NOTICE.txt").read_text()
    assert "---- wasi-libc " in notice and "---- libclang-rt-" in notice and (made / "how/build").read_bytes() == BUILD.read_bytes()
    assert (made / "tcc.wasm").stat().st_size < 240_000  # less where clang finds wasm-opt
    first = (made / "tcc.wasm").stat().st_mtime_ns
    assert make().returncode == 0 and (made / "tcc.wasm").stat().st_mtime_ns == first, "made anew only when what it is made of changes"
    (folder / "tools/tcc/main.c").write_text((folder / "tools/tcc/main.c").read_text() + "\n")
    assert make().returncode == 0 and (made / "tcc.wasm").stat().st_mtime_ns != first
