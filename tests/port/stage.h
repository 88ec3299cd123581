/* SPDX-License-Identifier: MIT
 *
 * A heap with so many blocks, made by a second copy of the heap whose calls have other names: so that of the calls that are
 * measured each is made once. */
#ifndef PORT_STAGE_H
#define PORT_STAGE_H

#include <kheap.h>

#ifndef MOST_BLOCKS
#define MOST_BLOCKS 100000
#endif
enum { BLOCK_BYTES = 40 };

struct stage {
    struct kheap heap;
    unsigned char *memory;
    size_t bytes;
    void *lowest, *below, *newest; /* blocks; `below` lies in the middle of the newest but one */
    struct kheap_mark all, none;   /* of the empty heap, and of the top */
};

void set_stage(struct stage *stage, size_t blocks);

#endif
