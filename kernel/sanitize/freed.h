/* SPDX-License-Identifier: MIT
 *
 * The last freed blocks, so that a stale pointer can be told what it pointed to.
 */
#ifndef FREED_H
#define FREED_H

#include "kheap.h"

struct freed {
    struct kheap_block block;
    unsigned number;  /* 0 when it had none */
    const void *by;   /* return address of the call that freed it */
    size_t heap_call; /* how many calls had changed the heap before */
};

/* The calls that changed the heap so far. */
extern size_t heap_calls;

/* Who asked for the quarantines (see hooks.c), as a block's owner; NULL before the first. */
extern const void *quarantine_owner;

/* Remembers the blocks between the free pointer and where it stood before. Their tags must still be there. */
void freed_remember(unsigned char *pointer_before, const void *by);

/* The block that held this address last; NULL when there was none or it is forgotten. */
const struct freed *freed_at(uintptr_t address);

#endif
