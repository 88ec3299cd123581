/* SPDX-License-Identifier: MIT
 *
 * The solution of step 4: a heap for each hand.
 */
#include "my_interrupts.h"

/* ---- Step 1: a counter that is not torn ------------------------------------------------------------------------- */

void my_count(struct my_counter *c)
{
    bool before = interrupts_off();

    c->low++;
    if (c->low == 0)
        c->high++;
    interrupts_restore(before);
}

uint64_t my_read(const struct my_counter *c)
{
    bool before = interrupts_off();
    uint64_t whole = (uint64_t)c->high << 32 | c->low;

    interrupts_restore(before);
    return whole;
}

/* ---- Step 2: a ring between two hands --------------------------------------------------------------------------- */

bool my_put(struct my_ring *r, unsigned char byte)
{
    if (r->put - r->taken == MY_SLOTS) {
        r->lost++;
        return false;
    }
    r->slots[r->put % MY_SLOTS] = byte;
    r->put++; /* only now is it there for the other hand */
    return true;
}

bool my_take(struct my_ring *r, unsigned char *byte)
{
    if (r->put == r->taken)
        return false;
    *byte = r->slots[r->taken % MY_SLOTS];
    r->taken++; /* only now is the slot free for the other hand */
    return true;
}

/* ---- Step 3: timers --------------------------------------------------------------------------------------------- */

/* The numbers of the ticks go round in a circle: what is less than half of it ahead comes later. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* The list is sorted; of the same tick, who was added last stands last. */
void my_timer_add(struct my_timers *t, struct my_timer *timer, uint32_t ticks)
{
    bool before = interrupts_off();
    struct my_timer **at = &t->first;

    timer->due = t->now + (ticks == 0 ? 1 : ticks);
    while (*at != NULL && !is_before(timer->due, (*at)->due))
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    interrupts_restore(before);
}

bool my_timer_cancel(struct my_timers *t, struct my_timer *timer)
{
    bool before = interrupts_off();
    struct my_timer **at = &t->first;

    while (*at != NULL && *at != timer)
        at = &(*at)->next;
    bool waited = *at != NULL;
    if (waited)
        *at = timer->next;
    interrupts_restore(before);
    return waited;
}

/* Each work may change the list, so it is looked at anew each time. */
void my_tick(struct my_timers *t)
{
    t->now++;
    while (t->first != NULL && !is_before(t->now, t->first->due)) {
        struct my_timer *timer = t->first;
        t->first = timer->next;
        if (timer->period != 0)
            my_timer_add(t, timer, timer->period);
        timer->work(timer);
    }
}

/* ---- Step 4: a heap for each hand ------------------------------------------------------------------------------- */

static struct my_bump *own(struct my_heaps *h)
{
    return in_handler() ? &h->handler : &h->prompt;
}

static struct my_bump *others(struct my_heaps *h)
{
    return in_handler() ? &h->prompt : &h->handler;
}

static bool lives_in(const struct my_bump *b, const unsigned char *block)
{
    return block >= b->heap_start && block < b->free_memory_pointer;
}

void *my_get(struct my_heaps *h, size_t size)
{
    struct my_bump *b = own(h);
    unsigned char *block = b->free_memory_pointer;

    if (size > (size_t)(b->heap_end - block))
        return NULL;
    b->free_memory_pointer = block + (size + MY_ALIGN - 1) / MY_ALIGN * MY_ALIGN;
    return block;
}

enum my_answer my_give(struct my_heaps *h, void *block)
{
    if (lives_in(others(h), block))
        return MY_OTHERS;
    if (!lives_in(own(h), block))
        return MY_NOT_LIVE;
    own(h)->free_memory_pointer = block;
    return MY_WELL;
}
