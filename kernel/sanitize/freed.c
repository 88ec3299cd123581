/* SPDX-License-Identifier: MIT
 *
 * The last freed blocks: a ring in which the newest takes the place of the oldest.
 */
#include "sanitize/freed.h"

#include "memory/kmalloc.h"
#include "memory/numbers.h"

#include <stdbool.h>

#define MOST_FREED 256u

static struct freed ring[MOST_FREED];
static size_t next;
size_t heap_calls;
const void *quarantine_owner;

/* A block that a resize cut off lives on, and what lies in a quarantine is remembered already. */
static bool remember(const struct kheap_block *block, void *context)
{
    bool lives = (uintptr_t)block->payload < (uintptr_t)kernel_heap.free_memory_pointer;

    if (!lives && (quarantine_owner == NULL || block->owner != quarantine_owner))
        ring[next++ % MOST_FREED] = (struct freed){ *block, number_just_freed(block->payload), context, heap_calls };
    return (uintptr_t)block->payload - block->gap > (uintptr_t)kernel_heap.free_memory_pointer;
}

/* The heap as it was: the same words but for the free pointer. Below that all tags are still there. */
void freed_remember(unsigned char *pointer_before, const void *by)
{
    const struct kheap before = { kernel_heap.heap_start, kernel_heap.heap_end, pointer_before };

    heap_calls++;
    kheap_walk(&before, remember, (void *)(uintptr_t)by);
    numbers_drop_freed();
}

/* From the gap in front of it to the end of its tag. */
static bool held(const struct kheap_block *block, uintptr_t address)
{
    uintptr_t payload = (uintptr_t)block->payload,
              rounded = (block->size + KHEAP_ALIGN - 1) & ~(uintptr_t)(KHEAP_ALIGN - 1);

    return payload != 0 && address >= payload - block->gap && address < payload + rounded + KHEAP_TAG_BYTES;
}

const struct freed *freed_at(uintptr_t address)
{
    for (size_t i = 0; i < MOST_FREED && i < next; i++) {
        const struct freed *freed = &ring[(next - 1 - i) % MOST_FREED];
        if (held(&freed->block, address))
            return freed;
    }
    return NULL;
}
