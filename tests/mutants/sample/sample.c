/* SPDX-License-Identifier: MIT
 *
 * What the tool is tried on: each mutant of this file and its fate stand in fates.txt. In comments nothing is mutated:
 * a < b && 1 + 2. */
#include "sample.h"

#include <stdint.h>

_Static_assert(sizeof(unsigned) == 4, "nothing is mutated here");

#define TOP 100u
#define IS_MULTIPLE(n, of) ((n) % (of) == 0)

/* What is volatile the compiler has to believe: it cannot tell that writing 100 over 100 changes nothing. */
unsigned clamped(volatile unsigned *n)
{
    if (*n > TOP)
        *n = TOP;
    return *n;
}

unsigned word_bits(void)
{
    return sizeof(long) == 4 ? 32 : 64;
}

unsigned count_down(unsigned n)
{
    unsigned steps = 0; /* 0 */

    while (n != 0) {
        steps++;
        n--;
    }
    return steps;
}

bool is_zero_word(const unsigned char *at)
{
    return IS_MULTIPLE((uintptr_t)at, 4) && *(const unsigned *)(const void *)at == 0;
}

size_t length(const char *from, const char *to)
{
    return (size_t)(to - from);
}

void set_twice(volatile unsigned *n)
{
    *n = 7;
    *n = 7;
}

/* No case holds what it does. */
void forget(unsigned *n)
{
    *n = 0;
}
