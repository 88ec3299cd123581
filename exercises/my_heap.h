/* SPDX-License-Identifier: MIT
 *
 * What your heap promises. You write my_heap.c; this file stays as it is. The numbers behind the names are the steps in
 * which a call comes to life. Until then it may answer false, NULL or nothing.
 *
 *     heap_start                          free_memory_pointer                      heap_end
 *         |  [ payload | tag ][ payload | tag ] |  ........ free ........              |
 */
#ifndef MY_HEAP_H
#define MY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The three words. There is no fourth, here or anywhere else. */
struct my_heap {
    unsigned char *heap_start;
    unsigned char *heap_end;
    unsigned char *free_memory_pointer;
};

/* Every payload starts at a multiple of this, and so does the free part. It is as wide as an address, and so is each mask
 * that is made of it: ~15u has 32 bits only, and cuts off the upper half of an address of 64. */
#define KHEAP_ALIGN ((size_t)16)

/* From step 6 on: what lies at the end of each block, right below where the free pointer then stands. Four words, of which
 * step 6 needs the size, step 9 the gap, and step 10 the other two. */
struct my_tag {
    uintptr_t guard; /* always GUARD: the first thing that a write past the end meets */
    uintptr_t size;  /* what was asked for */
    uintptr_t gap;   /* bytes in front of the payload that its alignment cost */
    uintptr_t seal;  /* tells whether the other words were changed by a stranger */
};

#define TAG sizeof(struct my_tag)

/* Between the last byte that was asked for and the tag, and in the guard: what nobody may have changed. */
#define KHEAP_SLACK_BYTE 0xFDu
#define GUARD (UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE)

struct my_block {
    unsigned char *payload; /* what the call returned */
    size_t size;
    size_t gap;
};

struct my_stats {
    size_t used;
    size_t free;
    size_t largest; /* this request fits, one byte more does not */
};

/* The numbers are those of the codes E04 to E08. */
enum my_fault {
    ALL_WELL = 0,
    OUT_OF_ORDER = 4, /* the block is live, but newer ones stand above it */
    DOUBLE_FREE = 5,  /* it lies in the free part, where no block lives */
    NOT_A_BLOCK = 6,  /* the middle of a block, or outside of this heap */
    OVERFLOW = 7,     /* bytes behind the end of the last block were written */
    DAMAGED = 8       /* its tag was */
};

/* 1: both ends aligned inwards, the free pointer at the start. False, and nothing changed, for no memory or too little. */
bool my_init(struct my_heap *h, void *memory, size_t size);

/* 2, 3, 4, 6: the old free pointer, which then moves up. From 3 on aligned to KHEAP_ALIGN; from 4 on NULL, and nothing
 * changed, for what does not fit. */
void *my_alloc(struct my_heap *h, size_t size);

/* 3, 4, 6, 9: the same at a multiple of align, a power of two. NULL for any other align. */
void *my_alloc_aligned(struct my_heap *h, size_t size, size_t align);

/* 5, 6: how full the heap is. */
struct my_stats my_stats(const struct my_heap *h);

/* 6, 9: what the tag below a boundary tells of its block. False when there is no block: the boundary is heap_start. */
bool my_block_below(const struct my_heap *h, const unsigned char *boundary, struct my_block *b);

/* 7, 8, 9, 10: gives the last block back, or says why not, and changes nothing then. *culprit is the block that is in the
 * way (OUT_OF_ORDER: the newest one) or that was damaged (OVERFLOW). NULL as block: nothing to do, all is well. */
enum my_fault my_free(struct my_heap *h, void *block, struct my_block *culprit);

/* 10: ALL_WELL, OVERFLOW or DAMAGED: what is wrong with the block that ends at a boundary. */
enum my_fault my_check(const struct my_heap *h, const unsigned char *boundary);

/* For your own questions while you look for a mistake; it prints in the checks and in the kernel. */
int kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
