/* SPDX-License-Identifier: MIT
 *
 * The tidy memory map as the cases of this folder use it.
 */
#ifndef MAP_H
#define MAP_H

#include "base/memory_map.h"

/* As before the start. */
void map_forget(void);

/* How many entries made no sense, and how many pieces found no room. */
size_t map_unknown(void);
size_t map_given_up(void);

/* What the map says of a byte. */
enum memory_kind map_kind(uintptr_t address);

/* Pieces rise without a hole from 0 to the last address, and neighbours differ; CHECKs it. */
void map_check(void);

#endif
