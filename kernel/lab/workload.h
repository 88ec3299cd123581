/* SPDX-License-Identifier: MIT
 *
 * A fixed piece of work for the heap, to be timed: what does this build, or this machine, cost?
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>

/* Runs it above all live blocks, leaves the heap as it was, and prints the cycles. False when there is no room. */
bool workload_run(void);

#endif
