/* SPDX-License-Identifier: MIT
 *
 * kheap on a Cortex-M: the heap is what the linker script leaves between the data and the stack.
 */
#include "board.h"

#include <kheap.h>

extern unsigned char _heap_begin[], _heap_end[]; /* link.ld */

/* In a product: write the report where it survives a reset, then reset. Here: tell it; an expected one is refused. */
static int expected_fault;

void kheap_fault(const struct kheap_report *report)
{
    say_number("E0", report->fault, " refused\n");
    if (report->fault != (enum kheap_fault)expected_fault)
        finish(1);
    expected_fault = 0;
}

int main(void)
{
    struct kheap heap;

    if (kheap_init(&heap, _heap_begin, (size_t)(_heap_end - _heap_begin)) != KHEAP_OK)
        return 1;
    const size_t all = kheap_stats(&heap).free;
    char *first = kheap_alloc(&heap, 13);
    void *buffer = kheap_alloc_aligned(&heap, 512, 256);

    say_number("blocks ", kheap_stats(&heap).blocks, "\n");
    expected_fault = KHEAP_E_OUT_OF_ORDER;
    kheap_free(&heap, first);
    kheap_free(&heap, buffer);
    first[13] = 0; /* one byte too many */
    expected_fault = KHEAP_E_OVERFLOW;
    kheap_free(&heap, first);
    first[13] = (char)KHEAP_SLACK_BYTE;
    kheap_free(&heap, first);
    say(kheap_stats(&heap).free == all ? "all came back\n" : "something is missing\n");
    return kheap_stats(&heap).free == all ? 0 : 1;
}
