/* SPDX-License-Identifier: MIT
 *
 * What the heap cannot notice, as the Misses lines of the header say: each shown once, so that nobody takes it for
 * noticed, and beside it the next thing that is. A case that turns red here tells that a line can go. */
#include "support.h"

enum { SMALL_HEAP = 1024 };

/* The second heap lies in a block of the first: neither can know of the other. */
CASE(miss_init_in_memory_that_is_somebody_elses)
{
    struct kheap first = make_heap(SMALL_HEAP), second = { 0 };
    unsigned char *block = kheap_alloc(&first, 400), *inner;

    paint(block, 400, 1);
    CHECK(kheap_init(&second, block, 300), ==, KHEAP_OK);
    inner = kheap_alloc(&second, 100);
    CHECK_PTR(inner, >, block);
    CHECK_PTR(inner + 100, <, block + 300);
    CHECK(kheap_check(&first, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_check(&second, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_init(&second, block, 400 + TAG), ==, KHEAP_OK);
    memset(kheap_alloc(&second, 400 - TAG), 0, 400 - TAG); /* to the end: its tag comes over the first heap's */
    CHECK(kheap_check(&second, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_check(&first, NULL), !=, KHEAP_E_NONE);
}

/* Only the floor's bytes are touched, so a heap that is told to reach too far looks like any other. */
CASE(miss_init_in_memory_that_is_not_there)
{
    unsigned char *page = fenced(4096);
    struct kheap h = { 0 };

    CHECK(kheap_init(&h, page, 3 * 4096), ==, KHEAP_OK);
    CHECK(kheap_stats(&h).free, ==, 3 * 4096 - TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    kheap_free(&h, kheap_alloc(&h, 4096 - 2 * TAG));
}

/* An allocation, and a mark, looks no further down than the last tag. */
CASE(miss_alloc_above_older_damage)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *old = kheap_alloc(&h, 20), *middle = kheap_alloc(&h, 20), *last;

    old[20] ^= 1;
    last = kheap_alloc(&h, 20);
    CHECK_PTR(last, ==, middle + 32 + TAG);
    CHECK_PTR(kheap_mark(&h).position, ==, h.free_memory_pointer);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
    kheap_free(&h, last);
    kheap_free(&h, middle);
    CHECK_SILENT();
    kheap_free(&h, old);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
}

/* The last tag is looked at by an allocation, by its own free, by the free of the block above it and by kheap_check, and all
 * of it: every other value of each of its bytes. The tag below that an allocation does not look at. */
static void damage_a_tag(size_t align)
{
    struct kheap h = make_heap_at(4096, 1040), filled;
    unsigned char *block = kheap_alloc_aligned(&h, 20, align), *tag = h.free_memory_pointer - TAG, *above;

    filled = h;
    for (size_t i = 0; i < TAG; i++)
        for (unsigned change = 1; change < 256; change++) {
            case_note("aligned to %zu, byte %zu, changed by %#x", align, i, change);
            above = kheap_alloc(&h, 20);
            tag[i] ^= (unsigned char)change;
            CHECK(kheap_check(&h, NULL), !=, KHEAP_E_NONE);
            kheap_free(&h, above);
            CHECK_DAMAGE_TOLD();
            h = filled;
            CHECK_PTR(kheap_alloc(&h, 20), ==, NULL);
            CHECK_DAMAGE_TOLD();
            h = filled;
            kheap_free(&h, block);
            CHECK_DAMAGE_TOLD();
            tag[i] ^= (unsigned char)change;
        }
    kheap_free(&h, block);
}

CASE(damage_of_the_last_tag_is_told_by_each_call)
{
    damage_a_tag(16);
    damage_a_tag(512);
}

/* The exact address of another boundary is another valid heap: every block above it is forgotten. */
CASE(miss_free_pointer_on_another_boundary)
{
    struct kheap h = make_heap(SMALL_HEAP), lower;
    unsigned char *first = kheap_alloc(&h, 20), *second;

    lower = h;
    second = kheap_alloc(&h, 20);
    h.free_memory_pointer = lower.free_memory_pointer;
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    CHECK_PTR(kheap_alloc(&h, 20), ==, second);
    kheap_free(&h, second);
    kheap_free(&h, first);
    CHECK(used(&h), ==, 0);
}

/* A stale tag in somebody's payload is as good as a live one: only a walk from above would know. */
CASE(miss_free_pointer_on_a_boundary_that_lives_no_more)
{
    struct kheap h = make_heap(SMALL_HEAP), stale;
    unsigned char *first = kheap_alloc(&h, 20), *large;

    stale = h;
    kheap_free(&h, first);
    large = kheap_alloc(&h, 200);
    CHECK_PTR(large, ==, first);
    h.free_memory_pointer = stale.free_memory_pointer;
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    CHECK_PTR(kheap_alloc(&h, 10), ==, large + 32 + TAG);
    kheap_free(&h, large + 32 + TAG);
    kheap_free(&h, first);
    CHECK(used(&h), ==, 0);
}

/* Both ends moved alike, or one end and the seal of the last tag: that tag agrees, and more an allocation does not look at.
 * What it hands out lies past the end; the frees and kheap_check find that the tag below does not agree, or the floor. */
CASE(miss_both_ends_moved_alike_until_a_free)
{
    for (int both = 0; both < 2; both++) {
        struct kheap h = make_heap(SMALL_HEAP), moved;
        unsigned char *block = kheap_alloc(&h, SMALL_HEAP - TAG - TAG - 32);
        uintptr_t seal;

        moved = h;
        moved.heap_end += 16;
        moved.heap_start += both ? 16 : 0;
        memcpy(&seal, h.free_memory_pointer - sizeof(seal), sizeof(seal));
        seal += both ? 0 : 16;
        memcpy(h.free_memory_pointer - sizeof(seal), &seal, sizeof(seal));
        CHECK(kheap_check(&moved, NULL), ==, KHEAP_E_DAMAGED);
        CHECK_PTR(kheap_mark(&moved).position, ==, h.free_memory_pointer);
        moved.heap_end -= 16;
        moved.heap_start -= both ? 16 : 0;
        kheap_free(&h, block);
        CHECK(take_fault(), ==, both ? KHEAP_E_NONE : KHEAP_E_DAMAGED);
    }
}

/* The old pointer is equal to the new one. While the address is free, E05 tells; once it is handed out again nothing does,
 * and the new owner's block is gone. */
CASE(miss_pointer_whose_address_was_handed_out_again)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *old = kheap_alloc(&h, 20), *new;

    kheap_free(&h, old);
    kheap_free(&h, old);
    CHECK_FAULT(KHEAP_E_DOUBLE_FREE);
    new = kheap_alloc(&h, 300);
    CHECK_PTR(new, ==, old);
    kheap_free(&h, old);
    CHECK_SILENT();
    CHECK(used(&h), ==, 0);
}

/* A write past the end of the byte that lies there already. */
CASE(miss_write_of_the_same_byte)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *first = kheap_alloc(&h, 20), *block = kheap_alloc_aligned(&h, 20, 256);
    unsigned char tag[TAG];

    memcpy(tag, block + 32, TAG);
    memset(block + 20, KHEAP_SLACK_BYTE, 12);
    memcpy(block + 32, tag, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    block[20] = KHEAP_SLACK_BYTE ^ 1;
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
    block[20] = KHEAP_SLACK_BYTE;
    kheap_free(&h, block);
    kheap_free(&h, first);
    CHECK_SILENT();
}

/* Whatever lies between the first and the last byte that was asked for is the owner's: a field too far, a stale tag. */
CASE(miss_write_within_the_block)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *block = kheap_alloc(&h, 20), tag[TAG];

    memcpy(tag, block + 32, TAG);
    for (size_t i = 0; i < 20; i++) {
        memset(block, 0, 20);
        memcpy(block + i, tag, 20 - i < TAG ? 20 - i : TAG);
        CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    }
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* In front of an aligned payload KHEAP_ALIGN bytes are filled; the rest of the gap is as it happens to be. */
CASE(miss_write_deep_in_the_gap)
{
    struct kheap h = make_heap_at(4096, 1040);
    unsigned char *block = kheap_alloc_aligned(&h, 20, 512), *gap;
    size_t bytes = block_at(&h, block).gap;

    gap = block - bytes;
    CHECK(bytes, ==, 496);
    for (size_t i = 0; i < bytes; i++) {
        gap[i] ^= 0xFF;
        case_note("%zu bytes in front of the payload", bytes - i);
        CHECK(kheap_check(&h, NULL), ==, i < bytes - KHEAP_ALIGN ? KHEAP_E_NONE : KHEAP_E_DAMAGED);
        if (i >= bytes - KHEAP_ALIGN)
            gap[i] ^= 0xFF;
    }
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* Two words of a tag that gain alike: the sum is right, and the owner is not. */
CASE(miss_owner_and_seal_that_gain_alike)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *block = kheap_alloc(&h, 32);
    const void *owner = block_at(&h, block).owner;
    uintptr_t words[4];

    memcpy(words, block + 32, TAG);
    words[2] += 16;
    memcpy(block + 32, words, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
    words[3] += 16;
    memcpy(block + 32, words, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    CHECK_PTR(block_at(&h, block).owner, ==, (const char *)owner + 16);
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* Size and seal that gain alike: the size is believed as long as it may be true, and the slack is not where it was. */
CASE(miss_size_and_seal_that_lose_alike)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *block = kheap_alloc(&h, 32);
    uintptr_t words[4];

    memcpy(words, block + 32, TAG);
    words[1]--;
    words[3]--;
    memset(block, 0, 32);
    memcpy(block + 32, words, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
    block[31] = KHEAP_SLACK_BYTE;
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    CHECK(block_at(&h, block).size, ==, 31);
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* How many bytes of FENCE a free looks at, and a release: its words begin where the payload ends, or end where FENCE begins. */
static size_t bytes_looked_at(size_t slack)
{
    if (BUILT_FOR_SIZE)
        return sizeof(void *);
    return slack < 8 ? sizeof(void *) - slack % sizeof(void *) : 1;
}

/* A byte of FENCE, and the seal as much. */
static void change_fence(unsigned char *boundary, size_t at, unsigned char change)
{
    uintptr_t fence = word_of(boundary, FENCE);

    boundary[(ptrdiff_t)at - TAG] ^= change;
    set_word(boundary, SEAL, word_of(boundary, SEAL) + word_of(boundary, FENCE) - fence);
}

/* FENCE and SEAL that gain alike: how much of FENCE is looked at goes by the slack, its first byte always. */
static void give_back_with_fence_changed(struct kheap h, void *block, struct kheap_mark mark, size_t at)
{
    unsigned char *top = h.free_memory_pointer;
    size_t size = block_at(&h, block).size;
    bool noticed = at < bytes_looked_at(round_up(size) - size);

    for (unsigned bit = 0; bit < 16; bit++) {
        case_note("%zu bytes, byte %zu of FENCE, bit %u, %s", size, at, bit / 2, bit % 2 ? "release" : "free");
        h.free_memory_pointer = top;
        change_fence(top, at, (unsigned char)(1u << bit / 2));
        CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
        if (bit % 2)
            kheap_release(&h, mark);
        else
            kheap_free(&h, block);
        CHECK(take_fault(), ==, noticed ? KHEAP_E_OVERFLOW : KHEAP_E_NONE);
        CHECK_PTR(h.free_memory_pointer, ==, noticed ? top : mark.position);
        change_fence(top, at, (unsigned char)(1u << bit / 2));
    }
}

CASE(miss_fence_and_seal_that_gain_alike)
{
    struct kheap h = make_heap(SMALL_HEAP);
    struct kheap_mark mark = kheap_mark(&h);

    for (size_t size = 0; size <= 2 * KHEAP_ALIGN; size++) {
        void *block = kheap_alloc(&h, size);

        memset(block, 0, size);
        for (size_t at = 0; at < sizeof(void *); at++)
            give_back_with_fence_changed(h, block, mark, at);
        kheap_free(&h, block);
        CHECK(used(&h), ==, 0);
    }
}

/* Of a block of 0 bytes all three: then its slack would begin in the tag below, whose last byte is poison by chance. */
CASE(miss_fence_above_a_size_below_zero)
{
    struct kheap h = make_heap(SMALL_HEAP);
    struct kheap_mark mark = kheap_mark(&h);
    unsigned char *below = (unsigned char *)kheap_alloc(&h, 0) + TAG;
    uintptr_t seal = word_of(below, SEAL);

    below[-1] = KHEAP_SLACK_BYTE;
    set_word(below, OWNER, word_of(below, OWNER) + word_of(below, SEAL) - seal);
    CHECK_PTR(kheap_alloc(&h, 0), ==, below);
    gain(h.free_memory_pointer, SIZE, UINTPTR_MAX);
    change_fence(h.free_memory_pointer, sizeof(void *) - 1, 1);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_DAMAGED);
    kheap_release(&h, mark);
    CHECK(take_fault(), ==, BUILT_FOR_SIZE ? KHEAP_E_DAMAGED : KHEAP_E_NONE);
    CHECK(used(&h), ==, BUILT_FOR_SIZE ? 2 * TAG : 0);
}

/* Damage that adds up: the whole tag of another block that ended here once, with the slack that it had. */
CASE(miss_tag_of_the_block_that_was_here_before)
{
    struct kheap h = make_heap(SMALL_HEAP);
    unsigned char *block = kheap_alloc(&h, 17), tag[TAG];

    memcpy(tag, block + 32, TAG);
    kheap_free(&h, block);
    CHECK_PTR(kheap_alloc(&h, 30), ==, block);
    memset(block, 0, 30);
    memcpy(block + 32, tag, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW); /* the bytes behind the 17th are no slack */
    memset(block + 17, KHEAP_SLACK_BYTE, 13);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    CHECK(block_at(&h, block).size, ==, 17);
    kheap_free(&h, block);
    CHECK_SILENT();
}

/* One call site, so that both blocks have one owner. */
__attribute__((noinline)) static unsigned char *build(struct kheap *h, size_t size, size_t align)
{
    unsigned char *block = kheap_alloc_aligned(h, size, align);

    CHECK_PTR(block, !=, NULL);
    return block;
}

/* The same size at the same place for the same owner: there is no way to tell, and no harm. */
CASE(miss_mark_of_a_boundary_built_again_alike)
{
    struct kheap h = make_heap(SMALL_HEAP), then;
    unsigned char *block = build(&h, 100, 64);
    struct kheap_mark mark = kheap_mark(&h);

    kheap_free(&h, block);
    build(&h, 100, 64);
    then = h;
    CHECK_PTR(kheap_alloc(&h, 10), !=, NULL);
    kheap_release(&h, mark);
    CHECK_MEM(&h, &then, sizeof(h));
    kheap_free(&h, block);
    build(&h, 99, 64);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
}

/* At the same place and of the same size, but another's, or behind another gap: that is noticed. */
__attribute__((noinline)) static unsigned char *build_elsewhere(struct kheap *h, size_t size, size_t align)
{
    unsigned char *block = kheap_alloc_aligned(h, size, align);

    CHECK_PTR(block, !=, NULL);
    CHECK(size, !=, 0);
    return block;
}

CASE(mark_knows_owner_and_gap)
{
    struct kheap h = make_heap_at(4096, 1040), empty = h;
    struct kheap_mark mark;

    build(&h, 100, 512);
    mark = kheap_mark(&h);
    h = empty;
    build_elsewhere(&h, 100, 512);
    CHECK_PTR(h.free_memory_pointer, ==, mark.position);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    h = empty;
    build(&h, 100, 16);
    build(&h, 100, 512);
    CHECK_PTR(h.free_memory_pointer, ==, mark.position);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    mark = kheap_mark(&h);
    /* Another owner, and a seal that fits. */
    uintptr_t owner_and_seal[2];
    memcpy(owner_and_seal, h.free_memory_pointer - sizeof(owner_and_seal), sizeof(owner_and_seal));
    owner_and_seal[0] += 16;
    owner_and_seal[1] += 16;
    memcpy(h.free_memory_pointer - sizeof(owner_and_seal), owner_and_seal, sizeof(owner_and_seal));
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
}

static bool count_visit(const struct kheap_block *block, void *context)
{
    size_t *count = context;

    CHECK(block->size, ==, 10);
    ++*count;
    return true;
}

/* Figures and blocks are told from sizes alone. */
CASE(miss_stats_and_walk_over_written_slack)
{
    struct kheap h = make_heap(SMALL_HEAP);
    struct kheap_stats before, after;
    unsigned char *blocks[3];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 10);
    before = kheap_stats(&h);
    memset(blocks[1] + 10, 0, 6);
    after = kheap_stats(&h);
    CHECK_MEM(&after, &before, sizeof(after));
    CHECK(kheap_walk(&h, count_visit, &count), ==, KHEAP_E_NONE);
    CHECK(count, ==, COUNT(blocks));
    CHECK_SILENT();
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_OVERFLOW);
}
