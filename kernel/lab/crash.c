/* SPDX-License-Identifier: MIT
 *
 * Mistakes that the processor refuses. Each is a few lines in a table; volatile keeps the compiler from seeing through.
 */
#include "lab/crash.h"

#include "base/panic.h"
#include "base/print.h"
#include "base/string.h"
#include "interrupts/interrupts.h"
#include "memory/kmalloc.h"

#include <stddef.h>
#include <stdint.h>

static volatile uintptr_t address;
static volatile int number;

static void read_null(void)
{
    address = 0;
    number = *(volatile int *)(address + 8);
}

static void write_code(void)
{
    address = (uintptr_t)write_code;
    *(volatile unsigned char *)address = 0;
}

static void divide(void)
{
    number = 0;
    number = 100 / number;
}

static void invalid_instruction(void)
{
    __builtin_trap();
}

static void jump_nowhere(void)
{
    address = 8;
    ((void (*)(void))address)();
}

/* Each turn takes a piece of the stack, and none is ever given back. */
static int overflow_stack(int depth)
{
    volatile char piece[512];

    piece[0] = (char)depth;
    return depth == number ? 0 : overflow_stack(depth + 1) + piece[0];
}

static void overflow(void)
{
    number = -1; /* the depth that is never reached */
    number = overflow_stack(0);
}

/* The heap refuses, and a program that does not expect that goes no further. */
static enum handled ask_for_memory(void)
{
    if (kmalloc(16) == NULL)
        panic("the handler has no memory");
    return HANDLED;
}

static void panic_in_handler(void)
{
    interrupt_handle(SOURCE_PROGRAM, ask_for_memory);
    machine_raise();
}

/* The second one comes while the panic of the first draws the heap. */
static void twice(void)
{
    panic_shows(read_null);
    divide();
}

static const struct {
    const char *name, *help;
    void (*act)(void);
} crashes[] = {
    { "null", "read through a null pointer", read_null },
    { "code", "write over the kernel's own code", write_code },
    { "divide", "divide by zero", divide },
    { "instruction", "execute what is no instruction", invalid_instruction },
    { "jump", "jump to where no code is", jump_nowhere },
    { "stack", "call without an end", overflow },
    { "handler", "call the heap in a handler", panic_in_handler },
    { "twice", "read through a null pointer in the midst of a panic", twice },
};

#define CRASHES (sizeof crashes / sizeof crashes[0])

static const char prefix[] = "handler-";
static void (*mistake)(void);

static enum handled make_mistake(void)
{
    mistake();
    return HANDLED;
}

static inline __attribute__((always_inline)) void make(void (*act)(void), bool in_handler)
{
    if (!in_handler) {
        act();
        return;
    }
    mistake = act;
    enum handled (*before)(void) = interrupt_handle(SOURCE_PROGRAM, make_mistake);
    machine_raise();
    interrupt_handle(SOURCE_PROGRAM, before);
}

bool crash_run(const char *name)
{
    bool in_handler = starts_with(name, prefix);
    const char *kind = in_handler ? name + sizeof prefix - 1 : name;

    for (size_t i = 0; i < CRASHES; i++)
        if (strcmp(crashes[i].name, kind) == 0) {
            make(crashes[i].act, in_handler);
            kprintf("nobody stopped it\n");
            return false;
        }
    if (strcmp(name, "list") != 0)
        kprintf("there is no '%s'; there are\n", name);
    for (size_t i = 0; i < CRASHES; i++)
        kprintf("  panic %-12s %s\n", crashes[i].name, crashes[i].help);
    kprintf("  panic %sKIND one of these, in a handler\n", prefix);
    return strcmp(name, "list") == 0;
}
