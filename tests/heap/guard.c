/* SPDX-License-Identifier: MIT
 *
 * What guards a block: slack, seal and tag, damaged in the ways that programs do. Every single byte: damage.c. */
#include "support.h"

enum { SMALL_HEAP = 1024 };

static const unsigned char *seal_bytes(const unsigned char *block, size_t size)
{
    return block + round_up(size);
}

/* One byte past the end, any value that changes it: seen by kheap_check and by the free, with its address. */
static void write_past(size_t size, unsigned value)
{
    static struct kheap h;
    unsigned char *block, kept;
    struct kheap_block made;
    struct kheap_report report;

    if (h.heap_start == NULL)
        h = make_heap(SMALL_HEAP);
    block = kheap_alloc(&h, size);
    made = block_at(&h, block);
    kept = block[size];
    block[size] = (unsigned char)value;
    if (kept != value) {
        CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
        CHECK_REPORT(&report, .fault = KHEAP_E_OVERFLOW, .heap = &h, .address = block + size, .block = made,
                     .changed = 1);
        kheap_free(&h, block);
        CHECK_FAULT(KHEAP_E_OVERFLOW);
        CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &h, .address = block + size, .caller = any_caller, .block = made,
                   .changed = 1);
        CHECK_PTR(h.free_memory_pointer, ==, seal_bytes(block, size) + TAG);
    }
    block[size] = kept;
    kheap_free(&h, block);
    CHECK(used(&h), ==, 0);
}

CASE(one_byte_past_the_end)
{
    for (size_t size = 0; size <= 64; size++)
        for (unsigned value = 0; value < 256; value++) {
            case_note("%zu bytes, then %#x", size, value);
            write_past(size, value);
        }
}

/* A string's terminator: a zero is no luckier than any other byte, because no seal begins with one. */
CASE(one_zero_past_the_end_at_any_place)
{
    struct kheap h = make_heap(1 << 16);

    for (size_t i = 0; i < 1000; i++) {
        size_t size = i % 65;
        unsigned char *block = kheap_alloc(&h, size);

        case_note("block %zu", i);
        if (block == NULL)
            break;
        unsigned char kept = block[size];
        block[size] = 0;
        CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
        block[size] = kept;
    }
    take_fault();
    CHECK(kheap_stats(&h).blocks, >, 500);
}

/* From one byte to the whole of slack and seal: so many changed bytes, the first one at the end. */
CASE(many_bytes_past_the_end)
{
    for (size_t size = 0; size <= 64; size++)
        for (size_t count = 1; count <= round_up(size) - size + sizeof(void *); count++) {
            struct kheap h = make_heap(SMALL_HEAP);
            unsigned char *block = kheap_alloc(&h, size);
            struct kheap_block made = block_at(&h, block);

            for (size_t i = 0; i < count; i++)
                block[size + i] ^= 0x55;
            case_note("%zu bytes, then %zu", size, count);
            kheap_free(&h, block);
            CHECK_FAULT(KHEAP_E_OVERFLOW);
            CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &h, .address = block + size, .caller = any_caller,
                       .block = made, .changed = count);
            give_back(h.heap_start - TAG, SMALL_HEAP + TAG);
        }
}

/* Each byte of the slack, not only the first, may become neither more nor less: for the free and for a release. */
CASE(each_byte_of_the_slack)
{
    static const unsigned char values[] = { 0x00, KHEAP_SLACK_BYTE - 1, KHEAP_SLACK_BYTE + 1, 0xFF };
    struct kheap h = make_heap(SMALL_HEAP), filled;
    struct kheap_mark mark = kheap_mark(&h);

    for (size_t size = 0; size <= 2 * KHEAP_ALIGN; size++) {
        unsigned char *block = kheap_alloc(&h, size);

        filled = h;
        for (size_t at = size; at < round_up(size); at++)
            for (size_t i = 0; i < COUNT(values); i++) {
                case_note("%zu bytes, byte %zu becomes %#x", size, at, values[i]);
                block[at] = values[i];
                kheap_free(&h, block);
                CHECK_FAULT(KHEAP_E_OVERFLOW);
                CHECK_PTR(told.address, ==, block + at);
                kheap_release(&h, mark);
                CHECK_FAULT(KHEAP_E_OVERFLOW);
                CHECK_MEM(&h, &filled, sizeof(h));
                block[at] = KHEAP_SLACK_BYTE;
            }
        kheap_free(&h, block);
    }
}

/* The slack of a block that was resized, both ways. */
CASE(slack_after_resize)
{
    for (size_t from = 0; from <= 40; from += 3)
        for (size_t to = 0; to <= 40; to++)
            for (size_t at = to; at <= round_up(to); at++) {
                struct kheap h = make_heap(SMALL_HEAP);
                unsigned char *block = kheap_alloc(&h, from);

                CHECK(kheap_resize(&h, block, to), ==, true);
                block[at] ^= 1u;
                case_note("from %zu to %zu, byte %zu", from, to, at);
                kheap_free(&h, block);
                if (at < round_up(to)) {
                    CHECK_FAULT(KHEAP_E_OVERFLOW);
                    CHECK_PTR(told.address, ==, block + at);
                } else
                    CHECK_DAMAGE_TOLD();
                give_back(h.heap_start - TAG, SMALL_HEAP + TAG);
            }
}

/* Without a gap the tag below is hit: the floor's for the first block, another block's for the second. */
CASE(in_front_of_a_block_without_a_gap)
{
    for (size_t below = 0; below < 2; below++)
        for (size_t before = 1; before <= TAG; before++)
            for (unsigned bit = 0; bit < 8; bit++) {
                struct kheap h = make_heap(SMALL_HEAP);
                unsigned char *block = kheap_alloc(&h, 20);

                if (below)
                    block = kheap_alloc(&h, 20);
                block[-(ptrdiff_t)before] ^= (unsigned char)(1u << bit);
                case_note("%zu in front, bit %u, %zu blocks below", before, bit, below);
                kheap_free(&h, block);
                if (below)
                    CHECK_DAMAGE_TOLD();
                else
                    CHECK_FAULT(KHEAP_E_DAMAGED);
                CHECK_PTR(told.address, >=, block - TAG);
                CHECK_PTR(told.address, <, block);
                CHECK_PTR(h.free_memory_pointer, ==, block + 32 + TAG);
                give_back(h.heap_start - TAG, SMALL_HEAP + TAG);
            }
}

/* A tag is right only where it was written: a copy of another block's, owner and size alike, is noticed. */
CASE(tag_copied_from_another_block)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *blocks[4];

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 32);
    for (size_t from = 0; from < 3; from++)
        for (size_t to = 0; to < COUNT(blocks); to++) {
            unsigned char kept[TAG];

            if (from == to)
                continue;
            case_note("from block %zu to block %zu", from, to);
            memcpy(kept, blocks[to] + 32, TAG);
            memcpy(blocks[to] + 32, blocks[from] + 32, TAG);
            CHECK(kheap_check(&h, NULL), !=, KHEAP_E_NONE);
            kheap_free(&h, blocks[3]);
            if (to >= 2)
                CHECK_DAMAGE_TOLD();
            else {
                CHECK_SILENT();
                blocks[3] = kheap_alloc(&h, 32);
            }
            memcpy(blocks[to] + 32, kept, TAG);
        }
}

/* Adds to the words of the last tag, checks that this is noticed, and takes it away again. */
static void check_sum(struct kheap *h, void *block, const uintptr_t add[4])
{
    unsigned char *tag = h->free_memory_pointer - TAG, kept[TAG];
    uintptr_t words[4];

    memcpy(kept, tag, TAG);
    memcpy(words, tag, TAG);
    for (size_t i = 0; i < 4; i++)
        words[i] += add[i];
    memcpy(tag, words, TAG);
    CHECK(kheap_check(h, NULL), !=, KHEAP_E_NONE);
    kheap_free(h, block);
    CHECK_DAMAGE_TOLD();
    memcpy(tag, kept, TAG);
}

/* Two words of a tag that exchange their values are noticed, and what one gains or loses with another, but for the pairs
 * that pairs.c counts and the header names: OWNER and SEAL alike; and a size that becomes less by a few bytes. */
CASE(tag_words_do_not_cancel)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_alloc_aligned(&h, 64, 2048);

    memset(block, 0, 64);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            for (uintptr_t change = 1; i != j && change <= 1024; change *= 2) {
                uintptr_t words[4], add[4] = { 0 };

                case_note("words %zu and %zu, by %zu", i, j, (size_t)change);
                add[i] = change;
                add[j] = 0 - change;
                check_sum(&h, block, add);
                add[j] = i >= 2 && j >= 2 ? 0 : change;
                check_sum(&h, block, add);
                memcpy(words, h.free_memory_pointer - TAG, TAG);
                add[i] = words[j] - words[i];
                add[j] = words[i] - words[j];
                check_sum(&h, block, add);
            }
    kheap_free(&h, block);
}

/* Tag and fill agree on a gap that the heap has no room for: refused before anything below the heap is read. */
CASE(gap_told_twice_but_impossible)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_alloc_aligned(&h, 9, 4096), *top = h.free_memory_pointer;
    unsigned char *told_at[] = { block - sizeof(uintptr_t), top - TAG, top - sizeof(uintptr_t) };

    for (size_t i = 0; i < COUNT(told_at); i++) {
        uintptr_t told_gap;

        memcpy(&told_gap, told_at[i], sizeof(told_gap));
        told_gap += (uintptr_t)1 << (WORD_BITS - 4);
        memcpy(told_at[i], &told_gap, sizeof(told_gap));
    }
    kheap_free(&h, block);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(h.free_memory_pointer, ==, top);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
}

static void add_to_tag(unsigned char *boundary, size_t word, uintptr_t change)
{
    uintptr_t words[4];

    memcpy(words, boundary - TAG, TAG);
    words[word] += change;
    memcpy(boundary - TAG, words, TAG);
}

/* Size and seal gain alike, by more than the heap has room for: nothing is read that is not there, and the block that would
 * begin there is refused. */
CASE(sealed_size_without_room)
{
    const uintptr_t most = (uintptr_t)1 << (WORD_BITS - 1);

    for (uintptr_t change = 1024; change != 0; change = change == most ? 0 : change * 2)
        for (size_t align = 16; align <= 512; align *= 32) {
            struct kheap h = make_heap_at(4096, 1040);
            unsigned char *block = kheap_alloc_aligned(&h, 32, align);

            add_to_tag(h.free_memory_pointer, 1, change);
            add_to_tag(h.free_memory_pointer, 3, change);
            case_note("aligned to %zu, by %#zx", align, (size_t)change);
            CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
            remember(&h);
            kheap_free(&h, (unsigned char *)((uintptr_t)block - change));
            CHECK(take_fault(), !=, KHEAP_E_NONE);
            kheap_free(&h, block);
            CHECK_DAMAGE_TOLD();
            CHECK_UNCHANGED(&h);
        }
}

/* One word of a tag becomes what leads to an older boundary. The nearest one that anything leads to is where the block
 * begins, so the report is of the right block. */
CASE(word_that_leads_to_an_older_boundary)
{
    static const struct {
        size_t word;
        bool minus;
        enum kheap_fault fault;
    } damages[] = { { 0, false, KHEAP_E_OVERFLOW },
                    { 1, false, KHEAP_E_DAMAGED },
                    { 2, true, KHEAP_E_DAMAGED },
                    { 3, false, KHEAP_E_DAMAGED } };

    for (size_t i = 0; i < COUNT(damages); i++)
        for (size_t align = 16; align <= 512; align *= 32) {
            struct kheap h = make_heap_at(8192, 1040);
            struct kheap_report report;

            CHECK_PTR(kheap_alloc(&h, 64), !=, NULL);
            unsigned char *older = h.free_memory_pointer;
            CHECK_PTR(kheap_alloc(&h, 96), !=, NULL);
            const uintptr_t step = (uintptr_t)(h.free_memory_pointer - older);
            const struct kheap_block made = block_at(&h, kheap_alloc_aligned(&h, 32, align));

            add_to_tag(h.free_memory_pointer, damages[i].word, damages[i].minus ? 0 - step : step);
            case_note("word %zu, aligned to %zu", damages[i].word, align);
            CHECK(kheap_check(&h, &report), ==, damages[i].fault);
            CHECK_PTR(report.block.payload, ==, made.payload);
            CHECK(report.block.size, ==, made.size);
            CHECK(report.block.gap, ==, made.gap);
        }
}

/* The tag tells no gap where there is one: the fill tells it still. */
CASE(gap_that_became_none)
{
    struct kheap h = make_heap_at(8192, 1040);
    const struct kheap_block made = block_at(&h, kheap_alloc_aligned(&h, 32, 512));
    struct kheap_report report;

    memset(h.free_memory_pointer - TAG, KHEAP_SLACK_BYTE, sizeof(uintptr_t));
    CHECK(kheap_check(&h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_PTR(report.block.payload, ==, made.payload);
    CHECK(report.block.gap, ==, made.gap);
    kheap_free(&h, made.payload);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
}

static bool count_visit(const struct kheap_block *block, void *context)
{
    size_t *count = context;

    CHECK_PTR(block->payload, !=, NULL);
    CHECK(++*count, <, 100);
    return true;
}

/* One of the ends is not what it was: no tag agrees any more, all by the same, and the report points to the words. Every
 * block is still legible. */
CASE(words_that_no_tag_agrees_with)
{
    for (size_t blocks = 0; blocks <= 4; blocks++)
        for (size_t change = 0; change < 3; change++) {
            struct kheap h = make_heap_at(8192, 1040);
            const enum kheap_fault floor_only = blocks == 0 && change < 2 ? KHEAP_E_NONE : KHEAP_E_DAMAGED;
            struct kheap_report report;
            size_t visited = 0;

            for (size_t i = 0; i < blocks; i++)
                CHECK_PTR(kheap_alloc_aligned(&h, 20 * i, i % 2 ? 512 : 16), !=, NULL);
            if (change < 2)
                h.heap_end += change == 0 ? 16 : -16;
            else
                h.heap_start -= 16;
            case_note("%zu blocks, change %zu", blocks, change);
            CHECK(kheap_check(&h, &report), ==, KHEAP_E_DAMAGED);
            if (floor_only == KHEAP_E_DAMAGED)
                CHECK_PTR(report.address, ==, &h);
            CHECK(report.changed, ==, 0);
            kheap_walk(&h, count_visit, &visited);
            CHECK(visited, ==, blocks);
        }
}
