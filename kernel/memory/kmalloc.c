/* SPDX-License-Identifier: MIT
 *
 * The kernel's heap: where it begins, how long it is, and the poison in it.
 */
#include "memory/kmalloc.h"

#include "base/memory_map.h"
#include "base/options.h"
#include "base/print.h"
#include "base/string.h"
#include "kernel.h"
#include "machine.h"
#include "memory/description.h"
#include "memory/events.h"

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

static void tell_no_place(size_t size, const char *wanted, size_t largest)
{
    kprintf("The heap does not fit: wanted %zu bytes (heap=%s), the largest free piece above\n", size, wanted);
    kprintf("the kernel has %zu. Start with ", largest);
    if (largest >= 1024)
        kprintf("heap=%zuK or less, or with ", largest / 1024);
    kprintf(memory_usable_bytes() > 0 ? "more memory.\n"
                                      : "a boot loader that gives\na memory map: this one told of no usable memory.\n");
}

void init_heap(void)
{
    char wanted[OPTION_SIZE_MAX + 1] = TEXT(HEAP_SIZE);
    size_t size, largest;

    if (!option_size("heap", wanted, &size)) {
        kprintf("heap=%s is not a size. Write 512K, 4M or a number of bytes.\n", wanted);
        stop();
    }
    void *memory = heap_place(size, &largest);
    if (memory == NULL) {
        tell_no_place(size, wanted, largest);
        stop();
    }
    enum kheap_status status = kheap_init(&kernel_heap, memory, size);
    if (status != KHEAP_OK) {
        kprintf("The heap cannot be made: wanted %zu bytes (heap=%s), and %s.\n", size, wanted, refusals[status]);
        stop();
    }
    heap_made();
    description_learn_key();
    event_add(EVENT_INIT, memory, size, 0, __builtin_return_address(0));
}

#define CALLER __builtin_return_address(0)

bool heap_begin(enum hold kind)
{
    if (context_handler() != NULL) {
        fault_of_rule(RULE_HEAP_IN_HANDLER, SOURCES, (uintptr_t)CALLER);
        return false;
    }
    context_hold(kind, CALLER);
    return true;
}

void heap_end(void)
{
    context_release();
    fault_tell_kept();
}

void *heap_fresh(void *payload, size_t size, size_t align)
{
    if (heap_after_alloc(payload, size) == NULL)
        return NULL;
    memset(payload, KHEAP_FRESH_BYTE, size);
    event_add(EVENT_ALLOC, payload, size, align, CALLER);
    return payload;
}

void *heap_zeroed(void *payload, size_t size)
{
    if (heap_after_alloc(payload, size) != NULL)
        event_add(EVENT_ALLOC, payload, size, KHEAP_ALIGN, CALLER);
    return payload;
}

static void fill_freed(unsigned char *pointer_before, const void *caller)
{
    unsigned char *from = kernel_heap.free_memory_pointer;

    if (pointer_before > from)
        heap_fill_freed(from, (size_t)(pointer_before - from), caller);
}

/* A free that was done has moved the pointer: even a block of 0 bytes has a tag. */
void heap_freed(const void *block, unsigned char *pointer_before)
{
    fill_freed(pointer_before, CALLER);
    if (pointer_before != kernel_heap.free_memory_pointer)
        event_add(EVENT_FREE, block, 0, 0, CALLER);
}

void heap_resized(void *block, size_t size, unsigned char *pointer_before)
{
    heap_after_resize(block, size);
    fill_freed(pointer_before, CALLER);
    event_add(EVENT_RESIZE, block, size, 0, CALLER);
}

struct kheap_mark heap_marked(struct kheap_mark mark)
{
    if (mark.position != NULL)
        event_add(EVENT_MARK, mark.position, 0, 0, CALLER);
    return mark;
}

void heap_released(struct kheap_mark mark, unsigned char *pointer_before, unsigned faults_before)
{
    fill_freed(pointer_before, CALLER);
    if (faults_seen() == faults_before)
        event_add(EVENT_RELEASE, mark.position, 0, 0, CALLER);
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
