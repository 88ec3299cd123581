/* SPDX-License-Identifier: MIT
 *
 * Time out of the machine's cycles.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* As long as so many cycles take, in whole microseconds; right for up to some months of them. */
uint64_t microseconds(uint64_t cycles);

#endif
