/* SPDX-License-Identifier: MIT
 *
 * Faults that shipped in other heaps, each a case under the name of its project. None of them happens here. */
#include "support.h"

CASE(tlsf_rounding_wraps)
{
    struct kheap h = make_heap(4096);

    for (size_t less = 0; less <= 64; less++) {
        CHECK_PTR(kheap_alloc(&h, SIZE_MAX - less), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK_PTR(kheap_alloc_aligned(&h, SIZE_MAX - less, 4096), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK(used(&h), ==, 0);
    }
}

/* Of every size of heap, `largest` is handed out and fills the heap to its last byte. */
CASE(freertos_exact_fit)
{
    for (size_t bytes = TAG + KHEAP_ALIGN; bytes <= 2048; bytes += KHEAP_ALIGN) {
        struct kheap h = make_heap(bytes);

        case_note("heap of %zu bytes", bytes);
        CHECK(kheap_stats(&h).largest, ==, bytes - TAG);
        CHECK_PTR(kheap_alloc(&h, kheap_stats(&h).largest), !=, NULL);
        CHECK(unused(&h), ==, 0);
        give_back(h.heap_start - TAG, bytes + TAG);
    }
}

/* After a failure the pointer stands where it stood, and the next request that fits is served. */
CASE(coreboot_pointer_moves_before_the_check)
{
    struct kheap h = make_heap(1024);
    unsigned char *block = kheap_alloc(&h, 512);
    unsigned char *edge = h.free_memory_pointer;

    CHECK_PTR(block, !=, NULL);
    for (size_t size = 512; size != 0; size *= 2) {
        CHECK_PTR(kheap_alloc(&h, size), ==, NULL);
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK_PTR(h.free_memory_pointer, ==, edge);
    }
    CHECK_PTR(kheap_alloc(&h, 64), ==, edge);
}

CASE(xv6_double_free_is_silent)
{
    struct kheap h = make_heap(4096);
    unsigned char *keep = kheap_alloc(&h, 100), *twice = kheap_alloc(&h, 100), *one, *two;

    CHECK_PTR(keep, !=, NULL);
    kheap_free(&h, twice);
    kheap_free(&h, twice);
    CHECK_FAULT(KHEAP_E_DOUBLE_FREE);
    one = kheap_alloc(&h, 100);
    two = kheap_alloc(&h, 100);
    CHECK_PTR(two, >=, one + 100);
}

/* An aligned block can be freed like any other, although a gap lies in front of it. */
CASE(zig_alignment_padding_breaks_the_free)
{
    struct kheap h = make_heap_at(8192, 1024 + 16);

    for (size_t align = 16; align <= 4096; align *= 2) {
        unsigned char *first = kheap_alloc(&h, 1), *edge = h.free_memory_pointer;
        unsigned char *block = kheap_alloc_aligned(&h, 3, align);

        case_note("align %zu", align);
        CHECK_PTR(block, !=, NULL);
        kheap_free(&h, block);
        CHECK_PTR(h.free_memory_pointer, ==, edge);
        kheap_free(&h, first);
        CHECK(used(&h), ==, 0);
    }
}

/* A thousand aligned blocks, one after the other, in a heap that holds two: no padding is lost. */
CASE(coreboot_padding_is_lost)
{
    struct kheap h = make_heap_at(4096, 1024 + 16);

    for (size_t i = 0; i < 1000; i++) {
        void *block = kheap_alloc_aligned(&h, 1000, 1024);

        CHECK_PTR(block, !=, NULL);
        kheap_free(&h, block);
    }
    CHECK(kheap_stats(&h).largest, ==, 4096 - TAG);
}

CASE(zig_free_out_of_order_is_silent)
{
    struct kheap h = make_heap(1024);
    unsigned char *a = kheap_alloc(&h, 10), *b = kheap_alloc(&h, 10);

    kheap_free(&h, a);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    CHECK_PTR(told.newest.payload, ==, b);
    CHECK(told.above, ==, 1);
    CHECK(kheap_stats(&h).blocks, ==, 2);
    kheap_free(&h, b);
    kheap_free(&h, a);
    CHECK(kheap_stats(&h).blocks, ==, 0);
}

/* "Was it a few tens of bytes, or 4k?": the report has the number. */
CASE(mbed_out_of_memory_without_a_number)
{
    struct kheap h = make_heap(1024);

    CHECK_PTR(kheap_alloc(&h, 1024), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK(told.wanted, ==, 1024);
    CHECK(told.missing, ==, TAG);
    CHECK_PTR(kheap_alloc(&h, 5120), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK(told.wanted, ==, 5120);
    CHECK(told.missing, ==, 4096 + TAG);
}

/* Each bad bound is refused, and each with its own reason. */
CASE(o1heap_init_takes_bad_bounds)
{
    unsigned char *memory = fenced(4096);
    struct kheap h = { 0 };

    CHECK(kheap_init(&h, NULL, 4096), ==, KHEAP_NULL);
    CHECK(kheap_init(&h, memory, 0), ==, KHEAP_TOO_SMALL);
    CHECK(kheap_init(&h, memory, TAG), ==, KHEAP_TOO_SMALL);
    CHECK(kheap_init(&h, memory, SIZE_MAX), ==, KHEAP_WRAPS);
    CHECK_PTR(h.heap_start, ==, NULL);
    CHECK(kheap_init(&h, memory + 1, 4095), ==, KHEAP_OK);
    CHECK((uintptr_t)h.heap_start % KHEAP_ALIGN, ==, 0);
    CHECK_PTR(h.heap_end, <=, memory + 4096);
}

/* used, free and their parts sum to the heap after every step up and every step down. */
CASE(freertos_statistics_do_not_sum)
{
    struct kheap h = make_heap(8192);
    void *blocks[60];

    for (size_t step = 0; step < 2 * COUNT(blocks); step++) {
        struct kheap_stats stats;

        if (step < COUNT(blocks))
            blocks[step] = kheap_alloc_aligned(&h, step * 3, (size_t)16 << step % 3);
        else
            kheap_free(&h, blocks[2 * COUNT(blocks) - 1 - step]);
        stats = kheap_stats(&h);
        CHECK(stats.used + stats.free, ==, 8192);
        CHECK(stats.payload + stats.padding + stats.tags, ==, stats.used);
        CHECK(stats.blocks, ==, step < COUNT(blocks) ? step + 1 : 2 * COUNT(blocks) - 1 - step);
        CHECK(stats.tags, ==, stats.blocks * TAG);
    }
}

/* Found by a walk at any time, long before the free, with the address and the block. */
CASE(linked_list_allocator_finds_corruption_late)
{
    struct kheap h = make_heap(4096);
    struct kheap_report report;
    char *text = kheap_alloc(&h, 5);

    for (size_t i = 0; i < 10; i++)
        CHECK_PTR(kheap_alloc(&h, 50), !=, NULL);
    memcpy(text, "12345", 6);
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_PTR(report.address, ==, text + 5);
    CHECK_PTR(report.block.payload, ==, text);
    CHECK(report.block.size, ==, 5);
    CHECK(report.changed, ==, 1);
}

static void write_all(struct kheap *h)
{
    size_t largest = kheap_stats(h).largest;

    memset(kheap_alloc(h, largest), 0xAA, largest);
}

/* Two heaps side by side, as two regions of one memory map: what lies between and around them is not touched. */
CASE(fixed_address_heap_eats_its_neighbours)
{
    unsigned char *memory = fenced(8192);
    struct kheap low, high;

    paint(memory, 8192, 5);
    CHECK(kheap_init(&low, memory + 1000, 2000), ==, KHEAP_OK);
    CHECK(kheap_init(&high, memory + 4001, 3001), ==, KHEAP_OK);
    write_all(&low);
    write_all(&high);
    check_paint(memory, 1000, 5);
    for (size_t i = 3000; i < 8192; i = i == 4000 ? 7002 : i + 1)
        CHECK(memory[i], ==, (unsigned char)(5 * 37 + i * 11 + 1));
    CHECK(kheap_check(&low, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_check(&high, NULL), ==, KHEAP_E_NONE);
}
