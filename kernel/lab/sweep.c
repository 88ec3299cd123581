/* SPDX-License-Identifier: MIT
 *
 * An interrupt may come in front of any instruction, so the sweep lets one come in front of each: of the first, then,
 * in the same call made again, of the second, and so on. While interrupts are off it comes when they are on again.
 */
#include "lab/sweep.h"

#include "base/instrument.h"
#include "base/print.h"
#include "base/string.h"
#include "interrupts/handler_heap.h"
#include "interrupts/interrupts.h"
#include "interrupts/timer.h"
#include "memory/fault.h"
#include "memory/kmalloc.h"

/* ---- What comes in ---------------------------------------------------------------------------------------------- */

static struct {
    size_t came;    /* handlers */
    size_t refused; /* calls of the kernel's heap in one */
    size_t unsound; /* looks at a heap that did not hold */
} seen;

static enum handled look_and_ask(void)
{
    seen.came++;
    seen.unsound += kheap_check(&kernel_heap, NULL) != KHEAP_E_NONE;
    seen.refused += kmalloc(16) == NULL;
    return HANDLED_NOTHING;
}

/* ---- The sweep -------------------------------------------------------------------------------------------------- */

static char *below, *block;
static struct kheap_mark mark;

static void get(void)
{
    block = kmalloc(40);
}

static void get_aligned(void)
{
    block = kmalloc_aligned(40, 64);
}

static void get_zeroed(void)
{
    block = kzalloc(40);
}

static void give(void)
{
    kfree(block);
}

static void change(void)
{
    kresize(block, 90);
}

static void release(void)
{
    krelease(mark);
}

static void nothing(void)
{
}

static const struct {
    const char *name;
    void (*before)(void), (*call)(void);
} calls[] = {
    { "kmalloc", nothing, get },        { "kmalloc_aligned", nothing, get_aligned },
    { "kzalloc", nothing, get_zeroed }, { "kfree", get, give },
    { "kresize", get, change },         { "krelease", get, release },
};

/* One call, and an interrupt in front of instruction `at` of it. True: it has so many. */
static bool step(size_t call, unsigned at)
{
    below = kmalloc(24);
    mark = kmark();
    calls[call].before();
    unsigned made = machine_step(calls[call].call, at);
    seen.unsound += kheap_check(&kernel_heap, NULL) != KHEAP_E_NONE;
    krelease(mark);
    kfree(below);
    return made == at;
}

static unsigned distance;

static bool sweep_call(size_t call)
{
    unsigned at = 1, tries = 0;

    seen.came = seen.refused = seen.unsound = 0;
    for (; step(call, at); at += distance)
        tries++;
    if (tries == 0) {
        kprintf("this machine does not run one instruction at a time\n");
        return false;
    }
    kprintf("  %-15s %6u  %-7s %s\n", calls[call].name, tries, seen.unsound == 0 ? "sound" : "DAMAGED",
            seen.refused == seen.came ? "refused" : "LET IN");
    return seen.unsound == 0 && seen.came == tries && seen.refused == seen.came;
}

/* Runs work() with a handler in the place of the one of `source`, and not a word of what is refused. */
static bool with_handler(enum source source, enum handled (*handler)(void), bool (*work)(void))
{
    if (!fault_none_in_heap())
        return false;
    enum fault_policy policy = fault_set_policy(FAULT_IS_SILENT);
    enum handled (*before)(void) = interrupt_handle(source, handler);
    bool done = work();
    interrupt_handle(source, before);
    fault_set_policy(policy);
    return done;
}

static bool sweep_all(void)
{
    bool done = true;

    kprintf("  %-15s %6s  %-7s %s\n", "interrupted in", "times", "heap", "handler");
    for (size_t call = 0; done && call < sizeof calls / sizeof calls[0]; call++)
        done = sweep_call(call);
    return done;
}

bool sweep_run(size_t every)
{
    distance = (unsigned)every;
    if (kheap_stats(&kernel_heap).largest < 1024) {
        kprintf("the sweep needs 1024 free bytes of heap; free something first\n");
        return false;
    }
    return with_handler(SOURCE_PROGRAM, look_and_ask, sweep_all);
}

/* ---- The storm -------------------------------------------------------------------------------------------------- */

#define DEEPEST 16

static size_t calls_wanted, calls_made;
static void *blocks[DEEPEST];
static unsigned depth, random;

/* Where a handler takes as long as a tick, nothing else is done any more: so the ticks become fewer, until it is. */
static void leave_time_for_calls(void)
{
    enum { TICKS = 20 };
    static size_t made_before;
    static unsigned ticks;

    ticks = calls_made == made_before ? ticks + 1 : 0;
    made_before = calls_made;
    if (ticks < TICKS || timer_rate() < 2 * TIMER_SLOWEST)
        return;
    ticks = 0;
    timer_set_rate(timer_rate() / 2);
}

/* Each tick: the clock's own work, some memory of the handlers' heap, and a try at the kernel's. */
static enum handled tick_and_ask(void)
{
    struct kheap_mark own = handler_mark();

    seen.unsound += handler_alloc(24) == NULL;
    handler_release(own);
    look_and_ask();
    leave_time_for_calls();
    return timer_tick();
}

static unsigned next_random(void)
{
    random = random * 1103515245u + 12345u;
    return random >> 16;
}

/* Past the kernel's rule: it takes a block of the kernel's heap and gives it back. As long as it comes between no call of it,
 * that nests as calls of functions do. */
static enum handled tick_and_nest(void)
{
    seen.came++;
    kheap_free(&kernel_heap, kheap_alloc(&kernel_heap, next_random() % 100));
    leave_time_for_calls();
    return timer_tick();
}

static const struct {
    const char *name;
    enum handled (*handler)(void);
    bool locked;
} storms[] = {
    [STORM] = { "", tick_and_ask, true },
    [STORM_NESTED] = { "nested", tick_and_nest, true },
    [STORM_UNLOCKED] = { "unlocked", tick_and_nest, false },
};

bool storm_find(const char *name, enum storm *kind)
{
    for (*kind = STORM_NESTED; *kind < STORMS; ++*kind)
        if (strcmp(name, storms[*kind].name) == 0)
            return true;
    return false;
}

static enum storm kind;

static void call_heap(void)
{
    bool up = depth == 0 || (depth < DEEPEST && next_random() % 2 != 0), locked = storms[kind].locked;
    size_t size = next_random() % 100;

    if (up)
        blocks[depth++] = locked ? kmalloc(size) : kheap_alloc(&kernel_heap, size);
    else if (locked)
        kfree(blocks[--depth]);
    else
        kheap_free(&kernel_heap, blocks[--depth]);
}

/* What came and what was refused since the storm began, all of it at one moment: else a tick comes in between two of them. */
static struct {
    uintptr_t ticks, lost;
    unsigned faults;
} during;

static void begin_to_count(void)
{
    unsigned long before = machine_interrupts_off();

    during.ticks = timer_ticks(), during.lost = timer_lost, during.faults = faults_seen();
    seen.came = seen.refused = seen.unsound = 0;
    machine_interrupts_restore(before);
}

static void end_counting(void)
{
    unsigned long before = machine_interrupts_off();

    interrupt_handle(SOURCE_TIMER, timer_tick);
    during.ticks = timer_ticks() - during.ticks, during.lost = timer_lost - during.lost;
    during.faults = faults_seen() - during.faults;
    machine_interrupts_restore(before);
}

/* Says whether the heap held: every call of it was done, but those that a handler may not make. */
static bool tell_storm(void)
{
    bool held = during.faults == seen.refused && seen.unsound == 0 && kheap_check(&kernel_heap, NULL) == KHEAP_E_NONE;

    kprintf("%zu calls of the heap, %zu handlers in between\n%zu ticks came, %zu more were lost\n", calls_wanted,
            seen.came, (size_t)during.ticks, (size_t)during.lost);
    if (held)
        kprintf("the heap held, and %zu calls by a handler were refused\n", seen.refused);
    else
        kprintf("THE HEAP DID NOT HOLD: %zu calls were refused that should have been done\n",
                during.faults - seen.refused);
    return held && seen.came == during.ticks;
}

static bool storm(void)
{
    unsigned rate = timer_rate();
    struct kheap_mark all = kmark();
    struct kheap words = kernel_heap;

    begin_to_count();
    depth = 0;
    random = 1;
    timer_set_rate(TIMER_QUICKEST);
    for (calls_made = 0; calls_made < calls_wanted; calls_made++)
        call_heap();
    timer_set_rate(rate);
    end_counting();
    bool held = tell_storm();
    if (!held) /* what it did to the bytes above is nobody's */
        kernel_heap = words, instrument_resync();
    krelease(all);
    return held;
}

bool storm_run(size_t wanted, enum storm which)
{
    if (kheap_stats(&kernel_heap).largest < 8192) {
        kprintf("the storm needs 8192 free bytes of heap; free something first\n");
        return false;
    }
    calls_wanted = wanted;
    kind = which;
    return with_handler(SOURCE_TIMER, storms[kind].handler, storm);
}
