/* SPDX-License-Identifier: MIT
 *
 * Asks one after the other: the two heaps, the names of the functions, the machine, the memory map. The first that knows tells;
 * but memory that the map calls usable is in the hands of this kernel, and no part of the machine's.
 */
#include "prompt/whose.h"

#include "base/memory_map.h"
#include "base/panic.h"
#include "base/print.h"
#include "base/symbols.h"
#include "interrupts/handler_heap.h"
#include "machine.h"
#include "memory/heap_view.h"
#include "memory/kmalloc.h"

static bool tell_heap(const struct kheap *heap, const char *name, uintptr_t address)
{
    if (address < (uintptr_t)heap->heap_start - KHEAP_TAG_BYTES || address >= (uintptr_t)heap->heap_end)
        return false;
    kprintf("%s: ", name);
    heap_view_of(heap);
    heap_tell_place(address);
    heap_view_of(&kernel_heap);
    return true;
}

static bool tell_function(uintptr_t address)
{
    uintptr_t offset;

    if (symbol_of(address, &offset) == NULL)
        return false;
    kprintf("code, %pS", (void *)address);
    return true;
}

static void tell_frame(uintptr_t address)
{
    uintptr_t offset, pc = frame_holder(address);
    const char *name = pc != 0 ? symbol_of(pc, &offset) : "";

    if (pc == 0)
        kprintf(", not in use now");
    else if (name != NULL)
        kprintf(", in the frame of %s", name);
    else
        kprintf(", of those who called this kernel");
}

static bool tell_part(uintptr_t address)
{
    struct machine_part part;

    for (size_t n = 0; machine_part(n, &part); n++)
        if (address >= part.start && address < part.end && part.name != NULL) {
            kprintf("%s", part.name);
            if (n == PART_STACK)
                tell_frame(address);
            return true;
        }
    return false;
}

static enum memory_kind kind_of(uintptr_t address)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece) && piece.end <= address; n++) {
    }
    return piece.kind;
}

void whose_tell(uintptr_t address)
{
    static const char *const kinds[] = {
        [MEMORY_NOTHING] = "nothing: no memory that anybody told of",
        [MEMORY_USABLE] = "usable memory, and nobody's",
        [MEMORY_RESERVED] = "reserved by the memory map",
        [MEMORY_MODULE] = "a module from the boot loader",
        [MEMORY_KERNEL] = "this kernel's",
    };
    const char *forbidden = machine_forbids(address);
    enum memory_kind kind = kind_of(address);

    kprintf("%p: ", (void *)address);
    if (!tell_heap(&kernel_heap, "heap", address) && !tell_heap(&handler_heap, "heap of the handlers", address) &&
        !tell_function(address) && (kind == MEMORY_USABLE || !tell_part(address)))
        kprintf("%s", kinds[kind]);
    if (forbidden != NULL)
        kprintf("; forbidden to %s", forbidden);
    kprintf("\n");
}
