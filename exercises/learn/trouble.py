# SPDX-License-Identifier: MIT
#
# What stands in the way and is not the learner's code: a disk that is full, a folder that may not be written. One sentence
# tells it, with what to do next; whoever saves has saved nothing by then, or all.

import errno
import os
import pathlib
import re

from place import FILE, HOME, STATE, shown


class Trouble(Exception):
    """The name of a sentence, trouble.NAME in words/, and what fills it in."""

    def __init__(self, name, **values):
        super().__init__(name)
        self.name, self.values = name, values


NAMES = {errno.EACCES: "denied", errno.EPERM: "denied", errno.EROFS: "read_only", errno.ENOSPC: "full", errno.EDQUOT: "full",
         errno.EFBIG: "full", errno.ENOTDIR: "file", errno.EEXIST: "file", errno.EISDIR: "folder"}

# How compilers, linkers and the shell tell the same.
SAID = [(rf"\b{re.escape(os.strerror(number))}", NAMES[number])
        for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)]
SAID.append((r"\[Bus error\]", "full"))  # the linker maps what it writes
SAID.append((r"\becho: I/O error", "full"))  # a shell that cannot write, and does not say why


def trouble_of(error):
    """As Trouble: any error of the system."""
    if isinstance(error, Trouble):
        return error
    if error.filename is None:
        return Trouble("output", said=error.strerror or str(error))
    path = os.fspath(error.filename)
    name = "missing" if isinstance(error, FileNotFoundError) and os.sep not in path else NAMES.get(error.errno, "other")
    if name in ("denied", "full", "read_only") and not os.path.exists(path):
        path = os.path.dirname(path)
    if name == "denied" and os.path.isfile(path) and not os.access(path, os.R_OK):
        name = "unreadable"
    return Trouble(name, path=shown(pathlib.Path(path)), said=error.strerror or str(error))


def with_least_room():
    """Where the learner's work is kept, or where compilers keep theirs: the fuller one."""
    def room(path):
        told = os.statvfs(path)
        return told.f_bavail * told.f_frsize
    places = [str(STATE.parent), os.environ.get("TMPDIR") or "/tmp"]
    return min((path for path in places if os.path.isdir(path)), key=room)


def look_for_trouble(said):
    """Raises it when a tool failed for such a reason. What it says of the learner's file is the learner's code."""
    own = [line for line in said.split("\n") if line.strip() and not line.startswith((str(FILE), shown(FILE), " "))]
    for line in own:
        for pattern, name in SAID:
            if re.search(pattern, line):
                raise Trouble(name, path=shown(pathlib.Path(with_least_room())))


def look_at_home():
    """make parts its words at spaces, and has signs of its own."""
    if HOME and re.search(r"[^\w./+~@,-]", str(HOME)):
        raise Trouble("name", path=str(HOME))
