/* SPDX-License-Identifier: MIT
 *
 * The table of the steps, and the way through it.
 */
#include "run.h"
#include "check.h"
#include "home.h"
#include "say.h"

static const struct check *const steps[STEPS] = { checks_init,    checks_bump,     checks_align, checks_boundary,
                                                  checks_stats,   checks_tag,      checks_free,  checks_refuse,
                                                  checks_padding, checks_overflow, checks_boss };

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
    return of_level >= 1 && of_level <= STEPS && only <= of_level;
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
