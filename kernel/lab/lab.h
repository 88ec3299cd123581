/* SPDX-License-Identifier: MIT
 *
 * The bug lab: every classic heap bug by name, on a heap with no policy and on this one.
 */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>

/* The table of bugs. */
void lab_list(void);

/* One bug, in four parts; those of the heap or those with interrupts, in a table of when each is noticed; all bugs without their mistake, of which none may
 * be refused. False when it cannot be done, or when it is not as it should be. */
bool lab_run(const char *name);
bool lab_levels(bool of_interrupts);
bool lab_control(void);

#endif
