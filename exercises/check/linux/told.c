/* SPDX-License-Identifier: MIT
 *
 * What a process tells beside the checks: the learner's own words, and the calls that led to a crash.
 */
#include "home.h"
#include "my_heap.h"
#include "say.h"

#include <execinfo.h>
#include <stdio.h>

int kprintf(const char *format, ...)
{
    char text[LONGEST_SAID];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    say_for_learner(text);
    return length;
}

#define MOST_FRAMES 32

/* From here up: the library finds its way through a signal's frame by itself. */
void home_prints_frames(const struct place *place)
{
    void *frames[MOST_FRAMES];
    int count = backtrace(frames, MOST_FRAMES);

    (void)place;
    for (int i = 0; i < count; i++)
        say("frame %p\n", frames[i]);
}
