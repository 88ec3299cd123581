# SPDX-License-Identifier: MIT
#
# Where nothing can be written, nothing can be shown, or something else lies in the way: one sentence, what to do next, and
# nothing half saved.

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from kernel import ROOT
from learn import CANNOT, EXERCISES, FAILED, PASSED, Learner, learner, second_step_done, solution  # noqa: F401
from test_builds import NOBODY, copied, done, ended, start

ROOT_USER = os.getuid() == 0
SOMEBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if ROOT_USER else {}
# A file system of one's own, which ends with the command.
MOUNTED = ["unshare", "--mount"] if ROOT_USER else ["unshare", "--user", "--map-root-user", "--mount"]


def in_one_line(said):
    return " ".join(said.split())


def is_one_sentence(said):
    """No traceback, no noise; in a terminal's width."""
    lines = said.splitlines()
    assert "Traceback" not in said and len(lines) <= 5, said
    assert all(len(line) <= 80 or "/" in line.split()[0] for line in lines), said
    return True


@pytest.fixture
def folder():
    """One that everybody may enter."""
    made = pathlib.Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    subprocess.run(["chmod", "-R", "u+w", made], check=True)
    shutil.rmtree(made)


@pytest.fixture
def unwritable(folder):
    """A tree that whoever works there may only read."""
    tree = copied(folder / "minios")
    subprocess.run(["chmod", "-R", "a+rX,a-w", tree], check=True)
    return tree


def all_files(tree):
    return sorted(path for path in tree.rglob("*") if "__pycache__" not in str(path))


# ---- A tree that may not be written ----

@pytest.mark.parametrize("command,wanted", [
    ("./minios learn", "LEARN_HOME=~/my-heap ./minios learn"),
    ("./minios learn list", "LEARN_HOME=~/my-heap ./minios learn"),
    ("./minios run my host", "LEARN_HOME=~/my-heap ./minios run my"),
    ("./minios run host", "copy this tree to a place of your own"),
    ("./minios tiny hello", "copy this tree to a place of your own"),
    ("make kernel", "copy this tree to a place of your own"),
    ("make amalgamate", "copy this tree to a place of your own"),
    ("make install", "copy this tree to a place of your own"),
    ("package/amalgamate build/x", "Permission denied: give another folder"),
    ("package/man build/x", "Permission denied: give another folder"),
])
def test_an_unwritable_tree_is_told(command, wanted, unwritable):
    before = all_files(unwritable)
    status, said = ended(start(unwritable, *command.split(), **SOMEBODY))
    assert status not in (0, 126, 127) and is_one_sentence(said) and wanted in in_one_line(said), said
    assert all_files(unwritable) == before


@pytest.mark.slow
def test_an_unwritable_tree_is_enough_to_learn_in_a_folder_of_one_s_own(unwritable):
    home = unwritable.parent / "mine"
    home.mkdir()
    (home / "my_heap.c").write_text(solution(1))
    subprocess.run(["chmod", "-R", "a+rwX", home], check=True)
    env = {"LEARN_HOME": str(home)}
    assert "minios> " in done(unwritable, "./minios", "run", "my", "host", env=env, **SOMEBODY)
    status, said = ended(start(unwritable, sys.executable, "exercises/learn", "check", "2", env=env, **SOMEBODY))
    assert status == FAILED and "What it looks like" in said, said


def pretend(folder, **programs):
    """PATH with these in front, as scripts."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("command", ["make kernel MACHINE=host", "./minios run host", "make package"])
def test_a_build_of_another_user_is_told(command, folder):
    """As root's is, after sudo make."""
    tree = copied(folder / "minios")
    (tree / "build/deep").mkdir(parents=True)
    (tree / "build/deep").chmod(0o555)
    for path in (tree, tree / "build") if ROOT_USER else ():
        os.chown(path, NOBODY, NOBODY)
    env = pretend(folder, id='[ "$1" = -un ] && echo me || echo 12345')
    status, said = ended(start(tree, *command.split(), env=env, **SOMEBODY))
    assert status not in (0, 126, 127) and is_one_sentence(said), said
    assert "build/deep belongs to another user: sudo chown -R me build\n" in said, said


@pytest.mark.slow
def test_what_root_installs_leaves_the_tree_to_its_owner(folder):
    tree = copied(folder / "minios")
    if not ROOT_USER:  # nobody can give a file away: then at least it is tried
        env = pretend(folder, id="echo 0", chown=f'echo "$@" > {folder}/given')
        done(tree, "make", "-s", "install", f"PREFIX={folder}/opt", env=env)
        assert (folder / "given").read_text() == f"-hR {os.getuid()}:{os.getgid()} build\n"
        return
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", tree], check=True)
    done(tree, "make", "-s", "install", f"PREFIX={folder}/opt")
    assert {path.stat().st_uid for path in tree.rglob("*")} == {NOBODY}
    done(tree, "make", "-s", "package", "KHEAP_CFLAGS=-Os", **SOMEBODY)


@pytest.mark.slow
def test_what_root_runs_leaves_the_tree_to_its_owner(folder):
    tree = copied(folder / "minios")
    if not ROOT_USER:
        env = pretend(folder, id="echo 0", chown=f'echo "$@" >> {folder}/given')
        done(tree, "./minios", "run", "host", "script=halt", env=env)
        assert f"-hR {os.getuid()}:{os.getgid()} build\n" in (folder / "given").read_text()
        return
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", tree], check=True)
    done(tree, "./minios", "run", "host", "script=halt")
    status, said = ended(start(tree, "./minios", "run", "host", "script=free"))
    assert status == 1, said
    done(tree, "./minios", "learn", "list")
    assert (tree / "exercises/my_heap.c").exists()
    assert {path.stat().st_uid for path in tree.rglob("*") if "__pycache__" not in path.parts} == {NOBODY}


# ---- What is installed ----

@pytest.mark.slow
def test_a_strict_umask_hides_nothing_that_is_installed(folder):
    tree = copied(folder / "minios")
    done(tree, "sh", "-c", f"umask 077; make -s install PREFIX={folder}/opt")
    shut = [path for path in (folder / "opt").rglob("*") if path.stat().st_mode & 0o044 != 0o044]
    assert not shut and (folder / "opt/lib/pkgconfig/kheap.pc").exists()
    assert not [path for path in (tree / "build/package").iterdir() if path.name[-1].isdigit() and ".so." not in path.name]


@pytest.mark.parametrize("target", ["install", "uninstall"])
@pytest.mark.parametrize("place", ["shut", "file"])
def test_a_place_that_cannot_be_written_is_told_before_anything(target, place, folder):
    tree = copied(folder / "minios")
    (folder / "shut").mkdir(mode=0o555)
    (folder / "file").write_text("")
    if ROOT_USER:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", tree], check=True)
    status, said = ended(start(tree, "make", "-s", target, f"PREFIX={folder}/{place}/opt", **SOMEBODY))
    wanted = {"shut": f"{folder}/shut may not be written: sudo make {target}, or take another PREFIX",
              "file": f"{folder}/file is a file, and should be a folder: take another PREFIX"}[place]
    assert status != 0 and said.splitlines()[0 if target == "uninstall" else -2] == wanted, said
    assert list((folder / "shut").iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_installed(folder):
    tree = copied(folder / "minios")
    (folder / "full").mkdir()
    script = f"mount -t tmpfs -o size=100k none {folder}/full && {{ make -s install PREFIX={folder}/full/opt; ls {folder}/full; }}"
    said = ended(start(tree, *MOUNTED, "sh", "-c", script))[1]
    assert "is full: 1024 KiB are needed, then try again" in said and said.splitlines()[-1].startswith("make: "), said


# ---- Learning ----

def in_the_way(learner, name, folder=False):
    path = learner.home / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.mkdir() if folder else path.write_text("")


@pytest.mark.slow
@pytest.mark.parametrize("name,folder,wanted", [
    (".learn", False, ".learn is a file, and should be a folder. Move it away"),
    ("build", False, "/build is a file, and should be a folder: move it away"),
    ("my_heap.c", True, "my_heap.c is a folder, and should be a file. Move it away"),
    (".learn/passed-03.c", True, "passed-03.c is a folder, and should be a file. Move it away"),
    (".learn/progress.json", True, "progress.json is a folder, and should be a file. Move it away"),
])
def test_what_lies_in_the_way_of_a_learner_is_named(name, folder, wanted, learner):  # noqa: F811
    learner.write(solution(3))
    in_the_way(learner, name, folder)
    status, said = learner.learn("check", "3") if "json" not in name else learner.learn("hint")
    assert status == CANNOT and "Traceback" not in said and wanted in in_one_line(said), said


def test_a_home_that_is_a_file_or_that_make_cannot_enter_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for name, wanted in (("file", "is a file, and should be a folder"), ("my heap", "make cannot work in a folder of such a name"),
                         ("100%", "make cannot work in a folder of such a name")):
        status, said = Learner(tmp_path / name).learn("list")
        assert status == CANNOT and is_one_sentence(said) and wanted in in_one_line(said), said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_compiler_that_is_not_there_is_not_the_learner_s_fault(learner):  # noqa: F811
    learner.env["CC"] = "no-such-compiler -m32"
    status, said = learner.learn("check")
    assert status == CANNOT and "no-such-compiler -m32 is not there. ./minios doctor" in in_one_line(said), said


def on_a_disk_of(size, home, script, env):
    """What the script says, with `home` on a file system of that size, and what of it lies there then."""
    script = f"mount -t tmpfs -o size={size} none {home} && {script}"
    return ended(start(ROOT, *MOUNTED, "sh", "-c", script, env=env))[1]


CHECK = "python3 exercises/learn check 1; echo status $?"


@pytest.mark.parametrize("said", ["as: main.o: No space left on device", "/bin/sh: 1: echo: echo: I/O error", "collect2: ld terminated [Bus error]"])
def test_a_full_disk_is_known_by_what_a_tool_says(said):
    """Which of them says it depends on where the disk is full."""
    look = f"import trouble\ntry:\n    trouble.look_for_trouble({said!r})\nexcept trouble.Trouble as told:\n    print(vars(told))\n"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT / "exercises" / "learn", capture_output=True, text=True, check=True)
    assert "'full'" in done.stdout


@pytest.mark.parametrize("size", ["4k", "40k", *(pytest.param(size, marks=pytest.mark.slow) for size in ("160k", "300k", "1m"))])
def test_a_full_disk_is_not_the_learner_s_fault(size, tmp_path):
    """It fills up at another place each time: the object, the program, the kernel."""
    script = f"cp exercises/steps/01-init/solution.c {tmp_path}/my_heap.c && {CHECK}; ls {tmp_path}/.learn"
    said = on_a_disk_of(size, tmp_path, script, Learner(tmp_path).env)
    assert f"status {CANNOT}" in said and "Traceback" not in said and "passed-01.c" not in said, said
    assert "is full" in in_one_line(said) and "does not compile" not in said and "can be made of your heap" not in said, said


@pytest.mark.slow
def test_a_full_place_for_the_compiler_s_own_files_is_told(learner, tmp_path):  # noqa: F811
    (tmp_path / "tmp").mkdir()
    said = on_a_disk_of("16k", tmp_path / "tmp", CHECK, {**learner.env, "TMPDIR": str(tmp_path / "tmp")})
    assert f"status {CANNOT}" in said and f"The disk of {tmp_path}/tmp is full" in in_one_line(said), said


@pytest.mark.parametrize("command", ["hint", "lang bn", "reset 2", "reset 1"])
def test_nothing_is_half_saved_on_a_full_disk(command, learner, tmp_path):  # noqa: F811
    (tmp_path / "small").mkdir()
    small, env = tmp_path / "small", {**learner.env, "LEARN_HOME": str(tmp_path / "small")}
    look = f"(cd {small} && find . -type f ! -name lock ! -name fill | sort | xargs cksum)"
    script = (f"cp -r {learner.home}/.learn {learner.home}/my_heap.c {small} && {look}; echo ====; "
              f"dd if=/dev/zero of={small}/fill bs=4k 2>/dev/null; python3 exercises/learn {command}; echo ====; {look}")
    before, said, after = on_a_disk_of("1m", small, script, env).split("====\n")
    assert is_one_sentence(said) and "is full. Free some room" in in_one_line(said), said
    assert before == after and "my_heap.c" in before


def test_a_disk_that_can_only_be_read_is_told(learner, tmp_path):  # noqa: F811
    script = f"mount -o remount,bind,ro {tmp_path} && {CHECK}"
    said = on_a_disk_of("1m", tmp_path, script, {**learner.env, "LEARN_HOME": str(tmp_path / "mine")})
    assert f"status {CANNOT}" in said and "lies on a disk that can only be read" in in_one_line(said), said


def test_an_output_that_cannot_be_written_is_told(learner):  # noqa: F811
    said = ended(start(ROOT, "sh", "-c", "python3 exercises/learn list >/dev/full", env=learner.env))[1]
    assert is_one_sentence(said) and "What I had to say could not be written: No space left" in in_one_line(said), said


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_closed_ends_are_no_trouble(closed, learner):  # noqa: F811
    status, said = ended(start(ROOT, "sh", "-c", f"python3 exercises/learn {closed}", env=learner.env))
    assert status == FAILED and "Traceback" not in said, said


# ---- Letters ----

@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_bengali_is_not_chosen_where_it_cannot_be_shown(encoding, learner):  # noqa: F811
    learner.env["PYTHONIOENCODING"] = encoding
    status, said = learner.learn("lang", "bn")
    assert status == CANNOT and is_one_sentence(said) and "LC_ALL=C.UTF-8 ./minios learn lang bn" in in_one_line(said), said
    del learner.env["PYTHONIOENCODING"]
    assert learner.learn("lang") == (PASSED, "en\n")


def test_bengali_that_was_chosen_elsewhere_is_english_where_it_cannot_be_shown(learner):  # noqa: F811
    assert learner.learn("lang", "bn")[0] == PASSED
    learner.env["PYTHONIOENCODING"] = "latin-1"
    learner.write(solution(2) + "/* \u0986\u09ae\u09bf */ ;;; int x = ;\n")
    for command, ends in (("list", PASSED), ("text", PASSED), ("hint", PASSED), ("check", FAILED)):
        status, said = learner.learn(command)
        assert status == ends and said.isascii() and "so this is in English" in in_one_line(said), said
    del learner.env["PYTHONIOENCODING"]
    assert learner.learn("lang") == (PASSED, "bn\n")


# ---- The sentences ----

def sentences(language):
    text = (EXERCISES / "words" / f"trouble.{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[trouble\.(\w+)\]\n", text, flags=re.M)
    return {name: sorted(re.findall(r"\{\w+\}|`[^`]*`", told)) for name, told in zip(parts[1::2], parts[2::2])}


def test_each_trouble_is_told_in_both_languages_and_with_the_same_next_step():
    assert sentences("en") == sentences("bn")
    code = "\n".join(path.read_text(encoding="utf-8") for path in (EXERCISES / "learn").glob("*.py"))
    for name in sentences("en"):
        assert f'"{name}"' in code or f'"trouble.{name}"' in code, name
