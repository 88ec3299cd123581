# SPDX-License-Identifier: MIT
#
# Tests the tests: changes a source file in one small place, compiles it, runs the cases, and does so for each place that
# there is (points.py). A change that no case notices shows what the tests do not hold. So each mutant has to be killed;
# or to stand in the list of those that change nothing, with the reason; or the compiler proves that it changes nothing,
# and makes the same machine code of it in both widths.

import argparse
import collections
import concurrent.futures
import difflib
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import points

WORKERS = os.cpu_count()
CASE_SECONDS = 10  # of the processor, which each case takes at most, or so many times what the longest takes here
RUN_SECONDS = 1800  # of the clock, all cases of one mutant: only for what waits and does not work
MOST_BROKEN = 0.05  # of all mutants, that do not compile
GCC = ["gcc", "-std=c11", "-O0", "-w", "-pipe"]
# The ways in which a mutant is built and tried, until one kills it. Undefined behaviour kills, too, as in the tests.
WAYS = {"64": ["-m64", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fstack-protector-all"], "32": ["-m32"]}
SHIPPED = ["gcc", "-std=c11", "-O2", "-w", "-pipe"]  # how the machine code is made that is compared

Fate = collections.namedtuple("Fate", "name by", defaults=[""])
KILLED, SURVIVED, SAME, BROKEN = "killed", "survived", "same code", "not compiling"


def key_of(mutant):
    return mutant.function, mutant.before, mutant.after, mutant.number


# ---- The list of mutants that change nothing ----

def read_equivalent(path):
    """Paragraphs: the function (with #2 for the second of several alike); - a line, and + what may become of it, any
    number of times; the reason."""
    listed = {}
    for paragraph in pathlib.Path(path).read_text().split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        function, _, number = lines[0].partition(" #")
        before, keys = None, []
        while len(lines) > 1 and lines[1][:2] in ("- ", "+ "):
            line = lines.pop(1)
            before = line[2:] if line[0] == "-" else before
            keys += [(function, before, line[2:], int(number or 1))] if line[0] == "+" else []
        if not (keys and before and lines[1:]):
            sys.exit(f"{path}: not function, - and +, reason:\n{paragraph}")
        listed.update(dict.fromkeys(keys, " ".join(lines[1:])))
    return listed


def as_entry(key):
    function, before, after, number = key
    return f"{function}{f' #{number}' if number > 1 else ''}\n    - {before}\n    + {after}"


# ---- One mutant ----

class Program:
    """The cases in one way: all but the mutated file, linked once."""

    def __init__(self, build, way, sources, cases):
        self.way = way
        self.folder = build / way
        self.folder.mkdir(parents=True, exist_ok=True)
        self.width = f"-m{way}"
        self.include = sorted({f"-iquote{pathlib.Path(source).parent}" for source in sources})
        self.gcc = [*GCC, *WAYS[way], *self.include]
        self.rest, self.codes, self.alike = {}, {}, {}
        for source in sources:
            others = [self.compiled(other) for other in sources if other != source]
            self.rest[source] = self.folder / f"without-{pathlib.Path(source).name}.o"
            subprocess.run(["gcc", self.width, "-r", "-nostdlib", "-Wl,-S", "-o", self.rest[source], *cases, *others],
                           check=True)

    def compiled(self, source):
        target = self.folder / f"{pathlib.Path(source).name}.o"
        subprocess.run([*self.gcc, "-c", "-o", target, source], check=True)
        return target

    def code(self, text, target):
        """The machine code as it is shipped; the name of the file does not stand in it."""
        subprocess.run([*SHIPPED, self.width, *self.include, "-c", "-o", target, "-x", "c", "-"], input=text, text=True,
                       check=True)
        return target.read_bytes()

    def compile_together(self, finder, function, mutants):
        """All mutants of a function in one object, each as a function of its own name: then only the link is made anew for
        each. Where a macro says how it is called, as those say that are always inlined, or where one of them does not compile,
        each is compiled by itself."""
        start, end = finder.extents[function]
        if re.match(r"[A-Z]+\b", finder.text[start:end]):
            return
        static = finder.text.startswith("static ", start)
        chosen = f"mutated_{function}" if static else function  # a name that no case has
        copies = [finder.text[start:m.start] + m.new + finder.text[m.end:end] for m in mutants]
        copies = [re.sub(rf"\b{function}(?=\()", f"{function}__{n}", copy, count=1) for n, copy in enumerate(copies)]
        declared = finder.text[start:finder.text.index("{", start)] + ";"
        text = "\n".join([finder.text[:start], declared, *copies, finder.text[end:]])
        text = re.sub(rf"(?m)^static (inline )?(?=[^\n;{{]*\b{function}(__\d+)?\()", "", text)
        target = self.folder / f"{pathlib.Path(finder.path).name}-{function}.o"
        renamed = [f"-D{function}={chosen}"] if static else []
        done = subprocess.run([*self.gcc, *renamed, "-c", "-o", target, "-x", "c", "-"], input=text, text=True,
                              stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            self.alike.update((m, [target, f"-Wl,--defsym={chosen}={function}__{n}"]) for n, m in enumerate(mutants))

    def linked(self, mutant, target):
        subprocess.run(["gcc", self.width, "-o", target, self.rest[mutant.path], *self.alike[mutant]], check=True)
        return True

    def build(self, path, text, target):
        done = subprocess.run([*self.gcc, "-o", target, self.rest[path], "-x", "c", "-"], input=text, text=True,
                              stderr=subprocess.PIPE, check=False)
        return done.returncode == 0


def run_cases(program, names, seconds=CASE_SECONDS):
    """The case that failed, or nothing. A case that never ends is one that failed."""
    limits = f'ulimit -t {seconds}; ulimit -c 0; exec "$@"'
    child = subprocess.Popen(["sh", "-c", limits, "sh", program, *names], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = child.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return "(all cases)"
    if child.returncode == 0:
        return ""
    last = (output.decode("ascii", "replace").splitlines() or ["?"])[-1]
    return last.removeprefix("FAILED ")


class Order:
    """Which case to run first: the one that kills most mutants of the function in its time, and then most of all."""

    def __init__(self, names):
        self.names = names
        self.kills = collections.Counter()
        self.seconds = {}
        self.most_seconds = CASE_SECONDS

    def measure(self, program):
        for name in self.names:
            started = time.monotonic()
            run_cases(program, [name])
            self.seconds[name] = time.monotonic() - started
        self.most_seconds = min(CASE_SECONDS, math.ceil(CASE_SECONDS * max(self.seconds.values())))

    def of(self, function):
        return sorted(self.names, key=lambda name: (-self.kills[function, name] / self.seconds[name],
                                                    -self.kills[name] / self.seconds[name], self.seconds[name]))

    def killed_by(self, function, name):
        self.kills[function, name] += 1
        self.kills[name] += 1


class Run:
    def __init__(self, programs, build, order):
        self.programs, self.build, self.order = programs, build, order
        self.texts = {}
        self.local = threading.local()
        self.workers = 0

    def folder(self):
        if not hasattr(self.local, "folder"):
            self.workers += 1
            self.local.folder = self.build / f"worker{self.workers}"
            self.local.folder.mkdir(exist_ok=True)
        return self.local.folder

    def original(self, path):
        return self.texts.setdefault(path, pathlib.Path(path).read_text())

    def mutated(self, mutant):
        text = self.original(mutant.path)
        return text[:mutant.start] + mutant.new + text[mutant.end:]

    def fate(self, mutant):
        target = self.folder() / "cases"
        for program in self.programs:
            if not (program.linked(mutant, target) if mutant in program.alike else
                    program.build(mutant.path, self.mutated(mutant), target)):
                return Fate(BROKEN)
            failed = run_cases(target, self.order.of(mutant.function), self.order.most_seconds)
            if failed:
                self.order.killed_by(mutant.function, failed)
                return Fate(KILLED, f"by {failed}, {program.way}")
            if program is self.programs[0] and self.same_code(mutant):
                return Fate(SAME)
        return Fate(SURVIVED)

    def same_code(self, mutant):
        target = self.folder() / "code.o"
        for program in self.programs:
            if mutant.path not in program.codes:
                program.codes[mutant.path] = program.code(self.original(mutant.path), target)
            if program.code(self.mutated(mutant), target) != program.codes[mutant.path]:
                return False
        return True

    def difference(self, mutant):
        lines = difflib.unified_diff(self.original(mutant.path).splitlines(), self.mutated(mutant).splitlines(),
                                     mutant.path, f"{mutant.path}, in {mutant.function}", n=2, lineterm="")
        return "\n".join(lines)

    def start(self):
        """The cases pass as long as nothing is mutated; else every mutant would look killed. Gives their number."""
        target = self.folder() / "cases"
        for program in self.programs:
            for path in program.rest:
                if not program.build(path, self.original(path), target):
                    sys.exit(f"{path} does not compile")
                listed = subprocess.run([target, "--list"], stdout=subprocess.PIPE, text=True, check=True)
                names = listed.stdout.split()
                alone = set(names) ^ set(self.order.names or names)
                if alone:
                    sys.exit(f"not a case in both widths, so it would seem to kill in the other: {' '.join(sorted(alone))}")
                self.order.names = names
                failed = run_cases(target, self.order.names)
                if failed:
                    sys.exit(f"{failed} fails without any mutation, {program.way}")
        self.order.measure(target)
        return len(self.order.names)


# ---- The whole ----

def progress(done, total, fates):
    if sys.stdout.isatty():
        count = collections.Counter(fate.name for fate in fates.values())
        print(f"\r{done} of {total}: {count[KILLED]} killed, {count[SURVIVED]} not ", end="", flush=True)


def compile_together(run, finders, mutants):
    """For the first way: most mutants need no other."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for finder in finders:
            for function in finder.extents:
                alike = [mutant for mutant in mutants if (mutant.path, mutant.function) == (finder.path, function)]
                if alike:
                    pool.submit(run.programs[0].compile_together, finder, function, alike)


def find_fates(run, mutants):
    fates = {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        futures = {pool.submit(run.fate, mutant): mutant for mutant in mutants}
        for future in concurrent.futures.as_completed(futures):
            fates[futures[future]] = future.result()
            progress(len(fates), len(mutants), fates)
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    return {mutant: fates[mutant] for mutant in mutants}


def complaints(run, fates, listed, known):
    """What is wrong, each as a text to print. `known` are the keys of all mutants there are, run or not."""
    for mutant, fate in fates.items():
        if fate.name == SURVIVED and key_of(mutant) not in listed:
            yield f"SURVIVED, and not in the list:\n{run.difference(mutant)}\n{as_entry(key_of(mutant))}\n"
        elif fate.name in (KILLED, BROKEN) and key_of(mutant) in listed:
            yield f"LISTED, but {fate.name} {fate.by}:\n{as_entry(key_of(mutant))}\n"
    for key in listed:
        if key not in known:
            yield f"LISTED, but there is no such mutant:\n{as_entry(key)}\n"
    broken = [mutant for mutant, fate in fates.items() if fate.name == BROKEN]
    if len(broken) > max(2, MOST_BROKEN * len(fates)):
        yield "TOO MANY do not compile:\n" + "\n".join(as_entry(key_of(mutant)) for mutant in broken)


def tell_left_out(finders):
    left_out = {place: name for finder in finders for place, name in finder.left_out.items()}
    if left_out:
        print("not mutated, inside macros: " + ", ".join(f"{path}:{line} {name}" for (path, line), name in
                                                        sorted(left_out.items())))


def write_fates(path, fates):
    with open(path, "w") as file:
        for mutant, fate in fates.items():
            print(f"{mutant.path}:{mutant.line} {mutant.function}: {fate.name} {fate.by}\n    - {mutant.before}\n"
                  f"    + {mutant.after}", file=file)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", nargs="+", required=True, help="the files to mutate")
    parser.add_argument("--object64", nargs="+", required=True, help="the objects of the cases and their runner")
    parser.add_argument("--object32", nargs="+", required=True)
    parser.add_argument("--equivalent", required=True, help="the list of mutants that change nothing")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="one function")
    parser.add_argument("--every", type=int, default=1, help="a sample: each N-th mutant")
    return parser.parse_args()


def main():
    args, started = arguments(), time.monotonic()
    finders = [points.Finder(source, [f"-iquote{pathlib.Path(source).parent}"]) for source in args.source]
    everything = [mutant for finder in finders for mutant in finder.mutants() if args.only in ("", mutant.function)]
    listed = {key: why for key, why in read_equivalent(args.equivalent).items() if args.only in ("", key[0])}
    mutants = everything[::args.every]
    if not mutants:
        sys.exit(f"no mutant of {args.only or args.source}")
    programs = [Program(args.build, way, args.source, args.object64 if way == "64" else args.object32) for way in WAYS]
    run = Run(programs, args.build, Order([]))
    cases = run.start()
    compile_together(run, finders, mutants)
    fates = find_fates(run, mutants)
    write_fates(args.build / "fates.txt", fates)
    wrong = list(complaints(run, fates, listed, {key_of(mutant) for mutant in everything}))
    for text in wrong:
        print(text)
    tell_left_out(finders)
    count = collections.Counter(fate.name for fate in fates.values())
    unlisted = sum(fate.name == SURVIVED and key_of(mutant) not in listed for mutant, fate in fates.items())
    print(f"{len(mutants)} mutants of {len({mutant.function for mutant in mutants})} functions, {cases} cases: "
          f"{count[KILLED]} killed, {count[SAME]} same code, {count[SURVIVED] - unlisted} equivalent (listed), "
          f"{unlisted} survived, {count[BROKEN]} not compiling; {time.monotonic() - started:.0f} seconds")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
