# SPDX-License-Identifier: MIT
#
# Where everything lies. LEARN_HOME puts the learner's file, progress and kernels into another folder. There are several
# tracks, and a command speaks of one of them: of that which its first word names, else of that which was used last.

import os
import pathlib
import sys

EXERCISES = pathlib.Path(__file__).resolve().parent.parent
ROOT = EXERCISES.parent
HOME = pathlib.Path(os.environ["LEARN_HOME"]).resolve() if os.environ.get("LEARN_HOME") else None

TRACKS = {"heap": EXERCISES, "interrupts": EXERCISES / "interrupts"}
KEPT = (HOME or EXERCISES) / ".learn"
LAST_TRACK = KEPT / "track"


def track_now():
    if sys.argv[1:] and sys.argv[1] in TRACKS:
        return sys.argv[1]
    try:
        last = LAST_TRACK.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        last = None
    return last if last in TRACKS else "heap"


def state_of(track):
    """The first track was there before there were others."""
    return KEPT if track == "heap" else KEPT / track


TRACK = track_now()
PLACE = TRACKS[TRACK]
FILE = (HOME or EXERCISES) / f"my_{TRACK}.c"
STATE = state_of(TRACK)
BUILD = (HOME or ROOT) / "build"
# What all learners of a tree share, where it may be written.
SHARED = ROOT / "build" if os.access(ROOT / "build", os.W_OK) or not HOME else BUILD
TEMPLATE = PLACE / "template.c"
LANGUAGES = ["bn", "en"]
CC = os.environ.get("CC") or "gcc"
# As in the Makefile: the last word that is no option.
CC_NAME = os.path.basename(([word for word in CC.split() if not word.startswith("-")] or ["gcc"])[-1])



def steps_of(track):
    return sorted(path for path in (TRACKS[track] / "steps").iterdir() if path.is_dir())


STEPS = steps_of(TRACK)
BOSS = len(STEPS)  # the last one

# The section of the book that each step belongs to.
SECTIONS = (PLACE / "steps" / "sections.txt").read_text(encoding="ascii").split()
CHAPTER_NAME = {"heap": "chapter-4-hands-on-heap-implementation", "interrupts": "chapter-5-interrupts-and-timer"}[TRACK]
CHAPTER = {"bn": f"docs/{CHAPTER_NAME}.md", "en": f"docs/en/{CHAPTER_NAME}.md"}


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
