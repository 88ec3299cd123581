/* SPDX-License-Identifier: MIT
 *
 * Bytes become calls of the heap, writes that break it, and repairs. A model, an array of blocks, knows what each call
 * has to answer and which bytes it may write. A call on a damaged heap may be refused for the damage instead. What it
 * does not refuse it has to do as if nothing were damaged, and none of what the header lets it look at may be damaged
 * then. kheap_check has to see each damage, and none where there is none.
 *
 * Not tried, because the header's "Misses" names it or no three words could ever tell: a free pointer that is overwritten
 * with another boundary, and more than one of the words wrong, or a word and a tag, at once.
 */
#include "fuzz.h"
#include "kheap.h"

#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

enum { ARENA = 8192, MOST_BLOCKS = 24, MARKS = 4, TAG = KHEAP_TAG_BYTES };

struct block {
    uintptr_t payload;
    size_t size, gap;
    const void *owner;
};

/* A mark, and the block that lay below it; its payload is 0 for none. */
struct saved {
    struct kheap_mark mark;
    struct block below;
    bool good;
};

/* What a repair brings back. `right` is what the memory would hold without the damage. */
static struct state {
    struct kheap heap;
    struct block block[MOST_BLOCKS];
    size_t blocks;
    struct saved mark[MARKS];
    unsigned char right[ARENA];
} now, kept;

static struct input in;
static jmp_buf out_of_promise;
static unsigned char *memory, *edge; /* what the heap was given, and the first byte behind it */
static unsigned char kept_memory[ARENA], before[ARENA];
static struct kheap words_before;
static uintptr_t start, end;                   /* the true words; the true free pointer is top() */
static bool was_boundary[ARENA / KHEAP_ALIGN]; /* a block ended there once */
static enum episode { WHOLE, MEMORY_BROKEN, WORDS_BROKEN } episode;

/* ---- What is right ---------------------------------------------------------------------------------------------- */

static size_t rounded(size_t size)
{
    return (size + KHEAP_ALIGN - 1) / KHEAP_ALIGN * KHEAP_ALIGN;
}

static uintptr_t end_of(const struct block *block)
{
    return block->payload + rounded(block->size) + TAG;
}

static uintptr_t top(void)
{
    return now.blocks == 0 ? start : end_of(&now.block[now.blocks - 1]);
}

static bool range_is_right(uintptr_t from, uintptr_t to)
{
    return memcmp((const void *)from, now.right + (from - FIXED_START), to - from) == 0;
}

/* The bytes that the heap promises to watch: in front of an aligned payload, the slack, the tag. */
static bool block_is_right(const struct block *block)
{
    return (block->gap == 0 || range_is_right(block->payload - KHEAP_ALIGN, block->payload)) &&
           range_is_right(block->payload + block->size, end_of(block));
}

static bool blocks_are_right(size_t from)
{
    for (size_t i = from; i < now.blocks; i++)
        if (!block_is_right(&now.block[i]))
            return false;
    return true;
}

static bool words_are_right(void)
{
    return (uintptr_t)now.heap.heap_start == start && (uintptr_t)now.heap.heap_end == end &&
           (uintptr_t)now.heap.free_memory_pointer == top();
}

/* The tag that ends below the n-th block; the floor for the lowest. */
static bool tag_below_is_right(size_t n)
{
    uintptr_t boundary = n == 0 ? start : end_of(&now.block[n - 1]);

    return range_is_right(boundary - TAG, boundary);
}

/* All that an allocation looks at of the tag below it. */
static bool last_seal_is_right(void)
{
    return tag_below_is_right(now.blocks);
}

/* Two or more words of one tag were written: the header says that such damage can balance out. */
static bool may_balance(uintptr_t boundary)
{
    size_t changed = 0;

    for (size_t n = 1; n <= TAG / sizeof(void *); n++)
        changed += !range_is_right(boundary - n * sizeof(void *), boundary - (n - 1) * sizeof(void *));
    return changed > 1;
}

/* Looked at before each call: one that goes well may write the tag anew. */
static bool balanced;

static void look_for_balance(void)
{
    balanced = start != 0 && may_balance(start);
    for (size_t i = 0; i < now.blocks; i++)
        balanced |= may_balance(end_of(&now.block[i]));
}

/* The heap did not see damage: an input that hits on what balances out ends here, any other is a find. */
static void expect_noticed(bool right)
{
    if (right)
        return;
    EXPECT(balanced, ==, true);
    longjmp(out_of_promise, 1);
}

static bool heap_is_right(void)
{
    return start == 0 || (words_are_right() && tag_below_is_right(0) && blocks_are_right(0));
}

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

static struct kheap_report told;
static unsigned faults;

static bool visit_within(const struct kheap_block *block, void *context)
{
    uintptr_t payload = (uintptr_t)block->payload;

    EXPECT(++*(size_t *)context, <=, ARENA / TAG);
    EXPECT(block->gap, <=, payload - start);
    EXPECT(payload, <, end);
    EXPECT(block->size, <=, end - payload);
    EXPECT(rounded(block->size) + TAG, <=, end - payload);
    return true;
}

/* May be called whatever the damage, from kheap_fault too. */
static void look(void)
{
    size_t count = 0;

    kheap_check(&now.heap, NULL);
    kheap_walk(&now.heap, visit_within, &count);
    kheap_stats(&now.heap);
}

void kheap_fault(const struct kheap_report *report)
{
    EXPECT(report->heap, ==, &now.heap);
    faults++;
    told = *report;
    look();
}

/* ---- Around each call ------------------------------------------------------------------------------------------- */

/* The sanitizer tells bytes apart only in eights, so the first one may have some that are not ours: none may change. */
static unsigned char *first_seen(void)
{
    return edge == memory ? memory : memory - (uintptr_t)memory % 8;
}

static bool unchanged(const unsigned char *from, const unsigned char *to)
{
    return from >= to || memcmp(from, before + (from - first_seen()), (size_t)(to - from)) == 0;
}

static void before_call(void)
{
    memcpy(before, first_seen(), (size_t)(edge - first_seen()));
    look_for_balance();
    words_before = now.heap;
    told = (struct kheap_report){ 0 };
    faults = 0;
}

/* E09 too: where the way down is broken, a good mark is none. */
static bool tells_damage(void)
{
    return told.fault == KHEAP_E_BAD_MARK || told.fault == KHEAP_E_OVERFLOW || told.fault == KHEAP_E_DAMAGED ||
           (told.fault == KHEAP_E_NOT_INITIALISED && now.heap.heap_start == NULL);
}

/* Did the call do what it should, ending with `wanted` and writing only from `writable` on? False when it was refused. */
static bool went_as(enum kheap_fault wanted, uintptr_t writable)
{
    unsigned char *from = start == 0 ? edge : (unsigned char *)writable, *to = start == 0 ? edge : (unsigned char *)end;

    EXPECT(faults, <=, 1);
    if (told.fault != KHEAP_E_NONE) {
        EXPECT(unchanged(first_seen(), edge), ==, true);
        EXPECT(memcmp(&words_before, &now.heap, sizeof now.heap), ==, 0);
        if (!tells_damage() || heap_is_right())
            EXPECT(told.fault, ==, wanted);
        return false;
    }
    EXPECT(wanted, ==, KHEAP_E_NONE);
    EXPECT(unchanged(first_seen(), from), ==, true);
    EXPECT(unchanged(to, edge), ==, true);
    if (from < to)
        memcpy(now.right + (writable - FIXED_START), from, (size_t)(to - from));
    return true;
}

static enum kheap_fault if_born(enum kheap_fault fault)
{
    return start == 0 ? KHEAP_E_NOT_INITIALISED : fault;
}

/* A call was not refused: the words were right, and now they are what they should be. */
static void expect_words(uintptr_t top_before)
{
    EXPECT(words_before.heap_start, ==, start);
    EXPECT(words_before.heap_end, ==, end);
    EXPECT(words_before.free_memory_pointer, ==, top_before);
    EXPECT(words_are_right(), ==, true);
}

/* ---- Choices ---------------------------------------------------------------------------------------------------- */

static size_t some_size(void)
{
    size_t left = end - top(), size;

    switch (next_byte(&in) % 8) {
    case 0: return next_16(&in);
    case 1: return SIZE_MAX - next_byte(&in);
    case 2: return left - next_byte(&in) % 64;
    case 3: return left - TAG + 1 - next_byte(&in) % 3; /* just too much, just right, one less */
    case 4: size = next_byte(&in); return size << next_byte(&in) % (8 * sizeof size);
    default: return next_byte(&in) % 100;
    }
}

static size_t some_align(void)
{
    unsigned choice = next_byte(&in);

    return choice < 240 ? (size_t)1 << choice % (8 * sizeof(size_t)) : choice < 250 ? choice - 240 : SIZE_MAX - choice;
}

static struct block *some_block(void)
{
    unsigned choice = next_byte(&in);

    return now.blocks == 0 ? NULL : &now.block[now.blocks - 1 - choice % now.blocks];
}

/* Any address: in the heap, around it, in a block, nowhere near. */
static uintptr_t some_address(void)
{
    const struct block *block;
    uintptr_t inside;

    switch (next_byte(&in) % 8) {
    case 0: return start - 64 + next_16(&in) % (end - start + 128);
    case 1: return top() + next_byte(&in) % 4 * 8;
    case 2: return end - next_byte(&in) % 4 * 8;
    case 3: return next_byte(&in);
    case 4: return UINTPTR_MAX - next_byte(&in);
    case 5: return start + next_16(&in) % (end - start + 128) / KHEAP_ALIGN * KHEAP_ALIGN;
    default:
        block = some_block();
        inside = next_byte(&in) % 8 == 7 ? next_byte(&in) : 0;
        return block == NULL ? start : block->payload + inside;
    }
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

static bool note_owner(const struct kheap_block *block, void *context)
{
    *(const void **)context = block->owner;
    return false;
}

static void add_block(uintptr_t payload, size_t size, size_t gap)
{
    struct block *block = &now.block[now.blocks++];

    *block = (struct block){ payload, size, gap, NULL };
    kheap_walk(&now.heap, note_owner, &block->owner);
    memset((void *)payload, (int)next_byte(&in), size);
    was_boundary[(top() - FIXED_START) / KHEAP_ALIGN] = true;
}

static bool fits(uintptr_t payload, size_t size)
{
    return payload >= start && payload < end && size <= ARENA && rounded(size) + TAG <= end - payload;
}

static size_t gap_for(size_t align)
{
    return align <= KHEAP_ALIGN ? 0 : (align - top() % align) % align;
}

/* An allocation came back. */
static void got(void *payload, size_t size, size_t align, bool polite)
{
    bool bad = align == 0 || (align & (align - 1)) != 0;
    size_t gap = bad ? 0 : gap_for(align), left = end - top();
    bool room = !bad && gap < left && fits(top() + gap, size);
    enum kheap_fault wanted = bad ? KHEAP_E_BAD_ALIGNMENT : (room || polite) ? KHEAP_E_NONE : KHEAP_E_OUT_OF_MEMORY;
    bool served = went_as(if_born(wanted), top()) && room;

    EXPECT(payload, ==, served ? top() + gap : 0);
    if (told.fault == KHEAP_E_OUT_OF_MEMORY && gap <= ARENA && size <= ARENA)
        EXPECT(told.missing, ==, gap + rounded(size) + TAG - left);
    if (!served)
        return;
    expect_noticed(last_seal_is_right());
    uintptr_t top_before = top();
    add_block((uintptr_t)payload, size, gap);
    expect_words(top_before);
}

static void do_alloc(void)
{
    size_t size = some_size();

    before_call();
    got(kheap_alloc(&now.heap, size), size, KHEAP_ALIGN, false);
}

static void do_aligned(void)
{
    size_t size = some_size(), align = some_align();

    before_call();
    got(kheap_alloc_aligned(&now.heap, size, align), size, align, false);
}

static void do_try(void)
{
    size_t size = some_size(), align = some_align();

    before_call();
    got(kheap_try_alloc(&now.heap, size, align), size, align, true);
}

static void do_calloc(void)
{
    size_t size = some_size(), count = next_byte(&in) % 16 == 0 ? some_size() : next_byte(&in) % 4;
    size_t product = size != 0 && count > SIZE_MAX / size ? SIZE_MAX : count * size;

    before_call();
    unsigned char *payload = kheap_calloc(&now.heap, count, size);
    for (size_t i = 0; payload != NULL && i < product; i++)
        EXPECT(payload[i], ==, 0);
    got(payload, product, KHEAP_ALIGN, false);
}

/* ---- Freeing and resizing --------------------------------------------------------------------------------------- */

/* What a free of this address has to end with. */
static enum kheap_fault verdict_on(uintptr_t address)
{
    if (now.blocks > 0 && address == now.block[now.blocks - 1].payload)
        return KHEAP_E_NONE;
    for (size_t i = 0; i < now.blocks; i++)
        if (address == now.block[i].payload)
            return KHEAP_E_OUT_OF_ORDER;
    return address >= top() && address < end && address % KHEAP_ALIGN == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK;
}

/* What a free or a resize that is not refused has looked at. */
static bool last_is_right(void)
{
    return blocks_are_right(now.blocks - 1) && tag_below_is_right(now.blocks - 1);
}

static void free_address(uintptr_t address)
{
    before_call();
    kheap_free(&now.heap, (void *)address);
    if (address == 0) {
        went_as(KHEAP_E_NONE, end);
        return;
    }
    if (!went_as(if_born(verdict_on(address)), end))
        return;
    expect_noticed(last_is_right());
    uintptr_t top_before = top();
    now.blocks--;
    expect_words(top_before);
}

static void resize_address(uintptr_t address, size_t size)
{
    enum kheap_fault wanted = verdict_on(address);
    struct block *last = now.blocks > 0 ? &now.block[now.blocks - 1] : NULL;
    bool room = wanted == KHEAP_E_NONE && fits(address, size);
    bool right = wanted == KHEAP_E_NONE && last_is_right();
    uintptr_t top_before = top();

    before_call();
    bool answer = kheap_resize(&now.heap, (void *)address, size);
    bool done = went_as(if_born(wanted), room ? address + (size < last->size ? size : last->size) : end) && room;
    EXPECT(answer, ==, done);
    if (!done)
        return;
    expect_noticed(right);
    last->size = size;
    was_boundary[(top() - FIXED_START) / KHEAP_ALIGN] = true;
    expect_words(top_before);
}

static void do_free_last(void)
{
    free_address(now.blocks > 0 ? now.block[now.blocks - 1].payload : 0);
}

static void do_free_any(void)
{
    free_address(some_address());
}

static void do_resize_last(void)
{
    if (now.blocks > 0)
        resize_address(now.block[now.blocks - 1].payload, some_size());
}

static void do_resize_any(void)
{
    uintptr_t address = some_address();

    resize_address(address, some_size());
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

static void do_mark(void)
{
    struct saved *saved = &now.mark[next_byte(&in) % MARKS];

    before_call();
    saved->mark = kheap_mark(&now.heap);
    saved->good = went_as(if_born(KHEAP_E_NONE), end);
    saved->below = now.blocks > 0 ? now.block[now.blocks - 1] : (struct block){ 0 };
    if (saved->good) {
        expect_noticed(tag_below_is_right(now.blocks));
        expect_words(top());
    }
}

static bool same_block(const struct block *a, const struct block *b)
{
    return a->payload == b->payload && a->size == b->size && a->gap == b->gap && a->owner == b->owner;
}

/* How many blocks a release of this mark leaves; SIZE_MAX when it is stale. */
static size_t blocks_below(const struct saved *saved)
{
    if (!saved->good || saved->below.payload == 0)
        return saved->good ? 0 : SIZE_MAX;
    for (size_t i = 0; i < now.blocks; i++)
        if (same_block(&now.block[i], &saved->below))
            return i + 1;
    return SIZE_MAX;
}

static void do_release(void)
{
    const struct saved *saved = &now.mark[next_byte(&in) % MARKS];
    size_t left = blocks_below(saved);

    before_call();
    kheap_release(&now.heap, saved->mark);
    if (!went_as(if_born(left == SIZE_MAX ? KHEAP_E_BAD_MARK : KHEAP_E_NONE), end))
        return;
    expect_noticed(blocks_are_right(left) && tag_below_is_right(left));
    uintptr_t top_before = top();
    now.blocks = left;
    expect_words(top_before);
}

/* One byte of it is not what kheap_mark gave: no heap may take it. */
static void do_release_garbled(void)
{
    struct kheap_mark mark = now.mark[next_byte(&in) % MARKS].mark;

    unsigned char *byte = (unsigned char *)&mark + next_byte(&in) % sizeof mark;
    *byte = (unsigned char)(*byte ^ (next_byte(&in) | 1));
    before_call();
    kheap_release(&now.heap, mark);
    EXPECT(went_as(if_born(KHEAP_E_BAD_MARK), end), ==, false);
}

/* ---- Bytes that may be written ---------------------------------------------------------------------------------- */

static void fill(uintptr_t from, uintptr_t to)
{
    unsigned char byte = (unsigned char)next_byte(&in);

    for (unsigned char *at = (unsigned char *)from; at < (unsigned char *)to; at++)
        *at = byte;
}

static uintptr_t within(uintptr_t address, uintptr_t from, uintptr_t to)
{
    return address < from ? from : address > to ? to : address;
}

static void do_fill_payload(void)
{
    const struct block *block = some_block();

    if (block != NULL)
        fill(block->payload + next_byte(&in) % (block->size + 1), block->payload + block->size);
}

/* Bytes of the heap, tags perhaps, into somebody's payload or into the free part, where they must mean nothing. */
static void do_copy(void)
{
    const struct block *block = some_block();
    uintptr_t from = within(some_address(), (uintptr_t)memory, (uintptr_t)edge);
    uintptr_t to = block != NULL && next_byte(&in) % 2 ? block->payload : top();
    size_t room = to == top() ? end - to : block->size, length = next_byte(&in) % 128;

    length = length < room ? length : room;
    length = length < (uintptr_t)edge - from ? length : (uintptr_t)edge - from;
    if (start != 0)
        memmove((void *)to, (const void *)from, length);
}

static void do_scribble_free(void)
{
    fill(top() + next_byte(&in) % (end - top() + 1), end);
}

/* ---- Bytes that may not ----------------------------------------------------------------------------------------- */

static void begin_episode(enum episode kind)
{
    if (episode == WHOLE) {
        kept = now;
        memcpy(kept_memory, first_seen(), (size_t)(edge - first_seen()));
    }
    episode = kind;
}

static void do_repair(void)
{
    if (episode == WHOLE)
        return;
    now = kept;
    memcpy(first_seen(), kept_memory, (size_t)(edge - first_seen()));
    episode = WHOLE;
}

static void write_bytes(uintptr_t at, size_t count, bool flip)
{
    for (unsigned char *to = (unsigned char *)at; count-- > 0; to++)
        if (to >= memory && to < edge)
            *to = (unsigned char)(flip ? *to ^ next_byte(&in) : next_byte(&in));
}

/* Where a write goes wrong: behind a block, in front of one, in the floor, anywhere. */
static uintptr_t some_target(void)
{
    const struct block *block = some_block();
    unsigned choice = next_byte(&in), distance = next_byte(&in);

    if (choice % 4 == 0 || block == NULL)
        return start - TAG + distance % TAG;
    if (choice % 4 == 1)
        return (uintptr_t)memory + (distance | next_byte(&in) << 8) % (size_t)(edge - memory);
    return choice % 4 == 2 ? block->payload + block->size + distance % 48 : block->payload - 1 - distance % 48;
}

static void do_break_bytes(void)
{
    if (start == 0 || episode == WORDS_BROKEN)
        return;
    begin_episode(MEMORY_BROKEN);
    uintptr_t at = some_target();
    unsigned how = next_byte(&in);
    write_bytes(at, 1 + how / 2 % 32, how % 2 == 0);
}

/* A word of a tag becomes one that could mean something. */
static void do_break_tag(void)
{
    const struct block *block = some_block();
    uintptr_t value = next_byte(&in) % 2 ? some_size() : some_address();

    if (start == 0 || episode == WORDS_BROKEN)
        return;
    begin_episode(MEMORY_BROKEN);
    uintptr_t tag = (block == NULL ? start : end_of(block)) - TAG;
    memcpy((unsigned char *)tag + next_byte(&in) % 4 * sizeof value, &value, sizeof value);
}

static bool is_other_boundary(unsigned char *at)
{
    uintptr_t offset = (uintptr_t)at - FIXED_START;

    return offset % KHEAP_ALIGN == 0 && offset < ARENA && was_boundary[offset / KHEAP_ALIGN];
}

static void do_break_words(void)
{
    unsigned char **words[] = { &now.heap.heap_start, &now.heap.heap_end, &now.heap.free_memory_pointer };
    unsigned char **word = words[next_byte(&in) % 3], *value = (unsigned char *)some_address();
    unsigned how = next_byte(&in);

    if (how % 2)
        value = (unsigned char *)((uintptr_t)*word + (uintptr_t)((int)next_byte(&in) - 128) * (how % 4 == 1 ? 16 : 1));
    if (start == 0 || episode != WHOLE || (word == &now.heap.free_memory_pointer && is_other_boundary(value)))
        return;
    begin_episode(WORDS_BROKEN);
    *word = value;
}

/* ---- What has to hold after each step --------------------------------------------------------------------------- */

static bool visit_model(const struct kheap_block *block, void *context)
{
    size_t n = --*(size_t *)context;
    const struct block seen = { (uintptr_t)block->payload, block->size, block->gap, block->owner };

    EXPECT(n, <, now.blocks);
    EXPECT(same_block(&now.block[n], &seen), ==, true);
    return true;
}

static void compare_stats(void)
{
    struct kheap_stats stats = kheap_stats(&now.heap);
    size_t payload = 0, left = end - top();

    for (size_t i = 0; i < now.blocks; i++)
        payload += now.block[i].size;
    EXPECT(stats.used, ==, top() - start);
    EXPECT(stats.free, ==, left);
    EXPECT(stats.largest, ==, left >= TAG ? left - TAG : 0);
    EXPECT(stats.blocks, ==, now.blocks);
    EXPECT(stats.payload, ==, payload);
    EXPECT(stats.tags, ==, now.blocks * TAG);
    EXPECT(stats.padding, ==, stats.used - stats.payload - stats.tags);
}

static void compare(void)
{
    struct kheap_report report;
    size_t left = now.blocks;
    bool right = heap_is_right();
    enum kheap_fault found = kheap_check(&now.heap, &report);

    look_for_balance();
    EXPECT(found, ==, report.fault);
    if (found == if_born(KHEAP_E_NONE))
        expect_noticed(right);
    else
        EXPECT(right, ==, false);
    if (!right) {
        look();
        return;
    }
    EXPECT(kheap_walk(&now.heap, visit_model, &left), ==, if_born(KHEAP_E_NONE));
    EXPECT(left, ==, 0);
    compare_stats();
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

static void (*const steps[])(void) = {
    do_alloc,    do_alloc,         do_aligned,     do_try,         do_calloc,    do_free_last,       do_free_last,
    do_free_any, do_resize_last,   do_resize_any,  do_mark,        do_release,   do_release_garbled, do_fill_payload,
    do_copy,     do_scribble_free, do_break_bytes, do_break_bytes, do_break_tag, do_break_words,     do_repair,
};

#define STEPS (sizeof steps / sizeof steps[0])

/* What the heap is given: a piece of the arena, of which all the rest is forbidden; or nonsense, which it must refuse. */
static size_t choose_memory(void)
{
    unsigned choice = next_byte(&in), offset = next_byte(&in) % 64;
    size_t size = next_16(&in);

    __asan_unpoison_memory_region((void *)FIXED_START, ARENA);
    memset((void *)FIXED_START, (int)next_byte(&in), ARENA);
    __asan_poison_memory_region((void *)FIXED_START, ARENA);
    memory = edge = (unsigned char *)FIXED_START + 64 + offset;
    if (choice >= 250)
        return SIZE_MAX - size % 512;
    size = choice < 64 ? size % 256 : size % (ARENA - 64 - 64);
    edge = memory + size;
    __asan_unpoison_memory_region(memory, size);
    return size;
}

static enum kheap_status status_of(uintptr_t at, size_t size)
{
    uintptr_t first = at + (0 - at) % KHEAP_ALIGN, last = (at + size) / KHEAP_ALIGN * KHEAP_ALIGN;

    if (at == 0)
        return KHEAP_NULL;
    if (at + size < at)
        return KHEAP_WRAPS;
    return first + 2 * TAG + KHEAP_ALIGN > last ? KHEAP_TOO_SMALL : KHEAP_OK;
}

static void start_heap(void)
{
    size_t size = choose_memory();
    bool null = next_byte(&in) == 255;

    memset(&now, 0, sizeof now);
    memset(was_boundary, 0, sizeof was_boundary);
    episode = WHOLE;
    start = end = 0;
    before_call();
    enum kheap_status status = kheap_init(&now.heap, null ? NULL : memory, size);
    EXPECT(status, ==, status_of(null ? 0 : (uintptr_t)memory, size));
    EXPECT(kheap_init(NULL, memory, size), ==, KHEAP_NULL);
    if (status == KHEAP_OK) {
        start = (uintptr_t)memory + (0 - (uintptr_t)memory) % KHEAP_ALIGN + TAG;
        end = (uintptr_t)(memory + size) / KHEAP_ALIGN * KHEAP_ALIGN;
        was_boundary[(start - FIXED_START) / KHEAP_ALIGN] = true;
    }
    went_as(KHEAP_E_NONE, start - TAG);
    EXPECT(words_are_right(), ==, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static void *arena;

    if (arena == NULL)
        arena = mmap((void *)FIXED_START, ARENA, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    EXPECT(arena, ==, FIXED_START);
    in = (struct input){ bytes, bytes + length };
    start_heap();
    while (setjmp(out_of_promise) == 0 && in.at < in.end) {
        unsigned step = next_byte(&in) % STEPS;
        if (step > 4 || now.blocks < MOST_BLOCKS)
            steps[step]();
        compare();
    }
    return 0;
}
