/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the pointer moves first, and the boundary is looked at afterwards.
 */
#include <stdio.h>

#define HEAP_SIZE 64u

static unsigned used;

/* The offset of the block, or -1. */
static long kmalloc(unsigned size)
{
    long block = (long)used;

    used += size;
    if (used > HEAP_SIZE)
        return -1;
    return block;
}

int main(void)
{
    printf("kmalloc(16): %ld\n", kmalloc(16));
    printf("kmalloc(80): %ld\n", kmalloc(80));
    printf("kmalloc(16): %ld\n", kmalloc(16));
    printf("free: %u bytes of %u\n", HEAP_SIZE - used, HEAP_SIZE);
    return used > HEAP_SIZE;
}
