/* SPDX-License-Identifier: MIT
 *
 * One instruction at a time, where the machine can; elsewhere nothing comes.
 */
#ifndef STEPPING_H
#define STEPPING_H

#include <stdint.h>

/* Counts the instructions of the learner's code from now on, and calls arrive() in front of number `at`. */
void step_from_here(unsigned at, void (*arrive)(void));
void step_no_more(void);

/* The instruction in front of which it came; 0: it did not. */
uintptr_t stepped_to(void);

#endif
