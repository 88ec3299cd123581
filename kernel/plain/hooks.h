/* SPDX-License-Identifier: MIT
 *
 * The places at which the instrumented build listens. This is the plain build's version: nobody does.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include "kheap.h"
#include "memory.h"
#include "string.h"

/* ---- The heap: kmalloc.h and kmalloc.c ---- */

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

/* ---- Ranges: string.c ---- */

static inline void check_read(const void *from, size_t size)
{
    (void)from, (void)size;
}

static inline void check_write(const void *to, size_t size)
{
    (void)to, (void)size;
}

#endif
