# SPDX-License-Identifier: MIT
#
# A person at the prompt, in a real terminal: editing, history, completion, colours, the way out.

import os
import re
import signal
import subprocess
import termios

import pexpect
import pytest

from kernel import HANG_SECONDS, MACHINES, OK, QUICK_ON_HOST, ROOT, image, in_terminal

PROMPT = "minios> \033\\[0m"


def person(machine, *options, env=None):
    return in_terminal(40, 80, ROOT / "machine" / machine / "run", image(machine), "on_fault=report", *options, encoding="ascii",
                       env=dict(os.environ, **(env or {})))


@pytest.fixture(params=MACHINES)
def prompt(request):
    child = person(request.param)
    child.expect(PROMPT)
    yield child
    if child.isalive():  # the way out is open, whatever was typed
        child.send("\003\004")
        child.expect(pexpect.EOF)
    child.close(force=True)


def answer(child, keys, pattern):
    child.send(keys)
    child.expect(pattern)
    child.expect(PROMPT)


LEFT, RIGHT, UP, DOWN, HOME, END, DELETE = "\033[D", "\033[C", "\033[A", "\033[B", "\033[H", "\033[F", "\033[3~"


@pytest.mark.parametrize("prompt", QUICK_ON_HOST, indirect=True)
@pytest.mark.parametrize("keys,size", [
    ("alloc 100\r", 100),
    ("alloc 100\n", 100),
    ("alloc 10\x7f\x7f77\r", 77),
    ("alloc 13" + LEFT + "2\r", 123),
    ("lloc 55" + HOME + "a\r", 55),
    ("lloc 55\001a" + END + "5\r", 555),
    ("alloc 8899" + LEFT * 4 + RIGHT + DELETE * 2 + "\r", 89),
    ("rubbish\025alloc 44\r", 44),
    ("alloc 12 rubbish" + LEFT * 8 + "\013\r", 12),
    ("rubbish\003alloc 66\r", 66),
    ("al\t33\r", 33),
    ("alloc 91\r" + UP + "\r", 91),
    ("alloc 93\rstats\r" + UP + UP + "\r", 93),
    ("alloc 94\rstats\r" + UP + UP + DOWN + DOWN + "alloc 95\r", 95),
    ("\033OHalloc 7\r", 7),
    ("\x7f" + DELETE + LEFT + RIGHT + DOWN + "\talloc 71\r", 71),
    ("alloc 72\033[5~\014\r", 72),
    ("\033alloc 73\r", 73),
    ("alloc 74\033[\r", 74),
    ("alloc 75\r\n", 75),
])
def test_editing(prompt, keys, size):
    prompt.send(keys)
    prompt.send("blocks 1\r")
    prompt.expect(rf"     #\d+ +0x[0-9a-f]+ +{size} ")
    prompt.send("halt\r")
    prompt.expect(pexpect.EOF)
    prompt.close()
    assert prompt.exitstatus == OK


def test_completion_stops_where_names_part(prompt):
    answer(prompt, "m\t\r", "unknown command 'm'")
    answer(prompt, "ma\t\r", "unknown command 'ma'")
    answer(prompt, "mem\t\r", "this kernel, up to _kernel_end")
    answer(prompt, "zz\t\r", "unknown command 'zz'")


def test_clear_clears_the_screen(prompt):
    answer(prompt, "clear\r", "clear\r+\n\033\\[2J\033\\[H")


def test_lines_that_cannot_be(prompt):
    answer(prompt, "a" * 71 + "\r", "that line is too long; 70 characters fit\r")
    answer(prompt, "a" * 5000 + "\r", "that line is too long; 70 characters fit\r")
    prompt.send("alloc \007\026\r")
    prompt.expect("no ASCII text; nothing was done\r")
    prompt.expect(PROMPT)
    answer(prompt, "stats\r", "used +0 bytes")


def test_the_demo_waits_and_can_be_left(prompt):
    prompt.send("alloc 5\rdemo\r")
    for step in range(1, 4):
        prompt.expect(f"{step} of 9")
        prompt.expect("any key goes on")
        prompt.send(" ")
    prompt.expect("4 of 9")
    prompt.expect("any key goes on")
    prompt.send("q")
    prompt.expect("The heap is as it was before the demo")
    prompt.expect(PROMPT)
    answer(prompt, "stats\r", "blocks +1 live")


def test_colours_can_be_switched_off():
    for machine in MACHINES:
        for child in (person(machine, "color=off"), person(machine, env={"NO_COLOR": "1"})):
            child.expect("minios> ")
            child.send("map\rhalt\r")
            child.expect(pexpect.EOF)
            assert "\033" not in child.before
            child.close()


def test_reboot_in_the_terminal(prompt):
    answer(prompt, "alloc 1\r", "#1 at")
    prompt.send("reboot\r")
    prompt.expect("MiniOS on")
    prompt.expect(PROMPT)
    answer(prompt, "stats\r", "blocks +0 live")


def flags(child):
    return termios.tcgetattr(child.child_fd)[:4]


@pytest.mark.slow
@pytest.mark.parametrize("way_out", ["halt\r", "panic\r", "\004", signal.SIGTERM, signal.SIGHUP, "fault"])
def test_the_host_leaves_the_terminal_as_it_was(way_out):
    """Asked of the terminal itself, by a shell that outlives the kernel."""
    command = f"read go; {image('host')} on_fault=panic; echo ended $?; stty -a; exit"
    child = pexpect.spawn("/bin/sh", ["-c", command], encoding="ascii", timeout=HANG_SECONDS)
    before = flags(child)
    child.sendline("go")  # not sooner, or it may be raw already
    child.expect("minios> ")
    assert flags(child) != before, "raw while it runs"
    if isinstance(way_out, signal.Signals):
        pid = subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True, check=True).stdout.split()[0]
        os.kill(int(pid), way_out)
    else:
        child.send("free 1\r" if way_out == "fault" else way_out)
    child.expect(r"ended (\d+)")
    status = int(child.match[1])
    child.expect(pexpect.EOF)
    assert re.search(r"(?<!-)icanon", child.before) and re.search(r"(?<!-)\becho\b", child.before)
    assert status == {"halt\r": 0, "\004": 0, "panic\r": 2, "fault": 2}.get(way_out, 128 + int(getattr(way_out, "value", 0)))


def test_a_wild_pointer_on_the_host_panics_by_name(prompt):
    if "host" in str(prompt.args[1]):
        kernel = prompt.pid
        os.kill(kernel, signal.SIGSEGV)
        prompt.expect("PANIC .*Segmentation fault")
        prompt.expect("called from ")
        prompt.expect(pexpect.EOF)
        prompt.close()
        assert prompt.exitstatus == 2
