/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the alarm rings at exactly its time, and a tick that was lost takes it along.
 */
#include <stdio.h>

static unsigned now, alarm_at = 30, rang;

static void tick(unsigned passed)
{
    now += passed;
    if (now == alarm_at)
        rang++;
}

int main(void)
{
    tick(10);
    tick(10);
    tick(20); /* interrupts were off, and one tick was lost */
    for (int n = 0; n < 100; n++)
        tick(10);
    printf("it is %u, and the alarm for %u rang %u times\n", now, alarm_at, rang);
    return rang == 1 ? 0 : 1;
}
