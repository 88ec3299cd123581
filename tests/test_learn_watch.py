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

from kernel import ROOT
from learn import BOSS, Learner, learner, second_step_done, solution  # noqa: F401

WAITING = r"Save my_heap\.c and I look at it\."


def watch(learner, **env):
    child = pexpect.spawn(str(ROOT / "minios"), ["learn"], encoding="utf-8", timeout=60, dimensions=(50, 80), cwd=ROOT,
                          env=dict(learner.env, TERM="xterm", **env))
    child.expect(WAITING)
    return child


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
    child.expect("What you have done is kept.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_each_save_is_checked_until_the_step_is_done(child, learner):
    assert re.search(r"2 of 11 done.*Alignment.*aligned-unwritten", child.before, re.S)
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


def test_it_is_checked_again_only_when_it_was_saved(child, learner):
    with pytest.raises(pexpect.TIMEOUT):
        child.expect("Alignment", timeout=1.5)
    os.utime(learner.file)
    child.expect("aligned-unwritten")


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


def test_a_file_that_goes_and_comes_back(child, learner):
    learner.file.unlink()
    child.send("c")
    child.expect(r"my_heap\.c\s+is not there")
    child.expect(WAITING)
    save(learner.file, solution(2))
    child.expect("aligned-unwritten")
    leave(child)


def test_keys_work_meanwhile(child):
    for keys, wanted in (("h", "(?s)hint 1 of 3.*again, and the next hint"), ("h", "hint 2 of 3"), ("t", r"In the book"),
                         ("l", r"\[>\]  3 "), ("c", "aligned-unwritten"), ("xh", "hint 3 of 3")):
        child.send(keys)
        child.expect(wanted)
        child.expect(WAITING)
    leave(child)


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
                          encoding="utf-8", timeout=60, env=dict(learner.env, TERM="xterm"), dimensions=(50, 80))
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
    child = pexpect.spawn(str(ROOT / "minios"), ["learn"], encoding="utf-8", timeout=60, cwd=ROOT, env=learner.env)
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
        child = pexpect.spawn(str(ROOT / "minios"), ["learn"], encoding="utf-8", timeout=60, cwd=ROOT, env=plain.env)
        child.expect(WAITING)
        assert "\033" not in child.before
        leave(child)
