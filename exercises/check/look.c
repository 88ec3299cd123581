/* SPDX-License-Identifier: MIT
 *
 * The checks of steps 5 and 6: figures that sum, and a tag that remembers.
 */
#include "check.h"

/* ---- Step 5: stats ---------------------------------------------------------------------------------------------- */

static size_t room_for(size_t free_bytes)
{
    return free_bytes > tag_bytes() ? free_bytes - tag_bytes() : 0;
}

/* The figures, beside what the three words say. */
static void expect_stats(size_t requested)
{
    size_t used = (size_t)(heap.free_memory_pointer - start), left = (size_t)(end - heap.free_memory_pointer);
    size_t whole = used + left;

    keep_words();
    struct my_stats s = stats();
    expect_words_kept("stats-change-the-heap", (const struct guess[]){ { 0, NULL } });
    EXPECT(BYTES, "stats.used", s.used, used, "used-wrong",
           GUESS(0, "stats-unwritten") GUESS(left, "used-and-free-swapped") GUESS(requested, "counts-requests")
               GUESS(used / sizeof(void *), "counts-words") GUESS(whole, "used-is-whole"));
    EXPECT(BYTES, "stats.free", s.free, left, "free-figure-wrong",
           GUESS(whole, "free-is-whole") GUESS(whole - requested, "counts-requests")
               GUESS(left / sizeof(void *), "counts-words") GUESS(used, "used-and-free-swapped")
                   GUESS(0, "stats-unwritten"));
    EXPECT(BYTES, "stats.largest", s.largest, room_for(left), "largest-wrong",
           GUESS(0, "largest-unwritten") GUESS(left - tag_bytes() - 1, "largest-one-less")
               GUESS(whole, "largest-is-whole") GUESS(left - tag_bytes(), "largest-wraps")
                   GUESS(left, "largest-forgets-tag"));
}

static void stats_two(void)
{
    fresh_heap(512);
    get(32);
    get(13);
    expect_stats(45);
}

static void stats_empty(void)
{
    fresh_heap(256);
    expect_stats(0);
}

/* Full, and so full that not even a tag fits any more. */
static void stats_full(void)
{
    fresh_heap(256);
    get(256 - tag_bytes());
    expect_stats(256 - tag_bytes());
    fresh_heap(256);
    get(256 - 16 - tag_bytes());
    expect_stats(256 - 16 - tag_bytes());
}

const struct check checks_stats[] = {
    { "two", stats_two }, { "empty", stats_empty }, { "full", stats_full }, { NULL, NULL }
};

/* ---- Step 6: the tag -------------------------------------------------------------------------------------------- */

static const struct my_tag *tag_at(const unsigned char *where)
{
    return (const struct my_tag *)(const void *)where;
}

static void tag_place(void)
{
    fresh_heap(512);
    unsigned char *a = get(21), *moved = heap.free_memory_pointer;

    EXPECT(ADDRESS, "A", a, start, "tag-wrong", GUESS(start + TAG, "tag-in-front"));
    if (moved == start + 32 && tag_at(moved)->size == 21)
        EXPECT(ADDRESS, "heap.free_memory_pointer", moved, moved + TAG, "pointer-not-past-tag", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", moved, start + 32 + TAG, "tag-wrong",
           GUESS(start + 32, "no-room-for-tag") GUESS(start + 21 + TAG, "tag-not-aligned")
               GUESS(start + 32 + sizeof(size_t), "tag-one-word"));
    EXPECT(BYTES, "tag->size", (tag_at(moved) - 1)->size, 21, "tag-wrong",
           GUESS(UINTPTR_MAX / 255 * FRESH_BYTE, "tag-size-forgotten") GUESS(32, "tag-keeps-rounded"));
}

static void expect_block(const unsigned char *boundary, const unsigned char *payload, size_t size,
                         const unsigned char *newest)
{
    struct my_block b;

    EXPECT(TRUTH, "my_block_below(...)", block_below(boundary, &b), true, "block-below-unwritten", );
    if (boundary != heap.free_memory_pointer)
        EXPECT(ADDRESS, "b.payload", b.payload, payload, "payload-wrong", GUESS(newest, "only-the-last"));
    EXPECT(BYTES, "b.size", b.size, size, "size-wrong", );
    EXPECT(ADDRESS, "b.payload", b.payload, payload, "payload-wrong",
           GUESS(boundary - TAG - size, "payload-not-rounded") GUESS(boundary - rounded(size), "payload-forgets-tag")
               GUESS(boundary - TAG, "payload-is-tag"));
    EXPECT(BYTES, "b.gap", b.gap, 0, "gap-wrong", );
}

static void tag_read(void)
{
    struct my_block b;

    fresh_heap(512);
    unsigned char *a = get(20), *above_a = heap.free_memory_pointer, *second = get(100);
    expect_block(heap.free_memory_pointer, second, 100, second);
    expect_block(above_a, a, 20, second);
    EXPECT(TRUTH, "my_block_below(&heap, heap_start, &b)", block_below(start, &b), false, "reads-below-start", );
}

/* The tag needs room as well. */
static void tag_boundary(void)
{
    fresh_heap(256);
    blame("tag-not-in-boundary");
    keep_words();
    EXPECT(ADDRESS, "A", get(256 - TAG + 1), NULL, "tag-not-in-boundary", );
    expect_words_kept("tag-not-in-boundary", (const struct guess[]){ { 0, NULL } });
    EXPECT(ADDRESS, "A", get(256 - TAG), start, "tag-wrong", GUESS(NULL, "tag-counted-twice"));
    fresh_heap(TAG);
    blame("tag-not-in-boundary");
    EXPECT(ADDRESS, "A", get_aligned(0, 64), NULL, "tag-not-in-boundary", );
}

/* What is left is less than a tag: none of the bytes, where a tag is as small as they are dealt out. */
static void tag_no_room(void)
{
    fresh_heap(256);
    get(256 - TAG - (TAG - KHEAP_ALIGN));
    blame("tag-wraps");
    keep_words();
    EXPECT(ADDRESS, "B", get(0), NULL, "tag-wraps", );
    EXPECT(ADDRESS, "B", get(KHEAP_ALIGN), NULL, "tag-wraps", );
    expect_nothing_changed("tag-wraps");
}

static void tag_largest(void)
{
    stats_two();
    stats_empty();
    stats_full();
}

const struct check checks_tag[] = { { "place", tag_place },       { "read", tag_read },
                                    { "boundary", tag_boundary }, { "no-room", tag_no_room },
                                    { "largest", tag_largest },   { NULL, NULL } };
