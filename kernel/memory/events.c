/* SPDX-License-Identifier: MIT
 *
 * The ring of events. It costs an operation a few stores, and no byte of the heap.
 */
#include "memory/events.h"

#include "base/print.h"
#include "base/symbols.h"
#include "machine.h"
#include "memory/description.h"
#include "memory/fault.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"

struct event events[MOST_EVENTS];

static struct event *event_at(uintptr_t number)
{
    return &events[number % MOST_EVENTS];
}

/* All but the count of events: who looks in between sees an event only when it is whole. */
static struct event *write_event(enum event_kind kind, const void *address, size_t size, size_t align,
                                 const void *owner)
{
    uintptr_t number = minios_description.event_count + 1;
    struct event *event = event_at(number);

    event->number = number;
    event->command = minios_description.command;
    event->kind = kind;
    event->block = 0;
    event->address = (uintptr_t)address;
    event->size = size;
    event->align = align;
    event->fault = KHEAP_E_NONE;
    event->owner = (uintptr_t)owner;
    event->heap_start = (uintptr_t)kernel_heap.heap_start;
    event->heap_end = (uintptr_t)kernel_heap.heap_end;
    event->free_memory_pointer = (uintptr_t)kernel_heap.free_memory_pointer;
    return event;
}

static void count_event(unsigned long interrupts)
{
    __asm__ volatile("" : : : "memory");
    minios_description.event_count++;
    machine_moment((unsigned char)minios_description.event_count);
    machine_interrupts_restore(interrupts);
}

void event_add(enum event_kind kind, const void *address, size_t size, size_t align, const void *owner)
{
    unsigned long interrupts = machine_interrupts_off(); /* a handler may add one of its own */
    struct event *event = write_event(kind, address, size, align, owner);

    if (kind == EVENT_FREE || kind == EVENT_RESIZE || kind == EVENT_WRITE) /* a new block gets its number later */
        event->block = number_just_freed(address);
    count_event(interrupts);
}

void event_add_fault(const struct kheap_report *report)
{
    unsigned long interrupts = machine_interrupts_off();
    struct event *event = write_event(EVENT_FAULT, report->address, report->wanted, report->align, report->caller);

    if (report->fault != KHEAP_E_BAD_MARK) /* a boundary may also be where a block begins */
        event->block = number_just_freed(report->address);
    event->fault = report->fault;
    count_event(interrupts);
}

void event_add_interrupt(const struct handler_at_work *work)
{
    struct event *newest = event_at(minios_description.event_count);

    if (newest->kind == EVENT_INTERRUPT && newest->align == work->source &&
        newest->command == minios_description.command) {
        newest->size++;
        return;
    }
    write_event(EVENT_INTERRUPT, (void *)work->interrupted.pc, 1, work->source, (void *)work->handler);
    count_event(machine_interrupts_off());
}

void event_add_rule(unsigned code, uintptr_t owner)
{
    unsigned long interrupts = machine_interrupts_off();

    write_event(EVENT_FAULT, NULL, 0, 0, (void *)owner)->fault = code;
    count_event(interrupts);
}

unsigned event_number_block(const void *payload)
{
    struct event *newest = event_at(minios_description.event_count);
    unsigned number = number_give(payload);

    if (newest->kind == EVENT_ALLOC && newest->address == (uintptr_t)payload)
        newest->block = number;
    return number;
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

/* The n-th word of EVENT_KINDS. */
static const char *name_of(uintptr_t kind, int *length)
{
    const char *name = EVENT_KINDS;

    for (; kind > 0; name++)
        kind -= *name == ' ';
    for (*length = 0; name[*length] != ' ' && name[*length] != '\0';)
        ++*length;
    return name;
}

/* What an interrupt came in between may be code that is not ours. */
static void print_address(const struct event *event)
{
    uintptr_t offset;

    if (event->kind == EVENT_INTERRUPT && symbol_of(event->address, &offset) == NULL)
        kprintf("elsewhere ");
    else
        kprintf("%p", (void *)event->address);
}

static void print_event(const struct event *event)
{
    char block[12] = "-", fault[8];
    int length;
    const char *name = name_of(event->kind, &length);

    if (event->block != 0)
        ksnprintf(block, sizeof block, "#%u", (unsigned)event->block);
    if (event->kind == EVENT_INTERRUPT)
        ksnprintf(block, sizeof block, "%.6s", source_names[event->align]);
    if (event->kind == EVENT_FAULT)
        length = fault_code(fault, sizeof fault, (unsigned)event->fault), name = fault;
    kprintf("%6zu %7zu  %-7.*s  %-7s", (size_t)event->number, (size_t)event->command, length, name, block);
    print_address(event);
    kprintf(" %10zu %5zu  %p\n", (size_t)event->size, (size_t)event->align, (void *)event->free_memory_pointer);
}

void events_print(size_t most)
{
    uintptr_t newest = minios_description.event_count, count = newest < MOST_EVENTS ? newest : MOST_EVENTS;

    kprintf("%6s %7s  %-7s  %-7s%-10s %10s %5s  %s\n", "event", "command", "what", "block", "address", "size", "align",
            "free pointer");
    for (uintptr_t number = newest - (most < count ? most : count); number++ < newest;)
        print_event(event_at(number));
    if (most < count)
        kprintf("and %zu older ones; `events all` shows those that are kept\n", (size_t)(newest - most));
    else if (count < newest)
        kprintf("and %zu older ones that are forgotten\n", (size_t)(newest - count));
}
