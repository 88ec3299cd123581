/* SPDX-License-Identifier: MIT
 *
 * A queue, each piece of work a block in the handlers' heap. What was handed on together dies together: once the queue is
 * empty, one release gives all of it back.
 */
#include "interrupts/later.h"

#include "interrupts/handler_heap.h"
#include "machine.h"

struct piece {
    struct piece *next;
    void (*work)(unsigned argument);
    unsigned argument;
};

static struct piece *first, **last = &first;
static struct kheap_mark floor_mark; /* below the first piece */
static unsigned waiting;
static bool any; /* since the last release */

bool later_do(void (*work)(unsigned argument), unsigned argument)
{
    struct kheap_mark mark = handler_mark();
    struct piece *piece = handler_alloc(sizeof *piece);

    if (piece == NULL)
        return false;
    if (!any)
        floor_mark = mark;
    any = true;
    *piece = (struct piece){ NULL, work, argument };
    *last = piece;
    last = &piece->next;
    waiting++;
    return true;
}

bool later_waits(void)
{
    return *(volatile unsigned *)&waiting != 0;
}

/* Takes the next one out; behind the last one nothing of the queue is in use any more. */
static bool take(struct piece *piece)
{
    unsigned long before = machine_interrupts_off();
    bool found = first != NULL;

    if (found) {
        *piece = *first;
        first = first->next;
        waiting--;
    }
    if (first == NULL) {
        last = &first;
        if (any)
            handler_release(floor_mark);
        any = false;
    }
    machine_interrupts_restore(before);
    return found;
}

void later_run(void)
{
    struct piece piece;

    for (unsigned left = waiting; left > 0 && take(&piece); left--)
        piece.work(piece.argument);
}
