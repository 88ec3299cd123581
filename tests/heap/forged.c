/* SPDX-License-Identifier: MIT
 *
 * Two and three words that change together, so that a seal is right and still the heap is not: what each comparison beside
 * the seal is for. pairs.c goes through all pairs; here stand single ones, and what they would lead to. */
#define _GNU_SOURCE
#include "support.h"

#include <sys/mman.h>

enum { SMALL_HEAP = 1024, PAGE = 4096 };

static void *const nobody = NULL; /* what a refused allocation gives */

static void check_damaged(const struct kheap *h)
{
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_UNCHANGED(h);
}

/* ---- The three words -------------------------------------------------------------------------------------------- */

/* Each way to ask for a block, at an alignment that costs no gap. */
enum { WAYS = 3 };
static unsigned char *ask(struct kheap *h, size_t size, int way)
{
    switch (way) {
    case 0: return kheap_alloc(h, size);
    case 1: return kheap_alloc_aligned(h, size, 1);
    default: return kheap_try_alloc(h, size, 16);
    }
}

/* Both ends a few bytes lower: the last tag agrees. But up to the end that is told there may be less room than any block
 * takes, to the byte, and no block ends above it. */
CASE(no_block_ends_above_an_end_that_moved)
{
    enum { HEAP = 160 };
    struct kheap h = make_heap(HEAP);
    size_t granted = 0;

    for (size_t lower = 1; lower < KHEAP_ALIGN; lower++)
        for (size_t size = 0; size <= HEAP; size++)
            for (int way = 0; way < WAYS; way++) {
                struct kheap moved = { h.heap_start - lower, h.heap_end - lower, h.free_memory_pointer };

                case_note("%zu lower, %zu bytes, way %d", lower, size, way);
                if (ask(&moved, size, way) == NULL)
                    CHECK_FAULT(KHEAP_E_DAMAGED);
                CHECK_PTR(moved.free_memory_pointer, <=, moved.heap_end);
                granted += moved.free_memory_pointer != h.free_memory_pointer;
            }
    CHECK(granted, >, 0);
}

/* The last two tags and the block between them a few bytes higher, with seals that are right there. */
static void move_up(struct kheap *h, unsigned char *block, size_t by)
{
    unsigned char *top = h->free_memory_pointer;

    copy_tag(top, top + by);
    copy_tag(block, block + by);
    h->free_memory_pointer = top + by;
}

/* A boundary lies at a multiple of KHEAP_ALIGN, whatever its tag says; at whichever of them it would be. */
CASE(free_pointer_and_tags_off_the_grid)
{
    for (size_t below = 0; below <= 16 * KHEAP_ALIGN; below += KHEAP_ALIGN)
        for (size_t by = 1; by < KHEAP_ALIGN; by++) {
            struct kheap h = make_heap(SMALL_HEAP);
            unsigned char *block;

            CHECK_PTR(kheap_alloc(&h, below), !=, NULL);
            block = kheap_alloc(&h, TAG + 16);
            move_up(&h, block, by);
            case_note("above a block of %zu bytes, %zu higher", below, by);
            remember(&h);
            for (int way = 0; way < WAYS; way++) {
                CHECK_PTR(ask(&h, 16, way), ==, nobody);
                check_damaged(&h);
            }
            kheap_free(&h, block + by);
            check_damaged(&h);
            CHECK_PTR(kheap_mark(&h).position, ==, NULL);
            check_damaged(&h);
            give_back(h.heap_start - TAG, SMALL_HEAP + TAG);
        }
}

/* A heap that was wiped but for its end, with a few bits in the word that leads to the tag: there is nothing to read below. */
CASE(free_pointer_at_the_lowest_addresses)
{
    struct kheap h = make_heap(SMALL_HEAP);

    for (size_t place = 1; place < KHEAP_ALIGN; place++)
        for (int way = 0; way < WAYS; way++) {
            struct kheap wiped = { NULL, h.heap_end, byte_at(NULL, place) };

            case_note("at %zu, way %d", place, way);
            CHECK_PTR(ask(&wiped, 16, way), ==, nobody);
            CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
        }
}

/* ---- FENCE ------------------------------------------------------------------------------------------------------ */

static uintptr_t poison(void)
{
    return UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE;
}

/* The word in front of a payload that tells its gap. */
static void add_to_fill(unsigned char *payload, uintptr_t by)
{
    uintptr_t fill;

    memcpy(&fill, payload - sizeof(fill), sizeof(fill));
    fill += by;
    memcpy(payload - sizeof(fill), &fill, sizeof(fill));
}

/* A tag whose SEAL and OWNER are poison, by means of its FENCE. */
static void make_poison_of(const struct kheap *h, unsigned char *boundary)
{
    gain(boundary, OWNER, poison() - word_of(boundary, OWNER));
    gain(boundary, FENCE, poison() - word_of(boundary, SEAL));
    CHECK(word_of(boundary, SEAL), ==, poison());
    CHECK_PTR(kheap_mark(h).position, ==, boundary);
}

/* It tells no gap, although what lies in front of the payload looks like the fill of one. */
static void fence_without_a_gap(void)
{
    static const uintptr_t more[] = { 1, 256, UINTPTR_MAX / 255 * 2 }; /* the last makes all ones */
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *block;

    CHECK_PTR(kheap_alloc(&h, 32), !=, NULL);
    make_poison_of(&h, h.free_memory_pointer);
    block = kheap_alloc(&h, 32);
    for (size_t i = 0; i < COUNT(more); i++) {
        case_note("more by %#zx", (size_t)more[i]);
        gain(h.free_memory_pointer, FENCE, more[i]);
        remember(&h);
        kheap_free(&h, block);
        CHECK_FAULT(KHEAP_E_OVERFLOW);
        CHECK(kheap_resize(&h, block, 40), ==, false);
        CHECK_FAULT(KHEAP_E_OVERFLOW);
        CHECK_UNCHANGED(&h);
        gain(h.free_memory_pointer, FENCE, 0 - more[i]);
    }
    kheap_free(&h, block);
    CHECK_PTR(h.free_memory_pointer, ==, block);
}

static bool page_at(unsigned char *place)
{
    int access = PROT_READ | PROT_WRITE;

    return mmap(place, PAGE, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == place;
}

/* Where nearly all addresses are one heap, which 32-bit ones may be, a gap has room whose FENCE is more than poison. It has to
 * be told again in front of the payload like any other. */
static void fence_with_a_gap(void)
{
    unsigned char *low = byte_at(NULL, 0x20000), *high = byte_at(NULL, 0 - (size_t)0x3800000), *top = high + PAGE;
    unsigned char *block = top - TAG - 32;
    struct kheap h = { 0 };
    size_t gap;

    if (!page_at(low) || !page_at(high)) {
        FIGURE("a heap of nearly all addresses: this system does not give them");
        return;
    }
    CHECK(kheap_init(&h, low, (uintptr_t)top - (uintptr_t)low), ==, KHEAP_OK);
    gap = (uintptr_t)block - (uintptr_t)h.heap_start;
    CHECK_PTR(kheap_alloc(&h, gap + 32), ==, h.heap_start);
    gain(top, SIZE, 0 - gap);
    gain(top, FENCE, ~poison() + gap - poison());
    CHECK(word_of(top, FENCE), >, poison());
    kheap_free(&h, block);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &h, .address = block - 16, .caller = any_caller,
               .block = block_at(&h, block), .changed = 16);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(h.free_memory_pointer, ==, top);
    memset(block - KHEAP_ALIGN, KHEAP_SLACK_BYTE, KHEAP_ALIGN);
    add_to_fill(block, gap);
    kheap_free(&h, block);
    CHECK(used(&h), ==, 0);
}

CASE(fence_that_is_more_than_poison)
{
    fence_without_a_gap();
    if (WORD_BITS == 32)
        fence_with_a_gap();
}

/* FENCE and the fill tell a gap below zero: it would lead up, to a stale tag in the payload. */
CASE(gap_that_is_less_than_nothing)
{
    struct kheap h = make_heap_at(SMALL_HEAP, 1040);
    unsigned char *below = h.free_memory_pointer, *block = kheap_alloc_aligned(&h, 200, 512);
    uintptr_t gap = block_at(&h, block).gap, less;

    CHECK(gap, >, 0);
    for (size_t stale = TAG; stale <= 192; stale += KHEAP_ALIGN) {
        less = 0 - (gap + stale);
        memset(block, 0, 200);
        copy_tag(below, block + stale);
        gain(h.free_memory_pointer, FENCE, less);
        add_to_fill(block, less);
        case_note("a gap of minus %zu", stale);
        remember(&h);
        kheap_free(&h, block);
        check_damaged(&h);
        gain(h.free_memory_pointer, FENCE, 0 - less);
        add_to_fill(block, 0 - less);
    }
    kheap_free(&h, block);
    CHECK(used(&h), ==, 0);
}

/* ---- SIZE ------------------------------------------------------------------------------------------------------- */

/* SIZE so large that the payload would lie above the heap, in somebody else's memory, and a gap so large that the block
 * begins where it does: the sum of both is right, and the fill is there. */
CASE(size_and_gap_that_lead_around_all_addresses)
{
    enum { BYTES = 4096 };
    unsigned char *memory = fenced(BYTES), *elsewhere = memory + BYTES / 2, *below, *block;
    const uintptr_t fill = poison();
    struct kheap h = { 0 };
    struct kheap_mark mark;

    CHECK(kheap_init(&h, memory, SMALL_HEAP), ==, KHEAP_OK);
    mark = kheap_mark(&h);
    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    below = h.free_memory_pointer;
    block = kheap_alloc(&h, 32);
    memset(elsewhere - TAG, KHEAP_SLACK_BYTE, TAG);
    add_to_fill(elsewhere, (uintptr_t)elsewhere - (uintptr_t)below);
    gain(h.free_memory_pointer, SIZE, (uintptr_t)block - (uintptr_t)elsewhere);
    gain(h.free_memory_pointer, FENCE, ~fill - fill + ((uintptr_t)elsewhere - (uintptr_t)below));
    remember(&h);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
    kheap_release(&h, mark);
    check_damaged(&h);
    kheap_free(&h, block);
    check_damaged(&h);
}
