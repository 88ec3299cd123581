/* SPDX-License-Identifier: MIT
 *
 * The chapter in nine steps on the live heap.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>

/* False when the heap is damaged and nothing can be shown on it. Afterwards the heap is as it was before. */
bool demo_run(void);

#endif
