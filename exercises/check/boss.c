/* SPDX-License-Identifier: MIT
 *
 * The last level: what a small check does not see. Two heaps at once, deep stacks, large sizes, damage far below; then
 * 100,000 random calls beside a model that is nothing but a list of blocks.
 */
#include "check.h"
#include "say.h"

#define WHOLE (3u << 20)

/* Two heaps share nothing: what one does the other does not notice. */
static void boss_two_heaps(void)
{
    static unsigned char others[512] __attribute__((aligned(16)));

    fresh_heap(512);
    unsigned char *a = get(32);
    do_init(&other_heap, others, sizeof others);
    unsigned char *theirs = my_alloc(&other_heap, 16);
    EXPECT(ADDRESS, "my_alloc(&other_heap, 16)", theirs, others, "state-outside", );
    unsigned char *b = get(32);
    EXPECT(ADDRESS, "B", b, a + 32 + TAG, "state-outside", );
    EXPECT(FAULT, "my_free(&other_heap, ...)", my_free(&other_heap, theirs, &culprit), ALL_WELL, "state-outside", );
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "state-outside", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "state-outside", );
}

static void boss_deep(void)
{
    fresh_heap(WHOLE);
    unsigned char *a = get(16), *last = a;

    for (int i = 0; i < 300; i++)
        last = get(16);
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), OUT_OF_ORDER, "walk-gives-up", );
    for (int i = 300; i > 0; i--, last -= 16 + TAG)
        EXPECT(FAULT, "my_free(...)", give(last), ALL_WELL, "walk-gives-up", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "walk-gives-up", );
}

static void boss_large(void)
{
    struct my_block block;

    fresh_heap(WHOLE);
    unsigned char *a = get(70000);
    block_below(heap.free_memory_pointer, &block);
    EXPECT(BYTES, "b.size", block.size, 70000, "size-cut-short", );
    unsigned char *before = heap.free_memory_pointer, *b = get_aligned(16, 1u << 18);
    block_below(heap.free_memory_pointer, &block);
    EXPECT(BYTES, "b.gap", block.gap, (size_t)(b - before), "gap-cut-short", );
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "gap-cut-short", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "size-cut-short", );
}

#if UINTPTR_MAX > UINT32_MAX
#define GIB ((size_t)1 << 30)

static void vast_heap(size_t bytes)
{
    do_init(&heap, memory, bytes);
    start = memory;
    end = memory + bytes;
    EXPECT(ADDRESS, "heap.heap_end", heap.heap_end, end, "size-cut-short", );
}

/* A block of 5 GiB, of which only the last pages are there. */
static void vast_size(void)
{
    const size_t size = 5 * GIB + 13;
    struct my_block block;

    blame("size-cut-short");
    unsigned char *a = get(size);
    EXPECT(ADDRESS, "A", a, start, "size-cut-short", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start + rounded(size) + TAG,
           "size-cut-short", );
    EXPECT(TRUTH, "my_block_below(...)", block_below(heap.free_memory_pointer, &block), true, "size-cut-short", );
    EXPECT(BYTES, "b.size", block.size, size, "size-cut-short", );
    struct my_stats told = stats();
    EXPECT(BYTES, "stats.used", told.used, rounded(size) + TAG, "size-cut-short", );
    EXPECT(BYTES, "stats.free", told.free, memory_bytes - rounded(size) - TAG, "size-cut-short", );
}

/* All that changes lies in the upper halves. */
static void vast_seal(void)
{
    struct my_tag *tag = (struct my_tag *)(void *)heap.free_memory_pointer - 1;

    blame("seal-cut-short");
    poke_size(tag, GIB + 13);
    EXPECT(FAULT, "my_check(...)", check_below(heap.free_memory_pointer), DAMAGED, "seal-cut-short", );
    poke_size(tag, 5 * GIB + 13);
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(start), ALL_WELL, "size-cut-short", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start, "size-cut-short", );
}

#define VAST_GAP (12 * GIB - VAST_BEFORE)

/* Up to a multiple of 16 GiB: the gap alone needs more than 32 bits. */
static void vast_gap(void)
{
    struct my_block block;

    blame("gap-cut-short");
    unsigned char *a = get_aligned(16, 16 * GIB);
    EXPECT(ADDRESS, "A", a, start + VAST_GAP, "gap-cut-short", );
    EXPECT(TRUTH, "my_block_below(...)", block_below(heap.free_memory_pointer, &block), true, "gap-cut-short", );
    EXPECT(BYTES, "b.gap", block.gap, VAST_GAP, "gap-cut-short", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "gap-cut-short", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start, "gap-cut-short", );
}

/* Does it write over what it gives? Then nobody can wait for a block of many GiB. */
static bool fills_payloads(void)
{
    fresh_heap(8192);
    watch(false);
    unsigned char *a = get(4096);
    return a != NULL && a[2048] != FRESH_BYTE;
}

static void boss_vast(void)
{
    if (fills_payloads() || !vast_memory(14 * GIB) || !open_pages(memory + 5 * GIB + 4096) ||
        !open_pages(memory + VAST_GAP)) {
        say("left-out vast\n");
        return;
    }
    vast_heap(14 * GIB);
    vast_size();
    vast_seal();
    vast_gap();
    vast_memory(11 * GIB); /* in which no multiple of 16 GiB lies */
    vast_heap(11 * GIB);
    blame("gap-cut-short");
    EXPECT(ADDRESS, "A", get_aligned(16, 16 * GIB), NULL, "gap-cut-short", );
}
#else
static void boss_vast(void)
{
}
#endif

/* A block of no bytes is a block: it has an address of its own and can be given back. */
static void boss_zero(void)
{
    fresh_heap(512);
    unsigned char *a = get(0), *b = get(0);

    EXPECT(ADDRESS, "B", b, a + TAG, "zero-shared", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), OUT_OF_ORDER, "zero-shared", );
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "zero-shared", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "zero-shared", );
}

/* B's tag is nonsense, and somebody asks for A: the way down may not be followed there. */
static void expect_stopped(uintptr_t size)
{
    fresh_heap(512);
    unsigned char *a = get(32);
    get(32);
    struct my_tag *tag = (struct my_tag *)(void *)heap.free_memory_pointer - 1;
    get(32);
    blame("damage-followed");
    poke_size(tag, size);
    keep_words();
    EXPECT(TRUTH, "my_free(&heap, A, ...) == ALL_WELL", give(a) == ALL_WELL, false, "damage-followed", );
    expect_nothing_changed("damage-followed");
}

static void boss_damage(void)
{
    expect_stopped(UINTPTR_MAX / 2);
    expect_stopped(0 - (uintptr_t)(32 + TAG));
    expect_stopped(0 - (uintptr_t)TAG);
    expect_stopped(0);
}

/* Nobody has called my_init: the three words are zero. */
static void boss_unborn(void)
{
    static unsigned char elsewhere[64];

    fresh_heap(512);
    blame("unborn-heap");
    memset(&other_heap, 0, sizeof other_heap);
    EXPECT(ADDRESS, "my_alloc(&unborn, 16)", my_alloc(&other_heap, 16), NULL, "unborn-heap", );
    EXPECT(FAULT, "my_free(&unborn, ...)", my_free(&other_heap, elsewhere, &culprit), NOT_A_BLOCK, "unborn-heap", );
}

/* ---- 100,000 random calls --------------------------------------------------------------------------------------- */

#define CALLS 100000
#define MOST_LIVE 200

static struct {
    unsigned char *payload, *begin;
    size_t size;
    unsigned char first, last;
} live[MOST_LIVE];

static int depth;
static uint32_t state;

/* A linear congruential generator; its high bits are the random ones (Knuth 2, 3.3.4). */
static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static void random_get(void)
{
    static const size_t most[] = { 1, 17, 100, 5000, 400000 };
    size_t size = chance((uint32_t)most[chance(5)] + 1), align = (size_t)1 << chance(chance(20) == 0 ? 16 : 8);
    size_t gap = (0 - (uintptr_t)heap.free_memory_pointer) & (align - 1),
           left = (size_t)(end - heap.free_memory_pointer);
    bool fits = left >= gap + TAG && left - gap - TAG >= size;
    unsigned char *before = heap.free_memory_pointer, *payload = get_aligned(size, align);

    EXPECT(ADDRESS, "my_alloc_aligned(...)", payload, fits ? before + gap : NULL, "boss-alloc", );
    if (!fits)
        return;
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, payload + rounded(size) + TAG,
           "boss-alloc", );
    live[depth].payload = payload;
    live[depth].begin = before;
    live[depth].size = size;
    if (size != 0) {
        live[depth].first = payload[0] = (unsigned char)chance(256);
        live[depth].last = payload[size - 1] = size == 1 ? payload[0] : (unsigned char)chance(256);
    }
    depth++;
}

static void random_give(void)
{
    unsigned char *payload = live[depth - 1].payload;
    size_t size = live[depth - 1].size;

    if (size != 0) {
        EXPECT(HEX, "*payload", payload[0], live[depth - 1].first, "boss-bytes", );
        EXPECT(HEX, "*(payload + size - 1)", payload[size - 1], live[depth - 1].last, "boss-bytes", );
    }
    EXPECT(FAULT, "my_free(...)", give(payload), ALL_WELL, "boss-free", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, live[depth - 1].begin, "boss-free", );
    depth--;
}

static void random_wrong(void)
{
    unsigned char *before = heap.free_memory_pointer;
    enum my_fault wanted = OUT_OF_ORDER;
    unsigned char *payload = live[chance((uint32_t)depth)].payload;

    if (payload == live[depth - 1].payload) {
        wanted = chance(2) ? DOUBLE_FREE : NOT_A_BLOCK;
        payload = wanted == DOUBLE_FREE ? heap.free_memory_pointer : payload - 1;
    }
    if (payload >= end)
        return;
    EXPECT(FAULT, "my_free(...)", give(payload), payload < start ? NOT_A_BLOCK : wanted, "boss-refuse", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, before, "boss-refuse", );
}

static void boss_random(void)
{
    fresh_heap(WHOLE);
    watch(false);
    state = 4;
    depth = 0;
    for (int i = 0; i < CALLS; i++) {
        uint32_t what = chance(16);
        if (depth == 0 || (what < 8 && depth < MOST_LIVE))
            random_get();
        else if (what < 15)
            random_give();
        else
            random_wrong();
    }
    while (depth > 0)
        random_give();
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start, "boss-free", );
}

const struct check checks_boss[] = {
    { "two-heaps", boss_two_heaps }, { "deep", boss_deep },     { "large", boss_large },
    { "vast", boss_vast },           { "zero", boss_zero },     { "damage", boss_damage },
    { "unborn", boss_unborn },       { "random", boss_random }, { NULL, NULL }
};
