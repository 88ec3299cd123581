#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Builds the book into build/book/: the site, one PDF and one EPUB a language.   tools/book/build.py [site]
# With `site` only the site; the PDFs take longest, because a browser prints them.

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import functools

import epub
import serve
import sessions
from pages import HERE, Missing, Trouble

WEB, OUT = HERE / "web", HERE / "build" / "book"
LANGUAGES = ("bn", "en")
CANNOT_BE_HAD = 3  # the status of tools/tcc/build where no compiler for the page can be made


def run(what, command, folder):
    """Quiet, unless it fails."""
    print(f"  {what}", flush=True)
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError as error:
        raise Missing(command[0]) from error
    if done.returncode:
        raise Trouble(f"{' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def packages():
    """Just what package-lock.json names, fetched once and after each change of it."""
    lock, stamp = WEB / "package-lock.json", WEB / "node_modules" / ".complete"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        run("fetching   the packages that web/package-lock.json names (once)", ["npm", "ci", "--no-audit", "--no-fund"], WEB)
        stamp.write_bytes(lock.read_bytes())


def kernel():
    """What ./minios run boots: of its symbols only the one by which the page finds all else."""
    image = sessions.kernel("i386", False)
    OUT.mkdir(parents=True, exist_ok=True)
    run("stripping  the kernel that the lab boots", ["objcopy", "--strip-all", "--keep-symbol=minios_description", image, OUT / "minios.elf"], HERE)


def learn():
    """The page `learn` has a compiler and a kernel with a hole. Where the compiler cannot be had the page says
    so, and this does; but not in CI."""
    (OUT / "hole.elf").unlink(missing_ok=True)
    print("  building   the C compiler of the page `learn`", flush=True)
    done = subprocess.run([HERE / "tools" / "tcc" / "build"], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == CANNOT_BE_HAD and not os.environ.get("CI"):
        print(f"  WITHOUT    the page `learn`: {done.stderr.strip()}", flush=True)
        return
    if done.returncode:
        raise Trouble(done.stderr.strip())
    run("building   the kernel with a hole for the learner's heap", ["make", "-s", "hole"], HERE)
    image = HERE / "build" / "hole" / "minios.elf"
    run("stripping  it, but for the names of its functions", ["objcopy", "--strip-debug", "--discard-all", image, OUT / "hole.elf"], HERE)


def licences():
    """Beside the compiler lie its source, its licence and how it was built."""
    if (OUT / "hole.elf").exists():
        shutil.copytree(HERE / "build" / "tcc", OUT / "site" / "tcc", ignore=shutil.ignore_patterns("*.wasm"))


def site():
    run("building   the site", ["node_modules/.bin/vitepress", "build", "."], WEB)
    licences()
    run("compressing what it holds, for whoever accepts that", ["node", "compress.mjs", OUT / "site"], WEB)
    (OUT / "site-complete").touch()


def prints():
    server = serve.Server(("127.0.0.1", 0), functools.partial(serve.Site, directory=OUT / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        told = run("printing   one PDF a language", ["node", "print.mjs", f"http://127.0.0.1:{server.server_port}/", OUT], WEB)
    finally:
        server.shutdown()
    print(told, end="")


def main():
    """One at a time, should two terminals ask at once."""
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build()


def build():
    for stamp in ("complete", "site-complete"):
        (OUT / stamp).unlink(missing_ok=True)
    packages()
    kernel()
    learn()
    site()
    if sys.argv[1:] == ["site"]:
        return
    prints()
    for language in LANGUAGES:
        epub.build(HERE, language, OUT)
        for kind in ("pdf", "epub"):
            shutil.copy(OUT / f"minios.{language}.{kind}", OUT / "site")
    (OUT / "complete").touch()


if __name__ == "__main__":
    try:
        main()
    except (Trouble, Missing) as trouble:
        sys.exit(f"book: {trouble}")
    except OSError as error:
        sys.exit(f"book: {error.filename or OUT}: {error.strerror}: put that right, then try again")
