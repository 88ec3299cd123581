/* SPDX-License-Identifier: MIT
 *
 * Two hands at one thing. The prompt is the ordinary code; the handler of an interrupt comes in between any two
 * instructions of the prompt, does its work from beginning to end, and the prompt goes on as if nothing had been. You write
 * my_interrupts.c; this file stays as it is.
 *
 *     prompt    --- --- ---|           |--- --- ---
 *     handler              |--- --- ---|
 */
#ifndef MY_INTERRUPTS_H
#define MY_INTERRUPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- What you are given ------------------------------------------------------------------------------------------ */

/* From now on nobody comes in. Tells how it was before: could somebody? A handler is called with interrupts off. */
bool interrupts_off(void);

/* As it was before. Whoever waited meanwhile comes in now. */
void interrupts_restore(bool before);

/* Who is at work: the handler, or the prompt? */
bool in_handler(void);

/* For your own questions while you look for a mistake; it prints in the report of a check. */
int kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Step 1: a counter that is not torn --------------------------------------------------------------------------- */

/* 64 bits in two words, as a processor of 32 bits has them. */
struct my_counter {
    uint32_t low;
    uint32_t high; /* how often low began again at 0 */
};

/* One more. Both hands call it. */
void my_count(struct my_counter *c);

/* The whole count. Both hands call it. */
uint64_t my_read(const struct my_counter *c);

/* ---- Step 2: a ring between two hands ----------------------------------------------------------------------------- */

#define MY_SLOTS 8u

/* One hand puts and the other one takes, whichever is the handler. Each word has one writer. Number n lies in slot
 * n % MY_SLOTS; put - taken of them wait. All is 0 at first, and put and taken begin again at 0 after UINT_MAX. */
struct my_ring {
    unsigned put;   /* how many were put so far: written by the hand that puts */
    unsigned lost;  /* how many found no room: written by the hand that puts */
    unsigned taken; /* how many were taken so far: written by the hand that takes */
    unsigned char slots[MY_SLOTS];
};

/* False when MY_SLOTS wait already: then the byte is lost, and counted. */
bool my_put(struct my_ring *r, unsigned char byte);

/* The oldest one that waits. False when there is none: then *byte stays as it is. */
bool my_take(struct my_ring *r, unsigned char *byte);

/* ---- Step 3: timers ----------------------------------------------------------------------------------------------- */

struct my_timer {
    struct my_timer *next; /* yours, as is due */
    uint32_t due;
    uint32_t period; /* comes again after so many ticks; 0: once */
    void (*work)(struct my_timer *timer);
};

/* Both words are 0 at first; now counts the ticks, and begins again at 0 after UINT32_MAX. */
struct my_timers {
    struct my_timer *first;
    uint32_t now;
};

/* Its work is done at the tick that comes after so many, from 1 to 2^31 - 1; 0 counts as 1. Whoever calls has set period
 * and work, and the timer does not wait yet. Both hands call it. */
void my_timer_add(struct my_timers *t, struct my_timer *timer, uint32_t ticks);

/* Its work is not done any more. True when it was waiting. Both hands call it. */
bool my_timer_cancel(struct my_timers *t, struct my_timer *timer);

/* The handler of the tick: one tick more, and the work of all that are due, in the order in which they were added. A work
 * may add and cancel any timer, its own too. */
void my_tick(struct my_timers *t);

/* ---- Step 4: a heap for each hand --------------------------------------------------------------------------------- */

#define MY_ALIGN ((size_t)16)

/* The three words; all are multiples of MY_ALIGN. */
struct my_bump {
    unsigned char *heap_start;
    unsigned char *heap_end;
    unsigned char *free_memory_pointer;
};

struct my_heaps {
    struct my_bump prompt;
    struct my_bump handler;
};

/* A block of at least one byte from the heap of whoever calls, and the free pointer moves up to a multiple of MY_ALIGN.
 * NULL, and nothing changed, when it does not fit there. */
void *my_get(struct my_heaps *h, size_t size);

enum my_answer {
    MY_WELL = 0,
    MY_OTHERS = 1,  /* it lives in the heap of the other hand */
    MY_NOT_LIVE = 2 /* no block lives there: a free part, or no heap at all */
};

/* The free pointer of whoever calls goes back to the block: it is given back, with all that was got after it. Or says why
 * not, and changes nothing then. */
enum my_answer my_give(struct my_heaps *h, void *block);

#endif
