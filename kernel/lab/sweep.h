/* SPDX-License-Identifier: MIT
 *
 * The heap in front of interrupts, looked at twice: an interrupt at each single instruction of a call, and a storm of them.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>

/* In front of each instruction, or with a larger distance between them. False when it cannot be done, or when the heap did not hold. */
bool sweep_run(size_t every);

/* So many calls of the heap beside the quickest ticks, whose handler calls the heap too: refused by the kernel's rule; past
 * that rule, but still kept out of each call; and not even that, which does not hold. */
enum storm { STORM, STORM_NESTED, STORM_UNLOCKED, STORMS };
bool storm_run(size_t calls, enum storm which);

/* By its name; false where there is none. */
bool storm_find(const char *name, enum storm *kind);

#endif
