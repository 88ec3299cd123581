/* SPDX-License-Identifier: MIT
 *
 * The way through the steps.
 */
#include "run.h"
#include "home.h"
#include "say.h"
#include "track.h"

static void run_step(unsigned step)
{
    say("step %u\n", step);
    for (const struct check *check = steps[step - 1]; check->name != NULL; check++) {
        home_starts_check();
        say("check %s\n", check->name);
        check->run();
        say("ok %s\n", check->name);
    }
}

bool can_check(unsigned of_level, unsigned only)
{
    return of_level >= 1 && of_level <= step_count && only <= of_level;
}

void run_checks(unsigned of_level, unsigned only)
{
    level = (int)of_level;
    run_step(only != 0 ? only : of_level);
    for (unsigned step = 1; only == 0 && step < of_level; step++)
        run_step(step);
    say("passed\n");
    home_ends(true);
}
