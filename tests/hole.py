# SPDX-License-Identifier: MIT
#
# Puts a learner's file into the hole of a kernel, compiled by gcc for the kernel's own processor, and boots it: what the
# page does with a compiler of its own.

import functools
import re
import struct
import subprocess

from kernel import ROOT, within
from learn import EXERCISES
from web import one_after_the_other

KERNEL = ROOT / "build/hole/minios.elf"
CODE, DATA = 0, 1  # the halves
SHF_WRITE, SHF_ALLOC, SHT_SYMTAB, SHT_NOBITS, SHT_REL = 1, 2, 2, 8, 9
R_386_32, R_386_PC32, R_386_PLT32 = 1, 2, 4
STT_FUNC, UNDEFINED = 2, 0
SYMBOL, HOLE_SYMBOLS = 32, 128  # bytes of one in hole_symbols, and how many there are


class Elf:
    """Sections and symbols of an ELF file of 32 bits."""

    def __init__(self, data):
        self.data = bytearray(data)
        at, size, count, names = struct.unpack_from("<I10xHHH", self.data, 32)
        self.sections = [struct.unpack_from("<10I", self.data, at + size * n) for n in range(count)]
        self.names = [self.text(self.sections[names][4] + section[0]) for section in self.sections]

    def text(self, at):
        return self.data[at:self.data.index(0, at)].decode()

    def symbols(self):
        """(name, value, type, section) of each, in their order."""
        table = next(section for section in self.sections if section[1] == SHT_SYMTAB)
        strings = self.sections[table[6]][4]
        for at in range(table[4], table[4] + table[5], 16):
            name, value, _, info, _, section = struct.unpack_from("<IIIBBH", self.data, at)
            yield self.text(strings + name), value, info & 15, section


@functools.lru_cache
def kernel():
    with one_after_the_other("hole"):
        subprocess.run(["make", "-s", "hole"], cwd=ROOT, check=True)
    return KERNEL.read_bytes()


class Hole:
    """The kernel's image while something is put into it."""

    def __init__(self):
        self.elf = Elf(kernel())
        self.names = {name: value for name, value, _, section in self.elf.symbols() if section != UNDEFINED}
        self.next = [self.names["hole_code"], self.names["hole_data"]]

    def write(self, address, data):
        for section in self.elf.sections:
            if section[3] <= address and address + len(data) <= section[3] + section[5] and section[2] & SHF_ALLOC:
                at = section[4] + address - section[3]
                self.elf.data[at:at + len(data)] = data
                return
        raise AssertionError(f"{address:#x} is not in the image")

    def room(self, half, size, align):
        self.next[half] = (self.next[half] + align - 1) // align * align
        at, self.next[half] = self.next[half], self.next[half] + size
        assert self.next[half] <= self.names[("hole_code_end", "hole_data_end")[half]], "the hole is too small"
        return at

    def put(self, compiled):
        places = {n: self.room(DATA if section[2] & SHF_WRITE else CODE, section[5], section[8] or 1)
                  for n, section in enumerate(compiled.sections) if section[2] & SHF_ALLOC}
        symbols = [(name, self.names[name] if section == UNDEFINED and name else places.get(section, 0) + value, kind, section)
                   for name, value, kind, section in compiled.symbols()]
        for section in compiled.sections:
            if section[1] == SHT_REL and section[7] in places:
                self.relocate(compiled, section, places[section[7]], symbols)
        for n, at in places.items():
            if compiled.sections[n][1] != SHT_NOBITS:
                self.write(at, compiled.data[compiled.sections[n][4]:compiled.sections[n][4] + compiled.sections[n][5]])
        self.tell([symbol for symbol in symbols if symbol[2] == STT_FUNC and symbol[3] != UNDEFINED])

    @staticmethod
    def relocate(compiled, table, place, symbols):
        for at in range(table[4], table[4] + table[5], 8):
            offset, info = struct.unpack_from("<II", compiled.data, at)
            kind, value = info & 255, symbols[info >> 8][1]
            assert kind in (R_386_32, R_386_PC32, R_386_PLT32), kind
            where = compiled.sections[table[7]][4] + offset
            added, = struct.unpack_from("<I", compiled.data, where)
            value += added - (0 if kind == R_386_32 else place + offset)
            struct.pack_into("<I", compiled.data, where, value & 0xFFFFFFFF)

    def tell(self, functions):
        """The kernel's calls lead to them, and backtraces know them."""
        self.functions = sorted((address, name) for name, address, _, _ in functions)
        assert len(self.functions) <= HOLE_SYMBOLS
        for number, (address, name) in enumerate(self.functions):
            self.write(self.names["hole_symbols"] + SYMBOL * number, struct.pack("<I28s", address, name.encode()[:27]))
            if f"hole_of_{name}" in self.names:
                self.write(self.names[f"hole_of_{name}"], struct.pack("<I", address))

    def function_at(self, address):
        """The learner's function; None for the kernel's."""
        inside = self.names["hole_code"] <= address < self.names["hole_code_end"]
        return [name for start, name in self.functions if start <= address][-1] if inside else None


def compiled(text, folder, *options):
    source = folder / "my_heap.c"
    source.write_text(text)
    subprocess.run(["gcc", "-m32", "-std=c11", "-g", "-O0", "-w", "-ffreestanding", "-fno-pie", "-fno-stack-protector",
                    "-fno-asynchronous-unwind-tables", "-fno-omit-frame-pointer", "-iquote", EXERCISES, *options, "-c", "-o",
                    folder / "my_heap.o", source], check=True)
    return Elf((folder / "my_heap.o").read_bytes())


def linked(text, folder, *options):
    """A kernel with this heap in its hole, written to .path."""
    hole = Hole()
    hole.put(compiled(text, folder, *options))
    hole.path = folder / "hole.elf"
    hole.path.write_bytes(hole.elf.data)
    return hole


def command(path, *options):
    return [str(ROOT / "machine/i386/run"), str(path), "plain=on", *options]


def boot(path, *options, typed="", seconds=60):
    """Exit status and what was said."""
    done = subprocess.run(command(path, *options), input=typed.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **within(seconds))
    return done.returncode, done.stdout.decode("ascii", "backslashreplace")


def diagnosis(said):
    """None when the heap passed."""
    assert re.search(r"^end$", said, re.M), said
    return None if re.search(r"^passed$", said, re.M) else re.search(r"^diagnosis (\S+)$", said, re.M)[1]
