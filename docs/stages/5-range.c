/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: it takes back what lies in the part that is given out.
 */
#include <stdbool.h>
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

static bool kfree(void *block)
{
    unsigned char *payload = block;

    if (payload < heap_start || payload >= free_memory_pointer)
        return false;
    free_memory_pointer = payload;
    return true;
}

static long at(const void *address)
{
    return (long)((const unsigned char *)address - heap_start);
}

int main(void)
{
    init_heap();
    char elsewhere, *a = kmalloc(16), *b = kmalloc(16);
    printf("kfree(&elsewhere): %s\n", kfree(&elsewhere) ? "yes" : "no");
    printf("kfree(b):          %s\n", kfree(b) ? "yes" : "no");
    printf("kfree(b) again:    %s\n", kfree(b) ? "yes" : "no");
    printf("kfree(a + 4):      %s\n", kfree(a + 4) ? "yes" : "no");
    printf("the pointer is at +%ld\n", at(free_memory_pointer));
    return 0;
}
