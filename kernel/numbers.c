/* SPDX-License-Identifier: MIT
 *
 * The heap is a stack, so the numbered blocks are one too: rising addresses with rising numbers. What stands at or above
 * the free pointer is freed, whoever freed it, and its number is dropped when next somebody asks.
 */
#include "numbers.h"

#include "kmalloc.h"

#include <stddef.h>
#include <stdint.h>

static struct {
    uintptr_t payload;
    unsigned number;
} stack[MOST_NUMBERS];

static size_t depth;
static unsigned last_number;

static void forget_from(const void *address)
{
    while (depth > 0 && stack[depth - 1].payload >= (uintptr_t)address)
        depth--;
}

unsigned number_give(const void *payload)
{
    forget_from(payload);
    if (depth == MOST_NUMBERS)
        return 0;
    stack[depth].payload = (uintptr_t)payload;
    stack[depth].number = ++last_number;
    return stack[depth++].number;
}

unsigned number_just_freed(const void *payload)
{
    size_t i = depth;

    while (i > 0 && stack[i - 1].payload > (uintptr_t)payload)
        i--;
    return i > 0 && stack[i - 1].payload == (uintptr_t)payload ? stack[i - 1].number : 0;
}

void numbers_drop_freed(void)
{
    forget_from(kernel_heap.free_memory_pointer);
}

unsigned number_of(const void *payload)
{
    forget_from(kernel_heap.free_memory_pointer);
    for (size_t i = depth; i-- > 0;)
        if (stack[i].payload == (uintptr_t)payload)
            return stack[i].number;
    return 0;
}

void *numbered(unsigned number)
{
    forget_from(kernel_heap.free_memory_pointer);
    for (size_t i = depth; i-- > 0;)
        if (stack[i].number == number)
            return (void *)stack[i].payload;
    return NULL;
}
