/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: three words, and where they stand.
 */
#include <stdio.h>

static _Alignas(16) unsigned char memory[256];
static unsigned char *heap_start, *heap_end, *free_memory_pointer;

static void init_heap(void)
{
    heap_start = memory;
    heap_end = heap_start + sizeof(memory);
    free_memory_pointer = heap_start;
}

static long at(const void *address)
{
    return (long)((const unsigned char *)address - heap_start);
}

int main(void)
{
    init_heap();
    printf("heap_start +%ld  free_memory_pointer +%ld  heap_end +%ld\n", at(heap_start), at(free_memory_pointer),
           at(heap_end));
    return 0;
}
