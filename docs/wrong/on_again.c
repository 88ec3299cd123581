/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the inner function turns interrupts on at its end, and the outer one wanted them off.
 */
#include <stdbool.h>
#include <stdio.h>

static bool interrupts_on = true;

static void inner(void)
{
    interrupts_on = false;
    /* ... work that nobody may interrupt ... */
    interrupts_on = true;
}

static bool outer(void)
{
    interrupts_on = false;
    printf("first half:  interrupts are %s\n", interrupts_on ? "on" : "off");
    inner();
    bool still_off = !interrupts_on;
    printf("second half: interrupts are %s\n", interrupts_on ? "on" : "off");
    interrupts_on = true;
    return still_off;
}

int main(void)
{
    return outer() ? 0 : 1;
}
