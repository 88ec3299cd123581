/* SPDX-License-Identifier: MIT
 *
 * The chapter in nine steps on the live heap.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>

/* With `ask` it waits for a key after each step. False when the heap is damaged and nothing can be shown on it. Afterwards
 * the heap is as it was before. */
bool demo_run(bool ask);

#endif
