/* SPDX-License-Identifier: MIT
 *
 * The kernel's own heap and the names that every kernel gives to it. The contract is kheap.h's; each call below is one
 * call of it over kernel_heap.
 *
 * They are inline so that the owner in a block's tag is the function that asked, and not kmalloc each time.
 */
#ifndef KMALLOC_H
#define KMALLOC_H

#include "base/context.h"
#include "kheap.h"
#include "memory/fault.h"
#include "memory/hooks.h"

#define KMALLOC static inline __attribute__((always_inline))

extern struct kheap kernel_heap;

/* Makes the heap: from the end of the kernel, HEAP_SIZE long, or as long as heap= on the command line says.
 * Stops the machine, and says what it wanted and what there is, when that does not fit. */
void init_heap(void);

/* What follows each call that changed the heap: it becomes an event, and poison tells in a dump what a byte is, fresh
 * bytes in a new payload, freed bytes above the free pointer, up to where it stood before. A call that was refused
 * changed nothing; its fault is an event already. */
void *heap_fresh(void *payload, size_t size, size_t align);
void *heap_zeroed(void *payload, size_t size);
void heap_freed(const void *block, unsigned char *pointer_before);
void heap_resized(void *block, size_t size, unsigned char *pointer_before);
struct kheap_mark heap_marked(struct kheap_mark mark);
void heap_released(struct kheap_mark mark, unsigned char *pointer_before, unsigned faults_before);

/* The last block, the only one that may be freed; its payload is NULL when there is none. */
struct kheap_block heap_newest(void);

/* Around each call of the heap: interrupts are off, so nobody sees it half done. False: it is a handler that calls, which
 * may not (I01), and nothing is done. */
bool heap_begin(enum hold kind);
void heap_end(void);

KMALLOC void *kmalloc_aligned(size_t size, size_t align)
{
    if (!heap_begin(HOLD_BOUNDED))
        return NULL;
    heap_before_alloc(size, align);
    void *block = kheap_alloc_aligned(&kernel_heap, size, align);
    heap_end();
    return heap_fresh(block, size, align);
}

KMALLOC void *kmalloc(size_t size)
{
    if (!heap_begin(HOLD_BOUNDED))
        return NULL;
    heap_before_alloc(size, KHEAP_ALIGN);
    void *block = kheap_alloc(&kernel_heap, size);
    heap_end();
    return heap_fresh(block, size, KHEAP_ALIGN);
}

/* Bounded but for the zeros, as many as were asked for. */
KMALLOC void *kcalloc(size_t count, size_t size)
{
    if (!heap_begin(HOLD_UNBOUNDED))
        return NULL;
    heap_before_alloc(count * size, KHEAP_ALIGN);
    void *block = kheap_calloc(&kernel_heap, count, size);
    heap_end();
    return heap_zeroed(block, count * size);
}

KMALLOC void *kzalloc(size_t size)
{
    return kcalloc(1, size);
}

KMALLOC void kfree(void *block)
{
    unsigned char *before = kernel_heap.free_memory_pointer;
    if (!heap_begin(HOLD_BOUNDED))
        return;
    kheap_free(&kernel_heap, block);
    heap_end();
    heap_freed(block, before);
}

KMALLOC bool kresize(void *block, size_t size)
{
    unsigned char *before = kernel_heap.free_memory_pointer;
    if (!heap_begin(HOLD_BOUNDED))
        return false;
    bool done = kheap_resize(&kernel_heap, block, size);
    heap_end();
    if (done)
        heap_resized(block, size, before);
    return done;
}

KMALLOC struct kheap_mark kmark(void)
{
    if (!heap_begin(HOLD_BOUNDED))
        return (struct kheap_mark){ 0 };
    struct kheap_mark mark = kheap_mark(&kernel_heap);
    heap_end();
    return heap_marked(mark);
}

/* The only one that takes longer the more there is to give back. */
KMALLOC void krelease(struct kheap_mark mark)
{
    unsigned char *before = kernel_heap.free_memory_pointer;
    unsigned faults = faults_seen();
    if (!heap_begin(HOLD_UNBOUNDED))
        return;
    kheap_release(&kernel_heap, mark);
    heap_end();
    heap_released(mark, before, faults);
}

#endif
