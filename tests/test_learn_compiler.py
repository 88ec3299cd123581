# SPDX-License-Identifier: MIT
#
# What compilers say most often to learners: each message gets its own word of help, and the line is shown.

import re

import pytest

from kernel import COMPILERS, first_of_each
from learn import BOSS, EXERCISES, FAILED, LANGUAGES, Learner, solution

RIGHT = solution(BOSS)
MOVE = "    h->free_memory_pointer = h->heap_start;\n"
LEFT = "size_t left = (size_t)(h->heap_end - h->free_memory_pointer);\n\n    if"
STATS = RIGHT[RIGHT.index("struct my_stats my_stats"):RIGHT.index("/* ---- Step 6")]

# The name of the help | what stands in the solution | what the learner wrote instead
MISTAKES = [
    ("semicolon-missing", MOVE, MOVE.replace(";", "")),
    ("brace-missing", "    return true;\n}\n\n/* ---- Steps 2", "    return true;\n\n/* ---- Steps 2"),
    ("brace-missing", "        return NULL;\n    unsigned", "        return NULL;\n    }\n    unsigned"),
    ("brace-missing", "newest.gap;\n    return ALL_WELL;\n}\n", "newest.gap;\n    return ALL_WELL;\n"),
    ("parenthesis-missing", "(align & (align - 1)) == 0;", "(align & (align - 1) == 0;"),
    ("undeclared", "fill_slack(payload + size,", "fill_slack(payload + sise,"),
    ("undeclared", MOVE, MOVE.replace("h->", "", 1)),
    ("function-unknown", "payload + rounded(size)", "payload + round_up(size)"),
    ("function-unknown", "    tag->guard = GUARD;\n", "    memset(tag, 0, sizeof *tag);\n"),
    ("function-unknown", "    tag->guard = GUARD;\n", '    printf("%zu", size);\n'),
    ("type-unknown", "static void fill_slack(unsigned", "static void fill_slack(my_heap *h, unsigned"),
    ("type-unknown", "static void fill_slack(unsigned", "static void fill_slack(byte *b, unsigned"),
    ("member-unknown", LEFT, LEFT.replace("h->heap_end", "h->end")),
    ("member-unknown", LEFT, LEFT.replace("h->heap_end", "h.heap_end")),
    ("member-unknown", "- newest.gap;", "- newest->gap;"),
    ("pointer-with-mask", "padding((uintptr_t)h->free_memory_pointer, align)", "h->free_memory_pointer & (align - 1)"),
    ("pointer-with-mask", "padding((uintptr_t)h->free_memory_pointer, align)", "h->free_memory_pointer % align"),
    ("pointer-from-integer", LEFT, LEFT.replace("(size_t)(h->heap_end - h->free_memory_pointer)", "h->heap_end")),
    ("pointer-from-integer", MOVE, MOVE.replace("= ", "= (uintptr_t)")),
    ("const-lost", "    stats.used =", "    h->heap_start = 0;\n    stats.used ="),
    ("const-lost", "const struct my_tag *tag = (const struct my_tag *)boundary - 1;\n    size_t",
     "unsigned char *from = boundary;\n    const struct my_tag *tag = (struct my_tag *)from - 1;\n    size_t"),
    ("pointer-type", "struct my_tag *tag = (struct my_tag *)(payload", "struct my_tag *tag = (payload"),
    ("arguments", "return my_alloc_aligned(h, size, KHEAP_ALIGN);", "return my_alloc_aligned(h, size);"),
    ("return-missing", MOVE + "    return true;\n", MOVE),
    ("return-missing", MOVE + "    return true;\n", MOVE + "    return;\n"),
    ("declared-twice", "/* ---- Step 6", STATS + "/* ---- Step 6"),
    ("declared-twice", "    size_t gap = padding", "    size_t left = 0, gap = padding"),
    ("declared-twice", "bool my_init(", "int my_init("),
    ("void-pointer", MOVE, MOVE + "    *memory = 0;\n"),
    ("void-pointer", MOVE, MOVE + "    memory[0] = 0;\n"),
    ("lvalue", MOVE, MOVE.replace("h->", "(void *)h->", 1)),
    ("lvalue", MOVE, MOVE.replace(" =", " + 0 =")),
    ("stray-character", '#include "my_heap.h"\n', '#include "my_heap.h"\nstatic const char *name = \u201cheap\u201d;\n'),
    ("no-library", '#include "my_heap.h"\n', '#include "my_heap.h"\n#include <string.h>\n'),
    ("no-library", '#include "my_heap.h"\n', '#include "myheap.h"\n'),
    ("undefined-reference", STATS, ""),
    ("other", MOVE, MOVE + "    break;\n"),
]


def helps(language):
    text = (EXERCISES / "words" / f"compiler.{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[compiler\.([\w-]+)\]\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def unwrapped(text):
    return " ".join(re.sub(r"[`*]", "", text).split())


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name,right,written", first_of_each(MISTAKES), ids=[f"{n}-{row[0]}" for n, row in enumerate(MISTAKES)])
def test_a_compiler_error_gets_its_word_of_help(name, right, written, compiler, tmp_path):
    assert RIGHT.count(right) == 1
    status, said = Learner(tmp_path, compiler).try_out(RIGHT.replace(right, written))
    assert status == FAILED
    told = [help_name for help_name, text in helps("en").items() if unwrapped(text) in unwrapped(said)]
    assert told == [name], said
    assert "my_heap.c does not compile yet" in said
    if name != "undefined-reference":
        assert re.search(r"my_heap\.c:\d+(:\d+)?: (fatal )?error: ", said), said


def test_ten_and_more_have_their_help_in_both_languages():
    proved = {name for name, _, _ in MISTAKES} | {"name-taken", "long-double"}  # which a kernel and the page show: test_learn.py, _compile.py
    assert len(proved) >= 10
    for language in LANGUAGES:
        assert set(helps(language)) == proved, language


def test_a_warning_is_told_beside_a_failed_check(tmp_path):
    """It may well be the reason: here = stands for ==, and with it nobody is refused."""
    text = RIGHT.replace("if (!power_of_two(align))", "if (align = 16)")
    status, said = Learner(tmp_path).try_out(text, 3)
    assert status == FAILED and "The compiler also remarks:" in said, said
    assert re.search(r"my_heap\.c:\d+:\d+: warning: .*assignment", said), said


@pytest.mark.slow
def test_both_compilers_may_take_over_from_each_other(tmp_path):
    for compiler in COMPILERS + COMPILERS:
        status, said = Learner(tmp_path, compiler).try_out(RIGHT.replace("stats.used = ", "stats.used = 1 + "), 5)
        assert status == FAILED and "used-wrong" in said, said
