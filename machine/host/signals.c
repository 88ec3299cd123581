/* SPDX-License-Identifier: MIT
 *
 * The host machine's interrupts: signals.
 */
#include "signals.h"

#include "controller.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>
#include <ucontext.h>

enum { FIRST_RATE = 100, MICROSECONDS = 1000000 };

const char *machine_lacks(enum source source)
{
    static const char polled[] = "a process asks for its input";

    return source == SOURCE_TIMER || source == SOURCE_PROGRAM ? NULL : polled;
}

struct interrupted interrupted_place(const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;

#if defined(__x86_64__)
    return (struct interrupted){ (uintptr_t)machine->gregs[REG_RIP], (uintptr_t)machine->gregs[REG_RBP] };
#elif defined(__aarch64__)
    return (struct interrupted){ machine->pc, machine->regs[29] };
#else
    (void)machine;
    return (struct interrupted){ 0 };
#endif
}

/* ---- One instruction at a time ---------------------------------------------------------------------------------- */

#define FLAG_STEP 0x100

static struct {
    unsigned at, made;
} step;

/* What sets the flag is none for the compiler. */
#define BARRIER() __asm__ volatile("" : : : "memory")

static void on_step(int number, siginfo_t *info, void *context)
{
    const struct interrupted where = interrupted_place(context);

    (void)number, (void)info;
    if (++step.made < step.at)
        return;
#if defined(__x86_64__)
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_STEP;
#endif
    controller_receive(SOURCE_PROGRAM, &where);
}

unsigned machine_step(void (*act)(void), unsigned at)
{
    step.at = at;
    step.made = 0;
    BARRIER();
#if defined(__x86_64__)
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | FLAG_STEP);
    act();
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(unsigned long long)FLAG_STEP);
#else
    act();
#endif
    BARRIER();
    return step.made;
}

/* ---- The timer -------------------------------------------------------------------------------------------------- */

static void on_tick(int number, siginfo_t *info, void *context)
{
    const struct interrupted where = interrupted_place(context);

    (void)number, (void)info;
    machine_trap_misaligned(false); /* and the signal's return brings it back */
    controller_receive(SOURCE_TIMER, &where);
}

static void set_timer(long microseconds)
{
    const struct timeval period = { microseconds / MICROSECONDS, microseconds % MICROSECONDS };
    const struct itimerval timer = { period, period };

    setitimer(ITIMER_REAL, &timer, NULL);
}

void machine_timer_set(unsigned rate)
{
    set_timer(MICROSECONDS / (long)rate);
}

void signals_start(void)
{
    struct sigaction action = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER };

    sigaction(SIGALRM, &action, NULL);
    action.sa_sigaction = on_step;
    sigaction(SIGTRAP, &action, NULL);
    machine_timer_set(FIRST_RATE);
}

void signals_stop(void)
{
    set_timer(0);
}
