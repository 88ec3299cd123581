/* SPDX-License-Identifier: MIT
 *
 * The table of the steps.
 */
#include "check.h"

const struct check *const steps[] = { checks_init,    checks_bump,     checks_align, checks_boundary,
                                      checks_stats,   checks_tag,      checks_free,  checks_refuse,
                                      checks_padding, checks_overflow, checks_boss };
const unsigned step_count = sizeof steps / sizeof steps[0];
