/* SPDX-License-Identifier: MIT
 *
 * The few functions of the C library's <string.h> that a kernel cannot do without, with their usual meaning.
 * A file of its own name, so that the host machine, which has a C library, can leave string.c out.
 */
#ifndef KERNEL_STRING_H
#define KERNEL_STRING_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);

/* Not in the library: is `text` the beginning of `whole`? */
static inline bool starts_with(const char *whole, const char *text)
{
    return strncmp(whole, text, strlen(text)) == 0;
}

#endif
