/* SPDX-License-Identifier: MIT
 *
 * The shadow: one byte for each eight of the heap, floor tag included. It says which of the eight may be touched.
 */
#ifndef SHADOW_H
#define SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRANULE 8u /* bytes of heap to a byte of shadow */
#define NULL_PAGE_END 4096u

/* 0: all eight; 1 to 7: the first so many; one of these: none. */
enum shadow_value { SHADOW_GAP = 0xFA, SHADOW_SLACK, SHADOW_TAG, SHADOW_FREE, SHADOW_FLOOR };

extern struct shadow {
    uintptr_t start; /* of what it describes */
    size_t length;   /* 0 before there is a heap */
    uint8_t *bytes;
} shadow;

/* Where the free pointer stood at the highest: what lies above was never handed out. */
extern unsigned char *high_water;

/* How much memory the shadow of a heap of so many bytes takes. */
static inline size_t shadow_size(size_t heap_bytes)
{
    return heap_bytes / GRANULE + 2;
}

static inline bool in_heap(uintptr_t address)
{
    return address - shadow.start < shadow.length;
}

/* The value for the granule that an address of the heap lies in. */
uint8_t shadow_at(uintptr_t address);

/* All from here to there; both are multiples of a granule. */
void shadow_set(const void *from, const void *to, uint8_t value);

/* A block as it lies: gap up to the payload, payload, slack, tag. */
void shadow_set_block(const void *gap, const void *payload, size_t size);

/* The first byte that may not be touched, or 0. What does not lie in the heap may. */
uintptr_t shadow_first_bad(uintptr_t address, size_t size);

#endif
