/* SPDX-License-Identifier: MIT
 *
 * The PC's 64-bit division and shifts against the host's own.
 */
#include "case.h"

#include <stdint.h>
#include <stdlib.h>

/* Under other names: with their own they would take the place of the host's in 32-bit programs. */
#define __udivmoddi4 tested_udivmoddi4
#define __udivdi3 tested_udivdi3
#define __umoddi3 tested_umoddi3
#define __ashldi3 tested_ashldi3
#define __lshrdi3 tested_lshrdi3
#include "div64.c"

/* Of any length, often close to a power of two, where carries are lost. */
static uint64_t some_number(void)
{
    uint64_t number = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();

    number >>= rand() % 64;
    return rand() % 4 ? number : ((uint64_t)1 << rand() % 64) + (uint64_t)(rand() % 3) - 1;
}

CASE(division_as_the_host_does_it)
{
    for (int round = 0; round < 500000; round++) {
        uint64_t dividend = some_number(), divisor = some_number() | (rand() % 8 == 0), remainder;
        if (divisor == 0)
            continue;
        case_note("%llu / %llu", (unsigned long long)dividend, (unsigned long long)divisor);
        uint64_t quotient = __udivmoddi4(dividend, divisor, &remainder);
        CHECK(remainder, <, divisor);
        CHECK(quotient * divisor + remainder, ==, dividend);
        CHECK(quotient, ==, dividend / divisor);
        CHECK(__udivdi3(dividend, divisor), ==, quotient);
        CHECK(__umoddi3(dividend, divisor), ==, remainder);
    }
}

CASE(shifts_as_the_host_does_them)
{
    for (int round = 0; round < 1000; round++) {
        uint64_t value = some_number();
        for (int by = 0; by < 64; by++) {
            case_note("%#llx by %d", (unsigned long long)value, by);
            CHECK(__ashldi3(value, by), ==, value << by);
            CHECK(__lshrdi3(value, by), ==, value >> by);
        }
    }
}
