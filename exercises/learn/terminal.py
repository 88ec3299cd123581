# SPDX-License-Identifier: MIT
#
# Keys, one at a time, and texts longer than the terminal is high.

import os
import select
import shutil
import signal
import sys
import termios
import tty

from screen import say, style

ENOUGH = ("q", "\x04", "")
BELOW = 5  # lines that follow a text: what is waited for


def is_interactive():
    return sys.stdin.isatty() and sys.stdout.isatty()


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
    def key(seconds=None):
        ready = select.select([sys.stdin], [], [], seconds)[0]
        return os.read(sys.stdin.fileno(), 1).decode("latin-1") if ready else None


def rows():
    return shutil.get_terminal_size().lines


def say_in_pages(text, more):
    """Nothing leaves at the top before it was read: a key goes on, q has read enough."""
    lines, page = text.split("\n"), max(4, rows() - BELOW)
    if not is_interactive() or len(lines) <= page:
        say(text)
        return
    with Terminal() as terminal:
        for at in range(0, len(lines), page):
            say("\n".join(lines[at:at + page]))
            if at + page < len(lines):
                print(style("faint", more), end="\r", flush=True)
                pressed = terminal.key()
                print(" " * len(more), end="\r", flush=True)
                if pressed in ENOUGH:
                    return
