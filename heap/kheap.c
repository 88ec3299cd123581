/* SPDX-License-Identifier: MIT
 *
 * kheap, the heap of three words: the heart. What each call promises stands in kheap.h, how a tag lies in memory in
 * kheap_tag.h; here stands how the free pointer moves. What looks for damage and tells it is kheap_look.c.
 *
 * Every operation has one order: look at everything, write only into the free part, and move one word last.
 */
#include "kheap_tag.h"

#define CALLER __builtin_return_address(0)

/* Nearly all blocks have no gap, so they get a way of their own, in line. Built for size (-Os) there is only the other. */
#ifdef __OPTIMIZE_SIZE__
#define QUICK 0
#define INLINE static
#else
#define QUICK 1
#define INLINE static inline __attribute__((always_inline))
#endif
#define APART static __attribute__((noinline))
/* Its return address is the one of who called, also where a linker optimises across files. */
#define CALL __attribute__((noinline))

_Static_assert(sizeof(struct kheap) == 3 * sizeof(void *), "the heap is three words");
_Static_assert(TAG == KHEAP_TAG_BYTES && TAG % KHEAP_ALIGN == 0, "a payload after a tag is aligned");
_Static_assert(sizeof(size_t) == WORD && sizeof(void *) == WORD, "a size and an address fill a word");

/* Writes the tag below a boundary, above all that lives, and gives the boundary. */
INLINE unsigned char *put_tag(unsigned char *boundary, uintptr_t place, size_t size, size_t gap, const void *owner)
{
    set_below(boundary, FENCE, fence_word(gap));
    set_below(boundary, SIZE, size_word(size));
    set_below(boundary, OWNER, (uintptr_t)owner);
    set_below(boundary, SEAL, place + size_word(size) + (uintptr_t)owner + fence_word(gap));
    return boundary;
}

enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size)
{
    size_t lost = (size_t)(0 - address_of(memory)) % KHEAP_ALIGN; /* up to the first aligned byte */

    if (h == NULL || memory == NULL)
        return KHEAP_NULL;
    if (size > UINTPTR_MAX - address_of(memory))
        return KHEAP_WRAPS;
    if (size < lost + 2 * TAG + KHEAP_ALIGN)
        return KHEAP_TOO_SMALL;

    h->heap_start = up(memory, lost + TAG);
    h->heap_end = up(memory, lost + (size - lost) / KHEAP_ALIGN * KHEAP_ALIGN);
    h->free_memory_pointer = put_tag(h->heap_start, place_of(h, h->heap_start), FLOOR_SIZE, 0, NULL);
    return KHEAP_OK;
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

/* KHEAP_ALIGN bytes of poison from here on. */
INLINE void poison(unsigned char *from)
{
    for (size_t n = 0; n < KHEAP_ALIGN / WORD; n++)
        set_at(up(from, n * WORD), POISON);
}

/* before:  ... tag ] |<------------- free ------------->
 * after:   ... tag ][ gap | payload | slack | tag ] |<--
 * Compared with what is left, one part after the other: what is added fits, so nothing wraps. */
INLINE void *take(struct kheap *h, size_t size, size_t gap, const void *owner)
{
    unsigned char *from = h->free_memory_pointer;
    size_t room = free_bytes(h);

    if (!in_order(h) || gap > room || size > room - gap)
        return NULL;
    size_t taken = taken_by(size);
    if (taken > room - gap || !sealed(h, from))
        return NULL;

    uintptr_t place = place_of(h, from) + gap + taken;
    unsigned char *payload = up(from, gap);
    if (gap != 0) {
        poison(down(payload, KHEAP_ALIGN));
        set_below(payload, 1, POISON + gap);
    }
    poison(up(payload, size)); /* slack and more; the tag comes over that */
    h->free_memory_pointer = put_tag(up(payload, taken), place, size, gap, owner);
    return payload;
}

static void *take_aligned(struct kheap *h, size_t size, size_t align, bool polite, const void *owner)
{
    void *payload =
        power_of_two(align) ? take(h, size, padding(address_of(h->free_memory_pointer), align), owner) : NULL;

    return payload != NULL ? payload : kheap_refuse_alloc(h, size, align, polite, owner);
}

CALL void *kheap_alloc(struct kheap *h, size_t size)
{
    void *payload = QUICK ? take(h, size, 0, CALLER) : NULL;

    return payload != NULL ? payload : take_aligned(h, size, KHEAP_ALIGN, false, CALLER);
}

CALL void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align)
{
    return take_aligned(h, size, align, false, CALLER);
}

CALL void *kheap_try_alloc(struct kheap *h, size_t size, size_t align)
{
    return take_aligned(h, size, align, true, CALLER);
}

static void clear(unsigned char *from, size_t bytes)
{
    /*@ loop invariant 0 <= i <= bytes;
      @ loop invariant \forall integer k; 0 <= k < i ==> from[k] == 0;
      @ loop assigns i, from[0 .. bytes - 1];
      @ loop variant bytes - i; */
    for (size_t i = 0; i < bytes; i++)
        *up(from, i) = 0;
}

/* count * size, or SIZE_MAX, which never fits, when that wraps. By doubling: a small processor cannot divide. */
static size_t product(size_t count, size_t size)
{
    size_t sum = 0;

    /*@ loop invariant sum + count * size == \at(count, Pre) * \at(size, Pre);
      @ loop assigns sum, count, size;
      @ loop variant count; */
    while (count != 0) {
        if (count % 2 != 0 && size > SIZE_MAX - sum)
            return SIZE_MAX;
        sum += count % 2 != 0 ? size : 0;
        count /= 2;
        if (count != 0 && size > SIZE_MAX / 2)
            return SIZE_MAX;
        size *= 2;
    }
    return sum;
}

CALL void *kheap_calloc(struct kheap *h, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    unsigned char *payload = take_aligned(h, bytes, KHEAP_ALIGN, false, CALLER);

    if (payload != NULL)
        clear(payload, bytes);
    return payload;
}

/* ---- Freeing ---------------------------------------------------------------------------------------------------- */

/* From the end of the payload on all is poison, up to where FENCE begins and some of it. If so, and the tag is sealed, then
 * all of FENCE is poison too: a gap begins with another byte. */
INLINE bool fenced(const unsigned char *payload, const unsigned char *boundary, uintptr_t size)
{
    const unsigned char *end = up(payload, size_told(size));

    if (word_at(end) != POISON)
        return false;
    if (size % 16 < 8) /* 8 to 15 bytes of slack */
        for (size_t n = 0; n < 8 / WORD; n++)
            if (word_at(up(end, WORD + n * WORD)) != POISON)
                return false;
    return WORD == 8 || size % 8 >= 4 || word_at(down(boundary, TAG + WORD - 1)) == POISON;
}

/* `block` is the payload of the last block, which has no gap, and all that guards it is as the heap left it. */
INLINE bool quick_last(const struct kheap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;

    if (block < h->heap_start || block >= boundary || boundary > h->heap_end || address_of(boundary) % KHEAP_ALIGN != 0)
        return false;
    uintptr_t size = word_below(boundary, SIZE);
    if (up(block, taken_told(size)) != boundary || !sealed(h, boundary))
        return false;
    return fenced(block, boundary, size) && sealed(h, block);
}

static bool all_poison(const unsigned char *from, const unsigned char *to)
{
    for (; from != to; from = up(from, 1))
        if (*from != KHEAP_SLACK_BYTE)
            return false;
    return true;
}

/* The fill in front of a payload is whole, and tells the same gap as the tag. */
static bool sound_gap(const struct kheap *h, const unsigned char *payload, size_t gap)
{
    return possible_gap(h, payload, gap) && word_below(payload, 1) == POISON + gap &&
           all_poison(down(payload, KHEAP_ALIGN), down(payload, WORD));
}

/* Where the block begins that ends at a boundary whose tag is sealed, if all around it is as the heap left it; or NULL.
 * The tag that lies there is sealed as well. */
static unsigned char *begin_of(const struct kheap *h, const unsigned char *boundary)
{
    uintptr_t size = word_below(boundary, SIZE);
    size_t taken = taken_told(size), gap = gap_told(word_below(boundary, FENCE));

    if (taken > distance(h->heap_start, boundary) || taken < TAG)
        return NULL;
    unsigned char *payload = down(boundary, taken);
    if (!all_poison(up(payload, size_told(size)), down(boundary, TAG)) || (gap != 0 && !sound_gap(h, payload, gap)))
        return NULL;
    unsigned char *begin = down(payload, gap);
    return sealed(h, begin) ? begin : NULL;
}

/* The three words are in order, and the tag at the free pointer is sealed: they vouch for each other. */
static bool top_sealed(const struct kheap *h)
{
    return h->heap_start != NULL && in_order(h) && sealed(h, h->free_memory_pointer);
}

/* Where the last block begins, if `block` is its payload. */
static unsigned char *begin_of_last(const struct kheap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;

    if (!top_sealed(h) || boundary == h->heap_start || up(block, taken_told(word_below(boundary, SIZE))) != boundary)
        return NULL;
    return begin_of(h, boundary);
}

/* Gives the last block back, or says why not. */
APART void free_last(struct kheap *h, const unsigned char *block, const void *caller)
{
    if (block == NULL)
        return;

    unsigned char *begin = begin_of_last(h, block);
    if (begin != NULL)
        h->free_memory_pointer = begin;
    else
        kheap_refuse_free(h, block, caller);
}

/* before:  ... tag ][ gap | payload | slack | tag ] |<--
 * after:   ... tag ] |<------------- free -------------> */
CALL void kheap_free(struct kheap *h, void *block)
{
    if (QUICK && quick_last(h, block))
        h->free_memory_pointer = block;
    else
        free_last(h, block, CALLER);
}

CALL bool kheap_resize(struct kheap *h, void *block, size_t size)
{
    unsigned char *payload = block, *begin = begin_of_last(h, block);

    if (begin == NULL) {
        kheap_refuse_free(h, block, CALLER);
        return false;
    }
    size_t room = distance(payload, h->heap_end);
    if (size > room || taken_by(size) > room)
        return false;

    const void *owner = (const void *)word_below(h->free_memory_pointer, OWNER);
    unsigned char *boundary = up(payload, taken_by(size));
    poison(up(payload, size));
    h->free_memory_pointer = put_tag(boundary, place_of(h, boundary), size, distance(begin, payload), owner);
    return true;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

CALL struct kheap_mark kheap_mark(const struct kheap *h)
{
    if (top_sealed(h))
        return (struct kheap_mark){ h->free_memory_pointer, fingerprint(h->free_memory_pointer) };
    kheap_refuse_mark(h, CALLER);
    return (struct kheap_mark){ 0 };
}

/* Walks down to the mark, looking at each block that would go. A stale tag may still lie in somebody's payload, so only
 * a boundary that the walk meets counts. */
static bool leads_to(const struct kheap *h, struct kheap_mark mark)
{
    const unsigned char *at = h->free_memory_pointer;

    if (!top_sealed(h))
        return false;
    while (at != NULL && at > h->heap_start && address_of(at) > address_of(mark.position))
        at = begin_of(h, at);
    return at != NULL && at == mark.position && fingerprint(at) == mark.seal;
}

CALL void kheap_release(struct kheap *h, struct kheap_mark mark)
{
    if (leads_to(h, mark))
        h->free_memory_pointer = mark.position;
    else
        kheap_refuse_release(h, mark, CALLER);
}
