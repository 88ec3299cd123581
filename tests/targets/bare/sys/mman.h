/* SPDX-License-Identifier: MIT
 *
 * What the cases ask of a system, where there is none: pages out of one piece of memory. Nothing is forbidden, so an access
 * outside of a heap is not caught here; that is for the targets with an operating system. */
#ifndef BARE_MMAN_H
#define BARE_MMAN_H

#include <stddef.h>

enum { PROT_NONE, PROT_READ, PROT_WRITE, MAP_PRIVATE = 0, MAP_ANONYMOUS = 0, MAP_NORESERVE = 0 };
#define MAP_FAILED ((void *)-1)

void *mmap(void *wish, size_t size, int access, int kind, int file, long offset);
int mprotect(void *from, size_t size, int access);
int munmap(void *from, size_t size);

#endif
