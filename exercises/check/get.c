/* SPDX-License-Identifier: MIT
 *
 * The checks of steps 1 to 4: the three words, the moving pointer, alignment, the boundary. The guesses are what a likely
 * mistake would have brought instead.
 */
#include "check.h"

#define WORD sizeof(void *)
#define UNWRITTEN (UINTPTR_MAX / 255 * 0x5A)

/* Nothing came: would something come where an address fits into 32 bits? */
static bool lives_below_4_gib(bool (*asked)(struct my_heap *h, unsigned char *page))
{
#if UINTPTR_MAX > UINT32_MAX
    struct my_heap h = { 0 };
    unsigned char *page = home_low_room();

    return page != NULL && asked(&h, page);
#else
    (void)asked;
    return false;
#endif
}

/* ---- Step 1: the three words ------------------------------------------------------------------------------------ */

static bool is_made(struct my_heap *h, unsigned char *page)
{
    return my_init(h, page, LOW_BYTES);
}

static void init_even(void)
{
    fresh_memory(256, 0);
    if (!do_init(&heap, memory, 256))
        EXPECT(TRUTH, "my_init(...)", false, true,
               lives_below_4_gib(is_made) ? "address-cut-short" : "init-unwritten", );
    EXPECT(IN_MEMORY, "heap.heap_start", heap.heap_start, memory, "start-wrong",
           GUESS(memory + 16, "start-adds-sixteen") GUESS(UNWRITTEN, "word-unwritten"));
    EXPECT(IN_MEMORY, "heap.heap_end", heap.heap_end, memory + 256, "end-wrong",
           GUESS(UNWRITTEN, "word-unwritten") GUESS(256, "end-is-size") GUESS(memory + 255, "end-is-last-byte"));
    EXPECT(IN_MEMORY, "heap.free_memory_pointer", heap.free_memory_pointer, memory, "free-wrong",
           GUESS(UNWRITTEN, "free-unset") GUESS(memory + 256, "free-at-end"));
}

/* Both ends lie askew: 5 bytes behind one multiple of 16, 1 behind another. */
static void init_askew(void)
{
    fresh_memory(252, 15);
    EXPECT(TRUTH, "my_init(...)", do_init(&heap, memory, 252), true, "init-refused", );
    EXPECT(IN_MEMORY, "heap.heap_start", heap.heap_start, memory + 11, "start-wrong",
           GUESS(memory, "start-not-aligned") GUESS(memory - 5, "start-rounded-down")
               GUESS(memory + 16, "start-not-aligned"));
    EXPECT(IN_MEMORY, "heap.heap_end", heap.heap_end, memory + 251, "end-wrong",
           GUESS(memory + 252, "end-not-aligned") GUESS(memory + 267, "end-rounded-up")
               GUESS(memory + 263, "end-from-start"));
    EXPECT(IN_MEMORY, "heap.free_memory_pointer", heap.free_memory_pointer, memory + 11, "free-wrong",
           GUESS(memory, "free-at-memory") GUESS(memory + 251, "free-at-end"));
}

/* What was lost at the front is missing at the end: here that costs 16 bytes. */
static void init_lost(void)
{
    fresh_memory(248, 3);
    EXPECT(TRUTH, "my_init(...)", do_init(&heap, memory, 248), true, "init-refused", );
    EXPECT(IN_MEMORY, "heap.heap_end", heap.heap_end, memory + 235, "end-wrong",
           GUESS(memory + 251, "end-forgets-lost"));
}

static void expect_init(bool wanted, void *where, size_t size, const char *diagnosis)
{
    heap = (struct my_heap){ (void *)UNWRITTEN, (void *)UNWRITTEN, (void *)UNWRITTEN };
    EXPECT(TRUTH, "my_init(...)", do_init(&heap, where, size), wanted, diagnosis, );
    if (wanted)
        return;
    EXPECT(ADDRESS, "heap.heap_start", heap.heap_start, UNWRITTEN, "refused-but-written", );
    EXPECT(ADDRESS, "heap.heap_end", heap.heap_end, UNWRITTEN, "refused-but-written", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, UNWRITTEN, "refused-but-written", );
}

static void init_refuses(void)
{
    fresh_memory(43, 0);
    expect_init(false, memory, 20, "too-small-accepted");
    expect_init(false, memory, 4, "lost-wraps");
    expect_init(false, memory, 0, "lost-wraps");
    expect_init(true, memory, 27, "smallest-refused");
    expect_init(false, NULL, 256, "null-accepted");
    blame("null-handle");
    EXPECT(TRUTH, "my_init(NULL, ...)", do_init(NULL, memory, 43), false, "null-accepted", );
}

const struct check checks_init[] = {
    { "even", init_even }, { "askew", init_askew }, { "lost", init_lost }, { "refuses", init_refuses }, { NULL, NULL }
};

/* ---- Step 2: the moving pointer --------------------------------------------------------------------------------- */

static void bump_first(void)
{
    fresh_heap(256);
    unsigned char *moved = start + 32 + tag_bytes(), *a = get(32);

    EXPECT(ADDRESS, "A", a, start, "bump-wrong",
           GUESS(NULL, "alloc-unwritten")
               GUESS(moved, heap.free_memory_pointer == start ? "returns-the-end" : "returns-moved-pointer")
                   GUESS(end - 32, "takes-from-the-end") GUESS(start - 32, "moves-down"));
    EXPECT(ADDRESS, "heap.heap_start", heap.heap_start, start, "moves-the-start", );
    EXPECT(ADDRESS, "heap.heap_end", heap.heap_end, end, "moves-the-end", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, moved, "bump-wrong",
           GUESS(start, "pointer-not-moved") GUESS(start - 32, "moves-down") GUESS(start + 32 * WORD, "moves-by-words")
               GUESS(start + 1, "moves-by-one"));
}

static void bump_second(void)
{
    fresh_heap(256);
    get(32);
    unsigned char *second = heap.free_memory_pointer, *b = get(16);

    EXPECT(ADDRESS, "B", b, second, "bump-wrong", GUESS(start, "always-the-start"));
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, second + 16 + tag_bytes(), "bump-wrong",
           GUESS(start + 16, "moves-from-the-start"));
}

const struct check checks_bump[] = { { "first", bump_first }, { "second", bump_second }, { NULL, NULL } };

/* ---- Step 3: alignment ------------------------------------------------------------------------------------------ */

/* The heap starts 16 bytes behind a multiple of 256 in one, at a multiple of 256 in the other. */
#define BEHIND_256 496
#define AT_256 512

/* The payload is where the free pointer was: was nothing aligned, or the wrong thing? */
static const char *what_was_aligned(void)
{
    if (heap.free_memory_pointer == start + 48)
        return "aligns-the-end";
    unsigned char *second = get_aligned(16, 64);
    return second == start + 64 ? "aligns-the-offset" : "ignores-align";
}

static bool is_given(struct my_heap *h, unsigned char *page)
{
    return my_init(h, page, LOW_BYTES) && my_alloc_aligned(h, 32, 64) != NULL;
}

static void align_start(void)
{
    fresh_heap(BEHIND_256);
    uintptr_t added = (uintptr_t)start + 63;
    unsigned char *a = get_aligned(32, 64);

    if (a == NULL)
        EXPECT(ADDRESS, "A", a, start + 48, lives_below_4_gib(is_given) ? "address-cut-short" : "aligned-unwritten", );
    if (a == start)
        EXPECT(ADDRESS, "A", a, start + 48, what_was_aligned(), );
    EXPECT(ADDRESS, "A", a, start + 48, "align-wrong",
           GUESS(added & 63, "mask-without-not") GUESS(added & ~(uintptr_t)64, "mask-not-minus-one")
               GUESS(start - 16, "rounds-down") GUESS(start + 64, "adds-the-whole-align"));
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start + 80 + tag_bytes(), "align-wrong",
           GUESS(start + 32 + tag_bytes(), "padding-not-passed") GUESS(start + 96 + tag_bytes(), "rounds-too-far"));
}

static void align_already(void)
{
    fresh_heap(AT_256);
    EXPECT(ADDRESS, "A", get_aligned(32, 64), start, "align-wrong", GUESS(start + 64, "pads-the-aligned"));
}

static void align_rounds(void)
{
    fresh_heap(AT_256);
    get_aligned(13, 16);
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start + 16 + tag_bytes(), "align-wrong",
           GUESS(start + 13, "size-not-rounded") GUESS(start + 32, "rounds-too-far"));
    fresh_heap(AT_256);
    get_aligned(32, 16);
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start + 32 + tag_bytes(), "align-wrong",
           GUESS(start + 48, "rounds-too-far"));
    fresh_heap(AT_256);
    get(13);
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start + 16 + tag_bytes(), "align-wrong",
           GUESS(start + 13, "alloc-not-aligned"));
}

static void expect_align_refused(size_t align, const char *diagnosis)
{
    keep_words();
    EXPECT(ADDRESS, "A", get_aligned(32, align), NULL, diagnosis, );
    expect_words_kept(diagnosis, (const struct guess[]){ { 0, NULL } });
}

static void align_powers(void)
{
    fresh_heap(BEHIND_256);
    blame("align-zero");
    expect_align_refused(0, "align-zero");
    blame(NULL);
    expect_align_refused(24, "align-no-power");
    expect_align_refused(3, "align-no-power");
    EXPECT(ADDRESS, "A", get_aligned(32, 1), start, "align-one-refused", );
}

const struct check checks_align[] = { { "start", align_start },
                                      { "already", align_already },
                                      { "rounds", align_rounds },
                                      { "powers", align_powers },
                                      { NULL, NULL } };

/* ---- Step 4: the boundary --------------------------------------------------------------------------------------- */

static void boundary_exact(void)
{
    fresh_heap(256);
    EXPECT(ADDRESS, "A", get(256 - tag_bytes()), start, "boundary-wrong", GUESS(NULL, "exact-fit-refused"));
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, end, "boundary-wrong", );
}

/* Refused, and nothing has changed. */
static void expect_refused(size_t size, size_t align, const char *diagnosis)
{
    unsigned char *before = heap.free_memory_pointer;
    size_t gap = (0 - (uintptr_t)before) % align;

    keep_words();
    blame(diagnosis);
    void *got = align == KHEAP_ALIGN ? get(size) : get_aligned(size, align);
    EXPECT(ADDRESS, align == KHEAP_ALIGN ? "my_alloc(...)" : "my_alloc_aligned(...)", got, NULL, diagnosis, );
    expect_words_kept("moves-then-checks",
                      (const struct guess[]){ { (uintptr_t)before + gap, "refused-past-padding" }, { 0, NULL } });
    blame(NULL);
    expect_nothing_changed("refused-but-wrote");
}

static void boundary_one_more(void)
{
    fresh_heap(256);
    expect_refused(256 - tag_bytes() + 1, KHEAP_ALIGN, "no-boundary");
    expect_refused(4096, KHEAP_ALIGN, "no-boundary");
    get(64);
    expect_refused(256 - tag_bytes(), KHEAP_ALIGN, "compares-the-whole-heap");
}

static void boundary_wraps(void)
{
    fresh_heap(256);
#if UINTPTR_MAX > UINT32_MAX
    expect_refused(((size_t)1 << 32) + 16, KHEAP_ALIGN, "size-cut-short");
#endif
    expect_refused(SIZE_MAX / 4 * 3, KHEAP_ALIGN, "signed-compare"); /* no address that is added to it wraps around */
    expect_refused(SIZE_MAX / 2 + 1, KHEAP_ALIGN, "signed-compare");
    expect_refused(SIZE_MAX - 15, KHEAP_ALIGN, "adds-then-compares");
    expect_refused(SIZE_MAX, KHEAP_ALIGN, "rounding-wraps");
}

static void boundary_padding(void)
{
    fresh_heap(256 - 16); /* 16 bytes behind a multiple of 256 */
    expect_refused(240 - 32 - tag_bytes(), 64, "padding-not-counted");
    expect_refused(16, 65536, "padding-wraps");
    EXPECT(ADDRESS, "A", get_aligned(240 - 48 - tag_bytes(), 64), start + 48, "exact-fit-refused", );
}

static void boundary_zero(void)
{
    fresh_heap(256);
    get(32);
    unsigned char *second = heap.free_memory_pointer;
    EXPECT(ADDRESS, "B", get(0), second, "boundary-wrong", GUESS(NULL, "zero-refused"));
    fresh_heap(256);
    get(256 - 2 * tag_bytes());
    second = heap.free_memory_pointer;
    EXPECT(ADDRESS, "B", get(0), second, "boundary-wrong", GUESS(NULL, "exact-fit-refused"));
    size_t size = (0 - tag_bytes()) % 32; /* then a multiple of 32 leaves just room for the tag */
    fresh_heap(16 + size + tag_bytes());
    EXPECT(ADDRESS, "A", get_aligned(size, 32), start + 16, "exact-fit-refused", );
}

const struct check checks_boundary[] = { { "exact", boundary_exact }, { "one-more", boundary_one_more },
                                         { "wraps", boundary_wraps }, { "padding", boundary_padding },
                                         { "zero", boundary_zero },   { NULL, NULL } };
