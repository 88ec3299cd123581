/* SPDX-License-Identifier: MIT
 *
 * A machine in memory, and the whole kernel on it: the first line of an input is its command line, the rest is typed at
 * the prompt. Each input gets a kernel that has just been started. Watched are the sanitizers, what the kernel sends to
 * the screen, how it ends, and that it writes nowhere in the machine's memory but in the heap.
 *
 * `panic KIND` is not what it is elsewhere: its accesses to address 8 and the like are made on purpose and end a process.
 * Here they end where the exception handler of a machine would enter the kernel.
 */
#include "base/memory_map.h"
#include "base/panic.h"
#include "controller.h"
#include "fuzz.h"
#include "kernel.h"
#include "lab/crash.h"
#include "machine.h"
#include "memory/kmalloc.h"

#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

enum {
    RAM = 256 * 1024,
    KERNEL = 16 * 1024,  /* of it, at its start */
    MODULE = 192 * 1024, /* where one lies */
    COMMAND_LINE = 1024,
    END_OF_INPUT = 4,
    MOST_MOMENTS = 20000, /* each reading of the clock and each rest is one */
    MOMENTS_A_SECOND = 1000
};

static struct input in;
static char command_line[COMMAND_LINE + 1];
static jmp_buf power_off;
static unsigned moments;

/* ---- The machine ------------------------------------------------------------------------------------------------ */

const char *machine_name(void)
{
    return "a machine for the fuzzer";
}

const char *machine_command_line(void)
{
    return command_line;
}

bool machine_command_line_is_cut(void)
{
    return false;
}

void machine_tell_before(void)
{
}

bool machine_part(size_t n, struct machine_part *part)
{
    *part = (struct machine_part){ FIXED_START + n * KERNEL, FIXED_START + (n + 1) * KERNEL, n > 0 ? "a part" : NULL };
    return n < 3;
}

const char *machine_forbids(uintptr_t address)
{
    return address < FIXED_START ? "touch" : NULL;
}

static void tell_memory(void)
{
    memory_add(FIXED_START, RAM, MEMORY_USABLE);
    memory_add(FIXED_START, KERNEL, MEMORY_KERNEL);
    memory_add(FIXED_START + MODULE, 100, MEMORY_MODULE);
}

/* What machine.h says that the kernel sends. */
void machine_put(char c)
{
    bool control = c == '\n' || c == '\r' || c == '\b' || c == '\033';

    EXPECT(control || (c >= ' ' && c < 127), ==, true);
}

int machine_get(void)
{
    return in.at < in.end ? (int)next_byte(&in) : END_OF_INPUT;
}

/* Ends the run of an input that only takes time. */
static void moment_passes(void)
{
    if (++moments > MOST_MOMENTS)
        machine_stop(EXIT_OK);
}

/* Until the next tick; and sometimes a key comes as well. */
void machine_wait(void)
{
    const struct interrupted where = { 0 };

    moment_passes();
    controller_receive(SOURCE_TIMER, &where);
    controller_receive(SOURCE_TERMINAL, &where);
}

/* Misaligned words pass, as on the PC. */
bool machine_trap_misaligned(bool yes)
{
    (void)yes;
    return false;
}

void machine_moment(unsigned char number)
{
    (void)number;
}

void machine_stop(int status)
{
    EXPECT(status >= EXIT_OK && status <= EXIT_NO_START, ==, true);
    longjmp(power_off, 1);
}

void machine_restart(void)
{
    longjmp(power_off, 1);
}

uint64_t machine_cycles(void)
{
    moment_passes();
    return moments;
}

uint64_t machine_cycles_a_second(void)
{
    return MOMENTS_A_SECOND;
}

uint64_t machine_milliseconds(void)
{
    return moments;
}

void machine_timer_set(unsigned rate)
{
    EXPECT(rate >= TIMER_SLOWEST && rate <= TIMER_QUICKEST, ==, true);
}

long machine_timer_late(void)
{
    return (long)moments % 7 - 1;
}

void machine_tick(void)
{
}

unsigned machine_step(void (*act)(void), unsigned at)
{
    (void)at;
    act();
    return 0;
}

const char *machine_lacks(enum source source)
{
    return source == SOURCE_KEYBOARD ? "a fuzzer has none" : NULL;
}

bool crash_run(const char *name)
{
    panic_at(0, 0, "%s: here the processor stops", name);
}

/* ---- Its memory ------------------------------------------------------------------------------------------------- */

static bool is_zero(uintptr_t from, uintptr_t to)
{
    const unsigned char *first = (const unsigned char *)from;

    return from >= to || (*first == 0 && memcmp(first, first + 1, to - from - 1) == 0);
}

static void map_ram(void)
{
    void *ram = mmap((void *)FIXED_START, RAM, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    EXPECT(ram, ==, FIXED_START);
}

static void check_and_clear_ram(void)
{
    uintptr_t from = FIXED_START + RAM, to = FIXED_START + RAM;

    if (kernel_heap.heap_start != NULL) {
        from = (uintptr_t)kernel_heap.heap_start - KHEAP_TAG_BYTES;
        to = (uintptr_t)kernel_heap.heap_end;
    }
    EXPECT(is_zero(FIXED_START, from), ==, true);
    EXPECT(is_zero(to, FIXED_START + RAM), ==, true);
    memset((void *)from, 0, to - from);
}

/* ---- The kernel's own state ------------------------------------------------------------------------------------- */

extern unsigned char __start_kernel_data[], __stop_kernel_data[];
extern unsigned char __start_kernel_bss[], __stop_kernel_bss[];

static unsigned char data_at_start[64 * 1024];

#define QUICK __attribute__((no_sanitize("address", "undefined", "coverage"), no_builtin))

/* Not by memcpy: between the variables lie bytes that the sanitizer forbids, and it looks into that. */
QUICK static void copy(unsigned char *to, const unsigned char *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = from[i];
}

QUICK static void clear(unsigned char *at, const unsigned char *end)
{
    while (at < end)
        *at++ = 0;
}

static void keep_state(void)
{
    EXPECT(__stop_kernel_data - __start_kernel_data, <=, sizeof data_at_start);
    copy(data_at_start, __start_kernel_data, (size_t)(__stop_kernel_data - __start_kernel_data));
}

static void restore_state(void)
{
    copy(__start_kernel_data, data_at_start, (size_t)(__stop_kernel_data - __start_kernel_data));
    clear(__start_kernel_bss, __stop_kernel_bss);
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

static void read_command_line(void)
{
    size_t length = 0;

    for (unsigned c; in.at < in.end && (c = next_byte(&in)) != '\n' && c != '\0';)
        if (length < COMMAND_LINE)
            command_line[length++] = (char)c;
    command_line[length] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static bool ready;

    if (!ready) {
        map_ram();
        keep_state();
        ready = true;
    }
    in = (struct input){ bytes, bytes + length };
    read_command_line();
    moments = 0;
    restore_state();
    tell_memory();
    if (setjmp(power_off) == 0) {
        machine_interrupts_restore(true);
        kmain();
    }
    check_and_clear_ram();
    return 0;
}
