# SPDX-License-Identifier: MIT
#
# Ten thousand lines that nobody would type on purpose, binary noise included: no hang, no panic that was not asked for.

import random

import pytest

from kernel import OK, QUICK_ON_HOST, run, slowly

NUMBERS = ["0", "1", "13", "16", "100", "4K", "0x40", "1M", "64M", "-1", "0xffffffff", "99999999999999999999", "1G", "x", ""]
BLOCKS = ["#1", "#2", "#3", "#40", "#", "last", "all", "#99999999999", "0x00200010", "0x10000020", "0x10000050", "0x0011b010"]
NAMES = ["help", "alloc", "zalloc", "free", "resize", "mark", "release", "fill", "peek", "poke", "map", "blocks", "stats",
         "check", "memory", "explain", "demo", "uptime", "clear"]
RARE = {"demo": 0.02, "memory": 0.2, "help": 0.2, "map": 0.3, "blocks": 0.3, "explain": 0.3}
END_OF_INPUT = 4


def noise_line(chance):
    kind = chance.random()
    if kind < 0.70:
        name = chance.choice(NAMES)
        if chance.random() > RARE.get(name, 1):
            name = "alloc"
        words = [chance.choice(NUMBERS + BLOCKS) for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3, 9]))]
        return " ".join([name, *words]).encode()
    if kind < 0.80:
        return bytes(chance.randrange(32, 127) for _ in range(chance.randrange(120)))
    noise = bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
    return bytes(byte for byte in noise if byte != END_OF_INPUT)


@pytest.mark.parametrize("build", ["gcc", slowly("gcc-sanitize")])
@pytest.mark.parametrize("machine", QUICK_ON_HOST)
def test_ten_thousand_lines_of_noise(machine, build):
    seed = 20260101
    chance = random.Random(seed)
    typed = b"\n".join(noise_line(chance) for _ in range(10000))
    status, text = run(machine, typed + b"\n\n\nuptime\nhalt\n", seconds=300, compiler=build)
    assert status == OK, f"seed {seed}: status {status}, the end was:\n{text[-3000:]}"
    assert "PANIC" not in text
    assert "seconds since the machine was ready" in text[-300:]
    assert text.count("\nminios> ") >= 10000
