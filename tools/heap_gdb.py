# SPDX-License-Identifier: MIT
#
# Commands for gdb, which `make debug` loads:  heap events [COUNT]   heap blocks   heap words
# They read memory only, by the kernel's own description of it (kernel/memory/description.h) and its symbols, so they work wherever
# the kernel stands still, in the midst of a panic too.

import re

import gdb

WORD = gdb.lookup_type("void").pointer().sizeof


def memory(address, length):
    return bytes(gdb.selected_inferior().read_memory(address, length))


def words(address, count):
    data = memory(address, WORD * count)
    return [int.from_bytes(data[at:at + WORD], "little") for at in range(0, len(data), WORD)]


def text(address):
    """Up to its 0; the end of the memory may lie right behind it."""
    data = bytearray()
    while byte := memory(address + len(data), 1)[0]:
        data.append(byte)
    return data.decode("ascii")


def description():
    """All words of minios_description by their names."""
    place = int(gdb.parse_and_eval("(unsigned long)&minios_description"))
    if memory(place, 14) != b"MiniOS, look i":
        raise gdb.GdbError("no description of the kernel's memory at minios_description")
    names = text(words(place + 16, 1)[0]).split()
    return dict(zip(names, words(place + 16, len(names))))


def three_words(known):
    return dict(zip(("heap_start", "heap_end", "free_memory_pointer"), words(known["heap"], 3)))


def events(known, most):
    """The newest, the oldest of them first, each as its words by name."""
    names = text(known["event_fields"]).split()
    newest = known["event_count"]
    for number in range(max(1, newest - min(most, known["event_room"]) + 1), newest + 1):
        place = known["events"] + number % known["event_room"] * known["event_bytes"]
        yield dict(zip(names, words(place, len(names))))


def block_numbers(known):
    """N of #N by payload; those of freed blocks, too, until they are dropped."""
    values = words(known["numbers"], 2 * words(known["number_count"], 1)[0])
    return dict(zip(values[::2], values[1::2]))


def value_of(formula, values):
    """What a sum of names comes to."""
    terms = re.findall(r"([+-]?)(\w+)", formula)
    return sum(-values[name] if sign == "-" else values[name] for sign, name in terms) % (1 << 8 * WORD)


def gap_of(known, fence):
    """A fence is filled as slack is, or tells a gap on top of the complement of that."""
    most = (1 << 8 * WORD) - 1
    filled = most // 255 * known["slack_byte"]
    return 0 if fence == filled else (fence - (most - filled)) & most


def block_below(known, edges, boundary):
    """The block that ends at this boundary: fence, size and owner solve the first words of its tag, the seal must agree."""
    formulas = text(known["tag_words"]).split()
    tag = words(boundary - known["tag_bytes"], len(formulas))
    block = dict(known, **edges, boundary=boundary, fence=0, size=0, owner=0)
    for name in ("fence", "size", "owner"):
        which = next(n for n, formula in enumerate(formulas) if re.search(rf"\b{name}\b", formula))
        block[name] = (tag[which] - value_of(formulas[which], block)) % (1 << 8 * WORD)
    if [value_of(formula, block) for formula in formulas] != tag:
        raise gdb.GdbError(f"the tag below {boundary:#010x} does not add up")
    block["gap"] = gap_of(known, block["fence"])
    block["payload"] = boundary - known["tag_bytes"] - -(-block["size"] // known["align"]) * known["align"]
    return block


def blocks(known):
    """Every live block, newest first."""
    edges = three_words(known)
    boundary = edges["free_memory_pointer"]
    while boundary > edges["heap_start"]:
        block = block_below(known, edges, boundary)
        yield block
        if block["payload"] - block["gap"] >= boundary:
            raise gdb.GdbError(f"the tag below {boundary:#010x} leads nowhere")
        boundary = block["payload"] - block["gap"]


def function(address, back=0):
    """The function that so many bytes in front of the address lie in, and how far behind its beginning the address lies; inlined
    functions do not count."""
    told = gdb.execute(f"info symbol {address - back:#x}", to_string=True)
    found = re.match(r"([\w.]+)(?: \+ (\d+))? in section", told)
    return f"{found[1]}+{int(found[2] or 0) + back:#x}" if found else f"{address:#010x}"


def by_whom(event, kind):
    """As the kernel prints an owner: the call stands in front of a return address. Of an interrupt: its handler, and what that came
    in between."""
    if kind != "irq":
        return function(event["owner"], 1)
    return f"{function(event['owner']).removesuffix('+0x0')} in {function(event['address'])}"


def of_what(event, kind):
    if kind == "irq":
        return gdb.parse_and_eval(f"source_names[{event['align']}]").string()[:6]
    return f"#{event['block']}" if event["block"] else "-"


def code(fault):
    """The kernel's own rules stand behind the heap's faults, from 101 on."""
    return f"I{fault - 100:02}" if fault > 100 else f"E{fault:02}"


class Heap(gdb.Command):
    """The kernel's heap, read from its memory: heap events [COUNT], heap blocks, heap words."""

    def __init__(self):
        super().__init__("heap", gdb.COMMAND_DATA, prefix=True)


class HeapEvents(gdb.Command):
    """heap events [COUNT]: what was done to the heap, and what came in between, newest last; 20 without a number."""

    def __init__(self):
        super().__init__("heap events", gdb.COMMAND_DATA)

    def invoke(self, argument, _):
        if argument and not re.fullmatch(r"[0-9]+", argument):
            raise gdb.GdbError(f"'{argument}' is not a number; write heap events 50")
        known = description()
        kinds = text(known["event_kinds"]).split()
        print(f"{'event':>6} {'command':>7}  what    block  address          size align  free pointer  owner")
        for event in events(known, int(argument or 20)):
            kind = kinds[event["kind"]]
            what = code(event["fault"]) if event["fault"] else kind
            print(f"{event['number']:6} {event['command']:7}  {what:7} {of_what(event, kind):6} {event['address']:#010x} "
                  f"{event['size']:10} {event['align']:5}  {event['free_memory_pointer']:#010x}    {by_whom(event, kind)}")


class HeapBlocks(gdb.Command):
    """heap blocks: every live block, newest first, as its tag tells."""

    def __init__(self):
        super().__init__("heap blocks", gdb.COMMAND_DATA)

    def invoke(self, _argument, _):
        known = description()
        numbers = block_numbers(known)
        print(f"{'block':>11} payload          size      gap  slack  owner")
        for block in blocks(known):
            number = f"#{numbers[block['payload']]}" if block["payload"] in numbers else "-"
            slack = -block["size"] % known["align"]
            print(f"{number:>11} {block['payload']:#010x} {block['size']:10} {block['gap']:8} {slack:6}  {function(block['owner'], 1)}")


class HeapWords(gdb.Command):
    """heap words: the three words, and where they stand."""

    def __init__(self):
        super().__init__("heap words", gdb.COMMAND_DATA)

    def invoke(self, _argument, _):
        known = description()
        for n, (name, value) in enumerate(three_words(known).items()):
            print(f"{known['heap'] + n * WORD:#010x}  {name:20} {value:#010x}")


for command in (Heap, HeapEvents, HeapBlocks, HeapWords):
    command()
