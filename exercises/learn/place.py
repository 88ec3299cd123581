# SPDX-License-Identifier: MIT
#
# Where everything lies. LEARN_HOME puts the learner's file, progress and kernels into another folder.

import os
import pathlib

EXERCISES = pathlib.Path(__file__).resolve().parent.parent
ROOT = EXERCISES.parent
HOME = pathlib.Path(os.environ["LEARN_HOME"]).resolve() if os.environ.get("LEARN_HOME") else None

FILE = (HOME or EXERCISES) / "my_heap.c"
STATE = (HOME or EXERCISES) / ".learn"
BUILD = (HOME or ROOT) / "build"
# What all learners of a tree share, where it may be written.
SHARED = ROOT / "build" if os.access(ROOT / "build", os.W_OK) or not HOME else BUILD
TEMPLATE = EXERCISES / "template.c"
LANGUAGES = ["bn", "en"]
CC = os.environ.get("CC") or "gcc"
# As in the Makefile: the last word that is no option.
CC_NAME = os.path.basename(([word for word in CC.split() if not word.startswith("-")] or ["gcc"])[-1])

STEPS = sorted(path for path in (EXERCISES / "steps").iterdir() if path.is_dir())
BOSS = len(STEPS)

# The section of chapter 4 that each step belongs to.
SECTIONS = (EXERCISES / "steps" / "sections.txt").read_text(encoding="ascii").split()
CHAPTER = {"bn": "docs/chapter-4-hands-on-heap-implementation.md", "en": "docs/en/chapter-4-hands-on-heap-implementation.md"}


def shown(path):
    """A path as a person would type it."""
    try:
        return str(path.relative_to(os.getcwd()))
    except ValueError:
        return str(path)


def made_name(path):
    """A path as make knows it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def solution(step):
    return STEPS[step - 1] / "solution.c"
