/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: only the last block comes back, and its tag tells which that is.
 */
#include <stdbool.h>
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

struct tag {
    uint64_t size; /* as it was asked for */
    uint64_t seal;
};

/* The tag below a boundary. */
static struct tag *tag_below(unsigned char *boundary)
{
    return (struct tag *)(void *)boundary - 1;
}

static uint64_t seal_for(unsigned char *boundary)
{
    return (uintptr_t)boundary + tag_below(boundary)->size;
}

/* What a block of this size takes, with its slack and its tag. */
static size_t taken(size_t size)
{
    return size + padding(size) + sizeof(struct tag);
}

static void *kmalloc(size_t size)
{
    unsigned char *payload = free_memory_pointer;
    size_t left = (size_t)(heap_end - free_memory_pointer);

    if (left < size || left - size < padding(size) + sizeof(struct tag))
        return NULL;
    free_memory_pointer += taken(size);
    tag_below(free_memory_pointer)->size = size;
    tag_below(free_memory_pointer)->seal = seal_for(free_memory_pointer);
    return payload;
}

static bool kfree(void *block)
{
    unsigned char *payload = block;

    if (payload < heap_start || payload >= free_memory_pointer)
        return false;
    const struct tag *tag = tag_below(free_memory_pointer);
    if (tag->seal != seal_for(free_memory_pointer))
        return false;
    if (payload + taken(tag->size) != free_memory_pointer)
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
    char *a = kmalloc(100), *b = kmalloc(13);
    printf("kfree(a):     %s\n", kfree(a) ? "yes" : "no");
    printf("kfree(b + 4): %s\n", kfree(b + 4) ? "yes" : "no");
    printf("kfree(b):     %s\n", kfree(b) ? "yes" : "no");
    printf("kfree(a):     %s\n", kfree(a) ? "yes" : "no");
    printf("the pointer is at +%ld\n", at(free_memory_pointer));
    return 0;
}
