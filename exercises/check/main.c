/* SPDX-License-Identifier: MIT
 *
 * check LEVEL [STEP]: runs the checks of step LEVEL and then those of all steps below it, or of one step only, by the rules
 * of step LEVEL. A crash or an endless loop in the learner's code ends in a report like any other.
 */
#include "check.h"

#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define SECONDS 2 /* of the processor, for one check; a right heap takes a small part of one */
#define MEMORY_LIMIT (1ul << 30)
#define MOST_FRAMES 32
#define NEAR_STACK 65536u

/* At once, so that no crash can lose it. */
void say(const char *format, ...)
{
    char text[400];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (length > (int)sizeof text - 1)
        length = (int)sizeof text - 1;
    if (write(STDOUT_FILENO, text, (size_t)length) != length)
        _Exit(9);
}

/* What the learner's code prints, each line marked. */
int kprintf(const char *format, ...)
{
    static int lines;
    char text[300];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    for (char *line = strtok(text, "\n"); line != NULL && lines++ < 40; line = strtok(NULL, "\n"))
        say("said %s\n", line);
    return length;
}

/* ---- Containment ------------------------------------------------------------------------------------------------- */

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
    if (number == SIGVTALRM)
        return "crash-loop";
    if (number == SIGFPE)
        return "crash-division";
    if (number == SIGABRT || number == SIGILL || number == SIGTRAP)
        return "crash-abort";
    if (told && address + NEAR_STACK > stack && address < stack + NEAR_STACK)
        return "crash-stack";
    return told && address < NEAR_STACK ? "crash-null" : "crash-wild";
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    struct place place = place_of(context);
    bool told = is_told(number, info);
    char text[64];

    const char *crash = crash_of(number, told, address, place.stack);
    say("crash %s\n", crash);
    if (strcmp(crash, "crash-stack") == 0)
        print_caller(&place);
    say("pc 0x%zx\n", (size_t)place.pc);
    if (told) {
        name_address(text, sizeof text, address);
        say("wrote %s\n", text);
    }
    print_frames();
    end_report(blamed(crash));
}

void contain(void)
{
    static unsigned char stack[256 * 1024];
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGVTALRM };
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct rlimit none = { 0, 0 }, most = { MEMORY_LIMIT, MEMORY_LIMIT };
    void *frame;

    backtrace(&frame, 1); /* loads what it needs now, not in a crash */
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_AS, &most);
    sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

/* Somebody called exit. */
static void on_exit_early(void)
{
    say("crash crash-abort\n");
    print_frames();
    end_report(blamed("crash-abort"));
}

void start_clock(void)
{
    const struct itimerval limit = { .it_value = { .tv_sec = SECONDS } };

    setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

/* ---- The steps --------------------------------------------------------------------------------------------------- */

const struct check *const steps[] = { checks_init,    checks_bump,     checks_align, checks_boundary,
                                      checks_stats,   checks_tag,      checks_free,  checks_refuse,
                                      checks_padding, checks_overflow, checks_boss };
const int step_count = sizeof steps / sizeof steps[0];

static void run_step(int step)
{
    say("step %d\n", step);
    for (const struct check *check = steps[step - 1]; check->name != NULL; check++) {
        start_clock();
        say("check %s\n", check->name);
        check->run();
        say("ok %s\n", check->name);
    }
}

int main(int count, char **words)
{
    level = count > 1 ? atoi(words[1]) : 0;
    int only = count > 2 ? atoi(words[2]) : level;
    if (level < 1 || level > step_count || only < 1 || only > level) {
        fprintf(stderr, "usage: check LEVEL [STEP] (1 to %d)\n", step_count);
        return 2;
    }
    contain();
    atexit(on_exit_early);
    run_step(only);
    for (int step = 1; count == 2 && step < level; step++)
        run_step(step);
    say("passed\n");
    _Exit(0);
}
