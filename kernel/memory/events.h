/* SPDX-License-Identifier: MIT
 *
 * What happened to the heap, one operation after the other: a ring that keeps the newest ones. It is read here, by a
 * debugger, and by whoever can look into this machine's memory; description.h tells those how.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "base/context.h"
#include "kheap.h"

/* In this order they stand in EVENT_KINDS. */
enum event_kind {
    EVENT_INIT,    /* address: of the memory; size: of it */
    EVENT_ALLOC,   /* address: the payload; size and align as asked for */
    EVENT_FREE,    /* address: the payload */
    EVENT_RESIZE,  /* address: the payload; size: the new one */
    EVENT_MARK,    /* address: the boundary */
    EVENT_RELEASE, /* address: the boundary */
    EVENT_FAULT,   /* fault: its code; address, size (wanted) and align from the report */
    EVENT_WRITE,   /* address and size: what was written over at the prompt */
    EVENT_SETUP,   /* the lab has made what a bug needs */
    EVENT_MISTAKE, /* the lab has made the mistake, and nothing was called since */
    EVENT_RESTORE, /* the lab put back the heap as it was before a bug; address: the lowest byte it wrote, size: how many */
    EVENT_INTERRUPT /* a handler did something; address: what it interrupted; align: the enum source; size: how often, one right
                       behind the other; owner: the handler */
};
#define EVENT_KINDS "init alloc free resize mark release fault write setup mistake restore irq"

/* Every member is one word, so the list of names tells where each lies. The three words are those after the operation. */
#define EVENT_FIELDS(FIELD)                                                                                            \
    FIELD(number)  /* of the event; the first is 1 */                                                                  \
    FIELD(command) /* in which it happened, counted from 1 as they were given at the prompt; 0: during the boot */     \
    FIELD(kind)                                                                                                        \
    FIELD(block) /* the N of #N; 0: it has none */                                                                     \
    FIELD(address)                                                                                                     \
    FIELD(size)                                                                                                        \
    FIELD(align)                                                                                                       \
    FIELD(fault)                                                                                                       \
    FIELD(owner) /* return address of who asked */                                                                     \
    FIELD(heap_start)                                                                                                  \
    FIELD(heap_end)                                                                                                    \
    FIELD(free_memory_pointer)

struct event {
#define FIELD(name) uintptr_t name;
    EVENT_FIELDS(FIELD)
#undef FIELD
};

#define MOST_EVENTS 1024u

extern struct event events[MOST_EVENTS]; /* number n stands at n % MOST_EVENTS */

void event_add(enum event_kind kind, const void *address, size_t size, size_t align, const void *owner);
void event_add_fault(const struct kheap_report *report);

/* Of a handler that did something. Several of one source with nothing in between are one event. */
void event_add_interrupt(const struct handler_at_work *work);

/* Of a rule of the kernel's own (memory/fault.h). */
void event_add_rule(unsigned code, uintptr_t owner);

/* Gives the block that was allocated last the next number, and notes it in its event; 0 when all numbers are in use. */
unsigned event_number_block(const void *payload);

/* The newest ones, at most so many, the oldest of them first. */
void events_print(size_t most);

#endif
