/* SPDX-License-Identifier: MIT
 *
 * What is written into the image before it is booted. By itself, so that no compiler takes the zeros for the last word; and
 * among the constants, where nobody changes it while the kernel runs.
 */
#include "hole.h"

unsigned char hole_code[HOLE_BYTES] __attribute__((section(".hole.code")));
unsigned char hole_data[HOLE_BYTES] __attribute__((section(".hole.data")));

const struct hole_symbol hole_symbols[HOLE_SYMBOLS] = { { 0, "" } };

#define NOBODY(gives, name, takes, given) gives(*const hole_of_##name) takes = NULL;
HOLES(NOBODY)
