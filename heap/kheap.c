/* SPDX-License-Identifier: MIT
 *
 * kheap, the heap of three words: the heart. What each call promises stands in kheap.h, how a tag lies in memory in
 * kheap_tag.h; here stands how the free pointer moves. What looks for damage and tells it is kheap_look.c.
 *
 * Every operation has one order: look at everything, write only into the free part, and move one word last.
 * Notes that begin with @ are for the proof: tests/proof/proof.c says what they mean.
 */
#include "kheap_tag.h"

/* Writes the tag below a boundary, above all that lives, and gives the boundary. */
APART unsigned char *put_tag(const struct kheap *h, unsigned char *boundary, const void *owner, size_t size, size_t gap)
{
    uintptr_t told = size_word(size), fence = fence_word(gap);

    set_below(boundary, FENCE, fence);
    set_below(boundary, SIZE, told);
    set_below(boundary, OWNER, (uintptr_t)owner);
    set_below(boundary, SEAL, seal_for(size_of_heap(h), boundary, told, (uintptr_t)owner, fence));
    return boundary;
}

enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size)
{
    if (h == NULL || memory == NULL)
        return KHEAP_NULL;
    if (size > UINTPTR_MAX - address_of(memory))
        return KHEAP_WRAPS;
    size_t lost = to_multiple(address_of(memory)); /* up to the first aligned byte */
    if (size < lost + 2 * TAG + KHEAP_ALIGN)
        return KHEAP_TOO_SMALL;

    h->heap_start = up(memory, lost + TAG);
    h->heap_end = up(memory, size - (address_of(memory) + size) % KHEAP_ALIGN);
    h->free_memory_pointer = put_tag(h, h->heap_start, NULL, FLOOR_SIZE, 0);
    return KHEAP_OK;
}

/* A boundary within the heap, aligned, and its tag keeps the equation. */
INLINE bool stands(const struct kheap *h, const unsigned char *boundary)
{
    return distance(boundary, h->heap_end) <= size_of_heap(h) && address_of(boundary) % KHEAP_ALIGN == 0 &&
           sealed(size_of_heap(h), boundary);
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

/* KHEAP_ALIGN bytes of poison from here on. */
static void poison(unsigned char *from)
{
    /*@ POISONING */
    for (size_t n = 0; n < KHEAP_ALIGN; n += QUICK ? WORD : 1)
        if (QUICK)
            set_at(up(from, n), POISON);
        else
            *up(from, n) = KHEAP_SLACK_BYTE;
}

/* The quick way, without a gap: the words are in order, and there is room for the request, its tag, and all slack that there
 * can be. `left` is less than `room` unless it wraps. */
INLINE bool quick_room(const struct kheap *h, const unsigned char *from, size_t total, size_t size)
{
    size_t room = distance(from, h->heap_end), left = room - size;

    return room <= total && address_of(from) % KHEAP_ALIGN == 0 && left <= room && left >= TAG + KHEAP_ALIGN - 1;
}

/* The poison reaches over the tag's place, so the tag comes later; and FENCE after the word that may lie over it, for what was
 * just stored a processor hands on at once only if it was one store. */
WITHIN unsigned char *put_quick(unsigned char *from, size_t total, size_t size)
{
    unsigned char *end = up(from, size), *boundary = boundary_of(from, size);

    /*@ POISONING_FROM_ABOVE */
    for (size_t n = KHEAP_ALIGN / WORD - 1; n > 0; n--)
        set_at(up(end, n * WORD), POISON);
    set_below(boundary, SIZE, size_word(size));
    set_at(end, POISON);
    set_below(boundary, FENCE, POISON);
    uintptr_t owner = (uintptr_t)CALLER;
    set_below(boundary, OWNER, owner);
    set_below(boundary, SEAL, seal_for(total, boundary, word_below(boundary, SIZE), owner, POISON));
    return boundary;
}

/* before:  ... tag ] |<------------- free ------------->
 * after:   ... tag ][ payload | slack | tag ] |<--------- */
WITHIN bool take_quick(struct kheap *h, unsigned char *from, size_t size)
{
    size_t total = size_of_heap(h);

    if (!QUICK || !quick_room(h, from, total, size) || !sealed(total, from))
        return false;
    h->free_memory_pointer = put_quick(from, total, size);
    return true;
}

/* before:  ... tag ] |<------------- free ------------->
 * after:   ... tag ][ gap | payload | slack | tag ] |<-- */
APART void *take(struct kheap *h, size_t size, size_t align, bool polite, const void *owner)
{
    unsigned char *from = h->free_memory_pointer;
    size_t gap = padding(address_of(from), align);

    if (!power_of_two(align) || !fits(free_bytes(h), gap, size) || !stands(h, from))
        return kheap_refuse_alloc(h, size, align, polite, owner);

    unsigned char *payload = up(from, gap);
    if (gap != 0) {
        poison(down(payload, KHEAP_ALIGN));
        set_below(payload, 1, POISON + gap);
    }
    poison(up(payload, size)); /* slack and more; the tag comes over that */
    h->free_memory_pointer = put_tag(h, boundary_of(payload, size), owner, size, gap);
    return payload;
}

CALL void *kheap_alloc(struct kheap *h, size_t size)
{
    unsigned char *from = h->free_memory_pointer;

    return take_quick(h, from, size) ? from : take(h, size, KHEAP_ALIGN, false, CALLER);
}

/* A power of two has no bit in common with what is one less, nor has a multiple of it. */
INLINE bool no_gap(const unsigned char *from, size_t align)
{
    return ((address_of(from) | align) & (align - 1)) == 0;
}

CALL void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align)
{
    unsigned char *from = h->free_memory_pointer;

    return QUICK && no_gap(from, align) && take_quick(h, from, size) ? from : take(h, size, align, false, CALLER);
}

CALL void *kheap_try_alloc(struct kheap *h, size_t size, size_t align)
{
    unsigned char *from = h->free_memory_pointer;

    return QUICK && no_gap(from, align) && take_quick(h, from, size) ? from : take(h, size, align, true, CALLER);
}

static void clear(unsigned char *from, size_t bytes)
{
    /*@ CLEARING */
    for (size_t i = 0; i < bytes; i++)
        *up(from, i) = 0;
}

/* count * size, or SIZE_MAX, which never fits, when that wraps. By doubling: a small processor cannot divide. */
static size_t product(size_t count, size_t size)
{
    size_t sum = 0;

    /*@ DOUBLING */
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
    unsigned char *payload = take(h, bytes, KHEAP_ALIGN, false, CALLER);

    if (payload != NULL)
        clear(payload, bytes);
    return payload;
}

/* ---- Freeing ---------------------------------------------------------------------------------------------------- */

/* `block` is the payload of the last block: its size leads to the free pointer, and what stands there stands. */
HERE bool ends_last(const struct kheap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;

    if (!QUICK)
        return block < boundary && stands(h, boundary) && up(block, taken_told(word_below(boundary, SIZE))) == boundary;
    if (block >= boundary || block < h->heap_start || boundary > h->heap_end || address_of(boundary) % KHEAP_ALIGN != 0)
        return false;
    size_t total = size_of_heap(h);
    return LIKELY(up(block, taken_told(word_below(boundary, SIZE))) == boundary) && LIKELY(sealed(total, boundary));
}

/* From the end of the payload on all is poison, the first byte of FENCE too. Then all of FENCE is: the seal knows it, and
 * a gap begins with another byte. The words that are looked at lie over each other, so that they do not depend on the size. */
INLINE bool fenced(const unsigned char *payload, const unsigned char *boundary)
{
    const unsigned char *fence = down(boundary, TAG);
    uintptr_t size = word_below(boundary, SIZE);

    if (word_at(end_of(payload, size)) != POISON)
        return false;
    if (size % 16 < 8 && word_at(down(fence, 7)) != POISON) /* 8 to 15 bytes of slack */
        return false;
    if (WORD == 8)
        return true;
    if (size % 16 < 8 && word_at(down(fence, 3)) != POISON)
        return false;
    return size % 8 >= 4 || word_at(up(payload, size_told(size) + WORD)) == POISON; /* 4 to 7, 12 to 15 */
}

/* The slack from `at` up to FENCE is poison; by words, whose last one reaches into FENCE and has to be as if that lay behind a
 * word of poison. */
INLINE bool slack_whole(const unsigned char *at, const unsigned char *fence)
{
    unsigned char right[2 * WORD];
    size_t left = distance(at, fence), step = QUICK ? WORD : 1;

    /*@ LOOKING_AT_SLACK */
    for (; left >= step; left -= step, at = up(at, step))
        if (QUICK ? word_at(at) != POISON : *at != KHEAP_SLACK_BYTE)
            return false;
    set_at(right, POISON);
    set_at(up(right, WORD), word_below(fence, 0));
    return !QUICK || word_at(at) == word_at(up(right, WORD - left));
}

/* The fill in front of a payload is whole, and tells the same gap as the tag. */
INLINE bool filled(const unsigned char *payload, size_t gap)
{
    /*@ LOOKING_DOWN */
    for (size_t n = 2; n <= KHEAP_ALIGN / WORD; n++)
        if (word_below(payload, n) != POISON)
            return false;
    return word_below(payload, 1) == POISON + gap;
}

/* The block from this payload up to this boundary, which stands, has all around it as the heap left it, with this gap. What
 * lies where it begins stands as well. */
INLINE bool whole(const struct kheap *h, const unsigned char *payload, const unsigned char *boundary, size_t gap)
{
    const unsigned char *fence = down(boundary, TAG), *end = end_of(payload, word_below(boundary, SIZE));

    return gap <= address_of(payload) && stands(h, down(payload, gap)) && slack_whole(end, fence) &&
           (word_below(fence, 0) == POISON || filled(payload, gap));
}

/* Where the block begins that ends at a boundary that stands, if it is whole; or NULL. */
unsigned char *kheap_begin_of(const struct kheap *h, const unsigned char *boundary)
{
    size_t taken = taken_told(word_below(boundary, SIZE)), gap = gap_told(word_below(boundary, FENCE));

    if (taken < TAG || taken > distance(h->heap_start, boundary) || !whole(h, down(boundary, taken), boundary, gap))
        return NULL;
    return down(boundary, taken + gap);
}

/* Gives the last block back, or says why not. */
SELDOM void free_last(struct kheap *h, const unsigned char *block, const void *caller)
{
    size_t gap = gap_told(word_below(h->free_memory_pointer, FENCE));

    if (whole(h, block, h->free_memory_pointer, gap))
        h->free_memory_pointer = down(block, gap);
    else
        kheap_refuse_free(h, block, caller);
}

/* before:  ... tag ][ gap | payload | slack | tag ] |<--
 * after:   ... tag ] |<------------- free ------------->
 * Without a gap the block begins at its payload. */
CALL void kheap_free(struct kheap *h, void *block)
{
    if (!ends_last(h, block)) {
        if (block != NULL)
            kheap_refuse_free(h, block, CALLER);
    } else if (QUICK && LIKELY(sealed(size_of_heap(h), block)) && fenced(block, h->free_memory_pointer)) {
        h->free_memory_pointer = block;
    } else {
        free_last(h, block, CALLER);
    }
}

CALL bool kheap_resize(struct kheap *h, void *block, size_t size)
{
    unsigned char *payload = block;

    if (!ends_last(h, block) || kheap_begin_of(h, h->free_memory_pointer) == NULL) {
        kheap_refuse_free(h, block, CALLER);
        return false;
    }
    if (!fits(distance(payload, h->heap_end), 0, size))
        return false;

    size_t gap = gap_told(word_below(h->free_memory_pointer, FENCE));
    const void *owner = (const void *)word_below(h->free_memory_pointer, OWNER);
    poison(up(payload, size));
    h->free_memory_pointer = put_tag(h, boundary_of(payload, size), owner, size, gap);
    return true;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

CALL struct kheap_mark kheap_mark(const struct kheap *h)
{
    if (h->heap_start != NULL && stands(h, h->free_memory_pointer))
        return (struct kheap_mark){ h->free_memory_pointer, fingerprint(h->free_memory_pointer) };
    kheap_refuse_mark(h, CALLER);
    return (struct kheap_mark){ 0 };
}

/* The same as kheap_begin_of, in line for what has no gap. */
INLINE const unsigned char *begin_quickly(const struct kheap *h, const unsigned char *boundary)
{
    size_t taken = taken_told(word_below(boundary, SIZE));

    if (!QUICK || taken < TAG || taken > distance(h->heap_start, boundary))
        return kheap_begin_of(h, boundary);
    const unsigned char *payload = down(boundary, taken);
    return sealed(size_of_heap(h), payload) && fenced(payload, boundary) ? payload : kheap_begin_of(h, boundary);
}

/* Walks down to the mark, looking at each block that would go: a stale tag in somebody's payload does not count. Nothing
 * begins below the floor, so there the walk ends. */
static bool leads_to(const struct kheap *h, struct kheap_mark mark)
{
    const unsigned char *at = h->free_memory_pointer;

    if (h->heap_start == NULL || !stands(h, at))
        return false;
    /*@ WALKING_DOWN */
    while (address_of(at) > address_of(mark.position)) {
        if (QUICK)
            look_ahead(at);
        at = begin_quickly(h, at);
    }
    return at != NULL && at == mark.position && fingerprint(at) == mark.seal;
}

CALL void kheap_release(struct kheap *h, struct kheap_mark mark)
{
    if (leads_to(h, mark))
        h->free_memory_pointer = mark.position;
    else
        kheap_refuse_release(h, mark, CALLER);
}
