# SPDX-License-Identifier: MIT
#
# The learner's file becomes a program: compiled with its errors told in a word of help, linked with the checks.

import os
import re
import shutil
import subprocess

from place import CC, CC_NAME, EXERCISES, FILE, PLACE, ROOT, SHARED, STATE, TRACK, made_name, shown
from progress import alone
from screen import INDENT, width
from trouble import Trouble, look_for_trouble

CHECKS = SHARED / f"learn-{CC_NAME}" / ("checks.o" if TRACK == "heap" else f"checks-{TRACK}.o")
ERRORS = ["implicit-function-declaration", "return-type", "int-conversion", "incompatible-pointer-types",
          "discarded-qualifiers" if "clang" not in CC else "incompatible-pointer-types-discards-qualifiers"]
FLAGS = ["-std=c11", "-g", "-O0", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-unused-function",
         "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-sign-compare", *(f"-Werror={name}" for name in ERRORS),
         "-fno-omit-frame-pointer", "-fno-pie", "-iquote", str(PLACE), "-fdiagnostics-color=never"]


def help_patterns():
    """(name, names that it may take the place of, pattern) of each line of the table."""
    text = (EXERCISES / "words" / "compiler.patterns.txt").read_text(encoding="utf-8")
    return [(name, after.split(), pattern) for name, after, pattern in
            re.findall(r"^([\w-]+)(?:, after ([\w -]+))?: (.*)$", text, re.M)]


class Compiled:
    def __init__(self, program=None, error=None, help_name=None, warnings=""):
        self.program, self.error, self.help_name, self.warnings = program, error, help_name, warnings


def plain_quotes(text):
    return text.replace("\u2018", "'").replace("\u2019", "'")


def help_for(text):
    """Of the first message; but what a brace too many does is often said only further down."""
    first, patterns = first_block(text, "error"), help_patterns()
    name = next((name for name, after, pattern in patterns if not after and re.search(pattern, first)), "other")
    return next((other for other, after, pattern in patterns if name in after and re.search(pattern, text)), name)


def first_block(text, kind):
    """The first message of that kind, with the line of code that it shows."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.search(rf"\b{kind}:|undefined reference|multiple definition", line):
            block = [line]
            for more in lines[number + 1:number + 4]:
                if not re.match(r"\s+\d* *\|", more) and not re.match(r"\s", more):
                    break
                block.append(more)
            return "\n".join(block)
    return text.strip()[:800]


def run_compiler(*arguments):
    done = subprocess.run([*CC.split(), *arguments], capture_output=True, text=True, errors="replace", check=False,
                          env=dict(os.environ, LC_ALL="C", COLUMNS=str(width() - INDENT)))
    if done.returncode != 0:
        look_for_trouble(plain_quotes(done.stderr))
    return done.returncode, plain_quotes(done.stderr).replace(str(FILE), shown(FILE))


def linker_words(text):
    """Only the name that is missing, where it is used."""
    found = re.search(r"(undefined reference to|multiple definition of) ['`]?(\w+)'?", text)
    return f"{found[1]} {found[2]}()" if found else text.strip()[:800]


def own_headers():
    """Only the compiler's, as in the kernel: a file that includes <stdio.h> is told so here, and not at the boot."""
    folder = subprocess.run([*CC.split(), "-print-file-name=include"], capture_output=True, text=True, check=False).stdout.strip()
    return ["-ffreestanding", "-nostdinc", "-isystem", folder]


def make_checks():
    """Nothing of the learner's is in them: when they cannot be made, it is for another reason."""
    if shutil.which(CC.split()[0]) is None:
        raise Trouble("missing", path=CC)
    with alone(CHECKS.with_suffix(".lock")):
        made = subprocess.run(["make", "-sf", "exercises/rules.mk", made_name(CHECKS), f"CC={CC}",
                               f"LEARN_BUILD={made_name(CHECKS.parent)}"], cwd=ROOT, capture_output=True, text=True,
                              errors="replace", check=False, env=dict(os.environ, LC_ALL="C"))
    if made.returncode != 0:
        look_for_trouble(made.stderr)
        raise Trouble("build", said=made.stderr.strip().split("\n")[0])


def name_code(compiled):
    """Where a section is named so, the linker tells where it begins and ends: the checks step through that."""
    done = subprocess.run(["objcopy", "--rename-section", ".text=learner_code", str(compiled)], capture_output=True, text=True,
                          errors="replace", check=False, env=dict(os.environ, LC_ALL="C"))
    if done.returncode != 0:
        look_for_trouble(done.stderr)
        raise Trouble("build", said=done.stderr.strip().split("\n")[0])


def compile_file():
    make_checks()
    compiled, program = STATE / f"{FILE.stem}.o", STATE / "check"
    status, told = run_compiler(*FLAGS, *own_headers(), "-c", "-o", str(compiled), str(FILE))
    if status != 0:
        return Compiled(error=first_block(told, "error"), help_name=help_for(told))
    if TRACK != "heap":
        name_code(compiled)
    status, linked = run_compiler("-no-pie", "-o", str(program), str(compiled), str(CHECKS))
    if status != 0:
        return Compiled(error=linker_words(linked), help_name=help_for(linked))
    return Compiled(program, warnings=first_block(told, "warning") if "warning:" in told else "")
