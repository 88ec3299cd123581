/* SPDX-License-Identifier: MIT
 *
 * Random programs against the model, one after the other, until the time is up or one makes a difference. That one is
 * shrunk, and printed as commands for the kernel's prompt.
 *
 *     random [seconds=60] [programs=N] [seed=N] [start=ADDRESS]
 *
 * start: the heap_start of the kernel that the commands are for. */
#define _GNU_SOURCE
#include "random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The longest program needs some 20 milliseconds. */
enum { WIDTH = 8 * sizeof(void *), RUN_MILLISECONDS = 2000, TRY_MILLISECONDS = 100 };

struct world random_world;

static struct {
    size_t seconds, programs, seed, start;
} settings = { 60, SIZE_MAX, 0, RANDOM_PAGE + KHEAP_TAG_BYTES };

/* ---- Processes -------------------------------------------------------------------------------------------------- */

/* After this much work of its own a process is stopped: other work on the machine does not count. */
static void give_time(long milliseconds)
{
    const struct itimerval time = { .it_value = { milliseconds / 1000, milliseconds % 1000 * 1000 } };

    setitimer(ITIMER_VIRTUAL, &time, NULL);
}

struct outcome run_apart(void (*work)(void *context, struct outcome *outcome), void *context, long milliseconds)
{
    struct outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;

    fflush(stdout);
    pid_t child = shared != MAP_FAILED ? fork() : -1;
    if (child == 0) {
        give_time(milliseconds);
        work(context, shared);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("no process");
        exit(2);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        shared->differs = true;
        snprintf(shared->text, TEXT_MAX, signal == SIGVTALRM ? "the call does not come back" : "the call crashes: %s",
                 strsignal(signal));
    }
    const struct outcome result = *shared;
    munmap(shared, sizeof *shared);
    return result;
}

static bool run_here(const struct program *p, struct outcome *outcome)
{
    outcome->differs = program_run(p, &random_world, RANDOM_BEFORE + p->offset, &outcome->step) < p->count ||
                       random_world.what != NULL;
    outcome->asked = random_world.asked;
    if (outcome->differs)
        world_text(&random_world, outcome->text);
    return !outcome->differs;
}

static void try_one(void *context, struct outcome *outcome)
{
    run_here(context, outcome);
}

struct outcome try_program(const struct program *p)
{
    return run_apart(try_one, (void *)(uintptr_t)p, TRY_MILLISECONDS);
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

static void run_many(void *context, struct outcome *outcome)
{
    struct program *p = context;
    time_t end = time(NULL) + (time_t)settings.seconds;

    for (size_t i = 0; i < settings.programs && time(NULL) < end; i++) {
        outcome->seed = (uint32_t)(settings.seed + i);
        program_make(p, outcome->seed);
        give_time(RUN_MILLISECONDS);
        if (!run_here(p, outcome))
            return;
        outcome->programs++;
        outcome->steps += p->count;
        outcome->most_blocks = random_world.most;
    }
}

static void tell(struct program *p, const struct outcome *first)
{
    char text[TEXT_MAX];

    program_make(p, first->seed);
    printf("%d bits: seed %u, step %zu of %zu: %s\n", WIDTH, first->seed, first->step + 1, p->count, first->text);
    shrink(p);
    const struct outcome last = try_program(p);
    printf("The shortest program that makes a difference, in a heap of %zu bytes, %zu behind a page: %s after\n",
           p->bytes, p->offset, last.text);
    for (size_t i = 0; i < p->count; i++)
        printf("    %s\n", step_text(&p->step[i], text));
    printf("At the prompt:\n");
    print_commands(p, settings.start);
}

static bool read_settings(int count, char **words)
{
    static const struct {
        const char *name;
        size_t *value;
    } known[] = { { "seconds=", &settings.seconds },
                  { "programs=", &settings.programs },
                  { "seed=", &settings.seed },
                  { "start=", &settings.start } };
    int read = 0;

    settings.seed = (uint32_t)time(NULL) * 1000u;
    for (int i = 1; i < count; i++)
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            char *end = words[i];
            if (strncmp(words[i], known[k].name, strlen(known[k].name)) == 0)
                *known[k].value = strtoul(words[i] + strlen(known[k].name), &end, 0);
            read += end != words[i] && *end == '\0' && end[-1] != '=';
        }
    return read == count - 1;
}

int main(int count, char **words)
{
    static struct program p;
    void *memory = mmap((void *)(RANDOM_PAGE - RANDOM_BEFORE), RANDOM_MEMORY, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (!read_settings(count, words)) {
        printf("usage: random [seconds=60] [programs=N] [seed=N] [start=ADDRESS]\n");
        return 2;
    }
    if (memory != (void *)(RANDOM_PAGE - RANDOM_BEFORE) || !world_make(&random_world, memory, RANDOM_MEMORY)) {
        perror("no memory at the fixed address");
        return 2;
    }
    printf("%d bits: from seed %zu on\n", WIDTH, settings.seed);
    const struct outcome done = run_apart(run_many, &p, RUN_MILLISECONDS);
    if (done.differs)
        tell(&p, &done);
    else
        printf("%d bits: %zu programs, %zu steps, up to %zu blocks live, no difference\n", WIDTH, done.programs,
               done.steps, done.most_blocks);
    return done.differs;
}
