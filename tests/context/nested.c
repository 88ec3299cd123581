/* SPDX-License-Identifier: MIT
 *
 * Who keeps everybody out while somebody else does so already: nobody may come in before the outermost one is done.
 */
#include "base/context.h"
#include "base/panic.h"
#include "base/print.h"

#include <stdio.h>

static bool open = true;

/* What context.c needs of the machine and of the kernel. */
unsigned long machine_interrupts_off(void)
{
    unsigned long before = open;

    open = false;
    return before;
}

void machine_interrupts_restore(unsigned long before)
{
    open = before != 0;
}

uint64_t machine_cycles(void)
{
    static uint64_t cycles;

    return cycles += 100;
}

void machine_acknowledge(enum source source)
{
    (void)source;
}

void print_backtrace(uintptr_t frame_pointer)
{
    (void)frame_pointer;
}

void kprintf(const char *format, ...)
{
    (void)format;
}

static int failed;

static void expect(const char *when, bool wanted)
{
    if (open == wanted)
        return;
    printf("%s: interrupts are %s\n", when, open ? "on" : "off");
    failed = 1;
}

static void one_in_another(bool before)
{
    open = before;
    context_hold(HOLD_BOUNDED, "outer");
    expect("the outer one holds", false);
    context_hold(HOLD_UNBOUNDED, "inner");
    expect("the inner one holds", false);
    context_release();
    expect("the inner one has released", false);
    context_release();
    expect("the outer one has released", before);
}

int main(void)
{
    one_in_another(true);
    if (context_longest[HOLD_BOUNDED].cycles != 100 || context_longest[HOLD_UNBOUNDED].cycles != 0) {
        printf("the outermost one counts, once\n");
        failed = 1;
    }
    one_in_another(false);
    open = true;
    context_release(); /* one too many: nobody holds */
    context_hold(HOLD_BOUNDED, "again");
    expect("somebody holds again", false);
    context_release();
    expect("and has released", true);
    if (context_holder() != 0) {
        printf("somebody still holds on\n");
        failed = 1;
    }
    return failed;
}
