# SPDX-License-Identifier: MIT
#
# ./minios learn in a real terminal: it watches the file, keys work meanwhile, and it leaves the terminal as it found it.

import os
import re
import signal
import subprocess
import termios

import pexpect
import pytest

from kernel import HANG_SECONDS, ROOT, in_terminal
from learn import BOSS, Learner, learner, second_step_done, solution  # noqa: F401

WAITING = r"Save my_heap\.c and I look at it\."


def watch(learner, **env):
    child = terminal(learner, **env)
    child.expect(WAITING)
    return child


def terminal(learner, rows=50, columns=80, **env):
    return in_terminal(rows, columns, ROOT / "minios", "learn", encoding="utf-8", cwd=ROOT,
                       env=dict(learner.env, **{"TERM": "xterm", **env}))


@pytest.fixture
def child(learner):
    started = watch(learner)
    yield started
    started.close(force=True)


def save(path, text):
    """As editors do: a new file takes the place of the old one."""
    new = path.with_suffix(".swp")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def leave(child, keys="q"):
    child.send(keys)
    child.expect(r"What you have done is\s+kept.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_each_save_is_checked_until_the_step_is_done(child, learner):
    assert re.search(r"2 of 11 done.*Alignment", child.before, re.S)
    assert "What it looks like" not in child.before, "nothing was written yet, so there is nothing to look at"
    save(learner.file, solution(2).replace("h->free_memory_pointer;", "h->free_memory_pointer"))
    child.expect("does not compile yet")
    child.expect(WAITING)
    save(learner.file, solution(3).replace("align - 1", "align"))
    child.expect(r"\[ \].* a check of step 3 failed")
    child.expect(WAITING)
    learner.file.write_text(solution(3), encoding="utf-8")
    child.expect("boots in QEMU")
    child.expect("Step 3 is done")
    child.expect(r"\[x\]  3 .*\[>\]  4 ")
    child.expect("4.9")
    child.expect(WAITING)
    child.send("c")
    child.expect("no-boundary")
    child.expect(WAITING)
    leave(child)
    assert learner.ticks() == [1, 2, 3]


@pytest.mark.slow
def test_it_is_checked_again_only_when_it_was_saved(child, learner):
    with pytest.raises(pexpect.TIMEOUT):
        child.expect("Alignment", timeout=1.5)
    os.utime(learner.file)
    child.expect("aligned-unwritten")


@pytest.mark.slow
def test_a_file_that_comes_with_an_old_time_is_checked_once(child, learner):
    """And is what boots: the build gives it the present time, which is no other save."""
    new = learner.file.with_suffix(".swp")
    new.write_text(solution(3), encoding="utf-8")
    os.utime(new, (1e9, 1e9))
    os.replace(new, learner.file)
    child.expect("boots in QEMU")
    child.expect("Step 3 is done")
    child.expect(WAITING)
    assert learner.file.stat().st_mtime > 1e9
    with pytest.raises(pexpect.TIMEOUT):
        child.expect(WAITING, timeout=1.5)


@pytest.mark.slow
def test_a_file_that_goes_and_comes_back(child, learner):
    """It is missed without a key, once; and welcome when it is back, be it the very same."""
    before = learner.file.rename(learner.home / "elsewhere.c")
    child.expect(r"my_heap\.c\s+is not there")
    child.expect(WAITING)
    with pytest.raises(pexpect.TIMEOUT):
        child.expect("is not there", timeout=3)
    before.rename(learner.file)
    child.expect("aligned-unwritten")
    leave(child)


def test_who_comes_back_in_the_middle_of_a_step_is_told_how_far_it_is(learner):
    learner.write(solution(3).replace("align - 1", "align"))
    started = watch(learner)
    assert re.search(r"a check of step 3 failed.*What it looks like", started.before, re.S)
    leave(started)


# ---- Narrow and low terminals ----

def lines_of(text):
    return re.sub(r"\033\[[\d;]*m", "", text).replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("columns", [40, 60])
def test_in_a_narrow_terminal_words_wrap(columns, learner):
    """But a path, which nobody can break."""
    learner.write(solution(3).replace("align - 1", "align"))
    started = terminal(learner, 200, columns)
    started.expect(r"q\s+quit")
    for line in lines_of(started.before):
        assert len(line) <= columns or re.fullmatch(r"\s*\S+", line), line
    assert re.search(r"[#.A~+]{20,}", started.before), "the picture of the heap"
    leave(started)


@pytest.mark.parametrize("rows", [20, 40])
def test_in_a_low_terminal_the_title_does_not_leave_at_the_top_before_it_was_read(rows, learner):
    """After each key no more than a screen comes."""
    started, shown = terminal(learner, rows), ""
    while True:
        came = started.expect([r"any key: the text goes on +q: enough --", WAITING])
        shown += started.before
        since = lines_of(started.before)
        title = next((at for at, line in enumerate(since) if line == "Alignment"), 0)
        assert len(since) - title <= rows + 1, since
        if came:
            break
        started.send(" ")
    assert "Alignment" in lines_of(shown) and "In the book" in shown
    assert lines_of(started.before)[-2:] == ["Step 3: Alignment", ""], "and the last lines say where one is"
    leave(started)


def test_a_long_text_can_be_left(learner):
    started = terminal(learner, 20)
    started.expect("the text goes on")
    started.send("q")
    started.expect(WAITING)
    assert "In the book" not in started.before
    leave(started)


def test_keys_work_meanwhile(child):
    for keys, wanted in (("h", "(?s)hint 1 of 3.*again, and the next hint"), ("h", "hint 2 of 3"), ("t", r"In the book"),
                         ("l", r"\[>\]  3 "), ("c", "aligned-unwritten"), ("xh", "hint 3 of 3")):
        child.send(keys)
        child.expect(wanted)
        child.expect(WAITING)
    leave(child)


@pytest.mark.slow
def test_the_last_step_ends_it(learner):
    assert learner.try_out(solution(BOSS - 1), BOSS - 1)[0] == 0
    started = watch(learner)
    save(learner.file, solution(BOSS))
    started.expect("All steps are done")
    started.expect("I know where my kernel gets memory from")
    started.expect(pexpect.EOF)
    started.close()
    assert started.exitstatus == 0


@pytest.mark.parametrize("way_out", ["q", "\004", "\003", signal.SIGTERM, signal.SIGHUP])
def test_it_leaves_the_terminal_as_it_was(way_out, learner):
    """Asked of the terminal itself, by a shell that outlives the watch."""
    shell = pexpect.spawn("/bin/sh", ["-c", "trap : INT; read go; ./minios learn; echo ended $?; stty -a; exit"], cwd=ROOT,
                          encoding="utf-8", timeout=HANG_SECONDS, env=dict(learner.env, TERM="xterm"), dimensions=(50, 80))
    before = termios.tcgetattr(shell.child_fd)[:4]
    shell.sendline("go")
    shell.expect(WAITING)
    assert termios.tcgetattr(shell.child_fd)[:4] != before, "keys come at once while it runs"
    if isinstance(way_out, signal.Signals):
        pid = subprocess.run(["pgrep", "-P", str(shell.pid)], capture_output=True, text=True, check=True).stdout.split()[0]
        os.kill(int(pid), way_out)
    else:
        shell.send(way_out)
    shell.expect(r"ended (\d+)")
    assert int(shell.match[1]) == (128 + way_out if isinstance(way_out, signal.Signals) else 0)
    shell.expect(pexpect.EOF)
    assert re.search(r"(?<!-)icanon", shell.before) and re.search(r"(?<!-)\becho\b", shell.before)


def test_interrupted_in_the_middle_of_a_check_it_leaves_nothing_running(learner):
    begin = "void *my_alloc(struct my_heap *h, size_t size)\n{\n"
    learner.write(solution(3).replace(begin, begin + "    while (size)\n        size |= 1;\n"))
    child = terminal(learner)
    child.expect("Step 3: Alignment")
    program = str(learner.home / ".learn" / "check")
    for _ in range(100):
        if subprocess.run(["pgrep", "-f", program], capture_output=True, check=False).returncode == 0:
            break
        child.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=0.1)
    child.send("\003")
    child.expect("What you have done is kept")
    child.expect(pexpect.EOF)
    assert subprocess.run(["pgrep", "-f", program], capture_output=True, check=False).returncode == 1
    assert learner.ticks() == [1, 2]


def test_colours_can_be_switched_off(learner):
    assert "\033[1;36m" in watch(learner).before
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = Learner(learner.home)
        plain.env.update(env)
        child = watch(plain, **env)
        assert "\033" not in child.before
        leave(child)
