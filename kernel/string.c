/* SPDX-License-Identifier: MIT
 *
 * Memory and string functions for a machine without a C library. Plain loops: the compiler is told elsewhere not to
 * turn them into calls to themselves.
 */
#include "string.h"

#include <stdint.h>

typedef uintptr_t word __attribute__((may_alias));

static bool word_aligned(const void *a, const void *b, size_t size)
{
    return (((uintptr_t)a | (uintptr_t)b | size) & (sizeof(word) - 1)) == 0;
}

static void copy_words(word *to, const word *from, size_t count)
{
    while (count-- > 0)
        *to++ = *from++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    if (word_aligned(to, from, size))
        copy_words(to, from, size / sizeof(word));
    else
        while (size-- > 0)
            *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    while (size-- > 0)
        target[size] = source[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *target = to;
    word pattern = UINTPTR_MAX / 255 * (unsigned char)byte;

    while (size > 0 && (uintptr_t)target % sizeof(word) != 0) {
        *target++ = (unsigned char)byte;
        size--;
    }
    for (; size >= sizeof(word); size -= sizeof(word), target += sizeof(word))
        *(word *)(void *)target = pattern;
    while (size-- > 0)
        *target++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;

    for (; size > 0; size--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size > 0; size--, a++, b++)
        if (*a != *b || *a == '\0')
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}
