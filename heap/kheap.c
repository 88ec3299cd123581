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

/* For the two paths that every allocation and every free takes; built for size (-Os), they are functions as well. */
#ifdef __OPTIMIZE_SIZE__
#define INLINE static
#else
#define INLINE static inline __attribute__((always_inline))
#endif
/* For what they seldom need. */
#define APART static __attribute__((noinline))

/* ---- The tag ---------------------------------------------------------------------------------------------------- */

/* The four words of a tag, counted downwards from the boundary at its upper edge:
 *
 *      ... payload | slack ][ SIZE | OWNER | GAP | SEAL ]^ boundary
 *
 * A write past a payload comes from below and meets the size first. A write in front of the next payload comes from above
 * and meets the seal. These two words have to agree; that is the whole look that an allocation takes. */
enum tag_word { SEAL = 1, GAP, OWNER, SIZE };

typedef uintptr_t word __attribute__((may_alias));

#define WORD sizeof(word)
#define TAG sizeof(word[4])

_Static_assert(sizeof(struct kheap) == 3 * sizeof(void *), "the heap is three words");
_Static_assert(TAG == KHEAP_TAG_BYTES && TAG % KHEAP_ALIGN == 0, "a payload after a tag is aligned");
_Static_assert(sizeof(size_t) == WORD && sizeof(void *) == WORD, "a size and an address fill a word");

#define SLACK_WORD (UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE) /* the poison in every byte */

/* A number with nothing special about it but this: its lowest hexadecimal digit is not 0, nor one that many letters end in.
 * With 64 bits all high bits are set. */
#define KEY (UINTPTR_MAX - (uintptr_t)0x3C6EF372)

/* Five lines carry all that this file believes of memory: an address is a number, steps lead up and down from it (as
 * numbers: a heap may be larger than half of the addresses, where pointers cannot count), and words lie below an edge. */
static uintptr_t address_of(const void *pointer)
{
    return (uintptr_t)pointer;
}

static unsigned char *up(const unsigned char *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from + bytes);
}

static unsigned char *down(const unsigned char *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from - bytes);
}

static uintptr_t word_below(const unsigned char *edge, size_t n)
{
    return *((const word *)(const void *)edge - n);
}

static void set_below(unsigned char *edge, size_t n, uintptr_t value)
{
    *((word *)(void *)edge - n) = value;
}

static size_t distance(const unsigned char *from, const unsigned char *to)
{
    return (size_t)(address_of(to) - address_of(from));
}

static size_t size_of_heap(const struct kheap *h)
{
    return distance(h->heap_start, h->heap_end);
}

static size_t free_bytes(const struct kheap *h)
{
    return distance(h->free_memory_pointer, h->heap_end);
}

#define LITTLE_ENDIAN_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* The low bits of w go where a write past the end comes first: to the first byte. */
static uintptr_t lowest_byte_first(uintptr_t w)
{
    return LITTLE_ENDIAN_WORDS ? w : w << (8 * WORD - 8) | w >> 8;
}

static uintptr_t lowest_byte_last(uintptr_t w)
{
    return LITTLE_ENDIAN_WORDS ? w : w >> (8 * WORD - 8) | w << 8;
}

/* A size as it stands in a tag. Behind a payload without slack its first byte is the key's in the low digit, so never 0. */
static uintptr_t size_word(size_t size)
{
    return lowest_byte_first(size + KEY);
}

INLINE size_t size_of(const unsigned char *boundary)
{
    return lowest_byte_last(word_below(boundary, SIZE)) - KEY;
}

/* The gap is told as its sum with the owner: a change of one of these two words is a change of the gap, and the gap is
 * compared with what lies at its other end. */
INLINE size_t gap_of(const unsigned char *boundary)
{
    return word_below(boundary, GAP) - word_below(boundary, OWNER);
}

/* What ties a tag to its place and to all three words: end - start - boundary. The seal is the sum of this and the size
 * word, so size, seal, boundary and each of the words stand in one equation, and a change of any one of them breaks it. */
static uintptr_t place_of(const struct kheap *h, const unsigned char *boundary)
{
    return size_of_heap(h) + KEY - address_of(boundary);
}

INLINE bool sealed(const struct kheap *h, const unsigned char *boundary)
{
    return word_below(boundary, SEAL) - word_below(boundary, SIZE) == place_of(h, boundary);
}

/* The caller has made sure that this does not wrap: size is at most what is left, and that is a multiple. */
static size_t rounded(size_t size)
{
    return (size + (KHEAP_ALIGN - 1)) / KHEAP_ALIGN * KHEAP_ALIGN;
}

/* Whether the two ends are right, the seal knows; this keeps a wild free pointer from being followed. */
INLINE bool in_order(const struct kheap *h)
{
    return free_bytes(h) <= size_of_heap(h) && address_of(h->free_memory_pointer) % KHEAP_ALIGN == 0;
}

/* Fills the KHEAP_ALIGN bytes below an aligned edge, in whole words. */
static void fill_below(unsigned char *edge)
{
    /*@ loop invariant 1 <= n <= KHEAP_ALIGN / WORD + 1;
      @ loop invariant n > 1 ==> word_of(edge - WORD) == SLACK_WORD;
      @ loop invariant n > 2 ==> word_of(edge - 2 * WORD) == SLACK_WORD;
      @ loop invariant \forall unsigned char *p; \base_addr(p) == \base_addr(edge) &&
      @    (p + WORD <= edge - 16 || edge <= p) ==> word_of(p) == \at(word_of(p), LoopEntry);
      @ loop assigns n, edge[-16 .. -1];
      @ loop variant KHEAP_ALIGN / WORD + 1 - n; */
    for (size_t n = 1; n <= KHEAP_ALIGN / WORD; n++)
        set_below(edge, n, SLACK_WORD);
}

/* A word without its first bits as they lie in memory: the low ones on a little-endian machine, the high on a big. */
static uintptr_t without_first(uintptr_t w, size_t bits)
{
    return LITTLE_ENDIAN_WORDS ? w >> bits : w << bits;
}

/* The slack from `end` up to the tag is as fill_below left it. There is some, and it begins within the lowest word. */
INLINE bool intact(const unsigned char *end, const unsigned char *tag)
{
    size_t past = address_of(end) % WORD;
    const unsigned char *lowest = up(down(end, past), WORD);

    /*@ loop invariant lowest <= at && (lowest == tag || lowest == tag - W) && (at == tag || at == tag - W);
      @ loop assigns at;
      @ loop variant at - lowest; */
    for (const unsigned char *at = tag; at != lowest; at = down(at, WORD))
        if (word_below(at, 1) != SLACK_WORD)
            return false;
    return without_first(word_below(lowest, 1), 8 * past) == without_first(SLACK_WORD, 8 * past);
}

/* ---- Allocation ------------------------------------------------------------------------------------------------- */

static void *refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller);

static uintptr_t seal_of(const struct kheap *h, const unsigned char *boundary, size_t size)
{
    return place_of(h, boundary) + size_word(size);
}

/* Writes a tag, above all that lives, and gives the boundary above it. */
INLINE unsigned char *put_tag(unsigned char *tag, size_t size, size_t gap, const void *owner, uintptr_t seal)
{
    unsigned char *boundary = up(tag, TAG);

    set_below(boundary, SIZE, size_word(size));
    set_below(boundary, OWNER, (uintptr_t)owner);
    set_below(boundary, GAP, (uintptr_t)owner + gap);
    set_below(boundary, SEAL, seal);
    return boundary;
}

/* The floor is a tag that ends no block: with this size it can never be taken for one, even if heap_start is damaged. */
#define FLOOR_SIZE (SIZE_MAX - 2 * KHEAP_ALIGN + 1)

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
    h->free_memory_pointer = h->heap_start;
    put_tag(down(h->heap_start, TAG), FLOOR_SIZE, 0, NULL, seal_of(h, h->heap_start, FLOOR_SIZE));
    return KHEAP_OK;
}

/* Compared with what is left, one part after the other: nothing is added, so nothing wraps. */
static bool fits(size_t left, size_t gap, size_t size)
{
    return left >= TAG && left - TAG >= gap && left - TAG - gap >= size;
}

/* before:  ... tag ] |<------------- free ------------->
 * after:   ... tag ][ gap | payload | slack | tag ] |<-- */
INLINE void *take(struct kheap *h, size_t size, size_t gap, const void *owner)
{
    if (!in_order(h) || !fits(free_bytes(h), gap, size) || !sealed(h, h->free_memory_pointer))
        return NULL;

    unsigned char *payload = up(h->free_memory_pointer, gap), *tag = up(payload, rounded(size));
    uintptr_t seal = seal_of(h, up(tag, TAG), size);
    if (gap != 0) {
        fill_below(payload);
        set_below(payload, 1, SLACK_WORD + gap);
    }
    if (size % KHEAP_ALIGN != 0)
        fill_below(tag);
    h->free_memory_pointer = put_tag(tag, size, gap, owner, seal);
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

/* From an address up to the next multiple of align, which is a power of two. */
static size_t padding(uintptr_t address, size_t align)
{
    return (size_t)(0 - address) & (align - 1);
}

static void *take_aligned(struct kheap *h, size_t size, size_t align, bool polite, const void *owner)
{
    void *payload =
        power_of_two(align) ? take(h, size, padding(address_of(h->free_memory_pointer), align), owner) : NULL;

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

void *kheap_calloc(struct kheap *h, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    unsigned char *payload = take_aligned(h, bytes, KHEAP_ALIGN, false, CALLER);

    if (payload != NULL)
        clear(payload, bytes);
    return payload;
}

/* ---- Freeing ---------------------------------------------------------------------------------------------------- */

static void refuse_free(const struct kheap *h, const void *block, const void *caller);

/* Between heap_start and an edge there is room for it. */
static bool possible_gap(const struct kheap *h, const unsigned char *edge, size_t gap)
{
    return gap % KHEAP_ALIGN == 0 && gap <= distance(h->heap_start, edge);
}

/* The fill in front of a payload is whole, and tells the same gap as the tag. */
static bool sound_gap(const struct kheap *h, const unsigned char *payload, size_t gap)
{
    /*@ loop invariant 2 <= n <= KHEAP_ALIGN / WORD + 1;
      @ loop invariant n > 2 ==> word_of(payload - 2 * WORD) == SLACK_WORD;
      @ loop assigns n;
      @ loop variant KHEAP_ALIGN / WORD + 1 - n; */
    for (size_t n = 2; n <= KHEAP_ALIGN / WORD; n++)
        if (word_below(payload, n) != SLACK_WORD)
            return false;
    return word_below(payload, 1) == SLACK_WORD + gap && possible_gap(h, payload, gap);
}

/* The tag that ends at `boundary` agrees with itself, its place and its gap. The floor does like any other. */
static bool sound(const struct kheap *h, const unsigned char *boundary)
{
    size_t size = size_of(boundary), gap = gap_of(boundary);

    if (!sealed(h, boundary))
        return false;
    return gap == 0 ||
           (fits(distance(h->heap_start, boundary), 0, size) && sound_gap(h, down(boundary, TAG + rounded(size)), gap));
}

/* `block` is the payload of the last block, and its size, its seal and its slack are as the heap left them. */
INLINE bool is_last(const struct kheap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;

    if (block < h->heap_start || block >= boundary || boundary > h->heap_end || address_of(boundary) % KHEAP_ALIGN != 0)
        return false;
    if (!sealed(h, boundary))
        return false;
    const unsigned char *tag = down(boundary, TAG);
    size_t size = size_of(boundary), span = distance(block, tag);
    if (span != rounded(size))
        return false;
    return span == size || intact(down(tag, span - size), tag);
}

/* Where the block begins that ends at `boundary`, if all around it is as the heap left it; or NULL. */
static unsigned char *sound_begin(const struct kheap *h, const unsigned char *boundary)
{
    size_t size = size_of(boundary), gap = gap_of(boundary);

    if (!sealed(h, boundary) || !fits(distance(h->heap_start, boundary), 0, size))
        return NULL;
    const unsigned char *tag = down(boundary, TAG), *payload = down(tag, rounded(size));
    if (size % KHEAP_ALIGN != 0 && !intact(up(payload, size), tag))
        return NULL;
    if (gap != 0 && !sound_gap(h, payload, gap))
        return NULL;
    unsigned char *begin = down(payload, gap);
    return sealed(h, begin) ? begin : NULL;
}

/* The same of the last block, if `block` is its payload; the tag below has to know its own gap as well. */
static unsigned char *begin_of_last(const struct kheap *h, unsigned char *block)
{
    if (!is_last(h, block))
        return NULL;

    size_t gap = gap_of(h->free_memory_pointer);
    if (gap != 0 && !sound_gap(h, block, gap))
        return NULL;
    unsigned char *begin = down(block, gap);
    return sound(h, begin) ? begin : NULL;
}

/* Gives the last block back, or says why not. */
APART void free_last(struct kheap *h, unsigned char *block, const void *caller)
{
    unsigned char *begin = begin_of_last(h, block);

    if (begin != NULL)
        h->free_memory_pointer = begin;
    else
        refuse_free(h, block, caller);
}

/* before:  ... tag ][ gap | payload | slack | tag ] |<--
 * after:   ... tag ] |<------------- free ------------->
 * Without gaps, which is nearly always, the few looks that this takes are taken here. */
void kheap_free(struct kheap *h, void *block)
{
    if (block == NULL)
        return;
    if (is_last(h, block) && gap_of(h->free_memory_pointer) == 0 && gap_of(block) == 0 && sealed(h, block))
        h->free_memory_pointer = block;
    else
        free_last(h, block, CALLER);
}

bool kheap_resize(struct kheap *h, void *block, size_t size)
{
    unsigned char *payload = block, *begin = begin_of_last(h, block);

    if (begin == NULL) {
        refuse_free(h, block, CALLER);
        return false;
    }
    if (!fits(distance(payload, h->heap_end), 0, size))
        return false;

    const void *owner = (const void *)word_below(h->free_memory_pointer, OWNER);
    unsigned char *tag = up(payload, rounded(size));
    /*@ loop invariant payload + size <= slack <= tag && \base_addr(slack) == \base_addr(payload);
      @ loop assigns slack, payload[size .. tag - payload - 1];
      @ loop variant tag - slack; */
    for (unsigned char *slack = up(payload, size); slack != tag; slack = up(slack, 1))
        *slack = KHEAP_SLACK_BYTE;
    h->free_memory_pointer = put_tag(tag, size, distance(begin, payload), owner, seal_of(h, up(tag, TAG), size));
    return true;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

/* The bytes from the end of the payload to the end of the size word that are not what the heap wrote; *first is the lowest.
 * This is what a write past the end meets. */
static size_t overflow_of(const unsigned char *end, const unsigned char *tag, uintptr_t size, const void **first)
{
    const unsigned char *expected = (const unsigned char *)&size;
    size_t changed = 0;

    for (const unsigned char *at = tag + WORD; at-- > end;)
        if (*at != (at < tag ? KHEAP_SLACK_BYTE : expected[at - tag])) {
            *first = at;
            changed++;
        }
    return changed;
}

/* The filled bytes in front of an aligned payload that are not what the heap wrote; *first is the lowest. */
static size_t underflow_of(const unsigned char *payload, size_t gap, const void **first)
{
    const uintptr_t tells_gap = SLACK_WORD + gap;
    const unsigned char *expected = (const unsigned char *)(&tells_gap + 1);
    size_t changed = 0;

    for (size_t i = 1; gap != 0 && i <= KHEAP_ALIGN; i++)
        if (*(payload - i) != (i <= WORD ? *(expected - i) : KHEAP_SLACK_BYTE)) {
            *first = payload - i;
            changed++;
        }
    return changed;
}

static bool leads_down(const struct kheap *h, const unsigned char *payload, size_t gap)
{
    return possible_gap(h, payload, gap) && sealed(h, down(payload, gap));
}

/* The ways in which a block of this size may begin: without a gap, with the one that the fill in front of the payload tells,
 * with the one that its tag tells. Of those that lead down to a sealed tag the nearest is right: no block lies between. */
static void nearest_begin(const struct kheap *h, unsigned char *boundary, size_t size, struct kheap_block *b)
{
    if (!fits(distance(h->heap_start, boundary), 0, size))
        return;

    unsigned char *payload = down(boundary, TAG + rounded(size));
    const size_t gaps[] = { 0, word_below(payload, 1) - SLACK_WORD, gap_of(boundary) };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
        if (leads_down(h, payload, gaps[i]) && down(payload, gaps[i]) > down(b->payload, b->gap))
            *b = (struct kheap_block){ payload, size, gaps[i], (const void *)word_below(boundary, OWNER) };
}

/* By how much seal and size disagree. */
static uintptr_t disagreement(const struct kheap *h, const unsigned char *boundary)
{
    return word_below(boundary, SEAL) - word_below(boundary, SIZE) - place_of(h, boundary);
}

/* This tag and the one below it disagree alike, or this is a floor in the midst of the heap: not they are damaged then, but
 * the three words. */
static bool words_disagree(const struct kheap *h, const unsigned char *boundary)
{
    size_t size = size_of(boundary), gap = gap_of(boundary);

    if (sealed(h, boundary))
        return false;
    if (gap % KHEAP_ALIGN != 0 || !fits(distance(h->heap_start, boundary), gap, size))
        return size == FLOOR_SIZE && word_below(boundary, OWNER) == 0;
    return disagreement(h, down(boundary, TAG + rounded(size) + gap)) == disagreement(h, boundary);
}

/* The block that ends at `boundary`, as its tag tells it; nothing where there is no room for that. */
static struct kheap_block block_told(const struct kheap *h, unsigned char *boundary)
{
    size_t size = size_of(boundary), gap = gap_of(boundary);

    if (!fits(distance(h->heap_start, boundary), gap, size))
        return (struct kheap_block){ 0 };
    return (struct kheap_block){ down(boundary, TAG + rounded(size)), size, gap,
                                 (const void *)word_below(boundary, OWNER) };
}

/* The block that ends at `boundary`, trusting nothing; nothing where that cannot be told. Its size is told twice, by the
 * seal and by its own word. Where nothing leads down, the tag below is damaged as well, or the words are, and this tag has
 * to know itself. `boundary` is aligned and above heap_start. */
static struct kheap_block block_below(const struct kheap *h, unsigned char *boundary)
{
    struct kheap_block told = block_told(h, boundary), found = { 0 };
    bool by_words = words_disagree(h, boundary);
    bool trusted = told.payload != NULL && (by_words || sound(h, boundary));

    if (trusted && leads_down(h, told.payload, told.gap))
        return told;
    if (!by_words) {
        uintptr_t by_seal = word_below(boundary, SEAL) - place_of(h, boundary);

        nearest_begin(h, boundary, lowest_byte_last(by_seal) - KEY, &found);
        nearest_begin(h, boundary, size_of(boundary), &found);
    }
    return found.payload == NULL && trusted ? told : found;
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
    unsigned char *edge = *boundary, *tag = down(edge, TAG);

    *boundary = NULL;
    r->block = block_below(h, edge);
    if (r->block.payload == NULL)
        return damaged(r, words_disagree(h, edge) ? (const void *)h : tag);
    unsigned char *payload = r->block.payload;
    *boundary = down(payload, r->block.gap);
    r->changed = overflow_of(up(payload, r->block.size), tag, size_word(r->block.size), &r->address);
    if (r->changed != 0)
        return r->fault = KHEAP_E_OVERFLOW;
    r->changed = underflow_of(payload, r->block.gap, &r->address);
    if (r->changed != 0)
        return r->fault = KHEAP_E_DAMAGED;
    if (sealed(h, edge) && gap_of(edge) == r->block.gap)
        return KHEAP_E_NONE;
    return damaged(r, words_disagree(h, edge) ? (const void *)h : tag);
}

/* heap_start <= free_memory_pointer <= heap_end, and aligned. */
static bool words_in_order(const struct kheap *h)
{
    return h->heap_start <= h->free_memory_pointer && h->free_memory_pointer <= h->heap_end && in_order(h) &&
           address_of(h->heap_start) % KHEAP_ALIGN == 0;
}

/* What has to hold before the first step. */
static enum kheap_fault check_words(const struct kheap *h, struct kheap_report *r)
{
    if (h->heap_start == NULL)
        return r->fault = KHEAP_E_NOT_INITIALISED;
    return words_in_order(h) ? KHEAP_E_NONE : damaged(r, h);
}

/* The one tag below a boundary. Below heap_start that is the floor. */
static enum kheap_fault check_boundary(const struct kheap *h, unsigned char *boundary, struct kheap_report *r)
{
    if (sound(h, boundary))
        return KHEAP_E_NONE;
    return boundary == h->heap_start ? damaged(r, down(boundary, TAG)) : step(h, &boundary, r);
}

/* The words and the last tag, which together vouch for each other. */
static enum kheap_fault check_top(const struct kheap *h, struct kheap_report *r)
{
    return check_words(h, r) != KHEAP_E_NONE ? r->fault : check_boundary(h, h->free_memory_pointer, r);
}

/* The step of those who look for damage only: quick where there is none. */
static enum kheap_fault check_step(const struct kheap *h, unsigned char **boundary, struct kheap_report *r)
{
    unsigned char *begin = sound_begin(h, *boundary);

    if (begin == NULL)
        return step(h, boundary, r);
    *boundary = begin;
    return KHEAP_E_NONE;
}

/* Every block below a boundary, and the floor. */
static enum kheap_fault check_below(const struct kheap *h, unsigned char *boundary, struct kheap_report *r)
{
    while (boundary > h->heap_start)
        if (check_step(h, &boundary, r) != KHEAP_E_NONE)
            return r->fault;
    r->block = (struct kheap_block){ 0 };
    return check_boundary(h, boundary, r);
}

static struct kheap_report report_of(const struct kheap *h, const void *address, const void *caller)
{
    return (struct kheap_report){ .heap = h, .address = address, .caller = caller };
}

enum kheap_fault kheap_check(const struct kheap *h, struct kheap_report *report)
{
    struct kheap_report own, *r = report != NULL ? report : &own;

    *r = report_of(h, NULL, NULL);
    return check_words(h, r) != KHEAP_E_NONE ? r->fault : check_below(h, h->free_memory_pointer, r);
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
    stats->tags += TAG;
    return true;
}

struct kheap_stats kheap_stats(const struct kheap *h)
{
    struct kheap_stats stats = { 0 };

    if (h->heap_start == NULL || !words_in_order(h))
        return stats;
    stats.free = free_bytes(h);
    stats.used = size_of_heap(h) - stats.free;
    stats.largest = stats.free >= TAG ? stats.free - TAG : 0;
    kheap_walk(h, add_to_stats, &stats);
    stats.padding = stats.used - stats.payload - stats.tags;
    return stats;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

static uintptr_t turned(uintptr_t w, unsigned bits)
{
    return w << bits | w >> (8 * WORD - bits);
}

/* A number that tells this boundary from every other one: the seal knows the place and the size. Owner and gap are turned by
 * a quarter and by half a word, so that small differences of the three lie apart and do not cancel. */
static uintptr_t fingerprint(const unsigned char *boundary)
{
    return word_below(boundary, SEAL) ^ turned(word_below(boundary, OWNER), 2 * WORD) ^
           turned(word_below(boundary, GAP), 4 * WORD);
}

struct kheap_mark kheap_mark(const struct kheap *h)
{
    struct kheap_report r = report_of(h, NULL, CALLER);

    if (check_top(h, &r) != KHEAP_E_NONE) {
        kheap_fault(&r);
        return (struct kheap_mark){ 0 };
    }
    return (struct kheap_mark){ h->free_memory_pointer, fingerprint(h->free_memory_pointer) };
}

/* Walks down to the mark, looking at each block that would go. A stale tag may still lie in somebody's payload, so only
 * a boundary that the walk meets counts. */
static enum kheap_fault check_mark(const struct kheap *h, struct kheap_mark mark, struct kheap_report *r)
{
    unsigned char *at = h->free_memory_pointer;

    if (check_words(h, r) != KHEAP_E_NONE)
        return r->fault;
    while (at > h->heap_start && address_of(at) > address_of(mark.position))
        if (check_step(h, &at, r) != KHEAP_E_NONE)
            return r->fault;
    if (at == mark.position && check_boundary(h, at, r) != KHEAP_E_NONE)
        return r->fault;
    if (at == mark.position && fingerprint(at) == mark.seal)
        return KHEAP_E_NONE;
    return r->fault = KHEAP_E_BAD_MARK;
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
    size_t needed = padding(address_of(h->free_memory_pointer), align) + TAG;

    if (size > SIZE_MAX - KHEAP_ALIGN - needed)
        return SIZE_MAX;
    needed += rounded(size) - free_bytes(h);
    return needed <= UINTPTR_MAX - address_of(h->heap_end) ? needed : SIZE_MAX;
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

/* The walk that tells which rule a free broke: the first damage from the top down, or else what the address is, which
 * lies at or above heap_start and below the free pointer. */
static enum kheap_fault find_block(const struct kheap *h, uintptr_t wanted, struct kheap_report *r)
{
    struct kheap_block newest = { 0 };
    unsigned char *at = h->free_memory_pointer;

    for (size_t above = 0;; above++) { /* ends: the lowest block begins at heap_start, which is not above `wanted` */
        if (step(h, &at, r) != KHEAP_E_NONE)
            return r->fault;
        newest = above == 0 ? r->block : newest;
        if (wanted < address_of(at))
            continue;
        if (wanted != address_of(r->block.payload))
            return r->fault = KHEAP_E_NOT_A_BLOCK;
        if (above == 0)
            return check_below(h, at, r); /* it is the last block: what lies below it refuses */
        r->newest = newest;
        r->above = above;
        return r->fault = KHEAP_E_OUT_OF_ORDER;
    }
}

static void refuse_free(const struct kheap *h, const void *block, const void *caller)
{
    struct kheap_report r = report_of(h, block, caller);
    uintptr_t wanted = address_of(block);

    if (check_top(h, &r) == KHEAP_E_NONE) {
        if (wanted < address_of(h->heap_start) || wanted >= address_of(h->heap_end))
            r.fault = KHEAP_E_NOT_A_BLOCK;
        else if (wanted >= address_of(h->free_memory_pointer))
            r.fault = wanted % KHEAP_ALIGN == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK;
        else
            find_block(h, wanted, &r);
    }
    kheap_fault(&r);
}
