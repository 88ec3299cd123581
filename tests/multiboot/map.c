/* SPDX-License-Identifier: MIT
 *
 * The tidy memory map: overlaps, doubles, neighbours, page 0, the ends of the address space, more pieces than there is room
 * for; and random maps against a second way to say what each byte is.
 */
#include "multiboot/map.h"

#include "case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Here, so that its state can be put back. */
#include "base/memory_map.c"

static char shown[64 * 1024];
static size_t shown_length;

void kprintf(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    shown_length += (size_t)vsnprintf(shown + shown_length, sizeof shown - shown_length, format, arguments);
    va_end(arguments);
}

void map_forget(void)
{
    pieces[0].kind = MEMORY_NOTHING;
    piece_count = 1;
    raw_count = unknown = given_up = shown_length = 0;
}

size_t map_unknown(void)
{
    return unknown;
}

size_t map_given_up(void)
{
    return given_up;
}

enum memory_kind map_kind(uintptr_t address)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.start <= address && address < piece.end)
            return piece.kind;
    return MEMORY_NOTHING;
}

static uintptr_t place(size_t size, size_t *largest)
{
    return (uintptr_t)memory_place(size, largest);
}

void map_check(void)
{
    struct memory_piece piece, before = { 0 };

    for (size_t n = 0; memory_piece(n, &piece); n++, before = piece) {
        CHECK(piece.start, ==, before.end);
        CHECK(n == 0 || piece.kind != before.kind, ==, true);
        CHECK(piece.start <= piece.end, ==, true);
    }
    CHECK(before.end, ==, UINTPTR_MAX);
    CHECK(map_kind(PAGE_BYTES - 1), <=, given_up > 0 ? MEMORY_RESERVED : MEMORY_NOTHING);
}

#define KERNEL_START 0x100000u
#define KERNEL_END 0x12D000u
#define PIECES(...)                                                                                                    \
    expect_pieces((const struct memory_piece[]){ __VA_ARGS__ },                                                        \
                  sizeof(const struct memory_piece[]){ __VA_ARGS__ } / sizeof(struct memory_piece))

/* But for the holes. */
static void expect_pieces(const struct memory_piece *wanted, size_t count)
{
    size_t found = 0;
    struct memory_piece piece;

    map_check();
    for (size_t n = 0; memory_piece(n, &piece); n++) {
        if (piece.kind == MEMORY_NOTHING)
            continue;
        CHECK(found, <, count);
        case_note("piece %zu", found);
        CHECK(piece.start, ==, wanted[found].start);
        CHECK(piece.end, ==, wanted[found].end);
        CHECK(piece.kind, ==, wanted[found].kind);
        found++;
    }
    CHECK(found, ==, count);
}

CASE(neighbours_are_one_piece)
{
    map_forget();
    memory_add(0x300000, 0x100000, MEMORY_USABLE);
    memory_add(0x100000, 0x100000, MEMORY_USABLE);
    memory_add(0x200000, 0x100000, MEMORY_USABLE);
    PIECES({ 0x100000, 0x400000, MEMORY_USABLE });
}

CASE(the_same_memory_twice_counts_once)
{
    map_forget();
    memory_add(0x100000, 0x100000, MEMORY_USABLE);
    memory_add(0x100000, 0x100000, MEMORY_USABLE);
    memory_add(0x180000, 0x100000, MEMORY_USABLE);
    PIECES({ 0x100000, 0x280000, MEMORY_USABLE });
    CHECK(memory_usable_bytes(), ==, 0x180000);
}

CASE(what_is_reserved_wins_in_any_order)
{
    for (int order = 0; order < 2; order++) {
        map_forget();
        memory_add(0x200000, 0x1001, order ? MEMORY_USABLE : MEMORY_RESERVED);
        memory_add(0x200000, 0x1001, order ? MEMORY_RESERVED : MEMORY_USABLE);
        memory_add(0x100000, 0x200000, MEMORY_USABLE);
        PIECES({ 0x100000, 0x200000, MEMORY_USABLE }, { 0x200000, 0x201001, MEMORY_RESERVED },
               { 0x201001, 0x300000, MEMORY_USABLE });
        CHECK(memory_readable(0x200000, 1) || memory_readable(0x1FFFFF, 2) || memory_readable(0x100000, 0x200000), ==,
              false);
        CHECK(memory_readable(0x1FFFFF, 1) && memory_readable(0x201001, 0xFEFFF), ==, true);
    }
}

CASE(page_0_and_what_no_pointer_reaches_are_out)
{
    map_forget();
    memory_add(0, 0x9FC00, MEMORY_USABLE);
    memory_add(UINTPTR_MAX - 0xFFF, 0x1000, MEMORY_USABLE);
    memory_add((uint64_t)UINTPTR_MAX + 1, 0x40000000, MEMORY_USABLE);
    if (UINTPTR_MAX == UINT32_MAX)
        PIECES({ 0x1000, 0x9FC00, MEMORY_USABLE }, { UINTPTR_MAX - 0xFFF, UINTPTR_MAX, MEMORY_USABLE });
    CHECK(memory_readable(0xFFF, 1) || memory_readable(UINTPTR_MAX, 1) || memory_readable(UINTPTR_MAX, 2), ==, false);
    CHECK(memory_readable(0x1000, 0) || memory_readable(0x1000, SIZE_MAX), ==, false);
    CHECK(memory_readable(0x1000, 0x9EC00), ==, true);
}

CASE(what_wraps_is_not_believed)
{
    map_forget();
    memory_add(0x200000, UINT64_MAX, MEMORY_USABLE);
    memory_add(0x300000, (uint64_t)0x200000 - 0x300000, MEMORY_MODULE);
    CHECK(piece_count, ==, 1);
    CHECK(unknown, ==, 2);
    memory_add(UINT64_MAX - 0xFFF, 0x1000, MEMORY_RESERVED);
    memory_add(0x100000, 0, MEMORY_USABLE); /* nothing was meant, and nothing is lost */
    CHECK(unknown, ==, 2);
    memory_add(0x200000, UINT64_MAX, MEMORY_RESERVED); /* but what is taken stays taken, up to the end */
    PIECES({ 0x200000, UINTPTR_MAX, MEMORY_RESERVED });
}

CASE(the_heap_lies_above_the_kernel_and_on_nothing)
{
    size_t largest;

    map_forget();
    memory_add(0x1000, 0x9F000, MEMORY_USABLE);
    memory_add(KERNEL_START, KERNEL_END - KERNEL_START, MEMORY_KERNEL);
    CHECK(place(1, &largest), ==, 0);
    CHECK(largest, ==, 0);
    memory_add(0x100000, 0x90000, MEMORY_USABLE);
    memory_add(KERNEL_END, 100, MEMORY_MODULE);
    memory_add(0x180000, 1, MEMORY_RESERVED);
    CHECK(place(0x1000, &largest), ==, 0x12E000);
    CHECK(place(0x180000 - 0x12E000, &largest), ==, 0x12E000);
    CHECK(place(0x180000 - 0x12E000 + 1, &largest), ==, 0);
    CHECK(largest, ==, 0x180000 - 0x12E000);
    memory_add(0x200000, 0x100000, MEMORY_USABLE);
    CHECK(place(0x100000, &largest), ==, 0x200000);
    CHECK(place(0xF000, &largest), ==, 0x12E000);
}

CASE(more_pieces_than_there_is_room_for_count_as_taken)
{
    map_forget();
    memory_add(KERNEL_START, KERNEL_END - KERNEL_START, MEMORY_KERNEL);
    memory_add(0x100000, 0x1F00000, MEMORY_USABLE);
    for (uintptr_t n = 0; n < 1000; n++)
        memory_add(0x400000 + n * 0x4000 + n * 16, 0x100, MEMORY_RESERVED);
    map_check();
    CHECK(given_up, >, 0);
    for (uintptr_t n = 0; n < 1000; n++)
        CHECK(map_kind(0x400000 + n * 0x4000 + n * 16 + 0xFF), ==, MEMORY_RESERVED);
    size_t largest;
    CHECK(place(0x200000, &largest), ==, KERNEL_END);
    memory_tell_losses();
    CHECK(strstr(shown, "found no room in the map, and count as taken") != NULL, ==, true);
    memory_print_raw();
    CHECK(strstr(shown, "more, which count like these\n") != NULL, ==, true);
}

/* ---- Random maps ------------------------------------------------------------------------------------------------ */

enum { MOST_TOLD = 40, ROUNDS = 3000 };

static struct told {
    uint64_t start, length;
    enum memory_kind kind;
} told[1000];

/* Ends that meet and cross, some of them at the ends of everything. */
static struct told some_region(bool crowded)
{
    static const uint64_t places[] = {
        0, 0x1000, 0x9FC00, 0x100000, UINT32_MAX - 0x3000, (uint64_t)1 << 32, UINT64_MAX - 0x5000
    };
    static const enum memory_kind kinds[] = { MEMORY_USABLE, MEMORY_USABLE, MEMORY_RESERVED, MEMORY_MODULE };
    uint64_t near =
        crowded ? (uint64_t)(unsigned)rand() % 0x400000 : places[rand() % 7] + (uint64_t)(rand() % 8) * 0x800;

    return (struct told){ near, crowded ? (unsigned)rand() % 0x2000 : (uint64_t)(rand() % 8) * 0x900,
                          kinds[rand() % 4] };
}

/* A second way: the strongest of all that was told of this byte. */
static enum memory_kind told_of(uintptr_t address, size_t count)
{
    enum memory_kind kind = MEMORY_NOTHING;

    for (size_t i = 0; i < count; i++) {
        bool wraps = told[i].length > UINT64_MAX - told[i].start;
        bool within = address >= told[i].start && (wraps || address - told[i].start < told[i].length);
        if (within && (!wraps || told[i].kind == MEMORY_RESERVED) && told[i].kind > kind)
            kind = told[i].kind;
    }
    return address < PAGE_BYTES || address == UINTPTR_MAX ? MEMORY_NOTHING : kind;
}

static void check_byte(uint64_t at, size_t count)
{
    if (at >= UINTPTR_MAX)
        return;
    enum memory_kind is = map_kind((uintptr_t)at), wanted = told_of((uintptr_t)at, count);
    case_note("byte %#llx", (unsigned long long)at);
    if (given_up == 0)
        CHECK(is, ==, wanted);
    else
        CHECK(is == wanted || is == MEMORY_RESERVED, ==, true); /* what is lost is taken, and only that */
    CHECK(memory_readable((uintptr_t)at, 1), ==, is == MEMORY_USABLE || is == MEMORY_MODULE || is == MEMORY_KERNEL);
}

static void check_place(size_t size, size_t count)
{
    size_t largest, other;
    uintptr_t at = place(size, &largest);

    if (at == 0) {
        CHECK(largest, <, size);
        CHECK(largest == 0 || place(largest, &other) != 0, ==, true);
        return;
    }
    CHECK(at % PAGE_BYTES, ==, 0);
    CHECK(at >= memory_kernel().end && memory_readable(at, size), ==, true);
    for (size_t i = 0; i < count; i++)
        if (told[i].kind > MEMORY_USABLE && told[i].length <= UINT64_MAX - told[i].start && told[i].length > 0)
            CHECK(told[i].start >= at + size || told[i].start + told[i].length <= at, ==, true);
}

static void random_map(bool crowded)
{
    size_t count = (size_t)rand() % (crowded ? sizeof told / sizeof told[0] : MOST_TOLD) + 1;

    map_forget();
    told[0] = (struct told){ KERNEL_START, KERNEL_END - KERNEL_START, MEMORY_KERNEL };
    for (size_t i = 1; i < count; i++)
        told[i] = some_region(crowded);
    for (size_t i = count; i-- > 0;)
        memory_add(told[i].start, told[i].length, told[i].kind);
    map_check();
    CHECK(memory_kernel().end, ==, KERNEL_END);
    for (size_t i = 0; i < count; i++)
        for (uint64_t by = 0; by < 3; by++) {
            check_byte(told[i].start + by - 1, count);
            check_byte(told[i].start + told[i].length + by - 1, count);
        }
    check_place((size_t)1 << rand() % 20, count);
    CHECK(crowded || given_up == 0, ==, true);
}

CASE(random_maps_as_the_second_way_says)
{
    for (int round = 0; round < ROUNDS; round++)
        random_map(false);
    for (int round = 0; round < 20; round++)
        random_map(true);
}
