/* SPDX-License-Identifier: MIT
 *
 * Numbers for blocks, so that a person can speak of them. A number belongs to one block for good: it is never given
 * again, even after the block is freed.
 */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* As many live blocks can have a number; those beyond have only their address. */
#define MOST_NUMBERS 1024

/* The numbered blocks, the lowest first. Those at or above the free pointer are freed and not dropped yet. */
struct numbered_block {
    uintptr_t payload;
    uintptr_t number;
};
extern struct numbered_block number_stack[MOST_NUMBERS];
extern size_t number_count;

/* A block was just allocated: gives it the next number, or 0 when all are in use. */
unsigned number_give(const void *payload);

/* For one who is told of each free: the number that a block had, and then that all freed numbers are dropped now. */
unsigned number_just_freed(const void *payload);
void numbers_drop_freed(void);

/* 0 and NULL when there is none, or when the block is not live any more. */
unsigned number_of(const void *payload);
void *numbered(unsigned number);

#endif
