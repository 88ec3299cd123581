# SPDX-License-Identifier: MIT
#
# From the counters that kernels wrote when they ended (dump.c) to the lines and branches that were executed. The files in
# between are gcc's own: .gcda, made of words, holds an object's counters, and gcov reads it beside the .gcno of the build.

import collections
import json
import struct
import subprocess

HEADER_WORDS, SUMMARY, FUNCTION, COUNTERS = 4, 0xA1000000, 0x01000000, 0x01A10000


def records(data):
    """Header, then each record as [tag, words or counters]. Counters that are all 0 come without their words."""
    words = struct.unpack(f"<{len(data) // 4}I", data)
    yield [None, list(words[:HEADER_WORDS])]
    at = HEADER_WORDS
    while at < len(words) and words[at] != 0:
        tag, size = words[at], struct.unpack("<i", struct.pack("<I", words[at + 1]))[0]
        assert tag in (SUMMARY, FUNCTION, COUNTERS), f"a record that is not known: {tag:#x}"
        end = at + 2 + max(size, 0) // 4
        body = words[at + 2:end]
        if tag == COUNTERS:
            body = struct.unpack(f"<{abs(size) // 8}Q", struct.pack(f"<{len(body)}I", *body) if size > 0 else bytes(-size))
        yield [tag, list(body)]
        at = end


def add(total, one):
    """The same object of another run."""
    assert [tag for tag, _ in total] == [tag for tag, _ in one]
    for (tag, sum_of), (_, counters) in zip(total, one):
        if tag == COUNTERS:
            sum_of[:] = [a + b for a, b in zip(sum_of, counters, strict=True)]


def gcda(total):
    shape = {None: "I", SUMMARY: "I", FUNCTION: "I", COUNTERS: "Q"}
    text = b""
    for tag, body in total:
        packed = struct.pack(f"<{len(body)}{shape[tag]}", *body)
        text += (struct.pack("<II", tag, len(packed)) if tag else b"") + packed
    return text


def write_dumps(files):
    """Adds up what all kernels wrote, and puts it where gcov looks. Gives the number of kernels that came to an end."""
    totals, seen, ends = {}, set(), 0
    for file in files:
        text = file.read_text()
        assert text.endswith("\nend\n"), f"{file}: cut off"
        for line in text.splitlines():
            ends += line == "end"
            if line != "end" and line not in seen:
                seen.add(line)  # the same counters once more execute nothing new
                name, data = line.split(":")
                one = list(records(bytes.fromhex(data)))
                add(totals.setdefault(name, one), one)
    for name, total in totals.items():
        with open(name, "wb") as file:
            file.write(gcda(total))
    return ends


class Executed:
    """How often, over all builds: lines[file][line], and branches[file][line, function, how many there are, which]."""

    def __init__(self, root):
        self.root = root
        self.lines = collections.defaultdict(collections.Counter)
        self.branches = collections.defaultdict(collections.Counter)

    def read(self, gcda_files):
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *gcda_files], cwd=self.root,
                              capture_output=True, text=True, check=True)
        assert "stamp mismatch" not in done.stderr and "cannot open" not in done.stderr, done.stderr
        for report in done.stdout.splitlines():
            for file in json.loads(report)["files"]:
                for line in file["lines"]:
                    self.add(file["file"], line)

    def add(self, file, line):
        number, branches = line["line_number"], line["branches"]
        self.lines[file][number] += line["count"]
        for which, branch in enumerate(branches):
            self.branches[file][number, line.get("function_name"), len(branches), which] += branch["count"]
