/* SPDX-License-Identifier: MIT
 *
 * What is done at a tick: pieces of work that come once, or every so often.
 */
#ifndef TIMER_H
#define TIMER_H

#include "interrupts/interrupts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_TIMERS 8u

/* The longest time, in milliseconds: a day. */
#define TIMER_LONGEST 86400000u

struct timer {
    void (*work)(unsigned argument); /* in the handler; NULL: this one is not set */
    unsigned argument;
    uint64_t due;    /* as machine_milliseconds() */
    uint32_t period; /* 0: it comes once */
};

extern struct timer timers[MOST_TIMERS + 1]; /* number 0 stays unset */

/* Ticks that came, and those that did not because interrupts were off for longer than the time between two of them. */
uintptr_t timer_ticks(void);
extern uintptr_t timer_lost;

/* Calls work(argument) in the handler of the timer after so many milliseconds, and with `again` every so many. Gives the
 * timer's number, from 1, or 0 when all are in use. */
unsigned timer_set(uint32_t milliseconds, bool again, void (*work)(unsigned argument), unsigned argument);
void timer_cancel(unsigned number);

/* Ticks a second, from TIMER_SLOWEST to TIMER_QUICKEST. */
unsigned timer_rate(void);
void timer_set_rate(unsigned rate);

/* The handler. */
enum handled timer_tick(void);

#endif
