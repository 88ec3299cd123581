/* SPDX-License-Identifier: MIT
 *
 * The refusals of kheap in brief, for where flash is short or a refusal has to be bounded: linked instead of kheap_look.c, or
 * beside it where kheap_check, kheap_walk or kheap_stats are called. What is refused, and that nothing changes, is decided
 * in kheap.c and stays as it is. The report has fault, heap, caller, the pointer or mark that was given, the request; the
 * rest of it is zero. Nothing is walked, so some codes say less:
 *
 *      E04 also a pointer into the midst of the live blocks that is no block (E06)
 *      E08 also bytes written behind the block (E07)
 *      E09 also damage in the blocks above the mark (E07, E08)
 */
#include "kheap_tag.h"

static void tell(const struct kheap *h, enum kheap_fault fault, const void *address, const void *caller)
{
    kheap_fault(&(struct kheap_report){ .fault = fault, .heap = h, .address = address, .caller = caller });
}

/* What is wrong before any pointer is looked at. */
static enum kheap_fault fault_of_top(const struct kheap *h)
{
    if (h->heap_start == NULL)
        return KHEAP_E_NOT_INITIALISED;
    if (free_bytes(h) > size_of_heap(h) || address_of(h->free_memory_pointer) % KHEAP_ALIGN != 0)
        return KHEAP_E_DAMAGED;
    return sealed(size_of_heap(h), h->free_memory_pointer) ? KHEAP_E_NONE : KHEAP_E_DAMAGED;
}

void *kheap_refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller)
{
    enum kheap_fault fault = fault_of_top(h);

    if (fault == KHEAP_E_NONE)
        fault = power_of_two(align) ? KHEAP_E_OUT_OF_MEMORY : KHEAP_E_BAD_ALIGNMENT;
    const struct kheap_report r = { .fault = fault, .heap = h, .caller = caller, .wanted = size, .align = align };
    if (!polite || fault != KHEAP_E_OUT_OF_MEMORY)
        kheap_fault(&r);
    return NULL;
}

static enum kheap_fault fault_of_block(const struct kheap *h, const unsigned char *block)
{
    const unsigned char *boundary = h->free_memory_pointer;

    if (distance(h->heap_start, block) >= size_of_heap(h) || address_of(block) % KHEAP_ALIGN != 0)
        return KHEAP_E_NOT_A_BLOCK;
    if (address_of(block) >= address_of(boundary))
        return KHEAP_E_DOUBLE_FREE;
    return up(block, taken_told(word_below(boundary, SIZE))) == boundary ? KHEAP_E_DAMAGED : KHEAP_E_OUT_OF_ORDER;
}

void kheap_refuse_free(const struct kheap *h, const void *block, const void *caller)
{
    enum kheap_fault fault = fault_of_top(h);

    tell(h, fault != KHEAP_E_NONE ? fault : fault_of_block(h, block), block, caller);
}

void kheap_refuse_mark(const struct kheap *h, const void *caller)
{
    tell(h, fault_of_top(h), NULL, caller);
}

void kheap_refuse_release(const struct kheap *h, struct kheap_mark mark, const void *caller)
{
    enum kheap_fault fault = fault_of_top(h);

    tell(h, fault != KHEAP_E_NONE ? fault : KHEAP_E_BAD_MARK, mark.position, caller);
}
