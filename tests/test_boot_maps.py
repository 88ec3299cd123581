# SPDX-License-Identifier: MIT
#
# The kernel under a boot loader of our own (tests/loader), which tells it of memory what we like: crowded, overlapping and
# broken maps, none at all, command lines as GRUB quotes them. What the kernel then says of its memory is looked at, and that
# the heap lies on RAM that is nobody's.

import re
import subprocess

import pytest

from kernel import COMPILERS, HANG_SECONDS, NO_START, OK, ROOT, SCRIPT_FAILED, heap_start, image, run

MIB = 1 << 20
LOW = (0, 0x9FC00, 1)
RAM = (MIB, 0x1EE0000, 1)  # of a machine with 32 MiB
CROWD = [(0x3000000 + i * 0x2000, 0x1000, 2) for i in range(70)]
LOWER_UPPER, COMMAND_LINE, MODULES, MAP, NAME = 1 << 0, 1 << 2, 1 << 3, 1 << 6, 1 << 9
ALL = COMMAND_LINE | MODULES | MAP | NAME
PLAIN = "plain=on on_fault=report"


def told(entries, flags=ALL, line=PLAIN, modules=(), length=None, name="crafted"):
    """What the loader tells, as assembly: `struct multiboot_info` and what it points to."""
    quoted = line.replace("\\", "\\\\").replace('"', '\\"')
    words = ["flags", 639, 31744, 0, "line", len(modules), "modules", 0, 0, 0, 0, "map_length", "map", 0, 0, 0, "name"]
    rows = "\n".join(f".long {size}\n.quad {start}, {bytes_}\n.long {kind}" for start, bytes_, kind, size in
                     (entry if len(entry) == 4 else (*entry, 20) for entry in entries))
    files = "\n".join(f".long {start}, {end}, 0, 0" for start, end in modules)
    return (f'.set flags, {flags}\nline: .string "{quoted}"\nname: .string "{name}"\n.balign 4\ninfo: .long '
            f'{", ".join(map(str, words))}\nmodules: {files}\nmap: {rows}\nmap_end:\n'
            f'.set map_length, {"map_end - map" if length is None else length}\n')


@pytest.fixture(name="boot")
def boot_with(tmp_path):
    def boot(entries, typed="memory\nhalt\n", compiler="gcc", **more):
        (tmp_path / "info.S").write_text(told(entries, **more))
        subprocess.run(["objcopy", "--strip-all", image("i386", compiler), tmp_path / "minios.elf"], check=True)
        subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-z,noexecstack",
                        f"-Wa,-I{tmp_path}", "-T", ROOT / "tests/loader/link.ld", "-o", tmp_path / "loader.elf",
                        ROOT / "tests/loader/loader.S"], check=True)
        qemu = ["qemu-system-i386", "-accel", "tcg", "-M", "pc", "-m", "32M", "-nodefaults", "-vga", "std", "-display", "none",
                "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0x501,iosize=4",
                "-kernel", tmp_path / "loader.elf"]
        done = subprocess.run(qemu, input=f"{typed}\4\4".encode(), stdout=subprocess.PIPE, timeout=HANG_SECONDS, check=False)
        return (done.returncode - 33) // 2, done.stdout.decode("ascii", "backslashreplace")
    return boot


def kernel_of(text):
    return [int(address, 16) for address in re.search(r"  kernel  (0x[0-9a-f]+) - (0x[0-9a-f]+)", text).groups()]


def usable(text):
    return int(re.search(r"  memory  (\d+) KiB usable", text)[1])


def kib_of(pieces, text):
    """What remains of usable pieces without page 0 and the kernel."""
    start, end = kernel_of(text)
    kernel = (end - start) // 1024 if any(low <= start < high for low, high in pieces) else 0
    return sum(high - max(low, 4096) for low, high in pieces) // 1024 - kernel


LOW_AND_RAM = [(0, 0x9FC00), (MIB, 32 * MIB - 0x20000)]
MAPS = {
    "the 73rd of 73 regions is reserved": ([LOW, RAM, *CROWD, (0x200000, 0x400000, 2)],
                                           [(0, 0x9FC00), (MIB, 0x200000), (0x600000, 32 * MIB - 0x20000)]),
    "the 72nd of 72 regions is the RAM": ([LOW, *CROWD, RAM], LOW_AND_RAM),
    "four adjacent pieces": ([LOW] + [(0x100000 + i * 2 * MIB, 2 * MIB, 1) for i in (2, 0, 3, 1)],
                             [(0, 0x9FC00), (MIB, 9 * MIB)]),
    "the same RAM twice": ([LOW, RAM, RAM], LOW_AND_RAM),
    "a reserved part inside, told first": ([(0x400000, 0x10000, 2), LOW, RAM],
                                           [(0, 0x9FC00), (MIB, 0x400000), (0x410000, 32 * MIB - 0x20000)]),
    "a reserved part inside, told last": ([LOW, RAM, (0x400000, 0x10000, 3)],
                                          [(0, 0x9FC00), (MIB, 0x400000), (0x410000, 32 * MIB - 0x20000)]),
    "RAM that no pointer reaches": ([LOW, RAM, (1 << 32, 1 << 30, 1)], LOW_AND_RAM),
    "an entry without length at the end": ([LOW, RAM, (0, 0, 0)], LOW_AND_RAM),
    "longer entries": ([(*LOW, 20), (*RAM, 20)], LOW_AND_RAM),
}


@pytest.mark.parametrize("name,compiler", [*((name, "gcc") for name in MAPS), *(("longer entries", c) for c in COMPILERS[1:])])
def test_a_crafted_map(name, compiler, boot):
    entries, pieces = MAPS[name]
    status, text = boot(entries, "memory\nalloc 3M\ncheck\nhalt\n", compiler)
    assert status == OK, text
    assert usable(text) == kib_of(pieces, text)
    start, end = heap_start(text)
    assert any(low <= start and end <= high for low, high in pieces)
    assert "made no sense" not in text and "no room in the map" not in text
    assert "no damage found" in text


def test_the_bytes_of_a_reserved_part_are_not_read(boot):
    text = boot([LOW, RAM, (0x900000, 0x1000, 2)], "peek 0x8ffff0 16\npeek 0x8ffff8 16\npeek 0x900ff0\nhalt\n")[1]
    assert text.count("is not all memory; `memory` shows what is") == 2
    assert "  008ffff0  00 00" in text


def test_modules_are_taken_and_can_be_read(boot):
    modules = [(0x300000 + i * 0x3000, 0x300000 + i * 0x3000 + 100) for i in range(30)]
    text = boot([LOW, RAM], "memory\npeek 0x357000 100\npeek 0x357060 8\nhalt\n", modules=modules)[1]
    assert text.count("module from the boot loader") == 30
    assert heap_start(text)[0] > 0x357000 and text.count("is not all memory") == 0


def test_what_finds_no_room_counts_as_taken_and_is_told(boot):
    holes = [(0x800000 + i * 0x1000 + i * 0x10, 0x100, 2) for i in range(700)]
    status, text = boot([LOW, RAM, *holes])
    assert status == OK
    assert re.search(r"^  memory  \d+ KiB usable\n +\d+ pieces of it found no room in the map, and count as taken\n", text, re.M)
    pieces = [(int(low, 16), int(high, 16)) for low, high in re.findall(r"0x(\w+) - 0x(\w+) .*  usable", text)]
    assert not any(low < start + size and start < high for start, size, _ in holes for low, high in pieces)
    assert heap_start(text)[0] - kernel_of(text)[1] < 4096 + 32


@pytest.mark.parametrize("entries,length", [([LOW, RAM, (0x200000, 0x1000, 2, 3)], None), ([LOW, RAM], 60), ([LOW, RAM], -5),
                                            ([LOW, RAM, (0x900000, (1 << 64) - 1, 1)], None)])
def test_what_makes_no_sense_is_told(entries, length, boot):
    text = boot(entries, length=length, flags=ALL | LOWER_UPPER)[1]
    assert re.search(r"KiB usable\n +1 entries of the boot loader's map made no sense\n", text), text
    assert heap_start(text)


@pytest.mark.parametrize("flags", [ALL & ~MAP, ALL])
def test_without_a_map_there_is_what_the_loader_says_of_lower_and_upper_memory(flags, boot):
    status, text = boot([], flags=flags | LOWER_UPPER)
    assert status == OK
    assert usable(text) == kib_of([(0, 639 << 10), (MIB, 32 * MIB)], text)
    assert "  0x00001000 - 0x0009fc00       635 KiB  usable\n" in text


def test_with_nothing_at_all_the_advice_fits(boot):
    status, text = boot([], flags=ALL & ~MAP)
    assert status == NO_START
    assert "the kernel has 0. Start with a boot loader that gives\na memory map: this one told of no usable memory.\n" in text
    assert "heap=0K" not in text


@pytest.mark.parametrize("room", [0, 100, 1023, 1024, 5000, 0x10000])
def test_the_advice_is_never_refused(room, boot):
    entries = [LOW, (0x200000, room, 1)]
    text = boot(entries, "")[1]
    advice = re.search(r"Start with (heap=\d+K or less, or with )?more memory\.\n", text)
    assert advice and bool(advice[1]) == (room >= 1024), text
    if advice[1]:
        assert boot(entries, "check\nhalt\n", line=f"{PLAIN} {advice[1].split()[0]}")[0] == OK


def test_memory_raw_shows_what_was_told(boot):
    entries = [RAM, LOW, RAM, (0x10_0000_0000, 0x1000, 2), (0x400000, 1, 7)]
    status, text = boot(entries, "memory raw\nmemory cooked\nhalt\n", modules=[(0x500000, 0x500400)])
    rows = re.findall(r"^  0x(\w{10}) - 0x(\w{10}) +(\d+) KiB  (\w+)", text, re.M)
    assert [(int(low, 16), int(high, 16), kind) for low, high, _, kind in rows if kind != "this"] == [
        (start, start + size, "usable" if kind == 1 else "reserved") for start, size, kind in entries
    ] + [(0x500000, 0x500400, "module")]
    assert status == OK and "memory raw shows what the boot loader told\n" in text


@pytest.mark.parametrize("line,shows", [
    ('"script=alloc 100; stats"', ["#1 at", "100 bytes as requested"]),  # as GRUB quotes
    ('script="alloc 100; stats"', ["#1 at", "100 bytes as requested"]),
    ('"script=alloc 100; nonsense" color=off', ["#1 at", "unknown command 'nonsense'"]),
    ('"" "heap=512K" "a b" script="stats"', ["unknown option '\"\"'", "unknown option '\"a b\"'", "free         5242"]),
])
def test_both_ways_to_quote(line, shows, boot):
    status, text = boot([LOW, RAM], "", line=f"{PLAIN} {line}")
    assert status == (SCRIPT_FAILED if "nonsense" in line else OK)
    assert all(words in text for words in shows), text


def test_a_long_name_of_the_loader_ends_in_dots(boot):
    assert f"loaded by {'x' * 44}...\n" in boot([LOW, RAM], name="x" * 100)[1]


@pytest.mark.parametrize("machine", ["i386", "host"])
def test_a_long_script_is_kept_whole(machine):
    script = "; ".join(f"alloc {i}" for i in range(1, 250)) + "; nonsense"
    assert len(script) > 2000
    status, text = run(machine, "", [f'script="{script}"'])
    assert status == SCRIPT_FAILED
    assert "#249 at" in text and "unknown command 'nonsense'" in text


def test_a_command_line_that_cannot_be_kept_stops_the_boot():
    status, text = run("i386", "", ['script="' + "alloc 16; " * 500 + '"'])
    assert status == NO_START
    assert "The command line is too long: 4095 bytes of it were kept." in text and "minios>" not in text
    status, text = run("host", "", ['script="' + "alloc 16; " * 500 + '"'])
    assert status == OK and "#500 at" in text


@pytest.mark.parametrize("machine", ["i386", "host"])
def test_a_command_that_is_too_long_is_told(machine):
    for length, wanted in ((1023, OK), (1024, SCRIPT_FAILED)):
        status, text = run(machine, "", ['script="alloc 2000; fill #1 ' + "x" * (length - 8) + '; stats"'])
        assert status == wanted
        assert ("that command is too long; 1023 characters fit" in text) == (wanted != OK)
        assert "used  " in text


@pytest.mark.parametrize("machine", ["i386", "host"])
def test_a_size_is_not_cut(machine):
    status, text = run(machine, "", ["heap=" + "0" * 30 + "1M"])
    assert status == NO_START and "is not a size" in text
