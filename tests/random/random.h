/* SPDX-License-Identifier: MIT
 *
 * What the parts of the random test share: a program is run in a process of its own, so that a heap which crashes, or
 * never comes back, is only one more difference. */
#ifndef RANDOM_H
#define RANDOM_H

#include "../model/program.h"

/* The world that each process inherits. The heap's memory begins at a fixed page, the one that the kernel has as a
 * process, plus the program's offset. */
#define RANDOM_PAGE ((uintptr_t)0x10000000)
enum { RANDOM_BEFORE = PROGRAM_PAGE, RANDOM_MEMORY = RANDOM_BEFORE + PROGRAM_PAGE + PROGRAM_BYTES + PROGRAM_PAGE };
extern struct world random_world;

/* What a process tells, whatever becomes of it. */
struct outcome {
    bool differs;
    volatile size_t step, asked; /* where, and the size that was asked for there */
    char text[TEXT_MAX];
    volatile uint32_t seed; /* of the program that ran last */
    volatile size_t programs, steps, most_blocks;
};

/* Runs `work` in a process, which has so long of the processor. */
struct outcome run_apart(void (*work)(void *context, struct outcome *outcome), void *context, long milliseconds);

struct outcome try_program(const struct program *p);

/* Makes a program that differs as short, and its numbers as small, as they can be for it to differ still. */
void shrink(struct program *p);

/* Prints the program as commands of the kernel's prompt, for a kernel whose heap_start is there. */
void print_commands(const struct program *p, uintptr_t kernel_start);

#endif
