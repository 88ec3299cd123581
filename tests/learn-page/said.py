# SPDX-License-Identifier: MIT
#
# What ./minios learn says, with what it says it of, as JSON: for whoever has to say the same elsewhere.
#     LEARN_HOME=FOLDER said.py texts | reports < [[step, code], ...]

import contextlib
import io
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "exercises" / "learn"))

from checking import addresses_of, places_of, run_checks
from compiling import compile_file
from lesson import Lesson
from place import BOSS, FILE, LANGUAGES, STATE
from progress import Progress
from words import Words, hints


def said(act, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        act(*arguments)
    return out.getvalue()


def lessons():
    return {language: Lesson(Words(language), Progress()) for language in LANGUAGES}


def texts():
    for language, lesson in lessons().items():
        for step in range(1, BOSS + 1):
            told = [said(lesson.hint, step, number) for number in range(1, len(hints(language, step)) + 1)]
            yield {"language": language, "step": step, "text": said(lesson.text, step), "hints": told}


def reports():
    for step, code in json.load(sys.stdin):
        STATE.mkdir(parents=True, exist_ok=True)
        FILE.write_text(code, encoding="utf-8")
        made = compile_file()
        report = run_checks(made.program, step)
        made.warnings = ""  # of gcc alone
        at = {*addresses_of(report), *(int(pc.split()[0], 16) for pc in report.all("loop"))}
        places = {address: place for address, place in zip(at, places_of(made.program, at)) if place}
        yield {"step": step, "code": code, "lines": [f"{key} {value}" for key, value in report.lines], "places": places,
               "said": {language: said(lesson.tell_failure, step, made, report) for language, lesson in lessons().items()}}


if __name__ == "__main__":
    json.dump(list({"texts": texts, "reports": reports}[sys.argv[1]]()), sys.stdout)
