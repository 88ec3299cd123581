# SPDX-License-Identifier: MIT
#
# Runs the command `bench` in a QEMU that counts instructions instead of time, so that its figures are the same in each
# run, and compares them with the stored ones:  compare.py KERNEL STORED COMPILER   One that grew by more than 5 % fails,
# or by more than 25 % when another compiler (or another version of it) has stored them: that one makes other code of the
# same lines. UPDATE=1 in the environment stores what was counted.

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MOST_GROWTH, WITH_ANOTHER_COMPILER = 5, 25
HEAD = "instructions a call, by `bench` in QEMU with -icount shift=0: kmalloc, kfree; "


def count(kernel):
    """What it costs to call kmalloc and kfree, for each row of the table."""
    env = dict(os.environ, QEMU_OPTIONS="-icount shift=0,sleep=off", RAM="32M")
    done = subprocess.run([ROOT / "machine/i386/run", kernel, 'script="bench"'], env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=1800, check=False)
    rows = re.findall(r"^  (\S.*?)  +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", done.stdout, re.M)
    if done.returncode != 0 or len(rows) < 5:
        sys.exit(f"the kernel did not bench (status {done.returncode}):\n{done.stdout}{done.stderr}")
    for name, least, median, *_ in rows:
        if least != median:
            print(f"  {name}: not the same in each round ({least} to {median} and more)")
    return {name: (float(get), float(give)) for name, get, _, give, _ in rows}


def write(path, counted, compiler):
    lines = [f"{name:28}{get:8.1f}{give:8.1f}\n" for name, (get, give) in counted.items()]
    path.write_text(f"# {HEAD}{compiler}\n" + "".join(lines))


def read(path):
    head, *lines = path.read_text().splitlines()
    rows = [re.fullmatch(r"(\S.*?)  +([\d.]+) +([\d.]+)", line).groups() for line in lines]
    return {name: (float(get), float(give)) for name, get, give in rows}, head.rpartition("; ")[2]


def verdict(now, then, percent):
    if now > then * (100 + percent) / 100:
        return "GREW"
    return "lower" if now < then else ""


def compare(counted, stored, percent):
    """Prints a row for each; gives all verdicts."""
    verdicts = set()
    print(f"  {'instructions a call':28}{'kmalloc':>8} {'stored':>8}        {'kfree':>8} {'stored':>8}")
    for name, pair in counted.items():
        line = f"  {name:28}"
        for now, then in zip(pair, stored[name]):
            told = verdict(now, then, percent)
            verdicts.add(told)
            line += f"{now:8.1f} {then:8.1f} {told:7}"
        print(line.rstrip())
    return verdicts


def main(kernel, path, compiler):
    path = pathlib.Path(path)
    counted = count(kernel)
    if os.environ.get("UPDATE"):
        write(path, counted, compiler)
        print(f"  stored in {path}")
        return 0
    stored, stored_by = read(path)
    if counted.keys() != stored.keys():
        print(f"  the table has other rows than {path}; UPDATE=1 make bench-kernel stores these")
        return 1
    percent = MOST_GROWTH if compiler == stored_by else WITH_ANOTHER_COMPILER
    verdicts = compare(counted, stored, percent)
    if compiler != stored_by:
        print(f"  stored with {stored_by}, counted with {compiler}")
    if "GREW" in verdicts:
        print(f"  more than {percent} % above what is stored. If it is worth that: UPDATE=1 make bench-kernel")
    elif "lower" in verdicts:
        print("  lower than what is stored: UPDATE=1 make bench-kernel stores it, so that it stays so")
    return int("GREW" in verdicts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
