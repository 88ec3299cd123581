/* SPDX-License-Identifier: MIT
 *
 * The memory map of the machine, and the one question that the boot asks of it: where may the heap lie?
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the machine's map. First of all. */
void memory_read(void);

/* The lowest piece of `size` bytes at or above the kernel's end, aligned to a page, inside one usable region and clear of
 * all that is reserved or taken. NULL when there is none; *largest is then the largest piece that there is. */
void *memory_place(size_t size, size_t *largest);

/* May these bytes be looked at? Only what the map calls memory. */
bool memory_readable(uintptr_t address, size_t size);

struct memory_region memory_kernel(void);
uint64_t memory_usable_bytes(void);

/* The map as a table. */
void memory_print(void);

#endif
