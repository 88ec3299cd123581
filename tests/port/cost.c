/* SPDX-License-Identifier: MIT
 *
 * Makes each call once, in each way in which it can go, on heaps of 1, 1,000 and 100,000 blocks, for callgrind to count.
 *
 *     cost CALL        the ways of this call
 */
#include "ways.h"

#include <stdio.h>
#include <string.h>

static enum kheap_fault told;

/* What yours does is not the heap's and is not counted. */
void kheap_fault(const struct kheap_report *report)
{
    told = report->fault;
}

/* Where callgrind writes down what it counted so far. */
__attribute__((noinline)) void end_of_way(void);
void end_of_way(void)
{
    __asm__ volatile("");
}

static int go(const struct way *way, size_t blocks)
{
    static struct stage stage;

    /* The lowest block of one is also the last: it may go. */
    enum kheap_fault expected = blocks == 1 && way->fault == KHEAP_E_OUT_OF_ORDER ? KHEAP_E_NONE : way->fault;
    set_stage(&stage, blocks);
    told = KHEAP_E_NONE;
    way->go(&stage);
    end_of_way();
    printf("%s|%s|%zu\n", way->call, way->way, blocks);
    return (told == KHEAP_E_NONE) == (expected == KHEAP_E_NONE) ? 0 : 1; /* in brief some codes are others */
}

int main(int count, char **arguments)
{
    static const size_t depths[] = { 1, 1000, MOST_BLOCKS };
    int wrong = 0;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (size_t j = 0; count > 1 && j < sizeof(depths) / sizeof(depths[0]); j++)
            if (strcmp(ways[i].call, arguments[1]) == 0)
                wrong += go(&ways[i], depths[j]);
    return wrong;
}
