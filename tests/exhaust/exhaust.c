/* SPDX-License-Identifier: MIT
 *
 * Every sequence of operations on a small heap, breadth first, until the time is up: each answer and each state is
 * compared with the model (tests/model). States that were seen are merged. Two are the same when their models are: the
 * blocks with their owners, and both marks, alive or dead, with what lay below them. With "bytes" every byte of the
 * memory has to be the same too, stale tags in payloads and in the free part included: that reaches less far, and trusts
 * less.
 *
 * A state is kept as a fingerprint of 128 bits and the operation that led to it, so what it was is found by doing it
 * again. Two different states with one fingerprint would be merged; with 10^8 states that is less likely than 10^-22.
 *
 *     exhaust SECONDS [bytes]
 */
#define _GNU_SOURCE
#include "../model/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- The heap --------------------------------------------------------------------------------------------------- */

/* heap_start lies three tags below a multiple of 4096, so that each alignment up to that can be served. */
enum {
    TAG = KHEAP_TAG_BYTES,
    TOTAL = 7 * TAG,
    AROUND = 64,
    MEMORY = AROUND + TAG + TOTAL + AROUND,
    BELOW_PAGE = 3 * TAG
};

static _Alignas(4096) unsigned char pages[2 * 4096];
static unsigned char *const memory = pages + 4096 - BELOW_PAGE - TAG - AROUND;
static struct world world;

static bool start(void)
{
    return world_start(&world, AROUND, TAG + TOTAL, false);
}

/* ---- Every operation -------------------------------------------------------------------------------------------- */

#define SIZE(n) .size = { false, (n) }
#define LARGEST(more) .size = { true, (size_t)(more) }
#define AT(base, number, bytes) .place = { .from = (base), .nth = (number), .offset = (size_t)(bytes) }
#define ALIGN(n) .align = (n)
#define TO(n) SIZE(1), ALIGN(n)

/* Sizes and alignments at every boundary, and each address that could be taken for a block. */
static const struct step operations[] = {
    { ALLOC, SIZE(0) },
    { ALLOC, SIZE(1) },
    { ALLOC, SIZE(15) },
    { ALLOC, SIZE(16) },
    { ALLOC, SIZE(17) },
    { ALLOC, LARGEST(-1) },
    { ALLOC, LARGEST(0) },
    { ALLOC, LARGEST(1) },
    { ALLOC, SIZE(SIZE_MAX - TAG + 1) },
    { ALLOC, SIZE(SIZE_MAX - 15) },
    { ALLOC, SIZE(SIZE_MAX) },
    { ALIGNED, TO(1) },
    { ALIGNED, TO(2) },
    { ALIGNED, TO(4) },
    { ALIGNED, TO(8) },
    { ALIGNED, TO(16) },
    { ALIGNED, TO(32) },
    { ALIGNED, TO(64) },
    { ALIGNED, TO(128) },
    { ALIGNED, TO(256) },
    { ALIGNED, TO(512) },
    { ALIGNED, TO(1024) },
    { ALIGNED, TO(2048) },
    { ALIGNED, TO(4096) },
    { ALIGNED, TO(SIZE_MAX / 2 + 1) },
    { ALIGNED, TO(0) },
    { ALIGNED, TO(3) },
    { ALIGNED, TO(24) },
    { ALIGNED, TO(SIZE_MAX) },
    { ALIGNED, LARGEST(0), ALIGN(4096) },
    { ALIGNED, LARGEST(1), ALIGN(4096) },
    { ALIGNED, SIZE(SIZE_MAX), ALIGN(4096) },
    { TRY, SIZE(5), ALIGN(64) },
    { TRY, LARGEST(0), ALIGN(32) },
    { TRY, LARGEST(1), ALIGN(32) },
    { TRY, SIZE(1), ALIGN(24) },
    { CALLOC, SIZE(7), ALIGN(1) },
    { CALLOC, LARGEST(1), ALIGN(1) },
    { CALLOC, SIZE(SIZE_MAX / 16 + 2), ALIGN(16) }, /* the product wraps to 16 */
    { CALLOC, SIZE(2), ALIGN(SIZE_MAX / 2 + 1) },   /* and to 0 */
    { RESIZE, AT(NEWEST, 0, 0), SIZE(0) },
    { RESIZE, AT(NEWEST, 0, 0), SIZE(1) },
    { RESIZE, AT(NEWEST, 0, 0), SIZE(16) },
    { RESIZE, AT(NEWEST, 0, 0), SIZE(17) },
    { RESIZE, AT(NEWEST, 0, 0), LARGEST(0) },
    { RESIZE, AT(NEWEST, 0, 0), LARGEST(1) },
    { RESIZE, AT(NEWEST, 0, 0), SIZE(SIZE_MAX) },
    { RESIZE, AT(NEWEST, 1, 0), SIZE(1) },
    { RESIZE, AT(NEWEST, 0, 1), SIZE(1) },
    { RESIZE, AT(TOP, 0, 0), SIZE(1) },
    { RESIZE, AT(NOTHING, 0, 0), SIZE(1) },
    { FREE, AT(NEWEST, 0, 0) },
    { FREE, AT(NEWEST, 1, 0) },
    { FREE, AT(NEWEST, 2, 0) },
    { FREE, AT(OLDEST, 0, 0) },
    { FREE, AT(NEWEST, 0, 1) },
    { FREE, AT(NEWEST, 0, 16) },
    { FREE, AT(NEWEST, 0, -16) },
    { FREE, AT(START, 0, 0) },
    { FREE, AT(START, 0, -TAG) },
    { FREE, AT(TOP, 0, -1) },
    { FREE, AT(TOP, 0, 0) },
    { FREE, AT(TOP, 0, 1) },
    { FREE, AT(TOP, 0, TAG) },
    { FREE, AT(END, 0, 0) },
    { FREE, AT(NOTHING, 0, 0) },
    { MARK, .slot = 0 },
    { MARK, .slot = 1 },
    { RELEASE, .slot = 0 },
    { RELEASE, .slot = 1 },
    { RELEASE, .slot = MODEL_FOREIGN },
};

#define OPERATIONS COUNT(operations)

/* ---- What tells states apart ------------------------------------------------------------------------------------ */

struct fingerprint {
    uint64_t a, b;
};

static bool bytes_count;

static void feed(struct fingerprint *print, uint64_t word)
{
    print->a = (print->a ^ word) * 0x9E3779B97F4A7C15u;
    print->a ^= print->a >> 32;
    print->b = (print->b + word) * 0xD6E8FEB86659FD93u;
    print->b ^= print->b >> 29;
}

static void feed_blocks(struct fingerprint *print, const struct model_block *block, size_t count)
{
    feed(print, count);
    for (size_t i = 0; i < count; i++) {
        feed(print, block[i].size << 16 | block[i].gap); /* and the payload's place follows from what lies below */
        feed(print, (uintptr_t)block[i].owner);
    }
}

static struct fingerprint fingerprint(void)
{
    struct fingerprint print = { 1, 2 };
    const struct model *m = &world.model;

    feed_blocks(&print, m->block, m->count);
    for (size_t i = 0; i < 2; i++) {
        feed(&print, m->mark[i].taken);
        feed_blocks(&print, m->mark[i].below, m->mark[i].count);
    }
    for (size_t i = 0; bytes_count && i < MEMORY; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, memory + i, sizeof word);
        feed(&print, word);
    }
    return print;
}

/* ---- The states that were seen ---------------------------------------------------------------------------------- */

struct state {
    uint32_t before; /* the state that it was first reached from, and how */
    uint16_t operation;
};

enum { MOST_STATES = 1 << 26, MOST_LENGTH = 100 };

static struct state *states;
static size_t state_count;

/* Their fingerprints: a hash table that is never more than half full, and grows, so that a small one stays fast. */
static struct fingerprint *prints;
static size_t slots;

static void *room(size_t count, size_t size)
{
    void *got = calloc(count, size); /* what is not touched costs nothing */

    if (got == NULL) {
        printf("there is no room for %zu MiB\n", count * size >> 20);
        exit(2);
    }
    return got;
}

/* Where this fingerprint is, or would have its place: a free slot is all zero. */
static struct fingerprint *find(const struct fingerprint *print)
{
    size_t at = (size_t)print->a & (slots - 1);

    while ((prints[at].a != 0 || prints[at].b != 0) && (prints[at].a != print->a || prints[at].b != print->b))
        at = (at + 1) & (slots - 1);
    return &prints[at];
}

static void grow(void)
{
    struct fingerprint *old = prints;
    size_t old_slots = slots;

    slots = old_slots == 0 ? 1024 : 2 * old_slots;
    prints = room(slots, sizeof prints[0]);
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].a != 0 || old[i].b != 0)
            *find(&old[i]) = old[i];
    free(old);
}

/* Adds the present state unless it was seen. False when there is no more room. */
static bool remember(uint32_t before, size_t operation)
{
    const struct fingerprint print = fingerprint();

    if (2 * state_count >= slots)
        grow();
    struct fingerprint *found = find(&print);
    if (found->a == print.a && found->b == print.b)
        return true;
    if (state_count == MOST_STATES)
        return false;
    states[state_count++] = (struct state){ before, (uint16_t)operation };
    *found = print;
    return true;
}

/* The operations that lead to a state, first the first. Gives how many. */
static size_t path_to(size_t number, uint16_t path[MOST_LENGTH])
{
    size_t length = 0, at = MOST_LENGTH;

    for (; number != 0; number = states[number].before)
        path[--at] = states[number].operation;
    for (; at < MOST_LENGTH; at++)
        path[length++] = path[at];
    return length;
}

/* ---- The search ------------------------------------------------------------------------------------------------- */

/* Of the processor: a neighbour takes none of them away. */
static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static _Noreturn void differs(size_t number, size_t operation)
{
    uint16_t path[MOST_LENGTH];
    size_t length = path_to(number, path);
    char text[TEXT_MAX];

    printf("%zu bits, a heap of %d bytes: %s after\n", 8 * sizeof(void *), TOTAL, world_text(&world, text));
    for (size_t i = 0; i < length; i++)
        printf("    %s\n", step_text(&operations[path[i]], text));
    printf("    %s\n", operation < OPERATIONS ? step_text(&operations[operation], text) : "(the same once more)");
    exit(1);
}

static size_t state_now, operation_now;

/* Nothing is right any more, so what a signal handler may not do does not matter either. */
static void on_signal(int number)
{
    world.what = number == SIGPROF ? "a call that does not come back: signal" : "a call that crashes: signal";
    world.expected = 0;
    world.got = (size_t)number;
    differs(state_now, operation_now);
}

/* Makes a state again. */
static void reach(size_t number)
{
    uint16_t path[MOST_LENGTH];
    size_t length = path_to(number, path);

    state_now = number;
    operation_now = OPERATIONS;
    if (!start())
        differs(number, OPERATIONS);
    for (size_t i = 0; i < length; i++)
        if (!world_do(&world, &operations[path[i]]))
            differs(number, OPERATIONS);
}

/* All operations in one state. False when there is no more room. */
static bool expand(size_t number)
{
    static struct world saved;
    static unsigned char bytes[MEMORY];

    if (saved.model.block == NULL && !world_make(&saved, bytes, MEMORY))
        exit(2);
    reach(number);
    saved.heap = world.heap;
    model_copy(&saved.model, &world.model);
    memcpy(bytes, memory, MEMORY);
    for (size_t i = 0; i < OPERATIONS; i++) {
        operation_now = i;
        if (!world_do(&world, &operations[i]))
            differs(number, i);
        if (!world.changed && !bytes_count)
            continue; /* still the same state */
        if (!remember((uint32_t)number, i))
            return false;
        world.heap = saved.heap;
        model_copy(&world.model, &saved.model);
        memcpy(memory, bytes, MEMORY);
    }
    return true;
}

/* Expands the states of one length. False when the time or the room was up before. */
static bool expand_all(size_t from, size_t to, double end, double *compared)
{
    for (size_t i = from; i < to; i++, *compared += (double)OPERATIONS)
        if (((i & 255) == 255 && seconds() > end) || !expand(i))
            return false;
    return true;
}

int main(int count, char **words)
{
    int limit = count > 1 ? atoi(words[1]) : 60;
    double end = seconds() + limit, sequences = 0, of_length = 1, compared = 0;
    size_t length = 0, expanded = 0;

    signal(SIGSEGV, on_signal);
    signal(SIGABRT, on_signal);
    signal(SIGPROF, on_signal);
    setitimer(ITIMER_PROF, &(struct itimerval){ .it_value.tv_sec = limit + 30 }, NULL);
    bytes_count = count > 2;
    states = room(MOST_STATES, sizeof states[0]);
    if (!world_make(&world, memory, MEMORY))
        return 2;
    if (!start() || !remember(0, 0))
        differs(0, OPERATIONS);
    for (size_t to = state_count; to > expanded && expand_all(expanded, to, end, &compared); to = state_count) {
        expanded = to;
        of_length *= (double)OPERATIONS; /* each can be asked for in each state */
        sequences += of_length;
        printf("%zu bits, length %zu: %zu states so far, %.3g sequences, %.1f s of the processor\n", 8 * sizeof(void *),
               ++length, state_count, sequences, (double)clock() / CLOCKS_PER_SEC);
        fflush(stdout);
    }
    printf("every sequence of up to %zu of %zu operations, %zu bits: %.3g sequences, %zu states, %.3g operations "
           "compared, no difference%s\n",
           length, OPERATIONS, 8 * sizeof(void *), sequences, state_count, compared,
           expanded == state_count ? "; there are no other states" : "");
    return 0;
}
