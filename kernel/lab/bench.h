/* SPDX-License-Identifier: MIT
 *
 * What kmalloc and kfree cost on the machine that runs.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

/* Prints a table: cycles for one kmalloc and for one kfree, the least and the median of many rounds. The heap is
 * afterwards as it was. False, after saying why, when there is not enough of it. */
bool bench_run(void);

#endif
