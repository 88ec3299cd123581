/* SPDX-License-Identifier: MIT
 *
 * The host machine: the same kernel as an ordinary Linux process. The terminal is its screen and keyboard, a mapping at a
 * fixed address its memory, a signal its exception.
 */
#include "signals.h"

#include "base/boot_notes.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/panic.h"
#include "base/print.h"
#include "kernel.h"
#include "memory/description.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define RAM_START ((uintptr_t)0x10000000) /* the same in each run, so that transcripts can be compared */
#define RAM_SIZE "32M"
#define END_OF_INPUT 4
#define NANOSECONDS_A_SECOND 1000000000u

extern const unsigned char __executable_start[], end[]; /* from the linker: where the program begins and ends */

static char *command_line;
static char **arguments;
static size_t ram_size;
static struct timespec started;

static struct termios terminal_before;
static bool terminal_is_raw;

const char *machine_name(void)
{
    return "the host: an ordinary process";
}

void machine_tell_before(void)
{
    kprintf("before main: the system laid this program at %p,\nand its C library called main\n",
            (const void *)__executable_start);
}

const char *machine_command_line(void)
{
    return command_line;
}

bool machine_command_line_is_cut(void)
{
    return false;
}

/* ---- Screen and keyboard ---------------------------------------------------------------------------------------- */

void machine_put(char c)
{
    unsigned long before = machine_interrupts_off(); /* a handler may print too */

    putchar(c);
    machine_interrupts_restore(before);
}

static void flush(void)
{
    unsigned long before = machine_interrupts_off();

    fflush(stdout);
    machine_interrupts_restore(before);
}

/* Bytes come in gulps; after the last one there are only ends of input. */
int machine_get(void)
{
    static unsigned char gulp[4096];
    static ssize_t filled, taken;
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    if (taken == filled) {
        if (poll(&input, 1, 0) <= 0)
            return -1;
        filled = read(STDIN_FILENO, gulp, sizeof gulp);
        taken = 0;
        if (filled <= 0) {
            filled = 0;
            return END_OF_INPUT;
        }
    }
    return gulp[taken++];
}

void machine_wait(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    flush();
    poll(&input, 1, 10);
}

static void restore_terminal(void)
{
    if (terminal_is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    terminal_is_raw = false;
}

/* Each key at once and unseen, Ctrl-C too; what is printed still gets its carriage returns. */
static void make_terminal_raw(void)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return;
    raw = terminal_before;
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    terminal_is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    atexit(restore_terminal);
}

/* ---- What lies where -------------------------------------------------------------------------------------------- */

/* What the system tells of a piece of this process: rights like "r-xp", and a file or a word for what lies there, or "". */
struct mapping {
    uintptr_t start, end;
    char rights[5], name[256];
};

/* The n-th, by rising address; false behind the last one. The C library's own memory is not for those who interrupt. */
static bool mapping(size_t n, struct mapping *out)
{
    char line[512] = "";
    unsigned long before = machine_interrupts_off();
    FILE *file = fopen("/proc/self/maps", "r");
    bool there = file != NULL;

    for (size_t i = 0; there && i <= n; i++)
        there = fgets(line, sizeof line, file) != NULL;
    if (file != NULL)
        fclose(file);
    machine_interrupts_restore(before);
    out->name[0] = '\0';
    return there && sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %255s", &out->start, &out->end, out->rights,
                           out->name) >= 3;
}

/* The name is good until the next call. */
static const char *name_of(const struct mapping *mapped)
{
    static char name[sizeof mapped->name];
    bool own = mapped->start >= (uintptr_t)__executable_start && mapped->start < (uintptr_t)end;
    const char *file = strrchr(mapped->name, '/');

    if (own)
        return strchr(mapped->rights, 'x') != NULL   ? "code"
               : strchr(mapped->rights, 'w') != NULL ? "data"
                                                     : "constants";
    strcpy(name, file != NULL ? file + 1 : mapped->name);
    return strcmp(name, "[stack]") == 0 ? "stack" : name[0] != '\0' ? name : NULL;
}

/* A process has no screen's memory. */
bool machine_part(size_t n, struct machine_part *part)
{
    struct mapping mapped;
    size_t i = n - PARTS_OF_ALL;

    *part = (struct machine_part){ 0 };
    if (n == PART_SCREEN)
        return true;
    if (n == PART_STACK)
        for (i = 0; mapping(i, &mapped) && strcmp(mapped.name, "[stack]") != 0;)
            i++;
    if (!mapping(i, &mapped))
        return n < PARTS_OF_ALL;
    *part = (struct machine_part){ mapped.start, mapped.end, name_of(&mapped) };
    return true;
}

const char *machine_forbids(uintptr_t address)
{
    struct mapping mapped;

    for (size_t n = 0; mapping(n, &mapped); n++)
        if (address >= mapped.start && address < mapped.end && mapped.rights[0] == 'r')
            return mapped.rights[1] == 'w' ? NULL : "write";
    return "touch";
}

/* ---- Time --------------------------------------------------------------------------------------------------------- */

static uint64_t nanoseconds_since_start(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec - started.tv_sec) * NANOSECONDS_A_SECOND + (uint64_t)now.tv_nsec -
           (uint64_t)started.tv_nsec;
}

uint64_t machine_cycles(void)
{
    return nanoseconds_since_start(); /* as if it ran at 1 GHz: portable, and steady */
}

uint64_t machine_cycles_a_second(void)
{
    return NANOSECONDS_A_SECOND;
}

uint64_t machine_milliseconds(void)
{
    return nanoseconds_since_start() / 1000000u;
}

/* The system's timer says when a signal was sent, not when it was due. */
long machine_timer_late(void)
{
    return -1;
}

void machine_tick(void)
{
}

/* ---- Ends ------------------------------------------------------------------------------------------------------- */

void machine_stop(int status)
{
    machine_interrupts_off();
    description_stopped(status);
    exit(status);
}

void machine_restart(void)
{
    signals_stop();
    fflush(stdout);
    restore_terminal();
    execv("/proc/self/exe", arguments);
    perror("cannot start again");
    exit(EXIT_PANIC);
}

/* The flag AC of an x86 processor: a misaligned access raises an exception, which Linux makes SIGBUS. */
bool machine_trap_misaligned(bool yes)
{
#if defined(__x86_64__)
    unsigned long flag = 1ul << 18, flags = __builtin_ia32_readeflags_u64();
    __builtin_ia32_writeeflags_u64(yes ? flags | flag : flags & ~flag);
    return true;
#else
    (void)yes;
    return false;
#endif
}

/* A debugger may stop here. */
void machine_moment(unsigned char number)
{
    (void)number;
}

/* Somebody outside ends us: leave the terminal as it was found. */
static void on_end(int number)
{
    restore_terminal();
    _exit(128 + number);
}

static void on_exception(int number, siginfo_t *info, void *context)
{
    struct interrupted where = interrupted_place(context);

    machine_trap_misaligned(false); /* the C library itself reads misaligned words */
    if (info->si_addr == NULL && number == SIGBUS)
        panic_at(where.pc, where.frame_pointer, "misaligned access (%s)",
                 strsignal(number)); /* the processor does not tell where */
    panic_at(where.pc, where.frame_pointer, "%s at address %p", strsignal(number), info->si_addr);
}

static void catch_signals(void)
{
    static unsigned char stack[64 * 1024];
    static const int exceptions[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL }, ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_exception, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        sigaction(exceptions[i], &action, NULL);
    action = (struct sigaction){ .sa_handler = on_end };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        sigaction(ends[i], &action, NULL);
}

/* ---- The start -------------------------------------------------------------------------------------------------- */

/* The program's arguments, joined by blanks, are the kernel's command line: all of them. Not in memory from malloc, which
 * may come to lie where the kernel's own has to be. */
static void join_arguments(int count, char **words)
{
    size_t size = 1;

    for (int i = 1; i < count; i++)
        size += strlen(words[i]) + 1;
    command_line = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (command_line == MAP_FAILED) {
        perror("no memory for the command line");
        exit(EXIT_NO_START);
    }
    char *to = command_line;
    for (int i = 1; i < count; i++)
        to = stpcpy(stpcpy(to, i > 1 ? " " : ""), words[i]);
}

static void map_memory(void)
{
    char wanted[OPTION_SIZE_MAX + 1] = RAM_SIZE;

    if (!option_size("ram", wanted, &ram_size) || ram_size == 0) {
        fprintf(stderr, "ram=%s is not a size; write 32M\n", wanted);
        exit(EXIT_NO_START);
    }
    void *ram = mmap((void *)RAM_START, ram_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (ram != (void *)RAM_START) {
        perror("no memory at the fixed address");
        exit(EXIT_NO_START);
    }
    memory_add(RAM_START, ram_size, MEMORY_USABLE);
    memory_add((uintptr_t)__executable_start, (uintptr_t)end - (uintptr_t)__executable_start, MEMORY_KERNEL);
}

int main(int count, char **words)
{
    arguments = words;
    clock_gettime(CLOCK_MONOTONIC, &started);
    boot_note("main");
    join_arguments(count, words);
    map_memory();
    boot_note("memory map");
    catch_signals();
    make_terminal_raw();
    signals_start();
    machine_interrupts_restore(true);
    boot_note("interrupts");
    kmain();
}
