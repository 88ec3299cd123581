/* SPDX-License-Identifier: MIT
 *
 * The model alone. Positions are bytes from heap_start; nothing here knows how the heap does it. */
#include "model.h"

#include <stdlib.h>

enum { TAG = KHEAP_TAG_BYTES };

/* ---- Where things lie ------------------------------------------------------------------------------------------- */

static size_t rounded(size_t size)
{
    return (size + 15) / 16 * 16;
}

size_t model_end_of(const struct model_block *block)
{
    return block->payload + rounded(block->size) + TAG;
}

size_t model_top(const struct model *m)
{
    return m->count == 0 ? 0 : model_end_of(&m->block[m->count - 1]);
}

uintptr_t model_address(const struct model *m, const struct place *place)
{
    bool there = place->nth < m->count;

    switch (place->from) {
    case START: return m->start + place->offset;
    case TOP: return m->start + model_top(m) + place->offset;
    case END: return m->start + m->total + place->offset;
    case NEWEST: return there ? m->start + m->block[m->count - 1 - place->nth].payload + place->offset : 0;
    case OLDEST: return there ? m->start + m->block[place->nth].payload + place->offset : 0;
    default: return 0;
    }
}

/* ---- What is asked for ------------------------------------------------------------------------------------------ */

bool model_power_of_two(size_t align)
{
    return align != 0 && (align & (align - 1)) == 0;
}

size_t model_align(const struct step *step)
{
    return step->deed == ALIGNED || step->deed == TRY ? step->align : 16;
}

/* The padding in front of a payload that would be allocated now. */
static size_t gap_for(const struct model *m, const struct step *step)
{
    size_t align = model_align(step), every = model_power_of_two(align) && align > 16 ? align : 16;
    size_t over = (m->start + model_top(m)) % every;

    return over == 0 ? 0 : every - over;
}

bool model_fits(const struct model *m, size_t payload, size_t size)
{
    return payload <= m->total && m->total - payload >= TAG && m->total - payload - TAG >= size;
}

/* The largest payload that the step could have. */
static size_t largest(const struct model *m, const struct step *step)
{
    size_t gap = gap_for(m, step), payload = model_top(m) + gap;

    if (step->deed == RESIZE)
        payload = m->count == 0 ? 0 : m->block[m->count - 1].payload;
    else if (gap > m->total)
        return 0;
    return model_fits(m, payload, 0) ? m->total - TAG - payload : 0;
}

size_t model_size(const struct model *m, const struct step *step)
{
    return step->size.bytes + (step->size.from_largest ? largest(m, step) : 0);
}

size_t model_bytes(const struct model *m, const struct step *step)
{
    size_t size = model_size(m, step), product;

    if (step->deed != CALLOC)
        return size;
    return __builtin_mul_overflow(size, step->align, &product) ? SIZE_MAX : product;
}

/* ---- What an allocation gives ----------------------------------------------------------------------------------- */

bool model_next(const struct model *m, const struct step *step, struct model_block *block)
{
    size_t gap = gap_for(m, step), top = model_top(m), size = model_bytes(m, step);

    *block = (struct model_block){ .payload = top + gap, .size = size, .gap = gap };
    return model_power_of_two(model_align(step)) && gap <= m->total && model_fits(m, top + gap, size);
}

size_t model_missing(const struct model *m, const struct step *step)
{
    size_t left = m->total - model_top(m), end = m->start + m->total, needed = gap_for(m, step);
    bool wraps = __builtin_add_overflow(needed, TAG, &needed) ||
                 __builtin_add_overflow(needed, model_bytes(m, step), &needed) ||
                 __builtin_add_overflow(needed, 15, &needed);

    needed = needed / 16 * 16 - left;
    return wraps || needed > UINTPTR_MAX - end ? SIZE_MAX : needed;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

static bool alike(const struct model_block *a, const struct model_block *b)
{
    return a->payload == b->payload && a->size == b->size && a->gap == b->gap && a->owner == b->owner;
}

size_t model_common(const struct model *m, const struct model_mark *mark)
{
    size_t i = 0;

    while (i < m->count && i < mark->count && alike(&m->block[i], &mark->below[i]))
        i++;
    return i;
}

size_t model_likeness(const struct model *m, const struct model_mark *mark)
{
    for (size_t i = 0; mark->count > 0 && i < m->count; i++)
        if (alike(&m->block[i], &mark->below[mark->count - 1]))
            return i + 1;
    return SIZE_MAX;
}

/* ---- Room and copies -------------------------------------------------------------------------------------------- */

bool model_make(struct model *m, size_t most_blocks)
{
    m->block = malloc(most_blocks * sizeof m->block[0]);
    bool made = m->block != NULL;
    for (size_t i = 0; i <= MODEL_MARKS; i++) {
        m->mark[i].below = malloc(most_blocks * sizeof m->block[0]);
        made = made && m->mark[i].below != NULL;
    }
    return made;
}

void model_copy_blocks(struct model_block *to, const struct model_block *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

void model_copy(struct model *to, const struct model *from)
{
    to->start = from->start;
    to->total = from->total;
    to->count = from->count;
    model_copy_blocks(to->block, from->block, from->count);
    for (size_t i = 0; i <= MODEL_MARKS; i++) {
        to->mark[i].taken = from->mark[i].taken;
        to->mark[i].mark = from->mark[i].mark;
        to->mark[i].count = from->mark[i].count;
        model_copy_blocks(to->mark[i].below, from->mark[i].below, from->mark[i].count);
    }
}
