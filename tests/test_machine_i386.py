# SPDX-License-Identifier: MIT
#
# What only a booted PC can show: its memory map, modules, the screen, the keyboard, exceptions. QEMU's own monitor
# types, and reads the text screen out of memory.

import fcntl
import json
import os
import re
import socket
import subprocess
import time

import pytest

from kernel import COMPILERS, HANG_SECONDS, NO_START, OK, ROOT, SANITIZED, heap_start, image, run, slowly


@pytest.mark.parametrize("ram,heap", [("2M", "512K"), ("3M", "1M"), ("8M", "4M"), ("64M", "32M"), ("512M", "256M"),
                                      ("1G", "900M"), ("3G", "2G")])
def test_memory_from_2_mib_to_3_gib(ram, heap):
    status, text = run("i386", "alloc 100\nstats\ncheck\nfree\nmemory\nhalt\n", [f"heap={heap}"], ram=ram)
    assert status == OK, text
    assert "no damage found" in text
    start, end = heap_start(text)
    for region in re.findall(r"^  0x([0-9a-f]+) - 0x([0-9a-f]+) .*(?:reserved|kernel|module)", text, re.M):
        low, high = (int(address, 16) for address in region)
        assert end <= low or start - 16 >= high, f"the heap lies on {region}"


# What each kind of processor lacks, and how many cycles it counts a millisecond: the timer's, or its own.
LACKS_CYCLES = "  cycles  of the timer, 1.2 million a second: this processor counts none\n"
LACKS_PAGING = "  paging  none: no large pages here, so no address is forbidden\n"
OLD_PROCESSORS = {"-cpu 486": LACKS_CYCLES, "-cpu 486,pse=off": LACKS_PAGING + LACKS_CYCLES, "-cpu pentium": "",
                  "-M isapc": LACKS_CYCLES}


@pytest.mark.parametrize("compiler", [*COMPILERS, *map(slowly, SANITIZED)])
@pytest.mark.parametrize("processor", OLD_PROCESSORS)
def test_an_old_processor(processor, compiler):
    typed = "alloc 100\nworkload\ncheck\nuptime\nfree\nhalt\n"
    status, text = run("i386", typed, compiler=compiler, qemu=processor)
    assert status == OK
    assert text.startswith(f"MiniOS on i386 PC, multiboot 1, loaded by qemu\n{OLD_PROCESSORS[processor]}  memory  "), text
    assert "1 block walked, floor and words sound: no damage found" in text
    seconds, thousandths, cycles = map(int, re.search(r"(\d+)\.(\d+) seconds .*, (\d+) cycles", text).groups())
    ticks = (1000 * seconds + thousandths) // 10
    assert (ticks * 11931 <= cycles < (ticks + 2) * 11932) == (LACKS_CYCLES in text)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_without_a_timer_there_is_a_prompt_and_no_time(compiler):
    """The machine is made ready against a timer that never moves; then the clock stands still, and that can be seen."""
    status, text = run("i386", "alloc 100\ninterrupts\nuptime\nhalt\n", compiler=compiler, qemu="-M pc,pit=off")
    assert status == OK and "#1 at 0x" in text
    assert re.search(r"^  timer +on +0 +0 ", text, re.M) and "0.000 seconds since" in text


@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_instruction_is_newer_than_a_486(compiler):
    """But the two that are asked for first."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", image("i386", compiler)], capture_output=True, text=True,
                          check=True).stdout
    newer = re.findall(r"^ +[0-9a-f]+:\t(?:lock )?(cmov\w+|f?ucomip?|fcomip?|cmpxchg8b|rdtsc|cpuid|[a-z]+xmm\w*|nop[lw])\b", code, re.M)
    assert set(newer) == {"cpuid", "rdtsc"}


def test_a_slow_reader_misses_nothing():
    """Reads more slowly than the kernel prints, out of a pipe that holds little, long after the input has ended."""
    typed = "help\nbug list\n" * 20 + "halt\n"
    given, takes = os.pipe()
    fcntl.fcntl(takes, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen([ROOT / "machine/i386/run", image("i386")], stdin=subprocess.PIPE, stdout=takes) as kernel:
        os.close(takes)
        kernel.stdin.write(typed.encode())
        kernel.stdin.close()
        seen = b""
        while piece := os.read(given, 1000):
            seen += piece
            time.sleep(0.005)
    os.close(given)
    assert kernel.returncode == OK and seen.decode() == run("i386", typed, options=())[1]


def test_without_paging_nothing_stops_a_null_pointer():
    assert "nobody stopped it" in run("i386", "panic null\n", qemu="-cpu 486,pse=off")[1]
    assert "a null pointer" in run("i386", "panic null\n", qemu="-cpu 486")[1]


def test_the_default_heap_does_not_fit_in_2_mib():
    status, text = run("i386", "", [], ram="2M")
    assert status == NO_START
    assert re.search(r"wanted 4194304 bytes \(heap=4M\), the largest free piece", text), text


@pytest.mark.parametrize("size", [1, 5000, 3000000])
def test_modules_stay_whole(size, tmp_path):
    """QEMU puts modules right behind the kernel: exactly where the heap would begin."""
    module = tmp_path / "module"
    module.write_bytes(bytes(range(1, 250)) * (size // 249 + 1))
    with open(module, "r+b") as file:
        file.truncate(size)
    status, text = run("i386", "memory\nhalt\n", qemu=f"-initrd {module},{module}")
    regions = re.findall(r"0x([0-9a-f]+) - 0x([0-9a-f]+) .* module", text)
    assert status == OK
    assert len(regions) == 2
    start, end = heap_start(text)
    for low, high in regions:
        low, high = int(low, 16), int(high, 16)
        assert high - low == size
        assert end <= low or start - 16 >= high
    where = int(regions[0][0], 16)
    length = min(size, 4096)
    text = run("i386", f"alloc 1M\nalloc 1M\nalloc 1M\npeek {where:#x} {length}\nhalt\n",
               qemu=f"-initrd {module},{module}")[1]
    shown = re.findall(r"^  [0-9a-f]{8}  ((?: ?[0-9a-f]{2})+) ", text, re.M)
    bytes_shown = bytes.fromhex("".join(shown).replace(" ", ""))
    assert bytes_shown[:200] == module.read_bytes()[:length][:200]


def test_many_modules(tmp_path):
    """None of their bytes is given to the heap."""
    module = tmp_path / "module"
    module.write_bytes(b"m" * 200000)
    status, text = run("i386", "memory\nhalt\n", qemu=f"-initrd {','.join([str(module)] * 20)}")
    start, end = heap_start(text)
    ends = [int(high, 16) for high in re.findall(r"0x[0-9a-f]+ - 0x([0-9a-f]+) .* module", text)]
    assert status == OK
    assert len(ends) == 20
    assert max(ends) >= 20 * 200000
    assert start - 16 >= max(ends) or end <= min(ends)


SILENT_KEYS = {"caps_lock"}  # nothing comes back for them


class Monitor:
    """QEMU with its machine protocol on a socket and the serial line in a file."""

    def __init__(self, folder, options="on_fault=report", extra=()):
        self.serial = folder / "serial"
        path = folder / "qmp"
        self.qemu = subprocess.Popen([
            "qemu-system-i386", "-accel", "tcg", "-M", "pc", "-m", "32M", "-nodefaults", "-vga", "std", "-display", "none",
            "-device", "isa-debug-exit,iobase=0x501,iosize=4", "-serial", f"file:{self.serial}",
            "-qmp", f"unix:{path},server=on,wait=off", *extra, "-kernel", image("i386"), "-append", options])
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(HANG_SECONDS)
        while self.socket.connect_ex(str(path)) != 0:  # not there, or nobody listens yet
            assert self.qemu.poll() is None, "QEMU ended before anybody could talk to it"
            time.sleep(0.02)
        self.lines = self.socket.makefile("rw")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "return" in answer or "error" in answer:
                assert "return" in answer, answer
                return answer["return"]

    def wait_for(self, pattern, seconds=300):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.serial.read_text("latin-1") if self.serial.exists() else ""
            if re.search(pattern, text):
                return text
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} never came; the serial line says:\n{text}")

    def told(self):
        return self.serial.stat().st_size

    def wait_for_answer(self, told, name):
        """The keyboard keeps a few keys at most, and a machine that gets no time would lose the others."""
        for _ in range(0 if name in SILENT_KEYS else 5000):
            if self.told() != told or self.qemu.poll() is not None:
                break
            time.sleep(0.02)

    def keys(self, *names):
        for name in names:
            told = self.told()
            self.ask("human-monitor-command", **{"command-line": f"sendkey {name} 20"})
            time.sleep(0.06)
            self.wait_for_answer(told, name)

    def last_keys(self, *names):
        """The machine may stop before the monitor can answer."""
        try:
            self.keys(*names)
        except (ConnectionError, json.JSONDecodeError):
            pass

    def screen(self, folder):
        """The 25 lines of the text screen, and the attribute of each cell."""
        file = folder / "screen.bin"
        self.ask("pmemsave", val=0xB8000, size=80 * 25 * 2, filename=str(file))
        data = file.read_bytes()
        text = data[::2].decode("cp437")
        return [text[line * 80:line * 80 + 80].rstrip() for line in range(25)], data[1::2]

    def end(self, seconds=HANG_SECONDS):
        return (self.qemu.wait(seconds) - 33) // 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.wait()
        self.socket.close()


KEYS = {" ": "spc", "#": "shift-3", "\n": "ret", "-": "minus", "=": "equal", ";": "semicolon", ".": "dot", "/": "slash"}


def type_line(monitor, line):
    monitor.keys(*[KEYS.get(c, f"shift-{c.lower()}" if c.isupper() else c) for c in line + "\n"])


def test_where_nothing_ends_the_machine_it_says_that_it_may_be_switched_off(tmp_path):
    """As on a real PC: nothing answers where QEMU's exit device would, so it is not waited for. (Where one is there,
    QEMU 10 ends a little later, and a session must end before that line: it takes ten seconds to come.)"""
    serial, text = tmp_path / "serial", ""
    before = os.times().children_user
    with subprocess.Popen([
            "qemu-system-i386", "-accel", "tcg", "-M", "pc", "-nodefaults", "-vga", "std", "-display", "none",
            "-serial", f"file:{serial}", "-kernel", image("i386"), "-append", "plain=on script=halt"]) as qemu:
        for _ in range(600):
            if text.endswith("halt\nThe machine may be switched off now.\n"):
                break
            time.sleep(0.1)
            text = serial.read_text("latin-1") if serial.exists() else ""
        qemu.kill()
    assert text.endswith("halt\nThe machine may be switched off now.\n")
    assert os.times().children_user - before < 3, "it waited, and read the timer all the while"


def type_halt(monitor):
    monitor.last_keys(*"halt", "ret")


def test_the_keyboard_and_the_screen(tmp_path):
    with Monitor(tmp_path) as pc:
        pc.wait_for("minios> ")
        type_line(pc, "alloc 100")
        pc.wait_for(r"#1 at 0x")
        pc.keys("up", "left", "left", "left", "backspace", "spc", "2", "ret")  # alloc 2100
        pc.wait_for(r"#2 at 0x")
        pc.keys("m", "a", "x", "left", "delete", "p", "ret", "b", "l", "tab", "ret")
        pc.wait_for(r"#2     0x[0-9a-f]+       2100")
        lines, attributes = pc.screen(tmp_path)
        text = "\n".join(lines)
        assert "minios> alloc 2100" in text
        assert "minios> map" in text
        assert "free_memory_pointer" in text
        assert "     #1     0x" in text and "cmd_alloc+0x" in text
        prompt_row = max(row for row, line in enumerate(lines) if line.startswith("minios>"))
        colours = {attributes[row * 80] for row in range(25)}
        assert attributes[prompt_row * 80] & 0x0F == 0x0A, "the prompt is bright green"
        assert len(colours) >= 3
        type_line(pc, "free 1")
        pc.wait_for("E06 not a block")
        lines, attributes = pc.screen(tmp_path)
        error_row = next(row for row, line in enumerate(lines) if line.startswith("E06"))
        assert attributes[error_row * 80] & 0x0F == 0x0C, "the fault is bright red"
        pc.keys("shift-a", "caps_lock", "b", "caps_lock", "ctrl-c")
        pc.wait_for(r"AB\^C")
        type_halt(pc)
        assert pc.end() == OK


def test_a_letter_poked_into_the_screen_is_seen(tmp_path):
    """In the last two cells, which nobody draws anew before the screen is full. peek finds it there."""
    with Monitor(tmp_path) as pc:
        pc.wait_for("minios> ")
        type_line(pc, "poke 0xb8f9c 77 31 79 47")
        type_line(pc, "peek 0xb8f9c 4")
        text = pc.wait_for(r"000b8f90 .*4d 1f 4f 2f")
        assert "outside of the heap" in text
        lines, attributes = pc.screen(tmp_path)
        assert lines[24] == " " * 78 + "MO" and attributes[1998:] == bytes([31, 47])
        type_line(pc, "poke 0xb8f9f 88")
        type_line(pc, "poke 0xb8f9f 1 2")
        type_line(pc, "poke 0xb8fa0 1")
        type_line(pc, "peek 0xb8f9f 2")
        text = pc.wait_for(r"0x000b8f9f to 0x000b8fa1 is not all memory")
        assert "0x000b8f9f is not in the heap or on the screen, and poke writes nowhere else" in text
        assert "0x000b8fa0 is not in the heap or on the screen, and poke writes nowhere else" in text
        assert pc.screen(tmp_path)[1][1998:] == bytes([31, 88])
        type_line(pc, "poke 0xb7fff 1")
        pc.wait_for("0x000b7fff is not in the heap or on the screen")
        type_line(pc, "events")
        text = pc.wait_for(r"(?s)event command.*minios> ")
        assert re.search(r" init +- ", text) and not re.search(r" write +- ", text), "no event of the heap"
        type_halt(pc)
        assert pc.end() == OK


def test_the_screen_and_the_serial_line_say_the_same(tmp_path):
    with Monitor(tmp_path, 'on_fault=report color=off script="alloc 100; free 1; panic"') as pc:
        pc.wait_for("The machine stops")
        serial = pc.serial.read_text("latin-1").replace("\r", "")
        assert pc.end() == 2
    assert "E06 not a block" in serial and "\033" not in serial


def test_a_machine_without_a_screen(tmp_path):
    with Monitor(tmp_path, 'script="alloc 100; halt"', extra=("-vga", "none")) as pc:
        assert pc.end() == OK


# Machine code that no C program contains, and what the processor says to it.
FORBIDDEN = {
    "general protection fault": "0xcd, 0x50",  # int 0x50: beyond the table
    "breakpoint": "0xcc, 0x90",
    "invalid opcode": "0x0f, 0x0b",
    "reserved exception": "0xcd, 0x0f",  # int 15
}


def under_gdb(folder, script, *lines):
    """What the kernel prints while gdb does this to it, from the beginning of the command uptime on."""
    commands, log = folder / "commands", folder / "log"
    commands.write_text("\n".join(["break cmd_uptime", "continue", *lines, "continue", ""]))
    env = dict(os.environ, OPTIONS=f'plain=on script="{script}"', GDB_SCRIPT=str(commands), DEBUG_LOG=str(log))
    subprocess.run([ROOT / "machine/i386/debug", image("i386")], cwd=ROOT, env=env, timeout=HANG_SECONDS, stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return log.read_text()


@pytest.mark.parametrize("name", FORBIDDEN)
def test_exceptions_panic_with_registers_and_names(name, tmp_path):
    text = under_gdb(tmp_path, "alloc 100; uptime; halt", f"set {{unsigned char[2]}}$pc = {{{FORBIDDEN[name]}}}", "delete")
    assert f"PANIC {name}: eip 0x" in text
    assert re.search(r"eax [0-9a-f]{8}  ebx [0-9a-f]{8}.*\n.*eflags", text)
    assert "at cmd_uptime+0x" in text and "called from kmain+0x" in text
    assert "The machine stops with status 2." in text


@pytest.mark.parametrize("vector", [0x25, 0x27, 0x2F])
def test_an_interrupt_that_comes_from_nobody_is_counted(vector, tmp_path):
    """Of a line that is masked, and the two that a controller gives when the reason has gone. It does nothing, and the clock goes on."""
    text = under_gdb(tmp_path, "interrupts; uptime; wait 50; interrupts; alloc 100; check",
                     "delete", "set $place = $pc", "set $code = *(unsigned short *)$pc",
                     f"set {{unsigned short}}$place = {vector << 8 | 0xCD:#x}", "tbreak *($place + 2)", "continue",
                     "set {unsigned short}$place = $code", "set $pc = $place")
    before, after = re.findall(r"^  timer +on +(\d+)", text, re.M)
    assert text.count("came from nobody") == 1 and "1 came from nobody" in text[text.rindex("uptime"):]
    assert int(after) > int(before) + 2
    assert "1 block walked, floor and words sound: no damage found" in text


def test_a_line_that_lost_a_byte_is_refused(tmp_path):
    """Into the chip, which hears itself meanwhile (MCR, bit 4), go three bytes that nobody reads in between."""
    with Monitor(tmp_path, "on_fault=report plain=on") as pc:
        pc.wait_for("minios> ")
        pc.ask("stop")
        for port, value in ((0x3FC, 0x1B), (0x3F8, ord("x")), (0x3F8, ord("y")), (0x3F8, ord("z")), (0x3FC, 0x0B)):
            pc.ask("human-monitor-command", **{"command-line": f"o /1 {port:#x} {value:#x}"})
        pc.ask("cont")
        type_line(pc, " 1")
        pc.wait_for("minios> z 1\nthat line lost a byte or is no ASCII text; nothing was done\nminios> ")
        type_line(pc, "alloc 7")
        pc.wait_for("#1 at 0x")
        type_halt(pc)
        assert pc.end() == OK


def test_reboot_starts_again(tmp_path):
    with Monitor(tmp_path) as pc:
        pc.wait_for("minios> ")
        type_line(pc, "reboot")
        pc.wait_for(r"(?s)reboot\n.*MiniOS on i386.*minios> ")
        type_halt(pc)
        assert pc.end() == OK
