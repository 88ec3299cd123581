/* SPDX-License-Identifier: MIT
 *
 * The five ways to get memory, kheap_alloc to kheap_resize: each row of their contract. */
#include "support.h"

CASE(alloc_starts_where_the_heap_starts)
{
    struct kheap h = make_heap(1024);
    unsigned char *a = kheap_alloc(&h, 1), *b = kheap_alloc(&h, 17);

    CHECK_PTR(a, ==, h.heap_start);
    CHECK_PTR(b, ==, a + 16 + TAG);
    CHECK_PTR(h.free_memory_pointer, ==, b + 32 + TAG);
}

CASE(alloc_of_nothing_is_a_block)
{
    struct kheap h = make_heap(1024);
    unsigned char *a = kheap_alloc(&h, 0), *b = kheap_alloc(&h, 0), *c = kheap_alloc(&h, 1);

    CHECK_PTR(a, !=, NULL);
    CHECK_PTR(b, ==, a + TAG);
    CHECK_PTR(c, ==, b + TAG);
    kheap_free(&h, c);
    kheap_free(&h, b);
    kheap_free(&h, a);
    CHECK(used(&h), ==, 0);
}

CASE(alloc_costs_one_tag)
{
    for (size_t size = 0; size <= 300; size++) {
        struct kheap h = make_heap(1024);

        case_note("%zu bytes", size);
        CHECK((uintptr_t)kheap_alloc(&h, size) % KHEAP_ALIGN, ==, 0);
        CHECK(used(&h), ==, round_up(size) + TAG);
        give_back(h.heap_start - TAG, 1024 + TAG);
    }
}

CASE(alloc_takes_the_last_byte)
{
    for (size_t size = 0; size <= 512; size++) {
        size_t bytes = round_up(size) + TAG;
        struct kheap h = make_heap(bytes < TAG + KHEAP_ALIGN ? TAG + KHEAP_ALIGN : bytes);

        case_note("%zu bytes", size);
        CHECK_PTR(kheap_alloc(&h, kheap_stats(&h).largest + 1), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK_PTR(kheap_alloc(&h, size), !=, NULL);
        CHECK(unused(&h), <=, size == 0 ? KHEAP_ALIGN : 0);
        give_back(h.heap_start - TAG, size_of(&h) + TAG);
    }
}

/* Sizes whose rounding, tag or padding would wrap: out of memory, and nothing moves. */
CASE(alloc_refuses_what_wraps)
{
    static const size_t bases[] = { SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 80, SIZE_MAX - 4096 };
    struct kheap h = make_heap(4096 - TAG);

    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    remember(&h);
    for (size_t i = 0; i < COUNT(bases); i++)
        for (size_t less = 0; less < 80; less++) {
            case_note("%#zx bytes", bases[i] - less);
            CHECK_PTR(kheap_alloc(&h, bases[i] - less), ==, NULL);
            CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
            CHECK(told.wanted, ==, bases[i] - less);
            CHECK_PTR(kheap_try_alloc(&h, bases[i] - less, 1024), ==, NULL);
            CHECK_UNCHANGED(&h);
        }
}

CASE(alloc_fills_the_slack)
{
    for (size_t size = 0; size <= 64; size++) {
        struct kheap h = make_heap(1024);
        unsigned char *block;

        memset(h.heap_start, 0xAA, 1024);
        block = kheap_alloc(&h, size);
        case_note("%zu bytes", size);
        CHECK_PTR(block, !=, NULL);
        for (size_t i = size; i < round_up(size); i++)
            CHECK(block[i], ==, KHEAP_SLACK_BYTE);
        CHECK(*h.free_memory_pointer, ==, 0xAA);
        give_back(h.heap_start - TAG, 1024 + TAG);
    }
}

/* The gap is the least that serves; it is counted, filled in front of the payload, and comes back. */
/* Poison in front of a payload with a gap; in the word right in front of it, poison plus the gap. */
static void check_fill(const unsigned char *block, size_t gap)
{
    unsigned char expected[KHEAP_ALIGN];
    uintptr_t tells_gap = UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE + gap;

    memset(expected, KHEAP_SLACK_BYTE, sizeof(expected));
    memcpy(expected + sizeof(expected) - sizeof(tells_gap), &tells_gap, sizeof(tells_gap));
    CHECK_MEM(block - KHEAP_ALIGN, expected, sizeof(expected));
}

static void align_at(struct kheap *h, size_t size, size_t align)
{
    const struct kheap before = *h;
    uintptr_t mask = align > KHEAP_ALIGN ? align - 1 : KHEAP_ALIGN - 1;
    size_t gap = (size_t)(-(uintptr_t)before.free_memory_pointer & mask);
    unsigned char *block = kheap_alloc_aligned(h, size, align);
    struct kheap_block seen = block_at(h, block);

    CHECK_PTR(block, ==, before.free_memory_pointer + gap);
    CHECK_PTR(h->free_memory_pointer, ==, block + round_up(size) + TAG);
    CHECK(seen.size, ==, size);
    CHECK(seen.gap, ==, gap);
    if (gap != 0)
        check_fill(block, gap);
    kheap_free(h, block);
    CHECK_MEM(h, &before, sizeof(before));
}

CASE(aligned_takes_each_power_of_two)
{
    struct kheap h = make_heap((3 << 20) + 48);

    for (unsigned i = 0; i < 12; i++) {
        for (size_t align = 1; align <= 1 << 20; align *= 2) {
            case_note("%zu bytes in use, align %zu", used(&h), align);
            align_at(&h, i * 9, align);
        }
        CHECK_PTR(kheap_alloc(&h, i), !=, NULL);
    }
}

CASE(aligned_refuses_the_rest)
{
    struct kheap h = make_heap(4096);

    CHECK_PTR(kheap_alloc(&h, 20), !=, NULL);
    remember(&h);
    for (size_t i = 0; i < 600; i++) {
        size_t align = i < 300 ? i : SIZE_MAX - (i - 300);

        if (align != 0 && (align & (align - 1)) == 0)
            continue;
        case_note("align %#zx", align);
        CHECK_PTR(kheap_alloc_aligned(&h, i, align), ==, NULL);
        CHECK_FAULT(KHEAP_E_BAD_ALIGNMENT);
        CHECK_PTR(kheap_try_alloc(&h, i, align), ==, NULL);
        CHECK_FAULT(KHEAP_E_BAD_ALIGNMENT);
        CHECK_UNCHANGED(&h);
    }
}

/* Alignments beyond the heap are out of memory, whatever address would serve. */
CASE(aligned_too_far_is_out_of_memory)
{
    struct kheap h = make_heap_at(4096, 1024);

    for (size_t align = (size_t)1 << 14; align != 0; align *= 2) {
        case_note("align %#zx", align);
        if (((uintptr_t)h.heap_end & (align - 1)) <= 4096)
            continue;
        CHECK_PTR(kheap_try_alloc(&h, 1, align), ==, NULL);
        CHECK_PTR(kheap_alloc_aligned(&h, 1, align), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK(told.align, ==, align);
        CHECK(used(&h), ==, 0);
    }
}

CASE(try_alloc_is_polite_when_full)
{
    struct kheap h = make_heap(1024);
    size_t largest = kheap_stats(&h).largest;

    CHECK_PTR(kheap_try_alloc(&h, largest + 1, 1), ==, NULL);
    CHECK_PTR(kheap_try_alloc(&h, SIZE_MAX, 4096), ==, NULL);
    CHECK_SILENT();
    CHECK_PTR(kheap_try_alloc(&h, largest, 1), ==, h.heap_start);
    CHECK_PTR(kheap_try_alloc(&h, 0, 1), ==, NULL);
}

CASE(try_alloc_aligns)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_try_alloc(&h, 10, 4096);

    CHECK((uintptr_t)block % 4096, ==, 0);
    CHECK(block_at(&h, block).gap, ==, 3072);
    kheap_free(&h, block);
    CHECK(used(&h), ==, 0);
}

/* A hole of two tags takes what is left beside its own tag, and not one byte more. */
CASE(try_alloc_at_the_brim)
{
    struct kheap h = make_heap(1024);

    CHECK_PTR(kheap_alloc(&h, 1024 - 3 * TAG), !=, NULL);
    CHECK(unused(&h), ==, 2 * TAG);
    CHECK_PTR(kheap_try_alloc(&h, TAG + 1, 1), ==, NULL);
    CHECK_PTR(kheap_try_alloc(&h, 1, KHEAP_ALIGN), !=, NULL);
    CHECK(unused(&h), ==, TAG - KHEAP_ALIGN);
}

CASE(calloc_clears)
{
    static const size_t pairs[][2] = { { 1, 1 }, { 7, 13 }, { 13, 7 }, { 0, 9 }, { 9, 0 }, { 0, 0 }, { 1, 256 } };
    static const unsigned char zeros[256];

    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct kheap h = make_heap(1024);
        size_t size = pairs[i][0] * pairs[i][1];
        unsigned char *block;

        memset(h.heap_start, 0xAA, 1024);
        block = kheap_calloc(&h, pairs[i][0], pairs[i][1]);
        case_note("%zu * %zu", pairs[i][0], pairs[i][1]);
        CHECK_PTR(block, ==, h.heap_start);
        CHECK_MEM(block, zeros, size);
        CHECK(block_at(&h, block).size, ==, size);
        CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    }
}

static void calloc_refused(struct kheap *h, size_t count, size_t size, size_t wanted)
{
    case_note("%#zx * %#zx", count, size);
    remember(h);
    CHECK_PTR(kheap_calloc(h, count, size), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK(told.wanted, ==, wanted);
    CHECK_UNCHANGED(h);
}

CASE(calloc_refuses_products_that_wrap)
{
    const size_t half = (size_t)1 << (WORD_BITS / 2);
    struct kheap h = make_heap(4096);

    CHECK_PTR(kheap_alloc(&h, 50), !=, NULL);
    calloc_refused(&h, half, half, SIZE_MAX);
    calloc_refused(&h, half + 1, half, SIZE_MAX);
    calloc_refused(&h, SIZE_MAX / 16 + 1, 16, SIZE_MAX);
    calloc_refused(&h, 2, SIZE_MAX / 2 + 9, SIZE_MAX);
    calloc_refused(&h, 2, SIZE_MAX / 2, SIZE_MAX - 1);
    calloc_refused(&h, 3, SIZE_MAX / 3 + 1, SIZE_MAX); /* 2 is left of it, and only the last sum tells */
    calloc_refused(&h, SIZE_MAX, SIZE_MAX, SIZE_MAX);
    calloc_refused(&h, SIZE_MAX / 16, 16, SIZE_MAX - 15);
    calloc_refused(&h, 1, SIZE_MAX, SIZE_MAX);
    calloc_refused(&h, SIZE_MAX, 1, SIZE_MAX);
    calloc_refused(&h, 1, 5000, 5000);
    CHECK_PTR(kheap_calloc(&h, SIZE_MAX, 0), !=, NULL);
    CHECK_PTR(kheap_calloc(&h, 0, SIZE_MAX), !=, NULL);
}

/* From each size to each other: the bytes, the gap, the owner, the slack and the way back stay right. */
static void resize_from_to(size_t from, size_t to)
{
    struct kheap h = make_heap_at(1024, 1040);
    const struct kheap empty = h;
    unsigned char *block = kheap_alloc_aligned(&h, from, 64);
    struct kheap_block before = block_at(&h, block), after;

    paint(block, from, 3);
    CHECK(kheap_resize(&h, block, to), ==, true);
    after = block_at(&h, block);
    CHECK(after.size, ==, to);
    CHECK(after.gap, ==, 48);
    CHECK_PTR(after.owner, ==, before.owner);
    CHECK_PTR(h.free_memory_pointer, ==, block + round_up(to) + TAG);
    check_paint(block, from < to ? from : to, 3);
    for (size_t i = to; i < round_up(to); i++)
        CHECK(block[i], ==, KHEAP_SLACK_BYTE);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    kheap_free(&h, block);
    CHECK_MEM(&h, &empty, sizeof(h));
}

CASE(resize_from_each_size_to_each)
{
    for (size_t from = 0; from <= 50; from++)
        for (size_t to = 0; to <= 50; to++) {
            case_note("from %zu to %zu", from, to);
            resize_from_to(from, to);
        }
}

CASE(resize_to_the_last_byte)
{
    struct kheap h = make_heap(1024);
    unsigned char *first = kheap_alloc(&h, 10), *block = kheap_alloc(&h, 100);
    size_t most = (size_t)(h.heap_end - block) - TAG;

    CHECK_PTR(first, !=, NULL);
    remember(&h);
    CHECK(kheap_resize(&h, block, most + 1), ==, false);
    CHECK(kheap_resize(&h, block, SIZE_MAX), ==, false);
    CHECK(kheap_resize(&h, block, SIZE_MAX - 15), ==, false);
    CHECK(kheap_resize(&h, block, SIZE_MAX / 2), ==, false);
    CHECK_UNCHANGED(&h);
    CHECK_SILENT();
    CHECK(kheap_resize(&h, block, most), ==, true);
    CHECK_PTR(h.free_memory_pointer, ==, h.heap_end);
    CHECK(kheap_resize(&h, block, 0), ==, true);
    CHECK_PTR(h.free_memory_pointer, ==, block + TAG);
}

static void resize_refused(struct kheap *h, void *block, unsigned code)
{
    remember(h);
    CHECK(kheap_resize(h, block, 8), ==, false);
    CHECK_FAULT(code);
    CHECK_PTR(told.address, ==, block);
    CHECK_UNCHANGED(h);
}

CASE(resize_refuses_as_free_does)
{
    struct kheap h = make_heap(1024);
    unsigned char *first = kheap_alloc(&h, 10), *last = kheap_alloc(&h, 100);

    resize_refused(&h, NULL, KHEAP_E_NOT_A_BLOCK);
    resize_refused(&h, first, KHEAP_E_OUT_OF_ORDER);
    resize_refused(&h, last + 16, KHEAP_E_NOT_A_BLOCK);
    resize_refused(&h, last + 1, KHEAP_E_NOT_A_BLOCK);
    resize_refused(&h, h.heap_end, KHEAP_E_NOT_A_BLOCK);
    kheap_free(&h, last);
    resize_refused(&h, last, KHEAP_E_DOUBLE_FREE);
    first[10] = 0;
    CHECK(kheap_resize(&h, first, 10), ==, false);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.address, ==, first + 10);
    first[10] = KHEAP_SLACK_BYTE;
    CHECK(kheap_resize(&h, first, 11), ==, true);
}
