/* SPDX-License-Identifier: MIT
 *
 * By the thousandth of a second, so that nothing wraps.
 */
#include "base/clock.h"

#include "machine.h"

uint64_t microseconds(uint64_t cycles)
{
    uint64_t a_millisecond = machine_cycles_a_second() / 1000;

    return cycles * 1000 / (a_millisecond != 0 ? a_millisecond : 1);
}
