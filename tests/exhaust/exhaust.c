/* SPDX-License-Identifier: MIT
 *
 * Every sequence of operations on a small heap, breadth first, until the time is up: each answer and each state is
 * compared with a model that is obviously right, an array of blocks. States that were seen are merged. Two are the same
 * when the three words are, and every byte of the memory: stale tags in the free part included, or, with "live", only the
 * bytes below the free pointer, which reaches further and trusts that the heap reads no others.
 *
 *     exhaust SECONDS [live]
 */
#include "kheap.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMORY = 256, MOST_BLOCKS = 16, MOST_MARKS = 2, TAG = KHEAP_TAG_BYTES, TOTAL = MEMORY - TAG };

/* The model: blocks from the bottom up, and boundaries that were marked. Offsets from heap_start. */
struct model {
    struct {
        size_t payload, size, gap;
    } block[MOST_BLOCKS];
    struct {
        size_t position, blocks;
        struct kheap_mark mark;
    } mark[MOST_MARKS];
    size_t blocks, marks, top;
};

struct state {
    struct kheap heap;
    struct model model;
    uint64_t sequences; /* how many lead here, all of the same length */
    unsigned char memory[MEMORY];
};

static _Alignas(16) unsigned char memory[MEMORY];
static struct kheap heap;
static struct model model;
static enum kheap_fault fault;
static const char *doing;
static size_t doing_size, doing_align;

void kheap_fault(const struct kheap_report *report)
{
    fault = report->fault;
}

static _Noreturn void differs(const char *what, size_t expected, size_t got)
{
    printf("%s(%zu, %zu): %s should be %zu and is %zu, with %zu blocks live:\n", doing, doing_size, doing_align, what,
           expected, got, model.blocks);
    for (size_t i = 0; i < model.blocks; i++)
        printf("    payload +%zu, %zu bytes, gap %zu\n", model.block[i].payload, model.block[i].size,
               model.block[i].gap);
    exit(1);
}

static void expect(const char *what, size_t expected, size_t got)
{
    if (expected != got)
        differs(what, expected, got);
}

static size_t rounded(size_t size)
{
    return (size + 15) / 16 * 16;
}

static size_t offset_of(const void *address)
{
    return (size_t)((uintptr_t)address - (uintptr_t)heap.heap_start);
}

/* ---- What has to hold after each operation ---------------------------------------------------------------------- */

static bool compare_block(const struct kheap_block *block, void *context)
{
    size_t i = --*(size_t *)context;

    expect("payload of a block", model.block[i].payload, offset_of(block->payload));
    expect("size of a block", model.block[i].size, block->size);
    expect("gap of a block", model.block[i].gap, block->gap);
    return true;
}

static void compare(enum kheap_fault wanted)
{
    struct kheap_stats stats = kheap_stats(&heap);
    size_t left = model.blocks, payload = 0;

    expect("fault", wanted, fault);
    expect("heap_end", TOTAL, offset_of(heap.heap_end));
    expect("free pointer", model.top, offset_of(heap.free_memory_pointer));
    expect("kheap_walk", KHEAP_E_NONE, kheap_walk(&heap, compare_block, &left));
    expect("blocks not visited", 0, left);
    expect("kheap_check", KHEAP_E_NONE, kheap_check(&heap, NULL));
    for (size_t i = 0; i < model.blocks; i++)
        payload += model.block[i].size;
    expect("used", model.top, stats.used);
    expect("free", TOTAL - model.top, stats.free);
    expect("payload", payload, stats.payload);
    expect("largest", TOTAL - model.top >= TAG ? TOTAL - model.top - TAG : 0, stats.largest);
    expect("sum", stats.used, stats.payload + stats.padding + stats.tags);
}

/* ---- The operations, each with its model ------------------------------------------------------------------------ */

enum way { ALLOC, ALIGNED, TRY, CALLOC };

static void *ask(enum way way, size_t size, size_t align)
{
    switch (way) {
    case ALLOC: return kheap_alloc(&heap, size);
    case ALIGNED: return kheap_alloc_aligned(&heap, size, align);
    case TRY: return kheap_try_alloc(&heap, size, align);
    default: return kheap_calloc(&heap, size, 1);
    }
}

static void allocate(enum way way, size_t size, size_t align)
{
    bool bad = align == 0 || (align & (align - 1)) != 0;
    uintptr_t start = (uintptr_t)heap.heap_start, at = start + model.top;
    uintptr_t payload =
        bad ? 0 : (at + (align < 16 ? 16 : align) - 1) / (align < 16 ? 16 : align) * (align < 16 ? 16 : align);
    bool fits = !bad && payload - start + TAG <= TOTAL && size <= TOTAL - TAG - (payload - start);
    void *got = ask(way, size, align);

    expect("payload", fits ? payload : 0, (uintptr_t)got);
    if (fits) {
        model.block[model.blocks].payload = payload - start;
        model.block[model.blocks].size = size;
        model.block[model.blocks++].gap = payload - at;
        model.top = payload - start + rounded(size) + TAG;
    }
    compare(fits ? KHEAP_E_NONE : bad ? KHEAP_E_BAD_ALIGNMENT : way == TRY ? KHEAP_E_NONE : KHEAP_E_OUT_OF_MEMORY);
}

/* A mark dies with the boundary that it names. */
static void drop_marks(void)
{
    while (model.marks > 0 && model.mark[model.marks - 1].blocks > model.blocks)
        model.marks--;
}

static void pop(void)
{
    model.blocks--;
    model.top = model.block[model.blocks].payload - model.block[model.blocks].gap;
    drop_marks();
}

static void free_number(size_t number)
{
    bool last = number + 1 == model.blocks;

    kheap_free(&heap, heap.heap_start + model.block[number].payload);
    if (last)
        pop();
    compare(last ? KHEAP_E_NONE : KHEAP_E_OUT_OF_ORDER);
}

static void free_nonsense(size_t offset, enum kheap_fault wanted)
{
    kheap_free(&heap, heap.heap_start + offset);
    compare(wanted);
}

static void resize_last(size_t size)
{
    size_t payload = model.block[model.blocks - 1].payload;
    bool fits = size <= TOTAL - TAG - payload;

    expect("answer", fits, kheap_resize(&heap, heap.heap_start + payload, size));
    if (fits) {
        model.block[model.blocks - 1].size = size;
        model.top = payload + rounded(size) + TAG;
        while (model.marks > 0 && model.mark[model.marks - 1].blocks == model.blocks) /* above the block that moved */
            model.marks--;
    }
    compare(KHEAP_E_NONE);
}

static void set_mark(void)
{
    model.mark[model.marks].mark = kheap_mark(&heap);
    model.mark[model.marks].blocks = model.blocks;
    model.mark[model.marks++].position = model.top;
    compare(KHEAP_E_NONE);
}

static void release_mark(size_t number)
{
    kheap_release(&heap, model.mark[number].mark);
    model.blocks = model.mark[number].blocks;
    model.top = model.mark[number].position;
    model.marks = number;
    compare(KHEAP_E_NONE);
}

/* ---- Every operation, by number --------------------------------------------------------------------------------- */

/* Sizes and alignments at every boundary. LARGEST counts from the largest request that fits. */
#define LARGEST ((size_t)1 << 20)

static const struct {
    enum way way;
    const char *name;
    size_t size, align;
} requests[] = {
    { ALLOC, "alloc", 0, 16 },
    { ALLOC, "alloc", 1, 16 },
    { ALLOC, "alloc", 15, 16 },
    { ALLOC, "alloc", 16, 16 },
    { ALLOC, "alloc", 17, 16 },
    { ALLOC, "alloc", LARGEST, 16 },
    { ALLOC, "alloc", LARGEST + 1, 16 },
    { ALLOC, "alloc", LARGEST - 1, 16 },
    { ALLOC, "alloc", SIZE_MAX, 16 },
    { ALLOC, "alloc", SIZE_MAX - 31, 16 },
    { CALLOC, "calloc", 7, 16 },
    { ALIGNED, "aligned", 1, 1 },
    { ALIGNED, "aligned", 5, 32 },
    { ALIGNED, "aligned", 16, 64 },
    { ALIGNED, "aligned", 0, 128 },
    { ALIGNED, "aligned", 1, 4096 },
    { ALIGNED, "aligned", 1, SIZE_MAX / 2 + 1 },
    { ALIGNED, "aligned", 1, 0 },
    { ALIGNED, "aligned", 1, 3 },
    { ALIGNED, "aligned", 1, SIZE_MAX },
    { TRY, "try", 1, 32 },
    { TRY, "try", LARGEST + 1, 16 },
    { TRY, "try", SIZE_MAX, 64 },
};
static const size_t new_sizes[] = { 0, 1, 16, 17, TOTAL, SIZE_MAX };

#define REQUESTS (sizeof requests / sizeof requests[0])
#define NEW_SIZES (sizeof new_sizes / sizeof new_sizes[0])

static bool do_request(size_t i)
{
    size_t largest = kheap_stats(&heap).largest, size = requests[i].size;

    doing = requests[i].name;
    if (size >= LARGEST - 1 && size <= LARGEST + 1)
        size = largest + size - LARGEST;
    if (model.blocks == MOST_BLOCKS || (size == SIZE_MAX && requests[i].size == LARGEST - 1))
        return false;
    doing_size = size;
    doing_align = requests[i].align;
    allocate(requests[i].way, size, doing_align);
    return true;
}

static bool do_nonsense(size_t i)
{
    static const size_t above[] = { 0, 16 };

    doing = "free nonsense";
    if (i < 2 && model.top + above[i] < TOTAL)
        return free_nonsense(model.top + above[i], KHEAP_E_DOUBLE_FREE), true;
    if (i == 2 && model.blocks > 0)
        return free_nonsense(model.block[0].payload + 1, KHEAP_E_NOT_A_BLOCK), true;
    if (i == 3)
        return free_nonsense(TOTAL, KHEAP_E_NOT_A_BLOCK), true;
    if (i == 4)
        return free_nonsense((size_t)0 - TAG, KHEAP_E_NOT_A_BLOCK), true;
    return false;
}

/* False when there is no such operation in this state. */
static bool operate(size_t i)
{
    fault = KHEAP_E_NONE;
    doing_size = i;
    doing_align = 0;
    if (i < REQUESTS)
        return do_request(i);
    if ((i -= REQUESTS) < MOST_BLOCKS)
        return doing = "free number", i < model.blocks && (free_number(i), true);
    if ((i -= MOST_BLOCKS) < NEW_SIZES)
        return doing = "resize", doing_size = new_sizes[i], model.blocks > 0 && (resize_last(new_sizes[i]), true);
    if ((i -= NEW_SIZES) < MOST_MARKS)
        return doing = "release", i < model.marks && (release_mark(i), true);
    if ((i -= MOST_MARKS) == 0)
        return doing = "mark", model.marks < MOST_MARKS && (set_mark(), true);
    return do_nonsense(i - 1);
}

#define OPERATIONS (REQUESTS + MOST_BLOCKS + NEW_SIZES + MOST_MARKS + 1 + 5)

/* ---- The search ------------------------------------------------------------------------------------------------- */

enum { MOST_STATES = sizeof(void *) == 8 ? 1 << 22 : 1 << 21, SLOTS = 1 << 23 };

static bool only_live; /* bytes tell states apart */

static struct state *states;
static uint32_t *slots; /* hash table: 1 + the number of a state, or 0 */
static size_t state_count;

static size_t bytes_that_count(void)
{
    return only_live ? TAG + model.top : MEMORY;
}

static uint64_t hash_of(void)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < bytes_that_count(); i++)
        hash = (hash ^ memory[i]) * 1099511628211u;
    hash = (hash ^ model.top) * 1099511628211u;
    for (size_t i = 0; i < model.marks; i++)
        hash = (hash ^ model.mark[i].position) * 1099511628211u;
    return hash ^ hash >> 29;
}

static bool is_here(const struct state *state)
{
    return state->model.top == model.top && state->model.marks == model.marks &&
           memcmp(state->model.mark, model.mark, model.marks * sizeof model.mark[0]) == 0 &&
           memcmp(state->memory, memory, bytes_that_count()) == 0;
}

/* Finds or adds the present state; `sequences` more lead to it if it is of the level that is being built. */
static bool remember(uint64_t sequences, size_t level_start)
{
    size_t at = hash_of() % SLOTS;

    for (; slots[at] != 0; at = (at + 1) % SLOTS)
        if (is_here(&states[slots[at] - 1])) {
            if (slots[at] - 1 >= level_start)
                states[slots[at] - 1].sequences += sequences;
            return true;
        }
    if (state_count == MOST_STATES)
        return false;
    states[state_count] = (struct state){ .heap = heap, .model = model, .sequences = sequences };
    memcpy(states[state_count].memory, memory, MEMORY);
    slots[at] = (uint32_t)++state_count;
    return true;
}

static void restore(const struct state *state)
{
    heap = state->heap;
    model = state->model;
    memcpy(memory, state->memory, MEMORY);
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* All operations in one state. False when there is no more room. */
static bool expand(size_t number, size_t level_start, uint64_t *operations)
{
    uint64_t sequences = states[number].sequences;

    for (size_t i = 0; i < OPERATIONS; i++) {
        restore(&states[number]);
        if (!operate(i))
            continue;
        ++*operations;
        if (!remember(sequences, level_start))
            return false;
    }
    return true;
}

int main(int count, char **words)
{
    double limit = count > 1 ? atof(words[1]) : 60;
    only_live = count > 2;
    uint64_t operations = 0;
    size_t from = 0, length = 0;

    states = malloc(MOST_STATES * sizeof states[0]);
    slots = calloc(SLOTS, sizeof slots[0]);
    if (states == NULL || slots == NULL || kheap_init(&heap, memory, MEMORY) != KHEAP_OK)
        return 2;
    remember(1, 0);
    while (from < state_count && seconds() < limit) {
        size_t to = state_count;
        bool whole = true;
        for (; from < to && whole; from++)
            whole = expand(from, to, &operations) && ((from & 1023) != 0 || seconds() < limit);
        if (!whole)
            break;
        printf("length %zu: %zu states so far, %llu operations compared\n", ++length, state_count,
               (unsigned long long)operations);
        fflush(stdout);
    }
    printf("every sequence of up to %zu operations, %zu bits: %zu states, %llu operations compared, no difference%s\n",
           length, 8 * sizeof(void *), state_count, (unsigned long long)operations,
           from == state_count ? "; there are no others" : "");
    return 0;
}
