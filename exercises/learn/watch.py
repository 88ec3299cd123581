# SPDX-License-Identifier: MIT
#
# Watches the learner's file and checks it at every save. Keys work meanwhile; the terminal is given back as it was found.

import time

from place import FILE, shown
from screen import say, style, tell
from terminal import ENOUGH, Terminal
from words import hints

POLL_SECONDS = 0.2
POLLS_GONE = 5  # then it is no editor that puts another file in its place


def stamp():
    """Changes with every save; None while an editor puts the new file into the old one's place."""
    try:
        told = FILE.stat()
        return told.st_mtime_ns, told.st_size, told.st_ino
    except OSError:
        return None


class Watch:
    def __init__(self, lesson):
        self.lesson, self.words, self.progress = lesson, lesson.words, lesson.progress

    def waiting(self):
        say()
        say(style("title", self.lesson.title(self.progress.current)))
        say(style("faint", self.words("watch.waiting", file=FILE.name)))

    def check(self):
        """True when there is nothing left to check."""
        step = self.progress.current
        say()
        if not self.lesson.check(step):
            return False
        say()
        say(style("good", self.words("check.step_passed", step=max(step, self.progress.highest))))
        if self.progress.all_done:
            self.lesson.finished()
            return True
        self.lesson.open_step()
        return False

    def hint(self):
        step = self.progress.current
        most = len(hints(self.words.language, step))
        self.lesson.hint(step, self.progress.next_hint(step, most), "hint.more_key")

    def press(self, key):
        acts = {"h": self.hint, "t": lambda: self.lesson.text(self.progress.current), "l": self.lesson.list, "c": self.check}
        if key in acts:
            acts[key]()
            self.waiting()
        return key in ENOUGH

    def run(self):
        with Terminal() as terminal:
            seen, gone = stamp(), 0
            if self.progress.begun and self.check():
                return
            self.waiting()
            while True:
                key = terminal.key(POLL_SECONDS)
                if key is not None and self.press(key):
                    return
                now = stamp()
                gone = gone + 1 if now is None else 0
                if gone == POLLS_GONE:
                    seen = None
                    say()
                    tell(self.words("file.missing", file=shown(FILE)))
                    self.waiting()
                if now is not None and now != seen:
                    time.sleep(POLL_SECONDS / 4)  # some editors write in two goes
                    seen = stamp() or now
                    if self.check():
                        return
                    self.waiting()
