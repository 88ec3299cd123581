/* SPDX-License-Identifier: MIT
 *
 * The symbol table of the first link, before there is one.
 */
#include "base/symbols.h"

const unsigned char kernel_symbol_pairs[1][2] __attribute__((section(".ksyms"))) = { { 0, 0 } };
const unsigned char kernel_symbols[1] __attribute__((section(".ksyms"))) = { 0 };
const uintptr_t kernel_symbols_start __attribute__((section(".ksyms"))) = 0;
