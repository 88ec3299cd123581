/* SPDX-License-Identifier: MIT
 *
 * The places at which the instrumented build listens. This is its own version; plain/hooks.h is the other.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The heap: kmalloc.h and kmalloc.c ---- */

/* As memory_place, with room for the shadow behind the heap; *largest is the largest heap. */
void *heap_place(size_t size, size_t *largest);
void heap_made(void);

/* In front of each allocation: looks whether freed bytes changed (poison=on), and steps over what was ever handed out
 * (reuse=off). */
void heap_before_alloc(size_t size, size_t align);

/* Behind each change of the heap. A payload of NULL: it was refused. */
void *heap_after_alloc(void *payload, size_t size);
void heap_after_resize(void *payload, size_t size);
void heap_fill_freed(unsigned char *from, size_t size, const void *caller);

/* ---- Ranges: string.c ---- */

/* One check for a whole range. `pc` and `frame` are those of the function that was called to access it. */
void check_range(uintptr_t address, size_t size, bool write, const void *pc, const void *frame);

static inline __attribute__((always_inline)) void check_read(const void *from, size_t size)
{
    check_range((uintptr_t)from, size, false, __builtin_return_address(0), __builtin_frame_address(0));
}

static inline __attribute__((always_inline)) void check_write(const void *to, size_t size)
{
    check_range((uintptr_t)to, size, true, __builtin_return_address(0), __builtin_frame_address(0));
}

#endif
