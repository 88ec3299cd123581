/* SPDX-License-Identifier: MIT
 *
 * Giving back: kheap_free, kheap_mark, kheap_release, each row of their contract; and who the heap says has asked. */
#include "support.h"

CASE(free_of_null_does_nothing)
{
    struct kheap h = make_heap(1024), unused_heap = { 0 };

    CHECK_PTR(kheap_alloc(&h, 10), !=, NULL);
    remember(&h);
    kheap_free(&h, NULL);
    kheap_free(&unused_heap, NULL);
    CHECK_UNCHANGED(&h);
    CHECK_SILENT();
}

CASE(free_goes_to_any_depth)
{
    struct kheap h = make_heap(8192), words[40];
    void *blocks[40];

    for (size_t i = 0; i < COUNT(blocks); i++) {
        words[i] = h;
        blocks[i] = kheap_alloc_aligned(&h, i * 3, (size_t)1 << i % 8);
        CHECK_PTR(blocks[i], !=, NULL);
    }
    for (size_t i = COUNT(blocks); i-- > 0;) {
        case_note("block %zu", i);
        kheap_free(&h, blocks[i]);
        CHECK_MEM(&h, &words[i], sizeof(h));
    }
}

CASE(free_writes_nothing)
{
    struct kheap h = make_heap(1024);
    unsigned char *block = kheap_alloc(&h, 100), copy[1024 + TAG];

    paint(block, 100, 1);
    memcpy(copy, h.heap_start - TAG, sizeof(copy));
    kheap_free(&h, block);
    CHECK_MEM(h.heap_start - TAG, copy, sizeof(copy));
}

/* The contents are the owner's: whatever lies in a payload, tags and poison included, the heap does not read it. */
CASE(free_does_not_read_payloads)
{
    struct kheap h = make_heap(4096);
    unsigned char *first = kheap_alloc(&h, 100), *copy = kheap_alloc(&h, 200), *last = kheap_alloc(&h, 48);

    memcpy(copy, first, 100 + 12 + TAG);
    memcpy(last, first + 112, TAG);
    CHECK(kheap_check(&h, NULL), ==, KHEAP_E_NONE);
    kheap_free(&h, copy + 16);
    CHECK_FAULT(KHEAP_E_NOT_A_BLOCK);
    kheap_free(&h, last);
    memset(copy, 0, 200);
    kheap_free(&h, copy);
    memset(first, 0xFF, 100);
    kheap_free(&h, first);
    CHECK(used(&h), ==, 0);
}

CASE(release_gives_all_back_at_once)
{
    struct kheap h = make_heap(4096);
    void *below = kheap_alloc(&h, 30);
    struct kheap then = h;
    struct kheap_mark mark = kheap_mark(&h);

    for (size_t i = 0; i < 20; i++)
        CHECK_PTR(kheap_alloc_aligned(&h, i * 5, (size_t)1 << i % 7), !=, NULL);
    kheap_release(&h, mark);
    CHECK_MEM(&h, &then, sizeof(h));
    kheap_release(&h, mark);
    CHECK_MEM(&h, &then, sizeof(h));
    kheap_free(&h, below);
    CHECK(used(&h), ==, 0);
}

CASE(release_to_the_empty_heap)
{
    struct kheap h = make_heap(1024), empty = h;
    struct kheap_mark mark = kheap_mark(&h);

    kheap_release(&h, mark);
    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    CHECK_PTR(kheap_alloc_aligned(&h, 100, 256), !=, NULL);
    kheap_release(&h, mark);
    CHECK_MEM(&h, &empty, sizeof(h));
}

CASE(marks_nest)
{
    struct kheap h = make_heap(4096), words[10];
    struct kheap_mark marks[10];

    for (size_t i = 0; i < COUNT(marks); i++) {
        words[i] = h;
        marks[i] = kheap_mark(&h);
        CHECK_PTR(kheap_alloc(&h, i), !=, NULL);
    }
    kheap_release(&h, marks[7]);
    CHECK_MEM(&h, &words[7], sizeof(h));
    kheap_release(&h, marks[3]);
    CHECK_MEM(&h, &words[3], sizeof(h));
    kheap_release(&h, marks[8]);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    kheap_release(&h, marks[0]);
    CHECK(used(&h), ==, 0);
}

CASE(mark_changes_nothing)
{
    struct kheap h = make_heap(1024);
    struct kheap_mark one, two;

    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    remember(&h);
    one = kheap_mark(&h);
    two = kheap_mark(&h);
    CHECK_UNCHANGED(&h);
    CHECK_PTR(one.position, ==, two.position);
    CHECK(one.seal, ==, two.seal);
}

/* One call site, so that all blocks have one owner. */
__attribute__((noinline)) static unsigned char *build(struct kheap *h, const size_t size_and_align[2])
{
    unsigned char *block = kheap_alloc_aligned(h, size_and_align[0], size_and_align[1]);

    CHECK_PTR(block, !=, NULL);
    return block;
}

/* The boundary stands at the same address, but the block below it is another one. */
CASE(mark_of_a_boundary_built_again_otherwise)
{
    static const size_t pairs[][4] = { { 17, 16, 18, 16 }, { 32, 16, 31, 16 }, { 0, 32, 16, 16 }, { 16, 32, 32, 16 } };

    for (size_t i = 0; i < COUNT(pairs); i++)
        for (size_t turn = 0; turn < 4; turn += 2) {
            struct kheap h = make_heap_at(1024, 1040);
            const size_t *first = &pairs[i][turn], *second = &pairs[i][2 - turn];
            unsigned char *block = build(&h, first);
            struct kheap_mark mark = kheap_mark(&h);

            case_note("marked above %zu at %zu, now %zu at %zu", first[0], first[1], second[0], second[1]);
            kheap_free(&h, block);
            build(&h, second);
            CHECK_PTR(h.free_memory_pointer, ==, mark.position);
            CHECK_PTR(kheap_alloc(&h, 10), !=, NULL);
            remember(&h);
            kheap_release(&h, mark);
            CHECK_FAULT(KHEAP_E_BAD_MARK);
            CHECK_UNCHANGED(&h);
        }
}

/* ---- Who asked -------------------------------------------------------------------------------------------------- */

/* The least room that the code of one of the functions below takes is far less, and kheap.c is farther away. */
enum { FUNCTION_BYTES = 1024 };

/* The parameters are the same for all, so that they fit one table; counting also keeps each call from being a tail call,
 * which would leave no return address of its own. */
static volatile unsigned asked;

#define ASKS(name, call)                                                                                               \
    __attribute__((noinline)) static void name(struct kheap *h, void *block, struct kheap_mark *mark)                  \
    {                                                                                                                  \
        call;                                                                                                          \
        asked += h != NULL && block != NULL && mark != NULL;                                                           \
    }

ASKS(asks_alloc, kheap_alloc(h, 5))
ASKS(asks_aligned, kheap_alloc_aligned(h, 5, 64))
ASKS(asks_try, kheap_try_alloc(h, 5, 1))
ASKS(asks_calloc, kheap_calloc(h, 5, 1))
ASKS(asks_resize, kheap_resize(h, block, 5))
ASKS(asks_free, kheap_free(h, block))
ASKS(asks_mark, *mark = kheap_mark(h))
ASKS(asks_release, kheap_release(h, *mark))

static const struct {
    void (*ask)(struct kheap *h, void *block, struct kheap_mark *mark);
    bool allocates;
} askers[] = {
    { asks_alloc, true },   { asks_aligned, true }, { asks_try, true },   { asks_calloc, true },
    { asks_resize, false }, { asks_free, false },   { asks_mark, false }, { asks_release, false },
};

static void check_asked_by(const void *address, size_t asker)
{
    case_note("asker %zu", asker);
    CHECK((uintptr_t)address, >, (uintptr_t)askers[asker].ask);
    CHECK((uintptr_t)address, <, (uintptr_t)askers[asker].ask + FUNCTION_BYTES);
}

CASE(owner_is_who_asked)
{
    struct kheap h = make_heap(4096);
    struct kheap_mark mark = kheap_mark(&h);
    int here = 0;

    for (size_t i = 0; i < COUNT(askers); i++)
        if (askers[i].allocates) {
            askers[i].ask(&h, &here, &mark);
            check_asked_by(blocks_of(&h).at[0].owner, i);
        }
    CHECK(blocks_of(&h).count, ==, 4);
}

CASE(owner_stays_when_resized)
{
    struct kheap h = make_heap(4096);
    struct kheap_mark mark = kheap_mark(&h);

    asks_alloc(&h, &h, &mark);
    asks_resize(&h, blocks_of(&h).at[0].payload, &mark);
    check_asked_by(blocks_of(&h).at[0].owner, 0);
}

/* Every call on a heap that is still zero: E01, from the one who asked, and nothing else in the report. */
CASE(caller_of_a_refused_call)
{
    struct kheap h = { 0 };
    const struct kheap zero = h;
    int here = 0;

    for (size_t i = 0; i < COUNT(askers); i++) {
        struct kheap_mark mark = { (unsigned char *)&here, 1 };

        askers[i].ask(&h, &here, &mark);
        CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
        check_asked_by(told.caller, i);
        CHECK_MEM(&h, &zero, sizeof(h));
    }
}
