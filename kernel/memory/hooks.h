/* SPDX-License-Identifier: MIT
 *
 * The places in the heap's calls at which the instrumented build listens (sanitize/hooks.c). In the plain build nobody does.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include "base/memory_map.h"
#include "base/string.h"
#include "kheap.h"

#ifdef INSTRUMENTED

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

#else

static inline void *heap_place(size_t size, size_t *largest)
{
    return memory_place(size, largest);
}

static inline void heap_made(void)
{
}

static inline void heap_before_alloc(size_t size, size_t align)
{
    (void)size, (void)align;
}

static inline void *heap_after_alloc(void *payload, size_t size)
{
    (void)size;
    return payload;
}

static inline void heap_after_resize(void *payload, size_t size)
{
    (void)payload, (void)size;
}

static inline void heap_fill_freed(unsigned char *from, size_t size, const void *caller)
{
    (void)caller;
    memset(from, KHEAP_FREED_BYTE, size);
}

#endif

#endif
