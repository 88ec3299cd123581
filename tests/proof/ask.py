# SPDX-License-Identifier: MIT
#
# Asks the provers for one goal, one after the other:   ask.py GOAL.smt2
#
# A goal comes with all that is known: the laws of numbers, what memory is, each definition of proof.c. A prover gets lost in
# that, and a goal needs little of it. So it is asked with a part first, and with more when that is not enough: what follows from
# a part follows from the whole. How far a prover may search is counted in steps, not in seconds, so the answer is the same on
# every machine and at every load.
#
# Most of the time goes by with those who do not find a proof. So ways.txt keeps, for each goal that the first way does not
# prove, the way that did: it is asked first, and if it fails, all are. The list proves nothing: a prover has to say it anew.

import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

# What is left out of each view, by the name that stands above it in the file. Words that begin with Q_ are lemmas and axioms,
# those that end with 'def definitions.
NOISE = (r"witness_sort|match_bool|index_bool|tuple0|CompatOrder|abs'|Abs_|Rounds|(add|sub|neg|assoc)_(div|mul)|real_of|cdiv"
         r"|is_[us]int(8|16|32)_|is_sint|is_to_([us]int(8|16|32)|sint)|id_sint|id_uint(8|16|32)|proj_int|t2tb|Bridge|eqmem"
         r"|is_init|set_init|mono|table_to|int_of_addr|addr_of|rlt|rleq|valid_str|valid_obj|l(not|and|or|xor|s[lr])1?_|bit_test|to_.*_extr|is_uint.*_l|infix @|set_sort|.*_trans$")
DIVISION = r"(Div|Mod)_|c_eucl|cmod"
OTHER_DIVISION = r"(Div|Mod)_(sign_neg|mult)"
PLACES = r".*(separated|included|valid)|P_ends|P_heap"
LEMMAS = r"Q_(?!(nowhere|steps|words|first_byte|bytes|poison))"
FAR_LAWS = r"Q_(?!(steps_up|words|first_byte|poison))"
FAR = r"havoc|framed|is_uint8_chunk|[LP]_(?!(NEAR)')"  # definitions of what the end of the goal does not name
FAR_BYTES = r"havoc|framed|is_uint8_chunk|[LP]_(?!(untouched|poisoned|NEAR)')"
VIEWS = ["|".join(out) for out in (
    (NOISE, DIVISION, "Q_"),
    (NOISE, DIVISION, FAR_LAWS, PLACES, FAR),
    (NOISE, DIVISION, r"Q_(?!poison)", PLACES, FAR_BYTES),
    (NOISE, OTHER_DIVISION, "Q_", PLACES, FAR),
    (NOISE, OTHER_DIVISION, "Q_", PLACES),
    (NOISE, DIVISION, LEMMAS, PLACES),
    (NOISE, OTHER_DIVISION, "Q_"),
    (NOISE, DIVISION, LEMMAS),
    (NOISE, OTHER_DIVISION),
    ("nothing",))]

# z3 without guessing at instances of what holds for all; that with the older of its two ways to reckon; z3 as it comes. STEPS
# is what they may take, PIVOTS the same for the other two. The seconds are against a prover that hangs, and measure nothing.
CALM = "z3 -smt2 -in -T:600 rlimit=STEPS smt.auto_config=false smt.mbqi=false"
PROVERS = (CALM,
           "cvc4 --lang=smt2 --force-logic=ALL_SUPPORTED --tlimit=600000 --rlimit=PIVOTS",
           CALM + " smt.arith.solver=2 smt.arith.nl=false smt.case_split=3",
           "cvc5 --lang=smt2 --force-logic=ALL --tlimit=600000 --rlimit=PIVOTS",
           "z3 -smt2 -in -T:600 rlimit=STEPS")
TURNS = ((0,), (1, 2), (3, 4))
STEPS = (500_000, 2_000_000, 8_000_000)
STEPS_A_PIVOT = 14

KNOWN = pathlib.Path(__file__).with_name("ways.txt")


@functools.lru_cache
def seen(goal, left_out):
    """The goal with a part of what is known: without the axioms of these names."""
    parts = re.split(r"(?m)^(?=;; )", goal)
    near = set(re.findall(r"\b[LP]_(\w+)", goal[goal.rindex("(=>"):]))
    left_out = left_out.replace("NEAR", "|".join(near))
    return "".join(part for part in parts if "(assert" not in part or "(declare-" in part or part.startswith(";; Goal")
                   or not re.match(left_out, part.split("\n")[0][3:]))


def is_proved(prover, steps, goal):
    command = prover.replace("STEPS", str(steps)).replace("PIVOTS", str(steps // STEPS_A_PIVOT)).split()
    answer = subprocess.run(command, input=goal, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return "unsat" in answer.splitlines()


def all_ways():
    """Each way to ask, the quick ones first: the steps, the prover, and what of the goal it is shown, by number."""
    return [(steps, prover, view) for steps in STEPS for turn in TURNS for view in range(len(VIEWS)) for prover in turn]


def name_of(goal):
    """By its own words, without what is known: one law more or less changes no name."""
    return hashlib.sha256(goal[goal.rindex(";; Goal"):].encode()).hexdigest()[:12]


def known_way(name):
    found = re.search(rf"(?m)^{name} (\d+) (\d) (\d)$", KNOWN.read_text(encoding="ascii"))
    return tuple(map(int, found.groups())) if found else None


def tell(name, way, how):
    """For prove.py, which keeps it if that is asked for."""
    if "ASKED" in os.environ:
        (pathlib.Path(os.environ["ASKED"]) / name).write_text(f"{how} {' '.join(map(str, way))}\n", encoding="ascii")


def main():
    goal = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    name, ways = name_of(goal), all_ways()
    first = known_way(name) or ways[0]
    for way in [first] + [other for other in ways if other != first]:
        steps, prover, view = way
        if is_proved(PROVERS[prover], steps, seen(goal, VIEWS[view])):
            tell(name, way, "first" if way == ways[0] else "known" if way == first else "searched")
            print("unsat")
            return
    print("unknown")


main()
