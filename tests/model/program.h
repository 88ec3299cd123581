/* SPDX-License-Identifier: MIT
 *
 * Random programs: a heap and a list of steps, all of it from one seed, the same on each machine of one width. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "world.h"

enum { PROGRAM_STEPS = 3000, PROGRAM_LEAST = 1024, PROGRAM_BYTES = 64 * 1024, PROGRAM_PAGE = 4096 };

struct program {
    size_t offset; /* of the heap's memory in its page */
    size_t bytes;  /* for kheap_init */
    bool paint;
    size_t count;
    struct step step[PROGRAM_STEPS];
};

void program_make(struct program *p, uint32_t seed);

/* What it draws from: a number below a limit, and any step of a kind in a heap of so many bytes. */
size_t program_below(size_t limit);
struct step program_step(size_t bytes, enum deed deed);

/* Runs it in a world whose heap begins `from` bytes behind the beginning of its memory. Gives the number of the step
 * that made the difference, which is `count` when there was none. *at is where it stands meanwhile. */
size_t program_run(const struct program *p, struct world *w, size_t from, volatile size_t *at);

#endif
