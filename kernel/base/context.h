/* SPDX-License-Identifier: MIT
 *
 * Who is at work: the ordinary code, or a handler that came in between; and for how long nobody could come in between.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "machine.h"

#include <stdbool.h>
#include <stdint.h>

extern const char *const source_names[SOURCES];

/* A handler at work, and the place that it interrupted. */
struct handler_at_work {
    enum source source;
    uintptr_t handler; /* the function */
    struct interrupted interrupted;
};

/* Around a handler, with interrupts off. None comes between another one. */
void context_enter(const struct handler_at_work *handler);
void context_leave(void);

/* NULL: the ordinary code is at work. */
const struct handler_at_work *context_handler(void);

/* The longest stretch of its kind, and who caused it: a return address. */
struct stretch {
    uint64_t cycles;
    uintptr_t owner;
};

/* Keeps everybody out for a piece of work, and counts for how long: whose work is not bounded is counted apart. They nest:
 * the outermost one is counted, and its release puts back what was there before. */
enum hold { HOLD_BOUNDED, HOLD_UNBOUNDED, HOLDS };
void context_hold(enum hold kind, const void *owner);
void context_release(void);
extern struct stretch context_longest[HOLDS];

/* Who holds on to it; 0: nobody. */
uintptr_t context_holder(void);

/* Whether others may come in right now. */
bool context_is_open(void);

/* For what jumped out of all this, as a panic that was caught: no handler is at work, and others may come in or not. */
void context_escaped(bool open);

/* For a panic: the handler at work, and the way to what it interrupted. */
void context_print(void);

#endif
