/* SPDX-License-Identifier: MIT
 *
 * Writes past the end of a block, from one byte to far past its tag, and in front of a block: the free of that block names
 * it, whatever was written. */
#include "support.h"

enum { HEAP = 4096, MOST_SIZE = 33, BEYOND = 48 };

static const unsigned char written[] = { 0x00, 0x41, 0xFF, 0x10 };

/* A heap with one block, of `size` bytes, or with an older one below it; aligned ones have a gap in front. */
struct scene {
    struct kheap h;
    unsigned char *block;
    struct kheap_block made;
};

static struct scene make_scene(size_t size, size_t align, bool older)
{
    struct scene s = { .h = make_heap_at(HEAP, 1040) };

    if (older)
        CHECK_PTR(kheap_alloc(&s.h, 5), !=, NULL);
    s.block = kheap_alloc_aligned(&s.h, size, align);
    s.made = block_at(&s.h, s.block);
    return s;
}

/* The bytes from the end on that are not what they were, up to and with SIZE. */
static size_t changed_bytes(const struct scene *s, size_t length, unsigned char byte, const unsigned char *before)
{
    size_t most = round_up(s->made.size) - s->made.size + 2 * sizeof(void *), changed = 0;

    for (size_t i = 0; i < length && i < most; i++)
        changed += before[i] != byte;
    return changed;
}

/* As long as the last byte of SIZE stands the report is exact. Beyond, the size is the most that fits in front of the tag; or,
 * when that byte was overwritten with what it was, what a damaged OWNER makes of it. */
static void check_told(const struct scene *s, size_t length, unsigned char byte, const unsigned char *before)
{
    size_t slack = round_up(s->made.size) - s->made.size, to_last_of_size = slack + 2 * sizeof(void *) - 1;
    bool last_stands = before[to_last_of_size] == byte;

    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, s->made.payload);
    CHECK(told.block.gap, ==, s->made.gap);
    if (length <= to_last_of_size) {
        CHECK(told.block.size, ==, s->made.size);
        CHECK_PTR(told.block.owner, ==, s->made.owner);
        CHECK_PTR(told.address, ==, s->block + s->made.size);
        CHECK(told.changed, ==, changed_bytes(s, length, byte, before));
    } else if (last_stands) {
        CHECK(round_up(told.block.size), ==, round_up(s->made.size));
        CHECK_PTR(told.address, >=, s->block + told.block.size);
    } else {
        CHECK(told.block.size, ==, round_up(s->made.size));
        CHECK_PTR(told.block.owner, ==, NULL);
        CHECK_PTR(told.address, ==, s->block + round_up(s->made.size));
        CHECK(told.changed, ==, sizeof(void *));
    }
}

static void write_past(size_t size, size_t align, bool older)
{
    struct scene s = make_scene(size, align, older);
    const size_t most = round_up(size) - size + TAG + BEYOND;
    unsigned char before[KHEAP_ALIGN + TAG + BEYOND];

    memcpy(before, s.block + size, most);
    for (size_t length = 1; length <= most; length++)
        for (size_t i = 0; i < COUNT(written); i++) {
            case_note("%zu bytes aligned to %zu, then %zu of %#x", size, align, length, written[i]);
            memset(s.block + size, written[i], length);
            remember(&s.h);
            kheap_free(&s.h, s.block);
            check_told(&s, length, written[i], before);
            CHECK_UNCHANGED(&s.h);
            memcpy(s.block + size, before, most);
        }
    kheap_free(&s.h, s.block);
    CHECK_SILENT();
}

CASE(write_past_the_end_to_any_length_names_the_block)
{
    for (size_t size = 0; size <= MOST_SIZE; size++)
        for (size_t align = 16; align <= 512; align *= 32)
            for (int older = 0; older < 2; older++)
                write_past(size, align, older);
}

/* The tag of the newest block is wiped, and an older one is given back: its own tag says that nothing ran past its end. */
CASE(overflow_is_not_told_of_an_older_block)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *older = kheap_alloc(&h, 40), *newest = kheap_alloc(&h, 40);

    memset(newest + 40, 0x41, 8 + TAG);
    kheap_free(&h, older);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.block.payload, ==, NULL);
    kheap_free(&h, newest);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, newest);
}

/* Another pointer than the block's tells nothing, wherever it leads. */
CASE(wiped_tag_and_a_wrong_pointer)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *block = kheap_alloc(&h, 40), *const wrong[] = { block + 1, block + 16, block + 48, block + 96,
                                                                   block - 16 };

    memset(block, 0, 40);
    memset(block + 40, 0x41, 8 + TAG);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        case_note("%zu", i);
        kheap_free(&h, wrong[i]);
        CHECK_FAULT(KHEAP_E_DAMAGED);
        CHECK_PTR(told.block.payload, ==, NULL);
        CHECK_PTR(told.address, ==, block + 48);
    }
}

/* Only OWNER and SEAL were written, and FENCE and SIZE stand: no write past the end does that. */
CASE(upper_half_of_a_tag_is_no_overflow)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *block = kheap_alloc(&h, 32);

    memset(block + 32 + TAG / 2, 0x41, TAG / 2);
    kheap_free(&h, block);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.block.payload, ==, block);
    CHECK(told.changed, ==, 0);
}

/* SIZE alone: that is no write past the end either, for FENCE lies between. */
CASE(size_alone_is_no_overflow)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *block = kheap_alloc(&h, 32);

    block[32 + sizeof(void *) + 1] ^= 0x20;
    kheap_free(&h, block);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.block.payload, ==, block);
    CHECK(told.block.size, ==, 32);
    CHECK_PTR(told.address, ==, block + 32 + sizeof(void *) + 1);
}

/* In front of a block without a gap lies a tag, another block's or the floor's: up to the half of it the block that was
 * written in front of is named, with the first byte and how many. */
CASE(write_in_front_names_the_block)
{
    for (int older = 0; older < 2; older++)
        for (size_t length = 1; length <= sizeof(void *); length++) {
            struct scene s = make_scene(20, 16, older);

            for (size_t i = 1; i <= length; i++)
                s.block[-(ptrdiff_t)i] ^= 0x55;
            case_note("%zu bytes, %d blocks below", length, older);
            kheap_free(&s.h, s.block);
            CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.block - length, .caller = any_caller,
                       .block = s.made, .changed = length);
            CHECK_FAULT(KHEAP_E_DAMAGED);
        }
}

/* A stale tag in the payload is sealed, but ends another block than the one that is given back. */
CASE(wiped_tag_above_a_stale_one_of_another_block)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *first = kheap_alloc(&h, 16), *second = kheap_alloc(&h, 16), *large;

    kheap_free(&h, second);
    kheap_free(&h, first);
    large = kheap_alloc(&h, 200);
    CHECK_PTR(large, ==, first);
    memset(large, 0, 16 + TAG);
    memset(large + 200, 0x41, 8 + TAG);
    kheap_free(&h, large);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, large);
}

/* SIZE and SEAL of the last tag changed alike, to a size that no block can have: a release does not follow it. */
CASE(release_over_a_sealed_size_that_cannot_be)
{
    static const uintptr_t change[] = { 1 << 20, (uintptr_t)-48 };

    for (size_t i = 0; i < COUNT(change); i++) {
        struct kheap h = make_heap(HEAP);
        struct kheap_mark mark = kheap_mark(&h);
        uintptr_t words[4];

        memset(kheap_alloc(&h, 32), 0, 32);
        memcpy(words, h.free_memory_pointer - TAG, TAG);
        words[1] += change[i];
        words[3] += change[i];
        memcpy(h.free_memory_pointer - TAG, words, TAG);
        remember(&h);
        kheap_release(&h, mark);
        CHECK(take_fault(), !=, KHEAP_E_NONE);
        CHECK_UNCHANGED(&h);
    }
}
