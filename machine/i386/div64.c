/* SPDX-License-Identifier: MIT
 *
 * Division and shifts of 64-bit numbers, which the compiler asks for by these names: the processor has 32-bit ones only.
 */
#include <stdint.h>

/* The names are the compiler's. */
uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);

/* high must be less than divisor, then the quotient fits. */
static uint32_t divide_64_by_32(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *remainder)
{
    uint32_t quotient;
    __asm__("divl %4" : "=a"(quotient), "=d"(*remainder) : "a"(low), "d"(high), "r"(divisor) : "cc");
    return quotient;
}

/* As on paper, with digits of 32 bits. */
static uint64_t divide_by_one_digit(uint64_t dividend, uint32_t divisor, uint64_t *remainder)
{
    uint32_t high = (uint32_t)(dividend >> 32);
    uint32_t rest = high % divisor;
    uint32_t low = divide_64_by_32(rest, (uint32_t)dividend, divisor, &rest);
    *remainder = rest;
    return (uint64_t)(high / divisor) << 32 | low;
}

/* As on paper, with digits of one bit. The divisor has more than 32 bits, so there are at most 32 steps. */
static uint64_t divide_by_two_digits(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
    uint64_t quotient = 0;
    if (dividend >= divisor) {
        int shift = __builtin_clz((uint32_t)(divisor >> 32)) - __builtin_clz((uint32_t)(dividend >> 32));
        for (; shift >= 0; shift--) {
            quotient <<= 1;
            if (dividend >= divisor << shift) {
                dividend -= divisor << shift;
                quotient |= 1;
            }
        }
    }
    *remainder = dividend;
    return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
    uint64_t ignored;
    if (remainder == 0)
        remainder = &ignored;
    if (divisor >> 32 == 0)
        return divide_by_one_digit(dividend, (uint32_t)divisor, remainder);
    return divide_by_two_digits(dividend, divisor, remainder);
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
    return __udivmoddi4(dividend, divisor, 0);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
    uint64_t remainder;
    __udivmoddi4(dividend, divisor, &remainder);
    return remainder;
}

/* Shifts by a number that is not known before, for a compiler that is asked for small code. */
uint64_t __ashldi3(uint64_t value, int by);
uint64_t __lshrdi3(uint64_t value, int by);

uint64_t __ashldi3(uint64_t value, int by)
{
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

    if (by == 0)
        return value;
    if (by >= 32)
        return (uint64_t)(low << (by - 32)) << 32;
    return (uint64_t)(high << by | low >> (32 - by)) << 32 | low << by;
}

uint64_t __lshrdi3(uint64_t value, int by)
{
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

    if (by == 0)
        return value;
    if (by >= 32)
        return high >> (by - 32);
    return (uint64_t)(high >> by) << 32 | (low >> by | high << (32 - by));
}
