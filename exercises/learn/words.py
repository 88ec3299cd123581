# SPDX-License-Identifier: MIT
#
# What is said, in the learner's language: tables of names and texts, words/*.en.txt and words/*.bn.txt. A line [name]
# begins an entry; its text follows.

import functools
import os
import re

from place import EXERCISES, PLACE, STEPS, TRACK
from screen import can_show


def default_language():
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "bn" if told.lower().startswith("bn") else "en"


def read_table(text):
    parts = re.split(r"^\[([\w.-]+)\]\n", text, flags=re.M)
    return {name: body.strip("\n") for name, body in zip(parts[1::2], parts[2::2])}


@functools.lru_cache(None)
def table(language):
    """A track says some things in its own words."""
    words = {}
    folders = [EXERCISES] if TRACK == "heap" else [EXERCISES, PLACE]
    for path in [path for folder in folders for path in sorted((folder / "words").glob(f"*.{language}.txt"))]:
        words.update(read_table(path.read_text(encoding="utf-8")))
    return words


@functools.lru_cache(None)
def hints(language, step):
    text = (STEPS[step - 1] / f"hints.{language}.md").read_text(encoding="utf-8")
    return [part.strip() for part in re.split(r"^## .*\n", text, flags=re.M)[1:]]


def step_text(language, step):
    return (STEPS[step - 1] / f"text.{language}.md").read_text(encoding="utf-8").strip("\n")


def step_title(language, step):
    return re.match(r"# (.*)", step_text(language, step))[1]


class Words:
    """The texts of one language; words("name", value=1) fills {value} in."""

    def __init__(self, language):
        self.language = language

    def __call__(self, name, **values):
        return table(self.language)[name].format(**values)

    def has(self, name):
        return name in table(self.language)

    def can_be_shown(self):
        return can_show("".join(table(self.language).values()))
