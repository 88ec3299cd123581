/* SPDX-License-Identifier: MIT
 *
 * Which function an address lies in. The table is made from the linked kernel itself and linked in by a second pass.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
    uintptr_t address;
    const char *name;
};

/* Sorted by address; the last row marks the end of the code and has no name. Empty in the first pass. */
extern const struct symbol kernel_symbols[];
extern const size_t kernel_symbol_count;

/* The name, and how far the address lies behind its beginning; NULL when it lies in no function. */
const char *symbol_of(uintptr_t address, uintptr_t *offset);

#endif
