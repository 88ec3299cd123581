# SPDX-License-Identifier: MIT
#
# A learner for the tests: a folder of their own with my_heap.c in it, ./minios learn, and what they may have written.

import os
import re
import shutil
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT, made_once

EXERCISES = ROOT / "exercises"
TRACKS = {"heap": EXERCISES, "interrupts": EXERCISES / "interrupts"}


def steps_of(track):
    return sorted(path for path in (TRACKS[track] / "steps").iterdir() if path.is_dir())


STEPS = steps_of("heap")
BOSS = len(STEPS)
LANGUAGES = ["bn", "en"]
PASSED, FAILED, MISUSED, CANNOT = 0, 1, 2, 3


def solution(step, track="heap"):
    return (steps_of(track)[step - 1] / "solution.c").read_text(encoding="utf-8")


class Learner:
    def __init__(self, home, compiler="gcc", language="en", track="heap"):
        self.home, self.file = home, home / f"my_{track}.c"
        self.named = [] if track == "heap" else [track]
        self.env = dict(os.environ, LEARN_HOME=str(home), CC=compiler, LC_ALL={"bn": "bn_BD.UTF-8", "en": "C"}[language],
                        PYTHONUTF8="1")

    def learn(self, *arguments):
        """What ./minios learn calls, once it is sure that all is there. Gives the exit status and what was said."""
        return self.run(sys.executable, "exercises/learn", *self.named, *arguments)

    def run(self, *command, typed="", timeout=HANG_SECONDS):
        done = subprocess.run([*map(str, command)], cwd=ROOT, env=self.env, input=typed.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        return done.returncode, done.stdout.decode("utf-8")

    def write(self, text):
        self.home.mkdir(exist_ok=True)
        self.file.write_text(text, encoding="utf-8")

    def try_out(self, text, *arguments):
        self.write(text)
        return self.learn("check", *arguments)

    def ticks(self):
        """The steps that the list shows as passed."""
        return [int(step) for step in re.findall(r"\[x\] +(\d+)", self.learn("list")[1])]


def diagnosis(said):
    """The name of the likely mistake that was told; None when none was."""
    found = re.search(r"^What it looks like  \(([\w-]+)\)$", said, re.M)
    return found and found[1]


def pass_two_steps(home):
    status, said = Learner(home).try_out(solution(2), 2)
    assert status == PASSED, said


@pytest.fixture(scope="session")
def second_step_done(tmp_path_factory):
    """The folder of somebody who passed two steps: with kernels that are nearly built."""
    made = made_once(tmp_path_factory, "second-step-done", pass_two_steps)
    return shutil.copytree(made, tmp_path_factory.mktemp("learner") / "home")


@pytest.fixture
def learner(second_step_done, tmp_path):
    """A copy of them for each test."""
    shutil.copytree(second_step_done, tmp_path / "home")
    return Learner(tmp_path / "home")


# ---- Wrong answers: changes to a solution ----

def changed(text, change):
    """The text with the lines of each hunk that go (-) replaced by those that come (+)."""
    for hunk in re.split(r"^\.\.\.\n", change, flags=re.M):
        lines = hunk.splitlines()
        assert all(line[:1] in ("-", "+") for line in lines), hunk
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] == "-")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] == "+")
        assert text.count(old) == 1, f"stands {text.count(old)} times in the solution:\n{old}"
        text = text.replace(old, new)
    return text


def wrong_answers(step, track="heap"):
    """(diagnosis, code) of each."""
    text = (steps_of(track)[step - 1] / "wrong.txt").read_text(encoding="utf-8")
    parts = re.split(r"^== (\S+)\n", text, flags=re.M)
    return [(name, changed(solution(step, track), change)) for name, change in zip(parts[1::2], parts[2::2])]
