# SPDX-License-Identifier: MIT
#
# Watches the learner's file and checks it at every save. Keys work meanwhile; the terminal is given back as it was found.

import os
import select
import signal
import sys
import termios
import time
import tty

from place import FILE
from screen import say, style, tell
from trouble import Trouble, trouble_of
from words import hints

POLL_SECONDS = 0.2


def stamp():
    """Changes with every save; None while an editor puts the new file into the old one's place."""
    try:
        told = FILE.stat()
        return told.st_mtime_ns, told.st_size, told.st_ino
    except OSError:
        return None


def content():
    try:
        return FILE.read_bytes()
    except OSError:
        return None


class Terminal:
    """Keys at once and unseen."""

    def __enter__(self):
        self.before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.leave)
        return self

    @staticmethod
    def leave(number, _frame):
        raise SystemExit(128 + number)

    def __exit__(self, *_):
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.before)

    @staticmethod
    def key(seconds):
        ready = select.select([sys.stdin], [], [], seconds)[0]
        return os.read(sys.stdin.fileno(), 1).decode("latin-1") if ready else None


class Watch:
    def __init__(self, lesson):
        self.lesson, self.words, self.progress = lesson, lesson.words, lesson.progress
        self.seen = None

    def waiting(self):
        say()
        say(style("faint", self.words("watch.waiting", file=FILE.name)))

    def check(self):
        """True when there is nothing left to check."""
        step = self.progress.current
        say()
        if not self.lesson.check(step):
            return False
        say()
        say(style("good", self.words("check.step_passed", step=step)))
        if self.progress.all_done:
            self.lesson.finished()
            return True
        self.lesson.list()
        self.lesson.text(self.progress.current)
        return False

    def look(self):
        """Checks what is saved now. The build may give a file with an old time the present one: that is no other save."""
        self.seen, saved = stamp() or self.seen, content()
        ended = self.check()
        if content() == saved:
            self.seen = stamp()
        return ended

    def hint(self):
        step = self.progress.current
        most = len(hints(self.words.language, step))
        self.lesson.hint(step, self.progress.next_hint(step, most), "hint.more_key")

    def press(self, key):
        acts = {"h": self.hint, "t": lambda: self.lesson.text(self.progress.current), "l": self.lesson.list, "c": self.look}
        if key in acts:
            self.go_on(acts[key])
            self.waiting()
        return key in ("q", "\x04", "")

    def go_on(self, act):
        """A full disk ends nothing: there will be room again."""
        try:
            return act()
        except (Trouble, OSError) as error:
            trouble = trouble_of(error)
            tell(self.words(f"trouble.{trouble.name}", **trouble.values))
            return False

    def run(self):
        with Terminal() as terminal:
            if self.go_on(self.look):
                return
            self.waiting()
            while True:
                key = terminal.key(POLL_SECONDS)
                if key is not None and self.press(key):
                    return
                now = stamp()
                if now is not None and now != self.seen:
                    time.sleep(POLL_SECONDS / 4)  # some editors write in two goes
                    if self.go_on(self.look):
                        return
                    self.waiting()
