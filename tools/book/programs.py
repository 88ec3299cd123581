# SPDX-License-Identifier: MIT
#
# The programs of docs/wrong/, which are wrong on purpose: built, run, and expected to fail; those of docs/stages/, which are
# right. And the texts of the faults.

import pathlib
import re
import subprocess
import tempfile
import textwrap

from pages import Trouble
from sessions import compiler, kept

FLAGS = ["-std=c11", "-O0", "-Wall", "-Wextra"]
SECONDS = 600  # of the clock, however busy the machine is


def wrong(root, name):
    """What docs/wrong/NAME.c prints. Its exit status must tell that it failed."""
    source = root / "docs" / "wrong" / f"{name}.c"
    if not source.is_file():
        raise Trouble(f"there is no docs/wrong/{name}.c")
    status, output = told(source)
    if status == "0":
        raise Trouble(f"docs/wrong/{name}.c no longer fails: it ended with status 0")
    return output


def right(source):
    """What a program prints that has to end with 0."""
    status, output = told(source)
    if status != "0":
        raise Trouble(f"{source.parent.name}/{source.name} ended with status {status}")
    return output


def told(source):
    """Exit status and output, from this run or an earlier one."""
    text = kept([source.read_text(encoding="utf-8"), compiler(), FLAGS], lambda: built_and_run(source))
    status, _, output = text.partition("\n")
    return status, output


def built_and_run(source):
    with tempfile.TemporaryDirectory() as folder:  # of one's own: two may do this at once
        program = pathlib.Path(folder) / source.stem
        done = subprocess.run(["gcc", *FLAGS, "-o", program, source], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Trouble(f"docs/{source.parent.name}/{source.name} does not compile:\n{done.stderr[:2000]}")
        try:
            done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Trouble(f"docs/{source.parent.name}/{source.name} did not end within {SECONDS} s") from error
    return f"{done.returncode}\n" + "".join(line.rstrip() + "\n" for line in done.stdout.decode("utf-8", "replace").splitlines())


LABELS = ("what", "danger", "find", "fix")


LISTS = {"E": ("heap/kheap_faults.def", "KHEAP_FAULT"), "I": ("kernel/memory/rules.def", "RULE")}


def listed(root, letter):
    """Code and texts of each row of a list that the kernel is built with."""
    file, macro = LISTS[letter]
    text = re.sub(r"/\*.*?\*/", "", (root / file).read_text(encoding="ascii"), flags=re.S)
    for number, rest in re.findall(macro + r'\(\s*(\d+)\s*,\s*\w+\s*,((?:\s*"(?:\\.|[^"\\])*"\s*,?)+)\)', text):
        rows = re.findall(r'((?:\s*"(?:\\.|[^"\\])*")+)', rest)
        joined = ["".join(re.findall(r'"((?:\\.|[^"\\])*)"', row)).replace('\\"', '"') for row in rows]
        yield f"{letter}{int(number):02d}", tuple(joined)


def faults(root):
    """{code: (title, what, danger, find, fix)}, of the heap and of the kernel's own rules."""
    return {code: texts for letter in LISTS for code, texts in listed(root, letter)}


def fault(root, code):
    known = faults(root)
    if code not in known:
        raise Trouble(f"there is no fault {code}; there are {', '.join(sorted(known))}")
    title, *texts = known[code]
    lines = [f"{code} {title}"]
    for label, text in zip(LABELS, texts):
        lines += textwrap.wrap(text, 76, initial_indent=f"  {label:<8}", subsequent_indent=" " * 10, break_on_hyphens=False)
    return "\n".join(lines) + "\n"
