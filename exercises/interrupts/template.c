/* SPDX-License-Identifier: MIT
 *
 * What two hands may touch at once. It grows from step to step: `./minios learn interrupts` tells you what the next one is,
 * and checks this file at every save, with an interrupt in front of each instruction of your functions.
 *
 * What each call promises stands in my_interrupts.h. Add functions of your own wherever you like.
 */
#include "my_interrupts.h"

/* ---- Step 1: a counter that is not torn ------------------------------------------------------------------------- */

void my_count(struct my_counter *c)
{
    (void)c; /* TODO: take this line away, and count */
}

uint64_t my_read(const struct my_counter *c)
{
    (void)c; /* TODO */
    return 0;
}

/* ---- Step 2: a ring between two hands --------------------------------------------------------------------------- */

bool my_put(struct my_ring *r, unsigned char byte)
{
    (void)r, (void)byte; /* TODO in step 2 */
    return false;
}

bool my_take(struct my_ring *r, unsigned char *byte)
{
    (void)r, (void)byte; /* TODO in step 2 */
    return false;
}

/* ---- Step 3: timers --------------------------------------------------------------------------------------------- */

void my_timer_add(struct my_timers *t, struct my_timer *timer, uint32_t ticks)
{
    (void)t, (void)timer, (void)ticks; /* TODO in step 3 */
}

bool my_timer_cancel(struct my_timers *t, struct my_timer *timer)
{
    (void)t, (void)timer; /* TODO in step 3 */
    return false;
}

void my_tick(struct my_timers *t)
{
    (void)t; /* TODO in step 3 */
}

/* ---- Step 4: a heap for each hand ------------------------------------------------------------------------------- */

void *my_get(struct my_heaps *h, size_t size)
{
    (void)h, (void)size; /* TODO in step 4 */
    return NULL;
}

enum my_answer my_give(struct my_heaps *h, void *block)
{
    (void)h, (void)block; /* TODO in step 4 */
    return MY_WELL;
}
