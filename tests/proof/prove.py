# SPDX-License-Identifier: MIT
#
# Proves the contracts of tests/proof/proof.c for heap/kheap.c, every goal of every function named here, and the lemmas they
# rest on; then the three functions of bits, in both widths, with each of the two provers.   prove.py [FUNCTION]
#
# What the provers answered is kept by content in build/proof-cache, so that only what changed is proved anew.

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS_A_GOAL = 400  # wall clock: it is no measure of anything, so it is generous
SECONDS_A_WAY = 40  # a way is short, and where one prover does not find its proof, the next one does
CACHE = ROOT / "build" / "proof-cache"
WHY3 = ROOT / "build" / "why3.conf"

# Three ways that why3 does not know by itself: z3 without guessing at instances of what holds for all; that with the older of
# its two ways to reckon; and cvc5. Some goals need the one way, some the other.
OTHER_WAYS = """
[prover]
name = "Z3"
version = "{z3}"
alternative = "calm"
command = "z3 -smt2 -T:%t smt.auto_config=false smt.mbqi=false %f"
driver = "z3_440"
editor = ""
in_place = false
interactive = false
shortcut = "z3-calm"

[prover]
name = "Z3"
version = "{z3}"
alternative = "old"
command = "z3 -smt2 -T:%t smt.auto_config=false smt.mbqi=false smt.arith.solver=2 smt.arith.nl=false smt.case_split=3 %f"
driver = "z3_440"
editor = ""
in_place = false
interactive = false
shortcut = "z3-old"

[prover]
name = "CVC5"
version = "{cvc5}"
command = "cvc5 --lang=smt2 --force-logic=ALL --tlimit=%t000 %f"
driver = "z3_440"
editor = ""
in_place = false
interactive = false
shortcut = "cvc5"
"""

PROVED = """distance size_of_heap free_bytes to_multiple boundary_of size_word size_told taken_told end_of fence_word gap_told
turned fingerprint seal_for sealed fits put_tag stands quick_room clear product kheap_mark kheap_release""".split()

# Proved as well, but only with a goal for each way through the function, which makes many more of them.
PROVED_BY_WAYS = "look_ahead poison ends_last kheap_free leads_to".split()

# Their contracts stand in proof.c and are not proved yet, whole or in part; who calls them is proved as if they were.
NOT_YET = """kheap_init put_quick take_quick take kheap_alloc kheap_alloc_aligned kheap_try_alloc kheap_calloc
fenced slack_whole filled whole kheap_begin_of begin_quickly free_last kheap_resize there_and_back""".split()

# Taken as they are: seven lines where C meets memory; that refusing reads and reports, and changes nothing; and the three of
# bits, which bits.smt2 proves.
GIVEN = """address_of up down word_below set_below word_at set_at kheap_refuse_alloc kheap_refuse_free kheap_refuse_mark
kheap_refuse_release power_of_two padding no_gap""".split()

FRAMA_C = ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-wp", "-wp-model", "Typed+Cast", "-wp-rte",
           "-wp-par", "2", "-wp-cache", "update", "-wp-cache-dir", str(CACHE)]
WHOLE = ["-wp-timeout", str(SECONDS_A_GOAL), "-wp-prover", "z3-calm,cvc4,z3"]
BY_WAYS = ["-wp-split", "-wp-timeout", str(SECONDS_A_WAY), "-wp-prover", "z3-calm,z3-old,z3,cvc5"]


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more).stdout


def prove_functions(functions, how):
    """The number of goals; ends the program with what is not proved."""
    if not functions:
        return 0
    output = run([*FRAMA_C, *how, "-cpp-extra-args=-Iheap", "-wp-fct", ",".join(functions), "tests/proof/proof.c"])
    counts = re.search(r"Proved goals:\s+(\d+) / (\d+)", output)
    annotated = set(re.findall(r"annotating function (\w+)", output))
    if not counts or counts[1] != counts[2] or annotated != set(functions):
        failed = re.findall(r"^\[wp\] \[(?:Failed|Timeout|Unknown).*$(?:\n  .*$)*", output, re.M)
        print("\n".join(failed) or output[-3000:])
        sys.exit(f"not proved: {counts[0] if counts else 'nothing'}; without proof: {sorted(set(functions) - annotated)}")
    return int(counts[1])


def prove_lemmas():
    counts = re.search(r"Proved goals:\s+(\d+) / (\d+)", output := run([*FRAMA_C, *WHOLE, "-cpp-extra-args=-Iheap -DSTEPS",
                                                                      "-wp-prop", "@lemma", "tests/proof/proof.c"]))
    if not counts or counts[1] != counts[2] or counts[1] == "0":
        sys.exit("not proved: " + " ".join(re.findall(r"\[Failed\] Goal typed_cast_(lemma_\w+)", output) or [output[-3000:]]))
    return int(counts[1])


def prove_bits(prover, width):
    """The number of answers, each of which has to be unsat."""
    text = (ROOT / "tests/proof/bits.smt2").read_text()
    command = {"z3": ["z3", "-in"], "cvc4": ["cvc4", "--lang", "smt2", "--incremental"]}[prover]
    output = run(command, input=text.replace("WIDTH", str(width)))
    answers = [line for line in output.splitlines() if line in ("sat", "unsat", "unknown") or "error" in line]
    if answers != ["unsat"] * text.count("(check-sat)"):
        sys.exit(f"{prover}, {width} bits:\n{output}")
    return len(answers)


def set_up_provers():
    """A configuration of why3 of our own, so that nobody's is changed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    WHY3.unlink(missing_ok=True)
    os.environ["WHY3CONFIG"] = str(WHY3)
    run(["why3", "config", "detect"])
    versions = {prover: re.search(r"\d+(\.\d+)+", run([prover, "--version"]))[0] for prover in ("z3", "cvc5")}
    with WHY3.open("a") as configuration:
        configuration.write(OTHER_WAYS.format(**versions))


def main():
    missing = [tool for tool in ("frama-c", "why3", "cvc4", "cvc5", "z3") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; ./minios doctor tells how to install them")
    set_up_provers()
    functions = sys.argv[1:] or PROVED + PROVED_BY_WAYS
    goals = prove_functions([name for name in functions if name not in PROVED_BY_WAYS], WHOLE)
    goals += prove_functions([name for name in functions if name in PROVED_BY_WAYS], BY_WAYS)
    lemmas = prove_lemmas()
    bits = sum(prove_bits(prover, width) for prover in ("z3", "cvc4") for width in (32, 64))
    print(f"proof of heap/kheap.c: {goals} goals of {len(functions)} functions and {lemmas} lemmas valid; {len(NOT_YET)} functions not proved yet; "
          f"{len(GIVEN)} functions given, 3 of them proved as {bits} statements on bits")


main()
