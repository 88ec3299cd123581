/* SPDX-License-Identifier: MIT
 *
 * The table of the steps.
 */
#include "scene.h"

const struct check *const steps[] = { checks_count, checks_ring, checks_timers, checks_heaps };
const unsigned step_count = sizeof steps / sizeof steps[0];
