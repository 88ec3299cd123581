/* SPDX-License-Identifier: MIT
 *
 * The home of the checks on Linux: a process of their own.
 */
#include "home.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CANNOT 9 /* the exit status of a process that has no home */

/* ---- Memory ------------------------------------------------------------------------------------------------------- */

/* The same in each run, so that reports can be compared; with something in its upper half, where an address has one. */
#if UINTPTR_MAX > UINT32_MAX
#define ROOM_START ((unsigned char *)0x2000000000)
#define LOW_START ((unsigned char *)0x10000000)
#define VAST_START ((unsigned char *)0x4100000000)
#else
#define ROOM_START ((unsigned char *)0x20000000)
#endif
#define ALONE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)

unsigned char *home_room(void)
{
    static unsigned char *mapped;

    if (mapped == NULL) {
        mapped = mmap(ROOM_START, ROOM_BYTES + 2 * PAGE, PROT_NONE, ALONE, -1, 0);
        if (mapped != ROOM_START || mprotect(mapped + PAGE, ROOM_BYTES, PROT_READ | PROT_WRITE) != 0) {
            perror("no memory for the check");
            _Exit(CANNOT);
        }
    }
    return mapped + PAGE;
}

#if UINTPTR_MAX > UINT32_MAX
unsigned char *home_vast_room(void)
{
    static unsigned char *mapped;

    if (mapped == NULL)
        mapped = mmap(VAST_START, VAST_BYTES, PROT_NONE, ALONE | MAP_NORESERVE, -1, 0);
    return mapped == VAST_START ? mapped : NULL;
}

bool home_opens(unsigned char *pages, size_t bytes)
{
    return mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0;
}

unsigned char *home_low_room(void)
{
    static unsigned char *mapped;

    if (mapped == NULL)
        mapped = mmap(LOW_START, LOW_BYTES, PROT_READ | PROT_WRITE, ALONE, -1, 0);
    return mapped == LOW_START ? mapped : NULL;
}
#endif

/* ---- The report --------------------------------------------------------------------------------------------------- */

void home_puts(const char *text, size_t length)
{
    if (write(STDOUT_FILENO, text, length) != (ssize_t)length)
        _Exit(CANNOT);
}

int home_format(char *text, size_t size, const char *format, va_list values)
{
    return vsnprintf(text, size, format, values);
}

void home_ends(bool passed)
{
    _Exit(passed ? 0 : 1);
}
