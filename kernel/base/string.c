/* SPDX-License-Identifier: MIT
 *
 * Memory and string functions for a machine without a C library. Plain loops: the compiler is told elsewhere not to
 * turn them into calls to themselves. The instrumented build checks each range once, as a whole.
 */
#include "base/string.h"

#include "base/ranges.h"

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

static inline __attribute__((always_inline)) void *copy(void *to, const void *from, size_t size)
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

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    check_read(from, size);
    check_write(to, size);
    return copy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    check_read(from, size);
    check_write(to, size);
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return copy(to, from, size);
    while (size-- > 0)
        target[size] = source[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *target = to;
    word pattern = UINTPTR_MAX / 255 * (unsigned char)byte;

    check_write(to, size);
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

    check_read(a, size);
    check_read(b, size);
    for (; size > 0; size--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    check_read(text, 1);
    while (text[length] != '\0')
        length++;
    check_read(text, length + 1);
    return length;
}

/* How many bytes have to be looked at: up to and with the first difference or end, but at most size. */
static size_t compared(const char *a, const char *b, size_t size)
{
    size_t count = 0;

    while (count < size && a[count] == b[count] && a[count] != '\0')
        count++;
    return count < size ? count + 1 : size;
}

static int last_difference(const char *a, const char *b, size_t count)
{
    return count == 0 ? 0 : (unsigned char)a[count - 1] - (unsigned char)b[count - 1];
}

int strncmp(const char *a, const char *b, size_t size)
{
    check_read(a, size != 0);
    check_read(b, size != 0);
    size_t count = compared(a, b, size);
    check_read(a, count);
    check_read(b, count);
    return last_difference(a, b, count);
}

int strcmp(const char *a, const char *b)
{
    check_read(a, 1);
    check_read(b, 1);
    size_t count = compared(a, b, SIZE_MAX);
    check_read(a, count);
    check_read(b, count);
    return last_difference(a, b, count);
}
