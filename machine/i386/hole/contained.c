/* SPDX-License-Identifier: MIT
 *
 * The checks run in ring 3, where the processor changes to another stack before it calls the kernel: so even a stack that
 * ran full can be told of. They may use ports, as they speak by the same code as the kernel.
 */
#include "contained.h"
#include "crash.h"
#include "devices.h"
#include "io.h"
#include "kernel.h"
#include "machine.h"

/* ---- Forbidden pages ---------------------------------------------------------------------------------------------- */

enum { ENTRIES = 1024, LARGE_PAGE = 4 << 20, TABLES = 8 };
enum { PRESENT = 0x01, USER = 0x04, LARGE = 0x80, FLAGS = 0xFFF };

static uint32_t tables[TABLES][ENTRIES] __attribute__((aligned(PAGE)));
static unsigned tables_used;

static void reload_pages(void)
{
    uint32_t directory;
    __asm__ volatile("movl %%cr3, %0\n\tmovl %0, %%cr3" : "=r"(directory) : : "memory");
}

/* The table of the 4 MiB that an address lies in. One large page becomes as many small ones. */
static uint32_t *table_of(uint32_t address)
{
    uint32_t *entry = (uint32_t *)paging_directory() + address / LARGE_PAGE;

    if ((*entry & PRESENT) == 0)
        return NULL;
    if ((*entry & LARGE) == 0)
        return (uint32_t *)(*entry & ~(uint32_t)FLAGS);
    if (tables_used == TABLES)
        return NULL;
    uint32_t *table = tables[tables_used++];
    for (uint32_t n = 0; n < ENTRIES; n++)
        table[n] = (*entry & ~(uint32_t)(FLAGS)) + n * PAGE + (*entry & FLAGS & ~(uint32_t)LARGE);
    *entry = (uint32_t)table | (*entry & FLAGS & ~(uint32_t)LARGE);
    return table;
}

void machine_wall_off(uintptr_t start, uintptr_t end)
{
    uint32_t at = (start + PAGE - 1) / PAGE * PAGE;

    for (uint32_t size; at < end && end - at >= PAGE; at += size) {
        uint32_t *table;
        size = at % LARGE_PAGE == 0 && end - at >= LARGE_PAGE ? LARGE_PAGE : PAGE;
        if (size == LARGE_PAGE)
            ((uint32_t *)paging_directory())[at / LARGE_PAGE] = 0;
        else if ((table = table_of(at)) != NULL)
            table[at / PAGE % ENTRIES] = 0;
    }
    reload_pages();
}

static void open_to_all(uint32_t *entries)
{
    for (uint32_t n = 0; n < ENTRIES; n++)
        if (entries[n] & PRESENT)
            entries[n] |= USER;
}

static void open_pages_to_all(void)
{
    uint32_t *directory = (uint32_t *)paging_directory();

    for (uint32_t n = 0; n < ENTRIES; n++)
        if ((directory[n] & (PRESENT | LARGE)) == PRESENT)
            open_to_all((uint32_t *)(directory[n] & ~(uint32_t)FLAGS));
    open_to_all(directory);
    reload_pages();
}

/* ---- Ring 3 ------------------------------------------------------------------------------------------------------- */

enum { OLD_SEGMENTS = 5, CODE_3 = 0x28 | 3, DATA_3 = 0x30 | 3, TASK = 0x38, SEGMENTS = 8, RING = 3 };
enum { TASK_AVAILABLE = 0x89, TASK_WORDS = 26, TASK_ESP0 = 1, TASK_SS0 = 2, TASK_IO_MAP = 25 };
enum { FLAGS_OF_RING_3 = 0x3202 }; /* interrupts, and all ports */

static uint64_t segments[SEGMENTS];
static uint32_t task[TASK_WORDS];

/* Its last five words are eip, cs, flags, esp and ss of whoever was interrupted in ring 3. */
unsigned char hole_kernel_stack[HOLE_STACK] __attribute__((aligned(16)));

static void make_segments(void)
{
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t address;
    } pointer = { sizeof segments - 1, (uint32_t)segments };

    for (int n = 0; n < OLD_SEGMENTS; n++)
        segments[n] = gdt[n];
    segments[CODE_3 / 8] = 0x00CFFA000000FFFF;
    segments[DATA_3 / 8] = 0x00CFF2000000FFFF;
    segments[TASK / 8] = (sizeof task - 1) | (uint64_t)((uint32_t)task & 0xFFFFFF) << 16 |
                         (uint64_t)TASK_AVAILABLE << 40 | (uint64_t)((uint32_t)task >> 24) << 56;
    task[TASK_ESP0] = (uint32_t)(hole_kernel_stack + sizeof hole_kernel_stack);
    task[TASK_SS0] = DATA_SEGMENT;
    task[TASK_IO_MAP] = sizeof task << 16;
    __asm__ volatile("lgdt %0" : : "m"(pointer));
    __asm__ volatile("ltr %w0" : : "r"(TASK));
}

static bool contained;

void machine_contains(void (*run)(void), void *top)
{
    uint32_t *stack = (uint32_t *)top - 4;

    stack[0] = 0; /* nobody to return to; and a frame pointer of 0 ends a backtrace */
    open_pages_to_all();
    make_segments();
    contained = true;
    __asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\tmovl %0, %%gs\n\t"
                     "pushl %0\n\tpushl %1\n\tpushl %2\n\tpushl %3\n\tpushl %4\n\t"
                     "xorl %%ebp, %%ebp\n\tiret"
                     :
                     : "r"(DATA_3), "r"(stack), "i"(FLAGS_OF_RING_3), "i"(CODE_3), "r"(run)
                     : "memory");
    __builtin_unreachable();
}

/* ---- What is refused ---------------------------------------------------------------------------------------------- */

static bool ending;
static int end_status;

/* Only ring 0 can rest. From ring 3 the processor's refusal leads there. */
void machine_stop_contained(int status)
{
    uint32_t code_segment;

    __asm__("movl %%cs, %0" : "=r"(code_segment));
    if ((code_segment & RING) == 0)
        machine_stop(status);
    end_status = status;
    ending = true;
    __asm__ volatile("hlt");
    __builtin_unreachable();
}

enum {
    DIVIDE_ERROR = 0,
    DEBUG_EXCEPTION = 1,
    BREAKPOINT = 3,
    INVALID_OPCODE = 6,
    PAGE_FAULT = 14,
    FLOATING_POINT_ERROR = 16
};

static enum stop stop_of(uint32_t vector)
{
    switch (vector) {
    case DIVIDE_ERROR:
    case FLOATING_POINT_ERROR: return BAD_DIVISION;
    case DEBUG_EXCEPTION:
    case BREAKPOINT:
    case INVALID_OPCODE: return BAD_INSTRUCTION;
    case PAGE_FAULT: return BAD_ADDRESS;
    default: return REFUSED;
    }
}

_Noreturn void __real_exception(const struct frame *frame);
_Noreturn void __wrap_exception(const struct frame *frame);

/* From ring 3 the processor also saves the stack pointer, behind the frame. */
void __wrap_exception(const struct frame *frame)
{
    const uint32_t *stack = (const uint32_t *)(frame + 1);
    const struct place place = { frame->eip, *stack, frame->ebp };

    if (!contained)
        __real_exception(frame);
    if (ending)
        machine_stop(end_status);
    if ((frame->cs & RING) == 0)
        break_off_report();
    tell_stop(stop_of(frame->vector), &place, read_cr2());
}

void __real_stack_guard_check(const struct frame *frame);
void __wrap_stack_guard_check(const struct frame *frame);

/* What is contained has a stack with a wall of its own. */
void __wrap_stack_guard_check(const struct frame *frame)
{
    if (!contained)
        __real_stack_guard_check(frame);
}
