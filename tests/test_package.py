# SPDX-License-Identifier: MIT
#
# kheap as those meet it who take it along: the files alone, with every compiler; the pair that is one version; the installed
# library, found by pkg-config, CMake and Meson; the man pages; the examples.

import os
import re
import shutil
import subprocess

import pytest

from kernel import HANG_SECONDS, ROOT

pytestmark = pytest.mark.slow

VERSION = (ROOT / "VERSION").read_text().strip()
FREESTANDING = ["-ffreestanding", "-nostdlib", "-std=c11", "-Wall", "-Wextra", "-Werror", "-c"]
COMPILERS = {
    "i386": "gcc -m32 -fno-pic",
    "x86-64": "gcc -m64",
    "cortex-m0": "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb",
    "cortex-m4": "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb",
    "aarch64": "aarch64-linux-gnu-gcc",
    "riscv32": "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32",
    "riscv32-small": "riscv64-unknown-elf-gcc -march=rv32i -mabi=ilp32",
    "riscv64": "riscv64-unknown-elf-gcc",
    "powerpc": "powerpc-linux-gnu-gcc",
    "s390x": "s390x-linux-gnu-gcc",
    "clang-i386": "clang --target=i386-unknown-none-elf",
    "clang-x86-64": "clang --target=x86_64-unknown-none-elf",
    "clang-cortex-m0": "clang --target=thumbv6m-none-eabi",
    "clang-cortex-m4": "clang --target=thumbv7em-none-eabi",
    "clang-aarch64": "clang --target=aarch64-none-elf",
    "clang-riscv32": "clang --target=riscv32-unknown-elf -march=rv32imac",
    "clang-riscv64": "clang --target=riscv64-unknown-elf -march=rv64imac",
}
# The last two are what the ABI of ARM calls memset and memcpy.
ALLOWED = {"kheap_fault", "memset", "memcpy", "__aeabi_memclr4", "__aeabi_memcpy4"}

CONSUMER = """
#include <kheap.h>
#include <stdio.h>
#include <stdlib.h>
void kheap_fault(const struct kheap_report *report) { printf("E%02d\\n", (int)report->fault); exit(3); }
int main(void)
{
    static unsigned char memory[1024];
    struct kheap heap;
    if (kheap_init(&heap, memory, sizeof(memory)) != KHEAP_OK)
        return 1;
    void *first = kheap_alloc(&heap, 10);
    kheap_free(&heap, kheap_alloc_aligned(&heap, 100, 64));
    kheap_free(&heap, first);
    puts(KHEAP_VERSION);
    kheap_free(&heap, first);
    return 2;
}
"""


def run(*command, cwd=ROOT, **environment):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **environment},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def check_consumer(program, **environment):
    """It uses the heap, tells its version, and its double free is refused out loud."""
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}, check=False)
    assert (done.returncode, done.stdout) == (3, f"{VERSION}\nE05\n")


def copied(to):
    """The source tree as a fresh clone has it, without what was built in it."""
    return shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns("build", ".git", "node_modules", "*.timestamp-*"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    run(ROOT / "package/amalgamate", folder)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A tree that was installed for one place and then moved: nothing in it may tell where it was made."""
    staged = tmp_path_factory.mktemp("staged")
    tree = tmp_path_factory.mktemp("moved") / "usr"
    copy = copied(tmp_path_factory.mktemp("copy") / "minios")
    run("make", "-s", "install", "PREFIX=/usr", f"DESTDIR={staged}", cwd=copy)
    shutil.move(staged / "usr", tree)
    return tree


SOURCES = {  # what is taken along, and how it is compiled
    "files": (["heap/kheap.c", "heap/kheap_look.c"], ["-I."]),
    "files in brief": (["heap/kheap.c", "package/kheap_brief.c"], ["-I."]),
    "pair": (["kheap.c"], []),
    "pair in brief": (["kheap.c"], ["-DKHEAP_BRIEF"]),
}


def names(target, kind, file):
    """The names that an object defines (T) or asks for (U)."""
    told = run("llvm-nm" if "clang" in target else "nm", file)
    return {line.split()[-1] for line in told.splitlines() if line.split()[-2] in kind}


@pytest.mark.parametrize("optimise", ["-O0", "-O2", "-Os"])
@pytest.mark.parametrize("target", COMPILERS)
@pytest.mark.parametrize("source", SOURCES)
def test_compiles_alone(tmp_path, pair, source, target, optimise):
    files, options = SOURCES[source]
    folder = pair
    if "files" in source:
        folder = shutil.copytree(ROOT / "heap", tmp_path / "taken")
        files = [shutil.copy(ROOT / file, folder) for file in files]
    asked, given = set(), set()
    for file in files:
        run(*COMPILERS[target].split(), optimise, *FREESTANDING, *options, "-o", tmp_path / "o", file, cwd=folder)
        asked |= names(target, "U", tmp_path / "o")
        given |= names(target, "TW", tmp_path / "o")
    asked -= given
    if target == "powerpc":  # what its ABI keeps in libgcc for -Os: the saving of registers
        asked = {name for name in asked if not re.match(r"_(rest|save)gpr_", name)}
    assert "kheap_fault" in asked and asked <= ALLOWED
    assert "files" in source or not any("refuse" in name for name in given)


def test_pair_is_two_files_of_one_version(pair):
    assert sorted(path.name for path in pair.iterdir()) == ["kheap.c", "kheap.h"]
    for name in ("kheap.h", "kheap.c"):
        text = (pair / name).read_text()
        assert f"kheap {VERSION}" in text and "kheap_faults.def" not in text.replace("kheap_faults.def.", "")
        assert re.findall(r"#include +\"(.*)\"", text) == (["kheap.h"] if name == "kheap.c" else [])


CPP_SOURCE = """#include "kheap.h"
#include <cstddef>

void *take(kheap *h);
void *take(kheap *h)
{
    const struct kheap_stats figures = kheap_stats(h);
    kheap_release(h, kheap_mark(h));
    return figures.free != 0 ? kheap_alloc(h, sizeof(kheap_report)) : nullptr;
}
"""
CPP_COMPILERS = {"g++": "g++ -Wall -Wextra -Wpedantic -Wshadow -Wold-style-cast -Wconversion",
                 "clang++": "clang++ -Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-padded"}


@pytest.mark.parametrize("where", ["tree", "pair", "installed"])
@pytest.mark.parametrize("standard", ["c++17", "c++20"])
@pytest.mark.parametrize("compiler", CPP_COMPILERS)
def test_header_as_cpp_with_every_warning(compiler, standard, where, pair, installed, tmp_path):
    folder = {"tree": ROOT / "heap", "pair": pair, "installed": installed / "include"}[where]
    source = tmp_path / "user.cpp"
    source.write_text(CPP_SOURCE)
    run(*CPP_COMPILERS[compiler].split(), f"-std={standard}", "-Werror", f"-I{folder}", "-c", source, "-o", tmp_path / "o")
    assert "kheap_alloc" in run("nm", "-u", tmp_path / "o").split()  # by its name in C


def test_library_exports_what_is_promised(installed):
    """Neither less, which would break who is linked, nor more, which somebody would come to rely on."""
    promised = re.findall(r"^call .*?\b(kheap_\w+)\(", (ROOT / "package/abi.txt").read_text(), re.M)
    exported = run("nm", "-D", "--defined-only", installed / "lib/libkheap.so").splitlines()
    assert sorted(line.split()[-1] for line in exported) == sorted(promised)


@pytest.mark.parametrize("kind", ["static", "shared"])
def test_pkg_config(installed, tmp_path, kind):
    (tmp_path / "user.c").write_text(CONSUMER)
    place = {"PKG_CONFIG_LIBDIR": str(installed / "lib/pkgconfig")}
    assert run("pkg-config", "--modversion", "kheap", **place).strip() == VERSION
    flags = run("pkg-config", f"--define-variable=prefix={installed}", "--cflags", "--libs", "kheap", **place).split()
    static = ["-Wl,-Bstatic", *flags, "-Wl,-Bdynamic"] if kind == "static" else flags
    run("gcc", "-Wall", "-Werror", tmp_path / "user.c", "-o", tmp_path / "user", *static)
    needed = run("readelf", "-d", tmp_path / "user")
    assert ("libkheap.so.1" in needed) == (kind == "shared")
    check_consumer(tmp_path / "user", **({"LD_LIBRARY_PATH": str(installed / "lib")} if kind == "shared" else {}))


@pytest.mark.parametrize("brief", ["", " -DKHEAP_BRIEF"])
def test_firmware_with_the_installed_library(tmp_path, brief):
    """Cross-compiled, static alone, found by pkg-config: the example boots on a Cortex-M0. In brief E07 is told as E08."""
    copy, tree = copied(tmp_path / "minios"), tmp_path / "m0"
    flags = f"-mcpu=cortex-m0 -mthumb -Os{brief}"
    run("make", "-s", "install", f"PREFIX={tree}", "KHEAP_SHARED=no", "CC=arm-none-eabi-gcc", "AR=arm-none-eabi-ar",
        f"KHEAP_CFLAGS={flags}", cwd=copy)
    assert sorted(path.name for path in (tree / "lib").glob("libkheap*")) == ["libkheap.a"]
    found = run("pkg-config", "--cflags", "--libs", "kheap", PKG_CONFIG_LIBDIR=str(tree / "lib/pkgconfig")).split()
    firmware = ROOT / "examples/firmware"
    source = (firmware / "main.c").read_text()
    (tmp_path / "main.c").write_text(source.replace("KHEAP_E_OVERFLOW", "KHEAP_E_DAMAGED") if brief else source)
    run("arm-none-eabi-gcc", *flags.split(), "-std=c11", "-ffreestanding", "-nostdlib", "-Wl,--gc-sections", "-T", firmware / "link.ld",
        f"-I{firmware}", tmp_path / "main.c", firmware / "board.c", *found, "-lgcc", "-o", tmp_path / "user.elf")
    told = run(firmware / "run", tmp_path / "user.elf")
    assert "all came back" in told and ("E08" in told) == bool(brief)


@pytest.mark.parametrize("setting", ["PREFIX=opt", "PREFIX=/with space", "PREFIX=", "LIBDIR=lib64", "DESTDIR=a b"])
@pytest.mark.parametrize("target", ["install", "uninstall"])
def test_senseless_places_are_refused(tmp_path, target, setting):
    copy = copied(tmp_path / "minios")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(["make", "-s", target, f"DESTDIR={tmp_path}/root", setting], cwd=copy, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode != 0 and "give a whole path without spaces" in done.stdout.splitlines()[0], done.stdout
    assert [path for path in sorted(tmp_path.rglob("*")) if copy / "build" not in [path, *path.parents]] == before


@pytest.mark.parametrize("shared", ["OFF", "ON"])
def test_cmake(installed, tmp_path, shared):
    (tmp_path / "user.c").write_text(CONSUMER)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(user C)\nfind_package(kheap 1.0 REQUIRED)\n"
        "add_executable(user user.c)\ntarget_link_libraries(user kheap::kheap)\n")
    run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={installed}", f"-DBUILD_SHARED_LIBS={shared}")
    run("cmake", "--build", tmp_path / "b")
    assert ("libkheap.so.1" in run("readelf", "-d", tmp_path / "b/user")) == (shared == "ON")
    check_consumer(tmp_path / "b/user")


def test_cmake_refuses_another_major_version(installed, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(user C)\nfind_package(kheap 2.0 REQUIRED)\n")
    done = subprocess.run(["cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={installed}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode != 0 and VERSION in done.stdout


@pytest.mark.parametrize("version,asked,found", [
    ("1.5.0", "1.0...1.2", False), ("1.5.0", "1.0...1.5", True), ("1.5.0", "1.0...<1.5", False), ("1.5.0", "1.0...<2", True),
    ("1.5.0", "1.6...1.9", False), ("1.5.0", "1.5...1.9", True), ("1.5.1", "1.0...1.5", False), ("1.5.0", "1.2", True),
    ("1.5.0", "1.6", False), ("1.5.0", "1.5.0 EXACT", True), ("1.5.0", "1.5.1 EXACT", False), ("1.5.0", "0.9", False),
    ("1.5.0", "2", False), ("1.5.0", "", True),
])
def test_cmake_takes_the_versions_that_were_asked_for(version, asked, found, tmp_path):
    text = (ROOT / "package/kheap-config-version.cmake.in").read_text().replace("@VERSION@", version).replace("@MAJOR@", "1")
    (tmp_path / "kheap-config-version.cmake").write_text(text)
    (tmp_path / "kheap-config.cmake").write_text("")
    (tmp_path / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.19)\nproject(user NONE)\nfind_package(kheap {asked} QUIET CONFIG)\n"
        'message("found: ${kheap_FOUND}")\n')
    said = run("cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-Dkheap_DIR={tmp_path}")
    assert f"found: {int(found)}\n" in said, said


@pytest.mark.parametrize("kind", ["static", "shared"])
def test_meson_subproject(tmp_path, kind):
    (tmp_path / "user.c").write_text(CONSUMER)
    (tmp_path / "meson.build").write_text(
        "project('user', 'c')\ndependency('kheap', fallback: ['kheap', 'kheap_dep'], version: '>=1.0')\n"
        "executable('user', 'user.c', dependencies: dependency('kheap'))\n")
    copied(tmp_path / "subprojects/kheap")
    run("meson", "setup", tmp_path / "b", tmp_path, f"-Ddefault_library={kind}", "--wrap-mode=forcefallback")
    run("ninja", "-C", tmp_path / "b")
    check_consumer(tmp_path / "b/user")


def test_uninstall_leaves_nothing(tmp_path):
    copy = copied(tmp_path / "minios")
    for target in ("install", "uninstall"):
        run("make", "-s", target, "PREFIX=/opt/kheap", "LIBDIR=/opt/lib64", f"DESTDIR={tmp_path}/root", cwd=copy)
        files = [path for path in (tmp_path / "root").rglob("*") if not path.is_dir()]
        assert (len(files) > 15) == (target == "install"), files


def test_man_pages(installed):
    pages = [installed / "share/man/man3/kheap.3", installed / "share/man/man1/minios.1"]
    assert run("mandoc", "-Tlint", "-Wwarning", *pages) == ""
    shown = run("mandoc", "-Tutf8", pages[0])
    shown = re.sub(r".\x08", "", shown)
    text = " ".join(shown.split())
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    header = (ROOT / "heap/kheap.h").read_text()
    for call in re.findall(r"\b(kheap_\w+)\(", header):
        assert call in text and (installed / f"share/man/man3/{call}.3").exists()
    assert "Misses" in text and "E09" in text
    sentence = "0 bytes is a real block with an address of its own."
    assert sentence in header and sentence in text


def clone_of_the_tree(to, tree=None):
    """A clone with what stands in this tree, committed or not."""
    shutil.copytree(tree, to) if tree else copied(to)
    run("git", "init", "-q", cwd=to)
    run("git", "add", "-A", cwd=to)
    run("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all", cwd=to,
        GIT_COMMITTER_DATE="1700000000 +0000", GIT_AUTHOR_DATE="1700000000 +0000")
    return to


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    tree = clone_of_the_tree(tmp_path_factory.mktemp("dist") / "tree")
    (tree / "not-tracked.c").write_text("int mine;\n")
    run("make", "-s", "dist", cwd=tree)
    return tree / f"build/dist/kheap-{VERSION}.tar.gz"


@pytest.fixture
def unpacked(archive, tmp_path):
    run("tar", "xzf", archive, cwd=tmp_path)
    return tmp_path / f"kheap-{VERSION}"


def test_archive_is_the_same_bytes_each_time(archive, unpacked, tmp_path):
    """Made again elsewhere, by somebody else, later; and from the unpacked archive, where there is no git."""
    other = clone_of_the_tree(tmp_path / "elsewhere")
    (other / "README.md").touch()
    run("sh", "-c", "umask 077 && make -s dist", cwd=other, TZ="Asia/Dhaka", LC_ALL="C.UTF-8")
    assert (other / "build/dist" / archive.name).read_bytes() == archive.read_bytes()
    run("make", "-s", "dist", cwd=unpacked)
    assert (unpacked / "build/dist" / archive.name).read_bytes() == archive.read_bytes()
    again = clone_of_the_tree(tmp_path / "again", unpacked)
    run("make", "-s", "dist", cwd=again)
    assert (again / "build/dist" / archive.name).read_bytes() == archive.read_bytes()
    (unpacked / "README.md").write_text("another\n")
    run("make", "-s", "dist", cwd=unpacked)
    assert (unpacked / "build/dist" / archive.name).read_bytes() != archive.read_bytes()


def test_archive_holds_what_git_tracks(unpacked):
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if not path.is_dir()}
    assert {"MANIFEST", "heap/kheap.c", "minios", "LICENSE", ".clang-format"} <= files
    assert not [name for name in files if name.startswith(("build/", ".git/", "not-tracked"))]
    run("sha256sum", "--quiet", "--strict", "-c", "MANIFEST", cwd=unpacked)
    assert os.access(unpacked / "minios", os.X_OK) and not os.access(unpacked / "heap/kheap.c", os.X_OK)


def test_archive_builds_and_tests_itself(unpacked):
    run("make", "-s", "package", "build/tests/gcc64/heap", cwd=unpacked)
    cases = run("build/tests/gcc64/heap", "--list", cwd=unpacked).split()
    told = run("build/tests/gcc64/heap", *cases, cwd=unpacked, MODEL_SEEDS="4")
    assert len(cases) > 100 and all(f"{case}: " in told for case in cases)
    assert (unpacked / "build/package/libkheap.a").exists() and (unpacked / "build/package/man/kheap.3").exists()


@pytest.mark.parametrize("gone, word", [("MANIFEST", "make dist"), ("heap/kheap.c", "heap/kheap.c belongs to the tree")])
def test_archive_is_refused_in_a_line(unpacked, gone, word):
    (unpacked / gone).unlink()
    done = subprocess.run([unpacked / "package/dist", unpacked / "build/dist"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode != 0 and word in done.stdout and done.stdout.count("\n") == 1
    assert not (unpacked / "build").exists()


def test_the_example_of_the_man_page(installed, tmp_path):
    """Copied out of the page as a reader sees it, it compiles, and shows what the page says of it."""
    shown = re.sub(r".\x08", "", run("mandoc", "-Tascii", installed / "share/man/man3/kheap.3"))
    listing = re.search(r"^EXAMPLES\n.*?:\n\n(.*?)^ERRORS", shown, re.S | re.M)[1]
    (tmp_path / "user.c").write_text(listing)
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{installed}/include", tmp_path / "user.c",
        installed / "lib/libkheap.a", "-o", tmp_path / "user")
    done = subprocess.run([tmp_path / "user"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 1 and re.fullmatch(r"3 blocks, \d+ bytes free\nE05: 0x.*, asked by 0x.*\n|E05.*\n3 blocks.*\n",
                                                 done.stdout), done.stdout


@pytest.mark.parametrize("optimise", ["-O0", "-O2"])
def test_port_guide_compiles(tmp_path, optimise):
    listings = re.findall(r"```c\n(.*?)```", (ROOT / "examples/port-to-your-kernel.md").read_text(), re.S)
    assert len(listings) > 5
    unused = "void *use(void);\nvoid *use(void) { kfree(kmalloc(1)); return 0; }\n"
    (tmp_path / "port.c").write_text("\n".join(listings) + unused)
    run("gcc", optimise, "-ffreestanding", "-nostdlib", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/heap", "-c",
        tmp_path / "port.c", "-o", tmp_path / "port.o")


def test_examples():
    shown = run("make", "-s", "examples")
    for line in ("three two one   (144 bytes for this request)", "in use at the end: 0 bytes", "gone second\ngone first",
                 "full, as expected", "E04 refused\nE07 refused\nall came back"):
        assert line in shown, shown
