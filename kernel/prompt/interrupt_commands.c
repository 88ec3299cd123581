/* SPDX-License-Identifier: MIT
 *
 * Who may come in between, what waits for its time, and for how long nobody could come in. A command that waits is work of
 * the timer: its handler only hands it on, and it runs between two lines of the prompt.
 */
#include "prompt/interrupt_commands.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/context.h"
#include "base/options.h"
#include "base/print.h"
#include "base/string.h"
#include "base/symbols.h"
#include "interrupts/interrupts.h"
#include "interrupts/later.h"
#include "interrupts/timer.h"
#include "lab/sweep.h"
#include "prompt/line.h"
#include "prompt/shell.h"

/* ---- Who may come in -------------------------------------------------------------------------------------------- */

static void print_source(enum source number)
{
    const struct interrupt_source *source = &interrupt_sources[number];

    kprintf("  %-9s", source_names[number]);
    if (machine_lacks(number) != NULL) {
        kprintf(" none here: %s\n", machine_lacks(number));
        return;
    }
    kprintf(" %-4s %10zu %10zu", source->masked ? "off" : "on", (size_t)source->count, (size_t)source->idle);
    if (source->count != 0)
        kprintf(" %9llu %9llu  %pS\n", (unsigned long long)microseconds(machine_cycles() - source->last) / 1000,
                (unsigned long long)microseconds(source->longest), (void *)(uintptr_t)source->handler);
    else
        kprintf(" %9s %9s  %pS\n", "-", "-", (void *)(uintptr_t)source->handler);
}

static enum source find_source(const char *name)
{
    enum source source = 0;

    while (source < SOURCES && strcmp(source_names[source], name) != 0)
        source++;
    return source;
}

/* Without these nobody could type `interrupts on` any more. */
static bool is_needed(enum source source)
{
    return source == SOURCE_KEYBOARD || source == SOURCE_TERMINAL;
}

static bool set_mask(const char *word, const char *name)
{
    enum source source = find_source(name);
    bool off = strcmp(word, "off") == 0;

    if (!off && strcmp(word, "on") != 0)
        kprintf("interrupts off SOURCE or interrupts on SOURCE, please\n");
    else if (source == SOURCES)
        kprintf("there is no source '%s'; interrupts alone lists them\n", name);
    else if (machine_lacks(source) != NULL)
        kprintf("%s: none here, %s\n", name, machine_lacks(source));
    else if (off && is_needed(source))
        kprintf("%s stays on: without it nobody could type the command that turns it on again\n", name);
    else
        return interrupt_mask(source, off), true;
    return false;
}

bool cmd_interrupts(int count, char **words)
{
    if (count == 2) {
        kprintf("which source? interrupts alone lists them\n");
        return false;
    }
    if (count == 3)
        return set_mask(words[1], words[2]);
    kprintf("  %-9s %-4s %10s %10s %9s %9s\n", "source", "", "came", "idle", "ms ago", "longest");
    for (enum source source = 0; source < SOURCES; source++)
        print_source(source);
    kprintf("idle: there was nothing to do. longest: microseconds in its handler.\n");
    if (interrupts_spurious != 0)
        kprintf("%zu came from nobody\n", (size_t)interrupts_spurious);
    return true;
}

/* ---- What waits for its time ------------------------------------------------------------------------------------ */

#define MOST_JOBS MOST_TIMERS

static struct job {
    char line[LINE_MAX_LENGTH + 1]; /* empty: this one is not used */
    unsigned timer;                 /* 0: it has come for the last time */
    bool waits;                     /* handed on by the timer, and not done yet */
    uintptr_t late;                 /* how often its time came while it still waited */
} jobs[MOST_JOBS + 1];

static void run_job(unsigned number)
{
    struct job *job = &jobs[number];
    char line[LINE_MAX_LENGTH + 1];

    job->waits = false;
    memcpy(line, job->line, sizeof line);
    if (job->timer == 0)
        job->line[0] = '\0';
    if (line[0] == '\0') /* it was cancelled */
        return;
    console_style(STYLE_FAINT);
    kprintf("[%u] %s\n", number, line);
    console_style(STYLE_PLAIN);
    shell_run(line);
}

/* In the handler of the timer. */
static void job_is_due(unsigned number)
{
    struct job *job = &jobs[number];

    if (job->waits)
        job->late++;
    else
        job->waits = later_do(run_job, number);
    if (job->timer != 0 && timers[job->timer].period == 0)
        job->timer = 0;
}

static bool read_milliseconds(const char *text, size_t least, size_t *milliseconds)
{
    if (parse_size(text, milliseconds) && *milliseconds >= least && *milliseconds <= TIMER_LONGEST)
        return true;
    kprintf("'%s' is no time; write milliseconds, from %zu to %u\n", text, least, TIMER_LONGEST);
    return false;
}

static bool start_job(char **words, bool again)
{
    size_t milliseconds;
    unsigned number = 1;

    if (!read_milliseconds(words[1], 1, &milliseconds))
        return false;
    while (number <= MOST_JOBS && jobs[number].line[0] != '\0')
        number++;
    if (number > MOST_JOBS) {
        kprintf("%u commands wait already; cancel one first\n", MOST_JOBS);
        return false;
    }
    if (strlen(words[2]) > LINE_MAX_LENGTH) {
        kprintf("that command is too long; %d characters fit\n", LINE_MAX_LENGTH);
        return false;
    }
    memcpy(jobs[number].line, words[2], strlen(words[2]) + 1);
    jobs[number].waits = false;
    jobs[number].late = 0;
    unsigned long before = machine_interrupts_off();
    jobs[number].timer = timer_set((uint32_t)milliseconds, again, job_is_due, number);
    machine_interrupts_restore(before);
    kprintf("[%u] %s %zu ms: %s\n", number, again ? "every" : "after", milliseconds, words[2]);
    return true;
}

bool cmd_every(int count, char **words)
{
    (void)count;
    return start_job(words, true);
}

bool cmd_after(int count, char **words)
{
    (void)count;
    return start_job(words, false);
}

static void cancel(unsigned number)
{
    unsigned long before = machine_interrupts_off();

    timer_cancel(jobs[number].timer);
    jobs[number].timer = 0;
    jobs[number].line[0] = '\0';
    machine_interrupts_restore(before);
}

bool cmd_cancel(int count, char **words)
{
    size_t number;

    (void)count;
    if (strcmp(words[1], "all") == 0) {
        for (unsigned i = 1; i <= MOST_JOBS; i++)
            cancel(i);
        return true;
    }
    if (!parse_size(words[1], &number) || number > MOST_JOBS || jobs[number].line[0] == '\0') {
        kprintf("no command [%s] waits; timer lists them\n", words[1]);
        return false;
    }
    cancel((unsigned)number);
    return true;
}

static void print_job(unsigned number)
{
    const struct job *job = &jobs[number];
    const struct timer *timer = &timers[job->timer];
    uint64_t now = machine_milliseconds();

    kprintf("  [%u] in %llu ms", number,
            job->timer != 0 && timer->due > now ? (unsigned long long)(timer->due - now) : 0ull);
    if (timer->period != 0)
        kprintf(", every %u", (unsigned)timer->period);
    if (job->late != 0)
        kprintf("; %zu times too late", (size_t)job->late);
    kprintf("\n      %s\n", job->line);
}

bool cmd_timer(int count, char **words)
{
    size_t rate;

    if (count > 1) {
        if (!parse_size(words[1], &rate) || rate < TIMER_SLOWEST || rate > TIMER_QUICKEST) {
            kprintf("'%s' is no rate of this timer; it has %d to %d ticks a second\n", words[1], TIMER_SLOWEST,
                    TIMER_QUICKEST);
            return false;
        }
        timer_set_rate((unsigned)rate);
    }
    kprintf("%u ticks a second; %zu came, %zu were lost%s\n", timer_rate(), (size_t)timer_ticks(), (size_t)timer_lost,
            interrupt_sources[SOURCE_TIMER].masked ? "; it is off" : "");
    for (unsigned number = 1; number <= MOST_JOBS; number++)
        if (jobs[number].line[0] != '\0')
            print_job(number);
    return true;
}

/* Whoever waits for a tick asks first. */
static bool timer_comes(void)
{
    bool comes = !interrupt_sources[SOURCE_TIMER].masked;

    if (!comes)
        kprintf("the timer is off, and nothing else counts time; interrupts on timer\n");
    return comes;
}

bool cmd_wait(int count, char **words)
{
    size_t milliseconds;

    (void)count;
    if (!read_milliseconds(words[1], 0, &milliseconds))
        return false;
    for (uint64_t end = machine_milliseconds() + milliseconds; machine_milliseconds() < end;) {
        if (!timer_comes())
            return false;
        machine_wait();
        shell_run_due();
    }
    return true;
}

/* ---- For how long nobody could come in -------------------------------------------------------------------------- */

/* `at` lies in the function that caused it; 0: there was none. */
static void print_stretch(const char *what, uint64_t cycles, uintptr_t at)
{
    uintptr_t offset;
    const char *name = at != 0 ? symbol_of(at, &offset) : NULL;

    kprintf("  %-31s %9llu %7llu  %.27s\n", what, (unsigned long long)cycles, (unsigned long long)microseconds(cycles),
            name != NULL ? name : "-");
}

bool cmd_latency(int count, char **words)
{
    static const char *const kinds[HOLDS] = {
        [HOLD_BOUNDED] = "in a call of the heap", [HOLD_UNBOUNDED] = "krelease, kcalloc: not bounded"
    };

    if (count > 1 && strcmp(words[1], "again") != 0) {
        kprintf("latency again counts the longest times anew\n");
        return false;
    }
    if (count > 1)
        return interrupts_forget_longest(), true;
    kprintf("  %-31s %9s %7s\n", "interrupts off for at most", "cycles", "us");
    for (int kind = 0; kind < HOLDS; kind++) {
        uintptr_t owner = context_longest[kind].owner; /* a return address, which may lie behind its function */
        print_stretch(kinds[kind], context_longest[kind].cycles, owner - (owner != 0));
    }
    for (enum source source = 0; source < SOURCES; source++)
        if (interrupt_sources[source].count != 0) {
            char what[32];
            ksnprintf(what, sizeof what, "in the handler of %s", source_names[source]);
            print_stretch(what, interrupt_sources[source].longest, (uintptr_t)interrupt_sources[source].handler);
        }
    if (interrupts_longest_wait >= 0)
        kprintf("  %-31s %9s %7ld\n", "longest wait of a tick", "", interrupts_longest_wait);
    else if (interrupt_sources[SOURCE_TIMER].count != 0)
        kprintf("how long a tick waits for its handler is not told by this machine\n");
    return true;
}

/* ---- The heap in front of them ---------------------------------------------------------------------------------- */

bool cmd_sweep(int count, char **words)
{
    size_t every = 1;

    if (count > 1 && (!parse_size(words[1], &every) || every == 0 || every > UINT16_MAX)) {
        kprintf("'%s' is no distance; from 1, each instruction, to %d\n", words[1], UINT16_MAX);
        return false;
    }
    return sweep_run(every);
}

bool cmd_storm(int count, char **words)
{
    size_t calls = 100000;
    enum storm kind = STORM;

    if (count > 1 && !parse_size(words[1], &calls)) {
        kprintf("'%s' is no number of calls\n", words[1]);
        return false;
    }
    if (count > 2 && !storm_find(words[2], &kind)) {
        kprintf("storm CALLS, storm CALLS nested, or storm CALLS unlocked to see it fail\n");
        return false;
    }
    return timer_comes() && storm_run(calls, kind);
}
