/* SPDX-License-Identifier: MIT
 *
 * Compiled with the renamed calls. The memory has room for two blocks more than the stage has. */
#include "stage.h"

enum { TAKEN = (BLOCK_BYTES + KHEAP_ALIGN - 1) / KHEAP_ALIGN * KHEAP_ALIGN + KHEAP_TAG_BYTES, SPARE = 4096 };

static unsigned char memory[MOST_BLOCKS * TAKEN + KHEAP_TAG_BYTES + SPARE] __attribute__((aligned(64)));

void set_stage(struct stage *s, size_t blocks)
{
    *s = (struct stage){ .memory = memory, .bytes = blocks * TAKEN + KHEAP_TAG_BYTES + SPARE };
    kheap_init(&s->heap, memory, s->bytes);
    s->all = kheap_mark(&s->heap);
    for (size_t i = 0; i < blocks; i++) {
        s->below = s->newest;
        s->newest = kheap_alloc(&s->heap, BLOCK_BYTES);
        s->lowest = i == 0 ? s->newest : s->lowest;
    }
    s->none = kheap_mark(&s->heap);
}
