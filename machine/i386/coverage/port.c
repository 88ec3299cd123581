/* SPDX-License-Identifier: MIT
 *
 * Counters go out through QEMU's debug console, byte by byte.
 */
#include "dump.h"
#include "io.h"

#include <stddef.h>

enum { DEBUG_CONSOLE = 0xE9 };

void abort(void);
void *mmap64(void);

void coverage_put(char c)
{
    outb(DEBUG_CONSOLE, (uint8_t)c);
}

/* gcc's library names these two for kinds of counters that are not used here. */
void abort(void)
{
    __builtin_trap();
}

void *mmap64(void)
{
    return NULL;
}
