# SPDX-License-Identifier: MIT
#
# What a build goes by, and what it meets: files with an old time, two builds at once, compilers of two words, links, folders
# that may not be written, root. Each in a copy of the tree.

import os
import shutil
import subprocess
import time

import pytest

from kernel import HANG_SECONDS, ROOT, made_once

pytestmark = pytest.mark.slow
from learn import solution

WEEK = 7 * 24 * 3600
NOBODY = 65534
NOT_SOURCES = shutil.ignore_patterns("build", ".git", "node_modules", "__pycache__", "docs", "web", "transcripts", "my_heap.c", "my_interrupts.c",
                                     ".learn")


def copied(to):
    """All but what was built, and what no kernel is made of."""
    shutil.copytree(ROOT, to, ignore=NOT_SOURCES)
    for folder in ("docs", "web"):
        (to / folder).mkdir()
    shutil.copytree(ROOT / "docs/kernels", to / "docs/kernels")
    return to


def build(tree):
    copied(tree)
    done(tree, "make", "-s", "-j2", "kernel", "MACHINE=host")
    done(tree, "make", "-s", "package")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The kernel as a process, the package, and a test program: built once."""
    return made_once(tmp_path_factory, "built", build)


@pytest.fixture
def tree(built, tmp_path):
    """As it is after a build: with the times of then."""
    return shutil.copytree(built, tmp_path / "minios")


def start(tree, *command, env=None, **more):
    inherited = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "CC", "LEARN_HOME")}
    environment = {**inherited, "NO_COLOR": "1", "LC_ALL": "C", **(env or {})}
    return subprocess.Popen([str(word) for word in command], cwd=tree, env=environment, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def ended(process):
    said = process.communicate(timeout=HANG_SECONDS)[0]
    return process.returncode, said


def done(tree, *command, **more):
    status, said = ended(start(tree, *command, **more))
    assert status == 0, said
    return said


def heard(tree, script="halt"):
    """What the kernel says as a process."""
    return ended(start(tree, "build/host-gcc/minios.elf", "plain=on", "on_fault=report", f'script="{script}"'))[1]


# ---- By content, not by time ----

SAID = "Type alloc 100, then map"


def put(path, text, age=WEEK):
    """As cp -p, mv, tar and rsync -a do: with the time that it had elsewhere."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age,) * 2)


@pytest.mark.parametrize("name,said", [("kernel/main.c", SAID), ("heap/kheap_faults.def", "not a block")])
def test_a_source_that_comes_with_an_old_time_is_built(name, said, tree):
    text = (tree / name).read_text()
    for now in (text.replace(said, said.upper()), text):
        put(tree / name, now)
        done(tree, "make", "-s", "kernel", "MACHINE=host")
        told = heard(tree, "free 5")
        assert (said.upper() in told, said in told) == (now != text, now == text), told


def test_a_version_that_comes_with_an_old_time_is_packed(tree):
    version = (tree / "VERSION").read_text().strip()
    for name in ("VERSION", "heap/kheap.h"):
        put(tree / name, (tree / name).read_text().replace(version, "9.8.7"))
    done(tree, "make", "-s", "package")
    assert '"9.8.7"' in (tree / "build/package/kheap.h").read_text()


def test_a_change_that_came_while_the_compiler_read_is_seen(tree):
    """Its time lies between the beginning of the build and its end."""
    begun = (tree / "build/sources").stat().st_mtime
    main = tree / "kernel/main.c"
    put(main, main.read_text().replace(SAID, SAID.upper()), time.time() - begun - 0.001)
    done(tree, "make", "-s", "kernel", "MACHINE=host")
    assert SAID.upper() in heard(tree)


def test_what_an_editor_saved_keeps_its_time(tree):
    """Else the editor would ask whether to load it anew."""
    main = tree / "kernel/main.c"
    main.write_text(main.read_text() + "\n")
    before = main.stat().st_mtime_ns
    said = done(tree, "make", "kernel", "MACHINE=host")
    assert "CC    kernel/main.c" in said and main.stat().st_mtime_ns == before
    assert "CC " not in done(tree, "make", "kernel", "MACHINE=host")


def test_a_build_that_failed_is_made_again(tree):
    text = (tree / "kernel/main.c").read_text()
    put(tree / "kernel/main.c", text + "no C\n")
    for _ in range(2):
        status, said = ended(start(tree, "make", "-s", "kernel", "MACHINE=host"))
        assert status != 0 and "kernel/main.c" in said
    assert not list((tree / "build/host-gcc").rglob("*.[0-9]*")), "nothing half done lies about"


def test_a_file_that_goes_away_while_all_are_looked_at_stops_nothing(tree, tmp_path):
    """As an editor's own do."""
    (tmp_path / "cksum").write_text('#!/bin/sh\n/usr/bin/cksum "$@"\necho "cksum: my_heap.swp: No such file" >&2\nexit 1\n')
    (tmp_path / "cksum").chmod(0o755)
    main = tree / "kernel/main.c"
    put(main, main.read_text().replace(SAID, SAID.upper()))
    done(tree, "make", "-s", "kernel", "MACHINE=host", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert SAID.upper() in heard(tree)


def symbols(tree, image="build/host-gcc/minios.elf"):
    return done(tree, "nm", image).split()


def test_a_source_that_is_taken_away_leaves_the_kernel(tree):
    extra = tree / "kernel/lab/extra.c"
    put(extra, "void extra(void);\nvoid extra(void)\n{\n}\n")
    done(tree, "make", "-s", "kernel", "MACHINE=host")
    assert "extra" in symbols(tree)
    extra.unlink()
    done(tree, "make", "-s", "kernel", "MACHINE=host")
    assert "extra" not in symbols(tree)


def test_a_case_that_is_taken_away_leaves_its_program(tree):
    case = tree / "tests/multiboot/extra.c"
    put(case, "void extra(void);\nvoid extra(void)\n{\n}\n")
    for there in (True, False):
        done(tree, "make", "-s", "build/tests/gcc64/multiboot")
        assert ("extra" in symbols(tree, "build/tests/gcc64/multiboot")) == there
        case.unlink(missing_ok=True)


def test_each_learner_s_heap_comes_into_the_kernel_in_its_turn(tree):
    for name in ("a", "b", "a"):
        if not (tree / f"{name}.c").exists():
            put(tree / f"{name}.c", solution(2) + f"void heap_{name}(void);\nvoid heap_{name}(void)\n{{\n}}\n")
        done(tree, "make", "-s", "kernel", "MACHINE=host", f"LEARNER={name}.c")
        assert [word for word in symbols(tree, "build/host-gcc-my/minios.elf") if word in ("heap_a", "heap_b")] == [f"heap_{name}"]


def test_other_settings_of_the_package_are_heard(tree):
    done(tree, "make", "-s", "package", "KHEAP_LDFLAGS=-Wl,-z,now")
    assert "NOW" in done(tree, "readelf", "-d", f"build/package/libkheap.so.{(ROOT / 'VERSION').read_text().strip()}")


# ---- Two at once ----

@pytest.mark.parametrize("goal", ["kernel MACHINE=host", "package", "amalgamate", "build/tests/gcc64/print",
                                  "-f exercises/rules.mk build/learn-gcc/checks.o CC=gcc"])
def test_first_builds_at_once_in_one_tree(goal, tmp_path):
    tree = copied(tmp_path / "minios")
    all_three = [start(tree, "make", "-s", *goal.split()) for _ in range(3)]
    for status, said in map(ended, all_three):
        assert status == 0, said
    assert "CC " not in done(tree, "make", *goal.split()), "and what they left is up to date"


# ---- Compilers of two words, links ----

@pytest.mark.parametrize("compiler", ["env gcc", "/usr/bin/env gcc -pipe", "gcc"])
def test_a_compiler_may_be_several_words(compiler, tree):
    said = done(tree, tree / "minios", "run", "host", "script=halt", env={"CC": compiler})
    assert SAID in said
    done(tree, "make", "-s", "package", f"CC={compiler}")
    said = ended(start(tree, tree / "minios", "learn", "check", env={"CC": compiler}))[1]
    assert "init-unwritten" in said, said
    assert sorted(path.name for path in (tree / "build").glob("*-*")) == ["host-gcc", "learn-gcc"]


def test_a_learner_s_kernel_takes_a_compiler_of_two_words(tree):
    (tree / "exercises/my_heap.c").write_text(solution(1))
    done(tree, tree / "minios", "learn", "check", "1", env={"CC": "env gcc"})
    assert sorted(path.name for path in (tree / "build").glob("*-my")) == ["host-gcc-my", "i386-gcc-my"]


def test_it_runs_through_links(tree, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/absolute").symlink_to(tree / "minios")
    (tmp_path / "far/relative").symlink_to("../minios/minios")
    (tmp_path / "to-link").symlink_to("far/relative")
    for link in ("far/absolute", "far/relative", "to-link"):
        assert SAID in done(tmp_path, f"./{link}", "run", "host", "script=halt")
    assert SAID in done(tmp_path, "sh", "minios/minios", "run", "host", "script=halt", env={"CDPATH": "/tmp"})


def test_a_relative_home_is_meant_from_where_one_stands(tree, tmp_path):
    said = done(tmp_path, tree / "minios", "learn", "list", env={"LEARN_HOME": "mine"})
    assert (tmp_path / "mine/my_heap.c").exists() and "my_heap.c" in said
