/* SPDX-License-Identifier: MIT
 *
 * Instructions of a single call, one by one: the process that works is a child, and its parent steps it. */
#ifndef STEP_H
#define STEP_H

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the parent leaves what it counted. Two breakpoints enclose the call. */
static volatile unsigned long counted_steps;

static __attribute__((noinline, unused)) unsigned long steps_of(void (*call)(void))
{
    __asm__ volatile("int3" ::: "memory");
    call();
    __asm__ volatile("int3" ::: "memory");
    return counted_steps;
}

/* The byte behind which a breakpoint stops. */
static inline int at_breakpoint(pid_t child, unsigned long at)
{
    return (ptrace(PTRACE_PEEKTEXT, child, (void *)at, NULL) & 0xFF) == 0xCC;
}

static inline unsigned long place_of(pid_t child)
{
    return (unsigned long)ptrace(PTRACE_PEEKUSER, child, (void *)(16 * sizeof(long)), NULL); /* rip */
}

static inline int go_on(pid_t child, int how)
{
    int status;

    return ptrace(how, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status);
}

/* From one breakpoint up to the next; that one is then stepped over. */
static inline void count_to_next(pid_t child)
{
    unsigned long steps = 0;

    while (!at_breakpoint(child, place_of(child)) && go_on(child, PTRACE_SINGLESTEP))
        steps++;
    ptrace(PTRACE_POKEDATA, child, (void *)&counted_steps, (void *)steps);
    go_on(child, PTRACE_SINGLESTEP);
}

static inline void steps_traced(void (*work)(size_t, size_t), size_t a, size_t b)
{
    pid_t child = fork();

    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        work(a, b);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    while (go_on(child, PTRACE_CONT))
        count_to_next(child);
}

#endif
