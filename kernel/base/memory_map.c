/* SPDX-License-Identifier: MIT
 *
 * The memory map: kept as the machine gave it, asked for a place for the heap, printed.
 */
#include "base/memory_map.h"

#include "base/console.h"
#include "base/print.h"

#define MOST_REGIONS 96
#define PAGE_BYTES 4096u

static struct memory_region regions[MOST_REGIONS];
static size_t region_count;

static const char *const kind_names[] = {
    [MEMORY_USABLE] = "usable",
    [MEMORY_RESERVED] = "reserved",
    [MEMORY_KERNEL] = "this kernel, up to _kernel_end",
    [MEMORY_MODULE] = "module from the boot loader",
};

void memory_read(void)
{
    size_t found = machine_memory(regions, MOST_REGIONS);
    region_count = found < MOST_REGIONS ? found : MOST_REGIONS;
}

struct memory_region memory_kernel(void)
{
    for (size_t i = 0; i < region_count; i++)
        if (regions[i].kind == MEMORY_KERNEL)
            return regions[i];
    return (struct memory_region){ 0, 0, MEMORY_KERNEL };
}

uint64_t memory_usable_bytes(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < region_count; i++)
        if (regions[i].kind == MEMORY_USABLE)
            sum += regions[i].end - regions[i].start;
    return sum;
}

/* In the last page no other begins any more: then the last address of all, where nothing lies. */
static uint64_t page_above(uint64_t address)
{
    uint64_t last = ~(uint64_t)(PAGE_BYTES - 1);

    return address <= last ? (address + PAGE_BYTES - 1) & last : UINT64_MAX;
}

/* The lowest thing that may not be touched and ends above `from`; NULL when nothing stands there any more. */
static const struct memory_region *next_taken(uint64_t from)
{
    const struct memory_region *next = NULL;

    for (size_t i = 0; i < region_count; i++)
        if (regions[i].kind != MEMORY_USABLE && regions[i].end > from && regions[i].start < regions[i].end &&
            (next == NULL || regions[i].start < next->start))
            next = &regions[i];
    return next;
}

/* The first piece within one usable region that holds `size` bytes; gives its start, or 0, and remembers the largest. */
static uint64_t place_in(const struct memory_region *region, uint64_t size, uint64_t *largest)
{
    uint64_t kernel_end = memory_kernel().end;
    uint64_t end = region->end < UINTPTR_MAX ? region->end : UINTPTR_MAX;
    uint64_t from = page_above(region->start > kernel_end ? region->start : kernel_end);

    while (from < end) {
        const struct memory_region *taken = next_taken(from);
        uint64_t until = taken != NULL && taken->start < end ? taken->start : end;
        uint64_t length = until > from ? until - from : 0;
        if (length >= size)
            return from;
        *largest = length > *largest ? length : *largest;
        if (until == end)
            return 0;
        from = page_above(taken->end);
    }
    return 0;
}

void *memory_place(size_t size, size_t *largest)
{
    uint64_t best = 0, most = 0;

    for (size_t i = 0; i < region_count; i++) {
        if (regions[i].kind != MEMORY_USABLE)
            continue;
        uint64_t start = place_in(&regions[i], size, &most);
        if (start != 0 && (best == 0 || start < best))
            best = start;
    }
    *largest = (size_t)most;
    return (void *)(uintptr_t)best;
}

bool memory_readable(uintptr_t address, size_t size)
{
    if (address < PAGE_BYTES) /* where null pointers point: whatever the map says, nothing of ours lies there */
        return false;
    for (size_t i = 0; i < region_count; i++)
        if ((regions[i].kind == MEMORY_USABLE || regions[i].kind == MEMORY_KERNEL) && address >= regions[i].start &&
            address < regions[i].end && size <= regions[i].end - address)
            return true;
    return false;
}

void memory_print(void)
{
    int digits = 8;

    for (size_t i = 0; i < region_count; i++)
        digits = regions[i].end >> 32 != 0 ? 10 : digits;
    for (size_t i = 0; i < region_count; i++) {
        uint64_t kib = (regions[i].end - regions[i].start + 1023) / 1024;
        kprintf("  0x%0*llx - 0x%0*llx %9llu KiB  %s\n", digits, (unsigned long long)regions[i].start, digits,
                (unsigned long long)regions[i].end, (unsigned long long)kib, kind_names[regions[i].kind]);
    }
}
