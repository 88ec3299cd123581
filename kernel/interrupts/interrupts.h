/* SPDX-License-Identifier: MIT
 *
 * Who may come in between any two instructions, and what is then done. Every machine hands its interrupts in at one place
 * and knows no more of them than a number.
 *
 * A handler runs with interrupts off and comes between no other handler. It is to be short: it notes what happened, and
 * hands on what takes long (interrupts/later.h). It may not call the kernel's heap (I01); it has one of its own
 * (interrupts/handler_heap.h).
 */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include "machine.h"

/* What a handler did: nothing, as most ticks find nothing to do, or something that is worth an event. */
enum handled { HANDLED_NOTHING, HANDLED };

struct interrupt_source {
    enum handled (*handler)(void);
    bool masked;
    uintptr_t count;
    uintptr_t idle;   /* of these: there was nothing to do */
    uint64_t last;    /* cycles, when it came */
    uint64_t longest; /* cycles that its handler took */
};

extern struct interrupt_source interrupt_sources[SOURCES];

/* Interrupts that no device raised. */
extern uintptr_t interrupts_spurious;

/* The longest that a tick waited to be served, in microseconds; -1 where the machine cannot tell. */
extern long interrupts_longest_wait;

/* For the machine, with interrupts off: SOURCES stands for one that comes from nobody. */
void interrupt_arrived(enum source source, const struct interrupted *where);

/* Sets a handler and gives the one of before. */
enum handled (*interrupt_handle(enum source source, enum handled (*handler)(void)))(void);

/* As machine_mask, and noted in the table. */
void interrupt_mask(enum source source, bool yes);

/* The next one of this source is not acknowledged: for the lab, which shows what follows. */
void interrupt_forget_end(enum source source);

/* Looks whether all is well between two commands: interrupts on, nothing unacknowledged. What is not is told (I02, I03) and
 * mended; false then. */
bool interrupts_look(void);

/* The longest times anew. */
void interrupts_forget_longest(void);

#endif
