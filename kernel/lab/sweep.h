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

/* So many calls of the heap beside the quickest ticks; and with `unlocked` without the rule that keeps handlers out, which
 * does not hold. */
bool storm_run(size_t calls, bool unlocked);

#endif
