/* SPDX-License-Identifier: MIT
 *
 * What an interrupt controller and the processor's interrupt flag do in a PC is done here by a few bits. While interrupts are
 * off, a signal only leaves its bit: so turning them off costs no call of the system.
 */
#include "controller.h"

#include "interrupts/interrupts.h"

#include <signal.h>

static volatile sig_atomic_t off = 1, waiting[SOURCES], masked[SOURCES], in_service[SOURCES];

static int due(void)
{
    for (int source = 0; source < SOURCES; source++)
        if (waiting[source] && !masked[source] && !in_service[source])
            return source;
    return SOURCES;
}

/* Each that is due, with interrupts off while it is served. A signal may come between any two lines, and do this too: so
 * which one it is, is asked when nobody can. */
static void deliver(const struct interrupted *where)
{
    while (off == 0 && due() != SOURCES) {
        off = 1;
        int source = due();
        if (source != SOURCES) {
            waiting[source] = 0;
            in_service[source] = 1;
            interrupt_arrived((enum source)source, where);
        }
        off = 0;
    }
}

/* Who calls one of these is what is interrupted. */
#define DELIVER_HERE()                                                                                                 \
    deliver(&(const struct interrupted){ (uintptr_t)__builtin_return_address(0),                                       \
                                         *(const uintptr_t *)__builtin_frame_address(0) })

void machine_mask(enum source source, bool yes)
{
    masked[source] = yes;
    DELIVER_HERE();
}

void machine_acknowledge(enum source source)
{
    in_service[source] = 0;
    DELIVER_HERE();
}

bool machine_is_acknowledged(enum source source)
{
    return in_service[source] == 0;
}

void machine_raise(void)
{
    waiting[SOURCE_PROGRAM] = 1;
    DELIVER_HERE();
}

unsigned long machine_interrupts_off(void)
{
    unsigned long before = off == 0;

    off = 1;
    return before;
}

void machine_interrupts_restore(unsigned long before)
{
    off = before == 0;
    DELIVER_HERE();
}

void controller_receive(enum source source, const struct interrupted *where)
{
    waiting[source] = 1;
    deliver(where);
}
