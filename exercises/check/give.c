/* SPDX-License-Identifier: MIT
 *
 * The checks of steps 7 to 10: giving back, refusing, the padding, and what was written over.
 */
#include "check.h"

static unsigned char *a, *b, *c;

/* Three blocks: 20, 100 and 35 bytes; the last takes neither the 16 bytes of a narrow tag nor the 32 of a wide one. */
static void three_blocks(void)
{
    fresh_heap(512);
    a = get(20);
    b = get(100);
    c = get(35);
}

/* ---- Step 7: free the last one ---------------------------------------------------------------------------------- */

static void expect_given(unsigned char *block, size_t size, const char *stays)
{
    unsigned char *before = heap.free_memory_pointer;

    EXPECT(FAULT, "my_free(...)", give(block), ALL_WELL, "last-refused", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, block, "free-moves-wrong",
           GUESS(before, stays) GUESS(before - size, "only-the-size") GUESS(before - size - TAG, "slack-forgotten")
               GUESS(before - rounded(size), "tag-forgotten") GUESS(block - TAG, "neighbours-tag")
                   GUESS(block + rounded(size), "payload-kept") GUESS(start, "frees-everything"));
}

static void free_deep(void)
{
    three_blocks();
    expect_given(c, 35, "free-unwritten");
    expect_given(b, 100, "only-once");
    expect_given(a, 20, "only-once");
}

static void free_again(void)
{
    three_blocks();
    expect_given(c, 35, "free-unwritten");
    c = get(40);
    EXPECT(ADDRESS, "D", c, b + rounded(100) + TAG, "free-moves-wrong", );
    expect_given(c, 40, "only-once");
    expect_given(b, 100, "only-once");
    b = get(1);
    expect_given(b, 1, "only-once");
    expect_given(a, 20, "only-once");
}

static void free_null(void)
{
    three_blocks();
    keep_words();
    blame("null-crashes");
    EXPECT(FAULT, "my_free(&heap, NULL, ...)", give(NULL), ALL_WELL, "null-refused", );
    expect_words_kept("null-frees", (const struct guess[]){ { 0, NULL } });
}

const struct check checks_free[] = {
    { "deep", free_deep }, { "again", free_again }, { "null", free_null }, { NULL, NULL }
};

/* ---- Step 8: refuse --------------------------------------------------------------------------------------------- */

static void expect_kept(void)
{
    expect_nothing_changed("refused-but-moved");
}

static void refuse_order(void)
{
    three_blocks();
    keep_words();
    enum my_fault fault = give(a);
    EXPECT(FAULT, "my_free(&heap, A, ...)", fault, OUT_OF_ORDER,
           fault == ALL_WELL && heap.free_memory_pointer == c   ? "pops-without-comparing"
           : fault == ALL_WELL && heap.free_memory_pointer == a ? "believes-the-pointer"
                                                                : "refusal-unwritten",
           GUESS(NOT_A_BLOCK, "does-not-walk") GUESS(DOUBLE_FREE, "live-called-free"));
    expect_kept();
    EXPECT(ADDRESS, "culprit.payload", culprit.payload, c, "culprit-wrong",
           GUESS(a, "names-the-asked") GUESS(b, "names-the-next"));
    EXPECT(BYTES, "culprit.size", culprit.size, 35, "culprit-wrong", );
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), OUT_OF_ORDER, "refusal-unwritten", );
    expect_kept();
}

static void refuse_double(void)
{
    three_blocks();
    give(c);
    keep_words();
    EXPECT(FAULT, "my_free(&heap, C, ...)", give(c), DOUBLE_FREE, "double-wrong",
           GUESS(NOT_A_BLOCK, "edge-of-free-part") GUESS(OUT_OF_ORDER, "double-as-order")
               GUESS(ALL_WELL, "double-accepted"));
    expect_kept();
    give(b);
    keep_words();
    EXPECT(FAULT, "my_free(&heap, C, ...)", give(c), DOUBLE_FREE, "double-wrong", );
    expect_kept();
}

static void refuse_empty(void)
{
    three_blocks();
    give(c);
    give(b);
    give(a);
    keep_words();
    blame("empty-heap-read");
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), DOUBLE_FREE, "empty-heap-read", );
    expect_kept();
}

static void expect_no_block(unsigned char *pointer, const char *diagnosis)
{
    EXPECT(FAULT, "my_free(...)", give(pointer), NOT_A_BLOCK, "no-block-wrong",
           GUESS(OUT_OF_ORDER, diagnosis) GUESS(DOUBLE_FREE, "outside-as-double"));
    expect_kept();
}

static void refuse_strangers(void)
{
    static unsigned char elsewhere[64];

    three_blocks();
    keep_words();
    expect_no_block(a + 4, "middle-as-order");
    expect_no_block(c + 4, "middle-as-order");
    expect_no_block(end, "outside-as-order");
    expect_no_block(end + 64, "outside-as-order");
    expect_no_block(start - 64, "outside-as-order");
    expect_no_block(elsewhere, "outside-as-order");
}

const struct check checks_refuse[] = { { "order", refuse_order },
                                       { "double", refuse_double },
                                       { "empty", refuse_empty },
                                       { "strangers", refuse_strangers },
                                       { NULL, NULL } };

/* ---- Step 9: the padding comes back ----------------------------------------------------------------------------- */

/* A block without a gap, and one with: its alignment is 128. */
static size_t with_gap(void)
{
    fresh_heap(1024 - 16);
    a = get(20);
    unsigned char *before = heap.free_memory_pointer;
    b = get_aligned(40, 128);
    return (size_t)(b - before);
}

static void padding_told(void)
{
    struct my_block block;
    size_t gap = with_gap();

    block_below(heap.free_memory_pointer, &block);
    EXPECT(BYTES, "b.size", block.size, 40, "size-wrong", GUESS(40 + gap, "gap-in-size"));
    EXPECT(BYTES, "b.gap", block.gap, gap, "gap-wrong",
           GUESS(0, "gap-unwritten") GUESS(UINTPTR_MAX / 255 * FRESH_BYTE, "gap-unwritten") GUESS(128, "gap-is-align")
               GUESS(0xA5, "gap-wrong"));
    block_below(b - gap, &block);
    EXPECT(BYTES, "b.gap", block.gap, 0, "gap-wrong", GUESS(UINTPTR_MAX / 255 * FRESH_BYTE, "gap-not-cleared"));
}

static void padding_back(void)
{
    size_t gap = with_gap();

    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "compares-with-gap", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, b - gap, "gap-moves-wrong",
           GUESS(b, "padding-lost") GUESS(b - 128, "gives-back-align") GUESS(b + gap, "gap-added"));
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "compares-with-gap", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start, "gap-moves-wrong", );
}

/* The way down leads over the gap. */
static void padding_below(void)
{
    with_gap();
    c = get(5);
    keep_words();
    blame("walk-ignores-gap");
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), OUT_OF_ORDER, "walk-wrong",
           GUESS(NOT_A_BLOCK, "walk-ignores-gap"));
    expect_kept();
    EXPECT(FAULT, "my_free(&heap, C, ...)", give(c), ALL_WELL, "walk-wrong", );
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "compares-with-gap", );
    EXPECT(FAULT, "my_free(&heap, A, ...)", give(a), ALL_WELL, "padding-lost", );
    EXPECT(ADDRESS, "heap.free_memory_pointer", heap.free_memory_pointer, start, "padding-lost", );
}

const struct check checks_padding[] = {
    { "told", padding_told }, { "back", padding_back }, { "below", padding_below }, { NULL, NULL }
};

/* ---- Step 10: overflow noticed ---------------------------------------------------------------------------------- */

static enum my_fault look(void)
{
    return check_below(heap.free_memory_pointer);
}

/* Three blocks of which none was written past its end. */
static void overflow_none(void)
{
    fresh_heap(512);
    a = get(13);
    EXPECT(FAULT, "my_check(...)", look(), ALL_WELL, "false-alarm", GUESS(DAMAGED, "seal-does-not-hold"));
    EXPECT(HEX, "*(A + 13)", a[13], KHEAP_SLACK_BYTE, "slack-not-filled", );
    EXPECT(HEX, "*(A + 15)", a[15], KHEAP_SLACK_BYTE, "slack-half-filled", );
    EXPECT(HEX, "*(A + 16)", a[16], KHEAP_SLACK_BYTE, "guard-unwritten", );
    get_aligned(16, 64);
    EXPECT(FAULT, "my_check(...)", look(), ALL_WELL, "false-alarm", GUESS(DAMAGED, "seal-does-not-hold"));
    fresh_heap(16 + TAG); /* behind the tag somebody else's memory begins */
    blame("fill-too-far");
    get(13);
}

/* One byte, changed and put back. */
static enum my_fault look_at_change(unsigned char *at, unsigned char byte)
{
    unsigned char before = *at;

    poke(at, byte);
    enum my_fault fault = look();
    *at = before;
    return fault;
}

static void overflow_slack(void)
{
    fresh_heap(512);
    a = get(13);
    enum my_fault first = look_at_change(a + 13, 'X'), last = look_at_change(a + 15, 0);
    EXPECT(FAULT, "my_check(...)", first, OVERFLOW, last == OVERFLOW ? "first-byte-skipped" : "slack-not-compared", );
    EXPECT(FAULT, "my_check(...)", last, OVERFLOW, "only-first-byte", );
}

static struct my_tag *last_tag(void)
{
    return (struct my_tag *)(void *)heap.free_memory_pointer - 1;
}

static void overflow_exact(void)
{
    fresh_heap(512);
    a = get(16);
    EXPECT(FAULT, "my_check(...)", look_at_change(a + 16, 0), OVERFLOW, "guard-not-compared",
           GUESS(DAMAGED, "guard-after-seal"));
    EXPECT(FAULT, "my_check(...)", look_at_change(a + 16 + sizeof(uintptr_t) - 1, 0), OVERFLOW, "guard-half-compared",
           GUESS(DAMAGED, "guard-after-seal"));
    poke_size(last_tag(), UINTPTR_MAX / 255 * 'X'); /* a long write: over the guard and on */
    EXPECT(FAULT, "my_check(...)", look_at_change(a + 16, 'X'), OVERFLOW, "guard-half-compared",
           GUESS(DAMAGED, "guard-after-seal") GUESS(ALL_WELL, "huge-unseen"));
}

#define WORD sizeof(uintptr_t)

/* Each byte of a word of the tag by itself: the lowest, one that still makes a size or gap that has room, the highest. */
static void expect_sealed(unsigned char *word, unsigned char low, const char *unsealed)
{
    EXPECT(FAULT, "my_check(...)", look_at_change(word, low), DAMAGED, unsealed, );
    EXPECT(FAULT, "my_check(...)", look_at_change(word + 2, 1), DAMAGED, "seal-cut-short", );
    EXPECT(FAULT, "my_check(...)", look_at_change(word + WORD - 1, 0x7F), DAMAGED, "huge-unseen", );
}

/* Size and gap, each in the other's place: their sum is as it was, and so is any mixture of them as equals. */
static void overflow_swap(void)
{
    struct my_tag *tag = last_tag(), before = *tag;

    poke_size(tag, before.gap);
    poke_gap(tag, before.size);
    EXPECT(FAULT, "my_check(...)", look(), DAMAGED, "seal-cancels", );
    *tag = before;
}

static void overflow_tag(void)
{
    fresh_heap(100000);
    get(70000);
    get_aligned(40, 128);
    blame("damage-followed");
    unsigned char *tag = (unsigned char *)last_tag();
    const size_t seal = offsetof(struct my_tag, seal);
    EXPECT(FAULT, "my_check(...)", look_at_change(tag + seal, tag[seal] ^ 1), DAMAGED, "seal-not-compared", );
    expect_sealed(tag + offsetof(struct my_tag, size), 24, "seal-without-size");
    expect_sealed(tag + offsetof(struct my_tag, gap), 0, "seal-without-gap");
    overflow_swap();
}

static void overflow_free(void)
{
    fresh_heap(512);
    get(32);
    b = get(13);
    poke(b + 13, 'X');
    keep_words();
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), OVERFLOW, "free-does-not-check", );
    expect_words_kept("checks-too-late", (const struct guess[]){ { 0, NULL } });
    EXPECT(ADDRESS, "culprit.payload", culprit.payload, b, "overflow-unnamed", );
    b[13] = KHEAP_SLACK_BYTE;
    EXPECT(FAULT, "my_free(&heap, B, ...)", give(b), ALL_WELL, "false-alarm", );
}

const struct check checks_overflow[] = { { "none", overflow_none },   { "slack", overflow_slack },
                                         { "exact", overflow_exact }, { "tag", overflow_tag },
                                         { "free", overflow_free },   { NULL, NULL } };
