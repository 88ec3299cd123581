/* SPDX-License-Identifier: MIT
 *
 * Signals and limits of a Linux process, and what they mean.
 */
#include "contain.h"
#include "crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

#define SECONDS 2 /* of the processor, for one check; a right heap takes a small part of one */
#define MEMORY_LIMIT (1ul << 30)

static struct place place_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    return (struct place){ (uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP],
                           (uintptr_t)registers[REG_RBP] };
#elif defined(__i386__)
    const greg_t *registers = context->uc_mcontext.gregs;
    return (struct place){ (uintptr_t)registers[REG_EIP], (uintptr_t)registers[REG_ESP],
                           (uintptr_t)registers[REG_EBP] };
#elif defined(__aarch64__)
    return (struct place){ context->uc_mcontext.pc, context->uc_mcontext.sp, context->uc_mcontext.regs[29] };
#else
    return (struct place){ 0, (uintptr_t)context, 0 };
#endif
}

/* An address that no machine has is not told: the processor refuses before it looks. */
static enum stop stop_of(int number, const siginfo_t *info)
{
    if (number == SIGFPE)
        return BAD_DIVISION;
    if (number == SIGABRT || number == SIGILL || number == SIGTRAP)
        return BAD_INSTRUCTION;
    return number == SIGBUS || info->si_code != SI_KERNEL ? BAD_ADDRESS : REFUSED;
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    const struct place place = place_of(context);

    tell_stop(stop_of(number, info), &place, (uintptr_t)info->si_addr);
}

static struct place looks[LOOKS];
static unsigned look_count;

static void on_clock(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    looks[look_count++] = place_of(context);
    if (look_count == LOOKS)
        tell_loop(looks, LOOKS);
}

void contain(void)
{
    static unsigned char stack[256 * 1024];
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    const struct sigaction clock = { .sa_sigaction = on_clock, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    struct rlimit none = { 0, 0 }, most = { MEMORY_LIMIT, MEMORY_LIMIT };
    void *frame;

    backtrace(&frame, 1); /* loads what it needs now, not in a crash */
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_DATA, &most);
    sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    sigaction(SIGVTALRM, &clock, NULL);
    atexit(tell_exit);
}

void home_starts_check(void)
{
    const struct itimerval limit = { .it_value = { .tv_sec = SECONDS }, .it_interval = { .tv_usec = 1000 } };

    look_count = 0;
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
}
