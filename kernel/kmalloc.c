/* SPDX-License-Identifier: MIT
 *
 * The kernel's heap: where it begins, how long it is, and the poison in it.
 */
#include "kmalloc.h"

#include "kernel.h"
#include "machine.h"
#include "options.h"
#include "print.h"
#include "string.h"

#ifndef HEAP_SIZE
#define HEAP_SIZE 4M
#endif
#define TEXT_OF(word) #word
#define TEXT(macro) TEXT_OF(macro)

struct kheap kernel_heap;

static const char *const refusals[] = {
    [KHEAP_NULL] = "there is no memory at all",
    [KHEAP_TOO_SMALL] = "that is too small for even one block",
    [KHEAP_WRAPS] = "that runs past the last address",
};

static _Noreturn void stop(void)
{
    kprintf("The machine stops: a kernel without a heap has nothing to show.\n");
    machine_stop(EXIT_NO_START);
}

void init_heap(void)
{
    char wanted[24] = TEXT(HEAP_SIZE);
    size_t size, largest;

    option_value("heap", wanted, sizeof wanted);
    if (!parse_size(wanted, &size)) {
        kprintf("heap=%s is not a size. Write 512K, 4M or a number of bytes.\n", wanted);
        stop();
    }
    void *memory = heap_place(size, &largest);
    if (memory == NULL) {
        kprintf("The heap does not fit: wanted %zu bytes (heap=%s), the largest free piece above\n", size, wanted);
        kprintf("the kernel has %zu. Start with heap=%zuK or less, or with more memory.\n", largest, largest / 1024);
        stop();
    }
    enum kheap_status status = kheap_init(&kernel_heap, memory, size);
    if (status != KHEAP_OK) {
        kprintf("The heap cannot be made: wanted %zu bytes (heap=%s), and %s.\n", size, wanted, refusals[status]);
        stop();
    }
    heap_made();
}

void *heap_fresh(void *payload, size_t size)
{
    return heap_after_alloc(payload, size) != NULL ? memset(payload, KHEAP_FRESH_BYTE, size) : NULL;
}

void heap_freed(unsigned char *pointer_before)
{
    unsigned char *from = kernel_heap.free_memory_pointer;

    if (pointer_before > from)
        heap_fill_freed(from, (size_t)(pointer_before - from), __builtin_return_address(0));
}

static bool note_newest(const struct kheap_block *block, void *context)
{
    *(struct kheap_block *)context = *block;
    return false;
}

struct kheap_block heap_newest(void)
{
    struct kheap_block newest = { 0 };

    kheap_walk(&kernel_heap, note_newest, &newest);
    return newest;
}
