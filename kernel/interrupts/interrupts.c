/* SPDX-License-Identifier: MIT
 *
 * The way in: count, run the handler, acknowledge.
 */
#include "interrupts/interrupts.h"

#include "base/context.h"
#include "interrupts/timer.h"
#include "memory/events.h"
#include "memory/fault.h"

/* Bytes that come are read where they are waited for: all that an interrupt has to do is to end the rest. */
static enum handled wake(void)
{
    return HANDLED_NOTHING;
}

struct interrupt_source interrupt_sources[SOURCES] = {
    [SOURCE_TIMER] = { .handler = timer_tick },
    [SOURCE_KEYBOARD] = { .handler = wake },
    [SOURCE_TERMINAL] = { .handler = wake },
    [SOURCE_PROGRAM] = { .handler = wake },
};
uintptr_t interrupts_spurious;
long interrupts_longest_wait = -1;
static enum source end_to_forget = SOURCES;

static void note_wait(void)
{
    long late = machine_timer_late();

    if (late > interrupts_longest_wait)
        interrupts_longest_wait = late;
}

static void run_handler(struct interrupt_source *source, const struct interrupted *where)
{
    const struct handler_at_work work = { (enum source)(source - interrupt_sources), (uintptr_t)source->handler,
                                          *where };

    source->last = machine_cycles();
    context_enter(&work);
    if (source->handler() == HANDLED_NOTHING)
        source->idle++;
    else
        event_add_interrupt(&work);
    context_leave();
    uint64_t took = machine_cycles() - source->last;
    if (took > source->longest)
        source->longest = took;
}

void interrupt_arrived(enum source number, const struct interrupted *where)
{
    struct interrupt_source *source = &interrupt_sources[number];

    if (number == SOURCES) {
        interrupts_spurious++;
        return;
    }
    if (number == SOURCE_TIMER)
        note_wait();
    source->count++;
    run_handler(source, where);
    if (number != end_to_forget)
        machine_acknowledge(number);
    else
        end_to_forget = SOURCES;
}

enum handled (*interrupt_handle(enum source source, enum handled (*handler)(void)))(void)
{
    enum handled (*before)(void) = interrupt_sources[source].handler;

    interrupt_sources[source].handler = handler;
    return before;
}

void interrupt_mask(enum source source, bool yes)
{
    interrupt_sources[source].masked = yes;
    machine_mask(source, yes);
}

void interrupt_forget_end(enum source source)
{
    end_to_forget = source;
}

static bool look_at_ends(void)
{
    bool all = true;

    for (enum source source = 0; source < SOURCES; source++)
        if (machine_lacks(source) == NULL && !machine_is_acknowledged(source)) {
            fault_of_rule(RULE_NOT_ACKNOWLEDGED, source, (uintptr_t)interrupt_sources[source].handler);
            machine_acknowledge(source);
            all = false;
        }
    return all;
}

bool interrupts_look(void)
{
    bool open = context_is_open();

    if (!open) {
        fault_of_rule(RULE_LEFT_OFF, SOURCES, context_holder());
        context_escaped(true);
    }
    return look_at_ends() && open;
}

void interrupts_forget_longest(void)
{
    interrupts_longest_wait = -1;
    for (int i = 0; i < HOLDS; i++)
        context_longest[i] = (struct stretch){ 0 };
    for (int i = 0; i < SOURCES; i++)
        interrupt_sources[i].longest = 0;
}
