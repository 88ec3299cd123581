/* SPDX-License-Identifier: MIT
 *
 * The limit: a bump that checks nothing and keeps nothing. With NOTHING it does not even that: what is left is the cost of the
 * loop and of the call, which is taken off all counts. */
#ifndef BUMP_H
#define BUMP_H

#include <stddef.h>

void bump_start(size_t bytes);
void *bump_alloc(size_t size);
void *bump_aligned(size_t size, size_t align);
void bump_free(void *block);

#endif
