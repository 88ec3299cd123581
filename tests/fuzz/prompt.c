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
    MOST_CLOCK_READINGS = 6 /* each workload takes two of them, and some milliseconds */
};

static struct input in;
static char command_line[COMMAND_LINE + 1];
static jmp_buf power_off;
static unsigned clock_readings;

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

void machine_wait(void)
{
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

/* Ends the run of an input that only takes time. */
uint64_t machine_cycles(void)
{
    if (++clock_readings > MOST_CLOCK_READINGS)
        machine_stop(EXIT_OK);
    return clock_readings;
}

uint64_t machine_milliseconds(void)
{
    return 1234;
}

unsigned long machine_interrupts_off(void)
{
    return 0;
}

void machine_interrupts_restore(unsigned long before)
{
    (void)before;
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

/* Weak: at present the kernel has no variable that begins as anything but zero. */
extern unsigned char __start_kernel_data[] __attribute__((weak)), __stop_kernel_data[] __attribute__((weak));
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
    clock_readings = 0;
    restore_state();
    tell_memory();
    if (setjmp(power_off) == 0)
        kmain();
    check_and_clear_ram();
    return 0;
}
