/* SPDX-License-Identifier: MIT
 *
 * A table of what is to be done, and a look at it at each tick.
 */
#include "interrupts/timer.h"

#include "memory/description.h"

struct timer timers[MOST_TIMERS + 1];
uintptr_t timer_lost;
static unsigned rate = 100;
static uint64_t last_tick; /* cycles; 0: there was none at this rate */

unsigned timer_set(uint32_t milliseconds, bool again, void (*work)(unsigned argument), unsigned argument)
{
    unsigned number = 1;

    while (number <= MOST_TIMERS && timers[number].work != NULL)
        number++;
    if (number > MOST_TIMERS)
        return 0;
    unsigned long before = machine_interrupts_off();
    timers[number] = (struct timer){ work, argument, machine_milliseconds() + milliseconds, again ? milliseconds : 0 };
    machine_interrupts_restore(before);
    return number;
}

void timer_cancel(unsigned number)
{
    unsigned long before = machine_interrupts_off();

    timers[number] = (struct timer){ 0 };
    machine_interrupts_restore(before);
}

uintptr_t timer_ticks(void)
{
    return minios_description.ticks;
}

unsigned timer_rate(void)
{
    return rate;
}

void timer_set_rate(unsigned wanted)
{
    unsigned long before = machine_interrupts_off();

    rate = wanted;
    last_tick = 0;
    machine_timer_set(rate);
    machine_interrupts_restore(before);
}

/* A tick that finds interrupts off waits, but only one: those that follow it meanwhile are lost. */
static void count_tick(void)
{
    uint64_t now = machine_cycles(), period = machine_cycles_a_second() / rate;

    minios_description.ticks++;
    if (last_tick != 0 && now - last_tick > 2 * period)
        timer_lost += (uintptr_t)((now - last_tick) / period) - 1;
    last_tick = now;
}

enum handled timer_tick(void)
{
    enum handled handled = HANDLED_NOTHING;

    count_tick();
    machine_tick();
    uint64_t now = machine_milliseconds();
    for (unsigned number = 1; number <= MOST_TIMERS; number++) {
        struct timer *timer = &timers[number];
        void (*work)(unsigned) = timer->work;
        if (work == NULL || now < timer->due)
            continue;
        handled = HANDLED;
        timer->due += timer->period;
        if (timer->period == 0)
            timer->work = NULL;
        work(timer->argument);
    }
    return handled;
}
