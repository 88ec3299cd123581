/* SPDX-License-Identifier: MIT
 *
 * Mistakes that the processor refuses, on purpose, to see what a panic tells of them.
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>

/* Makes the mistake of that name, and does not come back; "list" lists them. False when there is none of that name, or
 * when nobody stopped it. */
bool crash_run(const char *name);

#endif
