/* SPDX-License-Identifier: MIT
 *
 * The trap flag of the processor: with it, each instruction is followed by a signal. The flag is set and taken away in the
 * registers that a signal brings back.
 */
#include "stepping.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#if defined(__x86_64__) || defined(__i386__)

#define TRAP_FLAG 0x100
#if defined(__x86_64__)
#define PLACE REG_RIP
#else
#define PLACE REG_EIP
#endif

/* Around the learner's code, by the linker; its section is named so when it has been compiled. */
extern const unsigned char __start_learner_code[] __attribute__((weak));
extern const unsigned char __stop_learner_code[] __attribute__((weak));

static volatile enum { IDLE, BEGINS, STEPS, ENDS } mode;
static volatile unsigned aim, seen;
static volatile uintptr_t place;
static void (*volatile arrives)(void);
static struct sigaction before;

static bool is_learners(uintptr_t address)
{
    return address >= (uintptr_t)__start_learner_code && address < (uintptr_t)__stop_learner_code;
}

static void on_step(greg_t *registers)
{
    uintptr_t at = (uintptr_t)registers[PLACE];
    bool here = mode == STEPS && is_learners(at) && ++seen == aim;

    if (mode == STEPS && !here)
        return;
    registers[REG_EFL] &= ~TRAP_FLAG;
    mode = IDLE;
    if (here) {
        place = at;
        arrives();
    }
}

/* A trap that nobody asked for is a crash, as before. */
static void on_trap(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (mode == IDLE || info->si_code == SI_KERNEL) {
        before.sa_sigaction(number, info, context);
    } else if (mode == BEGINS) {
        registers[REG_EFL] |= TRAP_FLAG;
        mode = STEPS;
    } else {
        on_step(registers);
    }
}

void step_from_here(unsigned at, void (*arrive)(void))
{
    const struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

    if (before.sa_sigaction == NULL)
        sigaction(SIGTRAP, &action, &before);
    aim = at;
    seen = 0;
    place = 0;
    arrives = arrive;
    mode = BEGINS;
    raise(SIGTRAP);
}

/* It comes at most once, and is not looked for any more then. */
void step_no_more(void)
{
    if (mode == STEPS)
        mode = ENDS;
}

uintptr_t stepped_to(void)
{
    return place;
}

#else

void step_from_here(unsigned at, void (*arrive)(void))
{
    (void)at, (void)arrive;
}

void step_no_more(void)
{
}

uintptr_t stepped_to(void)
{
    return 0;
}

#endif
