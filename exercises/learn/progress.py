# SPDX-License-Identifier: MIT
#
# What the learner has done: a copy of the heap for each step that was passed, and beside them a small file with the hints
# and the language. Each is replaced as a whole: whoever is interrupted, at whatever moment, finds the old one or the new
# one, never half of one.

import contextlib
import fcntl
import json
import os

from place import BOSS, FILE, KEPT, LANGUAGES, LAST_TRACK, STATE, TEMPLATE, TRACK


# A comment in another encoding is kept as it is.
EVERY_BYTE = "surrogateescape"


class Progress:
    def __init__(self):
        self.data = {"hints": kept_in(STATE)["hints"], "language": kept_in(KEPT)["language"]}

    @staticmethod
    def copy_of(step):
        return STATE / f"passed-{step:02d}.c"

    def save(self):
        keep_in(STATE, self.data)

    def speak(self, language):
        """In all tracks."""
        self.data["language"] = language
        keep_in(KEPT, {**kept_in(KEPT), "language": language})

    @staticmethod
    def stay():
        """With this track, until another one is named."""
        if not LAST_TRACK.exists() or LAST_TRACK.read_text(encoding="ascii", errors="replace").strip() != TRACK:
            write_whole(LAST_TRACK, f"{TRACK}\n")

    def passed(self, step):
        """A step is passed when there is a copy of the heap that passed it."""
        return self.copy_of(step).is_file()

    @property
    def done(self):
        return [step for step in range(1, BOSS + 1) if self.passed(step)]

    @property
    def current(self):
        """The first step that is not passed; after the last one, the last."""
        return next((step for step in range(1, BOSS + 1) if not self.passed(step)), BOSS)

    @property
    def highest(self):
        return max(self.done, default=0)

    @property
    def all_done(self):
        return len(self.done) == BOSS

    @property
    def begun(self):
        """Was anything written since the last step was passed?"""
        before = self.copy_of(self.highest) if self.highest else TEMPLATE
        try:
            return FILE.read_bytes() != before.read_bytes()
        except OSError:
            return True

    def mark_passed(self, step, text):
        """A heap that passes a step passes all below it."""
        for below in range(1, step + 1):
            if below == step or not self.passed(below):
                write_whole(self.copy_of(below), text)

    def next_hint(self, step, most):
        count = min(self.data["hints"].get(str(step), 0) + 1, most)
        self.data["hints"][str(step)] = count
        self.save()
        return count

    def file_again(self):
        """The learner's file is not there: the heap of the last step that was passed, or the first one of all."""
        passed = self.copy_of(self.highest)
        write_whole(FILE, text_of(passed if passed.exists() else TEMPLATE))

    def reset(self, step):
        """The file as it was when this step began; gives where the present one was put."""
        kept = None
        if FILE.exists():
            kept = STATE / f"before-reset-{1 + len(list(STATE.glob('before-reset-*.c')))}.c"
            write_whole(kept, text_of(FILE))
        before = self.copy_of(step - 1)
        write_whole(FILE, text_of(before if step > 1 and before.exists() else TEMPLATE))
        for later in range(BOSS, step - 1, -1):
            self.copy_of(later).unlink(missing_ok=True)
        self.data["hints"] = {key: count for key, count in self.data["hints"].items() if int(key) < step}
        self.save()
        return kept


def kept_in(folder):
    """Nothing yet, or somebody edited it: no step is lost by that."""
    try:
        told = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        return {"hints": {str(int(step)): int(count) for step, count in told["hints"].items()},
                "language": told["language"] if told["language"] in LANGUAGES else None}
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError, AttributeError):
        return {"hints": {}, "language": None}


def keep_in(folder, data):
    write_whole(folder / "progress.json", json.dumps(data, indent=1) + "\n")


def passed_in(folder, steps):
    """How many of so many."""
    return sum((folder / f"passed-{step:02d}.c").is_file() for step in range(1, steps + 1))


def text_of(path):
    return path.read_text(encoding="utf-8", errors=EVERY_BYTE)


def write_whole(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with open(new, "w", encoding="utf-8", errors=EVERY_BYTE) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise type(error)(error.errno, error.strerror, str(path)) from None  # a full disk names no file


@contextlib.contextmanager
def alone(path):
    """One at a time, should two terminals ask at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
