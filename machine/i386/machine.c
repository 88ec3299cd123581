/* SPDX-License-Identifier: MIT
 *
 * The i386 machine as the kernel sees it: makes the devices ready, enters the kernel, answers the calls of machine.h.
 */
#include "base/boot_notes.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/print.h"
#include "base/string.h"
#include "devices.h"
#include "io.h"
#include "kernel.h"
#include "machine.h"
#include "memory/description.h"

/* QEMU's device isa-debug-exit. The customary port 0xf4 stops the v86 emulator with an error. */
enum { EXIT_PORT = 0x501, EXIT_BASE = 0x10, EXIT_IS_THERE = 0, EXIT_SECONDS = 10 };

/* Where a PC's diagnostic card listens: it shows the byte, and nothing else happens. */
enum { DIAGNOSTIC_PORT = 0x80 };

static struct boot_info boot;

/* Written by boot.S; nobody clears them afterwards. */
uint32_t processor_features;
uint64_t first_cycles;

static uint32_t eax, ebx; /* as the loader left them */
static uint64_t cycles_a_second;
static char name[256];

/* What a processor may lack, and what is otherwise then. */
static const struct {
    uint32_t feature;
    const char *without;
} wanted[] = {
    { HAS_LARGE_PAGES, "\n  paging  none: no large pages here, so no address is forbidden" },
    { HAS_TIME_STAMP, "\n  cycles  of the timer, 1.2 million a second: this processor counts none" },
};

void machine_main(uint32_t magic, const struct multiboot_info *info);

static void append(char *text, const char *more)
{
    memcpy(text + strlen(text), more, strlen(more) + 1);
}

static void make_name(void)
{
    append(name, "i386 PC, multiboot 1");
    if (boot.loader[0] != '\0') {
        append(name, ", loaded by ");
        append(name, boot.loader);
    }
    for (size_t n = 0; n < sizeof wanted / sizeof wanted[0]; n++)
        if ((processor_features & wanted[n].feature) == 0)
            append(name, wanted[n].without);
}

/* Against the timer, for some thousandths of a second. */
static void measure_cycles(void)
{
    enum { MILLISECONDS = 4 };
    cycles_a_second = BEATS_A_SECOND;
    if ((processor_features & HAS_TIME_STAMP) == 0)
        return;
    uint64_t start = read_time_stamp();
    timer_wait(MILLISECONDS);
    cycles_a_second = (read_time_stamp() - start) * (1000 / MILLISECONDS);
}

/* They could call nobody. */
static void note_first_instructions(void)
{
    boot_note_put(&(struct boot_note){ "first", 0, (uintptr_t)_start, 0 });
    boot_note_put(&(struct boot_note){ "stack", first_cycles, stack_is_set, (uintptr_t)stack_top });
}

/* From boot.S. Without a multiboot loader there is no memory map, and the kernel will say so. */
void machine_main(uint32_t magic, const struct multiboot_info *info)
{
    note_first_instructions();
    boot_note("C");
    eax = magic;
    ebx = (uint32_t)info;
    memory_add((uint32_t)_kernel_start, (uint32_t)(_kernel_end - _kernel_start), MEMORY_KERNEL);
    if (magic == MULTIBOOT_LOADED)
        multiboot_read(info, &boot);
    boot_note("memory map");
    make_name();
    stack_guard_start();
    if (processor_features & HAS_LARGE_PAGES)
        paging_start();
    serial_start(option_is("plain", "on"));
    vga_start();
    keyboard_start();
    interrupts_start();
    measure_cycles();
    interrupts_enable();
    boot_note("interrupts");
    kmain();
}

const char *machine_name(void)
{
    return name;
}

void machine_tell_before(void)
{
    kprintf("before _start: firmware, then the loader%s%s\n", boot.loader[0] != '\0' ? " " : ", without a name",
            boot.loader);
    kprintf("it left the kernel at %p, eax 0x%08x (%smultiboot), ebx 0x%08x\n", (void *)_kernel_start, eax,
            eax == MULTIBOOT_LOADED ? "" : "not ", ebx);
}

const char *machine_command_line(void)
{
    return boot.command_line;
}

bool machine_command_line_is_cut(void)
{
    return boot.command_line_cut;
}

/* ---- Input and output ------------------------------------------------------------------------------------------- */

void machine_put(char c)
{
    serial_put(c);
    vga_put(c);
}

int machine_get(void)
{
    int c = serial_get();
    return c >= 0 ? c : keyboard_get();
}

/* A byte that comes after the check raises an interrupt, and that ends the halt. */
void machine_wait(void)
{
    unsigned long before = machine_interrupts_off();
    vga_show();
    if (!serial_waiting() && !keyboard_waiting())
        interrupts_enable_and_halt();
    machine_interrupts_restore(before);
}

/* The processor checks alignment for programs in ring 3 only, and the kernel runs in ring 0. */
bool machine_trap_misaligned(bool yes)
{
    (void)yes;
    return false;
}

void machine_moment(unsigned char number)
{
    outb(DIAGNOSTIC_PORT, number);
}

/* ---- What lies where -------------------------------------------------------------------------------------------- */

bool machine_part(size_t n, struct machine_part *part)
{
    static const struct machine_part parts[] = {
        [PART_STACK] = { (uintptr_t)stack_low, (uintptr_t)stack_top, "stack" },
        [PARTS_OF_ALL] = { 0, 4096, "the page of null pointers" },
        { (uintptr_t)stack_guard_page, (uintptr_t)stack_low, "the fence below the stack" },
        { (uintptr_t)_text_end, (uintptr_t)_rodata_end, "constants" },
        { (uintptr_t)_rodata_end, (uintptr_t)_data_end, "data" },
        { (uintptr_t)_data_end, (uintptr_t)_kernel_end, "bss, the data that began as zeros" },
    };
    if (n >= sizeof parts / sizeof parts[0])
        return false;
    *part = n == PART_SCREEN ? vga_screen() : parts[n];
    return true;
}

/* ---- Time ------------------------------------------------------------------------------------------------------- */

uint64_t machine_cycles(void)
{
    return processor_features & HAS_TIME_STAMP ? read_time_stamp() : timer_beats();
}

uint64_t machine_cycles_a_second(void)
{
    return cycles_a_second;
}

uint64_t machine_milliseconds(void)
{
    return timer_beats_served() * 1000 / BEATS_A_SECOND;
}

void machine_tick(void)
{
    vga_show();
}

/* ---- The end ---------------------------------------------------------------------------------------------------- */

static void finish_output(void)
{
    serial_drain();
    vga_show();
}

/* QEMU 10 lets the machine run on for a while after it was told to end. Where the device answers, that is waited for; a
 * port with nothing behind it gives all ones. */
static void end_machine(int status)
{
    outl(EXIT_PORT, EXIT_BASE + (uint32_t)status);
    if (inb(EXIT_PORT) == EXIT_IS_THERE)
        timer_wait(EXIT_SECONDS * 1000);
}

void machine_stop(int status)
{
    description_stopped(status);
    finish_output();
    end_machine(status);
    for (const char *c = "The machine may be switched off now.\n"; *c != '\0'; c++)
        machine_put(*c);
    finish_output();
    for (;;) {
        interrupts_disable();
        __asm__ volatile("hlt");
    }
}

/* Through the keyboard controller; and without one, through an exception for which there is no table. */
void machine_restart(void)
{
    static const struct {
        uint16_t limit;
        uint32_t address;
    } nothing;
    finish_output();
    interrupts_disable();
    keyboard_reset_processor();
    __asm__ volatile("lidt %0\n\tint3" : : "m"(nothing));
    for (;;)
        __asm__ volatile("hlt");
}
