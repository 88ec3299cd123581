# SPDX-License-Identifier: MIT
#
# What docs/pictures/NAME.txt says of a picture: what to type, which moments to show, and the words in both languages.

import dataclasses
import re
import shlex

from pages import Trouble


@dataclasses.dataclass
class Scene:
    """A moment: what was typed until then, what stands over it, and what else is to know of it."""
    commands: list
    texts: dict
    words: dict
    items: list  # name, first byte, how many
    names: dict  # of blocks, {"#1": "A"}
    text: str = ""  # in the language that is drawn

    def named(self, block):
        return self.names.get(block, block)


@dataclasses.dataclass
class Asked:
    """What a picture's .txt asks for: its keys, and what to type."""
    said: dict
    options: list
    commands: list
    scenes: list

    def in_language(self, language):
        return dataclasses.replace(self, scenes=[dataclasses.replace(scene, text=scene.texts[language]) for scene in self.scenes])


NEEDED = ("show", "bn", "en")
LISTED = ("run", "scene", "again")  # their order counts
ASIDE = ("options", "caption-bn", "caption-en", "names", "given", "split", "columns", "verdicts", "bytes", "boxes", "edge", "lanes")
KNOWN = (*NEEDED, *LISTED, *ASIDE)


def lines_of(file):
    """Of a picture's .txt each key with its text."""
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            key, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or key not in KNOWN:
                raise Trouble(f"{file.name}:{number}: write one of {', '.join(KNOWN)}, a colon, and the text")
            yield number, key, value


def scene_of(value, commands, said):
    """BENGALI | ENGLISH | KEY=VALUE..., where item=NAME:FIRST:BYTES may come several times."""
    bengali, english, rest = (part.strip() for part in (value + " | |").split("|")[:3])
    words = [word.split("=", 1) for word in shlex.split(rest)]
    items = [(name, int(first), int(size)) for key, item in words if key == "item" for name, first, size in [item.split(":")]]
    names = {f"#{number}": name for number, name in enumerate(said.get("names", "").split(), 1)}
    return Scene(list(commands), {"bn": bengali, "en": english}, {key: word for key, word in words if key != "item"}, items, names)


NUMBERS = ("bytes", "boxes", "columns")
# What a kind needs besides: lines of the .txt, and what each scene has to name.
NEEDS = {"heaps": (("scene",), ()), "born": (("scene",), ()), "bytes": (("bytes", "scene"), ("item",)), "boxes": (("boxes", "scene"), ("given",)),
         "turns": (("lanes", "scene"), ())}


def complete(file, said, scenes):
    """Is all there that the kind needs?"""
    lines, words = NEEDS.get(said["show"], ((), ()))
    for key in lines:
        if key not in said and not (key == "scene" and scenes):
            raise Trouble(f"{file.name}: show: {said['show']} needs a line {key}:")
    for key in NUMBERS:
        if not re.fullmatch("[1-9][0-9]?", said.get(key, "1")):
            raise Trouble(f"{file.name}: {key}: is a number from 1 to 99")
    for word in words:
        if not all(scene.items if word == "item" else scene.words.get(word, "").isdigit() for scene in scenes):
            raise Trouble(f"{file.name}: show: {said['show']} needs {word}= in each scene")
    if said["show"] == "born" and len(scenes) != 2:
        raise Trouble(f"{file.name}: show: born needs two scenes, before and after")


def described(file, kinds):
    """What a picture's .txt says."""
    said, commands, scenes = {}, [], []
    for number, key, value in lines_of(file):
        if key == "run":
            commands.append(value)
        elif key == "again":
            commands = []
        elif key == "scene":
            try:
                scenes.append(scene_of(value, commands, said))
            except ValueError as error:
                raise Trouble(f"{file.name}:{number}: scene: BENGALI | ENGLISH | KEY=VALUE..., item=NAME:FIRST:BYTES") from error
        else:
            said[key] = value
    missing = [key for key in NEEDED if not said.get(key)]
    if missing:
        raise Trouble(f"{file.name}: has no line {', '.join(key + ':' for key in missing)}")
    if said["show"] not in kinds:
        raise Trouble(f"{file.name}: show: is one of {', '.join(kinds)}")
    complete(file, said, scenes)
    return Asked(said, shlex.split(said.get("options", "")), commands, scenes)
