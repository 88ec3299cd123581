/* SPDX-License-Identifier: MIT
 *
 * Counters go to the end of the file COVERAGE_DUMP.
 */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *opened(void)
{
    const char *name = getenv("COVERAGE_DUMP");
    FILE *file = fopen(name != NULL ? name : "/dev/null", "a");

    if (file == NULL) {
        perror(name);
        abort();
    }
    setvbuf(file, NULL, _IOLBF, BUFSIZ); /* nothing is left when the process runs another program */
    return file;
}

void coverage_put(char c)
{
    static FILE *file;

    file = file != NULL ? file : opened();
    putc(c, file);
}
