# SPDX-License-Identifier: MIT
#
# The page on which the heap is written: it says what ./minios learn says, keeps what that keeps, and is a page for a phone,
# for the keyboard alone, and for who has no network any more.

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from kernel import HANG_SECONDS, ROOT
from learn import BOSS, EXERCISES, Learner, second_step_done, solution, wrong_answers  # noqa: F401
from web import LANGUAGES, address_in, make_site, one_after_the_other, output_of, served

pytestmark = [pytest.mark.slow, pytest.mark.page]

TEMPLATE = (EXERCISES / "template.c").read_text(encoding="utf-8")

RETURN = "    return my_alloc_aligned(h, size, KHEAP_ALIGN);\n"
LARGE = "void *my_alloc(struct my_heap *h, size_t size)\n{\n"
CRASHES = {"null": "    *(volatile char *)8 = 1;\n", "loop": "    while (h)\n    {\n        size++;\n    }\n", "wild": "    h->heap_end[100 << 20] = 1;\n",
           "stack": "    return my_alloc(h, size);\n", "division": "    size /= (size_t)(h == NULL);\n", "abort": "    __builtin_trap();\n",
           "said": "    for (int i = 0; i < 30; i++)\n        kprintf(\"%d of %zu\\n\", i, size);\n    return NULL;\n"}


def said(home, what, given=""):
    """What ./minios learn says."""
    done = subprocess.run([sys.executable, "tests/learn-page/said.py", what], cwd=ROOT, input=given, capture_output=True, text=True,
                          timeout=HANG_SECONDS, check=False, env=dict(os.environ, LEARN_HOME=str(home), CC="gcc", LC_ALL="C"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_node(script, given, *words):
    done = subprocess.run(["node", f"tests/learn-page/{script}.mjs", *map(str, words)], cwd=ROOT, input=given, capture_output=True, text=True,
                          timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# ---- What is said ----

def test_texts_and_hints_are_those_of_the_terminal(tmp_path):
    told = in_node("lesson", said(tmp_path, "texts"))
    assert told["compared"] == 2 * BOSS * 4 and told["different"] == []


def test_a_crash_is_told_as_in_the_terminal(tmp_path):
    assert solution(3).count(RETURN) == 1
    answers = [(3, solution(3).replace(RETURN, code + RETURN)) for code in CRASHES.values()]
    told = in_node("lesson", said(tmp_path, "reports", json.dumps(answers)))
    assert told["compared"] == 2 * len(CRASHES) and told["different"] == []


@pytest.mark.parametrize("step", range(1, BOSS + 1))
def test_a_wrong_answer_is_told_as_in_the_terminal(step, tmp_path):
    begins = solution(step - 1) if step > 1 else TEMPLATE
    answers = [(step, begins), *((step, code) for _, code in wrong_answers(step))]
    told = in_node("lesson", said(tmp_path, "reports", json.dumps(answers)))
    assert told["compared"] == 2 * len(answers) > 10 and told["different"] == []


# ---- What is kept ----

def in_64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode("ascii")


def kept(what, archive, **given):
    told = in_node("keep", json.dumps(given), what, archive)
    return told | {"files": {name: base64.b64decode(text) for name, text in told["files"].items()}}


ODD = solution(3).encode() + b"/* caf\xe9 \xf0\x9f\x98 \xed\xa0\x80 \xff */\r\n"


def test_a_folder_from_the_page_is_that_of_the_terminal(tmp_path):
    """Steps, hints, what was put aside, and each byte."""
    archive, home = tmp_path / "my-heap.zip", tmp_path / "my-heap"
    told = kept("pack", archive, template=TEMPLATE, acts=[
        ["write", in_64(solution(1))], ["passed", 1], ["write", in_64("int mine;\n")], ["reset", 2], ["write", in_64(solution(4))],
        ["passed", 4], ["hint", 5], ["hint", 5], ["write", in_64(ODD)]])
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    learner = Learner(home)
    assert learner.ticks() == told["done"] == [1, 2, 3, 4]
    assert "Step 5, hint 3 of 3" in learner.learn("hint")[1]
    assert learner.file.read_bytes() == ODD and (home / ".learn" / "passed-04.c").read_text() == solution(4)
    assert (home / ".learn" / "before-reset-1.c").read_text() == "int mine;\n"
    assert learner.learn("reset", 3)[0] == 0 and learner.file.read_text() == solution(4)


def test_a_folder_of_the_terminal_goes_on_in_the_page(tmp_path, second_step_done):
    learner = Learner(shutil.copytree(second_step_done, tmp_path / "deep" / "down"))
    learner.learn("hint")
    learner.learn("reset", 2)
    learner.file.write_bytes(ODD)
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "deep")
    before = {"my_heap.c": in_64("of the page"), ".learn/before-reset-1.c": in_64("of old"), ".learn/passed-07.c": in_64("7")}
    told = kept("take", archive, files=before)
    assert told["done"] == [1] and told["files"]["my_heap.c"] == ODD and told["files"][told["kept"]] == b"of the page"
    asides = [text for name, text in told["files"].items() if "before-reset" in name]
    assert sorted(asides) == sorted([b"of the page", b"of old", solution(2).encode()])
    assert json.loads(told["files"][".learn/progress.json"])["hints"] == {}
    assert not [name for name in told["files"] if not re.fullmatch(r"my_heap\.c|\.learn/(passed-\d\d|before-reset-\d)\.c|\.learn/progress\.json", name)]


def test_a_heap_alone_leaves_the_steps(tmp_path):
    (tmp_path / "my_heap.c").write_bytes(ODD)
    told = kept("take", tmp_path / "my_heap.c", files={"my_heap.c": in_64("old"), ".learn/passed-01.c": in_64("1")})
    assert told["done"] == [1] and told["files"]["my_heap.c"] == ODD and told["files"][told["kept"]] == b"old"
    assert kept("take", tmp_path / "my_heap.c", files={"my_heap.c": in_64(ODD)})["kept"] is None, "it is the same"


@pytest.mark.parametrize("what", ["picture", "empty", "cut", "without", "large", "bomb"])
def test_what_is_no_folder_changes_nothing(what, tmp_path):
    archive = tmp_path / "some.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        if what == "without":
            packed.writestr("README", "nothing")
        elif what in ("large", "bomb"):
            packed.writestr("x/my_heap.c", b"/" * (2 << 20 if what == "large" else 200 << 20))
        elif what == "cut":
            packed.writestr("x/my_heap.c", solution(3))
    if what == "cut":
        archive.write_bytes(archive.read_bytes()[:200])
    if what == "picture":
        archive.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    before = {"my_heap.c": b"mine", ".learn/passed-01.c": b"1"}
    told = kept("take", archive, files={name: in_64(text) for name, text in before.items()})
    assert told["kept"] == "refused" and told["files"] == before


@pytest.mark.parametrize("written", ["", "{", "[]", "null", "7", '{"hints": 7, "language": "en"}', '{"hints": {"1": "x"}}', '{"hints": {}, "language": []}'])
def test_a_spoilt_progress_file_costs_no_step(written, tmp_path):
    told = kept("pack", tmp_path / "a.zip", acts=[["hint", 2]], files={".learn/progress.json": in_64(written), ".learn/passed-01.c": in_64("1")})
    assert told["done"] == [1] and told["current"] == 2


# ---- A look, from the compiler to the boot ----

@pytest.fixture(scope="session")
def pieces():
    """The compiler and the kernel with a hole."""
    with one_after_the_other("book"):
        output_of("make", "-s", "tcc", "hole")


def looked(language, *looks):
    return in_node("look", json.dumps(looks), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_solutions_pass_all_steps_one_after_the_other(language, pieces):
    """As in the terminal each is checked and booted; then a step that was passed is asked again, by the rules of today."""
    seen = looked(language, *((step, solution(step), False) for step in range(1, BOSS + 1)), (3, solution(BOSS), True), (3, solution(2), True))
    for step, one in enumerate(seen[:BOSS], 1):
        assert one["passed"] and one["step"] == step and one["done"] == list(range(1, step + 1)), one
        assert one["said"].count("  [x] ") == 2 and "minios> " in one["said"], one["said"]
    assert seen[BOSS]["passed"] and not seen[BOSS + 1]["passed"] and seen[BOSS + 1]["done"] == list(range(1, BOSS + 1))


def test_a_look_tells_what_is_wrong_and_changes_nothing(pieces):
    """The compiler's, the linker's, a check's, a crash, a loop; each with the line that is to blame."""
    codes = {"panic();\n": "function 'panic'", "return h +;\n": "(", "int puts(const char *); puts(0);\n": "undefined reference to puts()",
             "*(volatile char *)8 = 1;\n": "(crash-null)", "for (;;)\n        size++;\n": "(crash-loop)", "size /= (size_t)(h == NULL);\n": "Your code divided by zero"}
    seen = looked("en", *((3, solution(3).replace(RETURN, f"    {code}{RETURN}"), False) for code in codes))
    line = solution(3)[:solution(3).index(RETURN)].count("\n") + 1
    for one, wanted in zip(seen, codes.values()):
        assert not one["passed"] and one["done"] == [] and wanted in one["said"], one
        assert one["line"] == 0 if "puts" in wanted else line <= one["line"] <= line + 1, one  # TCC looks one word ahead


# What loops for ever, and its line from where it is put in.
LOOPS = [("size++;\n    for (;;) {\n    }", 1), ("/* for (;;) */ size++; // goto\n\n    for (; ; )\n        continue;", 2), ("if (h)\n        for (;;)\n            ;", 1),
         ("size++;\nagain:\n    goto again;", 2), ("size++;\n    while (1)\n        ;", 1), ("for (int i = 0;;) {\n    }", 0), ("for (;;) {\n        size++;\n    }", 0),
         ("if (h)\n        __asm__(\"1: jmp 1b\");", 0),
         # also in a macro, or in a macro of a macro
         ("#define FOREVER for (;;)\n    size++;\n    FOREVER\n        ;", 2), ("#define SPIN for (;;) { }\n    size++;\n\n    SPIN", 3),
         ("size++;\n#define AGAIN for ( ; ; )\n#define STUCK \\\n    AGAIN \\\n    ;\n    STUCK", 5), ("#define WAIT(x) while (x) ;\n    size++;\n    WAIT(1)", 2)]


def test_the_line_of_an_endless_loop_is_told_also_where_there_is_nothing_in_it(pieces):
    seen = looked("en", *((3, solution(3).replace(RETURN, f"    {code}\n{RETURN}"), False) for code, _ in LOOPS))
    begin = solution(3)[:solution(3).index(RETURN)].count("\n") + 1
    assert [one["line"] - begin for one in seen] == [line for _, line in LOOPS]
    assert all("(crash-loop)" in one["said"] for one in seen)


def test_a_heap_from_elsewhere_is_taken_as_far_as_it_is(pieces):
    (one,) = looked("en", (1, solution(7), False))
    assert one["passed"] and one["step"] == 7 and one["done"] == list(range(1, 8)) and "it passes step 7 and all before it" in one["said"]


def test_a_heap_that_the_kernel_cannot_use_is_told(pieces):
    """What no check asks for, and a boot does: a block for more than a heap of a check ever holds."""
    assert solution(2).count(LARGE) == 1
    (one,) = looked("en", (2, solution(2).replace(LARGE, LARGE + "    if (h->heap_end - h->heap_start > 2 << 20)\n        return NULL;\n"), False))
    assert not one["passed"] and one["done"] == [] and "What should have come out:" in one["said"] and "Boot on your heap" in one["said"], one["said"]


ASTRAY = {"loop": "for (;;)\n            size++;", "interrupts-off": "{ __asm__ volatile(\"cli\"); for (;;) ; }", "halt": "__asm__ volatile(\"cli; hlt\");",
          "recursion": "{ volatile char much[100]; much[0] = 1; return (char *)my_alloc(h, size + much[0]) + much[0]; }",
          "wild": "for (unsigned char *p = 0;; p++)\n            *p = 0;", "no-stack": "__asm__ volatile(\"movl $0, %esp; pushl %eax\");"}


def astray(code):
    """Only in the kernel's own heap: no check has such a large one."""
    return solution(2).replace(LARGE, LARGE + f"    if (h->heap_end - h->heap_start > 2 << 20)\n        {code}\n")


def test_a_boot_that_goes_astray_is_contained(pieces):
    seen = looked("en", *((2, astray(code), False) for code in ASTRAY.values()), (2, solution(2), False))
    for name, one in zip(ASTRAY, seen):
        assert not one["passed"] and one["done"] == [] and "[x] 6 checks passed" in one["said"], (name, one)
        assert "the kernel on your heap (i386) did not do this:\n      minios> alloc 64\n" in one["said"], (name, one)
        assert ("It did not come back, and was stopped." in one["said"]) == (name in ("loop", "interrupts-off")), (name, one)
    assert seen[-1]["passed"]


# ---- The page's own words ----

def test_each_word_of_the_page_is_said_in_both_languages_and_used():
    words = {language: json.loads((ROOT / "web" / "learn" / f"words.{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES}
    assert list(words["bn"]) == list(words["en"])
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "web" / "learn").glob("*.*") if path.suffix in (".vue", ".mjs"))
    used = set(re.findall(r"'([\w.]+)'", code)) | {"stopped.time", "stopped.memory", "link.size", "link.object"}
    assert [name for name in words["en"] if name not in used] == []
    for name in words["en"]:
        assert re.findall(r"\{\w+\}", words["bn"][name]).sort() == re.findall(r"\{\w+\}", words["en"][name]).sort(), name
        assert re.search("[\u0980-\u09ff]", words["bn"][name]), name


# ---- The page itself, in Chromium ----

HEAVIEST = 330 * 1000  # bytes, compressed, on top of the lab's


@pytest.fixture(scope="session")
def site():
    book = make_site()
    with served(sys.executable, "-u", "tools/book/serve.py", book / "site") as line:
        yield address_in(line)


@pytest.fixture
def page(site):
    """Runs one part of page.mjs; nothing went wrong in the page, and nothing was asked of another machine."""
    def run(what, *words, given=None):
        seen = in_node("page", json.dumps(given), site, what, *words)
        assert seen["trouble"] == [] and seen["foreign"] == []
        return seen
    return run


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_light_and_the_lab_loads_nothing_of_it(page, language, record_property):
    seen = page("weight", LANGUAGES[language])
    assert 100 * 1000 < seen["extra"] <= HEAVIEST, seen["heaviest"]
    assert seen["early"] == []
    record_property("figure", f"the page learn ({language}): {seen['extra'] / 1000:.0f} KB on top of the lab's {seen['lab'] / 1000:.0f} KB")


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_first_empty_file_to_the_boss_in_one_sitting(page, language):
    seen = page("sitting", LANGUAGES[language], given=[solution(step) for step in range(1, BOSS + 1)])
    begin, *told = seen["told"]
    title = (EXERCISES / "steps" / "01-init" / f"text.{language}.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert "(init-unwritten)" in begin["said"] and title in begin["said"], "in the language of the page"
    for step, one in enumerate(told, 1):
        assert one["passed"] and one["ticks"] == step and one["kept"], one
    assert seen["address"] == f"{LANGUAGES[language]}learn?step={BOSS}"


def test_nothing_is_lost_by_a_reload_at_any_moment(page):
    seen = page("reload", given=[solution(2)])
    assert seen["texts"] == [solution(2) + n * "/* a word */" for n in (1, 2, 3)] + [seen["texts"][2]]


def test_the_first_error_is_shown_at_its_line_while_one_types(page):
    seen = page("compiling", given=[solution(3).replace(RETURN, "    return x;\n"), solution(3)])
    wrong, right = seen["told"]
    assert wrong["ok"] == "no" and "'x' undeclared" in wrong["said"] and "This name does not exist here." in wrong["said"]
    assert wrong["marked"] == ["    return x;"] and right == {"said": "It compiles.", "marked": [], "ok": "yes"}


def test_hints_solution_and_reset(page):
    seen = page("helping")
    assert seen["hints"] == [1, 2, 3] and seen["none"] == seen["early"] == seen["refused"] == 0
    assert seen["solution"].strip() == solution(3).strip()
    assert seen["left"] == "int mine;\n" and seen["anew"] == TEMPLATE, "asked first"
    assert seen["address"] == "en/learn?step=1"


def test_a_folder_goes_from_browser_to_browser(page):
    seen = page("along", given=[solution(2)])
    assert seen["refused"]["text"] == "int mine;\n" and "cat.png" in seen["refused"]["note"]
    assert seen["text"] == solution(2) and seen["ticks"] == 2 and seen["aside"] == 1


def test_two_tabs_write_one_file_and_the_later_one_tells(page):
    seen = page("tabs")
    assert seen["told"] == [0, 1] and seen["text"] == "int one;\nint two;"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_works_without_a_network_also_after_a_reload(page, language):
    seen = page("offline", LANGUAGES[language], given=[solution(3)])
    assert seen["passed"] == 1 and "minios> " in seen["said"] and seen["text"].startswith("MiniOS on i386 PC")


def test_the_kernel_boots_on_the_heap_and_draws_it(page):
    """The bump of step 2 without tags, and the whole heap; both as the kernel was given them."""
    seen = page("boots", given=[solution(BOSS), ["alloc 100", "alloc 13", "alloc 40 256", "free"]])
    assert [(block["number"], block["size"], block["gap"]) for block in seen["blocks"]] == [(2, 13, 0), (1, 100, 0)]
    assert seen["alarms"] == [] and "check asks it" in seen["verdict"]
    seen = page("boots", given=[solution(2), ["alloc 100", "alloc 13"]])
    assert [(block["number"], block["size"], block["gap"]) for block in seen["blocks"]] == [(2, 13, 0), (1, 100, 0)]


def test_a_machine_that_goes_astray_takes_nothing_with_it(page):
    seen = page("astray", given=[solution(2), *map(astray, ASTRAY.values())])
    assert dict(zip(ASTRAY, seen["told"])) == {"loop": "running", "interrupts-off": "running", "halt": "running", "recursion": "failed", "wild": "stopped",
                                              "no-stack": "failed"}
    assert seen["passed"] == 1 and seen["left"] == 0


def test_without_an_emulator_the_page_says_so_and_keeps_what_is_written(page):
    seen = page("broken")
    assert "could not load all it needs" in seen["said"] and seen["kept"] == "int mine;\n" and seen["check"]


GIVEN = ["alloc 100", "alloc 13", "free", "alloc 40"]
REFUSED = """on this heap
E05 double free: 0x001"""
TAKEN = """on this heap
    nothing is refused; 0 blocks live more than before, -32 bytes used
"""


def test_a_bug_of_the_lab_and_the_way_back_in_time_on_ones_own_heap(page):
    """A heap of step 7 believes in the second free, and loses a block by it; the whole one refuses."""
    seen = page("lab", "en/", given=[[solution(7), GIVEN, "double-free"], [solution(BOSS), GIVEN, "double-free"]])
    taken, refused, after = seen["told"]
    assert TAKEN in taken["said"] and "E05" not in taken["said"].split("bug double-free")[1], taken["said"]
    assert REFUSED in refused["said"], refused["said"]
    assert taken["back"][0]["blocks"] == ["#1"] and "the mistake was just made" in taken["back"][0]["step"]
    assert refused["back"][0]["blocks"] == ["#3", "#1"] and "E05: refused, nothing was changed" in refused["back"][0]["step"]
    for back in (taken["back"], refused["back"]):
        assert [one["at"] for one in back] == list(range(len(back) - 1, -1, -1)) and back[-1]["blocks"] == []
        mine = [one["blocks"] for one in back if "in the command" not in one["step"] or "bug" not in one["step"]]
        assert mine == [["#3", "#1"], ["#1"], ["#2", "#1"], ["#1"], []], mine
        assert len({one["pointer"] for one in back}) >= 5
    assert after["after"]["blocks"][0] == "#3" and len(after["after"]["blocks"]) == 3, "it goes on from there"


@pytest.mark.parametrize("how,reason", [("forbidden", "SecurityError"), ("nothing", "SecurityError"), ("full", "QuotaExceededError")])
def test_a_browser_that_keeps_nothing_says_so_and_gives_it_along(page, how, reason):
    seen = page("unkept", how, given=[solution(2)])
    assert seen["before"] == (0 if how == "full" else 1)
    assert seen["said"] == f"What you write is not kept in this browser ({reason}). Take it along before you leave."
    assert (seen["passed"], seen["ticks"], seen["asked"]) == (1, 2, "beforeunload") and "Kept in this browser" not in seen["kept"]
    assert seen["text"] == solution(2), "what is taken along is what was written, not what was kept before"
    if how == "full":
        assert seen["again"][0] == "int early;" and seen["after"] == 0


def test_the_keyboard_alone_is_enough(page):
    seen = page("keyboard")
    assert seen["reached"] >= 0 and seen["indented"] and seen["left"] and seen["button"] >= 0
    assert seen["label"][0] and "Escape and then Tab" in seen["label"][1] and "my_init answers false" in seen["announced"]


SPOKEN = {"bn": ["\u09a7\u09be\u09aa 1, \u0987\u09b6\u09be\u09b0\u09be", "\u09a7\u09be\u09aa 2: "], "en": ["Step 1, hint ", "Step 2: "]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_newcomer_with_a_phone_finds_each_next_thing(page, language):
    seen = page("newcomer", LANGUAGES[language], given=[solution(1), solution(3).replace(RETURN, f"    for (;;)\n        ;\n{RETURN}")])
    hint, second = SPOKEN[language]
    assert any("bool my_init(" in line for line in seen["begin"]), "the file opens where the step is written"
    assert seen["check"] | {"picture": ""} == {"focus": "check", "diagnosis": True, "picture": ""} and "- - -" not in seen["check"]["picture"]
    assert seen["back"] == {"editor": True, "check": True}
    assert [one["focus"].startswith(f"{hint}{' ' if language == 'bn' else ''}{n}") and one["shown"] for n, one in enumerate(seen["hints"], 1)] == [True] * 3
    assert "- - -" not in seen["hints"][2]["text"] and "(size_t)(0 -" in seen["hints"][2]["text"], "what is code is not cut as a picture is"
    assert seen["passed"] == {"focus": "check", "next": True} and seen["boot"] == {"on": True, "wide": 0} and seen["off"]
    assert seen["on"]["focus"].startswith(second) and seen["on"]["heading"] and any("*my_alloc(" in line for line in seen["on"]["file"])
    assert seen["list"] == [False, True] and any("my_check(" in line for line in seen["ten"]["file"])
    assert seen["ten"]["address"].endswith("learn?step=10") and seen["wide"] == [0, 0]
    assert seen["line"] == {"marked": "    for (;;)", "shown": True} and "crash-loop" in seen["copied"][0]
    words = json.loads((ROOT / "web" / "learn" / f"words.{language}.json").read_text(encoding="utf-8"))
    assert seen["copied"][1] == words["copied"] and seen["reset"] == {"note": True, "focus": "reset"} and seen["refused"]


def test_no_picture_of_a_step_is_cut_on_a_desk(page):
    assert page("pictures")["torn"] == []


def built(tree, folder, **more):
    """The site of a tree on a machine whose clang knows no WebAssembly."""
    (folder / "clang").write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    (folder / "clang").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"PATH": f"{folder}:{os.environ['PATH']}"} | more
    return subprocess.run([sys.executable, "tools/book/build.py", "site"], cwd=tree, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
                          env=environment)


def test_a_site_without_a_compiler_sends_its_readers_to_the_terminal(site, tmp_path):
    left_out = shutil.ignore_patterns(".git", "node_modules", "*.timestamp-*")
    tree = shutil.copytree(ROOT, tmp_path / "tree", ignore=lambda folder, names: left_out(folder, names) | ({"build"} if folder == str(ROOT) else set()))
    (tree / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    refused = built(tree, tmp_path, CI="true")
    assert refused.returncode == 1 and refused.stderr == "book: tcc: there is no compiler for WebAssembly: ./minios doctor\n"
    done = built(tree, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  WITHOUT    the page `learn`: tcc: there is no compiler for WebAssembly: ./minios doctor\n" in done.stdout
    pages = tree / "build" / "book" / "site"
    for language, address in LANGUAGES.items():
        words = json.loads((ROOT / "web" / ".vitepress" / f"words.{language}.json").read_text(encoding="utf-8"))["noLearn"]
        text = (pages / address / "learn.html").read_text(encoding="utf-8")
        assert words.split("`")[0] in text and "tcc" not in text
        assert re.search(r'href="[^"]*/learn"', (pages / address / "index.html").read_text(encoding="utf-8")), "no link is dead"
    assert not (pages / "tcc").exists() and not (pages / "offline.js").exists()


TODO = "TODO: take this line away"
FIRST = """size_t lost = (size_t)(0 - (uintptr_t)memory) % KHEAP_ALIGN;
if (h == NULL || memory == NULL || size < lost + KHEAP_ALIGN)
return false;
h->heap_start = h->free_memory_pointer = (unsigned char *)memory + lost;
h->heap_end = h->heap_start + (size - lost) / KHEAP_ALIGN * KHEAP_ALIGN;
return true;"""


def test_the_first_step_in_firefox(site):
    """Typed letter by letter, checked, passed; and there again after a reload."""
    done = subprocess.run(["node", "tests/learn-page/firefox.mjs", site, "en/learn"], cwd=ROOT, input=json.dumps({"line": TODO, "code": FIRST}),
                          capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["trouble"] == [] and seen["foreign"] == [] and seen["browser"].startswith("firefox/")
    assert "(init-unwritten)" in seen["empty"] and "4 checks passed" in seen["passed"] and "Step 1 is done" in seen["passed"]
    assert TODO not in seen["typed"] and re.sub(r"\s+", " ", FIRST) in re.sub(r"\s+", " ", seen["typed"])
    assert seen["again"]["text"] == seen["typed"] and seen["again"]["ticks"] == 1 and seen["again"]["step"].startswith("Step 2: ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_is_too_wide(page, language):
    seen = page("axe", LANGUAGES[language], given=[solution(6).replace("b->gap = 0;", "b->gap = 16;")])
    assert len(seen["found"]) == 16 and [one for one in seen["found"] if one["wide"] > 0 or one["axe"]] == []
    assert all(one["letters"] == "16px" for one in seen["found"] if one["name"].startswith(("360 light", "375 light")) and "letters" in one), "an iPhone zooms into smaller ones"
