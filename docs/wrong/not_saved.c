/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: a handler that uses the machine's register and does not put back what was in it. In a real program
 * nobody writes interrupt(): it comes by itself, and not always there.
 */
#include <stdio.h>

static unsigned ax; /* a machine with one register */
static unsigned keys;

static void interrupt(void)
{
    ax = keys;
    ax = ax + 1;
    keys = ax;
}

static unsigned sum(unsigned a, unsigned b)
{
    ax = a;
    interrupt(); /* here, this time */
    ax = ax + b;
    return ax;
}

int main(void)
{
    printf("40 + 2 = %u\n", sum(40, 2));
    return sum(40, 2) == 42 ? 0 : 1;
}
