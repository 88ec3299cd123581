/* SPDX-License-Identifier: MIT
 *
 * The solution of step 8: a wrong free is refused, with the culprit's name.
 */
#include "my_heap.h"

/* ---- Step 1: the three words ------------------------------------------------------------------------------------ */

bool my_init(struct my_heap *h, void *memory, size_t size)
{
    size_t lost = (size_t)(0 - (uintptr_t)memory) % KHEAP_ALIGN; /* up to the first aligned byte */

    if (h == NULL || memory == NULL || size < lost + KHEAP_ALIGN)
        return false;
    h->heap_start = (unsigned char *)memory + lost;
    h->heap_end = h->heap_start + (size - lost) / KHEAP_ALIGN * KHEAP_ALIGN;
    h->free_memory_pointer = h->heap_start;
    return true;
}

/* ---- Steps 2 to 4: getting memory ------------------------------------------------------------------------------- */

static bool power_of_two(size_t align)
{
    return align != 0 && (align & (align - 1)) == 0;
}

/* From an address up to the next multiple of align, which is a power of two. */
static size_t padding(uintptr_t address, size_t align)
{
    return (size_t)(0 - address) & (align - 1);
}

static size_t rounded(size_t size)
{
    return (size + (KHEAP_ALIGN - 1)) / KHEAP_ALIGN * KHEAP_ALIGN;
}

/* Compared with what is left, one part after the other: nothing is added, so nothing wraps. */
static bool fits(size_t left, size_t gap, size_t size)
{
    return left >= TAG && left - TAG >= gap && left - TAG - gap >= size;
}

void *my_alloc_aligned(struct my_heap *h, size_t size, size_t align)
{
    size_t left = (size_t)(h->heap_end - h->free_memory_pointer);

    if (!power_of_two(align))
        return NULL;
    size_t gap = padding((uintptr_t)h->free_memory_pointer, align);
    if (!fits(left, gap, size))
        return NULL;
    unsigned char *payload = h->free_memory_pointer + gap;
    struct my_tag *tag = (struct my_tag *)(payload + rounded(size));
    tag->size = size;
    h->free_memory_pointer = (unsigned char *)(tag + 1);
    return payload;
}

void *my_alloc(struct my_heap *h, size_t size)
{
    return my_alloc_aligned(h, size, KHEAP_ALIGN);
}

/* ---- Step 5: how full is it? ------------------------------------------------------------------------------------ */

struct my_stats my_stats(const struct my_heap *h)
{
    struct my_stats stats = { 0 };

    stats.used = (size_t)(h->free_memory_pointer - h->heap_start);
    stats.free = (size_t)(h->heap_end - h->free_memory_pointer);
    stats.largest = stats.free > TAG ? stats.free - TAG : 0;
    return stats;
}

/* ---- Step 6: the tag -------------------------------------------------------------------------------------------- */

bool my_block_below(const struct my_heap *h, const unsigned char *boundary, struct my_block *b)
{
    if (boundary <= h->heap_start)
        return false;
    const struct my_tag *tag = (const struct my_tag *)boundary - 1;
    b->size = tag->size;
    b->gap = 0;
    b->payload = (unsigned char *)tag - rounded(tag->size);
    return true;
}

/* ---- Step 10: was anything overwritten? (my_free asks this, so it stands above) --------------------------------- */

enum my_fault my_check(const struct my_heap *h, const unsigned char *boundary)
{
    (void)h, (void)boundary; /* TODO in step 10 */
    return ALL_WELL;
}

/* ---- Steps 7 to 9: giving back ---------------------------------------------------------------------------------- */

/* The block is not the last one: what is it? */
static enum my_fault why_not(const struct my_heap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;
    struct my_block b;

    if (block < h->heap_start || block >= h->heap_end)
        return NOT_A_BLOCK;
    if (block >= h->free_memory_pointer)
        return DOUBLE_FREE;
    while (my_block_below(h, boundary, &b)) {
        if (b.payload == block)
            return OUT_OF_ORDER;
        boundary = b.payload;
    }
    return NOT_A_BLOCK;
}

enum my_fault my_free(struct my_heap *h, void *block, struct my_block *culprit)
{
    struct my_block newest = { 0 };

    if (block == NULL)
        return ALL_WELL;
    bool any = my_block_below(h, h->free_memory_pointer, &newest);
    *culprit = newest;
    if (!any || block != newest.payload)
        return why_not(h, block);
    h->free_memory_pointer = newest.payload;
    return ALL_WELL;
}
