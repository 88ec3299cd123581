/* SPDX-License-Identifier: MIT
 *
 * What is said, by the checks and by the learner's code.
 */
#include "say.h"
#include "my_heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At once, so that no crash can lose it. */
void say(const char *format, ...)
{
    char text[400];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (length > (int)sizeof text - 1)
        length = (int)sizeof text - 1;
    if (write(STDOUT_FILENO, text, (size_t)length) != length)
        _Exit(9);
}

/* What the learner's code prints, each line marked. */
int kprintf(const char *format, ...)
{
    static int lines;
    char text[300];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    for (char *line = strtok(text, "\n"); line != NULL && lines++ < 40; line = strtok(NULL, "\n"))
        say("said %s\n", line);
    return length;
}
