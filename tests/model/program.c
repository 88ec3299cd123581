/* SPDX-License-Identifier: MIT
 *
 * Makes and runs random programs. */
#include "program.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BITS (8 * sizeof(void *))

static uint32_t random_state;

static uint32_t any(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

size_t program_below(size_t limit)
{
    return any() % (uint32_t)limit;
}

#define below program_below

static bool one_in(size_t number)
{
    return below(number) == 0;
}

/* As likely small as large. */
static size_t some(size_t limit)
{
    size_t most = limit;

    while (most > 16 && one_in(2))
        most /= 2;
    return below(most);
}

/* In a crowded heap only small blocks, but for a few. */
static bool crowded;

static struct amount any_amount(void)
{
    if (crowded && !one_in(64))
        return (struct amount){ false, some(64) };
    switch (below(20)) {
    case 0: return (struct amount){ false, 0 };
    case 1: return (struct amount){ false, SIZE_MAX - below(200) };
    case 2: return (struct amount){ false, ((size_t)1 << below(BITS)) - below(2) };
    case 3: return (struct amount){ false, (size_t)any() << below(BITS - 31) };
    case 4: return (struct amount){ one_in(4), 0 - some(100) };
    case 5: return (struct amount){ one_in(4), below(2) };
    case 6: return (struct amount){ false, some(2 * PROGRAM_BYTES) };
    case 7: return (struct amount){ false, below(17) + 16 * below(8) };
    default: return (struct amount){ false, some(200) };
    }
}

static size_t any_align(void)
{
    static const size_t bad[] = { 0, 3, 24, SIZE_MAX, SIZE_MAX - 15 };

    if (crowded && !one_in(64))
        return (size_t)1 << below(6);
    switch (below(16)) {
    case 0: return bad[below(COUNT(bad))];
    case 1: return any();
    case 2: return (size_t)1 << below(BITS);
    case 3: return (size_t)1 << below(13);
    default: return (size_t)1 << below(8);
    }
}

/* Mostly the newest block; else another, or any address in the heap or around it. */
static struct place any_place(size_t bytes)
{
    switch (below(12)) {
    case 0: return (struct place){ START, 0, below(bytes + 128) - 64 };
    case 1: return (struct place){ TOP, 0, some(bytes) };
    case 2: return (struct place){ END, 0, below(128) - 64 };
    case 3: return (struct place){ OLDEST, some(64), one_in(2) ? 0 : below(64) - 32 };
    case 4: return (struct place){ NEWEST, some(16), one_in(2) ? 0 : below(64) - 32 };
    case 5: return (struct place){ NEWEST, 0, some(300) };
    case 6: return (struct place){ NOTHING, 0, 0 };
    default: return (struct place){ NEWEST, 0, 0 };
    }
}

struct step program_step(size_t bytes, enum deed deed)
{
    struct step step = { .deed = deed };

    if (deed <= RESIZE)
        step.size = any_amount();
    if (deed == ALIGNED || deed == TRY)
        step.align = any_align();
    if (deed == CALLOC)
        step.align = one_in(4) ? any_amount().bytes : below(8);
    if (deed == RESIZE || deed == FREE)
        step.place = any_place(bytes);
    if (deed == MARK)
        step.slot = below(MODEL_MARKS);
    if (deed == RELEASE)
        step.slot = below(one_in(8) ? MODEL_FOREIGN + 1 : MODEL_MARKS);
    return step;
}

/* Steps come in stretches, in which the heap mostly grows or mostly shrinks. */
static enum deed any_deed(bool grows)
{
    static const enum deed often[2][4] = { { FREE, FREE, FREE, RESIZE }, { ALLOC, ALIGNED, TRY, CALLOC } };

    if (one_in(crowded ? 32 : 3))
        return (enum deed)below(DEEDS - one_in(2)); /* a release may end a high stack: not so often */
    return often[grows][below(4)];
}

/* Half of the heaps are small, a quarter begins at a whole page, another at a multiple of 16 somewhere in one. */
void program_make(struct program *p, uint32_t seed)
{
    random_state = seed * 2654435761u ^ 0x5bf03635u;
    random_state += random_state == 0;
    for (int i = 0; i < 8; i++)
        any();
    p->bytes = PROGRAM_LEAST + (one_in(2) ? below(PROGRAM_LEAST) : below(PROGRAM_BYTES - PROGRAM_LEAST));
    p->offset = one_in(4) ? 0 : one_in(3) ? 16 * below(PROGRAM_PAGE / 16) : below(PROGRAM_PAGE);
    p->paint = one_in(2);
    p->count = 1 + some(PROGRAM_STEPS);
    crowded = one_in(4);
    bool grows = true;
    for (size_t i = 0; i < p->count; i++) {
        if (one_in(1 + p->count / 10))
            grows = !grows;
        p->step[i] = program_step(p->bytes, any_deed(grows));
    }
}

size_t program_run(const struct program *p, struct world *w, size_t from, volatile size_t *at)
{
    *at = 0;
    if (!world_start(w, from, p->bytes, p->paint))
        return 0;
    for (; *at < p->count; ++*at)
        if (!world_do(w, &p->step[*at]))
            return *at;
    return *at;
}
