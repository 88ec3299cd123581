/* SPDX-License-Identifier: MIT
 *
 * The random programs of tests/model, in memory between two forbidden pages, with every compiler and sanitizer. */
#include "support.h"

#include "../model/program.h"

#include <stdlib.h>

enum { SEEDS = 64, MEMORY = 2 * PROGRAM_PAGE + PROGRAM_BYTES };

static void run_program(struct world *world, uint32_t seed)
{
    static struct program program;
    char text[TEXT_MAX], step[TEXT_MAX];
    volatile size_t at;

    program_make(&program, seed);
    case_note("seed %u", (unsigned)seed);
    /* Each second heap ends against the forbidden page. */
    size_t from = seed % 2 == 0 ? program.offset : MEMORY - program.bytes;
    if (program_run(&program, world, from, &at) < program.count || world->what != NULL)
        case_note("seed %u, step %zu, %s: %s", (unsigned)seed, at, step_text(&program.step[at], step),
                  world_text(world, text));
    CHECK_PTR(world->what, ==, NULL);
    CHECK(at, ==, program.count);
}

/* MODEL_SEEDS=n runs the seeds 0 to n - 1, MODEL_SEED=n that one alone. */
CASE(model_of_random_programs)
{
    const char *many = getenv("MODEL_SEEDS"), *one = getenv("MODEL_SEED");
    unsigned long first = one != NULL ? strtoul(one, NULL, 0) : 0;
    unsigned long seeds = one != NULL ? 1 : many != NULL ? strtoul(many, NULL, 0) : SEEDS;
    static struct world world;

    CHECK(world_make(&world, fenced(MEMORY), MEMORY), ==, true);
    for (unsigned long i = 0; i < seeds; i++)
        run_program(&world, (uint32_t)(first + i));
}
