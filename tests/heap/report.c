/* SPDX-License-Identifier: MIT
 *
 * Which block, which byte and how many: what is told of damage that leaves only a part of a tag, of the fill or of the floor to
 * go by, and of a wrong pointer into such a heap. */
#include "support.h"

enum { HEAP = 4096, WORD = sizeof(void *) };

/* A block of so many zeros, with an older one below it, and a gap in front of it or not. */
struct scene {
    struct kheap h;
    unsigned char *block, *tag;
    struct kheap_block made;
};

static struct scene make_scene(size_t size, size_t align)
{
    struct scene s = { .h = make_heap_at(HEAP, 1040) };

    CHECK_PTR(kheap_alloc(&s.h, 5), !=, NULL);
    s.block = kheap_alloc_aligned(&s.h, size, align);
    memset(s.block, 0, size);
    s.tag = s.h.free_memory_pointer - TAG;
    s.made = block_at(&s.h, s.block);
    return s;
}

static void add_to(unsigned char *tag, enum word n, uintptr_t change)
{
    set_word(tag + TAG, n, word_of(tag + TAG, n) + change);
}

/* The lowest byte at which two words differ; WORD when they do not. */
static size_t first_difference(uintptr_t a, uintptr_t b)
{
    unsigned char left[WORD], right[WORD];
    size_t n = 0;

    memcpy(left, &a, WORD);
    memcpy(right, &b, WORD);
    while (n < WORD && left[n] == right[n])
        n++;
    return n;
}

static struct kheap_report checked(const struct kheap *h)
{
    struct kheap_report report;

    CHECK(kheap_check(h, &report), ==, report.fault);
    return report;
}

/* ---- One tag ---------------------------------------------------------------------------------------------------- */

/* Each byte of the lower half: a write past the end goes through FENCE first, so SIZE alone is none. */
CASE(lower_half_of_a_tag_byte_by_byte)
{
    for (size_t align = 16; align <= 512; align *= 32) {
        struct scene s = make_scene(20, align);

        for (size_t i = 0; i < 2 * WORD; i++) {
            const bool overflow = i < WORD;

            s.tag[i] ^= 0x20;
            case_note("aligned to %zu, byte %zu", align, i);
            remember(&s.h);
            kheap_free(&s.h, s.block);
            CHECK_TOLD(.fault = overflow ? KHEAP_E_OVERFLOW : KHEAP_E_DAMAGED, .heap = &s.h, .address = s.tag + i,
                       .caller = any_caller, .block = s.made, .changed = overflow);
            CHECK(take_fault(), !=, KHEAP_E_NONE);
            CHECK_UNCHANGED(&s.h);
            s.tag[i] ^= 0x20;
        }
        kheap_free(&s.h, s.block);
    }
}

/* All of SIZE is something else, be it what a floor has there: FENCE stands, and the seal tells the size. */
CASE(size_is_told_by_the_seal)
{
    struct scene s = make_scene(20, 16);
    const uintptr_t size = word_of(s.tag + TAG, SIZE), other[] = { ~size, 0, word_of(s.h.heap_start, SIZE) };

    for (size_t i = 0; i < COUNT(other); i++) {
        case_note("%zu", i);
        set_word(s.tag + TAG, SIZE, other[i]);
        kheap_free(&s.h, s.block);
        CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.tag + WORD + first_difference(size, other[i]),
                   .caller = any_caller, .block = s.made);
        CHECK_FAULT(KHEAP_E_DAMAGED);
    }
}

/* No owner is no reason to doubt the size. */
CASE(size_of_a_block_whose_owner_was_wiped)
{
    struct scene s = make_scene(20, 16);

    set_word(s.tag + TAG, OWNER, 0);
    s.made.owner = NULL;
    kheap_free(&s.h, s.block);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.tag + OWNER * WORD, .caller = any_caller,
               .block = s.made);
    CHECK_FAULT(KHEAP_E_DAMAGED);
}

/* Nothing of such a tag leads down to another one, so nothing of it is believed; and it is the tag that is damaged, not the
 * words. */
static void check_no_block(const struct scene *s)
{
    const struct kheap_report report = checked(&s->h);

    CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s->h, .address = s->tag);
}

CASE(tag_that_leads_nowhere)
{
    static const struct {
        uintptr_t size, seal;
    } change[] = {
        { (uintptr_t)-32, 0x555555 }, /* a size that could be, but does not lead down, and no seal on it */
        { 1 << 20, 1 << 20 },         /* sizes that cannot be, sealed */
        { (uintptr_t)-64, (uintptr_t)-64 },
    };

    for (size_t i = 0; i < COUNT(change); i++) {
        struct scene s = make_scene(60, 16);

        case_note("%zu", i);
        add_to(s.tag, SIZE, change[i].size);
        add_to(s.tag, SEAL, change[i].seal);
        check_no_block(&s);
    }
}

CASE(tag_of_an_impossible_size_and_of_no_owner)
{
    struct scene s = make_scene(60, 16);

    add_to(s.tag, SIZE, 1 << 20);
    set_word(s.tag + TAG, OWNER, 0);
    check_no_block(&s);
}

/* Somebody begins another heap of the same size right there: its floor keeps the equation of the first heap, too. */
CASE(floor_of_another_heap_over_a_tag)
{
    struct scene s = make_scene(60, 16);
    struct kheap other;

    CHECK(kheap_init(&other, s.tag, HEAP + TAG), ==, KHEAP_OK);
    CHECK_PTR(other.heap_start, ==, s.h.free_memory_pointer);
    check_no_block(&s);
}

/* ---- Gaps ------------------------------------------------------------------------------------------------------- */

/* FENCE and SEAL, changed alike, tell another gap: the fill in front of the payload tells the right one. */
CASE(gap_is_told_by_the_fill)
{
    static const uintptr_t change[] = { 16, (uintptr_t)-16 };

    for (size_t i = 0; i < COUNT(change); i++) {
        struct scene s = make_scene(20, 512);
        const uintptr_t fence = word_of(s.tag + TAG, FENCE);
        struct kheap_report report;

        case_note("%zu", i);
        add_to(s.tag, FENCE, change[i]);
        add_to(s.tag, SEAL, change[i]);
        report = checked(&s.h);
        CHECK_PTR(report.address, ==, s.tag + first_difference(fence, word_of(s.tag + TAG, FENCE)));
        CHECK_REPORT(&report, .fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = report.address, .block = s.made,
                     .changed = report.changed);
    }
}

/* The fill is lost and OWNER is another: FENCE tells the gap. */
CASE(gap_is_told_by_the_fence)
{
    struct scene s = make_scene(20, 512);
    struct kheap_report report;

    memset(s.block - WORD, 0, WORD);
    add_to(s.tag, OWNER, 0x1000);
    report = checked(&s.h);
    s.made.owner = (const char *)s.made.owner + 0x1000;
    CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.block - WORD, .block = s.made,
                 .changed = WORD);
}

/* An owner that is off by a few looks like a size that is. The bytes in between are no slack: these speak against it, and a byte
 * of the fill speaks against both alike. */
CASE(owner_off_by_a_few_beside_a_damaged_fill)
{
    for (uintptr_t change = 1; change < 9; change++) {
        struct scene s = make_scene(57, 512);
        struct kheap_report report;

        case_note("%zu", (size_t)change);
        *(s.block - KHEAP_ALIGN) ^= 1;
        add_to(s.tag, OWNER, change);
        report = checked(&s.h);
        s.made.owner = (const char *)s.made.owner + change;
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.block - KHEAP_ALIGN, .block = s.made,
                     .changed = 1);
    }
}

/* ---- The upper half of a tag: was it the block above? ----------------------------------------------------------- */

enum above { NOTHING, ADJOINING, BEHIND_A_GAP, ABOVES };

/* OWNER and SEAL disagree. A block that adjoins is suspected; that the write came from there shows where the last byte of SEAL is
 * not the one that belongs to the rest. `seal` is the one that was there, moved as far as OWNER was moved. */
static void check_upper_half(const struct scene *s, const struct kheap_block *above, uintptr_t seal)
{
    const struct kheap_report report = checked(&s->h);
    const unsigned char *half = s->tag + 2 * WORD, *found = half + WORD;
    unsigned char right[WORD];
    size_t changed = 0;

    memcpy(right, &seal, WORD);
    for (size_t i = 0; i < WORD; i++)
        changed += right[i] != found[i];
    if (above->payload != half + 2 * WORD)
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s->h, .address = half,
                     .block = { s->made.payload, s->made.size, 0, (const void *)word_of(s->tag + TAG, OWNER) });
    else if (right[WORD - 1] == found[WORD - 1])
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s->h, .address = half, .block = *above);
    else
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &s->h, .block = *above, .changed = changed,
                     .address = found + first_difference(seal, word_of(s->tag + TAG, SEAL)));
}

/* Each other value of one byte, alone and together with the byte that the block above would write first. */
static void damage_upper_half(struct scene *s, const struct kheap_block *above, size_t at)
{
    unsigned char kept[TAG];

    memcpy(kept, s->tag, TAG);
    for (unsigned change = 1; change < 256; change++)
        for (int with_last = 0; with_last < 2; with_last++) {
            if (with_last && at == TAG - 1)
                continue;
            s->tag[at] ^= (unsigned char)change;
            s->tag[TAG - 1] ^= with_last ? 0x80 : 0;
            uintptr_t seal = word_of(kept + TAG, SEAL) + word_of(s->tag + TAG, OWNER) - word_of(kept + TAG, OWNER);
            case_note("byte %zu of the tag, changed by %#x, %d", at, change, with_last);
            if (word_of(s->tag + TAG, SEAL) != seal) /* else another owner, sealed */
                check_upper_half(s, above, seal);
            memcpy(s->tag, kept, TAG);
        }
}

CASE(upper_half_of_a_tag_byte_by_byte)
{
    for (int kind = NOTHING; kind < ABOVES; kind++) {
        struct scene s = make_scene(32, 16);
        struct kheap_block above = { 0 };

        if (kind != NOTHING)
            above = block_at(&s.h, kheap_alloc_aligned(&s.h, 7, kind == BEHIND_A_GAP ? 512 : 16));
        CHECK((above.gap != 0), ==, kind == BEHIND_A_GAP);
        for (size_t at = 2 * WORD; at < TAG; at++)
            damage_upper_half(&s, &above, at);
        CHECK(kheap_check(&s.h, NULL), ==, KHEAP_E_NONE);
    }
}

/* ---- The floor -------------------------------------------------------------------------------------------------- */

/* Who writes in front of a block with a gap does not meet the floor, so that block is not the culprit. */
CASE(floor_below_a_gap)
{
    struct kheap h = make_heap_at(HEAP, 1040);
    unsigned char *floor = h.heap_start - TAG;

    CHECK(block_at(&h, kheap_alloc_aligned(&h, 20, 512)).gap, !=, 0);
    for (size_t i = 0; i < TAG; i++) {
        floor[i] ^= 0x10;
        case_note("byte %zu of the floor", i);
        const struct kheap_report report = checked(&h);
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &h, .address = floor + i);
        floor[i] ^= 0x10;
    }
}

/* Two words of the floor that gain alike: each is compared with what it should be. The seal holds, so nobody is suspected. */
CASE(floor_that_keeps_the_equation)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *floor = h.heap_start - TAG;

    for (int blocks = 0; blocks < 2; blocks++) {
        add_to(floor, OWNER, 1);
        add_to(floor, SEAL, 1);
        case_note("%d blocks", blocks);
        const struct kheap_report report = checked(&h);
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &h,
                     .address = floor + OWNER * WORD + first_difference(0, 1));
        add_to(floor, OWNER, (uintptr_t)-1);
        add_to(floor, SEAL, (uintptr_t)-1);
        CHECK_PTR(kheap_alloc(&h, 20), !=, NULL);
    }
}

/* In an empty heap it is the last tag: an allocation tells its very byte. */
CASE(floor_of_an_empty_heap)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *floor = h.heap_start - TAG;

    for (size_t i = 0; i < TAG; i++) {
        floor[i] ^= 0x10;
        case_note("byte %zu of the floor", i);
        CHECK_PTR(kheap_alloc(&h, 1), ==, NULL);
        CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &h, .address = floor + i, .caller = any_caller);
        CHECK_FAULT(KHEAP_E_DAMAGED);
        floor[i] ^= 0x10;
    }
}

/* ---- The words -------------------------------------------------------------------------------------------------- */

/* No heap starts there, so it is this word, whatever the tags look like from there. */
CASE(heap_start_between_two_aligned_addresses)
{
    for (size_t i = 1; i < 2 * KHEAP_ALIGN; i++) {
        struct kheap h = make_heap(HEAP);

        if (i == KHEAP_ALIGN)
            continue;
        case_note("%zu bytes above", i);
        CHECK_PTR(kheap_alloc(&h, 32), !=, NULL);
        h.heap_start += i;
        const struct kheap_report report = checked(&h);
        CHECK_REPORT(&report, .fault = KHEAP_E_DAMAGED, .heap = &h, .address = &h);
        CHECK(kheap_stats(&h).used, ==, 0);
    }
}

/* ---- A tag that is overwritten, and the pointer that was given -------------------------------------------------- */

/* FENCE is gone, SIZE but for its last byte, and OWNER is off by so much: then the size that is left makes no block that begins at
 * the pointer, and the report falls back on the most that fitted. */
static void check_fallback(size_t size, uintptr_t owner_off)
{
    struct scene s = make_scene(size, 16);

    memset(s.tag, 0x41, WORD);
    s.tag[WORD] ^= 0xFF;
    add_to(s.tag, OWNER, owner_off);
    case_note("%zu bytes, owner off by %td", size, (ptrdiff_t)owner_off);
    kheap_free(&s.h, s.block);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.tag, .caller = any_caller, .changed = WORD,
               .block = { s.block, round_up(size), 0, NULL });
    CHECK_FAULT(KHEAP_E_OVERFLOW);
}

CASE(overwritten_owner_that_makes_the_size_impossible)
{
    for (uintptr_t off = 1; off < KHEAP_ALIGN; off++)
        check_fallback(0, off); /* less than no bytes */
    for (uintptr_t off = 16; off <= 96; off += 16)
        check_fallback(100, off);
    check_fallback(100, (uintptr_t)-16); /* more than there is room for */
}

/* Blocks that were freed leave their tags in a large one above; its own tag is overwritten from its end on. */
struct stale {
    struct kheap h;
    unsigned char *first, *second, *large, *first_end;
};

static struct stale make_stale(void)
{
    struct stale s = { .h = make_heap(HEAP) };

    s.first = kheap_alloc(&s.h, 16);
    s.first_end = s.h.free_memory_pointer;
    s.second = kheap_alloc(&s.h, 48);
    kheap_free(&s.h, s.second);
    kheap_free(&s.h, s.first);
    s.large = kheap_alloc(&s.h, 200);
    CHECK_PTR(s.large, ==, s.first);
    memset(s.second + 48, 0, TAG);
    return s;
}

/* A tag in the payload that says that a block of before ends there; with its seal broken it says nothing. */
CASE(wiped_tag_above_a_stale_one_that_begins_there)
{
    struct stale s = make_stale();

    memset(s.large + 200, 0x41, 8 + TAG);
    kheap_free(&s.h, s.large);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.block.payload, ==, NULL);
    add_to(s.first_end - TAG, OWNER, 1);
    kheap_free(&s.h, s.large);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, s.large);
}

/* A stale tag of a block that began below the one that is given back. */
CASE(wiped_tag_above_a_stale_one_that_begins_below)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *block = kheap_alloc(&h, 100);

    kheap_free(&h, block);
    CHECK_PTR(kheap_alloc(&h, 16), ==, block);
    block = kheap_alloc(&h, 300);
    memset(block + 300, 0x41, 4 + TAG);
    kheap_free(&h, block);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, block);
}

/* Without an owner it is not: here SIZE leads to such a stale tag, above the block that is given back. */
CASE(size_that_leads_to_a_stale_tag_and_no_owner)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *block = kheap_alloc(&h, 100), *stale = h.free_memory_pointer;

    kheap_free(&h, block);
    CHECK_PTR(kheap_alloc(&h, 16), !=, NULL);
    block = kheap_alloc(&h, 300);
    add_to(h.free_memory_pointer - TAG, SIZE, (uintptr_t)(block - stale));
    set_word(h.free_memory_pointer, OWNER, 0);
    kheap_free(&h, block);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.block.payload, ==, block);
}

/* What the last tag tells of its own block is believed more than a pointer, even one at which a block once began. */
CASE(stale_pointer_into_a_block_that_knows_itself)
{
    struct stale s = make_stale();
    const struct kheap_block large = block_at(&s.h, s.large);

    s.large[208] ^= 1;
    kheap_free(&s.h, s.second);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.large + 208, .caller = any_caller, .block = large,
               .changed = 1);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    s.large[208] ^= 1;
    s.h.free_memory_pointer[-1] ^= 1;
    kheap_free(&s.h, s.second);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.h.free_memory_pointer - 2 * WORD,
               .caller = any_caller, .block = large);
    CHECK_FAULT(KHEAP_E_DAMAGED);
}

/* A pointer that was freed before: what lies below it is sealed still, but it lies above all that lives. */
CASE(wiped_tag_and_a_freed_pointer)
{
    struct kheap h = make_heap(HEAP);
    unsigned char *blocks[3];

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, 40);
    kheap_free(&h, blocks[2]);
    kheap_free(&h, blocks[1]);
    memset(blocks[0] + 40, 0x41, 8 + TAG);
    for (size_t i = 1; i < COUNT(blocks); i++) {
        case_note("block %zu", i);
        kheap_free(&h, blocks[i]);
        CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &h, .address = blocks[0] + 48, .caller = any_caller);
        CHECK_FAULT(KHEAP_E_DAMAGED);
    }
}

/* Below the floor nothing is read, whatever the pointer. */
CASE(wiped_tag_and_a_pointer_below_the_heap)
{
    unsigned char *memory = fenced(HEAP), *block;
    struct kheap h;

    CHECK(kheap_init(&h, memory, HEAP), ==, KHEAP_OK);
    block = kheap_alloc(&h, 40);
    memset(block + 40, 0x41, 8 + TAG);
    for (size_t below = 0; below <= 256; below += KHEAP_ALIGN) {
        case_note("%zu bytes below the memory", below);
        kheap_free(&h, memory - below);
        CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &h, .address = block + 48, .caller = any_caller);
        CHECK_FAULT(KHEAP_E_DAMAGED);
    }
}

/* The free pointer is off by a little, and the pointer leads to the boundary where it stood: no block is larger than the heap. */
CASE(free_pointer_a_little_above_a_boundary)
{
    for (size_t off = KHEAP_ALIGN; off <= 4 * KHEAP_ALIGN; off += KHEAP_ALIGN) {
        struct scene s = make_scene(20, 16);
        void *boundary = s.h.free_memory_pointer;

        case_note("%zu bytes", off);
        s.h.free_memory_pointer += off;
        kheap_free(&s.h, boundary);
        CHECK_DAMAGE_TOLD();
        CHECK(told.block.size, <=, off);
    }
}

/* ---- Words that are no heap's: nothing is read by them ---------------------------------------------------------- */

CASE(free_before_init_reads_nothing)
{
    unsigned char *memory = fenced(HEAP);
    struct kheap h;

    CHECK(kheap_init(&h, memory, HEAP), ==, KHEAP_OK);
    CHECK_PTR(kheap_alloc(&h, 40), !=, NULL);
    h.heap_start = NULL;
    kheap_free(&h, memory - 512);
    CHECK_TOLD(.fault = KHEAP_E_NOT_INITIALISED, .heap = &h, .address = memory - 512, .caller = any_caller);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
}

/* A tag is overwritten, so that the pointer has to tell the block; unless the free pointer stands outside of the memory: then there
 * is no looking for it. */
static void check_words_first(struct kheap *h, unsigned char *block, unsigned char *outside)
{
    kheap_free(h, block);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_PTR(told.block.payload, ==, block);
    h->free_memory_pointer = outside;
    kheap_free(h, block);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = h, .address = h, .caller = any_caller);
    CHECK_FAULT(KHEAP_E_DAMAGED);
}

/* Wherever the words themselves lie. */
CASE(free_by_words_out_of_order_reads_nothing)
{
    unsigned char *memory = fenced(HEAP), *block;
    struct kheap h, *below = (struct kheap *)(void *)memory,
                    *above = (struct kheap *)(void *)(memory + HEAP - sizeof(h));

    CHECK(kheap_init(&h, memory + sizeof(h), HEAP - 2 * sizeof(h)), ==, KHEAP_OK);
    block = kheap_alloc(&h, 40);
    memset(block + 40, 0x41, 8 + TAG);
    *below = *above = h;
    check_words_first(below, block, memory + HEAP + 512);
    check_words_first(above, block, memory + HEAP + 512);
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

/* What a release would not have given back it does not look through: the mark is wrong, and that is told. */
CASE(wrong_mark_above_an_older_overflow)
{
    struct scene s = make_scene(20, 16);
    struct kheap_mark mark = kheap_mark(&s.h);

    CHECK_PTR(kheap_alloc(&s.h, 7), !=, NULL);
    s.block[20] ^= 1;
    mark.seal ^= 1;
    kheap_release(&s.h, mark);
    CHECK_TOLD(.fault = KHEAP_E_BAD_MARK, .heap = &s.h, .address = mark.position, .caller = any_caller);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
}

/* No boundary, and the one below is damaged: that is told first. */
CASE(wrong_mark_above_a_damaged_tag)
{
    struct scene s = make_scene(20, 16);
    unsigned char *above = kheap_alloc(&s.h, 40);
    struct kheap_block made = block_at(&s.h, above);

    s.tag[TAG - 1] ^= 0x80;
    kheap_release(&s.h, (struct kheap_mark){ above + 16, 0 });
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = above - 1, .caller = any_caller, .block = made,
               .changed = 1);
    CHECK_FAULT(KHEAP_E_DAMAGED);
}
