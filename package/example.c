/* SPDX-License-Identifier: MIT
 *
 * The example of the man page, as it stands there. */

#include <kheap.h>
#include <stdio.h>
#include <stdlib.h>

void kheap_fault(const struct kheap_report *report)
{
    fprintf(stderr, "E%02d: %p, asked by %p\n", (int)report->fault,
            report->address, report->caller);
    exit(1);
}

int main(void)
{
    static unsigned char memory[4096];
    struct kheap heap;

    if (kheap_init(&heap, memory, sizeof(memory)) != KHEAP_OK)
        return 2;
    char *name = kheap_alloc(&heap, 13);
    struct kheap_mark mark = kheap_mark(&heap);
    int *numbers = kheap_calloc(&heap, 100, sizeof(*numbers));
    void *page = kheap_alloc_aligned(&heap, 256, 256);

    printf("%zu blocks, %zu bytes free\n", kheap_stats(&heap).blocks,
           kheap_stats(&heap).free);
    kheap_release(&heap, mark); /* page and numbers, in one call */
    kheap_free(&heap, name);    /* the last one: allowed */
    kheap_free(&heap, name);    /* E05: it is free already */
    (void)numbers, (void)page;
}
