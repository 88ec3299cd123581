# SPDX-License-Identifier: MIT
#
# Writing the heap in a page, in plain Node: the compiler, the linker, and the checks in the emulated machine.

import json
import re
import subprocess
import sys

import pytest

from kernel import HANG_SECONDS, ROOT
from learn import BOSS, EXERCISES, solution, wrong_answers
from test_learn_checks import narrow_objects, report_of  # noqa: F401  (the first is a fixture)
from test_learn_compiler import MISTAKES, RIGHT
from test_learn_kernel import NO_MISTAKE, comparable
from web import one_after_the_other, output_of

sys.path.insert(0, str(ROOT / "tools" / "book"))
import build  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.page]

TEMPLATE = (EXERCISES / "template.c").read_text(encoding="utf-8")

# Mistakes (by their number in MISTAKES) for which TCC has other words, and why.
NOT_TOLD = {30: "a cast may stand on the left of = in TCC"}
OTHER_HELP = {2: ("return-missing", "its first message is of the function that the brace too many ends")}


@pytest.fixture(scope="session")
def node():
    """Runs one of the programs of run.mjs."""
    with one_after_the_other("book"):
        build.packages()
        output_of("make", "-s", "tcc")
        output_of("make", "-s", "hole")

    def run(what, question):
        done = subprocess.run(["node", "tests/learn-page/run.mjs", what], cwd=ROOT, input=json.dumps(question), capture_output=True,
                              text=True, timeout=HANG_SECONDS, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])
    return run


# ---- The compiler ----

def test_every_heap_of_the_exercises_compiles_and_links(node):
    heaps = [TEMPLATE, *map(solution, range(1, BOSS + 1)), *(code for step in range(1, BOSS + 1) for _, code in wrong_answers(step))]
    assert len(heaps) > 150
    for heap, seen in zip(heaps, node("sources", heaps)):
        assert seen["told"] == [] and "stopped" not in seen, heap


def test_the_headers_are_those_of_gcc(node):
    path = ROOT / "tests/learn-page/headers.c"
    subprocess.run(["gcc", "-m32", "-std=c11", "-ffreestanding", "-fsyntax-only", path], check=True)
    source = path.read_text(encoding="ascii")
    assert node("headers", source) == []
    told = node("headers", source.replace("UINT8_MAX == 255", "UINT8_MAX == 256"))
    assert [re.search("UINT8_MAX == 256", one["text"]) is not None for one in told] == [True]


@pytest.fixture(scope="session")
def mistakes(node):
    assert all(RIGHT.count(right) == 1 for _, right, _ in MISTAKES)
    return node("sources", [RIGHT.replace(right, written) for _, right, written in MISTAKES])


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[f"{n}-{row[0]}" for n, row in enumerate(MISTAKES)])
def test_a_compiler_error_gets_its_word_of_help(mistakes, number):
    name, seen = MISTAKES[number][0], mistakes[number]
    if number in NOT_TOLD:
        assert seen["told"] == []
        return
    assert seen["help"] == OTHER_HELP.get(number, (name,))[0], seen
    first = seen["told"][0]
    if name == "undefined-reference":
        assert first == {"kind": "missing", "name": "my_stats", "text": "undefined reference to my_stats()"}
    else:
        assert first["file"] == "my_heap.c" and 0 < first["line"] <= RIGHT.count("\n") + 20 and first["kind"] == "error", seen


def test_a_mistake_in_a_header_tells_the_line_that_includes_it(node):
    seen, = node("sources", ["\n#define size_t 5\n" + TEMPLATE])
    first = seen["told"][0]
    assert first["file"] != "my_heap.c" and first["included"] == {"file": "my_heap.c", "line": TEMPLATE[:TEMPLATE.index("#include")].count("\n") + 3}


@pytest.mark.parametrize("code", ["static long double far = -7e18L;", "static long double near = 7;", "bool huge(double x) { return x > 1e19L; }"])
def test_a_long_double_is_refused_with_a_word_of_help(node, code):
    seen, = node("sources", [f"{TEMPLATE}\n{code}\n"])
    assert "stopped" not in seen and seen["told"][0]["file"] == "my_heap.c" and seen["help"] == "long-double", seen


def powers(first, count, between):
    """Macros, each ten times the one before."""
    rows = [f"#define A0 {first}"]
    rows += [f"#define A{n} " + between.join([f"A{n - 1}"] * 10) for n in range(1, count)]
    return "\n".join(rows) + "\n"


def test_no_file_keeps_the_compiler_for_ever(node):
    bombs = {"memory": [powers("1,1", 12, ",") + "int x[] = { A11 };\n", "int x = " + "(" * 200000 + "1" + ")" * 200000 + ";",
                        "int f() {" + "{" * 200000 + "}" * 200000 + "}", "char x[2000000000] = { 1 };"],
             "time": [powers("", 15, " ") + "int x = 1 A14;\n"], None: ['#include "my_heap.c"\n', "\0", "\ufeff", "#if 1\n", "/*", '"', "#include <>"]}
    for stopped, sources in bombs.items():
        seen = node("contained", {"list": sources, "right": TEMPLATE, "milliseconds": 2000 if stopped == "time" else 600_000})
        for source, one in zip(sources, seen):
            assert one["after"] and one.get("stopped") == stopped and bool(one["messages"]) == (stopped is None), (source[:80], one)
            assert one["memory"] < 1 << 30


# ---- The linker ----

def test_names_that_are_missing_or_there_twice_are_told(node):
    whole = solution(BOSS)
    used = "int far_away(int); "
    changes = [whole.replace("my_stats(", "my_statistics("),
               used + whole.replace("    return true;\n", "    return far_away(1);\n", 1),
               whole + "\nint memcpy(int a) { return a; }\n",
               whole + "\nunsigned char room[40000];\n",
               whole + "\nvoid f(void) {" + " kprintf(\"\");" * 4000 + "}\n",
               whole + "".join(f"\nvoid f{n}(void) {{}}" for n in range(200))]
    told = [[(one["kind"], one["name"]) for one in seen["told"]] for seen in node("sources", changes)]
    assert told == [[("missing", "my_stats")], [("undefined", "far_away")], [("twice", "memcpy")], [("size", "data")], [("size", "code")],
                    [("size", "functions")]]
    assert [seen["help"] for seen in node("sources", changes[:3])] == ["undefined-reference", "undefined-reference", "name-taken"]


def test_all_that_tcc_puts_into_an_object_is_linked(node):
    """Texts, tables of addresses, variables with and without a value, division of 64 bits."""
    more = """
static const char *const names[] = { "one", "two" };
static int (*const calls[])(const char *, ...) = { kprintf };
int counter, *where = &counter;
static uint64_t wide = 10000000000;
static int64_t low = -70000000000;
static int part(int n) { return (int)(low / (3 * n) % 1000) + (int)(wide % 7 >> n << 2 * n) + (int)(low >> 31 + n); }
static void say(int n) { calls[0]("%s %u %d %d\\n", names[n], (unsigned)(wide / 1000000000), part(n), ++*where); }
"""
    text = solution(1).replace("/* ---- Step", more + "/* ---- Step", 1)
    text = re.sub(r"(bool my_init\([^)]*\)\n\{\n)", r"\1    say(1);\n", text)
    assert text.count("say(1)") == 1
    part = -(70000000000 // 3 % 1000) + (10000000000 % 7 >> 1 << 2) + (-70000000000 >> 32)
    seen, = node("checks", [{"source": text, "level": 1}])
    assert seen["verdict"] == "passed" and [line for line in seen["lines"] if line.startswith("said")][:2] == [f"said two 10 {part} {n}" for n in (1, 2)]


def test_numbers_with_a_point_are_reckoned_with_as_in_the_terminal(node):
    """What TCC cannot do by itself: whole numbers of 64 bits made of them, and of such ones without a sign."""
    more = """
static volatile double half = 0.5, large = 1e19;
static volatile float third = 1.0f / 3;
static volatile long double far, farthest;
static volatile uint64_t wide = 10000000000000000000u;
static bool right(size_t size)
{
    size_t grown = size * 1.5;
    far = half * -14e18;
    farthest = large;
    return grown == size + size / 2 && (int)(half * -7) == -3 && (int64_t)far == -7000000000000000000 && (int64_t)(third * 30) == 10 &&
           (uint64_t)large == wide && (uint64_t)(half * 5) == 2 && (uint64_t)(third * 10) == 3 && (uint64_t)farthest == wide &&
           (double)wide == large && (float)wide > 9.9e18f && (long double)wide == farthest && (double)(wide / 4) == 2.5e18;
}
"""
    text = solution(1).replace("/* ---- Step", more + "/* ---- Step", 1)
    text = re.sub(r"(bool my_init\([^)]*\)\n\{\n)", r"\1    if (!right(size & ~1u))\n        return false;\n", text)
    assert text.count("!right(") == 1
    seen, = node("checks", [{"source": text, "level": 1}])
    assert seen["verdict"] == "passed", seen["lines"]


def test_each_address_has_its_function_and_line(node, tmp_path):
    """As addr2line tells it of the object itself."""
    path = tmp_path / "my_heap.o"
    seen = node("places", {"source": solution(BOSS), "object": str(path)})
    assert seen["outside"] == [] and seen["beyond"] is None and len(seen["at"]) > 1000
    told = output_of("addr2line", "-f", "-e", str(path), *map(hex, range(len(seen["at"])))).splitlines()
    lines = [re.search(r"my_heap\.c:(\d+)", line) for line in told[1::2]]
    assert all(place[:2] == [function, "my_heap.c"] for place, function in zip(seen["at"], told[::2]))
    assert [place[2] for place in seen["at"]] == [int(line[1]) for line in lines]


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_damaged_object_is_refused_or_stays_in_the_hole(node, seed):
    seen = node("fuzz", {"source": solution(BOSS), "seed": seed, "count": 1500})
    assert seen["thrown"] == [] and seen["outside"] == []
    assert seen["linked"] > 100 and seen["kinds"]["object"] > 100 and set(seen["kinds"]) <= {"object", "undefined", "twice", "missing", "size"}


# ---- The checks, in the emulated machine ----

def diagnosis(seen):
    return next((line.split()[1] for line in reversed(seen["lines"]) if line.startswith("diagnosis ")), None)


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_each_solution_passes_its_step_and_all_before(node, step, record_property):
    seen, = node("checks", [{"source": solution(step), "level": step}])
    assert seen["verdict"] == "passed", seen
    assert sorted(int(line.split()[1]) for line in seen["lines"] if line.startswith("step ")) == list(range(1, step + 1))
    assert seen["most"] < (500_000_000 if step == BOSS else 20_000_000), "far from the budget"
    assert 0.7 < seen["instructions"] / seen["usual"] < 1.3 or step < 10, "what the progress is measured by"
    if step == BOSS:
        record_property("figure", f"the boss in a page: {seen['instructions'] / 1e6:.0f} million instructions")


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_a_wrong_answer_gets_the_report_that_it_gets_as_a_process(node, step, tmp_path, narrow_objects):  # noqa: F811
    answers = wrong_answers(step)
    seen = node("checks", [{"source": code, "level": step} for _, code in answers])
    for (name, code), one in zip(answers, seen):
        right = (step, name) in NO_MISTAKE
        assert (diagnosis(one), one["verdict"] == "passed") == (None if right else name, right)
        told = "".join(f"{line}\n" for line in one["lines"])
        assert comparable(told) == comparable(report_of(code, step, tmp_path, narrow_objects, "-m32")), name


MOVE = "    h->free_memory_pointer = h->heap_start;\n"
TWIST = """
static bool twist(size_t n)
{
    for (size_t i = 0; i < n % 10; i++)
        n--;
    return true;
}
"""

# What is written into my_init, where it then stands still or falls | verdict, diagnosis, function
ENDS = {
    "endless": ("for (;;)\n        h->heap_end = h->heap_end;", "loop", "crash-loop", "my_init"),
    "interrupts-off": ('__asm__ volatile("cli");\n    for (;;)\n        ;', "loop", "crash-loop", "my_init"),
    "endless-calls": ("while (twist(size))\n        size++;", "loop", "crash-loop", "my_init"),
    "endless-talk": ('for (;;)\n        kprintf("on and on\\n");', "loop", "crash-loop", "my_init"),
    "recursion": ("return my_init(h, memory, size);", "failed", "crash-stack", "my_init"),
    "null": ("*(int *)0 = 1;", "failed", "crash-null", "my_init"),
    "wild": ("*(int *)0x40000000 = 1;", "failed", "crash-wild", "my_init"),
    "own-code": ("*(int *)my_init = 1;", "failed", "crash-wild", "my_init"),
    "kernel": ("*(int *)0x100000 = 1;", "failed", "crash-wild", "my_init"),
    "division": ("size /= size - size;", "failed", "crash-division", "my_init"),
    "all-memory": ("for (unsigned char *p = h->heap_start;; p++)\n        *p = 0;", "failed", "crash-wild", "my_init"),
    "jump": ("((void (*)(void))h->heap_start)();", "failed", "crash-wild", None),
    "halt": ('__asm__ volatile("cli; hlt");', "failed", "crash-wild", "my_init"),
    "no-stack": ('__asm__ volatile("movl $0, %esp; pushl %eax");', "failed", "crash-wild", "my_init"),
    "reboot": ('__asm__ volatile("movb $0xfe, %al; outb %al, $0x64");\n    for (;;)\n        ;', "broken", None, None),
}


def my_init_with(code):
    right = solution(4)
    assert right.count(MOVE) == 1
    return right.replace(MOVE, f"{MOVE}    {code}\n").replace('#include "my_heap.h"\n', f'#include "my_heap.h"\n{TWIST}')


@pytest.fixture(scope="session")
def ends(node):
    return dict(zip(ENDS, node("checks", [{"source": my_init_with(row[0]).replace(TWIST, TWIST if "twist" in row[0] else ""), "level": 4}
                                          for row in ENDS.values()])))


@pytest.mark.parametrize("name", ENDS)
def test_what_goes_astray_is_contained(ends, name):
    seen, (_, verdict, crash, function) = ends[name], ENDS[name]
    assert (seen["verdict"], diagnosis(seen)) == (verdict, crash), seen
    assert seen["lines"][:2] == ["step 4", "check exact"]
    assert function is None or function in [place[0] for place in seen["places"]], seen["places"]
    assert sum(line.startswith("loop ") for line in seen["lines"]) == (100 if verdict == "loop" else 0)
    assert seen["instructions"] < 1_000_000_000 and (seen["strange"] == 0 or "kprintf" in ENDS[name][0])


def test_it_boots_on_the_heap_and_names_its_functions(node):
    right = solution(BOSS)
    told = node("prompt", {"source": right, "commands": ["alloc 100", "alloc 7 64", "blocks", "free", "check"]})
    assert re.search(r"^ +#2 +0x\w+ +7 ", told, re.M) and "not free" not in told, told
    wrong = re.sub(r"(enum my_fault my_check\([^)]*\)\n\{\n)", r"\1    *(volatile int *)4 = 1;\n", right)
    assert wrong != right
    told = node("prompt", {"source": wrong, "commands": ["alloc 100", "check"]})
    assert re.search(r"^ +at my_check\+0x", told, re.M), told


def test_whatever_a_run_comes_to_it_is_told(node):
    seen = node("otherEnds", solution(BOSS))
    assert [seen[end]["verdict"] for end in ("noSuchCheck", "stopped", "already", "nothing")] == ["broken", "stopped", "stopped", "broken"]
    assert seen["nothing"]["error"] == "Error: no emulator"
    assert seen["stopped"]["lines"][:2] == ["step 11", "check two-heaps"] and "passed" not in seen["stopped"]["lines"]
    assert seen["parts"] == sorted(seen["parts"]) and 0.1 < seen["parts"][-1] < 0.5
