/* SPDX-License-Identifier: MIT
 *
 * The heap is a stack, so the numbered blocks are one too: rising addresses with rising numbers. What stands at or above
 * the free pointer is freed, whoever freed it, and its number is dropped when next somebody asks.
 */
#include "memory/numbers.h"

#include "memory/kmalloc.h"

struct numbered_block number_stack[MOST_NUMBERS];
size_t number_count;
static unsigned last_number;

static void forget_from(const void *address)
{
    while (number_count > 0 && number_stack[number_count - 1].payload >= (uintptr_t)address)
        number_count--;
}

unsigned number_give(const void *payload)
{
    forget_from(payload);
    if (number_count == MOST_NUMBERS)
        return 0;
    number_stack[number_count].payload = (uintptr_t)payload;
    number_stack[number_count++].number = ++last_number;
    return last_number;
}

unsigned number_just_freed(const void *payload)
{
    size_t i = number_count;

    while (i > 0 && number_stack[i - 1].payload > (uintptr_t)payload)
        i--;
    return i > 0 && number_stack[i - 1].payload == (uintptr_t)payload ? (unsigned)number_stack[i - 1].number : 0;
}

void numbers_drop_freed(void)
{
    forget_from(kernel_heap.free_memory_pointer);
}

unsigned number_of(const void *payload)
{
    forget_from(kernel_heap.free_memory_pointer);
    for (size_t i = number_count; i-- > 0;)
        if (number_stack[i].payload == (uintptr_t)payload)
            return (unsigned)number_stack[i].number;
    return 0;
}

void *numbered(unsigned number)
{
    forget_from(kernel_heap.free_memory_pointer);
    for (size_t i = number_count; i-- > 0;)
        if (number_stack[i].number == number)
            return (void *)number_stack[i].payload;
    return NULL;
}
