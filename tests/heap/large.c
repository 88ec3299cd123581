/* SPDX-License-Identifier: MIT
 *
 * The largest heaps and the smallest: sizes that do not fit into half a word (64 bits) or a signed word (32 bits), a
 * million blocks, and every size of memory up to a page. The large heaps are mostly address space: the heap writes tags
 * and slack only, so few of their pages ever exist. */
#include "support.h"

/* A number beyond EDGE is what a heap loses that counts in 32 bits, or, where a word has only these, in signed ones. */
#define EDGE ((size_t)1 << (WORD_BITS == 32 ? 31 : WORD_BITS / 2))
#define HEAP (WORD_BITS == 32 ? EDGE + ((size_t)16 << 20) : 2 * EDGE)      /* 2 GiB + 16 MiB, 8 GiB */
#define BIG (WORD_BITS == 32 ? EDGE + ((size_t)8 << 20) : EDGE + EDGE / 4) /* 2 GiB + 8 MiB, 5 GiB */
#define GIB ((size_t)1 << 30)

/* What the heap says about itself, computed from what was asked. */
static void check_sums(const struct kheap *h, size_t blocks, size_t payload)
{
    const struct kheap_stats stats = kheap_stats(h);

    CHECK(stats.used, ==, used(h));
    CHECK(stats.free, ==, unused(h));
    CHECK(stats.used + stats.free, ==, size_of(h));
    CHECK(stats.blocks, ==, blocks);
    CHECK(stats.payload, ==, payload);
    CHECK(stats.tags, ==, blocks * TAG);
    CHECK(stats.padding, ==, used(h) - payload - blocks * TAG);
    CHECK(stats.largest, ==, unused(h) < TAG ? 0 : unused(h) - TAG);
    CHECK(kheap_check(h, NULL), ==, KHEAP_E_NONE);
}

static size_t gap_for(const struct kheap *h, size_t align)
{
    return (size_t)(0 - (uintptr_t)h->free_memory_pointer) & (align - 1);
}

/* ---- Sizes beyond the edge -------------------------------------------------------------------------------------- */

/* The byte behind the end is guarded, however far away it lies. */
static void check_end(const struct kheap *h, const unsigned char *block, size_t size)
{
    unsigned char *end = byte_at(block, size);
    struct kheap_report report;

    *end ^= 1;
    CHECK(kheap_check(h, &report), ==, KHEAP_E_OVERFLOW);
    CHECK_PTR(report.address, ==, end);
    CHECK_PTR(report.block.payload, ==, block);
    CHECK(report.block.size, ==, size);
    *end ^= 1;
}

static void alloc_and_free(struct kheap *h, size_t size)
{
    const struct kheap empty = *h;
    unsigned char *block = kheap_alloc(h, size), *next;

    case_note("%#zx bytes", size);
    CHECK_PTR(block, ==, empty.heap_start);
    CHECK_PTR(h->free_memory_pointer, ==, byte_at(block, round_up(size) + TAG));
    *block = *byte_at(block, size - 1) = 0x11;
    check_sums(h, 1, size);
    check_end(h, block, size);
    next = kheap_alloc(h, 33);
    CHECK_PTR(next, ==, byte_at(block, round_up(size) + TAG));
    check_sums(h, 2, size + 33);
    kheap_free(h, block);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    CHECK_TOLD(.fault = KHEAP_E_OUT_OF_ORDER, .heap = h, .address = block, .caller = any_caller,
               .block = block_at(h, block), .newest = block_at(h, next), .above = 1);
    CHECK(told.block.size, ==, size);
    kheap_free(h, next);
    kheap_free(h, block);
    CHECK_MEM(h, &empty, sizeof(empty));
}

CASE(large_blocks_around_the_edge)
{
    struct kheap h = make_heap(HEAP);

    check_sums(&h, 0, 0);
    for (size_t more = 0; more <= 34; more++) {
        alloc_and_free(&h, EDGE / 2 - 17 + more);
        alloc_and_free(&h, EDGE - 17 + more);
        alloc_and_free(&h, BIG - 17 + more);
    }
    FIGURE("large heap, %d bits: %zu blocks of %zu to %zu MiB in one of %zu", WORD_BITS, (size_t)3 * 35, EDGE >> 21,
           BIG >> 20, HEAP >> 20);
}

CASE(large_block_fills_the_heap)
{
    struct kheap h = make_heap(HEAP), empty = h;
    unsigned char *block;

    CHECK_PTR(kheap_try_alloc(&h, HEAP - TAG + 1, 1), ==, NULL);
    block = kheap_alloc(&h, HEAP - TAG);
    CHECK_PTR(block, ==, h.heap_start);
    CHECK_PTR(h.free_memory_pointer, ==, h.heap_end);
    check_sums(&h, 1, HEAP - TAG);
    CHECK_PTR(kheap_try_alloc(&h, 0, 1), ==, NULL);
    kheap_free(&h, block);
    CHECK_MEM(&h, &empty, sizeof(h));
}

/* A block at a multiple of `align` where there is one with room for it, E02 where there is none. */
static bool align_far(struct kheap *h, size_t size, size_t align)
{
    const struct kheap before = *h;
    size_t gap = gap_for(h, align), left = unused(h);
    unsigned char *block = kheap_alloc_aligned(h, size, align);

    case_note("%#zx bytes at %#zx, gap %#zx", size, align, gap);
    if (left < gap || left - gap < round_up(size) + TAG) {
        CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
        CHECK_PTR(block, ==, NULL);
    } else {
        CHECK_PTR(block, ==, byte_at(before.free_memory_pointer, gap));
        CHECK(block_at(h, block).gap, ==, gap);
        check_sums(h, kheap_stats(&before).blocks + 1, kheap_stats(&before).payload + size);
        check_end(h, block, size);
        kheap_free(h, block);
    }
    CHECK_MEM(h, &before, sizeof(before));
    return block != NULL;
}

CASE(large_alignment)
{
    static const size_t below[] = { 0, 16, 4096, GIB - TAG, GIB, GIB + 1 };
    struct kheap h = make_heap(HEAP);
    size_t served = 0;

    for (size_t i = 0; i < COUNT(below); i++) {
        void *first = kheap_alloc(&h, below[i]);

        for (size_t align = 4096; align != 0 && align <= EDGE; align *= 2) {
            served += align_far(&h, 100, align);
            served += align_far(&h, GIB + 1, align);
            served += align_far(&h, EDGE + 1, align);
        }
        kheap_free(&h, first);
    }
    CHECK(served, >, COUNT(below) * 20);
    CHECK(used(&h), ==, 0);
}

/* The gap alone is beyond the edge: the heap begins 2 GiB behind a multiple of 8. With 32 bits there is no such place. */
CASE(large_gap)
{
    const size_t align = WORD_BITS == 32 ? GIB : 2 * EDGE, offset = WORD_BITS == 32 ? GIB / 2 : 2 * GIB;
    unsigned char *memory = fenced(WORD_BITS == 32 ? HEAP : 3 * HEAP);
    size_t to_place = ((size_t)(0 - (uintptr_t)memory) & (align - 1)) + offset - TAG;
    struct kheap h = { 0 };

    CHECK(kheap_init(&h, byte_at(memory, to_place), WORD_BITS == 32 ? GIB : HEAP), ==, KHEAP_OK);
    CHECK(gap_for(&h, align), ==, align - offset);
    CHECK((WORD_BITS == 32 || align - offset > EDGE), ==, true);
    for (size_t size = 0; size < 70; size++)
        CHECK(align_far(&h, size, align), ==, true);
    CHECK(align_far(&h, GIB / 4, align), ==, true);
    CHECK(align_far(&h, BIG, align), ==, false);
}

/* Up and down across the edge: the bytes up to the smaller size stay. */
static void resize_to(struct kheap *h, unsigned char *block, size_t from, size_t to)
{
    const struct kheap_block before = block_at(h, block);

    case_note("from %#zx to %#zx", from, to);
    *byte_at(block, from - 1) = 0x22;
    paint(block, 64, 5);
    CHECK(kheap_resize(h, block, to), ==, true);
    CHECK_PTR(h->free_memory_pointer, ==, byte_at(block, round_up(to) + TAG));
    check_sums(h, 1, to);
    check_end(h, block, to);
    check_paint(block, 64, 5);
    if (to >= from)
        CHECK(*byte_at(block, from - 1), ==, 0x22);
    CHECK_PTR(block_at(h, block).owner, ==, before.owner);
}

CASE(large_resize)
{
    static const size_t sizes[] = {
        100, EDGE / 2 - 1, EDGE / 2, EDGE / 2 + 1, EDGE - 1, EDGE, EDGE + 1, EDGE + 16, BIG
    };
    struct kheap h = make_heap(HEAP), empty = h;
    unsigned char *block;

    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            block = kheap_alloc(&h, sizes[i]);
            resize_to(&h, block, sizes[i], sizes[j]);
            kheap_free(&h, block);
            CHECK_MEM(&h, &empty, sizeof(h));
        }
    block = kheap_alloc(&h, 100);
    CHECK(kheap_resize(&h, block, HEAP - TAG + 1), ==, false);
    CHECK(kheap_resize(&h, block, HEAP), ==, false);
    CHECK(kheap_resize(&h, block, HEAP + EDGE / 2), ==, false);
    CHECK(block_at(&h, block).size, ==, 100);
    CHECK(kheap_resize(&h, block, HEAP - TAG), ==, true);
    CHECK(unused(&h), ==, 0);
    kheap_free(&h, block);
    CHECK_MEM(&h, &empty, sizeof(h));
}

/* `missing` in wide arithmetic; and where there is memory for it, the request fits with it and not with a byte less. */
static bool check_missing(unsigned char *memory, size_t bytes, size_t size, size_t align)
{
    struct kheap h;
    uint64_t needed, missing;

    case_note("%#zx bytes at %#zx", size, align);
    CHECK(kheap_init(&h, memory, bytes + TAG), ==, KHEAP_OK);
    CHECK_PTR(kheap_alloc(&h, 1000), !=, NULL);
    needed = (uint64_t)gap_for(&h, align) + round_up(size) + TAG;
    CHECK_PTR(kheap_alloc_aligned(&h, size, align), ==, NULL);
    CHECK_FAULT(KHEAP_E_OUT_OF_MEMORY);
    missing = needed - unused(&h);
    CHECK(told.wanted, ==, size);
    CHECK(told.missing, ==, missing <= UINTPTR_MAX - (uintptr_t)h.heap_end ? missing : SIZE_MAX);
    if (missing > HEAP - bytes)
        return false;
    for (size_t less = 0; less < 2; less++) {
        CHECK(kheap_init(&h, memory, bytes + TAG + (size_t)missing - less), ==, KHEAP_OK);
        CHECK_PTR(kheap_alloc(&h, 1000), !=, NULL);
        CHECK((kheap_try_alloc(&h, size, align) != NULL), ==, less == 0);
    }
    return true;
}

CASE(large_missing_is_exact)
{
    static const size_t sizes[] = { EDGE / 2, EDGE - 4096, EDGE, BIG, HEAP, SIZE_MAX / 4, SIZE_MAX / 2 };
    static const size_t aligns[] = { 16, 4096, GIB / 4, GIB };
    unsigned char *memory = fenced(HEAP + TAG);
    size_t tried_again = 0;

    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t more = 0; more < 40; more++)
            for (size_t a = 0; a < COUNT(aligns); a++) {
                tried_again += check_missing(memory, EDGE / 2, sizes[i] + more, aligns[a]);
                tried_again += check_missing(memory, GIB / 2, sizes[i] + more, aligns[a]);
            }
    CHECK(tried_again, >, 3 * 40 * 4);
}

/* Boundaries whose places differ by the edge only: whoever drops a bit takes one for the other. */
CASE(large_places_that_look_alike)
{
    struct kheap h = make_heap(HEAP), empty = h;
    unsigned char *low = kheap_alloc(&h, EDGE - TAG), *high = kheap_alloc(&h, 100);

    CHECK_PTR(high, ==, byte_at(low, EDGE));
    kheap_free(&h, low);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    kheap_free(&h, byte_at(high, EDGE));
    CHECK_FAULT(WORD_BITS == 32 ? KHEAP_E_OUT_OF_ORDER : KHEAP_E_NOT_A_BLOCK); /* with 32 bits this is `low` again */
    kheap_free(&h, high);
    kheap_free(&h, high);
    CHECK_FAULT(KHEAP_E_DOUBLE_FREE);
    kheap_free(&h, low);
    CHECK_MEM(&h, &empty, sizeof(h));
}

CASE(large_marks_that_look_alike)
{
    struct kheap h = make_heap(HEAP), empty = h, words;
    struct kheap_mark bottom = kheap_mark(&h), mark;
    unsigned char *low = kheap_alloc(&h, EDGE - TAG);

    mark = kheap_mark(&h);
    words = h;
    for (size_t i = 0; i < 20; i++)
        CHECK_PTR(kheap_alloc_aligned(&h, i * 9, (size_t)16 << i % 5), !=, NULL);
    kheap_release(&h, mark);
    CHECK_MEM(&h, &words, sizeof(h));
    kheap_release(&h, bottom);
    CHECK_MEM(&h, &empty, sizeof(h));
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    kheap_release(&h, (struct kheap_mark){ mark.position, bottom.seal });
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    CHECK_PTR(kheap_alloc(&h, BIG), ==, low);
    kheap_release(&h, mark);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    kheap_release(&h, bottom);
    CHECK_MEM(&h, &empty, sizeof(h));
}

/* ---- A million blocks ------------------------------------------------------------------------------------------- */

enum { MANY = 1000000, ROOM_A_BLOCK = 112 };

struct many {
    struct kheap h;
    unsigned char **payloads;
    size_t payload, gaps, slack;
};

static size_t many_size(size_t i)
{
    return i * 7 % 65;
}

static size_t many_align(size_t i)
{
    return i % 97 == 5 ? 256 : i % 13 == 4 ? 64 : 16;
}

static struct many make_many(struct kheap h)
{
    struct many m = { .h = h };

    m.payloads = (unsigned char **)(void *)fenced(MANY * sizeof(*m.payloads));
    for (size_t i = 0; i < MANY; i++) {
        size_t size = many_size(i), gap = gap_for(&m.h, many_align(i));
        unsigned char *expected = m.h.free_memory_pointer + gap;

        m.payloads[i] = kheap_alloc_aligned(&m.h, size, many_align(i));
        CHECK_PTR(m.payloads[i], ==, expected);
        paint(m.payloads[i], size, (unsigned)i);
        m.payload += size;
        m.gaps += gap;
        m.slack += round_up(size) - size;
    }
    CHECK(used(&m.h), ==, m.payload + m.gaps + m.slack + (size_t)MANY * TAG);
    return m;
}

struct visits {
    const struct many *m;
    size_t left;
    const unsigned char *edge;
};

static bool visit_one(const struct kheap_block *block, void *context)
{
    struct visits *v = context;

    CHECK(v->left, >, 0);
    v->left--;
    CHECK_PTR(block->payload, ==, v->m->payloads[v->left]);
    CHECK(block->size, ==, many_size(v->left));
    CHECK_PTR((unsigned char *)block->payload + round_up(block->size) + TAG, ==, v->edge);
    v->edge = (unsigned char *)block->payload - block->gap;
    return true;
}

static void look_at_many(const struct many *m)
{
    struct visits v = { m, MANY, m->h.free_memory_pointer };

    CHECK(kheap_check(&m->h, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_walk(&m->h, visit_one, &v), ==, KHEAP_E_NONE);
    CHECK(v.left, ==, 0);
    CHECK_PTR(v.edge, ==, m->h.heap_start);
    check_sums(&m->h, MANY, m->payload);
    CHECK(kheap_stats(&m->h).padding, ==, m->gaps + m->slack);
}

CASE(many_blocks_unwound_one_by_one)
{
    struct many m = make_many(make_heap((size_t)MANY * ROOM_A_BLOCK));

    look_at_many(&m);
    for (size_t i = 0; i < MANY; i += MANY / 2 - 1) {
        kheap_free(&m.h, m.payloads[i]);
        CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
        CHECK(told.above, ==, MANY - 1 - i);
        CHECK_PTR(told.block.payload, ==, m.payloads[i]);
        CHECK_PTR(told.newest.payload, ==, m.payloads[MANY - 1]);
    }
    for (size_t i = MANY; i-- > 0;) {
        check_paint(m.payloads[i], many_size(i), (unsigned)i);
        kheap_free(&m.h, m.payloads[i]);
    }
    CHECK_SILENT();
    CHECK_PTR(m.h.free_memory_pointer, ==, m.h.heap_start);
    check_sums(&m.h, 0, 0);
    FIGURE("many blocks, %d bits: %d live at once, %zu bytes of them padding", WORD_BITS, MANY, m.gaps + m.slack);
}

CASE(many_blocks_released_at_once)
{
    struct kheap empty = make_heap((size_t)MANY * ROOM_A_BLOCK);
    struct kheap_mark bottom = kheap_mark(&empty);
    struct many m = make_many(empty);

    kheap_release(&m.h, bottom);
    CHECK_SILENT();
    CHECK_MEM(&m.h, &empty, sizeof(empty));
    check_sums(&m.h, 0, 0);
}

/* ---- Every small piece of memory -------------------------------------------------------------------------------- */

enum { PAGE = 4096, LONGEST = PAGE, GUARD = 0x5A, AREA = 3 * PAGE };

static const struct kheap odd_words = { (unsigned char *)16, (unsigned char *)48, (unsigned char *)32 };

/* Everything around the piece of memory that the heap was given. */
struct piece {
    unsigned char *area, *memory;
    size_t size;
};

static void check_outside(const struct piece *p)
{
    static unsigned char fence[AREA];
    const unsigned char *behind = p->memory + p->size;

    if (fence[0] != GUARD)
        memset(fence, GUARD, AREA);
    CHECK_MEM(p->area, fence, (size_t)(p->memory - p->area));
    CHECK_MEM(behind, fence, (size_t)(p->area + AREA - behind));
}

static void check_piece_refused(const struct piece *p)
{
    struct kheap h = odd_words;

    CHECK(kheap_init(&h, p->memory, p->size), ==, KHEAP_TOO_SMALL);
    CHECK_MEM(&h, &odd_words, sizeof(h));
    for (size_t i = 0; i < p->size; i++)
        CHECK(p->memory[i], ==, GUARD);
}

/* Both ends are aligned inwards, and no further than that. */
static void check_ends(const struct kheap *h, const struct piece *p)
{
    uintptr_t first = (uintptr_t)p->memory + TAG, end = (uintptr_t)p->memory + p->size;

    CHECK((uintptr_t)h->heap_start, ==, round_up(first));
    CHECK((uintptr_t)h->heap_end, ==, end - end % KHEAP_ALIGN);
    CHECK_PTR(h->free_memory_pointer, ==, h->heap_start);
    check_sums(h, 0, 0);
}

/* One block, where it fits, with its bytes written; then the words are as before. */
static void one_block(struct kheap *h, size_t size, size_t align)
{
    const struct kheap empty = *h;
    size_t gap = gap_for(h, align);
    bool served = gap + round_up(size) + TAG <= unused(h);
    unsigned char *block = kheap_try_alloc(h, size, align);

    CHECK_PTR(block, ==, served ? empty.heap_start + gap : NULL);
    if (served)
        memset(block, 0xEE, size);
    kheap_free(h, block);
    CHECK_MEM(h, &empty, sizeof(empty));
}

static void largest_block(struct kheap *h)
{
    const struct kheap empty = *h;
    size_t largest = kheap_stats(h).largest;
    unsigned char *block = kheap_try_alloc(h, largest + 1, 1);

    CHECK_PTR(block, ==, NULL);
    block = kheap_alloc(h, largest);
    CHECK_PTR(block, ==, h->heap_start);
    memset(block, 0xEE, largest);
    CHECK_PTR(h->free_memory_pointer, ==, h->heap_end);
    check_sums(h, 1, largest);
    kheap_free(h, block);
    CHECK_MEM(h, &empty, sizeof(empty));
}

static void fill_and_empty(struct kheap *h)
{
    const struct kheap empty = *h;
    void *blocks[LONGEST / (TAG + KHEAP_ALIGN)];
    size_t count = 0, size;

    while ((blocks[count] = kheap_try_alloc(h, size = 1 + count % 40, 1)) != NULL)
        memset(blocks[count++], 0xEE, size);
    CHECK(unused(h), <, round_up(size) + TAG);
    CHECK(kheap_check(h, NULL), ==, KHEAP_E_NONE);
    CHECK(kheap_stats(h).blocks, ==, count);
    while (count > 0)
        kheap_free(h, blocks[--count]);
    CHECK_MEM(h, &empty, sizeof(empty));
}

static bool use_piece(const struct piece *p)
{
    struct kheap h = odd_words;

    memset(p->memory, GUARD, p->size);
    if (kheap_init(&h, p->memory, p->size) != KHEAP_OK) {
        check_piece_refused(p);
        check_outside(p);
        return false;
    }
    check_ends(&h, p);
    for (size_t size = 0; size <= 64; size++)
        one_block(&h, size, 1);
    one_block(&h, p->size % 65, 64);
    largest_block(&h);
    fill_and_empty(&h);
    check_outside(p);
    memset(p->memory, GUARD, p->size);
    return true;
}

/* The smallest size that is accepted is found by trying, and all above it are accepted too. */
CASE(every_size_at_every_place)
{
    struct piece p = { .area = fenced(AREA) };
    size_t heaps = 0, tried = 0, smallest = SIZE_MAX;

    memset(p.area, GUARD, AREA);
    for (size_t misaligned = 0; misaligned < KHEAP_ALIGN; misaligned++) {
        size_t refused = 0, lost = (KHEAP_ALIGN - misaligned) % KHEAP_ALIGN;

        p.memory = p.area + PAGE + misaligned;
        for (p.size = 0; p.size <= LONGEST; p.size++, tried++) {
            case_note("%zu bytes, misaligned by %zu", p.size, misaligned);
            if (use_piece(&p))
                heaps++;
            else
                CHECK(p.size, ==, refused++);
        }
        CHECK(refused, ==, lost + 2 * TAG + KHEAP_ALIGN);
        smallest = refused < smallest ? refused : smallest;
    }
    FIGURE("small memory, %d bits: %zu pieces, %zu of them heaps, the smallest of %zu bytes", WORD_BITS, tried, heaps,
           smallest);
}
