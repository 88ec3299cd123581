# SPDX-License-Identifier: MIT
#
# The command whose, where it does not tell of the heap (that is in the transcripts): the kernel's parts, the stack, the screen,
# the memory map, and what is forbidden.

import re
import subprocess

import pytest

from kernel import COMPILERS, MACHINES, OK, ROOT, heap_start, image, run

BSS, NOTHING = "bss, the data that began as zeros", "nothing: no memory that anybody told of"


def symbols(machine, compiler):
    names = subprocess.run(["nm", image(machine, compiler)], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"(?m)^([0-9a-f]+) \w (\w+)$", names)}


def ask(machine, addresses, compiler="gcc", qemu=""):
    """What is told of each of them."""
    typed = "".join(f"whose {address:#x}\n" for address in addresses)
    status, text = run(machine, f"{typed}halt\n", compiler=compiler, qemu=qemu)
    assert status == OK
    told = re.findall(r"(?m)^(0x[0-9a-f]{8,}): (.*)$", text)
    assert [int(address, 16) for address, _ in told] == list(addresses)
    return [answer for _, answer in told]


def check(machine, wanted, compiler="gcc", qemu=""):
    assert dict(zip(wanted, ask(machine, wanted, compiler, qemu))) == wanted


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_parts_of_the_kernel_on_a_pc(compiler):
    at = symbols("i386", compiler)
    constants, shared = at["_text_end"], at["_rodata_end"] & ~0xFFF
    check("i386", {
        0: "the page of null pointers; forbidden to touch",
        0xFFF: "the page of null pointers; forbidden to touch",
        0x1000: "usable memory, and nobody's",
        at["_kernel_start"]: "code, _kernel_start+0x0; forbidden to write",
        at["_start"]: "code, _start+0x0; forbidden to write",
        at["kmain"] + 1: "code, kmain+0x1; forbidden to write",
        constants: "constants; forbidden to write",
        shared - 1: "constants; forbidden to write",
        at["_rodata_end"] - 1: "constants",  # its page begins the data, too
        at["_rodata_end"]: "data",
        at["gdt"]: "data",
        at["_data_end"]: BSS,
        at["kernel_heap"]: BSS,
        at["stack_guard_page"] - 1: BSS,
        at["stack_guard_page"]: "the fence below the stack; forbidden to write",
        at["stack_low"] - 1: "the fence below the stack; forbidden to write",
        at["stack_low"]: "stack, not in use now",
        at["stack_top"] - 1: "stack, in the frame of _start",
    }, compiler)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_parts_of_the_kernel_as_a_process(compiler):
    at = symbols("host", compiler)
    check("host", {
        0: f"{NOTHING}; forbidden to touch",
        at["__executable_start"]: "constants; forbidden to write",
        at["kmain"] + 1: "code, kmain+0x1; forbidden to write",
        at["_IO_stdin_used"]: "constants; forbidden to write",
        at["minios_description"]: "data",
        at["kernel_heap"]: "data",
        0x10000000 + (32 << 20) - 1: "usable memory, and nobody's",
        0x10000000 + (32 << 20): f"{NOTHING}; forbidden to touch",
        (1 << 64) - 1: f"{NOTHING}; forbidden to touch",
    }, compiler)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("machine", MACHINES)
def test_the_heap_of_the_handlers(machine, compiler):
    at = symbols(machine, compiler)
    told = run(machine, "stats handlers\nhalt\n", compiler=compiler)[1]
    free = int(re.search(r"free +(\d+)", told)[1])
    words = re.search(r"(?m)^heap_start (0x\w+) +heap_end (0x\w+)", run(machine, "map handlers\nhalt\n", compiler=compiler)[1])
    start, end = (int(word, 16) for word in words.groups())
    rest = BSS if machine == "i386" else "data"
    assert at["handler_heap"] and end - start == free
    check(machine, {start: f"heap of the handlers: free, byte 0 of {free}",
                    start - 1: f"heap of the handlers: floor tag, byte {15 if machine == 'i386' else 31} of "
                               f"{16 if machine == 'i386' else 32}",
                    end - 1: f"heap of the handlers: free, byte {free - 1} of {free}", end: rest}, compiler)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_stack_has_the_frames_of_those_who_are_at_work(compiler):
    """Where the boot noted the stack pointer, the frame of the function that noted it begins."""
    rows = re.findall(r"(?m)^ *\d+ (?:\w+ )+ +(0x\w+) 0x\w+ (\w+)\+", run("i386", "boot\nhalt\n", compiler=compiler)[1])
    highest = {name: max(int(stack, 16) for stack, other in rows if other == name) for _, name in rows}
    assert set(highest) == {"_start", "machine_main", "kmain"}
    check("i386", {highest["_start"] - 4: "stack, in the frame of _start",
                   highest["machine_main"] + 8: "stack, in the frame of machine_main",
                   highest["kmain"] + 8: "stack, in the frame of kmain"}, compiler)
    below = ask("i386", range(highest["kmain"] - 4, highest["kmain"] - 2048, -4), compiler)
    names = [name for n, name in enumerate(below) if n == 0 or below[n - 1] != name]
    assert names[-1] == "stack, not in use now" and "stack, in the frame of run_line" in names
    assert names.count("stack, not in use now") == 1 and len(names) == len(set(names)) > 4


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_process_has_a_stack_too(compiler):
    """The system lays it elsewhere each time: so one kernel tells where, and is asked then."""
    with subprocess.Popen([ROOT / "machine/host/run", image("host", compiler)], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as kernel:
        def answer(command, last):
            """All up to the line with these words."""
            kernel.stdin.write(f"{command}\n")
            kernel.stdin.flush()
            lines = [""]
            while last not in lines[-1]:
                lines.append(kernel.stdout.readline())
                assert lines[-1], lines
            return lines

        boot = "".join(answer("boot", "us: since"))
        at = int(re.search(r"main +(0x\w+) 0x\w+ main\+", boot)[1], 16)
        kmain = int(re.search(r"prompt +(0x\w+) 0x\w+ kmain\+", boot)[1], 16)
        told = [answer(f"whose {address:#x}", f"{address:#x}: ")[-1].split(": ")[1] for address in (at, kmain, kmain - 8192, at + 256)]
        kernel.stdin.write("halt\n")
    assert told == ["stack, in the frame of main\n", "stack, in the frame of kmain\n", "stack, not in use now\n",
                    "stack, of those who called this kernel\n"]


@pytest.mark.parametrize("qemu,wanted", [
    ("", {0xB7FFF: NOTHING, 0xB8000: "the letters on the screen", 0xB8F9F: "the letters on the screen", 0xB8FA0: NOTHING,
          0xF0000: "reserved by the memory map", 0xFFFFF: "reserved by the memory map", 0x1F00000: "usable memory, and nobody's",
          0x40000000: f"{NOTHING}; forbidden to touch", 0xFFFFFFFE: "reserved by the memory map; forbidden to touch"}),
    ("-cpu 486,pse=off", {0: "the page of null pointers", 0x100000: "code, _kernel_start+0x0", 0x40000000: NOTHING}),
])
def test_the_screen_and_the_memory_map(qemu, wanted):
    check("i386", wanted, qemu=qemu)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_end_of_the_heap(machine):
    start, end = heap_start(run(machine, "halt\n")[1])
    check(machine, {end - 1: f"heap: free, byte {end - start - 1} of {end - start}", end: "usable memory, and nobody's"})


def test_a_module(tmp_path):
    module = tmp_path / "module"
    module.write_bytes(bytes(5000))
    where = re.search(r"0x(\w+) - 0x(\w+) .*module", run("i386", "memory\nhalt\n", qemu=f"-initrd {module}")[1])
    start, end = (int(word, 16) for word in where.groups())
    check("i386", {start: "a module from the boot loader", end - 1: "a module from the boot loader",
                   end: "usable memory, and nobody's"}, qemu=f"-initrd {module}")
