/* SPDX-License-Identifier: MIT
 *
 * Delta debugging: leave something out, or make it smaller, and keep that if the program still makes a difference, until
 * nothing can be left out and nothing made smaller. Each kept change makes the program shorter or simpler, so it ends. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum { JUMPS = 1000 };

/* Takes the candidate over if it differs, and cuts off what comes behind the difference. */
static bool keep(struct program *p, const struct program *candidate)
{
    const struct outcome outcome = try_program(candidate);

    if (!outcome.differs)
        return false;
    *p = *candidate;
    if (outcome.step < p->count)
        p->count = outcome.step + 1;
    return true;
}

static void leave_out(struct program *p, size_t from, size_t count)
{
    memmove(&p->step[from], &p->step[from + count], (p->count - from - count) * sizeof p->step[0]);
    p->count -= count;
}

/* Halves first, single steps last. */
static bool drop_steps(struct program *p, struct program *candidate)
{
    bool changed = false;

    for (size_t length = (p->count + 1) / 2; length > 0; length /= 2)
        for (size_t from = 0; from + length <= p->count;) {
            *candidate = *p;
            leave_out(candidate, from, length);
            if (keep(p, candidate))
                changed = true;
            else
                from += length;
        }
    return changed;
}

/* Makes one number of the program smaller, by large differences first. */
static bool lower(struct program *p, struct program *candidate, size_t *number, size_t least)
{
    size_t place = (size_t)((char *)number - (char *)p);
    bool changed = false;

    for (size_t less = *number - least; *number > least && less > 0; less /= 2)
        while (*number - least >= less) {
            *candidate = *p;
            *(size_t *)(void *)((char *)candidate + place) -= less;
            if (!keep(p, candidate))
                break;
            changed = true;
        }
    return changed;
}

static bool lower_heap(struct program *p, struct program *candidate)
{
    bool changed = lower(p, candidate, &p->offset, 0);

    *candidate = *p;
    candidate->paint = false;
    changed |= p->paint && keep(p, candidate);
    return lower(p, candidate, &p->bytes, 2 * KHEAP_TAG_BYTES + 2 * KHEAP_ALIGN) || changed;
}

/* The same size from another call: alloc is the simplest. */
static bool change_deed(struct program *p, struct program *candidate, size_t i)
{
    bool changed = false;

    for (enum deed deed = ALLOC; deed < TRY && deed < p->step[i].deed && p->step[i].deed <= CALLOC; deed++) {
        *candidate = *p;
        candidate->step[i].deed = deed;
        candidate->step[i].align = deed == ALLOC ? 0 : candidate->step[i].align;
        changed |= keep(p, candidate);
    }
    return changed;
}

static bool change_place(struct program *p, struct program *candidate, size_t i)
{
    const struct place *place = &p->step[i].place;

    if ((p->step[i].deed != FREE && p->step[i].deed != RESIZE) || place->from == NOTHING ||
        (place->from == NEWEST && place->nth == 0 && place->offset == 0))
        return false;
    *candidate = *p;
    candidate->step[i].place = (struct place){ NEWEST, 0, 0 };
    return keep(p, candidate);
}

/* "The largest" becomes 0, or at the difference itself the number that it comes to. */
static bool change_amount(struct program *p, struct program *candidate, size_t i)
{
    if (!p->step[i].size.from_largest)
        return false;
    *candidate = *p;
    candidate->step[i].size = (struct amount){ false, 0 };
    if (keep(p, candidate))
        return true;
    *candidate = *p;
    candidate->step[i].size = (struct amount){ false, try_program(p).asked };
    return i + 1 == p->count && keep(p, candidate);
}

/* A product becomes one of it. */
static bool change_product(struct program *p, struct program *candidate, size_t i)
{
    const struct step *step = &p->step[i];

    if (step->deed != CALLOC || step->align < 2 || step->size.from_largest)
        return false;
    *candidate = *p;
    candidate->step[i].size.bytes = step->size.bytes * step->align;
    candidate->step[i].align = 1;
    return keep(p, candidate);
}

static bool try_align(struct program *p, struct program *candidate, size_t i, size_t align)
{
    if (p->step[i].align == align)
        return false;
    *candidate = *p;
    candidate->step[i].align = align;
    return keep(p, candidate);
}

/* The smallest power of two from 16 on; of what is none, 0 or 3. How many a calloc asks for is a number like others. */
static bool lower_align(struct program *p, struct program *candidate, size_t i)
{
    const size_t align = p->step[i].align;

    if (p->step[i].deed != ALIGNED && p->step[i].deed != TRY)
        return lower(p, candidate, &p->step[i].align, 0);
    if (!model_power_of_two(align))
        return try_align(p, candidate, i, 0) || (align != 0 && try_align(p, candidate, i, 3));
    if (try_align(p, candidate, i, KHEAP_ALIGN))
        return true;
    for (size_t other = 2 * KHEAP_ALIGN; other < align; other *= 2)
        if (try_align(p, candidate, i, other))
            return true;
    return false;
}

/* A step may vanish meanwhile, when the difference comes earlier. */
static bool simplify_steps(struct program *p, struct program *candidate)
{
    bool changed = false;

    for (size_t i = 0; i < p->count; i++) {
        size_t *const numbers[] = { &p->step[i].size.bytes, &p->step[i].place.nth, &p->step[i].place.offset,
                                    &p->step[i].slot };
        changed |= change_deed(p, candidate, i);
        changed |= i < p->count && change_place(p, candidate, i);
        changed |= i < p->count && change_amount(p, candidate, i);
        changed |= i < p->count && change_product(p, candidate, i);
        changed |= i < p->count && lower_align(p, candidate, i);
        for (size_t k = 0; i < p->count && k < sizeof numbers / sizeof numbers[0]; k++)
            changed |= lower(p, candidate, numbers[k], 0);
    }
    return changed;
}

/* The way out of a dead end: one step less, or memory that begins at a page as the kernel's does, and in the place of
 * a step another of its kind. The heap may be larger for it: it shrinks again. */
static bool jump(struct program *p, struct program *candidate)
{
    for (int i = 0; i < JUMPS && (p->count > 1 || p->offset != 0); i++) {
        *candidate = *p;
        candidate->bytes = PROGRAM_BYTES;
        if (p->offset != 0)
            candidate->offset = 0;
        else
            leave_out(candidate, program_below(p->count), 1);
        struct step *step = &candidate->step[program_below(candidate->count)];
        *step = program_step(p->bytes, step->deed);
        if (keep(p, candidate))
            return true;
    }
    return false;
}

void shrink(struct program *p)
{
    struct program *candidate = malloc(sizeof *candidate);

    *candidate = *p;
    for (bool changed = candidate != NULL && keep(p, candidate); changed;) {
        changed = drop_steps(p, candidate);
        changed |= lower_heap(p, candidate);
        changed |= simplify_steps(p, candidate);
        changed = changed || jump(p, candidate);
    }
    free(candidate);
}
