/* SPDX-License-Identifier: MIT
 *
 * kheap, the part that looks: walks, counts, checks, and, once a call is refused, says why and names the block. It only
 * reads. The heart (kheap.c) needs of it the four refusals at the end.
 */
#include "kheap_tag.h"

/* Where flash is short others may be linked beside this file, that only refuse: package/kheap_brief.c. */
#define REPLACEABLE __attribute__((weak))

/* The tag below this boundary keeps the equation. */
static bool sound(const struct kheap *h, const unsigned char *boundary)
{
    return sealed(size_of_heap(h), boundary);
}

static uintptr_t place_of(const struct kheap *h, const unsigned char *boundary)
{
    return size_of_heap(h) + address_of(boundary);
}

/* What a block of this size takes with its tag; less than the size where that wraps. */
static size_t taken_by(size_t size)
{
    return (size + (TAG + KHEAP_ALIGN - 1)) & ~(size_t)(KHEAP_ALIGN - 1);
}

/* Between heap_start and an edge there is room for this gap. */
static bool possible_gap(const struct kheap *h, const unsigned char *edge, size_t gap)
{
    return gap % KHEAP_ALIGN == 0 && gap <= distance(h->heap_start, edge);
}

/* ---- What guards a block ---------------------------------------------------------------------------------------- */

/* How many bytes from `from` up are not the expected ones, or not poison where none are given; *first is the lowest. */
static size_t differing(const unsigned char *from, const void *expected, size_t bytes, const void **first)
{
    const unsigned char *wanted = expected;
    size_t changed = 0;

    while (bytes-- > 0)
        if (from[bytes] != (wanted != NULL ? wanted[bytes] : KHEAP_SLACK_BYTE)) {
            *first = from + bytes;
            changed++;
        }
    return changed;
}

/* Of the bytes that a write past the end meets: slack, FENCE, and, where the size is known, SIZE. */
static size_t overflow_of(const struct kheap_block *b, const unsigned char *tag, const void **first)
{
    const uintptr_t expected[] = { fence_word(b->gap), size_word(b->size) };
    const unsigned char *end = up(b->payload, b->size);
    size_t changed = differing(tag, expected, b->owner != NULL ? 2 * WORD : WORD, first);

    return changed + differing(end, NULL, distance(end, tag), first);
}

/* Of the filled bytes in front of an aligned payload. */
static size_t underflow_of(const struct kheap_block *b, const void **first)
{
    const uintptr_t words[] = { POISON, POISON, POISON, POISON + b->gap };
    const unsigned char *expected = down((const unsigned char *)(words + 4), KHEAP_ALIGN);

    return b->gap != 0 ? differing(down(b->payload, KHEAP_ALIGN), expected, KHEAP_ALIGN, first) : 0;
}

/* ---- Which block is it? Trusting nothing ------------------------------------------------------------------------ */

static size_t against(const struct kheap_block *b, const unsigned char *tag)
{
    const void *first;

    return overflow_of(b, tag, &first) + underflow_of(b, &first);
}

static bool leads_down(const struct kheap *h, const unsigned char *payload, size_t gap)
{
    return possible_gap(h, payload, gap) && sound(h, down(payload, gap));
}

static size_t gap_in_front(const unsigned char *payload)
{
    return word_below(payload, 1) - POISON;
}

/* The size that the other words of a tag tell, if it belongs to a block with this gap. False where a write past the end may
 * have run on into OWNER, because it went through FENCE and not even the last byte of SIZE stands: then by a few bytes less. */
static bool size_by_seal(const struct kheap *h, const unsigned char *boundary, size_t gap, size_t *size)
{
    const uintptr_t told =
        word_below(boundary, SEAL) - place_of(h, boundary) - word_below(boundary, OWNER) - fence_word(gap);
    const unsigned char *end_of_size = down(boundary, 2 * WORD), *end_of_told = (const unsigned char *)(&told + 1);

    *size = size_told(told);
    return word_below(boundary, FENCE) == fence_word(gap) || end_of_size[-1] == end_of_told[-1];
}

/* The ways in which a block of this size may begin: without a gap, with the one that the fill in front of the payload tells,
 * with the one that its tag tells. Of those that lead down to a sealed tag the nearest is right: no block lies between; and
 * of those that begin there the one that the fewest bytes speak against. If the size is not known well it is the most that
 * there can have been, and nobody knows the owner. */
static void nearest_begin(const struct kheap *h, unsigned char *boundary, size_t size, bool known,
                          struct kheap_block *b)
{
    if (!fits(distance(h->heap_start, boundary), 0, size))
        return;

    unsigned char *payload = down(boundary, taken_by(size)), *tag = down(boundary, TAG);
    const void *owner = known ? (const void *)word_below(boundary, OWNER) : NULL;
    const size_t gaps[] = { 0, gap_in_front(payload), gap_told(word_below(boundary, FENCE)) };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
        const struct kheap_block other = { payload, known ? size : distance(payload, tag), gaps[i], owner };
        const unsigned char *begin = down(payload, gaps[i]), *before = down(b->payload, b->gap);
        if (leads_down(h, payload, gaps[i]) &&
            (begin > before || (begin == before && against(&other, tag) <= against(b, tag))))
            *b = other;
    }
}

/* By how much a tag disagrees with its seal. */
static uintptr_t disagreement(const struct kheap *h, const unsigned char *boundary)
{
    return word_below(boundary, SEAL) - word_below(boundary, SIZE) - word_below(boundary, OWNER) -
           word_below(boundary, FENCE) - place_of(h, boundary);
}

/* The block that ends at `boundary`, as its tag tells it; nothing where there is no room for that. */
static struct kheap_block block_told(const struct kheap *h, unsigned char *boundary)
{
    size_t size = size_told(word_below(boundary, SIZE)), gap = gap_told(word_below(boundary, FENCE));

    if (gap % KHEAP_ALIGN != 0 || !fits(distance(h->heap_start, boundary), gap, size))
        return (struct kheap_block){ 0 };
    return (struct kheap_block){ down(boundary, taken_by(size)), size, gap, (const void *)word_below(boundary, OWNER) };
}

/* This tag and the one below it disagree alike, or this is a floor in the midst of the heap: not they are damaged then, but
 * the three words. */
static bool words_disagree(const struct kheap *h, unsigned char *boundary)
{
    const struct kheap_block told = block_told(h, boundary);

    if (sound(h, boundary))
        return false;
    if (told.payload == NULL)
        return word_below(boundary, SIZE) == size_word(FLOOR_SIZE) && word_below(boundary, OWNER) == 0;
    return disagreement(h, down(told.payload, told.gap)) == disagreement(h, boundary);
}

/* The block that ends at `boundary`; nothing where that cannot be told. Its size is told twice, by its own word and by the
 * seal. Where nothing leads down, the tag below is damaged as well, or the words are, and this tag has to know itself.
 * `boundary` is aligned and above heap_start. */
static struct kheap_block block_below(const struct kheap *h, unsigned char *boundary)
{
    struct kheap_block told = block_told(h, boundary), found = { 0 };
    bool by_words = words_disagree(h, boundary);
    bool trusted = told.payload != NULL && (by_words || sound(h, boundary));

    if (trusted && leads_down(h, told.payload, told.gap))
        return told;
    if (!by_words) {
        const size_t gaps[] = { gap_told(word_below(boundary, FENCE)), 0 };
        nearest_begin(h, boundary, size_told(word_below(boundary, SIZE)), true, &found);
        for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
            size_t size;
            bool known = size_by_seal(h, boundary, gaps[i], &size);
            nearest_begin(h, boundary, size, known, &found);
        }
    }
    return found.payload == NULL && trusted ? told : found;
}

/* Does a sealed tag above `payload` say that it ends the block that begins there? */
static bool ends_below(const struct kheap *h, const unsigned char *payload, const unsigned char *boundary)
{
    for (unsigned char *at = up(payload, TAG); at < boundary; at = up(at, KHEAP_ALIGN))
        if (sound(h, at) && up(payload, taken_told(word_below(at, SIZE))) == at)
            return true;
    return false;
}

/* The last block by the pointer that its owner gave, when its tag is overwritten: the tag below vouches that a block begins
 * there. If not even the seal tells the size, it is the most that there can have been, and nobody knows the owner. Nothing
 * where the pointer is none into the heap with room for a tag above. */
static struct kheap_block block_given(const struct kheap *h, unsigned char *payload)
{
    unsigned char *boundary = h->free_memory_pointer;
    size_t room = distance(payload, boundary);

    if (room < TAG || room > distance(h->heap_start, boundary) || address_of(payload) % KHEAP_ALIGN != 0)
        return (struct kheap_block){ 0 };
    const size_t gaps[] = { 0, gap_in_front(payload) };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
        if (!leads_down(h, payload, gaps[i]) || ends_below(h, payload, boundary))
            continue;
        size_t size;
        bool told = size_by_seal(h, boundary, gaps[i], &size) && size <= room && taken_by(size) == room;
        return (struct kheap_block){ payload, told ? size : room - TAG, gaps[i],
                                     told ? (const void *)word_below(boundary, OWNER) : NULL };
    }
    return (struct kheap_block){ 0 };
}

/* ---- What is wrong with it? ------------------------------------------------------------------------------------- */

static enum kheap_fault damaged(struct kheap_report *r, const void *address)
{
    r->address = address;
    r->changed = 0;
    return r->fault = KHEAP_E_DAMAGED;
}

/* OWNER and SEAL do not agree, and the block that lies nearest is the one above. If SEAL is wrong up to its last byte, the
 * write came from there; else which of the two words it was cannot be told. */
static enum kheap_fault damaged_from_above(const struct kheap *h, unsigned char *edge, const struct kheap_block *above,
                                           struct kheap_report *r)
{
    const uintptr_t expected = word_below(edge, SEAL) - disagreement(h, edge);
    size_t changed = differing(down(edge, WORD), &expected, WORD, &r->address);

    if (above->payload == edge)
        r->block = *above;
    if (above->payload != edge || edge[-1] == ((const unsigned char *)(&expected + 1))[-1])
        return damaged(r, down(edge, 2 * WORD));
    r->changed = changed;
    return r->fault = KHEAP_E_DAMAGED;
}

/* Says what is wrong with a block whose tag ends at `edge`. A write past its end goes through FENCE, or stays below it. */
static enum kheap_fault judge(const struct kheap *h, unsigned char *edge, const struct kheap_block *above,
                              struct kheap_report *r)
{
    const unsigned char *tag = down(edge, TAG);

    r->changed = overflow_of(&r->block, tag, &r->address);
    if (r->changed != 0)
        return (const unsigned char *)r->address < tag + WORD ? r->fault = KHEAP_E_OVERFLOW : damaged(r, r->address);
    r->changed = underflow_of(&r->block, &r->address);
    if (r->changed != 0)
        return r->fault = KHEAP_E_DAMAGED;
    if (sound(h, edge))
        return KHEAP_E_NONE;
    return words_disagree(h, edge) ? damaged(r, h) : damaged_from_above(h, edge, above, r);
}

/* Looks at the block that ends at *boundary and steps below it, if it can be told where the block begins; r->block is the one
 * above, if there is any, and then this one. */
static enum kheap_fault step(const struct kheap *h, unsigned char **boundary, struct kheap_report *r)
{
    const struct kheap_block above = r->block;
    unsigned char *edge = *boundary;

    r->block = block_below(h, edge);
    if (r->block.payload == NULL)
        return damaged(r, words_disagree(h, edge) ? (const void *)h : down(edge, TAG));
    *boundary = down(r->block.payload, r->block.gap);
    return judge(h, edge, &above, r);
}

/* heap_start <= free_memory_pointer <= heap_end, and aligned. */
static bool words_in_order(const struct kheap *h)
{
    return h->heap_start <= h->free_memory_pointer && h->free_memory_pointer <= h->heap_end &&
           address_of(h->heap_start) % KHEAP_ALIGN == 0 && address_of(h->free_memory_pointer) % KHEAP_ALIGN == 0;
}

/* What has to hold before the first step. */
static enum kheap_fault check_words(const struct kheap *h, struct kheap_report *r)
{
    if (h->heap_start == NULL)
        return r->fault = KHEAP_E_NOT_INITIALISED;
    return words_in_order(h) ? KHEAP_E_NONE : damaged(r, h);
}

/* The floor. Nothing of this heap lies below it, so what changes it comes from r->block above it, if there is any. */
static enum kheap_fault check_floor(const struct kheap *h, struct kheap_report *r)
{
    const uintptr_t size = size_word(FLOOR_SIZE), seal = place_of(h, h->heap_start) + POISON + size;
    const uintptr_t expected[] = { POISON, size, 0, seal };
    size_t changed = differing(down(h->heap_start, TAG), expected, TAG, &r->address);
    bool from_above = r->block.payload == h->heap_start;

    r->changed = from_above ? changed : 0;
    if (!from_above)
        r->block = (struct kheap_block){ 0 };
    return r->fault = changed != 0 ? KHEAP_E_DAMAGED : KHEAP_E_NONE;
}

/* The one tag below a boundary. */
static enum kheap_fault check_tag(const struct kheap *h, unsigned char *boundary, struct kheap_report *r)
{
    if (boundary == h->heap_start)
        return check_floor(h, r);
    return sound(h, boundary) ? KHEAP_E_NONE : step(h, &boundary, r);
}

/* The words and the last tag, which together vouch for each other. */
static enum kheap_fault check_top(const struct kheap *h, struct kheap_report *r)
{
    return check_words(h, r) != KHEAP_E_NONE ? r->fault : check_tag(h, h->free_memory_pointer, r);
}

/* Every block below a boundary, and the floor: quick where all is as it should be. */
static enum kheap_fault check_below(const struct kheap *h, unsigned char *boundary, struct kheap_report *r)
{
    while (boundary > h->heap_start) {
        unsigned char *begin = sound(h, boundary) ? kheap_begin_of(h, boundary) : NULL;
        if (begin == NULL && step(h, &boundary, r) != KHEAP_E_NONE)
            return r->fault;
        boundary = begin != NULL ? begin : boundary;
    }
    return check_floor(h, r);
}

static struct kheap_report report_of(const struct kheap *h, const void *address, const void *caller)
{
    return (struct kheap_report){ .heap = h, .address = address, .caller = caller };
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

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
        const struct kheap_block block = block_below(h, at);
        if (block.payload == NULL)
            return step(h, &at, &r);
        if (!visit(&block, context))
            return KHEAP_E_NONE;
        at = down(block.payload, block.gap);
    }
    return check_floor(h, &r);
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

/* ---- Refusing --------------------------------------------------------------------------------------------------- */

/* How many bytes more the heap would need; SIZE_MAX when it would have to end behind the last address. */
static size_t missing_bytes(const struct kheap *h, size_t size, size_t align)
{
    uintptr_t from = address_of(h->free_memory_pointer);
    size_t total = padding(from, align) + taken_by(size); /* less than the size, too, where that wraps */

    return size <= total && total <= ~from ? total - free_bytes(h) : SIZE_MAX;
}

REPLACEABLE void *kheap_refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller)
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

/* The last tag is damaged and does not tell its block, or not well: perhaps the pointer that was given does. */
static void judge_given(const struct kheap *h, uintptr_t wanted, struct kheap_report *r)
{
    const struct kheap_block given = block_given(h, up(NULL, wanted)), nothing = { 0 };

    if (given.payload != NULL) {
        r->block = given;
        judge(h, h->free_memory_pointer, &nothing, r);
    }
}

REPLACEABLE void kheap_refuse_free(const struct kheap *h, const void *block, const void *caller)
{
    struct kheap_report r = report_of(h, block, caller);
    uintptr_t wanted = address_of(block);

    if (check_top(h, &r) != KHEAP_E_NONE) {
        bool told = r.block.payload == block || r.block.owner != NULL;
        if (r.fault != KHEAP_E_NOT_INITIALISED && !told && r.address != (const void *)h)
            judge_given(h, wanted, &r);
    } else if (wanted < address_of(h->heap_start) || wanted >= address_of(h->heap_end)) {
        r.fault = KHEAP_E_NOT_A_BLOCK;
    } else if (wanted >= address_of(h->free_memory_pointer)) {
        r.fault = wanted % KHEAP_ALIGN == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK;
    } else {
        find_block(h, wanted, &r);
    }
    kheap_fault(&r);
}

REPLACEABLE void kheap_refuse_mark(const struct kheap *h, const void *caller)
{
    struct kheap_report r = report_of(h, NULL, caller);

    check_top(h, &r);
    kheap_fault(&r);
}

/* Damage that the walk down to the mark meets, or else the mark is no boundary, or not the same one. */
static void find_mark(const struct kheap *h, struct kheap_mark mark, struct kheap_report *r)
{
    unsigned char *at = h->free_memory_pointer;

    if (check_words(h, r) != KHEAP_E_NONE)
        return;
    while (at > h->heap_start && address_of(at) > address_of(mark.position))
        if (step(h, &at, r) != KHEAP_E_NONE)
            return;
    if (check_tag(h, at, r) != KHEAP_E_NONE)
        return;
    r->block = (struct kheap_block){ 0 };
    r->fault = KHEAP_E_BAD_MARK;
}

REPLACEABLE void kheap_refuse_release(const struct kheap *h, struct kheap_mark mark, const void *caller)
{
    struct kheap_report r = report_of(h, mark.position, caller);

    find_mark(h, mark, &r);
    kheap_fault(&r);
}
