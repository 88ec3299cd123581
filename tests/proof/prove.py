# SPDX-License-Identifier: MIT
#
# Proves the contracts of tests/proof/proof.c for heap/kheap.c, every goal of every function named here, and the lemmas they
# rest on; then the three functions of bits, in both widths, with each of the two provers.   prove.py [FUNCTION]
#
# What is read is a copy of the heart with the hints of hints.txt in it, as comments (annotate.py). What the provers answered is
# kept by content in build/proof-cache, so that only what changed is proved anew; ask.py says how they are asked. With KEEP=1
# all is proved anew, and how each goal was proved goes into ways.txt.

import os
import pathlib
import re
import shutil
import subprocess
import sys

from annotate import annotate

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS_A_GOAL = 3000  # against a prover that hangs; how far one may search, ask.py counts in steps
CACHE = ROOT / "build" / "proof-cache"
WHY3 = ROOT / "build" / "why3.conf"
HEART = ROOT / "build" / "proof"
ASKED = ROOT / "build" / "proof-asked"  # a file for each goal that ask.py proved in this run
WAYS = ROOT / "tests" / "proof" / "ways.txt"

# The only prover that why3 is told of: all of them, one after the other.
ASK = """
[prover]
name = "Ask"
version = "1"
command = "{python} {ask} %f"
driver = "z3_440"
editor = ""
in_place = false
interactive = false
shortcut = "ask"
"""

PROVED = """distance size_of_heap free_bytes to_multiple boundary_of size_word size_told taken_told end_of fence_word gap_told
turned fingerprint seal_for sealed fits put_tag kheap_init stands quick_room put_quick take_quick kheap_alloc kheap_alloc_aligned
kheap_try_alloc clear product kheap_calloc fenced slack_whole filled whole kheap_begin_of free_last kheap_resize kheap_mark
begin_quickly kheap_release there_and_back""".split()

# Proved as well, but only with a goal for each way through the function, which makes many more of them.
PROVED_BY_WAYS = "look_ahead poison take ends_last kheap_free leads_to".split()

# Taken as they are: seven lines where C meets memory; that refusing reads and reports, and changes nothing; and the three of
# bits, which bits.smt2 proves.
GIVEN = """address_of up down word_below set_below word_at set_at kheap_refuse_alloc kheap_refuse_free kheap_refuse_mark
kheap_refuse_release power_of_two padding no_gap""".split()

FRAMA_C = ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-wp", "-wp-model", "Typed+Cast", "-wp-rte", "-wp-prover", "ask",
           "-wp-par", "2", "-wp-cache", "update", "-wp-cache-dir", str(CACHE), "-wp-timeout", str(SECONDS_A_GOAL)]
INCLUDE = f"-cpp-extra-args=-I{HEART} -Iheap"


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more).stdout


def prove(*what):
    """How many goals there are, and the names of those that are not proved. Without any there is something else to tell."""
    output = run([*FRAMA_C, *what, "tests/proof/proof.c"])
    counts = re.search(r"Proved goals:\s+(\d+) / (\d+)", output)
    failed = re.findall(r"Goal typed_cast_(\w+) : (?!Valid)", output)
    if not counts or counts[2] == "0" or (counts[1] != counts[2]) != bool(failed):
        sys.exit(f"not proved, and no goal is named:\n{output[-3000:]}")
    return int(counts[2]), failed, set(re.findall(r"annotating function (\w+)", output))


def prove_functions(functions):
    """The number of goals; ends the program with those that are not proved."""
    goals, failed = 0, []
    for names, how in (([name for name in functions if name not in PROVED_BY_WAYS], []),
                       ([name for name in functions if name in PROVED_BY_WAYS], ["-wp-split"])):
        if names:
            more, unproved, annotated = prove(*how, INCLUDE, "-wp-fct", ",".join(names))
            goals, failed = goals + more, failed + unproved + [f"{name}: no such function" for name in set(names) - annotated]
    if failed:
        sys.exit("not proved:\n" + "\n".join(failed))
    return goals


def prove_lemmas():
    lemmas, failed, _ = prove(f"{INCLUDE} -DSTEPS", "-wp-prop", "@lemma")
    if failed:
        sys.exit("not proved:\n" + "\n".join(failed))
    return lemmas


def prove_bits(prover, width):
    """The number of answers, each of which has to be unsat."""
    text = (ROOT / "tests/proof/bits.smt2").read_text()
    command = {"z3": ["z3", "-in"], "cvc4": ["cvc4", "--lang", "smt2", "--incremental"]}[prover]
    output = run(command, input=text.replace("WIDTH", str(width)))
    answers = [line for line in output.splitlines() if line in ("sat", "unsat", "unknown") or "error" in line]
    if answers != ["unsat"] * text.count("(check-sat)"):
        sys.exit(f"{prover}, {width} bits:\n{output}")
    return len(answers)


def set_up_provers(keep):
    """A configuration of why3 of our own, so that nobody's is changed. What was proved stays; what was not is asked anew."""
    for folder in [ASKED, CACHE] if keep else [ASKED]:
        shutil.rmtree(folder, ignore_errors=True)
    ASKED.mkdir(parents=True)
    CACHE.mkdir(exist_ok=True)
    os.environ["ASKED"] = str(ASKED)
    for answer in CACHE.glob("*.json"):
        if '"valid"' not in answer.read_text():
            answer.unlink()
    WHY3.unlink(missing_ok=True)
    os.environ["WHY3CONFIG"] = str(WHY3)
    run(["why3", "config", "detect"])
    with WHY3.open("a") as configuration:
        configuration.write(ASK.format(python=sys.executable, ask=ROOT / "tests/proof/ask.py"))


def keep_ways():
    """What the first way proves needs no line."""
    ways = {asked.name: asked.read_text().split() for asked in ASKED.iterdir()}
    head = "".join(line for line in WAYS.read_text().splitlines(keepends=True) if line.startswith("#"))
    WAYS.write_text(head + "".join(f"{name} {' '.join(way)}\n" for name, (how, *way) in sorted(ways.items()) if how != "first"))


def main():
    keep = bool(os.environ.get("KEEP"))
    annotate(ROOT, HEART)
    missing = [tool for tool in ("frama-c", "why3", "cvc4", "cvc5", "z3") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; ./minios doctor tells how to install them")
    set_up_provers(keep)
    functions = sys.argv[1:] or PROVED + PROVED_BY_WAYS
    goals = prove_functions(functions)
    lemmas = prove_lemmas()
    bits = sum(prove_bits(prover, width) for prover in ("z3", "cvc4") for width in (32, 64))
    if keep:
        keep_ways()
    searched = sum(asked.read_text().startswith("searched") for asked in ASKED.iterdir())
    print(f"proof of heap/kheap.c: {goals} goals of {len(functions)} functions and {lemmas} lemmas valid; "
          f"{len(GIVEN)} functions given, 3 of them proved as {bits} statements on bits; "
          f"{searched} proofs searched for")


main()
