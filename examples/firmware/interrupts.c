/* SPDX-License-Identifier: MIT
 *
 * kheap and interrupts on a Cortex-M. SysTick comes 100,000 times, between any two instructions. Its handler
 *
 *   - takes some of main's heap for a moment, and gives it back before it returns: so each call of main's is made with
 *     interrupts off, and that is all that it takes;
 *   - keeps what it makes, messages for main, in a heap of its own, which main never calls.
 *
 * With a rule left out the run ends in a refusal: -DNO_LOCK leaves interrupts on, -DONE_HEAP keeps the messages in main's heap.
 */
#include "board.h"

#include <kheap.h>
#include <stdbool.h>
#include <stdint.h>

enum { TICKS = 100000, CYCLES = 2200, RING = 8, DEEPEST = 16, LARGEST = 60 };

extern unsigned char _heap_begin[], _heap_end[]; /* link.ld */

static struct kheap heap;

#ifdef ONE_HEAP
static struct kheap *const heap_of_ticks = &heap;
#else
static struct kheap second_heap, *const heap_of_ticks = &second_heap;
#endif

static volatile unsigned ticks;

static void stop(const char *why)
{
    say(why);
    say_number(" after ", ticks, " ticks\n");
    finish(1);
}

/* In a product: write the report where it survives a reset, then reset. */
void kheap_fault(const struct kheap_report *report)
{
    __asm__ volatile("cpsid i" : : : "memory"); /* one report, not one in the midst of another */
    say_number("E0", report->fault, "");
    stop(" refused");
}

static void expect(bool so, const char *what)
{
    if (!so)
        stop(what);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* ---- The lock ---------------------------------------------------------------------------------------------------- */

#ifdef NO_LOCK
static inline unsigned long interrupts_off(void)
{
    return 0;
}

static inline void interrupts_back(unsigned long state)
{
    (void)state;
}
#else
static inline unsigned long interrupts_off(void)
{
    unsigned long state;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state) : : "memory");
    return state;
}

static inline void interrupts_back(unsigned long state)
{
    __asm__ volatile("msr primask, %0" : : "r"(state) : "memory");
}
#endif

static inline __attribute__((always_inline)) void *kmalloc(size_t size)
{
    unsigned long state = interrupts_off();
    void *block = kheap_alloc(&heap, size);

    interrupts_back(state);
    return block;
}

static inline __attribute__((always_inline)) void kfree(void *block)
{
    unsigned long state = interrupts_off();

    kheap_free(&heap, block);
    interrupts_back(state);
}

/* ---- The ring, from the handler to main ---------------------------------------------------------------------------- */

struct message {
    unsigned number, size;
    unsigned char bytes[];
};

static struct message *volatile ring[RING];
static volatile unsigned put, taken; /* so many; only the handler writes the one, only main the other */
static unsigned dropped;

/* What main has done with goes back all at once, as soon as there is nothing else: no more than this small heap holds, so it
 * takes a bounded time. */
static void begin_batch(void)
{
    static struct kheap_mark batch;

    if (put != 0 && heap_of_ticks != &heap)
        kheap_release(heap_of_ticks, batch);
    batch = kheap_mark(heap_of_ticks);
}

static struct message *new_message(unsigned size)
{
    if (taken == put)
        begin_batch();
    return put - taken < RING ? kheap_try_alloc(heap_of_ticks, sizeof(struct message) + size, KHEAP_ALIGN) : NULL;
}

static void pass_on(struct message *message, const unsigned char *bytes, unsigned size)
{
    message->number = ticks;
    message->size = size;
    for (unsigned i = 0; i < size; i++)
        message->bytes[i] = bytes[i];
    ring[put % RING] = message;
    __asm__ volatile("" : : : "memory"); /* main sees it only when it is whole */
    put++;
}

/* ---- The handler --------------------------------------------------------------------------------------------------- */

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010; /* control, reload, current */

void on_tick(void)
{
    static unsigned seed = 1;
    const unsigned size = next_random(&seed) % LARGEST;
    struct message *message = new_message(size);
    unsigned char *bytes = kheap_alloc(&heap, size);

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (unsigned char)(ticks + i);
    if (message != NULL)
        pass_on(message, bytes, size);
    else
        dropped++;
    kheap_free(&heap, bytes);
    systick[1] = CYCLES + next_random(&seed) % 64; /* so that in the end it has come everywhere */
    if (++ticks == TICKS)
        systick[0] = 0;
}

static void start_heap_of_ticks(void)
{
    static unsigned char memory[1024] __attribute__((aligned(KHEAP_ALIGN)));

    if (heap_of_ticks != &heap)
        expect(kheap_init(heap_of_ticks, memory, sizeof(memory)) == KHEAP_OK, "no room for a heap");
}

static void start_ticks(void)
{
    systick[1] = CYCLES;
    systick[2] = 0;
    systick[0] = 7; /* the processor's clock, with interrupts, on */
}

/* ---- Main ---------------------------------------------------------------------------------------------------------- */

static void take_messages(void)
{
    static unsigned next;

    for (; taken != put; taken++) {
        struct message *message = ring[taken % RING];

        expect(message->number >= next, "a message came twice, or too late");
        next = message->number + 1;
        for (unsigned i = 0; i < message->size; i++)
            expect(message->bytes[i] == (unsigned char)(message->number + i), "a message was written over");
        if (heap_of_ticks == &heap)
            kfree(message);
        __asm__ volatile("" : : : "memory"); /* from here on it is the handler's */
    }
}

static struct {
    unsigned char *at;
    unsigned size;
} blocks[DEEPEST];
static unsigned depth, calls;

static void get(unsigned size)
{
    unsigned char *at = kmalloc(size);

    for (unsigned i = 0; i < size; i++)
        at[i] = (unsigned char)(depth + i);
    blocks[depth].at = at;
    blocks[depth++].size = size;
}

static void give(void)
{
    depth--;
    for (unsigned i = 0; i < blocks[depth].size; i++)
        expect(blocks[depth].at[i] == (unsigned char)(depth + i), "a block was written over");
    kfree(blocks[depth].at);
}

static bool are_off(void)
{
    unsigned long state;

    __asm__ volatile("mrs %0, primask" : "=r"(state));
    return state & 1;
}

/* Up or down; half of the time by somebody who has turned interrupts off already, and finds them so afterwards. */
static void work(void)
{
    static unsigned seed = 2;
    const bool already = next_random(&seed) % 2, up = depth == 0 || (depth < DEEPEST && next_random(&seed) % 2);

    if (already)
        __asm__ volatile("cpsid i" : : : "memory");
    if (up)
        get(next_random(&seed) % LARGEST);
    else
        give();
    expect(are_off() == already, "the lock did not leave interrupts as it found them");
    if (already)
        __asm__ volatile("cpsie i" : : : "memory");
    calls++;
}

static bool is_whole_and_empty(struct kheap *of)
{
    return kheap_check(of, NULL) == KHEAP_E_NONE && kheap_stats(of).blocks == 0;
}

int main(void)
{
    expect(kheap_init(&heap, _heap_begin, (size_t)(_heap_end - _heap_begin)) == KHEAP_OK, "no room for a heap");
    start_heap_of_ticks();
    start_ticks();
    while (ticks < TICKS) {
        take_messages();
        work();
    }
    take_messages();
    while (depth > 0)
        give();
    say_number("", ticks, " ticks, ");
    say_number("", taken, " messages, ");
    say_number("", dropped, " dropped; ");
    say_number("", calls, " calls of main's heap\n");
    expect(taken + dropped == ticks, "a tick is missing");
    begin_batch();
    expect(is_whole_and_empty(&heap) && is_whole_and_empty(heap_of_ticks), "a heap is damaged, or not empty");
    say("both heaps are whole, and empty\n");
    return 0;
}
