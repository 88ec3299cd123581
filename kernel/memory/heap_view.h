/* SPDX-License-Identifier: MIT
 *
 * The kernel's heap for the eye: a map to scale, a table of blocks, figures, and a dump that names what it shows.
 * Everything is read through kheap_walk and kheap_stats; nothing here changes the heap, and a damaged one can be shown.
 */
#ifndef HEAP_VIEW_H
#define HEAP_VIEW_H

#include "kheap.h"

#include <stddef.h>
#include <stdint.h>

/* Which heap the next three show; at first the kernel's. */
void heap_view_of(const struct kheap *heap);

void heap_print_map(void);
void heap_print_blocks(size_t most);
void heap_print_stats(void);

/* Where the walk meets no block: says so in these words if none lives, or else that there is damage. */
void heap_tell_none(const char *empty);

/* The bytes from `address` on, each piece under its name. The caller has made sure that they can be read. */
void heap_print_bytes(uintptr_t address, size_t length);

/* What lies at an address of the heap that is shown, without its bytes: "payload of #1, byte 4 of 100". */
void heap_tell_place(uintptr_t address);

#endif
