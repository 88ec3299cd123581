/* SPDX-License-Identifier: MIT
 *
 * Looking without touching: kheap_stats, kheap_check and kheap_walk, each row of their contract. */
#include "support.h"

CASE(stats_before_init_are_zero)
{
    static const struct kheap_stats zero;
    struct kheap h = { 0 };
    struct kheap_stats stats = kheap_stats(&h);

    CHECK_MEM(&stats, &zero, sizeof(stats));
}

CASE(stats_of_an_empty_heap)
{
    struct kheap h = make_heap(1024);
    struct kheap_stats stats = kheap_stats(&h);

    CHECK(stats.used, ==, 0);
    CHECK(stats.free, ==, 1024);
    CHECK(stats.largest, ==, 1024 - TAG);
    CHECK(stats.blocks, ==, 0);
    CHECK(stats.payload + stats.padding + stats.tags, ==, 0);
}

CASE(stats_split_what_is_used)
{
    struct kheap h = make_heap_at(4096, 0);
    struct kheap_stats stats;

    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    CHECK_PTR(kheap_alloc_aligned(&h, 33, 1024), !=, NULL);
    CHECK_PTR(kheap_alloc(&h, 0), !=, NULL);
    stats = kheap_stats(&h);
    CHECK(stats.used, ==, 1024 + 48 + 2 * TAG);
    CHECK(stats.free, ==, 4096 - stats.used);
    CHECK(stats.largest, ==, stats.free - TAG);
    CHECK(stats.blocks, ==, 3);
    CHECK(stats.payload, ==, 133);
    CHECK(stats.tags, ==, 3 * TAG);
    CHECK(stats.padding, ==, 12 + (1024 - 112 - TAG) + 15);
}

/* The last three tags of room, in steps: largest never promises a byte too much and never goes below zero. */
CASE(stats_largest_at_the_brim)
{
    for (size_t left = 0; left <= 6 * KHEAP_ALIGN; left += KHEAP_ALIGN) {
        struct kheap h = make_heap(1024);

        case_note("%zu bytes left", left);
        CHECK_PTR(kheap_alloc(&h, 1024 - TAG - left), !=, NULL);
        CHECK(kheap_stats(&h).free, ==, left);
        CHECK(kheap_stats(&h).largest, ==, left < TAG ? 0 : left - TAG);
        CHECK_PTR(kheap_try_alloc(&h, kheap_stats(&h).largest + 1, 1), ==, NULL);
        if (left < TAG)
            CHECK_PTR(kheap_try_alloc(&h, 0, 1), ==, NULL);
        else
            CHECK_PTR(kheap_try_alloc(&h, left - TAG, 1), !=, NULL);
    }
}

/* What lies below the damage counts as padding, and the sums still hold. */
CASE(stats_of_a_damaged_heap)
{
    struct kheap h = make_heap(4096);
    unsigned char *blocks[5];
    struct kheap_stats stats;

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 48);
    memset(blocks[2] + 48, 0, TAG);
    stats = kheap_stats(&h);
    CHECK_SILENT();
    CHECK(stats.used, ==, 5 * (48 + TAG));
    CHECK(stats.free, ==, 4096 - stats.used);
    CHECK(stats.blocks, ==, 2);
    CHECK(stats.payload, ==, 2 * 48);
    CHECK(stats.tags, ==, 2 * TAG);
    CHECK(stats.padding, ==, 3 * (48 + TAG));
}

CASE(check_is_silent_and_takes_null)
{
    struct kheap h = make_heap(1024), zero = { 0 };
    unsigned char *block = kheap_alloc(&h, 5);

    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    block[5] = 0;
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
    CHECK(kheap_check(&zero, NULL), ==, KHEAP_E_NOT_INITIALISED);
    CHECK_SILENT();
}

/* Of a sound heap, and of none: only the heap stands in the report, whatever was there before. */
CASE(check_fills_the_report)
{
    struct kheap h = make_heap(1024), zero = { 0 };
    struct kheap_report report;

    CHECK_PTR(kheap_alloc(&h, 5), !=, NULL);
    memset(&report, 0xAA, sizeof(report));
    CHECK(kheap_check(&zero, &report), ==, KHEAP_E_NOT_INITIALISED);
    CHECK_REPORT(&report, .fault = KHEAP_E_NOT_INITIALISED, .heap = &zero);
    memset(&report, 0xAA, sizeof(report));
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_NONE);
    CHECK(report.fault, ==, KHEAP_E_NONE);
    CHECK_PTR(report.heap, ==, &h);
    CHECK_PTR(report.address, ==, NULL);
    CHECK_PTR(report.caller, ==, NULL);
    CHECK(report.changed, ==, 0);
}

CASE(check_changes_nothing)
{
    struct kheap h = make_heap(1024);
    unsigned char *block = kheap_alloc(&h, 5);

    block[5] = 0;
    remember(&h);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
    kheap_stats(&h);
    CHECK_UNCHANGED(&h);
}

/* Two blocks are damaged; the newest is told, and once it is repaired the older one. */
CASE(check_tells_the_newest_damage_first)
{
    struct kheap h = make_heap(4096);
    unsigned char *blocks[6];
    struct kheap_report report;

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 21);
    blocks[1][22] = 'x';
    blocks[1][23] = 'x';
    blocks[4][21] = 0;
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_REPORT(&report, .fault = KHEAP_E_OVERFLOW, .heap = &h, .address = &blocks[4][21],
                 .block = { blocks[4], 21, 0, block_at(&h, blocks[4]).owner }, .changed = 1);
    blocks[4][21] = KHEAP_SLACK_BYTE;
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_REPORT(&report, .fault = KHEAP_E_OVERFLOW, .heap = &h, .address = &blocks[1][22],
                 .block = { blocks[1], 21, 0, block_at(&h, blocks[1]).owner }, .changed = 2);
}

CASE(check_looks_at_the_floor)
{
    for (size_t count = 0; count < 3; count++)
        for (size_t i = 0; i < TAG; i++) {
            struct kheap h = make_heap(1024);
            unsigned char *floor = h.heap_start - TAG;
            struct kheap_report report;

            for (size_t made = 0; made < count; made++)
                CHECK_PTR(kheap_alloc(&h, 20), !=, NULL);
            floor[i] ^= 0x10;
            case_note("%zu blocks, byte %zu of the floor", count, i);
            CHECK(kheap_check(&h, &report), ==, KHEAP_E_DAMAGED);
            CHECK_PTR(report.address, ==, floor + i);
            CHECK_PTR(report.block.payload, ==, count == 0 ? NULL : h.heap_start);
            CHECK(report.changed, ==, count != 0);
        }
}

CASE(walk_visits_newest_first)
{
    struct kheap h = make_heap_at(8192, 1024);
    struct blocks seen;
    unsigned char *payloads[20];

    for (size_t i = 0; i < COUNT(payloads); i++)
        payloads[i] = kheap_alloc_aligned(&h, i * 7, (size_t)1 << i % 9);
    seen = blocks_of(&h);
    CHECK(seen.count, ==, COUNT(payloads));
    for (size_t i = 0; i < COUNT(payloads); i++) {
        const struct kheap_block *block = &seen.at[COUNT(payloads) - 1 - i];
        unsigned char *below = i == 0 ? h.heap_start : payloads[i - 1] + round_up((i - 1) * 7) + TAG;

        CHECK_PTR(block->payload, ==, payloads[i]);
        CHECK(block->size, ==, i * 7);
        CHECK(block->gap, ==, (size_t)(payloads[i] - below));
        CHECK_PTR(block->owner, ==, seen.at[0].owner);
    }
}

static bool stop_after(const struct kheap_block *block, void *context)
{
    size_t *left = context;

    CHECK_PTR(block->payload, !=, NULL);
    CHECK(*left, >, 0);
    return --*left != 0;
}

CASE(walk_ends_when_told)
{
    struct kheap h = make_heap(1024);
    unsigned char *blocks[6];

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 5);
    blocks[0][5 + 11] = 0;
    for (size_t visits = 1; visits < 6; visits++) {
        size_t left = visits;

        CHECK(kheap_walk(&h, stop_after, &left), ==, KHEAP_E_NONE);
        CHECK(left, ==, 0);
    }
}

static bool count_visit(const struct kheap_block *block, void *context)
{
    size_t *count = context;

    CHECK(block->size, <, 1000);
    (*count)++;
    return true;
}

CASE(walk_of_no_blocks)
{
    struct kheap h = make_heap(1024), zero = { 0 };
    size_t count = 0;

    CHECK(kheap_walk(&h, count_visit, &count), ==, KHEAP_E_NONE);
    CHECK(kheap_walk(&zero, count_visit, &count), ==, KHEAP_E_NOT_INITIALISED);
    h.heap_start[-1] ^= 1;
    CHECK(kheap_walk(&h, count_visit, &count), ==, KHEAP_E_DAMAGED);
    CHECK(count, ==, 0);
}

/* Each byte of a tag, changed in turn, leaves the way down legible; all of them at once do not, and the walk ends there. */
CASE(walk_ends_at_a_tag_that_is_not_legible)
{
    for (size_t i = 0; i <= TAG; i++) {
        struct kheap h = make_heap(1024);
        unsigned char *blocks[4];
        size_t count = 0;

        for (size_t made = 0; made < COUNT(blocks); made++)
            blocks[made] = kheap_alloc(&h, 32);
        case_note("byte %zu of the tag", i);
        if (i < TAG)
            blocks[1][32 + i] ^= 0x40;
        else
            memset(blocks[1] + 32, 0x40, TAG);
        CHECK(kheap_walk(&h, count_visit, &count), ==, i < TAG ? KHEAP_E_NONE : KHEAP_E_DAMAGED);
        CHECK(count, ==, i < TAG ? 4 : 2);
    }
}

/* In a heap whose words are no heap at all, nothing is read. */
CASE(looking_at_senseless_words)
{
    struct kheap h = make_heap(1024), odd = h;
    struct kheap_report report;
    size_t count = 0;

    odd.free_memory_pointer = odd.heap_end + KHEAP_ALIGN;
    CHECK(kheap_check(&odd, &report), ==, KHEAP_E_DAMAGED);
    CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &odd, .address = &odd);
    CHECK(kheap_walk(&odd, count_visit, &count), ==, KHEAP_E_DAMAGED);
    CHECK(kheap_stats(&odd).blocks, ==, 0);
    odd.free_memory_pointer = odd.heap_start - KHEAP_ALIGN;
    CHECK(kheap_check(&odd, &report), ==, KHEAP_E_DAMAGED);
    odd.free_memory_pointer = odd.heap_start + 1;
    CHECK(kheap_check(&odd, &report), ==, KHEAP_E_DAMAGED);
    odd = (struct kheap){ h.heap_start, NULL, NULL };
    CHECK(kheap_check(&odd, &report), ==, KHEAP_E_DAMAGED);
    odd = (struct kheap){ h.heap_end, h.heap_start, h.heap_start };
    CHECK(kheap_check(&odd, &report), ==, KHEAP_E_DAMAGED);
    CHECK(count, ==, 0);
}
