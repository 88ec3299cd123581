/* SPDX-License-Identifier: MIT
 *
 * The workloads, built once for each heap:
 *
 *   NAME time ROUNDS           nanoseconds a pair, or a block where single ones cannot be given back
 *   NAME count ROUNDS          the same without a clock, for callgrind
 *   worst DEPTH CALLS          the dearest of so many calls above so many live blocks, in instructions: cold, warm
 *   dearest SIZE ALIGN         the dearest of all sizes and alignments up to these: blocks without a gap, with one
 *   overhead                   bytes a block takes beyond its size, at sizes 1, 16, 100, 256
 *   list                       the workloads that this heap can do
 *
 * Every payload's first byte is written: a heap whose blocks nobody touches is not one. */
#include "peers.h"

#include "step.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

enum { SMALL = 64, DEEP = 10000, MILLION = 1000000, GROUP = 1000, PAGE = 4096, TRACE_MAX = 8192 };
#define HEAP_BYTES ((size_t)256 << 20)

static void *blocks[MILLION];
static uint16_t sizes[MILLION];
static int32_t trace[TRACE_MAX];
static size_t traced;

#define APART __attribute__((noinline))

/* 1 to 256, always the same ones. */
static void make_sizes(void)
{
    uint32_t x = 1;

    for (size_t i = 0; i < MILLION; i++) {
        x = x * 1664525 + 1013904223;
        sizes[i] = (uint16_t)(1 + (x >> 16) % 256);
    }
}

static void read_trace(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    char line[256];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        for (char *word = strtok(line[0] == '#' ? "" : line, " \n"); word != NULL; word = strtok(NULL, " \n"))
            trace[traced++] = (int32_t)strtol(word, NULL, 10);
}

/* ---- The loops -------------------------------------------------------------------------------------------------- */

APART void go_up(size_t count)
{
    for (size_t i = 0; i < count; i++)
        *(char *)(blocks[i] = ALLOC(sizes[i])) = 1;
}

#ifdef FREE
APART void go_down(size_t count)
{
    while (count-- > 0)
        FREE(blocks[count]);
}

static size_t do_stack(void)
{
    go_up(SMALL);
    go_down(SMALL);
    return SMALL;
}

static size_t do_deep(void)
{
    go_up(DEEP);
    go_down(DEEP);
    return DEEP;
}

static size_t do_million(void)
{
    go_up(MILLION);
    go_down(MILLION);
    return MILLION;
}

static size_t do_pair(void)
{
    for (size_t i = 0; i < SMALL; i++) {
        *(char *)(blocks[0] = ALLOC(64)) = 1;
        FREE(blocks[0]);
    }
    return SMALL;
}

static size_t do_trace(void)
{
    size_t live = 0, pairs = 0;

    for (size_t i = 0; i < traced; i++)
        if (trace[i] >= 0) {
            *(char *)(blocks[live++] = ALLOC((size_t)trace[i] + (trace[i] == 0))) = 1;
            pairs++;
        } else
            for (int32_t n = trace[i]; n < 0; n++)
                FREE(blocks[--live]);
    return pairs;
}
#endif

#if defined(FREE) && defined(ALIGNED)
static size_t do_page(void)
{
    for (size_t i = 0; i < SMALL; i++)
        *(char *)(blocks[i] = ALIGNED(PAGE, PAGE)) = 1;
    go_down(SMALL);
    return SMALL;
}
#endif

#ifdef MARK
static size_t do_release(void)
{
    MARK;
    go_up(GROUP);
    RELEASE;
    return GROUP;
}
#endif

static const struct workload {
    const char *name;
    size_t (*run)(void);
} workloads[] = {
#ifdef FREE
    { "stack", do_stack },     { "deep", do_deep },   { "pair", do_pair },
    { "million", do_million }, { "trace", do_trace },
#ifdef ALIGNED
    { "page", do_page },
#endif
#endif
#ifdef MARK
    { "release", do_release },
#endif
};

enum { WORKLOADS = sizeof(workloads) / sizeof(workloads[0]) };

/* Of this process only, so that what else runs on the machine counts as little as can be. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Once to warm up. */
static void time_it(const struct workload *w, long rounds)
{
    size_t pairs = w->run();
    double began = now();

    for (long i = 0; i < rounds; i++)
        w->run();
    printf("%.3f\n", (now() - began) / (double)rounds / (double)pairs);
}

/* ---- The dearest call ------------------------------------------------------------------------------------------- */

#ifdef FREE
static void *volatile given;
static size_t asked;

static void one_alloc(void)
{
    given = ALLOC(asked);
}

static void one_free(void)
{
    FREE(given);
}

static void nothing(void)
{
}

/* Up and down again in steps of 64 blocks, so that cold edges are met; the second time over the same ground is warm. */
static void worst(size_t depth, size_t calls)
{
    for (size_t i = 0; i < depth; i++)
        blocks[i] = ALLOC(sizes[i]);
    for (int warm = 0; warm < 2; warm++) {
        unsigned long most_alloc = 0, most_free = 0, idle = steps_of(nothing);

        for (size_t from = 0; from < calls; from += SMALL) {
            void *some[SMALL];

            for (size_t i = 0; i < SMALL; i++) {
                asked = sizes[from + i];
                unsigned long steps = steps_of(one_alloc) - idle;
                most_alloc = steps > most_alloc ? steps : most_alloc;
                some[i] = given;
            }
            for (size_t i = SMALL; i-- > 0;) {
                given = some[i];
                unsigned long steps = steps_of(one_free) - idle;
                most_free = steps > most_free ? steps : most_free;
            }
        }
        printf("%lu %lu\n", most_alloc, most_free);
    }
}
#endif

#if defined(FREE) && defined(ALIGNED)
static size_t asked_align;

static void one_aligned(void)
{
    given = ALIGNED(asked, asked_align);
}

struct dearest {
    unsigned long alloc, free;
};

/* One block, allocated and given back. Where it would lie without a gap, an empty block has told before. */
static void try_one(struct dearest *most, unsigned long idle)
{
    void *next = ALLOC(0);

    FREE(next);
    unsigned long steps = steps_of(asked_align > 16 ? one_aligned : one_alloc) - idle;
    struct dearest *kind = &most[given != next];
    kind->alloc = steps > kind->alloc ? steps : kind->alloc;
    steps = steps_of(one_free) - idle;
    kind->free = steps > kind->free ? steps : kind->free;
}

/* As the first block of all, and above one of each of these sizes. */
static void dearest(size_t most_size, size_t most_align)
{
    struct dearest most[2] = { { 0, 0 }, { 0, 0 } };
    unsigned long idle = steps_of(nothing);

    for (asked_align = 16; asked_align <= most_align; asked_align *= 2)
        for (asked = 0; asked <= most_size; asked++) {
            try_one(most, idle);
            void *below = ALLOC(asked);
            try_one(most, idle);
            FREE(below);
        }
    printf("%lu %lu\n%lu %lu\n", most[0].alloc, most[0].free, most[1].alloc, most[1].free);
}
#endif

/* ---- Bytes a block takes ---------------------------------------------------------------------------------------- */

/* The distance of blocks in a row, less their size: the median, so that the edges of pages and chunks do not count. */
static int compare(const void *a, const void *b)
{
    return (*(const long *)a > *(const long *)b) - (*(const long *)a < *(const long *)b);
}

static void overhead(void)
{
    static const size_t at[] = { 1, 16, 100, 256 };

    for (size_t s = 0; s < sizeof(at) / sizeof(at[0]); s++) {
        long steps[GROUP];
        char *before = ALLOC(at[s]);

        for (size_t i = 0; i < GROUP; i++) {
            char *block = ALLOC(at[s]);
            steps[i] = labs((long)(block - before)) - (long)at[s];
            before = block;
        }
        qsort(steps, GROUP, sizeof(steps[0]), compare);
        printf("%ld\n", steps[GROUP / 2]);
    }
}

int main(int count, char **arguments)
{
    make_sizes();
    read_trace(getenv("TRACE"));
    start(HEAP_BYTES);
    if (count == 2 && strcmp(arguments[1], "list") == 0)
        for (size_t i = 0; i < WORKLOADS; i++)
            puts(workloads[i].name);
    else if (count == 2 && strcmp(arguments[1], "overhead") == 0)
        overhead();
#ifdef FREE
    else if (count == 4 && strcmp(arguments[1], "worst") == 0)
        steps_traced(worst, strtoul(arguments[2], NULL, 0), strtoul(arguments[3], NULL, 0));
#endif
#if defined(FREE) && defined(ALIGNED)
    else if (count == 4 && strcmp(arguments[1], "dearest") == 0)
        steps_traced(dearest, strtoul(arguments[2], NULL, 0), strtoul(arguments[3], NULL, 0));
#endif
    else
        for (size_t i = 0; i < WORKLOADS && count == 4; i++)
            if (strcmp(workloads[i].name, arguments[1]) == 0 && strcmp(arguments[2], "time") == 0)
                time_it(&workloads[i], strtol(arguments[3], NULL, 0));
            else if (strcmp(workloads[i].name, arguments[1]) == 0)
                for (long round = strtol(arguments[3], NULL, 0); round > 0; round--)
                    workloads[i].run();
    return 0;
}
