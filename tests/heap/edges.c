/* SPDX-License-Identifier: MIT
 *
 * Promises at their very edges, each of which a small change of the heap could break unnoticed by the other cases. */
#include "support.h"

static void check_no_figures(unsigned char *start, unsigned char *free_pointer, unsigned char *end)
{
    static const struct kheap_stats zero;
    const struct kheap odd = { .heap_start = start, .heap_end = end, .free_memory_pointer = free_pointer };
    const struct kheap_stats stats = kheap_stats(&odd);

    case_note("free pointer %p of %p to %p", (void *)free_pointer, (void *)start, (void *)end);
    CHECK_MEM(&stats, &zero, sizeof(stats));
}

/* All zero when the free pointer stands outside of the heap, or where no tag can end, or the ends are the wrong way. */
CASE(stats_of_words_out_of_order_are_zero)
{
    struct kheap h = make_heap(1024);

    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    for (size_t i = 1; i < KHEAP_ALIGN; i++)
        check_no_figures(h.heap_start, h.free_memory_pointer + i, h.heap_end);
    check_no_figures(h.heap_start, h.heap_start - 1, h.heap_end);
    check_no_figures(h.heap_start, h.heap_start - KHEAP_ALIGN, h.heap_end);
    check_no_figures(h.heap_start, h.heap_end + 1, h.heap_end);
    check_no_figures(h.heap_start, h.heap_end + KHEAP_ALIGN, h.heap_end);
    check_no_figures(h.heap_start, NULL, h.heap_end);
    check_no_figures(h.heap_end, h.heap_start, h.heap_start);
    check_no_figures(h.heap_end, h.heap_end, h.heap_start);
    check_no_figures(h.heap_start, NULL, NULL);
}

static bool note_gap(const struct kheap_block *block, void *context)
{
    size_t *sum = context;

    *sum += 10000 + block->gap;
    return true;
}

/* One byte of the tag of a block with a gap, each in turn. The gap is told twice, by the tag and in front of the payload,
 * and so is the size, by its own word and by the seal: no single byte can hide where the block begins. */
CASE(walk_finds_the_gap_below_a_damaged_tag)
{
    for (size_t i = 0; i < TAG; i++) {
        struct kheap h = make_heap_at(1024, 1024);
        size_t sum = 0, damaged_sum = 0;
        unsigned char *block;

        CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
        block = kheap_alloc_aligned(&h, 32, 256);
        CHECK_PTR(kheap_alloc(&h, 32), !=, NULL);
        CHECK(kheap_walk(&h, note_gap, &sum), ==, KHEAP_E_NONE);
        CHECK(sum, >, 30000);
        block[32 + i] ^= 0x40;
        kheap_walk(&h, note_gap, &damaged_sum);
        case_note("byte %zu of the tag", i);
        CHECK(damaged_sum, ==, sum);
    }
}

/* A terminator that meets the tag, wherever that lies: no tag begins with a zero. */
CASE(one_zero_past_an_end_without_slack)
{
    struct kheap h = make_heap(1 << 16);
    unsigned char *block;
    size_t blocks = 0;

    while ((block = kheap_try_alloc(&h, KHEAP_ALIGN, 1)) != NULL) {
        unsigned char kept = block[KHEAP_ALIGN];

        case_note("block %zu", blocks++);
        block[KHEAP_ALIGN] = 0;
        CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
        block[KHEAP_ALIGN] = kept;
    }
    CHECK(blocks, >, 1000);
}

/* The seal of a good mark at any other place: no boundary, or not the one that was marked. */
CASE(mark_with_its_place_changed)
{
    struct kheap h = make_heap(1024);
    struct kheap_mark marks[5];

    for (size_t i = 0; i < COUNT(marks); i++) {
        marks[i] = kheap_mark(&h);
        CHECK_PTR(kheap_alloc_aligned(&h, i * 13, (size_t)16 << i), !=, NULL);
    }
    remember(&h);
    for (size_t i = 0; i < COUNT(marks); i++)
        for (uintptr_t at = (uintptr_t)h.heap_start - 2 * TAG; at <= (uintptr_t)h.heap_end + 2 * TAG; at += 4) {
            /* The last ones lie near 0. */
            uintptr_t place = at <= (uintptr_t)h.heap_end + TAG ? at : at % 64;
            struct kheap_mark forged = { (unsigned char *)place, marks[i].seal };

            if (forged.position == marks[i].position)
                continue;
            case_note("mark %zu, moved to %#zx", i, (size_t)place);
            kheap_release(&h, forged);
            CHECK_FAULT(KHEAP_E_BAD_MARK);
            CHECK_UNCHANGED(&h);
        }
}

/* A heap may end at the last multiple of KHEAP_ALIGN. Up to there `missing` is a number, beyond there is none. */
static void check_missing_near_the_top(struct kheap *h, size_t align)
{
    const uintptr_t top = UINTPTR_MAX - KHEAP_ALIGN + 1, place = (uintptr_t)h->free_memory_pointer;
    const uintptr_t payload = (place + align - 1) / align * align;
    const size_t most = top - TAG - payload;

    for (size_t size = most - 5 * TAG; size <= most + 5 * TAG; size++) {
        case_note("align %zu, the most and %td bytes", align, (ptrdiff_t)(size - most));
        CHECK_PTR(kheap_alloc_aligned(h, size, align), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        if (size <= most)
            CHECK(told.missing, ==, payload + round_up(size) + TAG - (uintptr_t)h->heap_end);
        else
            CHECK(told.missing, ==, SIZE_MAX);
    }
}

CASE(missing_up_to_the_last_address)
{
    struct kheap h = make_heap_at(2048, 1024);

    for (size_t blocks = 0; blocks < 4; blocks++) {
        check_missing_near_the_top(&h, 16);
        check_missing_near_the_top(&h, 512);
        CHECK_PTR(kheap_alloc(&h, 100 * blocks), !=, NULL);
    }
}

/* Whatever a changed byte of slack or fill becomes, smaller or larger, is a change. */
CASE(guard_bytes_may_not_grow_either)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_alloc_aligned(&h, 1, 4096);

    for (ptrdiff_t at = -(ptrdiff_t)KHEAP_ALIGN; at < (ptrdiff_t)KHEAP_ALIGN; at++)
        for (unsigned value = 0; value < 256; value += 255) {
            unsigned char kept = block[at];

            if (at == 0)
                continue;
            block[at] = (unsigned char)value;
            case_note("byte %td is %u", at, value);
            CHECK(kheap_check(&h, NULL), ==, at < 0 ? KHEAP_E_DAMAGED : KHEAP_E_OVERFLOW);
            kheap_free(&h, block);
            CHECK_FAULT(at < 0 ? KHEAP_E_DAMAGED : KHEAP_E_OVERFLOW);
            block[at] = kept;
        }
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* A free pointer far outside leads to memory that is not there: nothing is read through it. */
CASE(free_pointer_in_a_forbidden_page)
{
    struct kheap h = make_heap(1024), wrong = h;
    void *block = kheap_alloc(&h, 1);

    wrong.free_memory_pointer = h.heap_end + 2048;
    CHECK_PTR(kheap_alloc(&wrong, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    kheap_free(&wrong, block);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK(kheap_check(&wrong, NULL), ==, KHEAP_E_DAMAGED);
}

/* An overflow that meets the tag below a gap is told of the block that was written past, not of the one above it. */
CASE(overflow_below_a_gap)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *below = kheap_alloc(&h, 32), *above = kheap_alloc_aligned(&h, 1, 4096);
    struct kheap_report report;

    below[32] ^= 0xFF;
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_PTR(report.block.payload, ==, below);
    above[-1] = 0; /* the seal knows the gap, so even now it is known where the upper block begins */
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_DAMAGED);
    CHECK_PTR(report.address, ==, above - 1);
    CHECK_PTR(report.block.payload, ==, above);
}
