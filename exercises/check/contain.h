/* SPDX-License-Identifier: MIT
 *
 * A crash or an endless loop in the learner's code ends in a report like any other.
 */
#ifndef CONTAIN_H
#define CONTAIN_H

/* Signals and limits: from now on, and the clock anew for each check. */
void contain(void);
void start_clock(void);

#endif
