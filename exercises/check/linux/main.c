/* SPDX-License-Identifier: MIT
 *
 * check LEVEL [STEP]: runs the checks of step LEVEL and then those of all steps below it, or of one step only, by the rules
 * of step LEVEL.
 */
#include "contain.h"
#include "run.h"
#include "say.h"
#include "track.h"

#include <stdio.h>
#include <stdlib.h>

/* 0 for what is no number of a step. */
static unsigned step_of(const char *word)
{
    int step = atoi(word);

    return step > 0 ? (unsigned)step : 0;
}

int main(int count, char **words)
{
    unsigned of_level = count > 1 ? step_of(words[1]) : 0, only = count > 2 ? step_of(words[2]) : 0;
    const char *width = getenv("COLUMNS");

    if (!can_check(of_level, only) || (count > 2 && only == 0)) {
        fprintf(stderr, "usage: check LEVEL [STEP] (1 to %u)\n", step_count);
        return 2;
    }
    draw_within(width != NULL ? (size_t)atoi(width) : 0);
    contain();
    run_checks(of_level, only);
}
