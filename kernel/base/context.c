/* SPDX-License-Identifier: MIT
 *
 * There is one processor, so two variables tell it all: which handler is at work, and since when nobody may come in.
 */
#include "base/context.h"

#include "base/panic.h"
#include "base/print.h"

#include <stddef.h>

const char *const source_names[SOURCES] = {
    [SOURCE_TIMER] = "timer",
    [SOURCE_KEYBOARD] = "keyboard",
    [SOURCE_TERMINAL] = "terminal",
    [SOURCE_PROGRAM] = "program",
};

static struct handler_at_work at_work; /* without a handler: none is */

void context_enter(const struct handler_at_work *handler)
{
    at_work = *handler;
}

void context_leave(void)
{
    at_work = (struct handler_at_work){ 0 };
}

const struct handler_at_work *context_handler(void)
{
    return at_work.handler != 0 ? &at_work : NULL;
}

/* ---- Nobody comes in -------------------------------------------------------------------------------------------- */

struct stretch context_longest[HOLDS];

static struct {
    unsigned depth;
    unsigned long before; /* whether others could come in before the outermost one */
    enum hold kind;
    uint64_t since;
    uintptr_t owner;
} held;

void context_hold(enum hold kind, const void *owner)
{
    unsigned long before = machine_interrupts_off();

    if (held.depth++ > 0)
        return;
    held.before = before;
    if (before == 0) /* they stay off, for a reason of somebody else */
        return;
    held.kind = kind;
    held.owner = (uintptr_t)owner;
    held.since = machine_cycles();
}

static void note_stretch(void)
{
    struct stretch *longest = &context_longest[held.kind];
    uint64_t took = machine_cycles() - held.since;

    if (took > longest->cycles)
        *longest = (struct stretch){ took, held.owner };
}

void context_release(void)
{
    if (held.depth == 0 || --held.depth > 0)
        return;
    if (held.before != 0)
        note_stretch();
    machine_interrupts_restore(held.before);
}

uintptr_t context_holder(void)
{
    return held.depth > 0 && held.before != 0 ? held.owner : 0;
}

bool context_is_open(void)
{
    unsigned long before = machine_interrupts_off();

    machine_interrupts_restore(before);
    return before != 0;
}

void context_escaped(bool open)
{
    held.depth = 0;
    if (at_work.handler != 0)
        machine_acknowledge(at_work.source);
    context_leave();
    machine_interrupts_restore(open);
}

void context_print(void)
{
    if (at_work.handler == 0)
        return;
    kprintf("    in the handler of %s, which came in between\n    at %pS\n", source_names[at_work.source],
            (void *)at_work.interrupted.pc);
    print_backtrace(at_work.interrupted.frame_pointer);
}
