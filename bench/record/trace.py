#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Makes a trace for the bench of what record.c wrote down: the blocks that are freed in the reverse order of allocation. Where
# a free is out of order, the block that is in the way is left out, or, when there are several, the one that is freed.

import sys

LINE = 118


def events(path):
    """(block, size), where a size of None is a free; each block has a number of its own."""
    number_at, count = {}, 0
    for line in open(path):
        kind, address, size = line.split()
        if kind == "a":
            number_at[address] = count
            yield count, int(size)
            count += 1
        elif address in number_at:
            yield number_at.pop(address), None


def out_of_order(all_events):
    stack, left_out = [], set()
    for block, size in all_events:
        if size is not None:
            stack.append(block)
        elif block in stack:
            if len(stack) > 1 and stack[-2] == block:
                left_out.add(stack.pop())
            elif stack[-1] != block:
                left_out.add(block)
            stack.remove(block)
    return left_out, len(stack)


def main():
    all_events = list(events(sys.argv[1]))
    left_out, live = out_of_order(all_events)
    words = []
    for block, size in [event for event in all_events if event[0] not in left_out] + [(None, None)] * live:
        if size is not None:
            words.append(str(size))
        elif words and words[-1].startswith("-"):
            words[-1] = f"-{int(words[-1][1:]) + 1}"
        else:
            words.append("-1")
    line = ""
    for word in words:
        if len(line) + len(word) >= LINE:
            print(line)
            line = ""
        line = f"{line} {word}".strip()
    print(line)
    print(f"{len(left_out)} blocks left out, {live} live at the end", file=sys.stderr)


main()
