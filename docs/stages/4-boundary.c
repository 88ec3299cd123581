/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: no block reaches outside of it.
 */
#include <stdint.h>
#include <stdio.h>

static _Alignas(16) unsigned char memory[256];
static unsigned char *heap_start, *heap_end, *free_memory_pointer;

static void init_heap(void)
{
    heap_start = memory;
    heap_end = heap_start + sizeof(memory);
    free_memory_pointer = heap_start;
}

/* From a number up to the next multiple of 16. */
static size_t padding(size_t number)
{
    return (0 - number) % 16;
}

static void *kmalloc(size_t size)
{
    unsigned char *payload = free_memory_pointer;
    size_t left = (size_t)(heap_end - free_memory_pointer);

    if (left < size || left - size < padding(size))
        return NULL;
    free_memory_pointer += size + padding(size);
    return payload;
}

static long at(const void *address)
{
    return (long)((const unsigned char *)address - heap_start);
}

static void tell(const char *what, const void *block)
{
    if (block == NULL)
        printf("%s: no\n", what);
    else
        printf("%s: +%ld\n", what, at(block));
}

int main(void)
{
    init_heap();
    tell("kmalloc(SIZE_MAX)", kmalloc(SIZE_MAX));
    tell("kmalloc(257)", kmalloc(257));
    tell("kmalloc(256)", kmalloc(256));
    return 0;
}
