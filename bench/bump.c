/* SPDX-License-Identifier: MIT */
#include "bump.h"

#include <stdint.h>
#include <sys/mman.h>

static unsigned char *next;

void bump_start(size_t bytes)
{
    next = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
}

#ifdef NOTHING
void *bump_alloc(size_t size)
{
    (void)size;
    return next;
}

void *bump_aligned(size_t size, size_t align)
{
    (void)size, (void)align;
    return next;
}

void bump_free(void *block)
{
    (void)block;
}
#else
void *bump_alloc(size_t size)
{
    unsigned char *block = next;

    next += (size + 15) / 16 * 16;
    return block;
}

void *bump_aligned(size_t size, size_t align)
{
    next = (unsigned char *)(((uintptr_t)next + align - 1) / align * align);
    return bump_alloc(size);
}

void bump_free(void *block)
{
    next = block;
}
#endif
