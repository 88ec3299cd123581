/* SPDX-License-Identifier: MIT
 *
 * Runs the checks of a level.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

/* Can step `only` be checked by the rules of step `of_level`? 0 as `only` means the level's own step and then all below it. */
bool can_check(unsigned of_level, unsigned only);

_Noreturn void run_checks(unsigned of_level, unsigned only);

#endif
