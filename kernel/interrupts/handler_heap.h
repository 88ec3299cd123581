/* SPDX-License-Identifier: MIT
 *
 * The second heap of this kernel, for those who may not call the first one: one heap for each context. A heap that is a
 * stack cannot serve two hands; so each hand has its own.
 */
#ifndef HANDLER_HEAP_H
#define HANDLER_HEAP_H

#include "kheap.h"

#define HANDLER_HEAP_BYTES 2048u

extern struct kheap handler_heap;

void init_handler_heap(void);

/* Whoever calls these is in a handler, or has turned interrupts off. */
void *handler_alloc(size_t size);
struct kheap_mark handler_mark(void);
void handler_release(struct kheap_mark mark);

#endif
