/* SPDX-License-Identifier: MIT
 *
 * Signed numbers of 64 bits, which the kernel has no need of and a learner's code may have. The names are the compiler's.
 */
#include <stdbool.h>
#include <stdint.h>

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);
int64_t __ashrdi3(int64_t value, int by);

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static int64_t with_sign(uint64_t value, bool negative)
{
    return (int64_t)(negative ? 0 - value : value);
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
    return with_sign(__udivdi3(magnitude(dividend), magnitude(divisor)), (dividend < 0) != (divisor < 0));
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
    return with_sign(__umoddi3(magnitude(dividend), magnitude(divisor)), dividend < 0);
}

/* What comes in from above is the sign. */
int64_t __ashrdi3(int64_t value, int by)
{
    int32_t high = (int32_t)(value >> 32), sign = high < 0 ? -1 : 0;
    uint32_t low = (uint32_t)value;

    if (by >= 32)
        return (int64_t)((uint64_t)(uint32_t)sign << 32 | (uint32_t)(high >> (by - 32)));
    if (by > 0)
        low = low >> by | (uint32_t)high << (32 - by);
    return (int64_t)((uint64_t)(uint32_t)(high >> by) << 32 | low);
}
