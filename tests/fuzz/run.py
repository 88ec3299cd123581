# SPDX-License-Identifier: MIT
#
# Fuzzes targets, two at a time, and tells every few seconds how far they are:  run.py WIDTH SECONDS TARGET...
# Ends with 1 when one of them found something, and says how to see it again.

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOUND = pathlib.Path("build/fuzz/found")
LONGEST = {"heap": 256, "prompt": 512, "boot": 2048}  # bytes of an input
TELL_SECONDS = 5
PROGRESS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+).*corp: (\d+).*exec/s: (\d+)", re.M)
SETTINGS = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=16:print_legend=0")


def say(target, text):
    print(f"{target:<8} {text}", flush=True)


def progress(log):
    lines = PROGRESS.findall(log.read_text(errors="replace"))
    return "{} runs, {} edges, {} inputs kept, {} runs a second".format(*lines[-1]) if lines else "starting"


def command(width, target, seconds):
    grown = pathlib.Path("build/fuzz/corpus") / target
    grown.mkdir(parents=True, exist_ok=True)
    words = pathlib.Path("build/fuzz") / f"{target}.dict"
    return [f"build/fuzz/{width}/{target}", f"-max_total_time={seconds}", f"-max_len={LONGEST.get(target, 64)}",
            "-timeout=100", f"-artifact_prefix={FOUND}/{width}-{target}-",
            *([f"-dict={words}"] if words.exists() else []),
            grown, *pathlib.Path("tests/fuzz/corpus").glob(target)]


def tell_finding(target, text, program):
    path = re.search(r"Test unit written to (\S+)", text)
    for line in text.splitlines():
        if not line.startswith(("#", "INFO", "\tNEW_FUNC")):
            say(target, line)
    say(target, f"FOUND SOMETHING. See it again: {program} {path[1] if path else '(no input was kept: look above)'}")


def fuzz(width, target, seconds):
    """True when nothing was found."""
    FOUND.mkdir(parents=True, exist_ok=True)
    log, words = FOUND / f"{width}-{target}.log", command(width, target, seconds)
    with open(log, "wb") as output, subprocess.Popen(words, stdout=output, stderr=output, env=SETTINGS) as process:
        told = time.monotonic()
        while process.poll() is None:
            time.sleep(0.1)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                say(target, progress(log))
    if process.returncode == 0:
        say(target, f"nothing found in {seconds} seconds: {progress(log)}")
    else:
        tell_finding(target, log.read_text(errors="replace"), words[0])
    return process.returncode == 0


def main(width, seconds, *targets):
    os.chdir(ROOT)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        clean = list(pool.map(lambda target: fuzz(width, target, int(seconds)), targets))
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
