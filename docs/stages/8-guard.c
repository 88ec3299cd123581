/* SPDX-License-Identifier: MIT
 *
 * A small heap that grows: it sees a write past the end.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

static bool slack_whole(const unsigned char *from, const unsigned char *to)
{
    while (from < to)
        if (*from++ != 0xFD)
            return false;
    return true;
}

static void *kmalloc(size_t size)
{
    unsigned char *payload = free_memory_pointer;
    size_t left = (size_t)(heap_end - free_memory_pointer);

    if (left < size || left - size < padding(size) + sizeof(struct tag))
        return NULL;
    memset(payload + size, 0xFD, padding(size));
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
    if (!slack_whole(payload + tag->size, (const unsigned char *)tag))
        return false;
    free_memory_pointer = payload;
    return true;
}

int main(void)
{
    init_heap();
    char *a = kmalloc(13);
    a[13] = 'X';
    printf("kfree(a): %s\n", kfree(a) ? "yes" : "no");
    a[13] = (char)0xFD;
    printf("kfree(a): %s\n", kfree(a) ? "yes" : "no");
    return 0;
}
