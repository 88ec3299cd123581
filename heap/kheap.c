/* SPDX-License-Identifier: MIT
 *
 * kheap, the heap of three words. What each call promises stands in kheap.h; here stands how.
 *
 * In memory, from low to high, with the floor written once by kheap_init:
 *
 *      heap_start                                                     free_memory_pointer
 *          v                                                                  v
 *   [floor][ gap | payload | slack | tag ][ gap | payload | slack | tag ] ... | free ...
 *
 * The free pointer always stands at the upper edge of a tag: the last block's, or the floor when the heap is empty.
 * Every operation has one order: look at everything, write only into the free part, and move one word last.
 *
 * The file has six parts: the tag, allocation, freeing, looking, marks, refusing.
 */
#include "kheap.h"

#define CALLER __builtin_return_address(0)

/* For the two paths that every allocation and every free takes. */
#define INLINE static inline __attribute__((always_inline))

/* ---- The tag ---------------------------------------------------------------------------------------------------- */

/* The order of the four words is chosen by what comes too close. A write past a payload comes from below and meets the
 * seal first, so size and gap, which lead to the block, survive it longest. A write in front of the next payload comes
 * from above and meets the gap, and a wrong gap leads to no boundary. */
struct tag {
    uintptr_t seal;
    const void *owner;
    size_t size;
    size_t gap;
} __attribute__((may_alias));

typedef uintptr_t word __attribute__((may_alias));

_Static_assert(sizeof(struct kheap) == 3 * sizeof(void *), "the heap is three words");
_Static_assert(sizeof(struct tag) == KHEAP_TAG_BYTES, "the tag is four words");
_Static_assert(sizeof(struct tag) % KHEAP_ALIGN == 0, "a payload after a tag is aligned");
_Static_assert(sizeof(size_t) == sizeof(uintptr_t), "a size fills a word");

#define NO_ZERO_BYTE (UINTPTR_MAX / 255)             /* 0x01 in every byte */
#define SLACK_WORD (NO_ZERO_BYTE * KHEAP_SLACK_BYTE) /* the poison in every byte */

/* The seal binds the tag's words, its own address and the heap's size, and through that the three words, to each other.
 * The factors are odd, so one flipped bit anywhere moves the sum, and the low bytes of the factors are neither 1 nor 255,
 * so the sum never moves only in the bits that NO_ZERO_BYTE sets: each single flip is noticed for sure, and any other
 * damage but for one case in 2^56 (2^28). They differ, so that words which are swapped do not cancel. */
#define FACTOR_PLACE (UINTPTR_MAX - (uintptr_t)0x61C8864E) /* about 2^w through the golden ratio (Knuth 3, 6.4) */
#define FACTOR_SIZE (UINTPTR_MAX - (uintptr_t)0x3C6EF372)
#define FACTOR_GAP ((uintptr_t)0x5851F42D)

static uintptr_t seal_of(const struct tag *tag, size_t heap_size)
{
    uintptr_t place = (uintptr_t)tag + heap_size + (uintptr_t)tag->owner;
    return (place * FACTOR_PLACE + tag->size * FACTOR_SIZE + tag->gap * FACTOR_GAP) | NO_ZERO_BYTE;
}

/* Steps of any length, as numbers: a heap may be larger than half of the addresses, where pointers cannot count. */
static unsigned char *up(const void *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from + bytes);
}

static unsigned char *down(const void *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from - bytes);
}

static struct tag *tag_below(const unsigned char *boundary)
{
    return (struct tag *)(void *)down(boundary, sizeof(struct tag));
}

static bool sealed(const unsigned char *boundary, size_t heap_size)
{
    return tag_below(boundary)->seal == seal_of(tag_below(boundary), heap_size);
}

/* The caller has made sure that this does not wrap: size is at most what is left, and that is a multiple. */
static size_t rounded(size_t size)
{
    return (size + KHEAP_ALIGN - 1) & ~(size_t)(KHEAP_ALIGN - 1);
}

static size_t size_of_heap(const struct kheap *h)
{
    return (size_t)((uintptr_t)h->heap_end - (uintptr_t)h->heap_start);
}

static size_t free_bytes(const struct kheap *h)
{
    return (size_t)((uintptr_t)h->heap_end - (uintptr_t)h->free_memory_pointer);
}

/* The free pointer stands where a tag can end. */
static bool is_aligned(const struct kheap *h)
{
    return (uintptr_t)h->free_memory_pointer % KHEAP_ALIGN == 0;
}

/* The free pointer lies within the heap. Whether the two ends are right, the seal knows. */
static bool in_order(const struct kheap *h)
{
    return free_bytes(h) <= size_of_heap(h) && is_aligned(h);
}

/* Fills the KHEAP_ALIGN bytes below an aligned edge, in whole words: in front of a fresh tag, or of a fresh payload. */
static void fill_below(void *edge)
{
    word *at = edge;

    for (size_t i = 0; i < KHEAP_ALIGN / sizeof(word); i++)
        *--at = SLACK_WORD;
}

/* A word without its first bytes as they lie in memory: the low ones on a little-endian machine, the high on a big. */
static word without_first(word w, size_t bytes)
{
    const uint16_t one = 1;
    bool little = *(const unsigned char *)&one == 1;
    return little ? w >> 8 * bytes : w << 8 * bytes;
}

/* Compares what fill_below left, in whole words, from byte `from` behind an aligned base on to the edge. */
static bool intact(const unsigned char *base, size_t from, const void *edge)
{
    const word *at = (const word *)(const void *)up(base, from / sizeof(word) * sizeof(word));
    word changed = without_first(*at ^ SLACK_WORD, from % sizeof(word));

    while ((const void *)++at != edge)
        changed |= *at ^ SLACK_WORD;
    return changed == 0;
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

static void *refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller);

/* Writes a tag, which lies above every live byte, and gives the boundary above it. */
static unsigned char *seal_block(struct tag *tag, size_t size, size_t gap, const void *owner, size_t heap_size)
{
    tag->owner = owner;
    tag->size = size;
    tag->gap = gap;
    tag->seal = seal_of(tag, heap_size);
    return (unsigned char *)(tag + 1);
}

enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size)
{
    size_t lost = (size_t)(0 - (uintptr_t)memory) % KHEAP_ALIGN; /* up to the first aligned byte */

    if (h == NULL || memory == NULL)
        return KHEAP_NULL;
    if (size > UINTPTR_MAX - (uintptr_t)memory)
        return KHEAP_WRAPS;
    if (size < lost + 2 * sizeof(struct tag) + KHEAP_ALIGN)
        return KHEAP_TOO_SMALL;

    h->heap_start = (unsigned char *)memory + lost + sizeof(struct tag);
    h->heap_end = (unsigned char *)(((uintptr_t)memory + size) & ~(uintptr_t)(KHEAP_ALIGN - 1));
    h->free_memory_pointer = h->heap_start;
    /* The floor ends no block: with this size it can never be taken for one, even if heap_start is damaged. */
    seal_block(tag_below(h->heap_start), SIZE_MAX, 0, NULL, size_of_heap(h));
    return KHEAP_OK;
}

/* Compared with what is left, one part after the other: nothing is added, so nothing wraps. */
static bool fits(size_t left, size_t gap, size_t size)
{
    return left >= sizeof(struct tag) && left - sizeof(struct tag) >= gap && left - sizeof(struct tag) - gap >= size;
}

/* before:  ... tag ] |<------------- free ------------->
 * after:   ... tag ][ gap | payload | slack | tag ] |<-- */
INLINE void *take(struct kheap *h, size_t size, size_t gap, const void *owner)
{
    if (!in_order(h) || !fits(free_bytes(h), gap, size) || !sealed(h->free_memory_pointer, size_of_heap(h)))
        return NULL;

    unsigned char *payload = up(h->free_memory_pointer, gap);
    struct tag *tag = (struct tag *)(void *)up(payload, rounded(size));
    if (gap != 0)
        fill_below(payload);
    if (size % KHEAP_ALIGN != 0)
        fill_below(tag);
    h->free_memory_pointer = seal_block(tag, size, gap, owner, size_of_heap(h));
    return payload;
}

void *kheap_alloc(struct kheap *h, size_t size)
{
    void *payload = take(h, size, 0, CALLER);

    return payload != NULL ? payload : refuse_alloc(h, size, KHEAP_ALIGN, false, CALLER);
}

static bool power_of_two(size_t align)
{
    return align != 0 && (align & (align - 1)) == 0;
}

/* From the free pointer up to the next multiple of align, which is a power of two. */
static size_t padding(const struct kheap *h, size_t align)
{
    return (size_t)(0 - (uintptr_t)h->free_memory_pointer) & (align - 1);
}

static void *take_aligned(struct kheap *h, size_t size, size_t align, bool polite, const void *owner)
{
    void *payload = power_of_two(align) ? take(h, size, padding(h, align), owner) : NULL;

    return payload != NULL ? payload : refuse_alloc(h, size, align, polite, owner);
}

void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align)
{
    return take_aligned(h, size, align, false, CALLER);
}

void *kheap_try_alloc(struct kheap *h, size_t size, size_t align)
{
    return take_aligned(h, size, align, true, CALLER);
}

void *kheap_calloc(struct kheap *h, size_t count, size_t size)
{
    bool wraps = size != 0 && count > SIZE_MAX / size;
    unsigned char *payload = take_aligned(h, wraps ? SIZE_MAX : count * size, KHEAP_ALIGN, false, CALLER);

    for (size_t i = 0; payload != NULL && i < count * size; i++)
        payload[i] = 0;
    return payload;
}

/* ---- Freeing ---------------------------------------------------------------------------------------------------- */

static void refuse_free(const struct kheap *h, const void *block, const void *caller);

/* The tag of `block` if that is the last one and everything around it is as the heap left it, NULL otherwise. */
INLINE struct tag *sound_last(const struct kheap *h, const unsigned char *block)
{
    size_t heap_size = size_of_heap(h);

    if (free_bytes(h) >= heap_size || !is_aligned(h) || !sealed(h->free_memory_pointer, heap_size))
        return NULL;

    struct tag *tag = tag_below(h->free_memory_pointer);
    if ((uintptr_t)tag - rounded(tag->size) != (uintptr_t)block)
        return NULL;
    if (tag->size % KHEAP_ALIGN != 0 && !intact(block, tag->size, tag))
        return NULL;
    if (tag->gap != 0 &&
        (!intact(down(block, KHEAP_ALIGN), 0, block) || tag->gap > (uintptr_t)block - (uintptr_t)h->heap_start))
        return NULL;
    return sealed(down(block, tag->gap), heap_size) ? tag : NULL;
}

/* before:  ... tag ][ gap | payload | slack | tag ] |<--
 * after:   ... tag ] |<------------- free ------------->  */
void kheap_free(struct kheap *h, void *block)
{
    if (block == NULL)
        return;

    const struct tag *tag = sound_last(h, block);
    if (tag != NULL)
        h->free_memory_pointer = down(block, tag->gap);
    else
        refuse_free(h, block, CALLER);
}

bool kheap_resize(struct kheap *h, void *block, size_t size)
{
    struct tag *tag = sound_last(h, block);

    if (tag == NULL) {
        refuse_free(h, block, CALLER);
        return false;
    }
    if (!fits((size_t)((uintptr_t)h->heap_end - (uintptr_t)block), 0, size))
        return false;

    struct tag moved = *tag;
    tag = (struct tag *)(void *)up(block, rounded(size));
    for (unsigned char *slack = up(block, size); slack != (unsigned char *)tag; slack++)
        *slack = KHEAP_SLACK_BYTE;
    h->free_memory_pointer = seal_block(tag, size, moved.gap, moved.owner, size_of_heap(h));
    return true;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

/* The bytes from the end of the payload to the end of the seal that are not what the heap wrote; *first is the lowest.
 * This is what a write past the end meets. */
static size_t overflow_of(const unsigned char *end, const struct tag *tag, uintptr_t seal, const void **first)
{
    const unsigned char *expected = (const unsigned char *)&seal;
    size_t changed = 0;

    for (const unsigned char *at = (const unsigned char *)(&tag->seal + 1); at-- > end;) {
        bool in_slack = at < (const unsigned char *)tag;
        if (*at != (in_slack ? KHEAP_SLACK_BYTE : expected[at - (const unsigned char *)tag])) {
            *first = at;
            changed++;
        }
    }
    return changed;
}

/* The filled bytes in front of an aligned payload that are not what the heap wrote; *first is the lowest. */
static size_t underflow_of(const struct kheap_block *block, const void **first)
{
    const unsigned char *payload = block->payload;
    size_t changed = 0;

    for (size_t i = 1; block->gap != 0 && i <= KHEAP_ALIGN; i++)
        if (*(payload - i) != KHEAP_SLACK_BYTE) {
            *first = payload - i;
            changed++;
        }
    return changed;
}

/* Where the block that ends at `boundary` begins, trusting nothing: NULL unless size and gap stay within the heap and
 * either the tag is sealed or they lead to a sealed boundary. `boundary` is aligned and not below heap_start. */
static unsigned char *begin_of(const struct kheap *h, const unsigned char *boundary)
{
    size_t below = (size_t)((uintptr_t)boundary - (uintptr_t)h->heap_start);
    const struct tag *tag = tag_below(boundary);

    if (!fits(below, tag->gap, tag->size) || tag->gap % KHEAP_ALIGN != 0)
        return NULL;
    unsigned char *begin = down(tag, rounded(tag->size) + tag->gap);
    return sealed(boundary, size_of_heap(h)) || sealed(begin, size_of_heap(h)) ? begin : NULL;
}

static enum kheap_fault damaged(struct kheap_report *r, const void *address)
{
    r->address = address;
    return r->fault = KHEAP_E_DAMAGED;
}

/* Looks at the block that ends at *boundary and steps below it. Says what is wrong with it in *r; *boundary becomes
 * NULL when it cannot be told where the block begins. */
static enum kheap_fault step(const struct kheap *h, unsigned char **boundary, struct kheap_report *r)
{
    const struct tag *tag = tag_below(*boundary);
    uintptr_t seal = seal_of(tag, size_of_heap(h));

    *boundary = begin_of(h, *boundary);
    if (*boundary == NULL) {
        r->block = (struct kheap_block){ 0 };
        return damaged(r, tag);
    }
    r->block = (struct kheap_block){ up(*boundary, tag->gap), tag->size, tag->gap, tag->owner };
    r->changed = overflow_of(up(r->block.payload, tag->size), tag, seal, &r->address);
    if (r->changed != 0)
        return r->fault = KHEAP_E_OVERFLOW;
    r->changed = underflow_of(&r->block, &r->address);
    return r->changed != 0 ? (r->fault = KHEAP_E_DAMAGED) : KHEAP_E_NONE;
}

/* What has to hold before the first step. */
static enum kheap_fault check_words(const struct kheap *h, struct kheap_report *r)
{
    if (h->heap_start == NULL)
        return r->fault = KHEAP_E_NOT_INITIALISED;
    return h->heap_start <= h->heap_end && in_order(h) ? KHEAP_E_NONE : damaged(r, h);
}

/* The one tag below a boundary. Below heap_start that is the floor, which is never taken for a block. */
static enum kheap_fault check_boundary(const struct kheap *h, unsigned char *boundary, struct kheap_report *r)
{
    return sealed(boundary, size_of_heap(h)) ? KHEAP_E_NONE : step(h, &boundary, r);
}

/* The words and the last tag, which together vouch for each other. */
static enum kheap_fault check_top(const struct kheap *h, struct kheap_report *r)
{
    return check_words(h, r) != KHEAP_E_NONE ? r->fault : check_boundary(h, h->free_memory_pointer, r);
}

static struct kheap_report report_of(const struct kheap *h, const void *address, const void *caller)
{
    return (struct kheap_report){ .heap = h, .address = address, .caller = caller };
}

enum kheap_fault kheap_check(const struct kheap *h, struct kheap_report *report)
{
    struct kheap_report own, *r = report != NULL ? report : &own;

    *r = report_of(h, NULL, NULL);
    if (check_words(h, r) != KHEAP_E_NONE)
        return r->fault;
    for (unsigned char *at = h->free_memory_pointer; at > h->heap_start;)
        if (step(h, &at, r) != KHEAP_E_NONE)
            return r->fault;
    return check_boundary(h, h->heap_start, r);
}

enum kheap_fault kheap_walk(const struct kheap *h, bool (*visit)(const struct kheap_block *block, void *context),
                            void *context)
{
    struct kheap_report r = report_of(h, NULL, NULL);

    if (check_words(h, &r) != KHEAP_E_NONE)
        return r.fault;
    for (unsigned char *at = h->free_memory_pointer; at > h->heap_start;) {
        step(h, &at, &r);
        if (at == NULL)
            return r.fault;
        if (!visit(&r.block, context))
            return KHEAP_E_NONE;
    }
    return check_boundary(h, h->heap_start, &r);
}

static bool add_to_stats(const struct kheap_block *block, void *context)
{
    struct kheap_stats *stats = context;

    stats->blocks++;
    stats->payload += block->size;
    stats->tags += sizeof(struct tag);
    return true;
}

struct kheap_stats kheap_stats(const struct kheap *h)
{
    struct kheap_stats stats = { 0 };

    if (h->heap_start == NULL || !in_order(h))
        return stats;
    stats.free = free_bytes(h);
    stats.used = size_of_heap(h) - stats.free;
    stats.largest = stats.free >= sizeof(struct tag) ? stats.free - sizeof(struct tag) : 0;
    kheap_walk(h, add_to_stats, &stats);
    stats.padding = stats.used - stats.payload - stats.tags;
    return stats;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

struct kheap_mark kheap_mark(const struct kheap *h)
{
    struct kheap_report r = report_of(h, NULL, CALLER);

    if (check_top(h, &r) != KHEAP_E_NONE) {
        kheap_fault(&r);
        return (struct kheap_mark){ 0 };
    }
    return (struct kheap_mark){ h->free_memory_pointer, tag_below(h->free_memory_pointer)->seal };
}

/* Walks down to the mark, looking at each block that would go. A stale tag may still lie in somebody's payload, so only
 * a boundary that the walk meets counts. */
static enum kheap_fault check_mark(const struct kheap *h, struct kheap_mark mark, struct kheap_report *r)
{
    unsigned char *at = h->free_memory_pointer;

    if (check_words(h, r) != KHEAP_E_NONE)
        return r->fault;
    while (at > h->heap_start && (uintptr_t)at > (uintptr_t)mark.position)
        if (step(h, &at, r) != KHEAP_E_NONE)
            return r->fault;
    if (at != mark.position || (sealed(at, size_of_heap(h)) && tag_below(at)->seal != mark.seal)) {
        r->block = (struct kheap_block){ 0 };
        return r->fault = KHEAP_E_BAD_MARK;
    }
    return check_boundary(h, at, r);
}

void kheap_release(struct kheap *h, struct kheap_mark mark)
{
    struct kheap_report r = report_of(h, mark.position, CALLER);

    if (check_mark(h, mark, &r) != KHEAP_E_NONE)
        kheap_fault(&r);
    else
        h->free_memory_pointer = mark.position;
}

/* ---- Refusing: only once something is wrong --------------------------------------------------------------------- */

/* How many bytes more the heap would need; SIZE_MAX when it would have to end behind the last address. */
static size_t missing_bytes(const struct kheap *h, size_t size, size_t align)
{
    size_t needed = padding(h, align) + sizeof(struct tag);

    if (size > SIZE_MAX - KHEAP_ALIGN - needed)
        return SIZE_MAX;
    needed += rounded(size) - free_bytes(h);
    return needed <= UINTPTR_MAX - (uintptr_t)h->heap_end ? needed : SIZE_MAX;
}

/* Says why, unless the heap is only full and the caller asked politely. Gives the NULL that the refused call gives. */
static void *refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller)
{
    struct kheap_report r = report_of(h, NULL, caller);

    if (check_top(h, &r) == KHEAP_E_NONE) {
        bool fault_is_align = !power_of_two(align);
        if (polite && !fault_is_align)
            return NULL;
        r.fault = fault_is_align ? KHEAP_E_BAD_ALIGNMENT : KHEAP_E_OUT_OF_MEMORY;
        r.wanted = size;
        r.align = align;
        r.missing = fault_is_align ? 0 : missing_bytes(h, size, align);
    }
    kheap_fault(&r);
    return NULL;
}

/* The walk that tells which rule a free broke: the first damage from the top down, or else what the address is. */
static enum kheap_fault find_block(const struct kheap *h, uintptr_t wanted, struct kheap_report *r)
{
    struct kheap_block newest = { 0 };
    size_t above = 0;

    for (unsigned char *at = h->free_memory_pointer; at > h->heap_start; above++) {
        if (step(h, &at, r) != KHEAP_E_NONE)
            return r->fault;
        newest = above == 0 ? r->block : newest;
        if ((uintptr_t)r->block.payload == wanted && above != 0) {
            r->newest = newest;
            r->above = above;
            return r->fault = KHEAP_E_OUT_OF_ORDER;
        }
        if ((uintptr_t)r->block.payload != wanted && wanted >= (uintptr_t)at)
            return r->fault = KHEAP_E_NOT_A_BLOCK;
    }
    return check_boundary(h, h->heap_start, r);
}

static void refuse_free(const struct kheap *h, const void *block, const void *caller)
{
    struct kheap_report r = report_of(h, block, caller);
    uintptr_t wanted = (uintptr_t)block;

    if (check_top(h, &r) == KHEAP_E_NONE) {
        if (wanted < (uintptr_t)h->heap_start || wanted >= (uintptr_t)h->heap_end)
            r.fault = KHEAP_E_NOT_A_BLOCK;
        else if (wanted >= (uintptr_t)h->free_memory_pointer)
            r.fault = wanted % KHEAP_ALIGN == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK;
        else
            find_block(h, wanted, &r);
    }
    kheap_fault(&r);
}
