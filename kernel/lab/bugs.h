/* SPDX-License-Identifier: MIT
 *
 * What the bugs of bugs.def work with, on whichever heap they run.
 */
#ifndef BUGS_H
#define BUGS_H

#include "base/instrument.h"
#include "interrupts/interrupts.h"
#include "machine.h"

#include <stdint.h>

struct note {
    uint32_t value;
};

extern char *a, *b, *c;
extern struct note *n;
extern char elsewhere[16];

/* The processor watches where no checks do: those would see it first, and what they report with may itself use misaligned
 * words. */
#define trap_misaligned(yes) machine_trap_misaligned((yes) && !instrument_listens())

/* Who comes in when SOURCE_PROGRAM is raised. */
#define comes_in(hand) ((void)interrupt_handle(SOURCE_PROGRAM, hand))
#define interrupt() machine_raise()
#define forget_end() interrupt_forget_end(SOURCE_TIMER)

/* Works for three ticks of the timer and a half; says whether ticks came since watch_ticks(); and whether the handler of the
 * interrupt was done before the next tick. */
void work_for_ticks(void);
void watch_ticks(void);
void tell_ticks(void);
void tell_handler(void);

/* Prints, where a bug is shown. */
void tell(const char *format, ...);

/* The statements of a part, out of its parentheses. */
#define STATEMENTS(...) __VA_ARGS__

/* The three functions of a row, for whichever heap kmalloc and the rest stand for where this is used. */
/* clang-format off */
#define BUG_FUNCTIONS(name, setup, mistake, next)                                                                      \
    static void name##_setup(void)                                                                                     \
    {                                                                                                                  \
        STATEMENTS setup                                                                                               \
    }                                                                                                                  \
    static void name##_bug(void)                                                                                       \
    {                                                                                                                  \
        STATEMENTS mistake                                                                                             \
    }                                                                                                                  \
    static void name##_next(void)                                                                                      \
    {                                                                                                                  \
        STATEMENTS next                                                                                                \
    }
/* clang-format on */

#endif
