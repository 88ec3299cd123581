/* SPDX-License-Identifier: MIT
 *
 * A crash or an endless loop in the learner's code ends in a report like any other.
 */
#ifndef CRASH_H
#define CRASH_H

#include "home.h"

/* Why the code was stopped. With a bad address it is known which one; whoever was stopped before he looked has none. */
enum stop { BAD_DIVISION, BAD_INSTRUCTION, BAD_ADDRESS, REFUSED };

_Noreturn void tell_stop(enum stop stop, const struct place *place, uintptr_t address);

/* Somebody called exit. */
_Noreturn void tell_exit(void);

/* Whoever stands still is looked at some more times. The loop is in the function that does not return: the outermost one
 * that is met, with the highest stack. What it calls is met as well, but lies below. */
#define LOOKS 100
_Noreturn void tell_loop(struct place *looks, unsigned count);

#endif
