/* SPDX-License-Identifier: MIT
 *
 * The symbol table of the first link, before there is one.
 */
#include "symbols.h"

const struct symbol kernel_symbols[1] __attribute__((section(".ksyms"))) = { { 0, NULL } };
const size_t kernel_symbol_count __attribute__((section(".ksyms"))) = 0;
