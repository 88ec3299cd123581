/* SPDX-License-Identifier: MIT
 *
 * check LEVEL [STEP]: runs the checks of step LEVEL and then those of all steps below it, or of one step only, by the rules
 * of step LEVEL.
 */
#include "check.h"
#include "contain.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>

static const struct check *const steps[] = { checks_init,    checks_bump,     checks_align, checks_boundary,
                                             checks_stats,   checks_tag,      checks_free,  checks_refuse,
                                             checks_padding, checks_overflow, checks_boss };
static const int step_count = sizeof steps / sizeof steps[0];

static void run_step(int step)
{
    say("step %d\n", step);
    for (const struct check *check = steps[step - 1]; check->name != NULL; check++) {
        start_clock();
        say("check %s\n", check->name);
        check->run();
        say("ok %s\n", check->name);
    }
}

int main(int count, char **words)
{
    level = count > 1 ? atoi(words[1]) : 0;
    int only = count > 2 ? atoi(words[2]) : level;
    if (level < 1 || level > step_count || only < 1 || only > level) {
        fprintf(stderr, "usage: check LEVEL [STEP] (1 to %d)\n", step_count);
        return 2;
    }
    const char *width = getenv("COLUMNS");
    draw_within(width != NULL ? (size_t)atoi(width) : 0);
    contain();
    run_step(only);
    for (int step = 1; count == 2 && step < level; step++)
        run_step(step);
    say("passed\n");
    _Exit(0);
}
