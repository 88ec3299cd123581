/* SPDX-License-Identifier: MIT
 *
 * The kernel's heap: where it begins, how long it is, and the poison in it.
 */
#include "kmalloc.h"

#include "kernel.h"
#include "memory.h"
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
    void *memory = memory_place(size, &largest);
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
}

void *heap_fresh(void *payload, size_t size)
{
    return payload != NULL ? memset(payload, KHEAP_FRESH_BYTE, size) : NULL;
}

void heap_freed(unsigned char *pointer_before)
{
    if (pointer_before > kernel_heap.free_memory_pointer)
        memset(kernel_heap.free_memory_pointer, KHEAP_FREED_BYTE,
               (size_t)(pointer_before - kernel_heap.free_memory_pointer));
}
