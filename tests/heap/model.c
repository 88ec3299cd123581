/* SPDX-License-Identifier: MIT
 *
 * Random programs against a model that is obviously right: an array of blocks, from which everything is computed. */
#include "support.h"

#include <stdlib.h>

enum { MODEL_BYTES = 4096 + 48, STEPS = 250, LIVE_MAX = 100, MARKS_MAX = 8, SEEDS = 64 };

struct live {
    unsigned char *payload;
    size_t size, gap;
    const void *owner;
    unsigned colour;
};

/* A mark, and the block that lay below it when it was taken; payload NULL for none. */
struct saved {
    struct kheap_mark mark;
    struct live below;
};

static struct kheap heap;
static unsigned char *start, *end;
static struct live live[LIVE_MAX];
static size_t count;
static struct saved marks[MARKS_MAX];
static uint32_t random_state;

static size_t below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static unsigned char *edge_of(const struct live *block)
{
    return block->payload + round_up(block->size) + TAG;
}

static unsigned char *edge(void)
{
    return count == 0 ? start : edge_of(&live[count - 1]);
}

static size_t any_size(void)
{
    switch (below(16)) {
    case 0: return 0;
    case 1: return below(MODEL_BYTES * 2);
    case 2: return SIZE_MAX - below(200);
    case 3: return (size_t)(end - edge()) - below(2 * TAG);
    case 4: return below(1000);
    case 5: return below(300);
    default: return below(50);
    }
}

static size_t gap_for(size_t align)
{
    size_t gap = 0;

    while (((uintptr_t)edge() + gap) % align != 0 || ((uintptr_t)edge() + gap) % KHEAP_ALIGN != 0)
        gap++;
    return gap;
}

static bool fits(size_t gap, size_t size)
{
    return size <= MODEL_BYTES && gap + round_up(size) + TAG <= (size_t)(end - edge());
}

/* What an allocation gave, beside what the model says. */
static void added(unsigned char *payload, size_t size, size_t align)
{
    size_t gap = gap_for(align);

    if (!fits(gap, size)) {
        CHECK_PTR(payload, ==, NULL);
        return;
    }
    CHECK_PTR(payload, ==, edge() + gap);
    live[count] = (struct live){ payload, size, gap, blocks_of(&heap).at[0].owner, (unsigned)below(1000) };
    paint(payload, size, live[count].colour);
    count++;
}

static void do_alloc(void)
{
    size_t size = any_size();
    bool served = fits(0, size);

    added(kheap_alloc(&heap, size), size, 1);
    CHECK_FAULT(served ? KHEAP_E_NONE : KHEAP_E_OUT_OF_MEMORY);
}

static void do_alloc_aligned(void)
{
    size_t size = any_size(), align = (size_t)1 << below(11);
    bool served = fits(gap_for(align), size);

    added(kheap_alloc_aligned(&heap, size, align), size, align);
    CHECK_FAULT(served ? KHEAP_E_NONE : KHEAP_E_OUT_OF_MEMORY);
}

static void do_try(void)
{
    size_t size = any_size(), align = (size_t)1 << below(11);

    added(kheap_try_alloc(&heap, size, align), size, align);
    CHECK_SILENT();
}

static void do_calloc(void)
{
    size_t size = below(20), number = below(20);
    bool served = fits(0, size * number);
    unsigned char *payload = kheap_calloc(&heap, number, size);

    for (size_t i = 0; payload != NULL && i < size * number; i++)
        CHECK(payload[i], ==, 0);
    added(payload, size * number, 1);
    CHECK_FAULT(served ? KHEAP_E_NONE : KHEAP_E_OUT_OF_MEMORY);
}

static void do_resize(void)
{
    struct live *last = count != 0 ? &live[count - 1] : NULL;
    size_t size = any_size();
    bool served;

    if (last == NULL)
        return;
    served = size <= MODEL_BYTES && round_up(size) + TAG <= (size_t)(end - last->payload);
    CHECK(kheap_resize(&heap, last->payload, size), ==, served);
    CHECK_SILENT();
    if (served) {
        check_paint(last->payload, size < last->size ? size : last->size, last->colour);
        last->size = size;
        paint(last->payload, size, last->colour);
    }
}

static void do_free(void)
{
    if (count == 0)
        return;
    count--;
    check_paint(live[count].payload, live[count].size, live[count].colour);
    kheap_free(&heap, live[count].payload);
    CHECK_SILENT();
}

static void do_free_out_of_order(void)
{
    size_t which = below(LIVE_MAX);

    if (which + 1 >= count)
        return;
    kheap_free(&heap, live[which].payload);
    CHECK_FAULT(KHEAP_E_OUT_OF_ORDER);
    CHECK(told.above, ==, count - 1 - which);
    CHECK_PTR(told.newest.payload, ==, live[count - 1].payload);
    CHECK_PTR(told.block.payload, ==, live[which].payload);
}

/* Any address of the heap or around it: the code follows from where it lies. */
static void do_free_anything(void)
{
    unsigned char *at = start - 64 + below(MODEL_BYTES + 128);
    unsigned code = KHEAP_E_NOT_A_BLOCK;

    if (at >= edge() && at < end && (uintptr_t)at % KHEAP_ALIGN == 0)
        code = KHEAP_E_DOUBLE_FREE;
    for (size_t i = 0; i < count; i++)
        if (at == live[i].payload)
            return;
    kheap_free(&heap, at);
    CHECK_FAULT(code);
    for (size_t i = 0; i < count; i++)
        if (at >= live[i].payload - live[i].gap && at < edge_of(&live[i]))
            CHECK_PTR(told.block.payload, ==, live[i].payload);
}

static void do_mark(void)
{
    struct saved *saved = &marks[below(MARKS_MAX)];

    saved->mark = kheap_mark(&heap);
    saved->below = count != 0 ? live[count - 1] : (struct live){ 0 };
    CHECK_SILENT();
}

static bool same_block(const struct live *a, const struct live *b)
{
    return a->payload == b->payload && a->size == b->size && a->gap == b->gap && a->owner == b->owner;
}

/* A mark is good while the block that lay below it lies there still, or one exactly alike. */
static void do_release(void)
{
    const struct saved *saved = &marks[below(MARKS_MAX)];
    size_t left = saved->below.payload == NULL && saved->mark.position == start ? 0 : SIZE_MAX;

    for (size_t i = 0; i < count; i++)
        if (same_block(&live[i], &saved->below))
            left = i + 1;
    kheap_release(&heap, saved->mark);
    CHECK_FAULT(left == SIZE_MAX ? KHEAP_E_BAD_MARK : KHEAP_E_NONE);
    if (left != SIZE_MAX)
        count = left;
}

static void do_fill_up(void)
{
    size_t largest = kheap_stats(&heap).largest;
    bool served = (size_t)(end - edge()) >= TAG;

    added(kheap_try_alloc(&heap, largest, 1), largest, 1);
    CHECK((unsigned char *)heap.free_memory_pointer == end || !served, ==, true);
}

static void (*const deeds[])(void) = {
    do_alloc,         do_alloc,         do_alloc,  do_alloc_aligned, do_alloc_aligned, do_try,     do_try,
    do_calloc,        do_resize,        do_resize, do_free,          do_free,          do_free,    do_free_out_of_order,
    do_free_anything, do_free_anything, do_mark,   do_mark,          do_release,       do_fill_up,
};

/* Everything that the heap says about itself, computed again from the array. */
static void compare(void)
{
    const struct kheap_stats stats = kheap_stats(&heap);
    const struct blocks seen = blocks_of(&heap);
    size_t payload = 0;

    CHECK_PTR(heap.heap_start, ==, start);
    CHECK_PTR(heap.heap_end, ==, end);
    CHECK_PTR(heap.free_memory_pointer, ==, edge());
    CHECK(seen.count, ==, count);
    for (size_t i = 0; i < count; i++) {
        const struct live seen_as = { seen.at[count - 1 - i].payload, seen.at[count - 1 - i].size,
                                      seen.at[count - 1 - i].gap, seen.at[count - 1 - i].owner, 0 };

        CHECK(same_block(&live[i], &seen_as), ==, true);
        payload += live[i].size;
    }
    CHECK(stats.blocks, ==, count);
    CHECK(stats.used, ==, (size_t)(edge() - start));
    CHECK(stats.free, ==, (size_t)(end - edge()));
    CHECK(stats.payload, ==, payload);
    CHECK(stats.tags, ==, count * TAG);
    CHECK(stats.padding, ==, stats.used - payload - stats.tags);
    CHECK(kheap_check(&heap, NULL), ==, KHEAP_E_NONE);
}

static void run_program(uint32_t seed)
{
    random_state = seed * 2654435761u + 1;
    heap = make_heap_at(MODEL_BYTES, 16 * below(256));
    start = heap.heap_start;
    end = heap.heap_end;
    count = 0;
    for (size_t i = 0; i < MARKS_MAX; i++)
        marks[i] = (struct saved){ kheap_mark(&heap), { 0 } };
    for (size_t step = 0; step < STEPS; step++) {
        size_t deed = below(COUNT(deeds));

        case_note("seed %u, step %zu, deed %zu, %zu blocks", (unsigned)seed, step, deed, count);
        deeds[deed]();
        compare();
    }
    while (count > 0)
        do_free();
    CHECK_PTR(heap.free_memory_pointer, ==, start);
}

/* MODEL_SEEDS=n runs the seeds 0 to n - 1, MODEL_SEED=n that one alone. */
CASE(model_of_random_programs)
{
    const char *many = getenv("MODEL_SEEDS"), *one = getenv("MODEL_SEED");
    unsigned long first = one != NULL ? strtoul(one, NULL, 0) : 0;
    unsigned long seeds = one != NULL ? 1 : many != NULL ? strtoul(many, NULL, 0) : SEEDS;

    for (unsigned long i = 0; i < seeds; i++)
        run_program((uint32_t)(first + i));
}
