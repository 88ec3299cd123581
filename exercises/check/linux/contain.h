/* SPDX-License-Identifier: MIT
 *
 * Signals and limits.
 */
#ifndef CONTAIN_H
#define CONTAIN_H

/* From now on a crash or an endless loop ends in a report. */
void contain(void);

#endif
