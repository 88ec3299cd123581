/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: a counter beside the pointer, which counts what was asked for.
 */
#include <stdio.h>

#define HEAP_SIZE 64u

static size_t free_memory_pointer, counted;

/* The offset of the block, or -1. */
static long kmalloc(size_t size)
{
    size_t taken = (size + 15) / 16 * 16;

    if (size > HEAP_SIZE || taken > HEAP_SIZE - free_memory_pointer)
        return -1;
    long block = (long)free_memory_pointer;
    free_memory_pointer += taken;
    counted += size;
    return block;
}

int main(void)
{
    kmalloc(1);
    kmalloc(17);
    kmalloc(3);
    printf("the counter says:  %zu free\n", HEAP_SIZE - counted);
    printf("the pointer says:  %zu free\n", HEAP_SIZE - free_memory_pointer);
    printf("kmalloc(40): %ld\n", kmalloc(40));
    return counted != free_memory_pointer;
}
