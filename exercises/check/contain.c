/* SPDX-License-Identifier: MIT
 *
 * Signals and limits, and what is told of a crash.
 */
#include "contain.h"
#include "check.h"
#include "say.h"

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

#define SECONDS 2 /* of the processor, for one check; a right heap takes a small part of one */
#define MEMORY_LIMIT (1ul << 30)
#define MOST_FRAMES 32
#define NEAR_STACK 65536u

static void print_frames(void)
{
    void *frames[MOST_FRAMES];
    int count = backtrace(frames, MOST_FRAMES);

    for (int i = 0; i < count; i++)
        say("frame %p\n", frames[i]);
}

struct place {
    uintptr_t pc, stack, frame;
};

static struct place place_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    return (struct place){ (uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP],
                           (uintptr_t)registers[REG_RBP] };
#elif defined(__aarch64__)
    return (struct place){ context->uc_mcontext.pc, context->uc_mcontext.sp, context->uc_mcontext.regs[29] };
#else
    return (struct place){ 0, (uintptr_t)context, 0 };
#endif
}

/* Where the stack ran out in the first instruction of a function, the call tells more. Above the frame pointer's own
 * place lies where the function returns to. */
static void print_caller(const struct place *place)
{
    if (place->frame - place->stack < NEAR_STACK && place->frame % sizeof(void *) == 0)
        say("caller %p\n", ((void **)place->frame)[1]);
}

/* An address that no machine has is not told: the processor refuses before it looks. */
static bool is_told(int number, const siginfo_t *info)
{
    return (number == SIGSEGV && info->si_code != SI_KERNEL) || number == SIGBUS;
}

static const char *crash_of(int number, bool told, uintptr_t address, uintptr_t stack)
{
    if (number == SIGFPE)
        return "crash-division";
    if (number == SIGABRT || number == SIGILL || number == SIGTRAP)
        return "crash-abort";
    if (told && address + NEAR_STACK > stack && address < stack + NEAR_STACK)
        return "crash-stack";
    return told && address < NEAR_STACK ? "crash-null" : "crash-wild";
}

static void tell_crash(const char *crash, const struct place *place, bool told, uintptr_t address)
{
    char text[64];

    say("crash %s\n", crash);
    if (strcmp(crash, "crash-stack") == 0)
        print_caller(place);
    say("pc 0x%zx\n", (size_t)place->pc);
    if (told) {
        name_address(text, sizeof text, address);
        say("wrote %s\n", text);
    }
    print_frames();
    end_report(told && is_cut(address, (uintptr_t)memory) ? "address-cut-short" : blamed(crash));
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    const struct place place = place_of(context);
    bool told = is_told(number, info);

    tell_crash(crash_of(number, told, address, place.stack), &place, told, address);
}

/* Whoever stands still is looked at some more times. The loop is in the function that does not return: the outermost one
 * that is met, with the highest stack. What it calls is met as well, but lies below. */
#define LOOKS 100

static struct place looks[LOOKS];
static int look_count;

static int by_stack(const void *one, const void *other)
{
    const struct place *a = one, *b = other;

    return (a->stack < b->stack) - (a->stack > b->stack);
}

static void on_clock(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    looks[look_count++] = place_of(context);
    if (look_count < LOOKS)
        return;
    const struct place last = looks[LOOKS - 1];
    qsort(looks, LOOKS, sizeof looks[0], by_stack);
    for (int i = 0; i < LOOKS; i++)
        say("loop 0x%zx %zx\n", (size_t)looks[i].pc, (size_t)looks[i].stack);
    tell_crash("crash-loop", &last, false, 0);
}

/* Somebody called exit. */
static void on_exit_early(void)
{
    say("crash crash-abort\n");
    print_frames();
    end_report(blamed("crash-abort"));
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
    atexit(on_exit_early);
}

void start_clock(void)
{
    const struct itimerval limit = { .it_value = { .tv_sec = SECONDS }, .it_interval = { .tv_usec = 1000 } };

    look_count = 0;
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
}
