/* SPDX-License-Identifier: MIT
 *
 * What guards a block: slack, seal, tag, filled gap, floor and words. Each is damaged in every way that is small. */
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

/* A single byte anywhere in the slack. */
CASE(each_byte_of_slack)
{
    for (size_t size = 0; size <= 64; size++)
        for (size_t at = size; at < round_up(size); at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                struct kheap h = make_heap(SMALL_HEAP);
                unsigned char *block = kheap_alloc(&h, size);

                block[at] ^= (unsigned char)(1u << bit);
                case_note("%zu bytes, byte %zu, bit %u", size, at, bit);
                kheap_free(&h, block);
                CHECK_FAULT(KHEAP_E_OVERFLOW);
                CHECK_PTR(told.address, ==, block + at);
                CHECK(told.changed, ==, 1);
                give_back(h.heap_start - TAG, SMALL_HEAP + TAG);
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

/* The bytes right in front of an aligned block, each with each bit. */
CASE(in_front_of_a_block_with_a_gap)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_alloc_aligned(&h, 9, 4096);
    struct kheap_block made = block_at(&h, block);

    for (size_t before = 1; before <= KHEAP_ALIGN; before++)
        for (unsigned bit = 0; bit < 8; bit++) {
            block[-(ptrdiff_t)before] ^= (unsigned char)(1u << bit);
            case_note("%zu in front, bit %u", before, bit);
            kheap_free(&h, block);
            CHECK_FAULT(KHEAP_E_DAMAGED);
            CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &h, .address = block - before, .caller = any_caller,
                       .block = made, .changed = 1);
            CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
            block[-(ptrdiff_t)before] ^= (unsigned char)(1u << bit);
        }
    kheap_free(&h, block);
    CHECK(used(&h), ==, 0);
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

/* What one word of a tag gains and another loses does not cancel out; nor do two that exchange their values. */
CASE(tag_words_do_not_cancel)
{
    struct kheap h = make_heap_at(8192, 1024);
    unsigned char *block = kheap_alloc_aligned(&h, 64, 2048);

    memset(block, KHEAP_SLACK_BYTE, 64);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            for (uintptr_t change = 1; i != j && change <= 1024; change *= 2) {
                uintptr_t words[4], add[4] = { 0 };

                case_note("words %zu and %zu, by %zu", i, j, (size_t)change);
                add[i] = change;
                add[j] = 0 - change;
                check_sum(&h, block, add);
                add[j] = change;
                check_sum(&h, block, add);
                memcpy(words, h.free_memory_pointer - TAG, TAG);
                add[i] = words[j] - words[i];
                add[j] = words[i] - words[j];
                check_sum(&h, block, add);
            }
    kheap_free(&h, block);
}

/* ---- Every single bit ------------------------------------------------------------------------------------------- */

enum { FLIP_BLOCKS = 20 };

static unsigned char *make_twenty(struct kheap *h)
{
    unsigned char *last = NULL;

    *h = make_heap_at(4096, 1024);
    for (size_t i = 0; i < FLIP_BLOCKS; i++) {
        last = kheap_alloc_aligned(h, (i * 11) % 37, i % 4 == 3 ? 128 : 16);
        CHECK_PTR(last, !=, NULL);
        paint(last, (i * 11) % 37, (unsigned)i);
    }
    return last;
}

static bool is_boundary(const struct kheap *h, const struct blocks *all, const unsigned char *at)
{
    bool found = at == h->heap_start;

    for (size_t i = 0; i < all->count; i++)
        found |= at == (unsigned char *)all->at[i].payload + round_up(all->at[i].size) + TAG;
    return found;
}

/* A flip in slack or gap names the block, the byte and its code. One in a tag names a block that begins at a boundary,
 * or none: which words of the tag are right nobody can know. */
static void check_flip(const struct kheap *h, const struct blocks *all, size_t flipped, const unsigned char *at)
{
    const struct kheap_block *block = &all->at[flipped];
    const unsigned char *end = (unsigned char *)block->payload + block->size;
    const unsigned char *tag = (unsigned char *)block->payload + round_up(block->size);
    struct kheap_report report;
    unsigned code = kheap_check(h, &report);

    CHECK(code, >=, KHEAP_E_OVERFLOW);
    CHECK(code, <=, KHEAP_E_DAMAGED);
    CHECK_PTR(report.heap, ==, h);
    CHECK_PTR(report.caller, ==, NULL);
    if (at < tag) {
        CHECK(code, ==, at < end ? KHEAP_E_DAMAGED : KHEAP_E_OVERFLOW);
        CHECK_PTR(report.address, ==, at);
        CHECK_PTR(report.block.payload, ==, block->payload);
        CHECK(report.changed, ==, 1);
    } else if (report.block.payload != NULL)
        CHECK(is_boundary(h, all, (unsigned char *)report.block.payload - report.block.gap), ==, true);
    else
        CHECK_PTR(report.address, ==, tag);
}

/* All bits between two addresses, one at a time. */
static size_t flip_each(struct kheap *h, const struct blocks *all, size_t i, unsigned char *from, unsigned char *to)
{
    const unsigned char *payload = all->at[i].payload;
    size_t flips = 0;

    for (unsigned char *at = from; at < to; at++)
        for (unsigned bit = 0; bit < 8; bit++, flips++) {
            case_note("block %zu of %zu bytes, byte %td, bit %u", i, all->at[i].size, at - payload, bit);
            *at ^= (unsigned char)(1u << bit);
            check_flip(h, all, i, at);
            *at ^= (unsigned char)(1u << bit);
        }
    return flips;
}

CASE(every_bit_of_twenty_blocks)
{
    struct kheap h;
    struct blocks all;
    size_t flips = 0, guards = 0;

    make_twenty(&h);
    all = blocks_of(&h);
    for (size_t i = 0; i < all.count; i++) {
        unsigned char *payload = all.at[i].payload, *end = payload + all.at[i].size;
        unsigned char *above = payload + round_up(all.at[i].size) + TAG;
        size_t filled = all.at[i].gap != 0 ? KHEAP_ALIGN : 0;

        flips += flip_each(&h, &all, i, end, above) + flip_each(&h, &all, i, payload - filled, payload);
        guards += (size_t)(above - end) + filled;
    }
    CHECK(all.count, ==, FLIP_BLOCKS);
    CHECK(flips, ==, 8 * guards);
    CHECK(flips, >, 8 * FLIP_BLOCKS * TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
}

/* The last tag: a free and a resize refuse, whichever bit it is; an allocation looks at the seal, which is the lowest
 * word, and does what is right whatever the other words hold. */
CASE(every_bit_of_the_last_tag)
{
    struct kheap h;
    unsigned char *last = make_twenty(&h), *tag = h.free_memory_pointer - TAG;
    const struct kheap before = h;

    for (size_t bit = 0; bit < 8 * TAG; bit++) {
        bool in_seal = bit < WORD_BITS;

        tag[bit / 8] ^= (unsigned char)(1u << bit % 8);
        case_note("bit %zu", bit);
        remember(&h);
        CHECK_PTR(kheap_alloc(&h, 1), ==, in_seal ? NULL : before.free_memory_pointer);
        CHECK(take_fault() != KHEAP_E_NONE, ==, in_seal);
        h = before;
        kheap_free(&h, last);
        CHECK_DAMAGE_TOLD();
        CHECK(kheap_resize(&h, last, 1), ==, false);
        CHECK_DAMAGE_TOLD();
        CHECK_UNCHANGED(&h);
        tag[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    kheap_free(&h, last);
    CHECK_SILENT();
}

/* ---- The three words -------------------------------------------------------------------------------------------- */

enum { FENCED_BYTES = 8192 };

/* Each call on a heap of which one word is wrong: refused, and neither the words nor the memory change. */
static void check_wrong_words(const struct kheap *good, struct kheap wrong, struct kheap_mark mark)
{
    static unsigned char then[FENCED_BYTES];
    const unsigned char *memory = good->heap_start - TAG;
    const struct kheap before = wrong;
    void *last = good->free_memory_pointer > good->heap_start ? blocks_of(good).at[0].payload : good->heap_start;

    memcpy(then, memory, sizeof(then));
    CHECK(kheap_check(&wrong, NULL), !=, KHEAP_E_NONE);
    CHECK_PTR(kheap_alloc(&wrong, 20), ==, NULL);
    CHECK_DAMAGE_TOLD();
    CHECK_PTR(kheap_try_alloc(&wrong, 20, 64), ==, NULL);
    CHECK_DAMAGE_TOLD();
    kheap_free(&wrong, last);
    CHECK_DAMAGE_TOLD();
    CHECK(kheap_resize(&wrong, last, 1), ==, false);
    CHECK_DAMAGE_TOLD();
    kheap_mark(&wrong);
    CHECK_DAMAGE_TOLD();
    kheap_release(&wrong, mark);
    CHECK(take_fault(), !=, KHEAP_E_NONE);
    CHECK_MEM(&wrong, &before, sizeof(before));
    CHECK_MEM(memory, then, sizeof(then));
}

/* The memory lies between forbidden pages, so a wrong word that is believed crashes here. */
static void flip_words(size_t blocks, size_t word, unsigned char rubbish)
{
    unsigned char *memory = fenced(FENCED_BYTES);
    struct kheap good = { 0 };
    struct kheap_mark mark;
    struct blocks all;
    size_t on_a_boundary = 0;

    memset(memory, rubbish, FENCED_BYTES);
    CHECK(kheap_init(&good, memory, FENCED_BYTES), ==, KHEAP_OK);
    mark = kheap_mark(&good);
    for (size_t i = 0; i < blocks; i++)
        CHECK_PTR(kheap_alloc_aligned(&good, i * 50 + 1, i % 2 ? 512 : 16), !=, NULL);
    all = blocks_of(&good);
    for (size_t bit = 0; bit < WORD_BITS; bit++) {
        struct kheap wrong = good;
        unsigned char **words[] = { &wrong.heap_start, &wrong.heap_end, &wrong.free_memory_pointer };
        unsigned char **flipped = words[word];

        *flipped = (unsigned char *)((uintptr_t)*flipped ^ (uintptr_t)1 << bit);
        case_note("%zu blocks, memory of %#x, word %zu, bit %zu", blocks, rubbish, word, bit);
        if (word == 2 && is_boundary(&good, &all, *flipped))
            on_a_boundary++;
        else
            check_wrong_words(&good, wrong, mark);
    }
    CHECK(on_a_boundary, <, 4);
}

/* Of empty and of filled heaps, in memory that was clear before, and in memory that was not. */
static void flip_word(size_t word)
{
    for (size_t blocks = 0; blocks < 6; blocks++) {
        flip_words(blocks, word, 0);
        flip_words(blocks, word, 0x30);
        flip_words(blocks, word, KHEAP_FREED_BYTE);
    }
}

CASE(every_bit_of_heap_start)
{
    flip_word(0);
}

CASE(every_bit_of_heap_end)
{
    flip_word(1);
}

CASE(every_bit_of_the_free_pointer)
{
    flip_word(2);
}
