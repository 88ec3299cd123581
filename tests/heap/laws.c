/* SPDX-License-Identifier: MIT
 *
 * The laws of the heap, each over many sizes, alignments and places where a heap may begin. */
#include "support.h"

enum { HEAP_BYTES = 1 << 14 };

static const size_t sizes[] = { 0,   1,   2,   7,   8,    9,    15,   16,   17,   24,   31,   32,
                                33,  47,  48,  63,  64,   65,   100,  127,  128,  255,  256,  257,
                                500, 511, 512, 513, 1000, 1023, 1024, 1025, 2000, 4095, 4096, 4097 };
static const size_t aligns[] = { 1, 2, 8, 16, 32, 64, 256, 1024, 4096 };
static const size_t offsets[] = { 0, 16, 32, 48, 240, 1008, 2048, 4064, 4080 };

static void check_sums(const struct kheap *h)
{
    struct kheap_stats stats = kheap_stats(h);

    CHECK(stats.used, ==, used(h));
    CHECK(stats.free, ==, unused(h));
    CHECK(stats.used + stats.free, ==, HEAP_BYTES);
    CHECK(stats.payload + stats.padding + stats.tags, ==, stats.used);
}

CASE(law_used_and_free_make_the_heap)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t a = 0; a < COUNT(aligns); a++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);

            check_sums(&h);
            for (size_t s = 0; s < COUNT(sizes); s++) {
                case_note("offset %zu, align %zu, size %zu", offsets[o], aligns[a], sizes[s]);
                kheap_try_alloc(&h, sizes[s], aligns[a]);
                check_sums(&h);
            }
        }
}

static void check_largest(struct kheap *h)
{
    size_t largest = kheap_stats(h).largest;
    const struct kheap before = *h;
    void *block;

    CHECK_PTR(kheap_alloc(h, largest + 1), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    CHECK_MEM(h, &before, sizeof(before));
    block = kheap_alloc(h, largest);
    CHECK_PTR(block, !=, NULL);
    CHECK(unused(h), ==, 0);
    kheap_free(h, block);
    CHECK_MEM(h, &before, sizeof(before));
}

CASE(law_largest_fits_and_one_more_does_not)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t s = 0; s < COUNT(sizes); s++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);

            case_note("offset %zu, size %zu", offsets[o], sizes[s]);
            CHECK_PTR(kheap_alloc(&h, sizes[s]), !=, NULL);
            check_largest(&h);
            CHECK_PTR(kheap_alloc_aligned(&h, sizes[s], 256), !=, NULL);
            check_largest(&h);
        }
}

CASE(law_free_undoes_alloc)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t a = 0; a < COUNT(aligns); a++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);

            for (size_t s = 0; s < COUNT(sizes); s++) {
                const struct kheap before = h;
                void *block = kheap_alloc_aligned(&h, sizes[s], aligns[a]);

                case_note("offset %zu, align %zu, size %zu", offsets[o], aligns[a], sizes[s]);
                CHECK_PTR(block, !=, NULL);
                kheap_free(&h, block);
                CHECK_MEM(&h, &before, sizeof(h));
                kheap_try_alloc(&h, s % 5, 16);
            }
        }
}

CASE(law_reverse_order_ends_where_it_began)
{
    for (size_t o = 0; o < COUNT(offsets); o++) {
        struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);
        const struct kheap empty = h;
        void *blocks[COUNT(aligns) * 8];
        size_t count = 0;

        for (size_t a = 0; a < COUNT(aligns); a++)
            for (size_t s = 0; s < 8; s++)
                if ((blocks[count] = kheap_try_alloc(&h, sizes[(a * 5 + s) % 24], aligns[a])) != NULL)
                    count++;
        case_note("offset %zu, %zu blocks", offsets[o], count);
        CHECK(count, >, 15);
        CHECK(kheap_stats(&h).blocks, ==, count);
        while (count-- > 0)
            kheap_free(&h, blocks[count]);
        CHECK_MEM(&h, &empty, sizeof(h));
    }
}

CASE(law_release_is_as_good_as_frees)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t a = 0; a < COUNT(aligns); a++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]), before;
            struct kheap_mark mark;

            CHECK_PTR(kheap_alloc_aligned(&h, sizes[o], aligns[a]), !=, NULL);
            before = h;
            mark = kheap_mark(&h);
            for (size_t s = 0; s < 24; s++)
                kheap_try_alloc(&h, sizes[s], aligns[(a + s) % COUNT(aligns)]);
            case_note("offset %zu, align %zu", offsets[o], aligns[a]);
            kheap_release(&h, mark);
            CHECK_MEM(&h, &before, sizeof(h));
        }
}

/* A block begins at its alignment, after all that came before it, and ends below what comes after: its paint stays. */
CASE(law_blocks_never_overlap)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t a = 0; a < COUNT(aligns); a++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);
            unsigned char *blocks[COUNT(sizes)];

            case_note("offset %zu, align %zu", offsets[o], aligns[a]);
            for (size_t s = 0; s < COUNT(sizes); s++) {
                blocks[s] = kheap_try_alloc(&h, sizes[s], aligns[a]);
                if (blocks[s] == NULL)
                    continue;
                CHECK((uintptr_t)blocks[s] % aligns[a], ==, 0);
                CHECK((uintptr_t)blocks[s] % KHEAP_ALIGN, ==, 0);
                CHECK_PTR(blocks[s], >=, h.heap_start);
                CHECK_PTR(blocks[s] + sizes[s], <=, h.heap_end);
                paint(blocks[s], sizes[s], (unsigned)s);
            }
            for (size_t s = 0; s < COUNT(sizes); s++)
                if (blocks[s] != NULL)
                    check_paint(blocks[s], sizes[s], (unsigned)s);
            CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
        }
}

CASE(law_overhead_is_rounding_and_a_tag)
{
    for (size_t o = 0; o < COUNT(offsets); o++)
        for (size_t s = 0; s < COUNT(sizes); s++) {
            struct kheap h = make_heap_at(HEAP_BYTES, offsets[o]);

            CHECK_PTR(kheap_alloc(&h, sizes[s]), !=, NULL);
            CHECK(used(&h), ==, round_up(sizes[s]) + KHEAP_TAG_BYTES);
        }
}

/* ---- A refused call changes nothing ------------------------------------------------------------------------------ */

struct scene {
    struct kheap h;
    unsigned char *first, *last;
    struct kheap_mark stale;
};

#define REFUSED(name, call)                                                                                            \
    static void name(struct scene *s)                                                                                  \
    {                                                                                                                  \
        (void)call;                                                                                                    \
    }

REFUSED(alloc_too_much, kheap_alloc(&s->h, HEAP_BYTES))
REFUSED(alloc_one_too_many, kheap_alloc(&s->h, kheap_stats(&s->h).largest + 1))
REFUSED(align_too_far, kheap_alloc_aligned(&s->h, 1, (size_t)1 << (WORD_BITS - 1)))
REFUSED(align_oddly, kheap_alloc_aligned(&s->h, 1, 24))
REFUSED(try_too_much, kheap_try_alloc(&s->h, SIZE_MAX, 64))
REFUSED(calloc_wrapping, kheap_calloc(&s->h, SIZE_MAX, 2))
REFUSED(resize_too_far, kheap_resize(&s->h, s->last, HEAP_BYTES))
REFUSED(resize_first, kheap_resize(&s->h, s->first, 1))
REFUSED(resize_null, kheap_resize(&s->h, NULL, 1))
REFUSED(free_first, (kheap_free(&s->h, s->first), 0))
REFUSED(free_above, (kheap_free(&s->h, s->h.free_memory_pointer), 0))
REFUSED(free_inside, (kheap_free(&s->h, s->last + 1), 0))
REFUSED(free_foreign, (kheap_free(&s->h, s), 0))
REFUSED(release_stale, (kheap_release(&s->h, s->stale), 0))

static const struct {
    void (*call)(struct scene *s);
    unsigned code;
} refusals[] = {
    { alloc_too_much, KHEAP_E_OUT_OF_MEMORY },
    { alloc_one_too_many, KHEAP_E_OUT_OF_MEMORY },
    { align_too_far, KHEAP_E_OUT_OF_MEMORY },
    { align_oddly, KHEAP_E_BAD_ALIGNMENT },
    { try_too_much, KHEAP_E_NONE },
    { calloc_wrapping, KHEAP_E_OUT_OF_MEMORY },
    { resize_too_far, KHEAP_E_NONE },
    { resize_first, KHEAP_E_OUT_OF_ORDER },
    { resize_null, KHEAP_E_NOT_A_BLOCK },
    { free_first, KHEAP_E_OUT_OF_ORDER },
    { free_above, KHEAP_E_DOUBLE_FREE },
    { free_inside, KHEAP_E_NOT_A_BLOCK },
    { free_foreign, KHEAP_E_NOT_A_BLOCK },
    { release_stale, KHEAP_E_BAD_MARK },
};

CASE(law_refused_calls_change_nothing)
{
    for (size_t size = 0; size < COUNT(sizes); size++)
        for (size_t r = 0; r < COUNT(refusals); r++) {
            struct scene s = { .h = make_heap_at(HEAP_BYTES, 1008) };

            s.first = kheap_alloc(&s.h, sizes[size]);
            s.last = kheap_alloc(&s.h, 99);
            s.stale = kheap_mark(&s.h);
            kheap_free(&s.h, s.last);
            s.last = kheap_alloc_aligned(&s.h, sizes[size], 64);
            paint(s.first, sizes[size], 1);
            paint(s.last, sizes[size], 2);
            remember(&s.h);
            case_note("size %zu, refusal %zu", sizes[size], r);
            refusals[r].call(&s);
            CHECK_FAULT(refusals[r].code);
            CHECK_UNCHANGED(&s.h);
        }
}
