/* SPDX-License-Identifier: MIT
 *
 * The learner's heap in the place of the kernel's: the calls of kheap.h, each made of the few that my_heap.h has. The
 * kernel's struct kheap and struct my_heap are the same three words. Whatever the learner's code answers is looked at
 * twice before it is followed, so that a wrong heap still leaves a prompt to look at it with.
 */
#include "kheap.h"
#include "my_heap.h"

#include "base/string.h"
#include "kernel.h"
#include "machine.h"

_Static_assert(sizeof(struct kheap) == sizeof(struct my_heap) &&
                   offsetof(struct kheap, heap_start) == offsetof(struct my_heap, heap_start) &&
                   offsetof(struct kheap, heap_end) == offsetof(struct my_heap, heap_end) &&
                   offsetof(struct kheap, free_memory_pointer) == offsetof(struct my_heap, free_memory_pointer),
               "one set of three words, under two names");
_Static_assert(TAG == KHEAP_TAG_BYTES, "the kernel draws the tags as large as kheap's");

#define CALLER __builtin_return_address(0)

static struct my_heap *mine(const struct kheap *h)
{
    return (struct my_heap *)(uintptr_t)h;
}

static size_t distance(const void *from, const void *to)
{
    return (size_t)((uintptr_t)to - (uintptr_t)from);
}

static size_t rounded(size_t size)
{
    return (size + (KHEAP_ALIGN - 1)) / KHEAP_ALIGN * KHEAP_ALIGN;
}

/* ---- The beginning ---------------------------------------------------------------------------------------------- */

/* One tag's room stays below the start, as kheap has its floor there. */
enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size)
{
    if (size < 2 * TAG + KHEAP_ALIGN)
        return KHEAP_TOO_SMALL;
    if (my_init(mine(h), (unsigned char *)memory + TAG, size - TAG))
        return KHEAP_OK;
    kprintf("No heap: my_init() in my_heap.c answered false for %zu bytes of memory.\n"
            "Next: ./minios learn\n",
            size - TAG);
    machine_stop(EXIT_NO_START);
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

static bool words_in_order(const struct kheap *h)
{
    return h->heap_start <= h->free_memory_pointer && h->free_memory_pointer <= h->heap_end;
}

/* The learner's answer, once it is sure to lead down to a place between the start and where it comes from. */
static bool block_below(const struct kheap *h, const unsigned char *boundary, struct my_block *b)
{
    if (boundary <= h->heap_start || distance(h->heap_start, boundary) < TAG || !my_block_below(mine(h), boundary, b))
        return false;
    size_t room = distance(h->heap_start, boundary) - TAG;
    return b->payload >= h->heap_start && b->payload < boundary && b->gap <= distance(h->heap_start, b->payload) &&
           b->size <= room - b->gap && distance(b->payload, boundary) == rounded(b->size) + TAG;
}

/* A tag of the learner does not know who asked; the call that wrote it stands in for that. */
static struct kheap_block told(const struct my_block *b)
{
    return (struct kheap_block){ b->payload, b->size, b->gap, (const char *)my_alloc_aligned + 1 };
}

/* Before step 6 no block can be read at all. That is no damage: the heap cannot know yet. */
static bool tells_blocks(const struct kheap *h)
{
    struct my_block b;

    return h->free_memory_pointer == h->heap_start || my_block_below(mine(h), h->free_memory_pointer, &b);
}

static enum kheap_fault check_words(const struct kheap *h)
{
    return h->heap_start == NULL ? KHEAP_E_NOT_INITIALISED : words_in_order(h) ? KHEAP_E_NONE : KHEAP_E_DAMAGED;
}

enum kheap_fault kheap_walk(const struct kheap *h, bool (*visit)(const struct kheap_block *block, void *context),
                            void *context)
{
    const unsigned char *boundary = h->free_memory_pointer;
    struct my_block b;

    if (check_words(h) != KHEAP_E_NONE)
        return check_words(h);
    while (block_below(h, boundary, &b)) {
        struct kheap_block block = told(&b);
        if (!visit(&block, context))
            return KHEAP_E_NONE;
        boundary = b.payload - b.gap;
    }
    return boundary == h->heap_start ? KHEAP_E_NONE : KHEAP_E_DAMAGED;
}

static bool add_up(const struct kheap_block *block, void *context)
{
    struct kheap_stats *s = context;

    s->blocks++;
    s->payload += block->size;
    s->tags += TAG;
    return true;
}

/* used, free and largest as the learner's heap tells them, and what only a walk can count. */
struct kheap_stats kheap_stats(const struct kheap *h)
{
    struct my_stats stats = my_stats(mine(h));
    struct kheap_stats s = { .used = stats.used, .free = stats.free, .largest = stats.largest };

    kheap_walk(h, add_up, &s);
    s.padding = s.used > s.payload + s.tags ? s.used - s.payload - s.tags : 0;
    return s;
}

/* Where the block that ends at `boundary` was written over, from its last byte up to its guard. */
static void find_overflow(const unsigned char *boundary, struct kheap_report *r)
{
    const unsigned char *tag = boundary - TAG, *from = tag;

    if (r->block.payload != NULL)
        from = (const unsigned char *)r->block.payload + r->block.size;
    for (const unsigned char *at = tag + sizeof(uintptr_t); at-- > from;)
        if (*at != KHEAP_SLACK_BYTE) {
            r->address = at;
            r->changed++;
        }
}

static enum kheap_fault tell_damage(const struct kheap *h, const unsigned char *boundary, enum kheap_fault fault,
                                    struct kheap_report *r)
{
    struct my_block b;

    r->fault = fault;
    r->address = boundary - TAG;
    r->block = block_below(h, boundary, &b) ? told(&b) : (struct kheap_block){ 0 };
    if (fault == KHEAP_E_OVERFLOW)
        find_overflow(boundary, r);
    return fault;
}

enum kheap_fault kheap_check(const struct kheap *h, struct kheap_report *report)
{
    struct kheap_report ignored, *r = report != NULL ? report : &ignored;
    const unsigned char *boundary = h->free_memory_pointer;
    struct my_block b;

    *r = (struct kheap_report){ .fault = check_words(h), .heap = h, .address = h };
    if (r->fault != KHEAP_E_NONE || !tells_blocks(h))
        return r->fault;
    while (boundary > h->heap_start) {
        enum kheap_fault fault = (enum kheap_fault)my_check(mine(h), boundary);
        if (fault != KHEAP_E_NONE)
            return tell_damage(h, boundary, fault, r);
        if (!block_below(h, boundary, &b))
            return tell_damage(h, boundary, KHEAP_E_DAMAGED, r);
        boundary = b.payload - b.gap;
    }
    return KHEAP_E_NONE;
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

/* The learner's heap says only no. What it had to say no to is seen from outside. */
static void refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller)
{
    struct kheap_report r = { .heap = h, .caller = caller, .wanted = size, .align = align };
    size_t left = distance(h->free_memory_pointer, h->heap_end);

    if (h->heap_start == NULL) {
        r.fault = KHEAP_E_NOT_INITIALISED;
    } else if (align == 0 || (align & (align - 1)) != 0) {
        r.fault = KHEAP_E_BAD_ALIGNMENT;
    } else {
        size_t need = TAG + (0 - (uintptr_t)h->free_memory_pointer) % align;
        if (left >= need && left - need >= size) {
            kprintf("my_alloc answered NULL, and yet %zu bytes are free: see my_heap.c\n", left);
            return;
        }
        r.fault = KHEAP_E_OUT_OF_MEMORY;
        r.missing = size > SIZE_MAX - need - KHEAP_ALIGN ? SIZE_MAX : rounded(size) + need - left;
    }
    if (r.fault != KHEAP_E_OUT_OF_MEMORY || !polite)
        kheap_fault(&r);
}

static void *alloc(struct kheap *h, size_t size, size_t align, bool polite, const void *caller)
{
    void *payload = align == KHEAP_ALIGN ? my_alloc(mine(h), size) : my_alloc_aligned(mine(h), size, align);

    if (payload == NULL)
        refuse_alloc(h, size, align, polite, caller);
    return payload;
}

void *kheap_alloc(struct kheap *h, size_t size)
{
    return alloc(h, size, KHEAP_ALIGN, false, CALLER);
}

void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align)
{
    return alloc(h, size, align, false, CALLER);
}

void *kheap_try_alloc(struct kheap *h, size_t size, size_t align)
{
    return alloc(h, size, align, true, CALLER);
}

void *kheap_calloc(struct kheap *h, size_t count, size_t size)
{
    size_t bytes;
    bool wraps = __builtin_mul_overflow(count, size, &bytes);
    void *payload = alloc(h, wraps ? SIZE_MAX : bytes, KHEAP_ALIGN, false, CALLER);

    return payload != NULL ? memset(payload, 0, bytes) : NULL;
}

/* ---- Giving back ------------------------------------------------------------------------------------------------ */

struct search {
    uintptr_t wanted;
    size_t above;
    struct kheap_block found;
};

/* The block that holds the address, and how many stand above it. */
static bool look_for(const struct kheap_block *block, void *context)
{
    struct search *s = context;
    uintptr_t payload = (uintptr_t)block->payload;

    if (s->wanted < payload - block->gap) {
        s->above++;
        return true;
    }
    s->found = *block;
    return false;
}

static void refuse_free(const struct kheap *h, const void *block, enum my_fault fault, const struct my_block *culprit,
                        const void *caller)
{
    struct kheap_report r = { .fault = (enum kheap_fault)fault, .heap = h, .address = block, .caller = caller };
    struct search s = { .wanted = (uintptr_t)block };

    if (fault == OVERFLOW || fault == DAMAGED) {
        tell_damage(h, h->free_memory_pointer, r.fault, &r);
        if (r.block.payload == NULL) /* its tag is gone; the caller still knows where it began */
            r.block = (struct kheap_block){ (void *)(uintptr_t)block, 0, 0, (const char *)my_alloc_aligned + 1 };
    } else if (block >= (void *)h->heap_start && block < (void *)h->free_memory_pointer) {
        kheap_walk(h, look_for, &s);
        r.block = s.found;
        r.above = s.above;
        r.newest = told(culprit);
    }
    kheap_fault(&r);
}

/* True when the learner's heap took it back. */
static bool give_back(struct kheap *h, void *block, const void *caller)
{
    struct my_block culprit = { 0 };
    struct kheap_report r = { .fault = KHEAP_E_NOT_INITIALISED, .heap = h, .caller = caller };

    if (h->heap_start == NULL) {
        kheap_fault(&r);
        return false;
    }
    enum my_fault fault = my_free(mine(h), block, &culprit);
    if (fault != ALL_WELL)
        refuse_free(h, block, fault, &culprit, caller);
    return fault == ALL_WELL;
}

void kheap_free(struct kheap *h, void *block)
{
    if (block != NULL)
        give_back(h, block, CALLER);
}

/* Given back, and asked for again at the same place: the largest power of two that the payload is a multiple of brings it
 * there, as no other multiple lies between. */
bool kheap_resize(struct kheap *h, void *block, size_t size)
{
    struct kheap before = *h;
    uintptr_t payload = (uintptr_t)block;

    if (!give_back(h, block, CALLER))
        return false;
    if (my_alloc_aligned(mine(h), size, payload & (0 - payload)) == block)
        return true;
    *h = before;
    return false;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

struct kheap_mark kheap_mark(const struct kheap *h)
{
    struct kheap_report r = { .fault = KHEAP_E_NOT_INITIALISED, .heap = h, .caller = CALLER };

    if (h->heap_start == NULL)
        kheap_fault(&r);
    return (struct kheap_mark){ h->free_memory_pointer, 0 };
}

/* Is it where a block of this heap ends, or where the first one begins? */
static bool is_boundary(const struct kheap *h, const unsigned char *position)
{
    const unsigned char *boundary = h->free_memory_pointer;
    struct my_block b;

    while (boundary > position && block_below(h, boundary, &b))
        boundary = b.payload - b.gap;
    return boundary == position && position != NULL;
}

void kheap_release(struct kheap *h, struct kheap_mark mark)
{
    struct kheap_report r = { .fault = KHEAP_E_BAD_MARK, .heap = h, .address = mark.position, .caller = CALLER };
    struct my_block b;

    if (h->heap_start == NULL || !is_boundary(h, mark.position)) {
        r.fault = h->heap_start == NULL ? KHEAP_E_NOT_INITIALISED : KHEAP_E_BAD_MARK;
        kheap_fault(&r);
        return;
    }
    while (h->free_memory_pointer > mark.position && block_below(h, h->free_memory_pointer, &b)) {
        const unsigned char *before = h->free_memory_pointer;
        if (!give_back(h, b.payload, CALLER) || h->free_memory_pointer >= before)
            return;
    }
}
