/* SPDX-License-Identifier: MIT
 *
 * Whole ranges, looked at once in front of the access, as string.c does. Only the instrumented build looks (sanitize/).
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef INSTRUMENTED

/* `pc` and `frame` are those of the function that was called to access it. */
void check_range(uintptr_t address, size_t size, bool write, const void *pc, const void *frame);

static inline __attribute__((always_inline)) void check_read(const void *from, size_t size)
{
    check_range((uintptr_t)from, size, false, __builtin_return_address(0), __builtin_frame_address(0));
}

static inline __attribute__((always_inline)) void check_write(const void *to, size_t size)
{
    check_range((uintptr_t)to, size, true, __builtin_return_address(0), __builtin_frame_address(0));
}

#else

static inline void check_read(const void *from, size_t size)
{
    (void)from, (void)size;
}

static inline void check_write(const void *to, size_t size)
{
    (void)to, (void)size;
}

#endif

#endif
