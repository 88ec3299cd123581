# SPDX-License-Identifier: MIT
#
# The port guide: its listings run, its sentences are true, its figures are those of today.

import json
import os
import re
import subprocess
import sys

import pytest

from kernel import ROOT

sys.path.insert(0, str(ROOT / "tests/port"))
import figures  # noqa: E402

sys.path.insert(0, str(ROOT / "bench"))
from tables import goals  # noqa: E402

figures.BUILD = figures.BUILD / os.environ.get("PYTEST_XDIST_WORKER", "alone")

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "examples/port-to-your-kernel.md").read_text()
HEAP = sorted((ROOT / "heap").glob("*.c"))
ANOTHER_COMPILER = 1.5  # by so much its figures may differ


def run(*command, cwd=ROOT):
    done = subprocess.run([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def tried(folder, compiler):
    """The listings of the guide, and what tries them, as a program."""
    (folder / "listings.c").write_text("\n".join(re.findall(r"```c\n(.*?)```", GUIDE, re.S)))
    run(*compiler.split(), "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/heap", f"-I{folder}", ROOT / "tests/port/guide.c",
        *HEAP, "-o", folder / "guide")
    return folder / "guide"


@pytest.mark.parametrize("compiler", ["gcc -O2", "clang -O2", "gcc -m32 -Os", "clang -O1 -fsanitize=address,undefined"])
def test_what_the_guide_says_is_so(tmp_path, compiler):
    assert run(tried(tmp_path, compiler)) == "as the guide says\n"


def test_the_lock_of_the_guide_is_the_one_that_is_run():
    example = (ROOT / "examples/firmware/interrupts.c").read_text()
    lock, = re.findall(r"```c cortex-m\n(.*?)```", GUIDE, re.S)
    calls = re.search(r"static inline \S+ void \*kmalloc\(size_t size\)\n.*?(?=```)", GUIDE, re.S)[0]
    assert lock in example and calls in example


def test_nothing_is_read_that_was_not_written(tmp_path):
    assert "as the guide says" in run("valgrind", "-q", "--error-exitcode=3", tried(tmp_path, "gcc -g -O1"))


@pytest.mark.parametrize("look", ["instead", "beside"])
@pytest.mark.parametrize("compiler", ["gcc -O2", "gcc -m32 -Os -fno-pic -no-pie", "clang -O1 -fsanitize=address,undefined", "gcc -O2 -flto"])
def test_refused_in_brief(tmp_path, compiler, look):
    sources = [path for path in figures.BRIEF if look == "beside" or path.name != "kheap_look.c"]
    port = ROOT / "tests/port"
    more = [] if look == "beside" else ["-DNO_LOOK"]
    run(*compiler.split(), "-std=c11", "-Wall", "-Wextra", "-Werror", "-DMOST_BLOCKS=1000", *more, f"-I{ROOT}/heap", port / "brief.c",
        port / "stage.c", *sources, "-o", tmp_path / "brief")
    assert run(tmp_path / "brief") == "refused in brief\n"
    run(ROOT / "package/amalgamate", tmp_path)
    run(*compiler.split(), "-DKHEAP_BRIEF", "-std=c11", "-Wall", "-Wextra", "-Werror", "-DMOST_BLOCKS=1000", f"-I{tmp_path}",
        port / "brief.c", port / "stage.c", tmp_path / "kheap.c", "-o", tmp_path / "pair")
    assert run(tmp_path / "pair") == "refused in brief\n"


def test_brief_refusals_are_bounded():
    rows = re.findall(r"^\| (`kheap_.*?) \|.*\| (\S+) \|$", kept("brief"), re.M)
    assert len(rows) > 5 and {told for _, told in rows} == {"yes"}


def kept(name):
    return figures.place(name).search(GUIDE)[2].rstrip("\n")


def alike(text, told, same_compilers):
    """The same words around figures that are the same, or, by another compiler, near."""
    number = re.compile(r"\b\d[\d,]*\b")
    pairs = zip(number.findall(text), number.findall(told), strict=True)
    near = [int(a.replace(",", "")) <= ANOTHER_COMPILER * int(b.replace(",", "")) + 16 for both in pairs
            for a, b in (both, both[::-1])]
    return text == told if same_compilers else number.sub("n", text) == number.sub("n", told) and all(near)


@pytest.mark.parametrize("name", figures.TABLES)
def test_figures_of_the_guide(name):
    """Exact under the compilers that it names. After a change of the heap, or of the lock that the kernel puts around its calls: make
    port-figures KEEP=1, and read the difference."""
    same = figures.compilers() in kept("compilers")
    if name != "functions" or same:  # which functions there are, each compiler decides
        assert alike(figures.TABLES[name](), kept(name), same)


def test_another_figure_would_be_noticed():
    assert alike("| 1,000 | yes |", "| 1,200 | yes |", False) and not alike("| 1,000 | yes |", "| 1,001 | yes |", True)
    assert not alike("| 1,000 | yes |", "| 2,000 | yes |", False) and not alike("| 1,000 | yes |", "| 1,000 | no |", False)


def test_what_keeps_others_out_for_longer_is_what_the_guide_says():
    off = {what: int(count.replace(",", "")) for what, count in re.findall(r"^\| (`.*?) \| ([\d,]+) \|$", kept("off"), re.M)}
    well = ["`kmalloc`", "`kmalloc_aligned`, up to 4,096", "`kfree`", "`kresize`"]
    assert list(off)[:4] == well
    assert all(count > max(off[what] for what in well) for what, count in off.items() if "refused" in what or "1,000" in what or "kzalloc" in what)
    assert "-icount shift=0,sleep=off" in GUIDE and '"-icount shift=0,sleep=off"' in (ROOT / "tests/port/figures.py").read_text()


def count_of(call):
    return int(re.search(rf"\| `{call}` (?:of the last block )?\| (\d+) \|", GUIDE)[1])


def test_each_instruction_of_a_pair_is_for_something():
    rows = re.search(r"<!-- where -->\n(?:\|.*\n){2}((?:\|.*\n)*)", GUIDE)[1].splitlines()
    counts = [[int(cell.replace("-", "0")) for cell in re.findall(r"\| (\d+|-) (?=\|)", row)] for row in rows]
    assert [sum(column) for column in zip(*counts)] == [count_of("kheap_alloc"), count_of("kheap_free")]
    moved, written = counts[0], counts[7:]
    looked = sum(map(sum, counts[1:7]))
    assert f"So {sum(moved)} move the pointer, {sum(map(sum, written))} write the tag, and {looked} look." in GUIDE


def test_what_is_missed_is_what_the_bench_found():
    found = json.loads((ROOT / "docs/bench.json").read_text())
    worst = {pair: max(one["ratios"][pair] for one in found["runs"]) for pair in found["runs"][0]["ratios"]}
    told = (f"the stack of blocks, {worst['stack glibc']:.2f} of glibc instead of 0.45 and {worst['stack mimalloc']:.2f} of mimalloc instead of "
            f"0.65; one pair repeated, {worst['pair glibc']:.2f} of glibc instead of 0.40, and slower than GNU obstack, "
            f"{worst['pair obstack']:.2f} of it")
    assert told in " ".join(GUIDE.split())
    missed = [what for what, figure, most in goals(found) if figure > most]
    assert sorted(missed) == ["pair against glibc", "pair ahead of obstack", "stack against glibc", "stack against mimalloc"]
    nanoseconds = {name: found["peers"][name]["ns"]["pair"] for name in ("bump", "kheap")}
    assert nanoseconds["bump"] > nanoseconds["kheap"] / 2
    assert round(sum(found["peers"]["obstack"]["instructions"]["x86-64"])) == 40


def test_painted_stack_stays_below_the_bound():
    painted = figures.painted()
    assert len(painted) > 20
    for way, (took, most) in painted.items():
        assert 0 < took <= most, way
    call = "kheap_free", "refused with E04, the lowest block"
    assert painted[call][0] > painted[call][1] / 2  # the bound is about this machine, and not far above it


def test_only_these_calls_depend_on_the_number_of_blocks():
    """Whoever keeps the rules is bounded, but for these."""
    rows = dict(re.findall(r"^\| `(kheap_\w+` ?[^|]*?) \|.*\| (\**\w+\**) \|$", kept("instructions"), re.M))
    unbounded = {call for call, told in rows.items() if told == "**no**"}
    walks = {"kheap_release` of all blocks", "kheap_check`", "kheap_walk`", "kheap_stats`"}
    assert len(rows) > 20 and walks <= unbounded
    assert all("refused with E04" in call or "refused with E06, inside" in call for call in unbounded - walks)


def test_the_cases_build_as_the_guide_tells(tmp_path):
    line = re.search(r"^ +CC -O2.*?(?=^ *```)", GUIDE, re.M | re.S)[0].strip().removeprefix("CC ")
    run("sh", "-c", f"cd {ROOT}; {figures.M0} {line} {figures.PICOLIBC.replace('0x100000', '0x1000000')} -o {tmp_path}/cases.elf")
    told = run(*figures.BOARD.replace("native", "native,arg=heap_is_three_words").split(), tmp_path / "cases.elf")
    assert "heap_is_three_words: " in told


FIRMWARE = ROOT / "examples/firmware"
LIBGCC = "$(arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -print-libgcc-file-name)"
ON_A_BOARD = {  # how a source is compiled, and how all are linked
    "gcc": ("arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb", "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -nostdlib {how}"),
    "clang": ("clang --target=thumbv6m-none-eabi", "ld.lld"),
}


def on_a_board(folder, compiler, how, program):
    compile_one, link = ON_A_BOARD[compiler]
    for source in (*HEAP, FIRMWARE / "board.c", FIRMWARE / program):
        run(*compile_one.split(), *how.split(), "-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/heap", "-c", source,
            "-o", folder / f"{source.stem}.o")
    run("sh", "-c", f"{link.format(how=how)} -T {FIRMWARE}/link.ld {folder}/*.o {LIBGCC} -o {folder}/a.elf")
    return folder / "a.elf"


@pytest.mark.parametrize("how", ["-Os", "-Os -flto", "-O2 -flto"])
@pytest.mark.parametrize("compiler", ON_A_BOARD)
def test_own_memset_and_link_time_optimisation(tmp_path, compiler, how):
    told = run(FIRMWARE / "run", on_a_board(tmp_path, compiler, how, "main.c"))
    assert told.endswith("E04 refused\nE07 refused\nall came back\n")


# By instructions, so that each run is the same; and what it prints at its end.
WITH_TICKS = figures.TICKING.split()
HELD = r"100000 ticks, (\d+) messages, (\d+) dropped; (\d+) calls of main's heap\nboth heaps are whole, and empty\n"


@pytest.mark.parametrize("how", ["-Os", "-O2", "-O2 -flto"])
@pytest.mark.parametrize("compiler", ON_A_BOARD)
def test_a_hundred_thousand_interrupts_on_a_board(tmp_path, compiler, how):
    elf = on_a_board(tmp_path, compiler, how, "interrupts.c")
    told = run(FIRMWARE / "run", elf, *WITH_TICKS)
    messages, dropped, calls = map(int, re.fullmatch(HELD, told).groups())
    assert messages + dropped == 100000 and calls > 100000
    assert run(FIRMWARE / "run", elf, *WITH_TICKS) == told


@pytest.mark.parametrize("left_out,refused", [("ONE_HEAP", "E04"), ("NO_LOCK", "E0[78]")])
@pytest.mark.parametrize("how", ["-Os", "-O2"])
@pytest.mark.parametrize("compiler", ON_A_BOARD)
def test_a_rule_left_out_is_refused_within_these_interrupts(tmp_path, compiler, how, left_out, refused):
    elf = on_a_board(tmp_path, compiler, f"{how} -D{left_out}", "interrupts.c")
    done = subprocess.run([FIRMWARE / "run", elf, *WITH_TICKS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 1 and re.fullmatch(rf"{refused} refused after \d{{1,5}} ticks\n", done.stdout), done.stdout


@pytest.mark.parametrize("compiler", ["gcc -O2 -flto=auto", "gcc -m32 -O2 -flto=auto", "clang -O2 -flto -fuse-ld=lld"])
def test_the_cases_after_link_time_optimisation(tmp_path, compiler):
    """They hold the owners too: a call that was put in line would name who called its caller."""
    cases = [path for folder in ("heap", "model") for path in sorted((ROOT / "tests" / folder).glob("*.c")) if path.name != "told.c"]
    run(*compiler.split(), "-std=c11", "-iquote", ROOT / "heap", "-iquote", ROOT / "tests", *HEAP, ROOT / "tests/case.c", *cases, "-o",
        tmp_path / "cases")
    names = run(tmp_path / "cases", "--list").split()
    assert len(names) > 100
    run("env", "MODEL_SEEDS=8", tmp_path / "cases", *names)
