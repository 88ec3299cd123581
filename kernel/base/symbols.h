/* SPDX-License-Identifier: MIT
 *
 * Which function an address lies in. The table is made from the linked kernel itself and linked in by a second pass.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* The functions by rising address, the first of them at kernel_symbols_start. For each: its length in bytes, to where the
 * next one begins (seven bits a byte, the lowest first, the highest bit says that more follow), and its name, ended by
 * 0. A length of 0 ends the table; in the first pass that is all. A byte of a name from 128 on stands for two others. */
extern const uintptr_t kernel_symbols_start;
extern const unsigned char kernel_symbols[];
extern const unsigned char kernel_symbol_pairs[][2];

/* The name, and how far the address lies behind its beginning; NULL when it lies in no function. The name stays until
 * the next call. */
const char *symbol_of(uintptr_t address, uintptr_t *offset);

#endif
