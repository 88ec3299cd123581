# SPDX-License-Identifier: MIT
#
# The kernel's own table of its functions, unpacked out of the image, against what nm says of that image.

import itertools
import re
import subprocess

import pytest

from kernel import COMPILERS, MACHINES, SANITIZED, image


def listed(path):
    """All symbols by rising address: address, type, name."""
    lines = subprocess.run(["nm", "-n", path], capture_output=True, text=True, check=True).stdout.splitlines()
    return [(int(words[0], 16), words[1], words[2]) for words in map(str.split, lines) if len(words) == 3]


def bytes_at(path, symbols, tmp_path):
    """The section .ksyms, as a function that gives the bytes from a symbol on."""
    subprocess.run(["objcopy", "-O", "binary", "-j", ".ksyms", path, tmp_path / "ksyms"], check=True)
    content = (tmp_path / "ksyms").read_bytes()
    sections = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    start = int(re.search(r" \.ksyms +PROGBITS +([0-9a-f]+)", sections)[1], 16)
    return lambda name: content[next(address for address, _, own in symbols if own == name) - start:]


def unpacked(code, pairs):
    if code < 128:
        return chr(code)
    return "".join(unpacked(half, pairs) for half in pairs[2 * (code - 128):2 * (code - 128) + 2])


def table(path, symbols, tmp_path):
    """Address and name of each function, and last where the code ends."""
    from_symbol = bytes_at(path, symbols, tmp_path)
    width = 8 if "ELF64" in subprocess.run(["readelf", "-h", path], capture_output=True, text=True, check=True).stdout else 4
    address = int.from_bytes(from_symbol("kernel_symbols_start")[:width], "little")
    pairs, stream = from_symbol("kernel_symbol_pairs"), iter(from_symbol("kernel_symbols"))
    while True:
        length = 0
        for shift in itertools.count(0, 7):
            byte = next(stream)
            length |= (byte & 127) << shift
            if byte < 128:
                break
        if length == 0:
            yield address, None
            return
        yield address, "".join(unpacked(code, pairs) for code in itertools.takewhile(bool, stream))
        address += length


@pytest.mark.parametrize("compiler", COMPILERS + SANITIZED)
@pytest.mark.parametrize("machine", MACHINES)
def test_every_function_is_in_the_table(machine, compiler, tmp_path):
    path = image(machine, compiler)
    symbols = listed(path)
    *told, (end, _) = table(path, symbols, tmp_path)
    functions = {}
    for address, kind, name in symbols:
        if (kind in "tT" or kind == "W" and address < end) and not re.match(r"[.$]|_text_end$", name):
            functions.setdefault(address, re.sub(r"\..*", "", name)[:63])
    assert len(told) > 250
    assert "kheap_refuse_free" in functions.values(), "a weak function is one too"
    assert told == sorted(functions.items())
    assert told[-1][0] < end
    if machine == "i386":
        assert end == next(address for address, _, name in symbols if name == "_text_end")
