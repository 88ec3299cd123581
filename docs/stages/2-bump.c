/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: it hands out memory.
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

static void *kmalloc(size_t size)
{
    unsigned char *payload = free_memory_pointer;

    free_memory_pointer += size;
    return payload;
}

static long at(const void *address)
{
    return (long)((const unsigned char *)address - heap_start);
}

int main(void)
{
    init_heap();
    printf("kmalloc(1): +%ld\n", at(kmalloc(1)));
    printf("kmalloc(4): +%ld\n", at(kmalloc(4)));
    return 0;
}
