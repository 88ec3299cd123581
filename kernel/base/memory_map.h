/* SPDX-License-Identifier: MIT
 *
 * The memory map: what the machine tells of its memory, made tidy as it comes, and the one question that the boot asks of
 * it: where may the heap lie?
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a byte is. Where a machine tells several things of the same byte, the one further down counts. */
enum memory_kind {
    MEMORY_NOTHING,  /* nobody told of it */
    MEMORY_USABLE,   /* RAM, for whoever needs it */
    MEMORY_RESERVED, /* hands off, whatever the reason */
    MEMORY_MODULE,   /* a file that the boot loader put there for us */
    MEMORY_KERNEL    /* this kernel, from its first byte to _kernel_end */
};

/* A machine tells of its memory with this, in any order, before it calls kmain(): all that the boot loader told it, the
 * modules, and exactly one MEMORY_KERNEL. Page 0, where null pointers point, and what no pointer reaches stay nothing. */
void memory_add(uint64_t start, uint64_t length, enum memory_kind kind);

/* The loader told more that could not be read: this is told with the map. */
void memory_add_unknown(void);

/* One piece of the tidy map: they rise, none overlaps another, and neighbours differ in kind. */
struct memory_piece {
    uintptr_t start;
    uintptr_t end; /* first byte behind it */
    enum memory_kind kind;
};

/* The n-th piece, holes too; false behind the last one. */
bool memory_piece(size_t n, struct memory_piece *piece);

/* The lowest place for `size` bytes at or above the kernel's end, aligned to a page, inside one usable piece. NULL when
 * there is none; *largest is then the largest size that there is a place for. */
void *memory_place(size_t size, size_t *largest);

/* May these bytes be looked at? Only what the map calls memory. */
bool memory_readable(uintptr_t address, size_t size);

struct memory_piece memory_kernel(void);
size_t memory_usable_bytes(void);

/* For the boot story: what of the loader's map did not find its way into this one. Nothing when all did. */
void memory_tell_losses(void);

/* The map as a table, and the same as it came, before it was made tidy. */
void memory_print(void);
void memory_print_raw(void);

#endif
