/* SPDX-License-Identifier: MIT
 *
 * The tag: what kheap.c, which keeps the heap, and kheap_look.c, which says what is wrong with it, both know. Private to
 * these two.
 *
 * In memory, from low to high, with the floor written once by kheap_init:
 *
 *      heap_start                                                     free_memory_pointer
 *          v                                                                  v
 *   [floor][ gap | payload | slack | tag ][ gap | payload | slack | tag ] ... | free ...
 *
 * The free pointer always stands at the upper edge of a tag: the last block's, or the floor when the heap is empty.
 */
#ifndef KHEAP_TAG_H
#define KHEAP_TAG_H

#include "kheap.h"

#define HERE static inline __attribute__((always_inline))
#define CALLER __builtin_return_address(0)

/* Nearly all blocks have no gap, so they get a way of their own, in line. Built for size (-Os) there is only the other. */
#ifdef __OPTIMIZE_SIZE__
#define QUICK 0
#define INLINE static
#define SELDOM HERE
#else
#define QUICK 1
#define INLINE HERE
#define SELDOM APART
#endif
#define APART static __attribute__((noinline))
/* Its return address is the one of who called, also where a linker optimises across files. */
#define CALL __attribute__((noinline))
/* What asks for that address itself has to be in line, whatever the build. */
#define WITHIN static inline __attribute__((__always_inline__))
/* Said where it keeps gcc from holding a word too many in registers. */
#define LIKELY(condition) __builtin_expect((condition), 1)

/* The four words of a tag, counted downwards from the boundary at its upper edge:
 *
 *      ... payload | slack ][ FENCE | SIZE | OWNER | SEAL ]^ boundary
 *
 * FENCE is poison like the slack, so from the end of the payload up to SIZE all bytes are alike; of a block with a gap it
 * tells the gap instead. A write past a payload comes from below and meets FENCE first; a write in front of the next payload
 * comes from above and meets SEAL first. One equation holds the tag, its place and the three words together,
 *
 *      SEAL = (heap_end - heap_start) + boundary + SIZE + OWNER + FENCE
 *
 * so a change of any one of them breaks it. */
enum tag_word { SEAL = 1, OWNER, SIZE, FENCE };

typedef uintptr_t word __attribute__((may_alias));
typedef uintptr_t word_anywhere __attribute__((may_alias, aligned(1))); /* bytewise where the processor asks for that */

#define WORD sizeof(word)
#define TAG sizeof(word[4])

_Static_assert(sizeof(struct kheap) == 3 * sizeof(void *), "the heap is three words");
_Static_assert(TAG == KHEAP_TAG_BYTES && TAG % KHEAP_ALIGN == 0, "a payload after a tag is aligned");
_Static_assert(sizeof(size_t) == WORD && sizeof(void *) == WORD, "a size and an address fill a word");

#define POISON (UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE) /* in every byte of a word */

/* A multiple of KHEAP_ALIGN with nothing special about it, but that few of its bytes are 0, with a size added too. */
#define KEY (UINTPTR_MAX - (uintptr_t)0x3C6EF36F)

/* The floor is a tag that ends no block: what it says it takes fits into no heap, even if heap_start is damaged. */
#define FLOOR_SIZE (SIZE_MAX - 63)

/* Seven lines carry all that is believed of memory: an address is a number, steps lead up and down from it (as numbers: a
 * heap may be larger than half of the addresses, where pointers cannot count), and words lie below an edge or anywhere. */
static inline uintptr_t address_of(const void *pointer)
{
    return (uintptr_t)pointer;
}

static inline unsigned char *up(const unsigned char *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from + bytes);
}

static inline unsigned char *down(const unsigned char *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from - bytes);
}

static inline uintptr_t word_below(const unsigned char *edge, size_t n)
{
    return *(const word *)(const void *)down(edge, n * WORD);
}

static inline void set_below(unsigned char *edge, size_t n, uintptr_t value)
{
    *(word *)(void *)down(edge, n * WORD) = value;
}

static inline uintptr_t word_at(const unsigned char *anywhere)
{
    return *(const word_anywhere *)(const void *)anywhere;
}

static inline void set_at(unsigned char *anywhere, uintptr_t value)
{
    *(word_anywhere *)(void *)anywhere = value;
}

static inline size_t distance(const unsigned char *from, const unsigned char *to)
{
    return (size_t)(address_of(to) - address_of(from));
}

/* Tells the processor that what lies a little below will be asked for: a hint, which reads nothing, so any address will do. */
HERE void look_ahead(const unsigned char *at)
{
    __builtin_prefetch((const void *)(address_of(at) - 1024));
}

static inline size_t size_of_heap(const struct kheap *h)
{
    return distance(h->heap_start, h->heap_end);
}

static inline size_t free_bytes(const struct kheap *h)
{
    return distance(h->free_memory_pointer, h->heap_end);
}

/* How far the next multiple of KHEAP_ALIGN is, at or above a number. */
static inline size_t to_multiple(uintptr_t number)
{
    return (KHEAP_ALIGN - number % KHEAP_ALIGN) % KHEAP_ALIGN;
}

/* Where a block of this size ends whose payload, which is aligned, lies here. The caller has made sure that there is room. */
static inline unsigned char *boundary_of(const unsigned char *payload, size_t size)
{
    const unsigned char *past = up(payload, size + (TAG + KHEAP_ALIGN - 1));

    return down(past, address_of(past) % KHEAP_ALIGN);
}

/* SIZE is a sum: its multiple of KHEAP_ALIGN tells what the block takes with its tag, the rest tells the slack. */
static inline uintptr_t size_word(size_t size)
{
    return size + (TAG + KHEAP_ALIGN - 1 + KEY);
}

static inline size_t size_told(uintptr_t size_word)
{
    return size_word - (TAG + KHEAP_ALIGN - 1 + KEY);
}

static inline size_t taken_told(uintptr_t size_word)
{
    return size_word - size_word % KHEAP_ALIGN - KEY;
}

/* Where the bytes that were asked for end. */
static inline unsigned char *end_of(const unsigned char *payload, uintptr_t size_word)
{
    size_t size = size_told(size_word);

    return up(payload, size);
}

/* A gap is a sum that is never one bit away from poison, and whose first byte is neither poison's nor 0. */
static inline uintptr_t fence_word(size_t gap)
{
    return gap == 0 ? POISON : ~POISON + gap;
}

static inline size_t gap_told(uintptr_t fence)
{
    return fence == POISON ? 0 : fence - ~POISON;
}

/* The equation, in a heap of so many bytes. */
HERE uintptr_t seal_for(size_t heap_bytes, const unsigned char *boundary, uintptr_t size, uintptr_t owner,
                        uintptr_t fence)
{
    return heap_bytes + address_of(boundary) + (size + owner + fence);
}

HERE bool sealed(size_t heap_bytes, const unsigned char *boundary)
{
    return word_below(boundary, SEAL) == seal_for(heap_bytes, boundary, word_below(boundary, SIZE),
                                                  word_below(boundary, OWNER), word_below(boundary, FENCE));
}

static inline bool power_of_two(size_t align)
{
    return align != 0 && (align & (align - 1)) == 0;
}

/* From an address up to the next multiple of align, which is a power of two. */
static inline size_t padding(uintptr_t address, size_t align)
{
    return (size_t)(0 - address) & (align - 1);
}

/* Is there room for a block of this size, with its gap and its tag? Compared with what is left, one part after the other:
 * nothing is added, so nothing wraps. */
HERE bool fits(size_t left, size_t gap, size_t size)
{
    return left >= gap && left - gap >= size && left - gap - size >= TAG + to_multiple(size);
}

/* A number that tells this boundary from every other one: the seal knows the place and the size. Owner and gap are turned by
 * a quarter and by half a word, so that small differences of the three lie apart and do not cancel. */
static inline uintptr_t turned(uintptr_t w, unsigned bits)
{
    return w << bits | w >> (8 * WORD - bits);
}

static inline uintptr_t fingerprint(const unsigned char *boundary)
{
    return word_below(boundary, SEAL) ^ turned(word_below(boundary, OWNER), 2 * WORD) ^
           turned(word_below(boundary, FENCE), 4 * WORD);
}

#define PRIVATE __attribute__((visibility("hidden"))) /* not seen from outside of a library */

/* Where the block begins that ends at a boundary that stands, if all around it is as the heap left it; or NULL (kheap.c). */
PRIVATE unsigned char *kheap_begin_of(const struct kheap *h, const unsigned char *boundary);

/* ---- Refusing (kheap_look.c): says why, unless the heap is only full and the caller asked politely ---------------- */

/* Gives the NULL that the refused call gives. */
PRIVATE void *kheap_refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller);
PRIVATE void kheap_refuse_free(const struct kheap *h, const void *block, const void *caller);
PRIVATE void kheap_refuse_mark(const struct kheap *h, const void *caller);
PRIVATE void kheap_refuse_release(const struct kheap *h, struct kheap_mark mark, const void *caller);

#endif
