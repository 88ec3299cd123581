/* SPDX-License-Identifier: MIT
 *
 * What the page's own headers say is what gcc's say for an i386. Compiled by both.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair {
    char first;
    int second;
};

#define SAME(what) _Static_assert(what, #what)

SAME(sizeof(bool) == 1 && true == 1 && false == 0);
SAME(sizeof(size_t) == 4 && (size_t)-1 > 0 && sizeof(ptrdiff_t) == 4 && (ptrdiff_t)-1 < 0);
SAME(sizeof(wchar_t) == 4 && sizeof NULL == 4 && offsetof(struct pair, second) == 4);
SAME(sizeof(int8_t) == 1 && sizeof(int16_t) == 2 && sizeof(int32_t) == 4 && sizeof(int64_t) == 8);
SAME(sizeof(uint8_t) == 1 && sizeof(uint16_t) == 2 && sizeof(uint32_t) == 4 && sizeof(uint64_t) == 8);
SAME(sizeof(int_least8_t) == 1 && sizeof(uint_least64_t) == 8 && (int8_t)-1 < 0 && (uint8_t)-1 > 0);
SAME(sizeof(intptr_t) == 4 && sizeof(uintptr_t) == 4 && sizeof(intmax_t) == 8 && sizeof(uintmax_t) == 8);
SAME(INT8_MIN == -128 && INT8_MAX == 127 && UINT8_MAX == 255);
SAME(INT16_MIN == -32768 && INT16_MAX == 32767 && UINT16_MAX == 65535);
SAME(INT32_MIN == -2147483647 - 1 && INT32_MAX == 2147483647 && UINT32_MAX == 4294967295u && UINT32_MAX > 0);
SAME(INT64_MIN == -9223372036854775807ll - 1 && INT64_MAX == 9223372036854775807ll);
SAME(UINT64_MAX == 18446744073709551615ull && sizeof UINT64_MAX == 8 && INT_LEAST16_MAX == 32767);
SAME(SIZE_MAX == 4294967295u && sizeof SIZE_MAX == 4 && UINTPTR_MAX == 4294967295u && sizeof UINTPTR_MAX == 4);
SAME(INTPTR_MIN == -2147483647 - 1 && INTPTR_MAX == 2147483647 && PTRDIFF_MIN == INTPTR_MIN &&
     PTRDIFF_MAX == INTPTR_MAX);
SAME(INTMAX_MAX == INT64_MAX && INTMAX_MIN == INT64_MIN && UINTMAX_MAX == UINT64_MAX);
