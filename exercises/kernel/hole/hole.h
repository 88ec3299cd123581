/* SPDX-License-Identifier: MIT
 *
 * The kernel with a hole: where the learner's heap would be linked, room is left for it. Whoever wants to boot it writes
 * code and data of a compiled my_heap.c into the image, and where its functions lie into these words.
 */
#ifndef HOLE_H
#define HOLE_H

#include "my_heap.h"

#define HOLE_BYTES (32u << 10)
#define HOLE_SYMBOLS 128
#define HOLE_NAME 28

/* Zeros that are in the image, to be written over. */
extern unsigned char hole_code[HOLE_BYTES], hole_data[HOLE_BYTES];

/* The functions in the hole by rising address; one at 0 ends the table. A name is cut to HOLE_NAME - 1 letters. */
struct hole_symbol {
    uintptr_t address;
    char name[HOLE_NAME];
};
extern const struct hole_symbol hole_symbols[HOLE_SYMBOLS];

/* The functions of my_heap.h: what each gives | its name | what it takes | the same without types. */
#define HOLES(HOLE)                                                                                                    \
    HOLE(bool, my_init, (struct my_heap * h, void *memory, size_t size), (h, memory, size))                            \
    HOLE(void *, my_alloc, (struct my_heap * h, size_t size), (h, size))                                               \
    HOLE(void *, my_alloc_aligned, (struct my_heap * h, size_t size, size_t align), (h, size, align))                  \
    HOLE(struct my_stats, my_stats, (const struct my_heap *h), (h))                                                    \
    HOLE(bool, my_block_below, (const struct my_heap *h, const unsigned char *boundary, struct my_block *b),           \
         (h, boundary, b))                                                                                             \
    HOLE(enum my_fault, my_free, (struct my_heap * h, void *block, struct my_block *culprit), (h, block, culprit))     \
    HOLE(enum my_fault, my_check, (const struct my_heap *h, const unsigned char *boundary), (h, boundary))

#define HOLE_OF(gives, name, takes, given) extern gives(*const hole_of_##name) takes;
HOLES(HOLE_OF)

#endif
