/* SPDX-License-Identifier: MIT
 *
 * kheap_init and the types of the header: what it accepts, and what it refuses and why. */
#include "support.h"

enum { SMALLEST = 2 * TAG + KHEAP_ALIGN };

CASE(heap_is_three_words)
{
    CHECK(sizeof(struct kheap), ==, 3 * sizeof(void *));
    CHECK(offsetof(struct kheap, heap_start), ==, 0);
    CHECK(offsetof(struct kheap, heap_end), ==, sizeof(void *));
    CHECK(offsetof(struct kheap, free_memory_pointer), ==, 2 * sizeof(void *));
}

CASE(overhead_is_within_the_promise)
{
    CHECK(KHEAP_ALIGN, ==, 16);
    CHECK(KHEAP_TAG_BYTES, <=, sizeof(void *) == 4 ? 16 : 32);
}

CASE(codes_are_their_numbers)
{
    static const unsigned codes[] = {
        KHEAP_E_NONE,         KHEAP_E_NOT_INITIALISED, KHEAP_E_OUT_OF_MEMORY, KHEAP_E_BAD_ALIGNMENT,
        KHEAP_E_OUT_OF_ORDER, KHEAP_E_DOUBLE_FREE,     KHEAP_E_NOT_A_BLOCK,   KHEAP_E_OVERFLOW,
        KHEAP_E_DAMAGED,      KHEAP_E_BAD_MARK,        KHEAP_FAULT_COUNT,
    };

    for (unsigned i = 0; i < COUNT(codes); i++)
        CHECK(codes[i], ==, i);
    CHECK(KHEAP_OK, ==, 0);
    CHECK(offsetof(struct kheap_report, fault), ==, 0);
    CHECK(offsetof(struct kheap_report, heap), <, offsetof(struct kheap_report, address));
}

/* Each row of the fault list: a code of its own, in order, and a text for each column. */
CASE(fault_list_is_closed)
{
    static const struct {
        unsigned code;
        const char *texts[5];
    } rows[] = {
#define KHEAP_FAULT(code, name, title, happened, danger, find, fix) { code, { title, happened, danger, find, fix } },
#include "../../heap/kheap_faults.def"
#undef KHEAP_FAULT
    };

    CHECK(COUNT(rows), ==, 9);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].code, ==, i + 1);
        for (size_t text = 0; text < COUNT(rows[i].texts); text++)
            CHECK(strlen(rows[i].texts[text]), >, 0);
    }
}

CASE(poison_bytes_differ)
{
    CHECK(KHEAP_FRESH_BYTE, !=, KHEAP_FREED_BYTE);
    CHECK(KHEAP_FRESH_BYTE, !=, KHEAP_SLACK_BYTE);
    CHECK(KHEAP_FREED_BYTE, !=, KHEAP_SLACK_BYTE);
}

static const struct kheap odd_words = { (unsigned char *)16, (unsigned char *)48, (unsigned char *)32 };

static void check_refused(void *memory, size_t size, enum kheap_status why)
{
    struct kheap h = odd_words;

    CHECK(kheap_init(&h, memory, size), ==, why);
    CHECK_MEM(&h, &odd_words, sizeof(h));
}

CASE(init_refuses_null)
{
    unsigned char *memory = fenced(4096);

    CHECK(kheap_init(NULL, memory, 4096), ==, KHEAP_NULL);
    check_refused(NULL, 4096, KHEAP_NULL);
    check_refused(NULL, SIZE_MAX, KHEAP_NULL);
    CHECK(kheap_init(NULL, NULL, 0), ==, KHEAP_NULL);
}

/* The memory is never touched: none of these ranges is really there. */
CASE(init_refuses_what_wraps)
{
    for (uintptr_t at = 1; at < 100; at++) {
        case_note("memory %ju", (uintmax_t)at);
        check_refused((void *)at, UINTPTR_MAX - at + 1, KHEAP_WRAPS);
        check_refused((void *)at, UINTPTR_MAX - at / 2, KHEAP_WRAPS);
        check_refused((void *)at, SIZE_MAX, KHEAP_WRAPS);
        check_refused((void *)(UINTPTR_MAX - at), at + 1, KHEAP_WRAPS);
        check_refused((void *)(UINTPTR_MAX - at), at + SMALLEST + KHEAP_ALIGN, KHEAP_WRAPS);
    }
}

/* Too small comes last: rounding such an address up would wrap, and must not make it look large. */
CASE(init_refuses_the_last_bytes)
{
    for (uintptr_t left = 0; left < SMALLEST; left++) {
        case_note("%ju bytes before the last address", (uintmax_t)left);
        check_refused((void *)(UINTPTR_MAX - left), left, KHEAP_TOO_SMALL);
        check_refused((void *)(UINTPTR_MAX - left), 0, KHEAP_TOO_SMALL);
    }
}

static size_t lost_at(size_t misaligned)
{
    return (KHEAP_ALIGN - misaligned % KHEAP_ALIGN) % KHEAP_ALIGN;
}

CASE(init_takes_the_smallest)
{
    unsigned char *page = fenced(4096);

    for (size_t misaligned = 0; misaligned < 32; misaligned++) {
        size_t smallest = lost_at(misaligned) + SMALLEST;
        struct kheap h;

        case_note("misaligned by %zu", misaligned);
        check_refused(page + misaligned, smallest - 1, KHEAP_TOO_SMALL);
        CHECK(kheap_init(&h, page + misaligned, smallest), ==, KHEAP_OK);
        CHECK_PTR(kheap_alloc(&h, KHEAP_ALIGN), ==, h.heap_start);
        CHECK_PTR(h.free_memory_pointer, ==, h.heap_end);
    }
}

/* The floor costs memory, but none of the heap's figures. */
CASE(init_keeps_the_floor_outside)
{
    unsigned char *memory = fenced(4096);
    struct kheap h;

    CHECK(kheap_init(&h, memory, 4096), ==, KHEAP_OK);
    CHECK_PTR(h.heap_start, ==, memory + TAG);
    CHECK_PTR(h.heap_end, ==, memory + 4096);
    CHECK(kheap_stats(&h).used, ==, 0);
    CHECK(kheap_stats(&h).free, ==, 4096 - TAG);
    CHECK(blocks_of(&h).count, ==, 0);
}

CASE(init_again_starts_afresh)
{
    unsigned char *memory = fenced(4096);
    struct kheap h, first;

    CHECK(kheap_init(&h, memory, 4096), ==, KHEAP_OK);
    first = h;
    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    CHECK(kheap_init(&h, memory, 4096), ==, KHEAP_OK);
    CHECK_MEM(&h, &first, sizeof(h));
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
}

/* A call after a refused init says E01 and not something stranger. */
CASE(init_refused_leaves_the_heap_unused)
{
    struct kheap h = { 0 };
    unsigned char *memory = fenced(4096);

    CHECK(kheap_init(&h, memory, SMALLEST - 1), ==, KHEAP_TOO_SMALL);
    CHECK_PTR(kheap_alloc(&h, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
}

CASE(heaps_are_independent)
{
    struct kheap a = make_heap(1024), b = make_heap(2048);
    void *first = kheap_alloc(&a, 100);
    struct kheap before = a;
    void *other = kheap_alloc(&b, 100);

    CHECK_MEM(&a, &before, sizeof(a));
    kheap_free(&a, other);
    CHECK_FAULT(KHEAP_E_NOT_A_BLOCK);
    kheap_free(&b, other);
    kheap_free(&a, first);
    CHECK(used(&a) + used(&b), ==, 0);
}
