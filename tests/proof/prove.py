# SPDX-License-Identifier: MIT
#
# Proves the contracts of tests/proof/proof.c for heap/kheap.c, every goal of every function named here, and the lemmas they
# rest on; then the two functions of bits, in both widths, with each of the two provers.   prove.py [FUNCTION]

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS_A_GOAL = 400

PROVED = """distance size_of_heap free_bytes to_multiple boundary_of size_word size_told taken_told fence_word gap_told seal_for sealed
fits turned fingerprint put_tag kheap_init stands poison quick_room put_quick take_quick take kheap_alloc kheap_alloc_aligned
kheap_try_alloc clear product kheap_calloc ends_last fenced all_poison filled begin_of free_last kheap_free kheap_resize kheap_mark
leads_to kheap_release there_and_back""".split()

# Taken as they are: seven lines where C meets memory; that refusing reads and reports, and changes nothing; and the three of
# bits, which bits.smt2 proves.
GIVEN = """address_of up down word_below set_below word_at set_at kheap_refuse_alloc kheap_refuse_free kheap_refuse_mark
kheap_refuse_release power_of_two padding no_gap""".split()

FRAMA_C = ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-cpp-extra-args=-Iheap", "-wp", "-wp-model", "Typed+Cast",
           "-wp-rte", "-wp-prover", "cvc4,z3", "-wp-timeout", str(SECONDS_A_GOAL), "-wp-par", "2", "-wp-cache", "none"]


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more).stdout


def prove_functions(functions):
    """The number of goals; ends the program with what is not proved."""
    output = run([*FRAMA_C, "-wp-fct", ",".join(functions), "tests/proof/proof.c"])
    counts = re.search(r"Proved goals:\s+(\d+) / (\d+)", output)
    annotated = set(re.findall(r"annotating function (\w+)", output))
    if not counts or counts[1] != counts[2] or annotated != set(functions):
        failed = re.findall(r"^\[wp\] \[(?:Failed|Timeout|Unknown).*$(?:\n  .*$)*", output, re.M)
        print("\n".join(failed) or output[-3000:])
        sys.exit(f"not proved: {counts[0] if counts else 'nothing'}; without proof: {sorted(set(functions) - annotated)}")
    return int(counts[1])


def prove_lemmas():
    counts = re.search(r"Proved goals:\s+(\d+) / (\d+)", run([*FRAMA_C, "-wp-prop", "@lemma", "tests/proof/proof.c"]))
    if not counts or counts[1] != counts[2] or counts[1] == "0":
        sys.exit("a lemma is not proved")
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


def main():
    missing = [tool for tool in ("frama-c", "why3", "cvc4", "z3") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; ./minios doctor tells how to install them")
    run(["why3", "config", "detect"])
    functions = sys.argv[1:] or PROVED
    goals, lemmas = prove_functions(functions), prove_lemmas()
    bits = sum(prove_bits(prover, width) for prover in ("z3", "cvc4") for width in (32, 64))
    print(f"proof of heap/kheap.c: {goals} goals of {len(functions)} functions and {lemmas} lemma valid, none left; "
          f"{len(GIVEN)} functions given, 2 of them proved as {bits} statements on bits")


main()
