/* SPDX-License-Identifier: MIT
 *
 * E01 to E09: each fault with every field of its report, and beside it the same call where nothing is wrong. */
#include "support.h"

/* Three blocks, the middle one aligned: what most cases below break. `gap` is what the middle one's alignment cost. */
struct scene {
    struct kheap h;
    unsigned char *a, *b, *c;
    size_t gap;
};

static struct scene make_scene(void)
{
    struct scene s = { .h = make_heap_at(2048, 1024), .gap = 256 - 112 - TAG };

    s.a = kheap_alloc(&s.h, 100);
    s.b = kheap_alloc_aligned(&s.h, 45, 256);
    s.c = kheap_alloc(&s.h, 16);
    CHECK_PTR(s.b, ==, s.h.heap_start + 256);
    return s;
}

/* As the scene made it, with the owner that the walk shows; to be asked before the heap is damaged. */
static struct kheap_block block_of(const struct scene *s, const unsigned char *payload)
{
    struct kheap_block seen = block_at(&s->h, payload);
    size_t size = payload == s->a ? 100 : payload == s->b ? 45 : 16;

    CHECK(seen.size, ==, size);
    CHECK(seen.gap, ==, payload == s->b ? s->gap : 0);
    CHECK_PTR(seen.owner, !=, NULL);
    return seen;
}

static void refuse_free(struct scene *s, void *block)
{
    remember(&s->h);
    kheap_free(&s->h, block);
    CHECK_UNCHANGED(&s->h);
}

CASE(control_corrupts_nothing)
{
    struct scene s = make_scene();
    struct kheap_mark mark = kheap_mark(&s.h);

    memset(s.a, 0, 100);
    memset(s.b, 0xFF, 45);
    memset(s.c, KHEAP_SLACK_BYTE, 16);
    CHECK(kheap_check(&s.h, NULL), ==, KHEAP_E_NONE);
    CHECK_PTR(kheap_calloc(&s.h, 3, 5), !=, NULL);
    kheap_release(&s.h, mark);
    kheap_free(&s.h, s.c);
    CHECK(kheap_resize(&s.h, s.b, 300), ==, true);
    memset(s.b, 0, 300);
    kheap_free(&s.h, s.b);
    kheap_free(&s.h, s.a);
    CHECK(used(&s.h), ==, 0);
    CHECK_SILENT();
}

CASE(E01_used_before_init)
{
    struct kheap h = { 0 };
    const struct kheap zero = h;
    struct kheap_mark mark;

    CHECK_PTR(kheap_alloc(&h, 100), ==, NULL);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK_TOLD(.fault = KHEAP_E_NOT_INITIALISED, .heap = &h, .caller = any_caller);
    CHECK_PTR(kheap_alloc_aligned(&h, 1, 3), ==, NULL);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK_PTR(kheap_try_alloc(&h, 1, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK_PTR(kheap_calloc(&h, SIZE_MAX, SIZE_MAX), ==, NULL);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK(kheap_resize(&h, NULL, 1), ==, false);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    kheap_free(&h, &h);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK_TOLD(.fault = KHEAP_E_NOT_INITIALISED, .heap = &h, .address = &h, .caller = any_caller);
    mark = kheap_mark(&h);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
    CHECK_MEM(&h, &zero, sizeof(h));
}

CASE(E02_out_of_memory)
{
    struct scene s = make_scene();
    size_t left = unused(&s.h);

    remember(&s.h);
    CHECK_PTR(kheap_alloc(&s.h, left - TAG + 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_MEMORY, .heap = &s.h, .caller = any_caller, .wanted = left - TAG + 1,
               .align = KHEAP_ALIGN, .missing = KHEAP_ALIGN);
    CHECK_PTR(kheap_calloc(&s.h, 100, 100), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_MEMORY, .heap = &s.h, .caller = any_caller, .wanted = 10000,
               .align = KHEAP_ALIGN, .missing = 10000 + TAG - left);
    CHECK_PTR(kheap_calloc(&s.h, SIZE_MAX, 100), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_MEMORY, .heap = &s.h, .caller = any_caller, .wanted = SIZE_MAX,
               .align = KHEAP_ALIGN, .missing = SIZE_MAX);
    CHECK_UNCHANGED(&s.h);
    CHECK_PTR(kheap_alloc(&s.h, left - TAG), !=, NULL);
}

/* With `missing` bytes more in the heap the same request fits, and with one byte less it does not. */
static void check_missing(size_t size, size_t align)
{
    unsigned char *memory = fenced(3 * 8192);
    struct kheap h;

    CHECK(kheap_init(&h, memory, 1024 + TAG), ==, KHEAP_OK);
    CHECK_PTR(kheap_alloc(&h, 200), !=, NULL);
    CHECK_PTR(kheap_alloc_aligned(&h, size, align), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK(told.wanted, ==, size);
    CHECK(told.align, ==, align);
    for (size_t less = 0; less < 2; less++) {
        CHECK(kheap_init(&h, memory, 1024 + TAG + told.missing - less), ==, KHEAP_OK);
        CHECK_PTR(kheap_alloc(&h, 200), !=, NULL);
        CHECK((kheap_try_alloc(&h, size, align) != NULL), ==, less == 0);
    }
}

CASE(E02_missing_is_exact)
{
    for (size_t size = 1000; size < 1040; size++)
        for (size_t align = 1; align <= 4096; align *= 2) {
            case_note("%zu bytes at %zu", size, align);
            check_missing(size, align);
        }
}

/* No heap can grow beyond the last address, so for such a request there is no number. */
CASE(E02_missing_when_no_number_is_enough)
{
    struct kheap h = make_heap(1024);

    for (size_t full = 0; full < 2; full++) {
        for (size_t less = 0; less < 200; less++) {
            case_note("SIZE_MAX - %zu, %zu bytes in use", less, used(&h));
            CHECK_PTR(kheap_alloc(&h, SIZE_MAX - less), ==, NULL);
            CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
            CHECK(told.missing, ==, SIZE_MAX);
            CHECK_PTR(kheap_alloc_aligned(&h, SIZE_MAX - less, 4096), ==, NULL);
            CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
            CHECK(told.missing, ==, SIZE_MAX);
        }
        CHECK((kheap_try_alloc(&h, kheap_stats(&h).largest, 1) != NULL), ==, full == 0);
    }
}

CASE(E03_bad_alignment)
{
    struct scene s = make_scene();

    remember(&s.h);
    CHECK_PTR(kheap_alloc_aligned(&s.h, 4096, 48), ==, NULL);
    CHECK_FAULT(KHEAP_E_BAD_ALIGNMENT);
    CHECK_TOLD(.fault = KHEAP_E_BAD_ALIGNMENT, .heap = &s.h, .caller = any_caller, .wanted = 4096, .align = 48);
    CHECK_PTR(kheap_try_alloc(&s.h, 7, 0), ==, NULL);
    CHECK_FAULT(KHEAP_E_BAD_ALIGNMENT);
    CHECK_TOLD(.fault = KHEAP_E_BAD_ALIGNMENT, .heap = &s.h, .caller = any_caller, .wanted = 7);
    CHECK_UNCHANGED(&s.h);
    CHECK_PTR(kheap_alloc_aligned(&s.h, 48, 64), !=, NULL);
}

CASE(E04_free_out_of_order)
{
    struct scene s = make_scene();
    const struct kheap_block a = block_of(&s, s.a), b = block_of(&s, s.b), c = block_of(&s, s.c);

    refuse_free(&s, s.a);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_ORDER, .heap = &s.h, .address = s.a, .caller = any_caller, .block = a,
               .newest = c, .above = 2);
    refuse_free(&s, s.b);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_ORDER, .heap = &s.h, .address = s.b, .caller = any_caller, .block = b,
               .newest = c, .above = 1);
    kheap_free(&s.h, s.c);
    kheap_free(&s.h, s.b);
    kheap_free(&s.h, s.a);
}

CASE(E04_counts_what_stands_above)
{
    struct kheap h = make_heap(8192);
    unsigned char *blocks[30];

    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = kheap_alloc(&h, i);
    for (size_t i = 0; i + 1 < COUNT(blocks); i++) {
        kheap_free(&h, blocks[i]);
        CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
        CHECK(told.above, ==, COUNT(blocks) - 1 - i);
        CHECK(told.block.size, ==, i);
        CHECK_PTR(told.newest.payload, ==, blocks[COUNT(blocks) - 1]);
    }
}

CASE(E05_double_free)
{
    struct scene s = make_scene();

    kheap_free(&s.h, s.c);
    refuse_free(&s, s.c);
    CHECK_FAULT(KHEAP_E_DOUBLE_FREE);
    CHECK_TOLD(.fault = KHEAP_E_DOUBLE_FREE, .heap = &s.h, .address = s.c, .caller = any_caller);
    kheap_free(&s.h, s.b);
    kheap_free(&s.h, s.a);
    for (unsigned char *at = s.h.heap_start; at < s.h.heap_end; at++) {
        kheap_free(&s.h, at);
        CHECK_FAULT((uintptr_t)at % KHEAP_ALIGN == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK);
    }
}

/* Every address of the heap that is not a payload, and those around it. */
CASE(E06_not_a_block)
{
    struct scene s = make_scene();
    const struct kheap_block a = block_of(&s, s.a), b = block_of(&s, s.b), c = block_of(&s, s.c);
    unsigned char *end_a = s.b - s.gap, *end_b = s.c;

    for (unsigned char *at = s.h.heap_start; at < s.h.free_memory_pointer; at++) {
        const struct kheap_block *into = at >= end_b ? &c : &b;

        if (at < end_a)
            into = &a;
        if (at == s.a || at == s.b || at == s.c)
            continue;
        case_note("byte %zu of the heap", (size_t)(at - s.h.heap_start));
        refuse_free(&s, at);
        CHECK_FAULT(KHEAP_E_NOT_A_BLOCK);
        CHECK_TOLD(.fault = KHEAP_E_NOT_A_BLOCK, .heap = &s.h, .address = at, .caller = any_caller, .block = *into);
    }
}

CASE(E06_from_outside)
{
    struct scene s = make_scene();
    struct kheap other = make_heap(1024);
    void *const outside[] = {
        &s,
        kheap_alloc(&other, 10),
        s.h.heap_start - 1,
        s.h.heap_start - TAG,
        s.h.heap_end,
        s.h.heap_end + 16,
        (void *)1,
        (void *)16,
        (void *)UINTPTR_MAX,
        (void *)(UINTPTR_MAX - 15),
    };

    for (size_t i = 0; i < COUNT(outside); i++) {
        case_note("outside %zu", i);
        refuse_free(&s, outside[i]);
        CHECK_FAULT(KHEAP_E_NOT_A_BLOCK);
        CHECK_TOLD(.fault = KHEAP_E_NOT_A_BLOCK, .heap = &s.h, .address = outside[i], .caller = any_caller);
    }
}

CASE(E07_overflow)
{
    struct scene s = make_scene();
    const struct kheap_block b = block_of(&s, s.b), c = block_of(&s, s.c);

    s.c[16] ^= 0xFF;
    refuse_free(&s, s.c);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.c + 16, .caller = any_caller, .block = c,
               .changed = 1);
    CHECK_PTR(kheap_alloc(&s.h, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.c + 16, .caller = any_caller, .block = c,
               .changed = 1);
    s.c[16] ^= 0xFF;
    kheap_free(&s.h, s.c);
    memset(s.b + 45, 0, 3);
    refuse_free(&s, s.b);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.b + 45, .caller = any_caller, .block = b,
               .changed = 3);
    memset(s.b + 45, KHEAP_SLACK_BYTE, 3);
    kheap_free(&s.h, s.b);
    kheap_free(&s.h, s.a);
}

/* The overflow of an older block is told before the order is: freeing what lies above would not help. */
CASE(E07_is_told_before_E04)
{
    struct scene s = make_scene();
    const struct kheap_block b = block_of(&s, s.b);

    s.b[47] = 'x';
    refuse_free(&s, s.a);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.b + 47, .caller = any_caller, .block = b,
               .changed = 1);
    kheap_release(&s.h, (struct kheap_mark){ s.h.heap_start, 0 });
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.b + 47, .caller = any_caller, .block = b,
               .changed = 1);
}

CASE(E08_padding_was_written)
{
    struct scene s = make_scene();
    const struct kheap_block b = block_of(&s, s.b);

    unsigned char kept[2];

    kheap_free(&s.h, s.c);
    memcpy(kept, s.b - 5, 2);
    memset(s.b - 5, 0, 2);
    refuse_free(&s, s.b);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = s.b - 5, .caller = any_caller, .block = b,
               .changed = 2);
    memcpy(s.b - 5, kept, 2);
    kheap_free(&s.h, s.b);
}

/* The tag is wiped. Who gives the block back says with it where it began; else nobody can say. */
CASE(E08_tag_was_wiped)
{
    struct scene s = make_scene();
    const struct kheap_block c = { s.c, 16, 0, NULL };
    unsigned char *tag = s.c + 16;

    memset(tag, 0xEE, TAG);
    refuse_free(&s, s.c);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
    CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = tag, .caller = any_caller, .block = c,
               .changed = sizeof(void *));
    refuse_free(&s, s.a);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = tag, .caller = any_caller);
    refuse_free(&s, s.b + 16);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(kheap_alloc(&s.h, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = tag, .caller = any_caller);
    CHECK_PTR(kheap_try_alloc(&s.h, SIZE_MAX, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK(kheap_resize(&s.h, s.c, 1), ==, false);
    CHECK_FAULT(KHEAP_E_OVERFLOW);
}

/* The block above the wiped tag was looked at on the way; nothing of it may stay in the report. */
CASE(E08_tag_of_an_older_block_was_wiped)
{
    struct scene s = make_scene();
    unsigned char *tag = s.b + 48;

    memset(tag, 0, TAG);
    refuse_free(&s, s.a);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = tag, .caller = any_caller);
    kheap_release(&s.h, (struct kheap_mark){ s.h.heap_start, 0 });
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = tag, .caller = any_caller);
}

CASE(E08_words_out_of_order)
{
    struct scene s = make_scene();
    struct kheap good = s.h;

    s.h.free_memory_pointer = s.h.heap_end + KHEAP_ALIGN;
    CHECK_PTR(kheap_alloc(&s.h, 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = &s.h, .caller = any_caller);
    kheap_free(&s.h, s.c);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_TOLD(.fault = KHEAP_E_DAMAGED, .heap = &s.h, .address = &s.h, .caller = any_caller);
    kheap_mark(&s.h);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    kheap_release(&s.h, (struct kheap_mark){ s.h.heap_start, 0 });
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(s.h.free_memory_pointer, ==, s.h.heap_end + KHEAP_ALIGN);
    s.h = good;
    kheap_free(&s.h, s.c);
}

/* The pointer still lies within the heap, but at no boundary. The mark that comes back is one that no heap takes. */
CASE(E08_mark_of_a_damaged_heap)
{
    struct scene s = make_scene();
    struct kheap good = s.h;
    struct kheap_mark mark;

    s.h.free_memory_pointer -= KHEAP_ALIGN;
    mark = kheap_mark(&s.h);
    CHECK_DAMAGE_TOLD();
    s.h = good;
    kheap_release(&s.h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    s.h.heap_end -= KHEAP_ALIGN;
    mark = kheap_mark(&s.h);
    CHECK_DAMAGE_TOLD();
    s.h = good;
    kheap_release(&s.h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
}

/* The free pointer slipped below the last block: that block is not "free already". */
CASE(E08_is_told_before_E05)
{
    struct scene s = make_scene();

    s.h.free_memory_pointer = s.c - KHEAP_ALIGN;
    kheap_free(&s.h, s.c);
    CHECK_DAMAGE_TOLD();
    CHECK(kheap_resize(&s.h, s.c, 1), ==, false);
    CHECK_DAMAGE_TOLD();
}

/* heap_start slipped above a live block: that block is not "from outside". */
CASE(E08_is_told_before_E06)
{
    struct scene s = make_scene();

    s.h.heap_start += 256 + KHEAP_ALIGN;
    kheap_free(&s.h, s.a);
    CHECK_DAMAGE_TOLD();
}

CASE(E09_stale_mark)
{
    struct scene s = make_scene();
    struct kheap_mark mark = kheap_mark(&s.h);

    kheap_release(&s.h, mark);
    kheap_free(&s.h, s.c);
    remember(&s.h);
    kheap_release(&s.h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    CHECK_TOLD(.fault = KHEAP_E_BAD_MARK, .heap = &s.h, .address = mark.position, .caller = any_caller);
    CHECK_PTR(kheap_alloc(&s.h, 500), !=, NULL);
    remember(&s.h);
    kheap_release(&s.h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    CHECK_TOLD(.fault = KHEAP_E_BAD_MARK, .heap = &s.h, .address = mark.position, .caller = any_caller);
    CHECK_UNCHANGED(&s.h);
}

CASE(E09_foreign_mark)
{
    struct scene s = make_scene();
    struct kheap other = make_heap(2048);
    const struct kheap_mark own = kheap_mark(&s.h);
    const struct kheap_mark marks[] = {
        kheap_mark(&other),
        { 0 },
        { s.b, 0 },
        { own.position, 1 },
        { s.h.heap_start, 0x1234 },
        { s.h.heap_end, 0 },
        { s.c + 1, 7 },
        { own.position + 16, own.seal },
        { own.position - 16, own.seal },
        { s.h.heap_start, own.seal },
        { NULL, own.seal },
    };

    remember(&s.h);
    for (size_t i = 0; i < COUNT(marks); i++) {
        case_note("mark %zu", i);
        kheap_release(&s.h, marks[i]);
        CHECK_FAULT(KHEAP_E_BAD_MARK);
        CHECK_TOLD(.fault = KHEAP_E_BAD_MARK, .heap = &s.h, .address = marks[i].position, .caller = any_caller);
        CHECK_UNCHANGED(&s.h);
    }
}

/* A tag that lies in somebody's payload, sealed and all, is still no boundary. */
CASE(E09_stale_tag_in_a_payload)
{
    struct kheap h = make_heap(2048);
    unsigned char *old = kheap_alloc(&h, 100);
    struct kheap_mark mark = kheap_mark(&h);

    kheap_free(&h, old);
    CHECK_PTR(kheap_alloc(&h, 1000), ==, old);
    remember(&h);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    CHECK_UNCHANGED(&h);
}

/* Damage in a block that would go, and in the one below the mark. */
CASE(release_tells_damage)
{
    for (size_t below = 0; below < 2; below++) {
        struct scene s = make_scene();
        struct kheap_mark mark;
        const struct kheap_block c = block_of(&s, s.c);

        if (below)
            mark = kheap_mark(&s.h);
        else
            mark = (struct kheap_mark){ s.h.heap_start, 0 };
        CHECK_PTR(kheap_alloc(&s.h, 77), !=, NULL);
        s.c[16] ^= 0xFF;
        remember(&s.h);
        case_note("%s the mark", below ? "below" : "above");
        kheap_release(&s.h, mark);
        CHECK_FAULT(KHEAP_E_OVERFLOW);
        CHECK_TOLD(.fault = KHEAP_E_OVERFLOW, .heap = &s.h, .address = s.c + 16, .caller = any_caller, .block = c,
                   .changed = 1);
        CHECK_UNCHANGED(&s.h);
    }
}

/* A damaged tag below the mark, beside its seal: the mark is good, the heap is not. */
CASE(release_tells_a_damaged_tag_below)
{
    struct scene s = make_scene();
    struct kheap_mark mark = kheap_mark(&s.h);

    CHECK_PTR(kheap_alloc(&s.h, 77), !=, NULL);
    s.c[16 + TAG - 1] ^= 0x80;
    remember(&s.h);
    kheap_release(&s.h, mark);
    CHECK_FAULT(KHEAP_E_DAMAGED);
    CHECK_PTR(told.address, >=, s.c + 16);
    CHECK_PTR(told.address, <, s.c + 16 + TAG);
    CHECK_UNCHANGED(&s.h);
}
