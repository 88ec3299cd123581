/* SPDX-License-Identifier: MIT
 *
 * What the processor refuses to do ends here, in a panic that tells where and why. A stack without room for the report
 * ends here too: the double fault runs as a task of its own, with a stack of its own.
 */
#include "base/panic.h"
#include "devices.h"
#include "io.h"

/* The other vectors below 32 are reserved. */
static const char *const names[32] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [9] = "coprocessor segment overrun",
    [10] = "invalid task state segment",
    [11] = "segment not present",
    [12] = "stack segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point error",
    [20] = "virtualization exception",
    [21] = "control protection exception",
    [28] = "hypervisor injection",
    [29] = "VMM communication exception",
    [30] = "security exception",
};

enum { DOUBLE_FAULT = 8, PAGE_FAULT = 14, PAGE_FAULT_WRITING = 2, NULL_PAGE_END = 4096 };

/* Lines of at most 80 characters: they must fit on the text screen. */
#define REGISTERS                                                                                                      \
    "\n    eax %08x  ebx %08x  ecx %08x  edx %08x"                                                                     \
    "\n    esi %08x  edi %08x  ebp %08x  esp %08x  eflags %08x"
#define REGISTER_VALUES(f, esp) (f)->eax, (f)->ebx, (f)->ecx, (f)->edx, (f)->esi, (f)->edi, (f)->ebp, (esp), (f)->flags

/* The processor stays on the same stack, so the frame lies where the stack ended. */
static uint32_t stack_pointer(const struct frame *frame)
{
    return (uint32_t)(frame + 1);
}

static _Noreturn void page_fault(const struct frame *frame)
{
    const char *what = frame->error & PAGE_FAULT_WRITING ? "writing" : "reading";
    uint32_t address = read_cr2();
    if (address == frame->eip)
        what = "executing";
    panic_at(frame->eip, frame->ebp, "page fault %s 0x%08x%s: eip 0x%08x" REGISTERS, what, address,
             address < NULL_PAGE_END ? ", a null pointer" : "", frame->eip,
             REGISTER_VALUES(frame, stack_pointer(frame)));
}

void exception(const struct frame *frame)
{
    if (frame->vector == PAGE_FAULT)
        page_fault(frame);
    const char *name = names[frame->vector];
    panic_at(frame->eip, frame->ebp, "%s: eip 0x%08x, vector %u, error code 0x%x" REGISTERS,
             name != NULL ? name : "reserved exception", frame->eip, frame->vector, frame->error,
             REGISTER_VALUES(frame, stack_pointer(frame)));
}

/* ---- The double fault ------------------------------------------------------------------------------------------- */

struct task_state {
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, flags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt, io_map;
};

enum { FLAGS_NONE = 0x02, TASK_AVAILABLE = 0x89, DOUBLE_FAULT_STACK = 8192 };

static struct task_state main_task; /* the processor saves here what it leaves */
static struct task_state double_fault_task;
static char double_fault_stack[DOUBLE_FAULT_STACK] __attribute__((aligned(16)));

/* The push that met the guard page left no room to report it, and so a page fault became a double fault. */
static bool stack_is_full(const struct task_state *task, uint32_t address)
{
    return address >= (uint32_t)stack_guard_page && address < (uint32_t)stack_low && task->esp <= (uint32_t)stack_top;
}

static _Noreturn void double_fault(void)
{
    const struct task_state *task = &main_task;
    uint32_t address = read_cr2();
    panic_at(task->eip, task->ebp,
             "%s: eip 0x%08x, esp 0x%08x, last page fault 0x%08x"
             "\n    the stack reaches from 0x%08x down to 0x%08x" REGISTERS,
             stack_is_full(task, address) ? "stack overflow" : names[DOUBLE_FAULT], task->eip, task->esp, address,
             (uint32_t)stack_top, (uint32_t)stack_low, REGISTER_VALUES(task, task->esp));
}

static void write_descriptor(unsigned selector, const struct task_state *task)
{
    uint64_t base = (uint32_t)task;
    gdt[selector / 8] =
        (sizeof *task - 1) | (base & 0xFFFFFF) << 16 | (uint64_t)TASK_AVAILABLE << 40 | (base >> 24) << 56;
}

/* After paging_start(): a task has page tables too. */
void double_fault_start(void)
{
    double_fault_task = (struct task_state){ .cr3 = paging_directory(),
                                             .eip = (uint32_t)double_fault,
                                             .flags = FLAGS_NONE,
                                             .esp = (uint32_t)(double_fault_stack + DOUBLE_FAULT_STACK),
                                             .es = DATA_SEGMENT,
                                             .cs = CODE_SEGMENT,
                                             .ss = DATA_SEGMENT,
                                             .ds = DATA_SEGMENT,
                                             .fs = DATA_SEGMENT,
                                             .gs = DATA_SEGMENT,
                                             .io_map = sizeof(struct task_state) << 16 };
    write_descriptor(MAIN_TASK, &main_task);
    write_descriptor(DOUBLE_FAULT_TASK, &double_fault_task);
    __asm__ volatile("ltr %w0" : : "r"(MAIN_TASK));
}

/* ---- The stack's last words ------------------------------------------------------------------------------------- */

/* For what jumps over the guard page, or only comes close to it: words that nobody should ever write. */
enum { GUARD_WORDS = 16 };
static const uint32_t guard_word = 0x6AA2D00Du;

void stack_guard_start(void)
{
    uint32_t *word = (uint32_t *)(void *)stack_low;
    for (int n = 0; n < GUARD_WORDS; n++)
        word[n] = guard_word;
}

static bool stack_guard_holds(void)
{
    const uint32_t *word = (const uint32_t *)(const void *)stack_low;
    for (int n = 0; n < GUARD_WORDS; n++)
        if (word[n] != guard_word)
            return false;
    return true;
}

/* The timer calls this. */
void stack_guard_check(const struct frame *frame)
{
    uint32_t esp = stack_pointer(frame);
    if (esp < (uint32_t)stack_low || esp > (uint32_t)stack_top || !stack_guard_holds())
        panic_at(frame->eip, frame->ebp,
                 "stack overflow: eip 0x%08x, esp 0x%08x"
                 "\n    the stack reaches from 0x%08x down to 0x%08x",
                 frame->eip, esp, (uint32_t)stack_top, (uint32_t)stack_low);
}
