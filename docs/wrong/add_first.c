/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the boundary is looked at before the pointer moves, but by adding.
 */
#include <stdint.h>
#include <stdio.h>

#define HEAP_SIZE 64u

static size_t used;

/* The offset of the block, or -1. */
static long kmalloc(size_t size)
{
    long block = (long)used;

    if (used + size > HEAP_SIZE)
        return -1;
    used += size;
    return block;
}

int main(void)
{
    printf("kmalloc(16): %ld\n", kmalloc(16));
    printf("kmalloc(SIZE_MAX - 7): %ld\n", kmalloc(SIZE_MAX - 7));
    long block = kmalloc(16);
    printf("kmalloc(16): %ld, within the first block\n", block);
    return block < 16;
}
