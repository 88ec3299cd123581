# SPDX-License-Identifier: MIT
#
# ./minios learn: the heap, and what interrupts meet, built by the learner's own hands, in steps that check themselves.

import contextlib
import os
import signal
import sys

from lesson import Lesson
from place import BOSS, FILE, LANGUAGES, TRACKS, shown, solution
from progress import Progress
from screen import inline, say, style, tell, wrapped
from terminal import is_interactive
from trouble import Trouble, look_at_home, trouble_of
from watch import Watch
from words import Words, default_language, hints

CANNOT = 3
INTERRUPTED = 130


def complain(text):
    say(text)
    return 2


def step_named(words, progress, arguments):
    """The step of the first argument, or the current one; None, after a word, when there is no such step."""
    if not arguments:
        return progress.current
    if arguments[0].isdecimal() and 1 <= int(arguments[0]) <= BOSS:
        return int(arguments[0])
    say(words("step.unknown", asked=arguments[0], last=BOSS))
    return None


def learn(lesson, _arguments):
    """Where they are, what is next; then, in a terminal, watch."""
    if lesson.progress.all_done:
        lesson.list()
        lesson.finished()
        return 0
    if not is_interactive():
        lesson.open_step()
        return check(lesson, [])
    with contextlib.suppress(KeyboardInterrupt):
        lesson.open_step()
        Watch(lesson).run()
    say(lesson.words("watch.bye"))
    return 0


def check(lesson, arguments):
    words, progress = lesson.words, lesson.progress
    step = step_named(words, progress, arguments)
    if step is None:
        return 2
    only = progress.passed(step) and bool(arguments)
    if not lesson.check(step, only):
        lesson.next_steps(step)
        return 1
    say()
    say(style("good", words("check.step_passed", step=step if only else max(step, progress.highest))))
    if progress.all_done:
        lesson.finished()
    elif not only:
        say(words("check.next", step=progress.current))
    return 0


def hint(lesson, arguments):
    step = step_named(lesson.words, lesson.progress, arguments)
    if step is None:
        return 2
    lesson.hint(step, lesson.progress.next_hint(step, len(hints(lesson.words.language, step))))
    return 0


def show_solution(lesson, arguments):
    step = step_named(lesson.words, lesson.progress, arguments[:1])
    if step is None:
        return 2
    if not lesson.progress.passed(step) and arguments[1:] != ["anyway"]:
        say(lesson.words("solution.not_yet", step=step))
        return 1
    say(solution(step).read_text(encoding="utf-8").rstrip("\n"))
    return 0


def reset(lesson, arguments):
    step = step_named(lesson.words, lesson.progress, arguments)
    if step is None:
        return 2
    if step > lesson.progress.current:
        say(lesson.words("reset.not_begun", step=step, current=lesson.progress.current))
        return 1
    kept = lesson.progress.reset(step)
    say(lesson.words("reset.done", step=step, file=shown(FILE)))
    if kept:
        say(lesson.words("reset.kept", file=shown(kept)))
    return 0


def show_list(lesson, _arguments):
    lesson.list()
    return 0


def text(lesson, arguments):
    step = step_named(lesson.words, lesson.progress, arguments)
    if step is None:
        return 2
    lesson.text(step)
    return 0


def language(lesson, arguments):
    if not arguments:
        say(lesson.words.language)
        return 0
    if arguments[0] not in LANGUAGES:
        return complain(lesson.words("lang.unknown", asked=arguments[0]))
    if not Words(arguments[0]).can_be_shown():
        raise Trouble("letters", encoding=sys.stdout.encoding)
    lesson.progress.speak(arguments[0])
    say(Words(arguments[0])("lang.now"))
    return 0


COMMANDS = {"check": (check, 1), "text": (text, 1), "hint": (hint, 1), "solution": (show_solution, 2), "reset": (reset, 1),
            "list": (show_list, 0), "lang": (language, 1)}


def chosen_words(progress=None):
    """English where Bengali letters cannot be shown."""
    words = Words(progress and progress.data["language"] or default_language())
    return words if words.can_be_shown() else Words("en")


def refuse(error):
    """One sentence; on the other way out when this one is the trouble."""
    trouble = trouble_of(error)
    try:
        progress = Progress()
    except OSError:
        progress = None
    text = chosen_words(progress)(f"trouble.{trouble.name}", **trouble.values)
    try:
        tell(text)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(inline(wrapped(text)), file=sys.stderr)
    return CANNOT


def main(arguments):
    sys.stdin, sys.stdout = sys.stdin or open(os.devnull, encoding="utf-8"), sys.stdout or open(os.devnull, "w", encoding="utf-8")
    sys.stdout.reconfigure(errors="backslashreplace")
    look_at_home()
    progress = Progress()
    words = chosen_words(progress)
    if words.language != (progress.data["language"] or default_language()):
        tell(words("trouble.letters_now", encoding=sys.stdout.encoding))
    lesson = Lesson(words, progress)
    if arguments[:1] and arguments[0] in TRACKS:
        progress.stay()
        arguments = arguments[1:]
    if arguments[:1] in (["help"], ["-h"], ["--help"]):
        say(words("usage"))
        return 0
    command, most = COMMANDS.get(arguments[0], (None, 0)) if arguments else (learn, 0)
    if command is None or len(arguments[1:]) > most:
        say(words("command.unknown", asked=" ".join(arguments)))
        return complain(words("usage"))
    if not FILE.exists():
        progress.file_again()
        tell(words("file.again" if progress.highest else "file.made", file=shown(FILE), step=progress.highest))
    return command(lesson, arguments[1:])


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main(sys.argv[1:]))
    except (Trouble, OSError) as error:
        sys.exit(refuse(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
