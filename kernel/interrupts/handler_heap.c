/* SPDX-License-Identifier: MIT
 *
 * Some memory, three words, and no lock: who may call it cannot be interrupted.
 */
#include "interrupts/handler_heap.h"

#include "base/panic.h"
#include "memory/fault.h"

struct kheap handler_heap;
static unsigned char memory[HANDLER_HEAP_BYTES] __attribute__((aligned(KHEAP_ALIGN)));

void init_handler_heap(void)
{
    if (kheap_init(&handler_heap, memory, sizeof memory) != KHEAP_OK)
        panic("the heap of the handlers cannot be made");
}

void *handler_alloc(size_t size)
{
    void *block = kheap_alloc(&handler_heap, size);

    fault_tell_kept();
    return block;
}

struct kheap_mark handler_mark(void)
{
    return kheap_mark(&handler_heap);
}

void handler_release(struct kheap_mark mark)
{
    kheap_release(&handler_heap, mark);
    fault_tell_kept();
}
